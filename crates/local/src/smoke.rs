//! The deployed API, called as every tenant, and once as each of them for another one's data.

use crate::client::{Client, ClientError, Platform, Response};
use crate::contract::{Contract, Request, ServiceContract};
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

/// Creates, reads, lists and deletes a user as every tenant, and asks for the next tenant's users with each token; of services
/// of the user's, sends what they say as every tenant, and to the next tenant's path with each token. The tenants are tried
/// side by side. What was created is deleted.
///
/// # Errors
/// [`ClientError`] when no answer came at all; an answer that is wrong is an [`Attempt`].
pub(crate) fn try_all(
    client: &Client,
    platform: &str,
    contract: &Contract,
    endpoint: &Endpoint,
    tenants: &[Tenant],
) -> Result<Vec<Attempt>, ClientError> {
    thread::scope(|scope| {
        let started: Vec<_> = tenants
            .iter()
            .enumerate()
            .map(|(index, tenant)| {
                let next = tenants.get((index + 1) % tenants.len()).unwrap_or(tenant);
                let platform = Platform { client, name: platform };
                scope.spawn(move || try_one(platform, contract, endpoint, tenant, next))
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
    platform: Platform<'_>,
    contract: &Contract,
    endpoint: &Endpoint,
    tenant: &Tenant,
    next: &Tenant,
) -> Result<Vec<Attempt>, ClientError> {
    let token = id_token(platform.client, &endpoint.user_pool, &endpoint.app_client, &tenant.id)?;
    let mut caller = Caller { platform, tenant: &tenant.id, token: &token, attempts: Vec::new() };
    match contract {
        _ if tenant.suspended => try_door(&mut caller, contract, tenant)?,
        Contract::UsersAndData => try_users(&mut caller, tenant, next)?,
        Contract::Services(services) => {
            for service in services {
                try_service(&mut caller, service, tenant, next)?;
            }
        }
    }
    Ok(caller.attempts)
}

/// A suspended tenant is told so, on a route of its own.
fn try_door(
    caller: &mut Caller<'_>,
    contract: &Contract,
    tenant: &Tenant,
) -> Result<(), ClientError> {
    let (method, below) = match contract {
        Contract::UsersAndData => ("GET", "/users"),
        Contract::Services(services) => {
            let mut routes = services.iter().flat_map(|service| &service.routes);
            let Some(Request { method, path }) = routes.next() else { return Ok(()) };
            (*method, path.as_str())
        }
    };
    let path = format!("/tenants/{}{below}", tenant.id);
    caller.call("be told that it is suspended", method, &path, None, 403).map(drop)
}

/// What the service says has to work; and that the next tenant's is closed.
fn try_service(
    caller: &mut Caller<'_>,
    service: &ServiceContract,
    tenant: &Tenant,
    next: &Tenant,
) -> Result<(), ClientError> {
    if let Some((Request { method, path }, expected)) = &service.attempt {
        let path = format!("/tenants/{}{path}", tenant.id);
        caller.call(&format!("use {}", service.name), method, &path, None, *expected)?;
    }
    let attempt = service.attempt.as_ref().map(|(request, _)| request);
    let request = attempt.or_else(|| service.routes.first());
    if let Some(Request { method, path }) = request.filter(|_| next.id != tenant.id) {
        let path = format!("/tenants/{}{path}", next.id);
        caller.call(&format!("use another tenant's {}", service.name), method, &path, None, 403)?;
    }
    Ok(())
}

fn try_users(caller: &mut Caller<'_>, tenant: &Tenant, next: &Tenant) -> Result<(), ClientError> {
    let users = format!("/tenants/{}/users", tenant.id);
    let email = format!("first-{}@{}.example", std::process::id(), tenant.id);
    let body = json!({ "email": email, "name": "First user" });
    let created = caller.call("create a user", "POST", &users, Some(&body), 201)?;
    let id = field(&created, "userId").or_else(|| field(&created, "id"));
    if let Some(id) = id {
        let one = format!("{users}/{id}");
        let read = caller.call("read it", "GET", &one, None, 200)?;
        if field(&read, "email").as_deref() != Some(email.as_str()) {
            caller.complain("the user that was read is not the one that was created");
        }
        let listed = caller.call("list users", "GET", &users, None, 200)?;
        // A tenant that has many has several pages, and the user may be on any of them.
        if field(&listed, "nextCursor").is_none() && !listed.text().contains(&id) {
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
    Ok(())
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
        insta::assert_snapshot!(tried(&Contract::UsersAndData));
    }

    #[test]
    fn services_are_tried_by_what_they_say_and_with_the_next_tenants_path() {
        let request = |path: &str| Request { method: "GET", path: path.to_owned() };
        let service = |name: &str, attempt| ServiceContract {
            name: name.to_owned(),
            routes: vec![request(&format!("/{name}/probe-none"))],
            attempt,
        };
        let contract = Contract::Services(vec![
            service("orders", Some((request("/orders"), 200))),
            service("notes", Some((request("/notes"), 204))),
            service("silent", None),
        ]);
        insta::assert_snapshot!(tried(&contract));
    }

    /// What the calls come to when every answer is the same.
    fn tried(contract: &Contract) -> String {
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
        let attempts = try_all(&client, "acme", contract, &endpoint, &tenants).unwrap();
        let lines: Vec<_> = attempts
            .iter()
            .map(|attempt| {
                let Attempt { tenant, request, expected, status, complaint, .. } = attempt;
                let verdict = if attempt.is_ok() { "ok" } else { "WRONG" };
                format!("{verdict} {tenant} {request}: {status}, must be {expected} {complaint}")
            })
            .collect();
        lines.join("\n").replace(" \n", "\n")
    }
}
