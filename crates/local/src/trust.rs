//! What the emulator has to refuse before anything it says about tenants is worth something.

use crate::client::{Client, ClientError, Keys, Rest};
use crate::deploy::{Cell, DeployError, Earlier, delete, deploy};
use crate::progress::{Cancel, Silent};
use crate::random::random_hex;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

const IAM: &str = "2010-05-08";
const USER: &str = "tenantry-self-test";
const STACK: &str = "tenantry-self-test";
const SETTLES_WITHIN: Duration = Duration::from_secs(5);

/// Tries what must be refused: a call without a grant, a forged signature, a key whose policy does not name the caller,
/// and another path than the one that a cached authorizer decision was made for. What must be allowed is tried too: an
/// emulator that refuses everything proves nothing.
///
/// # Errors
/// [`TrustError::LetThrough`] names what was not refused.
pub fn self_test(client: &Client, cancel: &Cancel) -> Result<(), TrustError> {
    remove_user(client)?;
    let identity = identity_is_enforced(client);
    remove_user(client)?;
    identity?;
    if client.stack(STACK)?.is_some() {
        delete(client, STACK, &Silent, cancel)?;
    }
    let decision = cached_decision_is_enforced(client, cancel);
    delete(client, STACK, &Silent, cancel)?;
    decision
}

fn identity_is_enforced(client: &Client) -> Result<(), TrustError> {
    client.query("iam", IAM, "CreateUser", &[("UserName", USER)])?;
    let made = client.query("iam", IAM, "CreateAccessKey", &[("UserName", USER)])?;
    let first =
        |name: &str| Ok::<_, ClientError>(made.texts(name)?.into_iter().next().unwrap_or_default());
    let keys = Keys { id: first("AccessKeyId")?, secret: first("SecretAccessKey")?, token: None };
    let user = client.with_keys(keys.clone());
    let tables =
        |caller: &Client| caller.json("dynamodb", "DynamoDB_20120810.ListTables", &json!({}));

    must_be_denied("a call that no policy grants", tables(&user))?;
    let forged = Keys { secret: random_hex().unwrap_or_default(), ..keys };
    if tables(&client.with_keys(forged)).is_ok() {
        return Err(TrustError::LetThrough { what: "a call with a forged signature" });
    }
    let grant = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": ["dynamodb:ListTables", "kms:DescribeKey"], "Resource": "*" }] });
    client.query(
        "iam",
        IAM,
        "PutUserPolicy",
        &[("UserName", USER), ("PolicyName", "self-test"), ("PolicyDocument", &grant.to_string())],
    )?;
    must_be_allowed("a call that a policy grants", || tables(&user).map(drop))?;

    // The caller's own grant is not enough for a key: the key's policy has the last word.
    let policy = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": ["kms:ScheduleKeyDeletion", "kms:DescribeKey"], "Resource": "*",
        "Principal": { "AWS": format!("arn:aws:iam::{}:role/nobody", crate::client::ACCOUNT) } }] });
    let key = client.json(
        "kms",
        "TrentService.CreateKey",
        &json!({ "Policy": policy.to_string(), "BypassPolicyLockoutSafetyCheck": true }),
    )?;
    let key = key.pointer("/KeyMetadata/KeyId").cloned().unwrap_or(Value::Null);
    let seen = user.json("kms", "TrentService.DescribeKey", &json!({ "KeyId": key }));
    client.json(
        "kms",
        "TrentService.ScheduleKeyDeletion",
        &json!({ "KeyId": key, "PendingWindowInDays": 7 }),
    )?;
    must_be_denied("a call on a key whose policy does not name the caller", seen)
}

fn cached_decision_is_enforced(client: &Client, cancel: &Cancel) -> Result<(), TrustError> {
    let cell = Cell {
        stack: STACK.to_owned(),
        template: include_str!("self_test.json").to_owned(),
        parameters: BTreeMap::new(),
    };
    let deployed = deploy(client, &cell, Earlier::IsOver, &Silent, cancel)?;
    let api = deployed.outputs.get("Api").cloned().unwrap_or_default();
    let rest = Rest { client, api: &api, stage: "test" };
    let status = |path: &str, token: Option<&str>| {
        rest.call("GET", path, token, None).map(|answer| answer.status)
    };
    must_be_allowed("the path that the authorizer allows", || match status("/a", Some("a"))? {
        200 => Ok(()),
        other => Err(ClientError::unexpected("execute-api", "GET /a", &other.to_string())),
    })?;
    // The decision about this token is cached now; it must not open the other path.
    if status("/b", Some("a"))? != 403 {
        return Err(TrustError::LetThrough {
            what: "a cached authorizer decision, used for another path",
        });
    }
    if status("/a", None)? != 401 {
        return Err(TrustError::LetThrough { what: "a call without a token" });
    }
    Ok(())
}

fn must_be_denied(
    what: &'static str,
    answer: Result<Value, ClientError>,
) -> Result<(), TrustError> {
    match answer {
        Ok(_) => Err(TrustError::LetThrough { what }),
        Err(error) if error.is_denied() => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// On AWS, and so perhaps here, a grant takes a moment to be seen.
fn must_be_allowed(
    what: &'static str,
    ask: impl Fn() -> Result<(), ClientError>,
) -> Result<(), TrustError> {
    let began = Instant::now();
    loop {
        match ask() {
            Ok(()) => return Ok(()),
            Err(error) if began.elapsed() > SETTLES_WITHIN => {
                return Err(TrustError::Refused { what, reason: error.to_string() });
            }
            Err(_) => thread::sleep(Duration::from_millis(50)),
        }
    }
}

/// Takes away the user and its key and policy, and what a killed self-test left of them.
fn remove_user(client: &Client) -> Result<(), ClientError> {
    let gone = |result: Result<_, ClientError>| match result {
        Err(error) if error.code() == Some("NoSuchEntity") => Ok(None),
        other => other.map(Some),
    };
    let Some(keys) = gone(client.query("iam", IAM, "ListAccessKeys", &[("UserName", USER)]))?
    else {
        return Ok(());
    };
    for key in keys.texts("AccessKeyId")? {
        gone(client.query(
            "iam",
            IAM,
            "DeleteAccessKey",
            &[("UserName", USER), ("AccessKeyId", &key)],
        ))?;
    }
    gone(client.query(
        "iam",
        IAM,
        "DeleteUserPolicy",
        &[("UserName", USER), ("PolicyName", "self-test")],
    ))?;
    gone(client.query("iam", IAM, "DeleteUser", &[("UserName", USER)])).map(drop)
}

/// Why the emulator is not trusted.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// It allowed what it has to refuse.
    #[error("the emulator let through {what}")]
    LetThrough {
        /// What it was.
        what: &'static str,
    },
    /// It refused what it has to allow.
    #[error("the emulator refused {what}: {reason}")]
    Refused {
        /// What it was.
        what: &'static str,
        /// How it refused.
        reason: String,
    },
    /// The self-test's own API could not be deployed or taken away.
    #[error("the emulator's self-test could not be carried out: {0}")]
    Deploy(#[from] DeployError),
    /// It did not answer as an AWS API does.
    #[error("the emulator's self-test could not be carried out: {0}")]
    Client(#[from] ClientError),
}

impl TrustError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::LetThrough { .. } | Self::Refused { .. } => "nothing was deployed: on this emulator a test of isolation would \
                                                               show nothing. Remove .tenantry and run `tenantry up` again; \
                                                               if it stays, report it"
                .to_owned(),
            Self::Deploy(error) => error.hint(),
            Self::Client(error) => error.hint(),
        }
    }
}
