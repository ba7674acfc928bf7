//! A CloudFormation template as far as a comparison looks at it: resources, whose they are, what they refer to.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

/// The tag that says whose a resource is, and its value on what all tenants share.
const TENANT_TAG: &str = "tenant_id";
const SHARED: &str = "shared";

/// Properties that hold the name by which people know a resource, the first one counts.
const NAMES: [&str; 14] = [
    "TableName",
    "BucketName",
    "LogGroupName",
    "FunctionName",
    "RoleName",
    "PolicyName",
    "AliasName",
    "UserPoolName",
    "AlarmName",
    "DashboardName",
    "TopicName",
    "TrailName",
    "StageName",
    "Name",
];

pub(crate) struct Resource<'t> {
    pub(crate) kind: &'t str,
    pub(crate) body: &'t Map<String, Value>,
    pub(crate) name: Option<String>,
    /// The tenant whose it is alone.
    pub(crate) tenant: Option<String>,
}

impl<'t> Resource<'t> {
    pub(crate) fn property(&self, name: &str) -> Option<&'t Value> {
        self.body.get("Properties")?.get(name)
    }

    /// Whether the resource outlives its place in the template.
    pub(crate) fn is_retained(&self, policy: &str) -> bool {
        let value = self.body.get(policy).and_then(Value::as_str);
        matches!(value, Some("Retain" | "RetainExceptOnCreate"))
    }
}

/// The resources of a template by their logical ids.
pub(crate) fn resources(template: &Value) -> BTreeMap<&str, Resource<'_>> {
    let entries = template.get("Resources").and_then(Value::as_object).into_iter().flatten();
    let mut found: BTreeMap<&str, Resource<'_>> = entries
        .filter_map(|(id, resource)| {
            let body = resource.as_object()?;
            let kind = body.get("Type").and_then(Value::as_str).unwrap_or_default();
            let mut resource = Resource { kind, body, name: None, tenant: None };
            resource.name = name(&resource);
            Some((id.as_str(), resource))
        })
        .collect();
    set_owners(&mut found);
    found
}

fn name(resource: &Resource<'_>) -> Option<String> {
    let own = NAMES.iter().find_map(|name| resource.property(name)).and_then(text);
    own.or_else(|| tag(resource, "Name"))
}

/// A text as it is written, with what only the deployment knows in braces.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Object(fields) => fields.get("Fn::Sub")?.as_str().map(ToOwned::to_owned),
        _ => None,
    }
}

fn tag(resource: &Resource<'_>, key: &str) -> Option<String> {
    let tags = ["Tags", "UserPoolTags"].iter().find_map(|name| resource.property(name))?;
    match tags {
        Value::Array(tags) => {
            let tag =
                tags.iter().find(|tag| tag.get("Key").and_then(Value::as_str) == Some(key))?;
            text(tag.get("Value")?)
        }
        Value::Object(tags) => text(tags.get(key)?),
        _ => None,
    }
}

/// A resource is its tag's; one without a tag is the tenant's to whose resources alone, beside what is shared, it refers.
fn set_owners(found: &mut BTreeMap<&str, Resource<'_>>) {
    let tagged: BTreeMap<&str, Option<String>> =
        found.iter().map(|(id, resource)| (*id, tag(resource, TENANT_TAG))).collect();
    let mut owners: BTreeMap<&str, String> = tagged
        .iter()
        .filter_map(|(id, tag)| Some((*id, tag.clone().filter(|tag| tag != SHARED)?)))
        .collect();
    let untagged: BTreeMap<&str, BTreeSet<String>> = found
        .iter()
        .filter(|(id, _)| tagged.get(*id).is_some_and(Option::is_none))
        .map(|(id, resource)| {
            let mut referred = BTreeSet::new();
            resource.body.values().for_each(|value| collect(value, &mut referred));
            (*id, referred)
        })
        .collect();
    loop {
        let mut next: Vec<(&str, String)> = Vec::new();
        for (id, referred) in &untagged {
            if owners.contains_key(id) {
                continue;
            }
            let tenants: BTreeSet<&String> =
                referred.iter().filter_map(|id| owners.get(id.as_str())).collect();
            if let (1, Some(tenant)) = (tenants.len(), tenants.first()) {
                next.push((id, (*tenant).clone()));
            }
        }
        if next.is_empty() {
            break;
        }
        owners.extend(next);
    }
    for (id, resource) in found.iter_mut() {
        resource.tenant = owners.remove(id);
    }
}

/// The logical ids that a value refers to by `Ref`, `Fn::GetAtt` or `Fn::Sub`.
pub(crate) fn references(value: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    collect(value, &mut found);
    found
}

fn collect(value: &Value, found: &mut BTreeSet<String>) {
    let head = |path: &str| path.split('.').next().unwrap_or(path).to_owned();
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Object(fields) => {
            for (key, inner) in fields {
                match (key.as_str(), inner) {
                    ("Ref", Value::String(id)) => drop(found.insert(id.clone())),
                    ("Fn::GetAtt", Value::String(path)) => drop(found.insert(head(path))),
                    ("Fn::GetAtt", Value::Array(path)) => {
                        found.extend(path.first().and_then(Value::as_str).map(ToOwned::to_owned));
                    }
                    ("Fn::Sub", Value::String(text)) => found.extend(substituted(text)),
                    ("Fn::Sub", Value::Array(parts)) => {
                        let text = parts.first().and_then(Value::as_str).unwrap_or_default();
                        found.extend(substituted(text));
                        parts.iter().skip(1).for_each(|part| collect(part, found));
                    }
                    _ => collect(inner, found),
                }
            }
        }
        _ => {}
    }
}

fn substituted(text: &str) -> impl Iterator<Item = String> {
    text.split("${").skip(1).filter_map(|part| {
        let name = part.split(['}', '.']).next()?;
        (!name.starts_with('!')).then(|| name.to_owned())
    })
}

/// Where a tenant is, by the subnets that a template gives it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Located {
    /// The tenant.
    pub tenant: String,
    /// The address block of the VPC, as the template writes it.
    pub vpc: String,
    /// Its subnets: logical id, availability zone and address block, in the order of their addresses.
    pub subnets: Vec<(String, String, String)>,
}

/// Where the tenants of a template are.
#[must_use]
pub fn locate(template: &Value) -> Vec<Located> {
    let resources = resources(template);
    let block = |resource: &Resource<'_>| resource.property("CidrBlock").and_then(text);
    let vpc = resources.values().find(|one| one.kind == "AWS::EC2::VPC").and_then(block);
    let mut subnets: BTreeMap<String, Vec<(String, String, String)>> = BTreeMap::new();
    for (id, resource) in &resources {
        let (Some(tenant), Some(block)) = (&resource.tenant, block(resource)) else { continue };
        if resource.kind != "AWS::EC2::Subnet" {
            continue;
        }
        let zone = ["AvailabilityZone", "AvailabilityZoneId"];
        let zone = zone.iter().find_map(|name| resource.property(name)).and_then(text);
        let subnet = ((*id).to_owned(), zone.unwrap_or_default(), block);
        subnets.entry(tenant.clone()).or_default().push(subnet);
    }
    let vpc = vpc.unwrap_or_default();
    subnets
        .into_iter()
        .map(|(tenant, mut subnets)| {
            subnets.sort_by_key(|(_, _, block)| numbers(block));
            Located { tenant, vpc: vpc.clone(), subnets }
        })
        .collect()
}

/// An address block's numbers, to sort by.
pub(crate) fn numbers(block: &str) -> Vec<u32> {
    block.split(['.', '/']).map(|part| part.parse().unwrap_or(u32::MAX)).collect()
}
