//! A tenant's users, who are in a pool with everybody else's.

use super::{StoresError, take_list};
use crate::client::{Client, ClientError};
use crate::random::random_hex;
use crate::users::cognito;
use serde_json::{Value, json};

/// What a pool's users are called in an export, beside the logical ids of tables.
pub(super) const USERS_ID: &str = "Users";
/// <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ListUsers.html>
const PAGE: u32 = 60;
/// What the pool gives each user itself.
const OWN: [&str; 2] = ["sub", "identities"];

/// Hands on a tenant's users, a page of the pool at a time, and whether that was the last. ListUsers cannot look for an
/// attribute of one's own, so that all users of the pool are read.
pub(super) fn pages(
    client: &Client,
    pool: &str,
    tenant: &str,
    mut each: impl FnMut(Vec<Value>, bool) -> Result<(), StoresError>,
) -> Result<(), StoresError> {
    let mut page: Option<Value> = None;
    loop {
        let mut ask = json!({ "UserPoolId": pool, "Limit": PAGE });
        if let (Some(fields), Some(page)) = (ask.as_object_mut(), page.take()) {
            fields.insert("PaginationToken".to_owned(), page);
        }
        let mut answer = cognito(client, "ListUsers", &ask)?;
        let mut users = take_list(&mut answer, "/Users");
        users.retain(|user| attribute(user, "custom:tenant_id") == Some(tenant));
        page = answer.get_mut("PaginationToken").map(Value::take).filter(|token| !token.is_null());
        each(users, page.is_none())?;
        if page.is_none() {
            return Ok(());
        }
    }
}

/// An attribute, as ListUsers or AdminGetUser shows it.
pub(super) fn attribute<'u>(user: &'u Value, name: &str) -> Option<&'u str> {
    let attributes = user.get("Attributes").or_else(|| user.get("UserAttributes"))?.as_array()?;
    let found =
        attributes.iter().find(|one| one.get("Name").and_then(Value::as_str) == Some(name))?;
    found.get("Value")?.as_str()
}

/// What a user signs in with: the address, where the pool names users by it.
pub(super) fn name(user: &Value) -> Option<&str> {
    attribute(user, "email").or_else(|| user.get("Username")?.as_str())
}

/// What became of a user of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Made {
    Now,
    Before,
}

/// Makes a user of an export, without a word to it. It has a password that nobody knows, so that it has to ask for a new one.
pub(super) fn make(
    client: &Client,
    pool: &str,
    tenant: &str,
    user: &Value,
) -> Result<Made, StoresError> {
    let unexpected = |what: &str| ClientError::unexpected("cognito-idp", "AdminCreateUser", what);
    let name = name(user).ok_or_else(|| unexpected("a user of the export has no name"))?;
    if let Some(there) = get(client, pool, name)? {
        return if attribute(&there, "custom:tenant_id") == Some(tenant) {
            Ok(Made::Before)
        } else {
            Err(StoresError::Differs { store: "the user pool".to_owned(), key: name.to_owned() })
        };
    }
    let random = random_hex().map_err(|error| unexpected(&error.to_string()))?;
    let attributes = user.get("Attributes").and_then(Value::as_array).into_iter().flatten();
    let is_own =
        |one: &Value| one.get("Name").and_then(Value::as_str).is_some_and(|n| OWN.contains(&n));
    let attributes: Vec<&Value> = attributes.filter(|one| !is_own(one)).collect();
    cognito(
        client,
        "AdminCreateUser",
        &json!({
            "UserPoolId": pool, "Username": name, "MessageAction": "SUPPRESS",
            "TemporaryPassword": format!("Aa1!{random}"), "UserAttributes": attributes,
        }),
    )?;
    if user.get("Enabled").and_then(Value::as_bool) == Some(false) {
        cognito(client, "AdminDisableUser", &json!({ "UserPoolId": pool, "Username": name }))?;
    }
    Ok(Made::Now)
}

fn get(client: &Client, pool: &str, name: &str) -> Result<Option<Value>, StoresError> {
    let ask = json!({ "UserPoolId": pool, "Username": name });
    match cognito(client, "AdminGetUser", &ask) {
        Err(error) if error.code() == Some("UserNotFoundException") => Ok(None),
        other => Ok(Some(other?)),
    }
}

/// Whether a user of an export is there, as this tenant's.
pub(super) fn is_there(
    client: &Client,
    pool: &str,
    tenant: &str,
    user: &Value,
) -> Result<bool, StoresError> {
    let Some(name) = name(user) else { return Ok(false) };
    let there = get(client, pool, name)?;
    Ok(there.is_some_and(|there| attribute(&there, "custom:tenant_id") == Some(tenant)))
}
