//! A signed-in user of a tenant.

use crate::client::{Client, ClientError};
use crate::random::random_hex;
use serde_json::{Value, json};

/// What a sign-in gives.
pub(crate) struct Tokens {
    pub(crate) id: String,
    pub(crate) access: String,
}

/// Signs in the tenant's demonstration user (made if it is not there) and returns its ID token. The password is random,
/// set anew by every call and kept nowhere.
///
/// # Errors
/// [`ClientError`].
pub fn id_token(
    client: &Client,
    user_pool: &str,
    app_client: &str,
    tenant: &str,
) -> Result<String, ClientError> {
    // RFC 2606: nobody owns a name below example.
    let user = format!("demo@{tenant}.example");
    sign_in(client, user_pool, app_client, tenant, &user).map(|tokens| tokens.id)
}

/// Signs in a user of the tenant, who is made if it is not there, with a new password.
pub(crate) fn sign_in(
    client: &Client,
    user_pool: &str,
    app_client: &str,
    tenant: &str,
    user: &str,
) -> Result<Tokens, ClientError> {
    let random = random_hex().map_err(|error| {
        ClientError::unexpected("cognito-idp", "a password", &error.to_string())
    })?;
    // The password policy asks for every class of characters.
    let password = format!("Aa1!{random}");
    let made = cognito(
        client,
        "AdminCreateUser",
        &json!({
            "UserPoolId": user_pool, "Username": user, "MessageAction": "SUPPRESS",
            // The emulator's own temporary passwords are shorter than the pool asks for.
            "TemporaryPassword": password,
            "UserAttributes": [
                { "Name": "email", "Value": user },
                { "Name": "email_verified", "Value": "true" },
                { "Name": "custom:tenant_id", "Value": tenant },
            ],
        }),
    );
    match made {
        Err(error) if error.code() == Some("UsernameExistsException") => {}
        other => drop(other?),
    }
    cognito(
        client,
        "AdminSetUserPassword",
        &json!({ "UserPoolId": user_pool, "Username": user, "Password": password, "Permanent": true }),
    )?;
    let answer = cognito(
        client,
        "AdminInitiateAuth",
        &json!({
            "UserPoolId": user_pool, "ClientId": app_client, "AuthFlow": "ADMIN_USER_PASSWORD_AUTH",
            "AuthParameters": { "USERNAME": user, "PASSWORD": password },
        }),
    )?;
    let token = |name: &str| {
        let token = answer.pointer(&format!("/AuthenticationResult/{name}"));
        token.and_then(Value::as_str).map(ToOwned::to_owned)
    };
    let id = token("IdToken").ok_or_else(|| {
        ClientError::unexpected("cognito-idp", "AdminInitiateAuth", "no ID token")
    })?;
    Ok(Tokens { id, access: token("AccessToken").unwrap_or_default() })
}

pub(crate) fn cognito(
    client: &Client,
    operation: &str,
    body: &Value,
) -> Result<Value, ClientError> {
    client.json("cognito-idp", &format!("AWSCognitoIdentityProviderService.{operation}"), body)
}
