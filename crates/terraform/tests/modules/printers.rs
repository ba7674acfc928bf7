//! The CloudFormation template and the Terraform module of one graph, side by side: the same resources, called the same, with
//! the same tags and policies, and each needs the same ones.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};
use tenantry_config::Platform;
use tenantry_terraform::snake_case;

use crate::platforms::graph;
use crate::{needs, resources};
use tenantry_testing::platform;

#[test]
fn names_tags_policies_and_needs_are_those_of_the_cloudformation_template() {
    // A tenant has five: of its role, of its key, of its tables, and whom its role trusts.
    the_same(&platform(5, "prod"), 5);
}

#[test]
fn they_are_for_an_application_of_the_users_too() {
    // Of two roles, of its key, of its table, and whom the roles trust.
    the_same(&crate::platforms::example(), 6);
}

/// Holds them together; a tenant has so many policies.
fn the_same(platform: &Platform, policies_of_a_tenant: usize) {
    let graph = graph(platform);
    let template = tenantry_cloudformation::template(&graph, "compared").unwrap();
    let template: Value = serde_json::from_str(&template).unwrap();
    let module = tenantry_terraform::root_module(&graph, &platform.region, "compared");
    let module: Value = serde_json::from_str(&module).unwrap();
    let (resources, needs) = (resources(&module), needs(&module));
    let theirs = template["Resources"].as_object().unwrap();

    // A label is a node's, or begins with the label of the node that it is a part of.
    let labels: BTreeSet<String> = theirs.keys().map(|id| snake_case(id)).collect();
    let owner = |address: &str| {
        let (_, label) = address.split_once('.').unwrap();
        let owners = labels.iter().filter(|own| {
            label
                .strip_prefix(own.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
        });
        owners
            .max_by_key(|own| own.len())
            .unwrap_or_else(|| panic!("{address} is nobody's"))
            .clone()
    };
    let mut parts: BTreeMap<String, Vec<&String>> = BTreeMap::new();
    for address in resources.keys() {
        parts.entry(owner(address)).or_default().push(address);
    }
    assert_eq!(parts.keys().collect::<Vec<_>>(), labels.iter().collect::<Vec<_>>());

    let mut compared = 0;
    for node in graph.nodes() {
        let id = node.id.as_str();
        let (label, properties) = (snake_case(id), &theirs[id]["Properties"]);
        let address = |address: &&&String| address.ends_with(&format!(".{label}"));
        let own = &resources[*parts[&label].iter().find(address).unwrap()];
        // The provider has no tags for dashboards.
        if node.resource.kind() != "Dashboard" {
            assert_eq!(completed(&own["tags"]), tags(properties), "{id}");
        }
        if let Some(name) = name(properties) {
            let called = own.as_object().unwrap().values().any(|value| completed(value) == name);
            assert!(called, "{id} is not called {name}");
        }
        let ours = parts[&label].iter().flat_map(|address| policies(&resources[*address]));
        let policies = template_policies(properties);
        compared += policies.len();
        assert_eq!(ours.collect::<Vec<_>>(), policies, "{id}");

        let needed = parts[&label].iter().flat_map(|address| &needs[*address]);
        let needed: BTreeSet<String> =
            needed.map(|address| owner(address)).filter(|need| *need != label).collect();
        assert_eq!(needed, template_needs(&theirs[id]), "{id}");
    }
    let tenants = platform.tenants().count();
    assert!(compared > policies_of_a_tenant * tenants, "{compared} policies");

    let outputs = module["output"].as_object().unwrap();
    for (name, output) in template["Outputs"].as_object().unwrap() {
        let ours = &outputs[&snake_case(name)];
        assert_eq!(completed(&ours["value"]), shown(&output["Value"]), "{name}");
        assert_eq!(ours["description"], output["Description"], "{name}");
    }
    assert_eq!(outputs.len(), template["Outputs"].as_object().unwrap().len());
}

/// A value of the module with a word for what AWS completes: `<vpc id>`, `<region>`.
fn completed(value: &Value) -> Value {
    match value {
        Value::String(template) => {
            let (mut text, mut rest) = (String::new(), template.as_str());
            while let Some((before, after)) = rest.split_once("${") {
                if let Some(literal) = before.strip_suffix('$') {
                    text.push_str(literal);
                    text.push_str("${");
                    rest = after;
                    continue;
                }
                text.push_str(before);
                let (expression, after) = after.split_once('}').unwrap();
                let parts: Vec<&str> = expression.split('.').collect();
                match parts.as_slice() {
                    ["local", fact] => text.push_str(&format!("<{fact}>")),
                    [_, label, attribute] => text.push_str(&format!("<{label} {attribute}>")),
                    _ => panic!("{expression}"),
                }
                rest = after;
            }
            text.push_str(rest);
            text.into()
        }
        Value::Array(items) => items.iter().map(completed).collect(),
        Value::Object(entries) => Value::Object(
            entries.iter().map(|(key, value)| (key.clone(), completed(value))).collect(),
        ),
        other => other.clone(),
    }
}

/// A value of the template, likewise.
fn shown(value: &Value) -> Value {
    let reference = |name: &str| match name.split_once("::") {
        Some(("AWS", "AccountId")) => "<account_id>".to_owned(),
        Some((_, fact)) => format!("<{}>", snake_case(fact)),
        None => format!("<{} id>", snake_case(name)),
    };
    match value {
        Value::Object(entries) if entries.len() == 1 => {
            let (key, inner) = entries.iter().next().unwrap();
            match key.as_str() {
                "Ref" => reference(inner.as_str().unwrap()).into(),
                "Fn::GetAtt" => format!("<{} arn>", snake_case(inner[0].as_str().unwrap())).into(),
                "Fn::Sub" => {
                    let mut text = String::new();
                    for (index, part) in inner.as_str().unwrap().split("${").enumerate() {
                        match part.split_once('}') {
                            _ if index == 0 => text.push_str(part),
                            _ if part.starts_with('!') => {
                                text.push_str(&format!("${{{}", &part[1..]));
                            }
                            Some((name, rest)) => {
                                match name.strip_suffix(".Arn") {
                                    Some(id) => text.push_str(&format!("<{} arn>", snake_case(id))),
                                    None => text.push_str(&reference(name)),
                                }
                                text.push_str(rest);
                            }
                            None => panic!("{part}"),
                        }
                    }
                    text.into()
                }
                _ => Value::Object(Map::from_iter([(key.clone(), shown(inner))])),
            }
        }
        Value::Object(entries) => {
            Value::Object(entries.iter().map(|(key, value)| (key.clone(), shown(value))).collect())
        }
        Value::Array(items) => items.iter().map(shown).collect(),
        other => other.clone(),
    }
}

fn tags(properties: &Value) -> Value {
    if let Some(tags) = properties.get("UserPoolTags") {
        return tags.clone();
    }
    match properties.get("Tags").and_then(Value::as_array) {
        Some(tags) => Value::Object(
            tags.iter()
                .map(|t| (t["Key"].as_str().unwrap().to_owned(), t["Value"].clone()))
                .collect(),
        ),
        None => Value::Null,
    }
}

/// The name that its owner gives a resource, in the template.
fn name(properties: &Value) -> Option<Value> {
    const KEYS: [&str; 16] = [
        "AlarmName",
        "AliasName",
        "BucketName",
        "ClientName",
        "DashboardName",
        "FilterName",
        "FunctionName",
        "GroupName",
        "LogGroupName",
        "Name",
        "PolicyName",
        "RoleName",
        "StageName",
        "TableName",
        "TopicName",
        "TrailName",
    ];
    let name = shown(KEYS.iter().find_map(|key| properties.get(*key))?);
    // Some kinds name another resource by such a key.
    let is_reference = name.as_str().is_some_and(|name| name.starts_with('<'));
    (!is_reference).then_some(name)
}

/// The policies of a resource of the module, in the order of their arguments.
fn policies(body: &Value) -> Vec<Value> {
    let texts = ["assume_role_policy", "policy"].iter().filter_map(|key| body.get(*key));
    texts.map(|text| serde_json::from_str(completed(text).as_str().unwrap()).unwrap()).collect()
}

fn template_policies(properties: &Value) -> Vec<Value> {
    let keys = ["AssumeRolePolicyDocument", "KeyPolicy", "PolicyDocument"];
    let own = keys.iter().filter_map(|key| properties.get(*key));
    own.chain(properties.pointer("/ResourcePolicy/PolicyDocument")).map(shown).collect()
}

/// The labels of what a resource of the template names or depends on.
fn template_needs(resource: &Value) -> BTreeSet<String> {
    fn look(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::String(text) => {
                for word in text.split('<').skip(1) {
                    let (word, _) = word.split_once('>').unwrap();
                    found.extend(word.split_once(' ').map(|(label, _)| label.to_owned()));
                }
            }
            Value::Array(items) => items.iter().for_each(|item| look(item, found)),
            Value::Object(entries) => entries.values().for_each(|value| look(value, found)),
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    look(&shown(&resource["Properties"]), &mut found);
    let depends_on = resource["DependsOn"].as_array().into_iter().flatten();
    found.extend(depends_on.map(|id| snake_case(id.as_str().unwrap())));
    // The parameter is no resource.
    found.remove("code_bucket");
    found
}
