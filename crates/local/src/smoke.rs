//! The deployed API, called as every tenant, and once as each of them for another one's data.

use crate::client::{Client, ClientError, Platform, Response};
use crate::status::{Endpoint, Tenant};
use crate::users::id_token;
use serde_json::{Value, json};
use std::thread;
use std::time::{Duration, Instant};

/// One call, and whether it went as it must.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Whose token was sent.
    pub tenant: String,
    /// What was tried, such as `create a user`.
    pub what: String,
    /// The method and path.
    pub request: String,
    /// The status that is right.
    pub expected: u16,
    /// The status that came.
    pub status: u16,
    /// Anything else that is wrong, such as a created user that is not in the list; empty when nothing is.
    pub complaint: String,
    /// How long it took.
    pub elapsed: Duration,
}

impl Attempt {
    /// Whether it went as it must.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.status == self.expected && self.complaint.is_empty()
    }
}

/// Creates, reads, lists and deletes a user as every tenant, and asks for the next tenant's users with each token. The
/// tenants are tried side by side. What was created is deleted.
///
/// # Errors
/// [`ClientError`] when no answer came at all; an answer that is wrong is an [`Attempt`].
pub(crate) fn try_all(
    client: &Client,
    platform: &str,
    endpoint: &Endpoint,
    tenants: &[Tenant],
) -> Result<Vec<Attempt>, ClientError> {
    thread::scope(|scope| {
        let started: Vec<_> = tenants
            .iter()
            .enumerate()
            .map(|(index, tenant)| {
                let next = tenants.get((index + 1) % tenants.len()).unwrap_or(tenant);
                scope.spawn(move || try_one(client, platform, endpoint, tenant, next))
            })
            .collect();
        let mut attempts = Vec::new();
        for thread in started {
            let result = thread.join().unwrap_or_else(|_| {
                Err(ClientError::unexpected(
                    "execute-api",
                    "the calls of a tenant",
                    "the thread ended early",
                ))
            });
            attempts.extend(result?);
        }
        Ok(attempts)
    })
}

fn try_one(
    client: &Client,
    platform: &str,
    endpoint: &Endpoint,
    tenant: &Tenant,
    next: &Tenant,
) -> Result<Vec<Attempt>, ClientError> {
    let token = id_token(client, &endpoint.user_pool, &endpoint.app_client, &tenant.id)?;
    let mut caller = Caller {
        platform: Platform { client, name: platform },
        tenant: &tenant.id,
        token: &token,
        attempts: Vec::new(),
    };
    let users = format!("/tenants/{}/users", tenant.id);
    let email = format!("first-{}@{}.example", std::process::id(), tenant.id);
    let body = json!({ "email": email, "name": "First user" });
    if tenant.suspended {
        caller.call("be told that it is suspended", "GET", &users, None, 403)?;
        return Ok(caller.attempts);
    }
    let created = caller.call("create a user", "POST", &users, Some(&body), 201)?;
    let id = field(&created, "userId").or_else(|| field(&created, "id"));
    if let Some(id) = id {
        let one = format!("{users}/{id}");
        let read = caller.call("read it", "GET", &one, None, 200)?;
        if field(&read, "email").as_deref() != Some(email.as_str()) {
            caller.complain("the user that was read is not the one that was created");
        }
        let listed = caller.call("list users", "GET", &users, None, 200)?;
        if !listed.text().contains(&id) {
            caller.complain("the created user is not in the list");
        }
        caller.call("delete it", "DELETE", &one, None, 204)?;
    } else {
        caller.complain("the answer names no user");
    }
    if next.id != tenant.id {
        let others = format!("/tenants/{}/users", next.id);
        caller.call("list another tenant's users", "GET", &others, None, 403)?;
    }
    Ok(caller.attempts)
}

struct Caller<'a> {
    platform: Platform<'a>,
    tenant: &'a str,
    token: &'a str,
    attempts: Vec<Attempt>,
}

impl Caller<'_> {
    fn call(
        &mut self,
        what: &str,
        method: &str,
        path: &str,
        body: Option<&Value>,
        expected: u16,
    ) -> Result<Response, ClientError> {
        let began = Instant::now();
        let answer =
            self.platform.call(method, path, Some(&format!("Bearer {}", self.token)), body)?;
        self.attempts.push(Attempt {
            tenant: self.tenant.to_owned(),
            what: what.to_owned(),
            request: format!("{method} {path}"),
            expected,
            status: answer.status,
            complaint: String::new(),
            elapsed: began.elapsed(),
        });
        Ok(answer)
    }

    fn complain(&mut self, complaint: &str) {
        if let Some(last) = self.attempts.last_mut() {
            complaint.clone_into(&mut last.complaint);
        }
    }
}

fn field(answer: &Response, name: &str) -> Option<String> {
    let value: Value = serde_json::from_slice(&answer.body).ok()?;
    value.get(name)?.as_str().map(ToOwned::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stub::says;

    const BODY: &str =
        r#"{ "AuthenticationResult": { "IdToken": "t" }, "userId": "u1", "email": "someone" }"#;

    #[test]
    fn a_platform_that_lets_everybody_in_is_caught_call_by_call() {
        let client = Client::with_key(says("200 OK", BODY), "id", "secret");
        let endpoint = Endpoint {
            api: "a".to_owned(),
            stage: "prod".to_owned(),
            user_pool: "p".to_owned(),
            app_client: "c".to_owned(),
        };
        let tenant = |id: &str| Tenant {
            id: id.to_owned(),
            endpoint: String::new(),
            api: String::new(),
            subnets: Vec::new(),
            suspended: false,
        };
        let tenants = [tenant("tenant-001"), tenant("tenant-002")];
        let attempts = try_all(&client, "acme", &endpoint, &tenants).unwrap();
        let lines: Vec<_> = attempts
            .iter()
            .map(|attempt| {
                let Attempt { tenant, request, expected, status, complaint, .. } = attempt;
                let verdict = if attempt.is_ok() { "ok" } else { "WRONG" };
                format!("{verdict} {tenant} {request}: {status}, must be {expected} {complaint}")
            })
            .collect();
        insta::assert_snapshot!(lines.join("\n").replace(" \n", "\n"));
    }
}
