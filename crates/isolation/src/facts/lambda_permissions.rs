//! Permissions to invoke functions, as the statements of the functions' policies that they are.

use foldhash::{HashMap, HashMapExt as _};
use tenantry_policy as policy;
use tenantry_policy::{Content, Kind, Member, Node, Policy};
use tenantry_template::{Model, Resource, ResourceId, Value};

use super::names;
use super::policies::{Read, Reader};

/// By function: its permissions.
pub(crate) fn permissions(model: &Model<'_>) -> HashMap<ResourceId, Vec<ResourceId>> {
    let mut permissions: HashMap<ResourceId, Vec<ResourceId>> = HashMap::new();
    for (at, resource) in model.resources.entries() {
        if resource.kind != "AWS::Lambda::Permission" {
            continue;
        }
        let function = resource.properties.get("FunctionName").and_then(Value::to_text);
        if let Some(function) = function.and_then(|text| model.function(&text)) {
            permissions.entry(function).or_default().push(at);
        }
    }
    permissions
}

/// The properties that are conditions, each with its operator and its key.
const CONDITIONS: &[(&str, &str, &str)] = &[
    ("SourceArn", "ArnLike", "aws:SourceArn"),
    ("SourceAccount", "StringEquals", "aws:SourceAccount"),
    ("PrincipalOrgID", "StringEquals", "aws:PrincipalOrgID"),
    ("FunctionUrlAuthType", "StringEquals", "lambda:FunctionUrlAuthType"),
    ("InvokedViaFunctionUrl", "Bool", "lambda:InvokedViaFunctionUrl"),
];

/// The statement that a permission adds to its function's policy.
pub(crate) fn statement<'a>(reader: &mut Reader<'_, 'a>, resource: &Resource<'a>) -> Read {
    let model = reader.model;
    let principal = resource.properties.get("Principal");
    let writer = Writer {
        model,
        resource,
        span: reader.places.add(principal.map_or(resource.span, |value| value.span)),
    };
    let (Some(principal), Some(action)) = (writer.read("Principal"), writer.read("Action")) else {
        let help = "give the parameters of its condition: --parameter NAME=VALUE";
        return Err(reader.reason("whom this permission names", help, resource.span));
    };
    let mut members = vec![
        writer.member("Effect", writer.text("Allow".into())),
        writer.member("Principal", writer.whom(principal)),
        writer.member("Action", writer.text(action)),
        writer.member("Resource", writer.text(writer.about())),
    ];
    let tests = writer.conditions();
    if !tests.is_empty() {
        members.push(writer.member("Condition", writer.object(tests)));
    }
    let document = writer.object(vec![
        writer.member("Version", writer.text("2012-10-17".into())),
        writer.member("Statement", writer.object(members)),
    ]);
    Policy::parse(&document, Kind::Resource).map_err(|errors| {
        let what = errors.first().map_or_else(String::new, |error| error.fault.to_string());
        reader.reason(
            &format!("a permission that cannot be read: {what}"),
            "correct it",
            resource.span,
        )
    })
}

/// Writes a permission as a statement.
struct Writer<'m, 'r, 'a> {
    model: &'m Model<'a>,
    resource: &'r Resource<'a>,
    span: policy::Span,
}

impl Writer<'_, '_, '_> {
    fn node(&self, content: Content) -> Node {
        Node { span: self.span, content }
    }

    fn text(&self, text: policy::Text) -> Node {
        self.node(Content::Text(text))
    }

    fn object(&self, members: Vec<Member>) -> Node {
        self.node(Content::Object(members))
    }

    fn member(&self, name: &str, value: Node) -> Member {
        Member { span: self.span, name: name.into(), value }
    }

    /// A property's text.
    fn read(&self, name: &str) -> Option<policy::Text> {
        let value = self.resource.properties.get(name)?.to_text()?;
        Some(names::text(self.model, &value))
    }

    fn whom(&self, principal: policy::Text) -> Node {
        let kind = match principal.as_str() {
            Some("*") => return self.text("*".into()),
            Some(name) if name.ends_with(".amazonaws.com") => "Service",
            _ => "AWS",
        };
        self.object(vec![self.member(kind, self.text(principal))])
    }

    /// By operator: what the permission asks for.
    fn conditions(&self) -> Vec<Member> {
        let mut tests: Vec<Member> = Vec::new();
        for (name, operator, key) in CONDITIONS {
            let Some(value) = self.read(name) else { continue };
            let test = self.member(key, self.text(value));
            match tests.iter_mut().find(|known| known.name.as_str() == Some(operator)) {
                Some(Member { value: Node { content: Content::Object(members), .. }, .. }) => {
                    members.push(test);
                }
                _ => tests.push(self.member(operator, self.object(vec![test]))),
            }
        }
        tests
    }

    /// What it is about. Without a qualifier that is the function alone, and neither a version nor
    /// an alias.
    /// <https://docs.aws.amazon.com/lambda/latest/dg/lambda-api-permissions-ref.html>
    fn about(&self) -> policy::Text {
        let function = self.resource.properties.get("FunctionName").and_then(Value::to_text);
        let whole = function.as_ref().and_then(|text| {
            let function = &self.model.resources[self.model.function(text)?];
            let arn = function.arn.as_ref()?;
            let is_whole = *text == function.reference || text == arn;
            is_whole.then(|| names::text(self.model, arn))
        });
        whole.unwrap_or_else(|| "*".into())
    }
}
