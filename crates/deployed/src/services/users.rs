//! Cognito user pools: what signs people in, and who may change what their tokens say.

use serde_json::{Value, json};

use super::{list, member, properties, text};
use crate::ask::{Input, ReadError};
use crate::calls::{
    DESCRIBE_USER_POOL, DESCRIBE_USER_POOL_CLIENT, GET_USER_POOL_MFA, LIST_GROUPS,
    LIST_IDENTITY_PROVIDERS, LIST_USER_POOL_CLIENTS,
};
use crate::merge::project;
use crate::read::{Properties, Reader};

const TOKEN: (&str, &str) = ("NextToken", "NextToken");

pub(super) fn read(reader: &mut Reader<'_>) -> Result<(), ReadError> {
    for id in reader.of_kind("AWS::Cognito::UserPool") {
        let pool = reader.physical(&id).unwrap_or_default();
        let input = Input::Document(json!({ "UserPoolId": pool }));
        let Some(said) = reader.once(&DESCRIBE_USER_POOL, &input)? else {
            reader.gone(&id);
            continue;
        };
        let said = member(&said, "UserPool");
        let mfa = reader.once(&GET_USER_POOL_MFA, &input)?.unwrap_or_default();
        let found = pool_itself(reader, &id, &said, &mfa);
        reader.there(&id, found);
        clients(reader, &pool)?;
        for group in reader.all(&LIST_GROUPS, "Groups", TOKEN, &input)? {
            let name = text(&group, "GroupName");
            if reader
                .of_kind("AWS::Cognito::UserPoolGroup")
                .iter()
                .any(|id| reader.text(id, "GroupName") == name)
            {
                continue;
            }
            let mut found = properties([("GroupName", json!(name)), ("UserPoolId", json!(pool))]);
            found.extend(group.get("RoleArn").map(|role| ("RoleArn".to_owned(), role.clone())));
            reader.stranger("AWS::Cognito::UserPoolGroup", name, found);
        }
        for provider in reader.all(&LIST_IDENTITY_PROVIDERS, "Providers", TOKEN, &input)? {
            let name = text(&provider, "ProviderName");
            let known = reader.of_kind("AWS::Cognito::UserPoolIdentityProvider");
            if known.iter().any(|id| reader.text(id, "ProviderName") == name) {
                continue;
            }
            let found = properties([
                ("ProviderName", json!(name)),
                ("ProviderType", member(&provider, "ProviderType")),
                ("UserPoolId", json!(pool)),
            ]);
            reader.stranger("AWS::Cognito::UserPoolIdentityProvider", name, found);
        }
    }
    Ok(())
}

/// A pool's settings, in the members that the template has of each; triggers whole, for one that came lets somebody write
/// what tokens say.
fn pool_itself(reader: &Reader<'_>, id: &str, said: &Value, mfa: &Value) -> Properties {
    let mut found = Properties::new();
    for name in [
        "AccountRecoverySetting",
        "AdminCreateUserConfig",
        "DeletionProtection",
        "Policies",
        "UserAttributeUpdateSettings",
        "UsernameConfiguration",
    ] {
        let wanted = reader.wanted(id, name);
        let value = member(said, name);
        found.insert(
            name.to_owned(),
            if wanted.is_null() { Value::Null } else { project(&value, wanted) },
        );
    }
    for name in ["AutoVerifiedAttributes", "UsernameAttributes", "AliasAttributes"] {
        found.insert(name.to_owned(), member(said, name));
    }
    let triggers =
        said.get("LambdaConfig").filter(|set| set.as_object().is_some_and(|set| !set.is_empty()));
    found.insert("LambdaConfig".to_owned(), triggers.cloned().unwrap_or_default());
    found.insert("UserPoolName".to_owned(), member(said, "Name"));
    found.insert("MfaConfiguration".to_owned(), member(mfa, "MfaConfiguration"));
    let kinds = [
        ("SoftwareTokenMfaConfiguration", "SOFTWARE_TOKEN_MFA"),
        ("SmsMfaConfiguration", "SMS_MFA"),
        ("EmailMfaConfiguration", "EMAIL_OTP"),
    ];
    let kinds: Vec<Value> = kinds
        .iter()
        .filter(|(name, _)| {
            mfa.get(*name).is_some_and(|set| set.get("Enabled") != Some(&json!(false)))
        })
        .map(|(_, kind)| json!(kind))
        .collect();
    found.insert("EnabledMfas".to_owned(), Value::Array(kinds));
    let tags = said.get("UserPoolTags").and_then(Value::as_object).cloned().unwrap_or_default();
    let tags = tags.into_iter().filter(|(key, _)| !key.starts_with("aws:"));
    found.insert("UserPoolTags".to_owned(), Value::Object(tags.collect()));
    found.insert(
        "Schema".to_owned(),
        schema(reader.wanted(id, "Schema"), list(said, "SchemaAttributes")),
    );
    found
}

/// The attributes of the pool's own, and the standard ones that the template has.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html>
fn schema(wanted: &Value, said: &[Value]) -> Value {
    let wanted = wanted.as_array().map(Vec::as_slice).unwrap_or_default();
    let found = said.iter().filter_map(|attribute| {
        let name = text(attribute, "Name");
        let own = name.strip_prefix("custom:");
        let plain = own.unwrap_or(name);
        let alike = wanted.iter().find(|one| text(one, "Name") == plain);
        match (alike, own) {
            (Some(wanted), _) => {
                let mut attribute = project(attribute, wanted);
                if let Some(members) = attribute.as_object_mut() {
                    members.insert("Name".to_owned(), json!(plain));
                }
                Some(attribute)
            }
            (None, Some(own)) => Some(json!({
                "Name": own,
                "AttributeDataType": member(attribute, "AttributeDataType"),
                "Mutable": member(attribute, "Mutable"),
            })),
            (None, None) => None,
        }
    });
    found.collect()
}

fn clients(reader: &mut Reader<'_>, pool: &str) -> Result<(), ReadError> {
    let input = Input::Document(json!({ "UserPoolId": pool, "MaxResults": 60 }));
    let mut all = Vec::new();
    for client in reader.all(&LIST_USER_POOL_CLIENTS, "UserPoolClients", TOKEN, &input)? {
        let id = text(&client, "ClientId");
        let input = Input::Document(json!({ "UserPoolId": pool, "ClientId": id }));
        if let Some(said) = reader.once(&DESCRIBE_USER_POOL_CLIENT, &input)? {
            all.push(member(&said, "UserPoolClient"));
        }
    }
    let set = |said: &Value, name: &str| {
        let value = member(said, name);
        let empty = value.as_array().is_some_and(Vec::is_empty) || value == json!("");
        if empty { Value::Null } else { value }
    };
    let one = |said: &Value| {
        let mut found = Properties::new();
        for name in [
            "AccessTokenValidity",
            "AllowedOAuthFlows",
            "AllowedOAuthFlowsUserPoolClient",
            "AllowedOAuthScopes",
            "CallbackURLs",
            "ClientName",
            "EnableTokenRevocation",
            "ExplicitAuthFlows",
            "IdTokenValidity",
            "LogoutURLs",
            "PreventUserExistenceErrors",
            "ReadAttributes",
            "RefreshTokenValidity",
            "SupportedIdentityProviders",
            "TokenValidityUnits",
            "UserPoolId",
            "WriteAttributes",
        ] {
            found.insert(name.to_owned(), set(said, name));
        }
        found.insert("GenerateSecret".to_owned(), json!(said.get("ClientSecret").is_some()));
        found
    };
    for id in reader.of_kind("AWS::Cognito::UserPoolClient") {
        if reader.text(&id, "UserPoolId") != pool {
            continue;
        }
        let client = reader.physical(&id).unwrap_or_default();
        let found = all.iter().find(|said| text(said, "ClientId") == client).map(one);
        reader.note(&id, found);
    }
    for said in &all {
        let client = text(said, "ClientId");
        if !reader.is_known(client) {
            let mut found = one(said);
            found.retain(|_, value| !value.is_null());
            reader.stranger("AWS::Cognito::UserPoolClient", client, found);
        }
    }
    Ok(())
}
