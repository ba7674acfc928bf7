//! Lambda: functions, who may invoke them, their own addresses, and what feeds them.

use serde_json::{Value, json};

use super::{document, list, member, present, properties, tags_of, text};
use crate::ask::{Input, ReadError, encode};
use crate::calls::{
    GET_FUNCTION_CONFIGURATION, GET_FUNCTION_POLICY, GET_FUNCTION_URL, LIST_EVENT_SOURCES,
    LIST_FUNCTION_TAGS, LIST_FUNCTIONS,
};
use crate::merge::canonical;
use crate::read::{Properties, Reader};

const TOKEN: (&str, &str) = ("NextMarker", "Marker");

pub(super) fn read(reader: &mut Reader<'_>) -> Result<(), ReadError> {
    let mut unclaimed = Vec::new();
    for id in reader.of_kind("AWS::Lambda::Function") {
        let name = reader.physical(&id).unwrap_or_default();
        let path = Input::Path(format!("/2015-03-31/functions/{}/configuration", encode(&name)));
        let Some(said) = reader.once(&GET_FUNCTION_CONFIGURATION, &path)? else {
            reader.gone(&id);
            continue;
        };
        let mut found = one(reader, &said)?;
        found.extend(code(reader, &id, &said).map(|code| ("Code".to_owned(), code)));
        reader.there(&id, found);
        let arn = text(&said, "FunctionArn").to_owned();
        unclaimed.extend(statements(reader, &name)?.into_iter().map(|one| (arn.clone(), one)));
        let path = Input::Path(format!("/2021-10-31/functions/{}/url", encode(&name)));
        if let Some(said) = reader.once(&GET_FUNCTION_URL, &path)?
            && reader.of_kind("AWS::Lambda::Url").is_empty()
        {
            let found = properties([
                ("TargetFunctionArn", json!(arn)),
                ("AuthType", member(&said, "AuthType")),
            ]);
            reader.stranger("AWS::Lambda::Url", &id, found);
        }
    }
    permissions(reader, unclaimed);
    event_sources(reader)?;
    let path = Input::Path("/2015-03-31/functions".to_owned());
    for function in reader.all(&LIST_FUNCTIONS, "Functions", TOKEN, &path)? {
        let name = text(&function, "FunctionName").to_owned();
        if reader.is_known(&name) {
            continue;
        }
        let mut found = one(reader, &function)?;
        if reader.marks.on(&name, found.get("Tags").unwrap_or(&Value::Null)) {
            found.retain(|_, value| !value.is_null());
            reader.stranger("AWS::Lambda::Function", &name, found);
        }
    }
    Ok(())
}

fn one(reader: &Reader<'_>, said: &Value) -> Result<Properties, ReadError> {
    let arn = text(said, "FunctionArn");
    let path = Input::Path(format!("/2017-03-31/tags/{}", encode(arn)));
    let tags = reader.once(&LIST_FUNCTION_TAGS, &path)?.unwrap_or_default();
    let variables = said.pointer("/Environment/Variables").filter(|set| *set != &json!({}));
    let network = said.get("VpcConfig").filter(|set| !list(set, "SubnetIds").is_empty());
    let layers: Vec<Value> =
        list(said, "Layers").iter().map(|layer| member(layer, "Arn")).collect();
    let log = said.get("LoggingConfig").map(|set| present([("LogGroup", member(set, "LogGroup"))]));
    Ok(properties([
        ("FunctionName", member(said, "FunctionName")),
        ("Architectures", member(said, "Architectures")),
        ("Description", member(said, "Description")),
        ("Environment", variables.map_or(Value::Null, |set| json!({ "Variables": set }))),
        ("Handler", member(said, "Handler")),
        ("LoggingConfig", log.unwrap_or_default()),
        ("Layers", if layers.is_empty() { Value::Null } else { Value::Array(layers) }),
        ("MemorySize", member(said, "MemorySize")),
        ("Role", member(said, "Role")),
        ("Runtime", member(said, "Runtime")),
        ("Timeout", member(said, "Timeout")),
        (
            "VpcConfig",
            network.map_or(Value::Null, |set| {
                json!({
                    "SubnetIds": member(set, "SubnetIds"),
                    "SecurityGroupIds": member(set, "SecurityGroupIds"),
                })
            }),
        ),
        ("Tags", tags_of(tags.get("Tags").unwrap_or(&Value::Null))),
    ]))
}

/// The archive that is wanted, if that is what the function runs; else what it runs by its hash alone. `None` where the hash
/// of the wanted one is not known.
fn code(reader: &Reader<'_>, id: &str, said: &Value) -> Option<Value> {
    let wanted = reader.wanted(id, "Code");
    let hash = reader.stack.code.get(text(wanted, "S3Key"))?;
    let runs = text(said, "CodeSha256");
    Some(if runs == hash { wanted.clone() } else { json!({ "CodeSha256": runs }) })
}

/// What a function's policy says, each statement as a permission has it.
fn statements(reader: &Reader<'_>, name: &str) -> Result<Vec<Properties>, ReadError> {
    let path = Input::Path(format!("/2015-03-31/functions/{}/policy", encode(name)));
    let Some(said) = reader.once(&GET_FUNCTION_POLICY, &path)? else { return Ok(Vec::new()) };
    let policy = document(text(&said, "Policy"));
    Ok(list(&policy, "Statement").iter().map(permission).collect())
}

/// A statement of a function's policy as `AWS::Lambda::Permission` has it. Conditions that AddPermission cannot make are
/// kept under their own names.
/// <https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html>
fn permission(statement: &Value) -> Properties {
    let principal = match statement.get("Principal") {
        Some(Value::Object(by)) => {
            by.get("Service").or_else(|| by.get("AWS")).cloned().unwrap_or_default()
        }
        other => other.cloned().unwrap_or_default(),
    };
    let mut found = properties([("Action", member(statement, "Action")), ("Principal", principal)]);
    for (_, keys) in statement.get("Condition").and_then(Value::as_object).into_iter().flatten() {
        for (key, value) in keys.as_object().into_iter().flatten() {
            let name = match key.to_ascii_lowercase().as_str() {
                "aws:sourcearn" => "SourceArn",
                "aws:sourceaccount" => "SourceAccount",
                "aws:principalorgid" => "PrincipalOrgID",
                "lambda:functionurlauthtype" => "FunctionUrlAuthType",
                "lambda:invokedviafunctionurl" => "InvokedViaFunctionUrl",
                other => {
                    found.insert(other.to_owned(), value.clone());
                    continue;
                }
            };
            found.insert(name.to_owned(), value.clone());
        }
    }
    found
}

/// Each statement is the permission that it equals, else the one of its function that is left, else nobody's.
fn permissions(reader: &mut Reader<'_>, mut unclaimed: Vec<(String, Properties)>) {
    const PARTS: [&str; 4] = ["Action", "Principal", "SourceArn", "SourceAccount"];
    let mut open = Vec::new();
    for id in reader.of_kind("AWS::Lambda::Permission") {
        let of = reader.text(&id, "FunctionName");
        let is_function = |arn: &str| arn == of || arn.ends_with(&format!(":{of}"));
        let none = Value::Null;
        let same = unclaimed.iter().position(|(arn, statement)| {
            is_function(arn)
                && PARTS.iter().all(|part| {
                    canonical(statement.get(*part).unwrap_or(&none))
                        == canonical(reader.wanted(&id, part))
                })
        });
        match same {
            Some(at) => {
                let (_, mut found) = unclaimed.remove(at);
                found.insert("FunctionName".to_owned(), json!(of));
                reader.there(&id, found);
            }
            None => open.push((id, of)),
        }
    }
    for (id, of) in open {
        let left = unclaimed.iter().position(|(arn, statement)| {
            let same = |part| statement.get(part) == Some(reader.wanted(&id, part));
            (*arn == of || arn.ends_with(&format!(":{of}"))) && same("Principal")
        });
        match left {
            Some(at) => {
                let (_, mut found) = unclaimed.remove(at);
                found.insert("FunctionName".to_owned(), json!(of));
                for part in PARTS {
                    found.entry(part.to_owned()).or_insert(Value::Null);
                }
                reader.there(&id, found);
            }
            None => reader.gone(&id),
        }
    }
    for (at, (arn, mut found)) in unclaimed.into_iter().enumerate() {
        let name = arn.rsplit(':').next().unwrap_or_default().to_owned();
        found.insert("FunctionName".to_owned(), json!(arn));
        reader.stranger("AWS::Lambda::Permission", &format!("{name}{at}"), found);
    }
}

fn event_sources(reader: &mut Reader<'_>) -> Result<(), ReadError> {
    let path = Input::Path("/2015-03-31/event-source-mappings".to_owned());
    for source in reader.all(&LIST_EVENT_SOURCES, "EventSourceMappings", TOKEN, &path)? {
        let (id, arn) = (text(&source, "UUID"), text(&source, "FunctionArn"));
        let function = arn.rsplit(':').next().unwrap_or_default();
        if reader.is_known(id) || !reader.is_known(function) {
            continue;
        }
        let found = properties([
            ("FunctionName", json!(arn)),
            ("EventSourceArn", member(&source, "EventSourceArn")),
        ]);
        reader.stranger("AWS::Lambda::EventSourceMapping", id, found);
    }
    Ok(())
}
