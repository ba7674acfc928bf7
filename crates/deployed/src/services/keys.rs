//! KMS.

use serde_json::{Value, json};

use super::{document, list, member, properties, tags, text};
use crate::ask::{Input, ReadError};
use crate::calls::{
    DESCRIBE_KEY, GET_KEY_POLICY, GET_KEY_ROTATION_STATUS, LIST_ALIASES, LIST_GRANTS, LIST_KEYS,
    LIST_RESOURCE_TAGS,
};
use crate::read::{Properties, Reader};

pub(super) fn read(reader: &mut Reader<'_>) -> Result<(), ReadError> {
    for id in reader.of_kind("AWS::KMS::Key") {
        let key = reader.physical(&id).unwrap_or_default();
        let found = one(reader, &key)?;
        reader.note(&id, found);
    }
    let empty = Input::Document(json!({}));
    let token = ("NextMarker", "Marker");
    let aliases = reader.all(&LIST_ALIASES, "Aliases", token, &empty)?;
    for id in reader.of_kind("AWS::KMS::Alias") {
        let name = reader.text(&id, "AliasName");
        let found = aliases.iter().find(|alias| text(alias, "AliasName") == name).map(|alias| {
            properties([("AliasName", json!(name)), ("TargetKeyId", member(alias, "TargetKeyId"))])
        });
        reader.note(&id, found);
    }
    for key in reader.all(&LIST_KEYS, "Keys", token, &empty)? {
        let key = text(&key, "KeyId");
        if reader.is_known(key) {
            continue;
        }
        // Another account's keys, and those of AWS, do not tell their tags.
        let Ok(tags) = key_tags(reader, key) else { continue };
        let named = aliases.iter().find(|alias| text(alias, "TargetKeyId") == key);
        let name = named.map_or("", |alias| text(alias, "AliasName"));
        if !reader.marks.on(name, &tags) {
            continue;
        }
        if let Some(mut found) = one(reader, key)? {
            found.retain(|_, value| !value.is_null());
            reader.stranger("AWS::KMS::Key", key, found);
        }
    }
    Ok(())
}

fn key_tags(reader: &Reader<'_>, key: &str) -> Result<Value, ReadError> {
    let input = Input::Document(json!({ "KeyId": key }));
    let all = reader.all(&LIST_RESOURCE_TAGS, "Tags", ("NextMarker", "Marker"), &input)?;
    Ok(tags(&all, "TagKey", "TagValue"))
}

/// `None` for a key that is gone or about to go.
fn one(reader: &Reader<'_>, key: &str) -> Result<Option<Properties>, ReadError> {
    let input = Input::Document(json!({ "KeyId": key }));
    let Some(described) = reader.once(&DESCRIBE_KEY, &input)? else { return Ok(None) };
    let described = member(&described, "KeyMetadata");
    let state = text(&described, "KeyState");
    if state == "PendingDeletion" {
        return Ok(None);
    }
    let named = Input::Document(json!({ "KeyId": key, "PolicyName": "default" }));
    let policy = reader.once(&GET_KEY_POLICY, &named)?.unwrap_or_default();
    let mut policy = document(text(&policy, "Policy"));
    grants(reader, &input, &mut policy)?;
    let rotation = reader.once(&GET_KEY_ROTATION_STATUS, &input)?.unwrap_or_default();
    Ok(Some(properties([
        ("Description", member(&described, "Description")),
        ("Enabled", if state == "Disabled" { json!("disabled") } else { Value::Null }),
        ("EnableKeyRotation", member(&rotation, "KeyRotationEnabled")),
        ("KeyPolicy", policy),
        ("Tags", key_tags(reader, key)?),
    ])))
}

/// Grants let in as a key's policy does, so each stands as a statement of it. Those to services, which services make for
/// themselves when they use a key for somebody, are left out.
/// <https://docs.aws.amazon.com/kms/latest/developerguide/grants.html>
fn grants(reader: &Reader<'_>, input: &Input, policy: &mut Value) -> Result<(), ReadError> {
    let grants = reader.all(&LIST_GRANTS, "Grants", ("NextMarker", "Marker"), input)?;
    let statements = policy.get_mut("Statement").and_then(Value::as_array_mut);
    let Some(statements) = statements else { return Ok(()) };
    for grant in grants {
        let grantee = text(&grant, "GranteePrincipal");
        if grantee.ends_with(".amazonaws.com") {
            continue;
        }
        let id: String = text(&grant, "GrantId").chars().take(12).collect();
        let actions: Vec<String> = list(&grant, "Operations")
            .iter()
            .filter_map(Value::as_str)
            .map(|operation| format!("kms:{operation}"))
            .collect();
        statements.push(json!({
            "Sid": format!("Grant{id}"),
            "Effect": "Allow",
            "Principal": { "AWS": grantee },
            "Action": actions,
            "Resource": "*",
        }));
    }
    Ok(())
}
