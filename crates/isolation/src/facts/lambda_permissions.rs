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

/// The statement that a permission adds to its function's policy.
pub(crate) fn statement<'a>(reader: &mut Reader<'_, 'a>, resource: &Resource<'a>) -> Read {
    let model = reader.model;
    let property = |name: &str| resource.properties.get(name);
    let span = reader.places.add(property("Principal").map_or(resource.span, |value| value.span));
    let node = |content| Node { span, content };
    let text = |text: policy::Text| node(Content::Text(text));
    let member = |name: &str, value: Node| Member { span, name: name.into(), value };
    let object = |members: Vec<Member>| node(Content::Object(members));
    let read = |name: &str| {
        let value = property(name)?.to_text()?;
        Some(names::text(model, &value))
    };
    let (Some(principal), Some(action)) = (read("Principal"), read("Action")) else {
        let help = "give the parameters of its condition: --parameter NAME=VALUE";
        return Err(reader.reason("whom this permission names", help, resource.span));
    };
    let whom = match principal.as_str() {
        Some("*") => text("*".into()),
        Some(name) if name.ends_with(".amazonaws.com") => {
            object(vec![member("Service", text(principal))])
        }
        _ => object(vec![member("AWS", text(principal))]),
    };
    const CONDITIONS: &[(&str, &str, &str)] = &[
        ("SourceArn", "ArnLike", "aws:SourceArn"),
        ("SourceAccount", "StringEquals", "aws:SourceAccount"),
        ("PrincipalOrgID", "StringEquals", "aws:PrincipalOrgID"),
        ("FunctionUrlAuthType", "StringEquals", "lambda:FunctionUrlAuthType"),
    ];
    let mut tests: Vec<Member> = Vec::new();
    for (name, operator, key) in CONDITIONS {
        let Some(value) = read(name) else { continue };
        let test = member(key, text(value));
        match tests.iter_mut().find(|known| known.name.as_str() == Some(operator)) {
            Some(Member { value: Node { content: Content::Object(members), .. }, .. }) => {
                members.push(test);
            }
            _ => tests.push(member(operator, object(vec![test]))),
        }
    }
    // Without a qualifier it is about the function alone, and neither a version nor an alias.
    // <https://docs.aws.amazon.com/lambda/latest/dg/lambda-api-permissions-ref.html>
    let function = property("FunctionName").and_then(Value::to_text);
    let whole = function.as_ref().and_then(|text| {
        let function = &model.resources[model.function(text)?];
        let arn = function.arn.as_ref()?;
        (*text == function.reference || text == arn).then(|| names::text(model, arn))
    });
    let about = whole.unwrap_or_else(|| "*".into());
    let mut members = vec![
        member("Effect", text("Allow".into())),
        member("Principal", whom),
        member("Action", text(action)),
        member("Resource", text(about)),
    ];
    if !tests.is_empty() {
        members.push(member("Condition", object(tests)));
    }
    let document = object(vec![
        member("Version", text("2012-10-17".into())),
        member("Statement", object(members)),
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
