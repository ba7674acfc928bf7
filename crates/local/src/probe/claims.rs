//! The tenant claim: whether a user can write its own, or sign up with another's.

use super::tokens::decode;
use super::{Attack, Caller, Party, Plane, Target, Verdict, user};
use crate::client::ClientError;
use crate::users::sign_in;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const CLAIM: &str = "custom:tenant_id";

/// A user pool of the probe's own, closed in every way that Cognito has. Its tokens are signed, but not by the pool that
/// is attacked; and what it lets through, this emulator lets through whatever a pool says.
pub(super) struct Control {
    pool: String,
    foreign: BTreeMap<String, String>,
    refuses_updates: bool,
    refuses_sign_up: bool,
}

impl Control {
    pub(super) fn make(caller: &Caller<'_>, targets: &[Target]) -> Result<Self, ClientError> {
        let made = caller.cognito(
            "CreateUserPool",
            &json!({
                "PoolName": "tenantry-probe",
                "AdminCreateUserConfig": { "AllowAdminCreateUserOnly": true },
                "Schema": [{ "Name": "tenant_id", "AttributeDataType": "String", "Mutable": false }],
            }),
        )?;
        let pool = text(&made, "/UserPool/Id");
        let mut control =
            Self { pool, foreign: BTreeMap::new(), refuses_updates: false, refuses_sign_up: false };
        match control.fill(caller, targets) {
            Ok(()) => Ok(control),
            Err(error) => {
                // Why it failed matters more than that it stays behind.
                drop(control.take_away(caller));
                Err(error)
            }
        }
    }

    fn fill(&mut self, caller: &Caller<'_>, targets: &[Target]) -> Result<(), ClientError> {
        let made = caller.cognito(
            "CreateUserPoolClient",
            &json!({
                "UserPoolId": self.pool, "ClientName": "tenantry-probe",
                "ExplicitAuthFlows": ["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
                "WriteAttributes": ["email"],
            }),
        )?;
        let app = text(&made, "/UserPoolClient/ClientId");
        for target in targets {
            caller.counts(3);
            let user = user(target);
            let tokens = sign_in(caller.client, &self.pool, &app, &target.tenant, &user)?;
            self.foreign.insert(target.tenant.clone(), tokens.id);
            self.refuses_updates = update(caller, &tokens.access, "tenant-probe").is_err();
        }
        self.refuses_sign_up =
            sign_up(caller, &app, "probe@nobody.example", "tenant-probe").is_err();
        Ok(())
    }

    /// A signed token about a tenant, of this pool and not of the platform's.
    pub(super) fn foreign_token(&self, tenant: &str) -> &str {
        self.foreign.get(tenant).map(String::as_str).unwrap_or_default()
    }

    pub(super) fn take_away(&self, caller: &Caller<'_>) -> Result<(), ClientError> {
        caller.cognito("DeleteUserPool", &json!({ "UserPoolId": self.pool })).map(drop)
    }
}

#[cfg(test)]
impl Control {
    pub(super) fn for_tests() -> Self {
        Self {
            pool: "control".to_owned(),
            foreign: BTreeMap::new(),
            refuses_updates: true,
            refuses_sign_up: true,
        }
    }
}

/// What a deployed pool and its client say about the claim.
pub(super) struct Settings {
    is_fixed: bool,
    admits_sign_up: bool,
}

impl Settings {
    pub(super) fn look_up(caller: &Caller<'_>, target: &Target) -> Result<Self, ClientError> {
        let endpoint = &target.endpoint;
        let ids = json!({ "UserPoolId": endpoint.user_pool, "ClientId": endpoint.app_client });
        let pool =
            caller.cognito("DescribeUserPool", &json!({ "UserPoolId": endpoint.user_pool }))?;
        let client = caller.cognito("DescribeUserPoolClient", &ids)?;
        Ok(Self::read(&pool, &client))
    }

    pub(super) fn read(pool: &Value, client: &Value) -> Self {
        let list =
            |value: Option<&Value>| value.and_then(Value::as_array).cloned().unwrap_or_default();
        let attributes = list(pool.pointer("/UserPool/SchemaAttributes"));
        let is_immutable = attributes.iter().any(|attribute| {
            let name = attribute.get("Name").and_then(Value::as_str).unwrap_or_default();
            name.trim_start_matches("custom:") == "tenant_id"
                && attribute.get("Mutable") == Some(&Value::Bool(false))
        });
        // Without a list of its own a client may write every attribute.
        // https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolClient.html
        let writes = list(client.pointer("/UserPoolClient/WriteAttributes"));
        let may_write = writes.is_empty() || writes.iter().any(|name| name == CLAIM);
        let closed = pool.pointer("/UserPool/AdminCreateUserConfig/AllowAdminCreateUserOnly");
        Self {
            is_fixed: is_immutable && !may_write,
            admits_sign_up: closed != Some(&Value::Bool(true)),
        }
    }
}

const NOT_MADE: &str =
    "not made: this emulator lets every pool's users do it; the deployed pool's settings forbid it";

pub(super) fn attack(
    caller: &Caller<'_>,
    control: &Control,
    attacker: &Party<'_>,
    victim: &Party<'_>,
    attacks: &mut Vec<Attack>,
) {
    let wanted = &victim.target.tenant;
    let expected = "refused, or a new token with the old claim";
    let result = (control.refuses_updates || !attacker.settings.is_fixed)
        .then(|| change_claim(caller, attacker, wanted));
    attacks.push(judged(attacker, victim, "change its user's tenant claim", expected, result));
    let result = (control.refuses_sign_up || attacker.settings.admits_sign_up)
        .then(|| enrol(caller, attacker, wanted));
    attacks.push(judged(attacker, victim, "sign up as a user of the other's", "refused", result));
}

fn judged(
    attacker: &Party<'_>,
    victim: &Party<'_>,
    what: &str,
    expected: &'static str,
    result: Option<Result<Option<String>, ClientError>>,
) -> Attack {
    let (came, verdict) = match result {
        None => (NOT_MADE.to_owned(), Verdict::NotMade),
        Some(Ok(None)) => ("refused".to_owned(), Verdict::Refused),
        Some(Ok(Some(came))) => (came, Verdict::GotThrough),
        Some(Err(error)) => (error.to_string(), Verdict::Unclear),
    };
    Attack {
        plane: Plane::Token,
        attacker: attacker.target.tenant.clone(),
        victim: victim.target.tenant.clone(),
        what: what.to_owned(),
        expected,
        came,
        verdict,
    }
}

/// What came of it, if it worked. The user is the probe's own, and goes in the end.
fn change_claim(
    caller: &Caller<'_>,
    attacker: &Party<'_>,
    wanted: &str,
) -> Result<Option<String>, ClientError> {
    match update(caller, &attacker.tokens.access, wanted) {
        Err(ClientError::Refused { status: 400 | 403, .. }) => return Ok(None),
        other => drop(other?),
    }
    caller.counts(3);
    let endpoint = &attacker.target.endpoint;
    let (pool, app) = (&endpoint.user_pool, &endpoint.app_client);
    let own = &attacker.target.tenant;
    let tokens = sign_in(caller.client, pool, app, own, &user(attacker.target))?;
    let claims = tokens.id.split('.').nth(1).and_then(decode);
    let claim = claims.and_then(|claims| claims.get(CLAIM).cloned());
    let changed = claim.as_ref().and_then(Value::as_str) == Some(wanted);
    Ok(changed.then(|| format!("a new token is one of {wanted}")))
}

fn enrol(
    caller: &Caller<'_>,
    attacker: &Party<'_>,
    wanted: &str,
) -> Result<Option<String>, ClientError> {
    let endpoint = &attacker.target.endpoint;
    let user = format!("probe-sign-up@{}.example", attacker.target.tenant);
    match sign_up(caller, &endpoint.app_client, &user, wanted) {
        Err(ClientError::Refused { status: 400 | 403, .. }) => Ok(None),
        Err(error) => Err(error),
        Ok(_) => {
            let ids = json!({ "UserPoolId": endpoint.user_pool, "Username": user });
            caller.cognito("AdminDeleteUser", &ids)?;
            Ok(Some(format!("there is a user of {wanted} that nobody invited")))
        }
    }
}

fn update(caller: &Caller<'_>, access: &str, wanted: &str) -> Result<Value, ClientError> {
    let attributes = json!([{ "Name": CLAIM, "Value": wanted }]);
    let body = json!({ "AccessToken": access, "UserAttributes": attributes });
    caller.cognito("UpdateUserAttributes", &body)
}

fn sign_up(caller: &Caller<'_>, app: &str, user: &str, wanted: &str) -> Result<Value, ClientError> {
    let attributes =
        json!([{ "Name": "email", "Value": user }, { "Name": CLAIM, "Value": wanted }]);
    let password = "Aa1!a-password-of-nobody";
    let body = json!({
        "ClientId": app, "Username": user, "Password": password, "UserAttributes": attributes,
    });
    caller.cognito("SignUp", &body)
}

fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pools_settings_close_the_claim_only_when_all_of_them_do() {
        let read = |mutable: bool, admin_only: bool, writes: &Value| {
            let settings = Settings::read(
                &json!({ "UserPool": {
                    "SchemaAttributes": [{ "Name": CLAIM, "Mutable": mutable }],
                    "AdminCreateUserConfig": { "AllowAdminCreateUserOnly": admin_only } } }),
                &json!({ "UserPoolClient": { "WriteAttributes": writes } }),
            );
            (settings.is_fixed, settings.admits_sign_up)
        };
        assert_eq!(read(false, true, &json!(["email"])), (true, false));
        assert_eq!(read(true, true, &json!(["email"])), (false, false));
        assert_eq!(read(false, false, &json!(["email"])), (true, true));
        assert_eq!(read(false, true, &json!([])), (false, false));
        assert_eq!(read(false, true, &json!(["email", CLAIM])), (false, false));
    }
}
