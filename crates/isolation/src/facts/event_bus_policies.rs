//! Policies of event buses, as the statements of the buses' policies that they are.

use foldhash::{HashMap, HashMapExt as _};
use tenantry_policy as policy;
use tenantry_policy::{Content, Kind, Member, Node, Policy};
use tenantry_template::{Model, Resource, ResourceId, Value};

use super::names;
use super::policies::{Read, Reader};

/// The type that adds a statement to a bus's policy.
pub(crate) const KIND: &str = "AWS::Events::EventBusPolicy";
const BUS: &str = "AWS::Events::EventBus";

/// By bus: the policies that add a statement to its own.
pub(crate) fn policies(model: &Model<'_>) -> HashMap<ResourceId, Vec<ResourceId>> {
    let mut found: HashMap<ResourceId, Vec<ResourceId>> = HashMap::new();
    for (at, resource) in model.resources.entries() {
        if let Some(bus) = bus(model, resource) {
            found.entry(bus).or_default().push(at);
        }
    }
    found
}

/// The bus of the model that a policy lets others put events on, and no more than that: a statement
/// about a bus's rules is none that is read, and neither is one of a bus that is not here.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-events-eventbuspolicy.html>
pub(crate) fn bus(model: &Model<'_>, resource: &Resource<'_>) -> Option<ResourceId> {
    if resource.kind != KIND {
        return None;
    }
    let named = resource.properties.get("EventBusName").and_then(Value::to_text)?;
    let at = model.find(BUS, &named)?;
    let statement = resource.properties.get("Statement");
    let actions = statement.unwrap_or(&resource.properties).get("Action")?.items();
    let puts = |action: &Value<'_>| {
        action.as_str().is_some_and(|action| action.eq_ignore_ascii_case("events:PutEvents"))
    };
    if actions.is_empty() || !actions.iter().all(puts) {
        return None;
    }
    let Some(statement) = statement else { return Some(at) };
    let about = statement.get("Resource").and_then(Value::to_text)?;
    (model.resources[at].arn.as_ref() == Some(&about)).then_some(at)
}

/// The statement that a policy adds to its bus's.
pub(crate) fn statement<'a>(reader: &mut Reader<'_, 'a>, resource: &Resource<'a>) -> Read {
    let model = reader.model;
    let span = reader.places.add(resource.span);
    let node = |content| Node { span, content };
    let member = |name: &str, value: Node| Member { span, name: name.into(), value };
    let statement = match resource.properties.get("Statement") {
        Some(value) => names::tree(model, value, &mut reader.places),
        None => apart(reader, resource),
    };
    let Some(statement) = statement else {
        let help = "give the parameters of its condition: --parameter NAME=VALUE";
        return Err(reader.reason("whom this policy names", help, resource.span));
    };
    let version = node(Content::Text("2012-10-17".into()));
    let document =
        node(Content::Object(vec![member("Version", version), member("Statement", statement)]));
    Policy::parse(&document, Kind::Resource).map_err(|errors| {
        let first = errors.first();
        let what = first.map_or_else(String::new, |error| error.fault.to_string());
        let place = first.and_then(|error| reader.places.get(error.span));
        let unknown = format!("a policy that cannot be read: {what}");
        reader.reason(&unknown, "correct it", place.unwrap_or(resource.span))
    })
}

/// The statement of a policy that gives its parts one by one: an account or everybody, an action,
/// and a condition of one test.
fn apart<'a>(reader: &mut Reader<'_, 'a>, resource: &Resource<'a>) -> Option<Node> {
    let model = reader.model;
    let arn = bus(model, resource).and_then(|at| model.resources[at].arn.as_ref())?;
    let arn = names::text(model, arn);
    let principal = resource.properties.get("Principal")?;
    let span = reader.places.add(principal.span);
    let node = |content| Node { span, content };
    let text = |text: policy::Text| node(Content::Text(text));
    let member = |name: &str, value: Node| Member { span, name: name.into(), value };
    let object = |members: Vec<Member>| node(Content::Object(members));
    let read = |value: &Value<'a>| value.to_text().map(|text| names::text(model, &text));
    let principal = read(principal)?;
    let whom = match principal.as_str() {
        Some("*") => text(principal),
        _ => object(vec![member("AWS", text(principal))]),
    };
    let mut members = vec![
        member("Effect", text("Allow".into())),
        member("Principal", whom),
        member("Action", text(read(resource.properties.get("Action")?)?)),
        member("Resource", text(arn)),
    ];
    if let Some(condition) = resource.properties.get("Condition") {
        let part = |name: &str| read(condition.get(name)?);
        let (operator, key, value) = (part("Type")?, part("Key")?, part("Value")?);
        let test = object(vec![member(key.as_str()?, text(value))]);
        let tests = object(vec![member(operator.as_str()?, test)]);
        members.push(member("Condition", tests));
    }
    Some(object(members))
}
