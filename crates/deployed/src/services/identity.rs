//! IAM: one call gives every role, user and policy of the account with all that each holds.
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html>

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{document, list, properties, tags, text};
use crate::ask::{Input, ReadError};
use crate::calls::AUTHORIZATION_DETAILS;
use crate::read::Reader;

/// The account's principals as IAM shows them.
#[derive(Default)]
struct Account {
    roles: BTreeMap<String, Value>,
    users: Vec<Value>,
    /// The documents of the account's own managed policies, by ARN.
    managed: BTreeMap<String, (String, Value)>,
}

pub(super) fn read(reader: &mut Reader<'_>) -> Result<(), ReadError> {
    let account = account(reader)?;
    // Which inline policies of which roles the template has.
    let mut inline: BTreeMap<(String, String), ()> = BTreeMap::new();
    for id in reader.of_kind("AWS::IAM::Policy") {
        let name = reader.text(&id, "PolicyName");
        let roles: Vec<String> = strings(reader.wanted(&id, "Roles"));
        let holding: Vec<(&String, Value)> = roles
            .iter()
            .filter_map(|role| Some((role, inline_policy(account.roles.get(role)?, &name)?)))
            .collect();
        inline.extend(roles.iter().map(|role| ((role.clone(), name.clone()), ())));
        // Each role has a copy of its own; one that was changed is what counts.
        let changed = holding
            .iter()
            .find(|(_, document)| !reader.is_wanted(&id, "PolicyDocument", document))
            .or(holding.first());
        let found = changed.map(|(_, document)| {
            properties([
                ("PolicyName", json!(name)),
                ("PolicyDocument", document.clone()),
                ("Roles", holding.iter().map(|(role, _)| json!(role)).collect()),
            ])
        });
        reader.note(&id, found);
    }
    for id in reader.of_kind("AWS::IAM::Role") {
        let name = reader.physical(&id).unwrap_or_default();
        let Some(role) = account.roles.get(&name) else {
            reader.gone(&id);
            continue;
        };
        let own = reader.wanted(&id, "Policies").clone();
        let own: Vec<&str> =
            own.as_array().into_iter().flatten().map(|policy| text(policy, "PolicyName")).collect();
        let mut policies = Vec::new();
        for policy in list(role, "RolePolicyList") {
            let named = text(policy, "PolicyName").to_owned();
            let document = document(text(policy, "PolicyDocument"));
            if own.contains(&named.as_str()) {
                policies.push(json!({ "PolicyName": named, "PolicyDocument": document }));
            } else if !inline.contains_key(&(name.clone(), named.clone())) {
                let found = properties([
                    ("RoleName", json!(name)),
                    ("PolicyName", json!(named)),
                    ("PolicyDocument", document),
                ]);
                reader.stranger("AWS::IAM::RolePolicy", &format!("{id}{named}"), found);
            }
        }
        let managed = managed(reader, &account, &id, &name, role);
        let mut found = trust(role, &name);
        found.insert("ManagedPolicyArns".to_owned(), managed);
        found.insert("Policies".to_owned(), Value::Array(policies));
        reader.there(&id, found);
    }
    strangers(reader, &account);
    Ok(())
}

/// What is attached to a role. A policy of the account that is in no template is found with its document.
fn managed(
    reader: &mut Reader<'_>,
    account: &Account,
    id: &str,
    name: &str,
    role: &Value,
) -> Value {
    let mut arns = Vec::new();
    for policy in list(role, "AttachedManagedPolicies") {
        let arn = text(policy, "PolicyArn");
        match account.managed.get(arn) {
            Some((named, document)) if !reader.is_known(arn) => {
                let found = properties([
                    ("ManagedPolicyName", json!(named)),
                    ("PolicyDocument", document.clone()),
                    ("Roles", json!([name])),
                ]);
                reader.stranger("AWS::IAM::ManagedPolicy", &format!("{id}{named}"), found);
            }
            _ => arns.push(json!(arn)),
        }
    }
    Value::Array(arns)
}

fn trust(role: &Value, name: &str) -> crate::read::Properties {
    let boundary =
        role.get("PermissionsBoundary").map_or("", |set| text(set, "PermissionsBoundaryArn"));
    properties([
        ("RoleName", json!(name)),
        ("AssumeRolePolicyDocument", document(text(role, "AssumeRolePolicyDocument"))),
        ("PermissionsBoundary", if boundary.is_empty() { Value::Null } else { json!(boundary) }),
        ("Tags", tags(list(role, "Tags"), "Key", "Value")),
    ])
}

fn strangers(reader: &mut Reader<'_>, account: &Account) {
    let inline = |holder: &Value, list_of: &str| -> Value {
        let policies = list(holder, list_of).iter().map(|policy| {
            json!({
                "PolicyName": text(policy, "PolicyName"),
                "PolicyDocument": document(text(policy, "PolicyDocument")),
            })
        });
        policies.collect()
    };
    let mut found = Vec::new();
    for (name, role) in &account.roles {
        let tags = tags(list(role, "Tags"), "Key", "Value");
        if !reader.is_known(name) && reader.marks.on(name, &tags) {
            found.push(("AWS::IAM::Role", name.clone(), role, trust(role, name)));
        }
    }
    for user in &account.users {
        let name = text(user, "UserName");
        let tags = tags(list(user, "Tags"), "Key", "Value");
        if !reader.is_known(name) && reader.marks.on(name, &tags) {
            let own = properties([("UserName", json!(name)), ("Tags", tags)]);
            found.push(("AWS::IAM::User", name.to_owned(), user, own));
        }
    }
    for (kind, name, holder, mut own) in found {
        let list_of = if kind == "AWS::IAM::Role" { "RolePolicyList" } else { "UserPolicyList" };
        let mut policies = inline(holder, list_of);
        let mut arns = Vec::new();
        for policy in list(holder, "AttachedManagedPolicies") {
            match (account.managed.get(text(policy, "PolicyArn")), policies.as_array_mut()) {
                (Some((named, document)), Some(policies)) => {
                    policies.push(json!({ "PolicyName": named, "PolicyDocument": document }));
                }
                _ => arns.push(json!(text(policy, "PolicyArn"))),
            }
        }
        own.insert("Policies".to_owned(), policies);
        own.insert("ManagedPolicyArns".to_owned(), Value::Array(arns));
        own.retain(|_, value| !value.is_null());
        reader.stranger(kind, &name, own);
    }
}

fn account(reader: &Reader<'_>) -> Result<Account, ReadError> {
    let filter = Input::fields(&[
        ("Filter.member.1", "Role"),
        ("Filter.member.2", "User"),
        ("Filter.member.3", "LocalManagedPolicy"),
    ]);
    let mut account = Account::default();
    for page in reader.pages(&AUTHORIZATION_DETAILS, ("Marker", "Marker"), &filter)? {
        for role in list(&page, "RoleDetailList") {
            account.roles.insert(text(role, "RoleName").to_owned(), role.clone());
        }
        account.users.extend(list(&page, "UserDetailList").iter().cloned());
        for policy in list(&page, "Policies") {
            let versions = list(policy, "PolicyVersionList");
            let current =
                versions.iter().find(|version| text(version, "IsDefaultVersion") == "true");
            let document = document(current.map_or("", |version| text(version, "Document")));
            let name = text(policy, "PolicyName").to_owned();
            account.managed.insert(text(policy, "Arn").to_owned(), (name, document));
        }
    }
    Ok(account)
}

fn inline_policy(role: &Value, name: &str) -> Option<Value> {
    let policies = list(role, "RolePolicyList");
    let policy = policies.iter().find(|policy| text(policy, "PolicyName") == name)?;
    Some(document(text(policy, "PolicyDocument")))
}

fn strings(value: &Value) -> Vec<String> {
    value
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(ToOwned::to_owned)
        .collect()
}
