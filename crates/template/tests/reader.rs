//! Reading: whole models and whole diagnostics over the corpus, and properties over made-up text.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use std::fmt::Write as _;

use proptest::prelude::*;
use tenantry_template::{
    Existence, Fault, Loader, Model, NoLoader, Owner, ReadOptions, Source, Tenant, Value,
    ValueKind, read,
};

#[test]
fn valid_templates_resolve_to_these_models() {
    insta::glob!("../corpus/valid", "*.*", |path| {
        let name = path.file_name().unwrap().to_str().unwrap();
        let bytes = std::fs::read(path).unwrap();
        let model = read(&[Source { name, bytes: &bytes }], &ReadOptions::default(), &NoLoader);
        insta::assert_snapshot!(render(&model.unwrap()));
    });
}

#[test]
fn invalid_templates_are_refused_with_the_place_and_what_to_do() {
    insta::glob!("../corpus/invalid", "*.*", |path| {
        let name = path.file_name().unwrap().to_str().unwrap();
        let bytes = std::fs::read(path).unwrap();
        let error = read(&[Source { name, bytes: &bytes }], &ReadOptions::default(), &NoLoader);
        insta::assert_snapshot!(error.unwrap_err().to_string());
    });
}

#[test]
fn a_get_att_of_a_named_table_is_the_arn_that_a_sub_writes() {
    let text =
        std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/valid/every-short-form.yaml"));
    let bytes = text.unwrap();
    let source = Source { name: "a.yaml", bytes: &bytes };
    let model = read(&[source], &ReadOptions::default(), &NoLoader).unwrap();
    let role = model.of_kind("AWS::IAM::Role").next().unwrap();
    assert_eq!(role.properties.get("Arn"), role.properties.get("Same"));
    let arn = role.properties.get("Arn").unwrap().to_text().unwrap();
    assert!(model.find("AWS::DynamoDB::Table", &arn).is_some());
}

const PER_TENANT: &str = "
Parameters:
  TenantId: { Type: String }
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: !Sub role-${TenantId}
      Tags: [{ Key: tenant_id, Value: !Ref TenantId }]
  Loose: { Type: AWS::SQS::Queue }
";

fn tenant(name: &str, value: Option<&str>) -> Tenant {
    let parameters = value.map(|value| ("TenantId".to_owned(), value.to_owned()));
    Tenant { name: name.to_owned(), parameters: parameters.into_iter().collect() }
}

#[test]
fn a_template_is_deployed_once_a_tenant() {
    let source = Source { name: "t.yaml", bytes: PER_TENANT.as_bytes() };
    let tenants = vec![tenant("a", Some("a")), tenant("b", Some("b"))];
    let options = ReadOptions { tenants, ..ReadOptions::default() };
    insta::assert_snapshot!(render(&read(&[source], &options, &NoLoader).unwrap()));
}

#[test]
fn the_role_that_a_stacks_deployments_share_is_no_tenants() {
    let text = "
Transform: AWS::Serverless-2016-10-31
Parameters: { TenantId: { Type: String } }
Resources:
  Fn:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.12
      Handler: a.b
      CodeUri: s3://b/k
      AutoPublishAlias: live
      DeploymentPreference: { Type: Canary10Percent5Minutes }
  Own:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: { Effect: Allow, Principal: { Service: codedeploy.amazonaws.com }, Action: sts:AssumeRole }
      ManagedPolicyArns: ['arn:aws:iam::aws:policy/service-role/AWSCodeDeployRoleForLambda']
";
    let source = Source { name: "t.yaml", bytes: text.as_bytes() };
    let options = ReadOptions { tenants: vec![tenant("a", Some("a"))], ..ReadOptions::default() };
    let model = read(&[source], &options, &NoLoader).unwrap();
    let shared = model.resources.iter().filter(|each| each.owner == Owner::Shared);
    let shared: Vec<&str> = shared.map(|each| each.id.as_str()).collect();
    assert_eq!(shared, ["CodeDeployServiceRole"]);
}

#[test]
fn tenants_without_values_have_symbols_of_their_own() {
    let source = Source { name: "t.yaml", bytes: PER_TENANT.as_bytes() };
    let tenants = vec![tenant("a", None), tenant("b", None)];
    let options = ReadOptions { tenants, ..ReadOptions::default() };
    let model = read(&[source], &options, &NoLoader).unwrap();
    assert_ne!(model.resources.as_slice()[0].reference, model.resources.as_slice()[2].reference);
    assert_ne!(model.resources.as_slice()[0].owner, model.resources.as_slice()[2].owner);
}

struct Files;

impl Loader for Files {
    fn load(&self, _: &str, url: &str) -> Result<(String, Vec<u8>), String> {
        let text = match url {
            "child.yaml" => CHILD,
            "self.yaml" => NESTS_ITSELF,
            "body.yaml" => "openapi: 3.0.1\npaths: {}\n",
            _ => return Err("no such file".to_owned()),
        };
        Ok((url.to_owned(), text.as_bytes().to_vec()))
    }
}

const CHILD: &str = "
Parameters: { Name: { Type: String } }
Resources:
  Queue: { Type: AWS::SQS::Queue, Properties: { QueueName: !Sub 'q-${Name}' } }
Outputs:
  Arn: { Value: !GetAtt Queue.Arn, Export: { Name: queue-arn } }
";
const NESTS_ITSELF: &str = "
Resources:
  Again: { Type: AWS::CloudFormation::Stack, Properties: { TemplateURL: self.yaml } }
";

#[test]
fn parameters_go_into_nested_stacks_and_outputs_and_exports_come_out() {
    let parent = "
Resources:
  Topic: { Type: AWS::SNS::Topic, Properties: { TopicName: t } }
  Nested:
    Type: AWS::CloudFormation::Stack
    Properties: { TemplateURL: child.yaml, Parameters: { Name: !GetAtt Topic.TopicName } }
  User: { Type: X, Properties: { A: !GetAtt Nested.Outputs.Arn, B: !ImportValue queue-arn } }
";
    let source = Source { name: "p.yaml", bytes: parent.as_bytes() };
    insta::assert_snapshot!(render(&read(&[source], &ReadOptions::default(), &Files).unwrap()));
}

#[test]
fn what_is_included_from_the_disk_is_read_with_its_places() {
    let parent = "
Resources:
  Api:
    Type: AWS::ApiGateway::RestApi
    Properties: { Body: { Fn::Transform: { Name: AWS::Include, Parameters: { Location: body.yaml } } } }
  Other:
    Type: AWS::ApiGateway::RestApi
    Properties: { Body: { Fn::Transform: { Name: AWS::Include, Parameters: { Location: gone.yaml } } } }
";
    let source = Source { name: "p.yaml", bytes: parent.as_bytes() };
    let model = read(&[source], &ReadOptions::default(), &Files).unwrap();
    let api = model.resources.iter().next().unwrap();
    let body = api.properties.at(&["Body", "openapi"]).unwrap();
    assert_eq!(body.as_str(), Some("3.0.1"));
    assert_eq!(model.place(body.span).unwrap().file, "body.yaml");
    assert_eq!(model.gaps.len(), 1, "{:?}", model.gaps);
}

#[test]
fn the_resources_of_a_nested_stack_are_there_where_the_stack_is() {
    let parent = |condition: &str| {
        format!(
            "
Parameters: {{ P: {{ Type: String }} }}
Conditions: {{ C: {condition} }}
Resources:
  Topic: {{ Type: AWS::SNS::Topic, Properties: {{ TopicName: t }} }}
  Nested:
    Type: AWS::CloudFormation::Stack
    Condition: C
    Properties: {{ TemplateURL: child.yaml, Parameters: {{ Name: n }} }}
"
        )
    };
    let below = |condition: &str| {
        let text = parent(condition);
        let source = Source { name: "p.yaml", bytes: text.as_bytes() };
        let model = read(&[source], &ReadOptions::default(), &Files).unwrap();
        let below = model.resources.iter().filter(|each| each.path.starts_with("Nested/"));
        below
            .map(|each| each.existence == tenantry_template::Existence::Always)
            .collect::<Vec<bool>>()
    };
    let none: Vec<bool> = Vec::new();
    assert_eq!(below("!Equals [a, b]"), none);
    assert!(below("!Equals [a, a]").iter().all(|always: &bool| *always));
    let perhaps: Vec<bool> = below("!Equals [!Ref P, b]");
    assert!(!perhaps.is_empty() && perhaps.iter().all(|always| !always));
}

#[test]
fn a_template_that_nests_itself_is_refused() {
    let source = Source { name: "self.yaml", bytes: NESTS_ITSELF.as_bytes() };
    let error = read(&[source], &ReadOptions::default(), &Files).unwrap_err();
    insta::assert_snapshot!(error.to_string());
}

#[test]
fn a_file_that_is_too_large_is_refused_unread() {
    let options = ReadOptions { max_bytes: 10, ..ReadOptions::default() };
    let source = Source { name: "big.json", bytes: b"{\"Resources\": {}}" };
    insta::assert_snapshot!(read(&[source], &options, &NoLoader).unwrap_err().to_string());
}

#[test]
fn conditions_that_hang_together_by_the_thousand_are_refused() {
    let mut text = "Parameters: { P: { Type: String } }\nConditions:\n".to_owned();
    text.push_str("  C0: !Equals [!Ref P, p0]\n");
    for at in 1..1100 {
        // `Fn::Or` of opposites, so that each is a conjunction with one part more.
        let before = at - 1;
        writeln!(text, "  C{at}: !And [!Condition C{before}, !Not [!Equals [!Ref P, p{at}]]]")
            .unwrap();
    }
    text.push_str("Resources:\n");
    for at in 0..1100 {
        writeln!(text, "  R{at}: {{ Type: X, Condition: C{at} }}").unwrap();
    }
    let source = Source { name: "many.yaml", bytes: text.as_bytes() };
    let error = read(&[source], &ReadOptions::default(), &NoLoader).unwrap_err();
    insta::assert_snapshot!(error.to_string());
}

#[test]
fn a_long_value_that_is_named_again_and_again_is_refused() {
    let mut text =
        format!("Parameters: {{ P: {{ Type: String, Default: {} }} }}\n", "x".repeat(99_000));
    text.push_str("Resources:\n  A:\n    Type: X\n    Properties:\n      L:\n");
    text.push_str(&"        - !Ref P\n".repeat(20_000));
    let source = Source { name: "long.yaml", bytes: text.as_bytes() };
    let Err(error) = read(&[source], &ReadOptions::default(), &NoLoader) else { panic!("read") };
    assert!(matches!(error.0.fault, Fault::TooMuchWork { .. }), "{error}");
}

proptest! {
    #[test]
    fn short_forms_in_yaml_mean_what_the_long_forms_in_json_mean(call in call()) {
        let (long, short) = (call.json(), call.yaml());
        let template = serde_json::json!({
            "Parameters": {"P": {"Type": "String"}, "L": {"Type": "CommaDelimitedList"}},
            "Conditions": {"C": {"Fn::Equals": [{"Ref": "P"}, "p"]}},
            "Mappings": {"M": {"p": {"q": "m"}}},
            "Resources": {"R": {"Type": "AWS::SQS::Queue"}, "A": {"Type": "T", "Properties": {"V": long}}}
        });
        let json = template.to_string();
        let yaml = format!("Parameters: {{P: {{Type: String}}, L: {{Type: CommaDelimitedList}}}}\nConditions: {{C: !Equals [!Ref P, p]}}\nMappings: {{M: {{p: {{q: m}}}}}}\nResources:\n  R: {{Type: AWS::SQS::Queue}}\n  A:\n    Type: T\n    Properties:\n      V: {short}\n");
        let read = |name, text: &str| {
            let source = Source { name, bytes: text.as_bytes() };
            match read(&[source], &ReadOptions::default(), &NoLoader) {
                Ok(model) => {
                    let mut out = String::new();
                    show(&model, &model.resources.as_slice()[1].properties, 0, &mut out);
                    out.lines().map(|line| line.split(" at ").next().unwrap().to_owned()).collect()
                }
                Err(error) => vec![error.0.fault.to_string()],
            }
        };
        prop_assert_eq!(read("a.json", &json), read("a.yaml", &yaml), "{}", yaml);
    }

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        for name in ["a.json", "a.yaml"] {
            let _ = read(&[Source { name, bytes: &bytes }], &ReadOptions::default(), &NoLoader);
        }
    }

    #[test]
    fn random_markup_never_panics(text in "([\\[\\]{}:,&*!|>'\"#\\-? \n\t~a1]|<<|!Ref |&a |\\*a |Fn::|Resources:|---){0,60}") {
        let whole = format!("Resources:\n  A:\n    Type: T\n    Properties: {text}\n");
        for text in [&text, &whole] {
            let source = Source { name: "a.yaml", bytes: text.as_bytes() };
            let _ = read(&[source], &ReadOptions::default(), &NoLoader);
        }
    }

    #[test]
    fn json_printed_is_read_the_same_as_json_and_as_yaml(value in json()) {
        let template = serde_json::json!({"Resources": {"A": {"Type": "T", "Properties": {"V": value}}}});
        let (text, pretty) = (template.to_string(), serde_json::to_string_pretty(&template).unwrap());
        let mut seen = Vec::new();
        for (name, text) in [("a.json", &text), ("b.json", &pretty), ("c.yaml", &text)] {
            let source = Source { name, bytes: text.as_bytes() };
            let model = read(&[source], &ReadOptions::default(), &NoLoader).unwrap();
            let read = plain(model.resources.as_slice()[0].properties.get("V").unwrap());
            seen.push(read);
        }
        for read in seen {
            prop_assert_eq!(&read, &value);
        }
    }
}

/// A value of literals and intrinsic functions.
#[derive(Clone, Debug)]
enum Call {
    Text(String),
    List(Vec<Call>),
    Function(&'static str, Box<Call>),
}

impl Call {
    fn json(&self) -> serde_json::Value {
        match self {
            Self::Text(text) => text.clone().into(),
            Self::List(items) => items.iter().map(Self::json).collect(),
            Self::Function(name, argument) => {
                let key = if *name == "Ref" { "Ref".to_owned() } else { format!("Fn::{name}") };
                serde_json::json!({key: argument.json()})
            }
        }
    }

    fn yaml(&self) -> String {
        match self {
            Self::Text(text) => format!("'{text}'"),
            Self::List(items) => {
                let items: Vec<_> = items.iter().map(Self::yaml).collect();
                format!("[{}]", items.join(", "))
            }
            // YAML allows one tag at a node: a short form directly inside a short form is none.
            Self::Function(name, argument) if matches!(**argument, Self::Function(..)) => {
                format!("{{'Fn::{name}': {}}}", argument.yaml())
            }
            Self::Function(name, argument) => format!("!{name} {}", argument.yaml()),
        }
    }
}

fn call() -> impl Strategy<Value = Call> {
    let text = |text: &str| Call::Text(text.to_owned());
    let list = |items: Vec<Call>| Box::new(Call::List(items));
    let leaf = prop_oneof![
        "[a-z,]{0,5}".prop_map(Call::Text),
        prop_oneof![Just("P"), Just("L"), Just("R"), Just("AWS::Region"), Just("Nobody")]
            .prop_map(move |name| Call::Function("Ref", Box::new(text(name)))),
        prop_oneof![Just("R.Arn"), Just("R.QueueName"), Just("R.Other"), Just("Nobody.Arn")]
            .prop_map(move |name| Call::Function("GetAtt", Box::new(text(name)))),
        "([a-z]{0,3}(\\$\\{(P|R|R[.]Arn|!x|AWS::AccountId|N)\\})?){0,3}"
            .prop_map(|text| Call::Function("Sub", Box::new(Call::Text(text)))),
    ];
    leaf.prop_recursive(4, 24, 4, move |inner| {
        let two = (inner.clone(), inner.clone());
        let many = prop::collection::vec(inner.clone(), 0..4);
        prop_oneof![
            many.clone().prop_map(Call::List),
            two.clone().prop_map(move |(a, b)| Call::Function("If", list(vec![text("C"), a, b]))),
            ("[-,/]", many.clone()).prop_map(move |(d, all)| Call::Function(
                "Join",
                list(vec![Call::Text(d), Call::List(all)])
            )),
            ("[0-3]", many).prop_map(move |(at, all)| Call::Function(
                "Select",
                list(vec![Call::Text(at), Call::List(all)])
            )),
            ("[-,/]", inner.clone())
                .prop_map(move |(d, one)| Call::Function("Split", list(vec![Call::Text(d), one]))),
            two.prop_map(move |(a, b)| Call::Function("FindInMap", list(vec![text("M"), a, b]))),
            inner.clone().prop_map(|one| Call::Function("Base64", Box::new(one))),
            inner.prop_map(|one| Call::Function("ImportValue", Box::new(one))),
        ]
    })
}

fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(serde_json::Value::from),
        any::<i64>().prop_map(serde_json::Value::from),
        "[ -~é\u{1F600}\n]{0,12}".prop_map(serde_json::Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(serde_json::Value::from),
            prop::collection::btree_map("[a-z\"é]{1,6}", inner, 0..5)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

fn plain(value: &Value<'_>) -> serde_json::Value {
    match &value.kind {
        ValueKind::Null => serde_json::Value::Null,
        ValueKind::Bool(value) => (*value).into(),
        ValueKind::Number(text) => serde_json::from_str(text).unwrap(),
        ValueKind::Text(text) => text.as_literal().unwrap().into(),
        ValueKind::List(items) => items.iter().map(plain).collect(),
        ValueKind::Map(entries) => {
            let entries = entries.iter().map(|(key, value)| (key.text.to_string(), plain(value)));
            serde_json::Value::Object(entries.collect())
        }
        other => panic!("{other:?}"),
    }
}

fn render(model: &Model<'_>) -> String {
    let mut out = String::new();
    for resource in &model.resources {
        let owner = match resource.owner {
            Owner::Tenant(at) => model.symbols.readable(&model.tenants[at]),
            other => format!("{other:?}").to_lowercase(),
        };
        let exists = match resource.existence {
            Existence::Always => String::new(),
            Existence::When(one) => {
                format!(" when {}", model.conditions.readable(one, &model.symbols))
            }
        };
        let place = model.place(resource.span).unwrap();
        let place = format!("{}:{}:{}", place.file, place.line, place.column);
        let (path, kind) = (&resource.path, &resource.kind);
        writeln!(out, "{path}: {kind} of {owner} at {place}{exists}").unwrap();
        show(model, &resource.properties, 1, &mut out);
    }
    for (kind, list) in [("warning", &model.warnings), ("gap", &model.gaps)] {
        for diagnostic in list {
            writeln!(out, "{kind}: {diagnostic}").unwrap();
        }
    }
    out
}

fn show(model: &Model<'_>, value: &Value<'_>, depth: usize, out: &mut String) {
    let pad = "  ".repeat(depth);
    match &value.kind {
        ValueKind::Map(entries) => {
            for (key, value) in entries {
                write!(out, "{pad}{}", key.text).unwrap();
                let nested = matches!(value.kind, ValueKind::Map(_) | ValueKind::List(_));
                out.push_str(if nested { "\n" } else { " = " });
                show(model, value, depth + 1, out);
            }
        }
        ValueKind::List(items) => {
            for item in items {
                write!(out, "{pad}- ").unwrap();
                let nested = matches!(item.kind, ValueKind::Map(_) | ValueKind::List(_));
                out.push_str(if nested { "\n" } else { "" });
                show(model, item, depth + 1, out);
            }
        }
        ValueKind::Choice(choice) => {
            let literal = tenantry_template::Literal { condition: choice.condition, holds: true };
            writeln!(out, "if {}", model.conditions.readable(literal, &model.symbols)).unwrap();
            for branch in [&choice.then, &choice.otherwise] {
                write!(out, "{pad}: ").unwrap();
                match branch {
                    Some(value) => show(model, value, depth + 1, out),
                    None => out.push_str("nothing\n"),
                }
            }
        }
        ValueKind::Null => out.push_str("null\n"),
        ValueKind::Unknown(symbol) => {
            writeln!(out, "unknown {}", model.symbols.name(*symbol)).unwrap();
        }
        _ => {
            let text = model.symbols.readable(&value.to_text().unwrap());
            let place = model.place(value.span).unwrap();
            writeln!(out, "{text:?} at {}:{}", place.line, place.column).unwrap();
        }
    }
}
