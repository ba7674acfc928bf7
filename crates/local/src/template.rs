//! A template without what the emulator cannot make, and with the one address that differs on this machine.

use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// A resource or an output that is not deployed here.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LeftOut {
    /// Its logical id in the template.
    pub logical_id: String,
    /// Its type; `Output` for an output.
    pub kind: String,
    /// The logical id of what it refers to and what is left out itself; `None` when the emulator does not know its type.
    pub because_of: Option<String>,
}

/// Takes out the resources of types that the emulator cannot make, whatever refers to one of them by value, and outputs
/// that do. A mere `DependsOn` only orders, so only the entry goes.
pub(crate) fn leave_out(template: &mut Value, unknown_types: &BTreeSet<String>) -> Vec<LeftOut> {
    let mut left_out = Vec::new();
    let Some(resources) = template.get_mut("Resources").and_then(Value::as_object_mut) else {
        return left_out;
    };
    let mut gone = BTreeSet::new();
    for (id, resource) in resources.iter() {
        if unknown_types.contains(kind_of(resource)) {
            gone.insert(id.clone());
            left_out.push(LeftOut {
                logical_id: id.clone(),
                kind: kind_of(resource).to_owned(),
                because_of: None,
            });
        }
    }
    loop {
        let next =
            resources.iter().filter(|(id, _)| !gone.contains(*id)).find_map(|(id, resource)| {
                let body = resource
                    .as_object()?
                    .iter()
                    .filter(|(key, _)| *key != "DependsOn")
                    .map(|(_, value)| value);
                let because_of = body.filter_map(|value| refers_to(value, &gone)).next()?;
                Some(LeftOut {
                    logical_id: id.clone(),
                    kind: kind_of(resource).to_owned(),
                    because_of: Some(because_of),
                })
            });
        let Some(next) = next else { break };
        gone.insert(next.logical_id.clone());
        left_out.push(next);
    }
    resources.retain(|id, _| !gone.contains(id));
    for resource in resources.values_mut().filter_map(Value::as_object_mut) {
        drop_dependencies(resource, &gone);
    }
    if let Some(outputs) = template.get_mut("Outputs").and_then(Value::as_object_mut) {
        outputs.retain(|name, output| match refers_to(output, &gone) {
            None => true,
            Some(because_of) => {
                left_out.push(LeftOut {
                    logical_id: name.clone(),
                    kind: "Output".to_owned(),
                    because_of: Some(because_of),
                });
                false
            }
        });
    }
    left_out
}

/// Tells every function that knows a user pool where this machine serves the pool's signing keys. On AWS they are at
/// the issuer's own address; the emulator's tokens name that same issuer, whose address leads to AWS.
pub(crate) fn point_to_local_keys(template: &mut Value, port: u16) {
    let Some(resources) = template.get_mut("Resources").and_then(Value::as_object_mut) else {
        return;
    };
    let pools: BTreeSet<String> = resources
        .iter()
        .filter(|(_, resource)| kind_of(resource) == "AWS::Cognito::UserPool")
        .map(|(id, _)| id.clone())
        .collect();
    for function in
        resources.values_mut().filter(|resource| kind_of(resource) == "AWS::Lambda::Function")
    {
        let variables = function
            .pointer_mut("/Properties/Environment/Variables")
            .and_then(Value::as_object_mut);
        let Some(variables) = variables else { continue };
        let pool = variables.values().find_map(|value| {
            let id = value.as_object()?.get("Ref")?.as_str()?;
            pools.contains(id).then(|| id.to_owned())
        });
        if let Some(pool) = pool {
            let address = format!("http://127.0.0.1:{port}/${{{pool}}}/.well-known/jwks.json");
            variables.insert("JWKS_URI".to_owned(), serde_json::json!({ "Fn::Sub": address }));
        }
    }
}

/// The types of a template's resources.
pub(crate) fn types(template: &Value) -> BTreeSet<String> {
    let resources = template.get("Resources").and_then(Value::as_object).into_iter().flatten();
    resources.map(|(_, resource)| kind_of(resource).to_owned()).collect()
}

fn kind_of(resource: &Value) -> &str {
    resource.get("Type").and_then(Value::as_str).unwrap_or_default()
}

fn drop_dependencies(resource: &mut Map<String, Value>, gone: &BTreeSet<String>) {
    let is_gone = |value: &Value| value.as_str().is_some_and(|id| gone.contains(id));
    let empty = match resource.get_mut("DependsOn") {
        Some(Value::Array(ids)) => {
            ids.retain(|id| !is_gone(id));
            ids.is_empty()
        }
        Some(id) => is_gone(id),
        None => false,
    };
    if empty {
        resource.remove("DependsOn");
    }
}

/// The first logical id of `gone` that a value refers to by `Ref`, `Fn::GetAtt` or `Fn::Sub`.
fn refers_to(value: &Value, gone: &BTreeSet<String>) -> Option<String> {
    match value {
        Value::Array(items) => items.iter().find_map(|item| refers_to(item, gone)),
        Value::Object(fields) => fields.iter().find_map(|(key, inner)| {
            let direct = match (key.as_str(), inner) {
                ("Ref", Value::String(id)) => gone.get(id).cloned(),
                ("Fn::GetAtt", Value::String(path)) => {
                    path.split('.').next().and_then(|id| gone.get(id)).cloned()
                }
                ("Fn::GetAtt", Value::Array(path)) => {
                    path.first().and_then(Value::as_str).and_then(|id| gone.get(id)).cloned()
                }
                ("Fn::Sub", Value::String(text)) => named_in(text, gone),
                ("Fn::Sub", Value::Array(parts)) => {
                    parts.first().and_then(Value::as_str).and_then(|text| named_in(text, gone))
                }
                _ => None,
            };
            direct.or_else(|| refers_to(inner, gone))
        }),
        _ => None,
    }
}

fn named_in(text: &str, gone: &BTreeSet<String>) -> Option<String> {
    text.split("${").skip(1).find_map(|part| {
        let name = part.split(['}', '.']).next()?;
        gone.get(name).cloned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_refers_to_a_resource_that_is_left_out_goes_with_it_and_is_named() {
        let mut template = json!({
            "Resources": {
                "Acl": { "Type": "AWS::EC2::NetworkAcl", "Properties": {} },
                "ByRef": { "Type": "T", "Properties": { "X": { "Ref": "Acl" } } },
                "ByAttribute": { "Type": "T", "Properties": { "X": { "Fn::GetAtt": ["Acl", "Id"] } } },
                "ByText": { "Type": "T", "Properties": { "X": { "Fn::Sub": "a/${Acl.Id}/b" } } },
                "OfOneLeftOut": { "Type": "T", "Properties": { "X": { "Ref": "ByRef" } } },
                "OnlyAfter": { "Type": "T", "DependsOn": ["Acl", "Stays"], "Properties": {} },
                "OnlyAfterOne": { "Type": "T", "DependsOn": "Acl", "Properties": {} },
                "Stays": { "Type": "T", "Properties": { "X": "Acl", "Y": { "Fn::Sub": "${AWS::Region}" } } }
            },
            "Outputs": { "Gone": { "Value": { "Ref": "Acl" } }, "Kept": { "Value": { "Ref": "Stays" } } }
        });
        let unknown = BTreeSet::from(["AWS::EC2::NetworkAcl".to_owned()]);
        let left_out: Vec<_> = leave_out(&mut template, &unknown)
            .into_iter()
            .map(|item| (item.logical_id, item.because_of))
            .collect();
        let because = |id: &str, of: Option<&str>| (id.to_owned(), of.map(ToOwned::to_owned));
        assert_eq!(
            left_out,
            [
                because("Acl", None),
                because("ByRef", Some("Acl")),
                because("ByAttribute", Some("Acl")),
                because("ByText", Some("Acl")),
                because("OfOneLeftOut", Some("ByRef")),
                because("Gone", Some("Acl")),
            ]
        );
        assert_eq!(
            template,
            json!({
                "Resources": {
                    "OnlyAfter": { "Type": "T", "DependsOn": ["Stays"], "Properties": {} },
                    "OnlyAfterOne": { "Type": "T", "Properties": {} },
                    "Stays": { "Type": "T", "Properties": { "X": "Acl", "Y": { "Fn::Sub": "${AWS::Region}" } } }
                },
                "Outputs": { "Kept": { "Value": { "Ref": "Stays" } } }
            })
        );
    }

    #[test]
    fn only_a_function_that_knows_a_user_pool_is_told_where_its_keys_are() {
        let mut template = json!({ "Resources": {
            "Pool": { "Type": "AWS::Cognito::UserPool" },
            "Authorizer": { "Type": "AWS::Lambda::Function",
                "Properties": { "Environment": { "Variables": { "USER_POOL_ID": { "Ref": "Pool" } } } } },
            "Api": { "Type": "AWS::Lambda::Function",
                "Properties": { "Environment": { "Variables": { "TENANT_ID": "tenant-001" } } } }
        } });
        point_to_local_keys(&mut template, 4610);
        assert_eq!(
            template.pointer("/Resources/Authorizer/Properties/Environment/Variables/JWKS_URI"),
            Some(&json!({ "Fn::Sub": "http://127.0.0.1:4610/${Pool}/.well-known/jwks.json" }))
        );
        assert_eq!(
            template.pointer("/Resources/Api/Properties/Environment/Variables/JWKS_URI"),
            None
        );
    }
}
