//! The tenants' API: its routes with another tenant's token, forged tokens, paths that mean to be another.

use super::tokens::Forger;
use super::{Attack, Caller, OwnUse, Party, Plane, Verdict, claims, summary};
use crate::client::{ClientError, Response, Rest};
use crate::contract::Contract;
use serde_json::{Value, json};

/// All routes of a tenant of the users and data API. Nothing here changes anything should it get through: the function refuses an empty object as a
/// user and as a value, and there is no user or item of this name.
const ROUTES: [(&str, &str); 11] = [
    ("GET", "users"),
    ("POST", "users"),
    ("GET", "users/probe-none"),
    ("PATCH", "users/probe-none"),
    ("DELETE", "users/probe-none"),
    ("GET", "data/probe"),
    ("GET", "data/probe/none"),
    ("PUT", "data/probe/none"),
    ("DELETE", "data/probe/none"),
    ("HEAD", "users"),
    ("PUT", "users"),
];

/// What a tenant's own use left behind on purpose: there has to be something to reach.
pub(super) enum Kept {
    /// A user, if one could be made, and an item.
    User(Option<String>),
    /// Of services of the user's nothing is known that could be left.
    Nothing,
}

/// Creates, reads and lists a user, and stores an item.
pub(super) fn use_own(caller: &Caller<'_>, party: &Party<'_>, own: &mut Vec<OwnUse>) -> Kept {
    let mut mine = Own { caller, party, own };
    if let Contract::Services(services) = &party.target.contract {
        for (request, expected) in services.iter().filter_map(|one| one.attempt.as_ref()) {
            let path = request.path.trim_start_matches('/');
            mine.call("use it", request.method, path, None, *expected, None);
        }
        return Kept::Nothing;
    }
    let body = json!({ "email": marker(party) });
    let created = mine.call("create a user", "POST", "users", Some(&body), 201, None);
    let user = created.and_then(|answer| {
        let value: Value = serde_json::from_slice(&answer.body).ok()?;
        value.get("userId")?.as_str().map(ToOwned::to_owned)
    });
    if let Some(user) = &user {
        let contains = Some(marker(party));
        let one = format!("users/{user}");
        mine.call("read it", "GET", &one, None, 200, contains);
        mine.call("list users", "GET", "users", None, 200, Some(user.clone()));
    }
    let value = json!({ "value": { "of": marker(party) } });
    mine.call("store an item", "PUT", "data/probe/item", Some(&value), 201, None);
    mine.call("read the item", "GET", "data/probe/item", None, 200, Some(marker(party)));
    Kept::User(user)
}

/// Deletes what [`use_own`] made; that, too, has to work.
pub(super) fn take_away(caller: &Caller<'_>, party: &Party<'_>, kept: Kept, own: &mut Vec<OwnUse>) {
    let Kept::User(user) = kept else { return };
    let mut mine = Own { caller, party, own };
    if let Some(user) = user {
        mine.call("delete the user", "DELETE", &format!("users/{user}"), None, 204, None);
    }
    mine.call("delete the item", "DELETE", "data/probe/item", None, 204, None);
}

struct Own<'a, 'b> {
    caller: &'a Caller<'a>,
    party: &'a Party<'a>,
    own: &'b mut Vec<OwnUse>,
}

impl Own<'_, '_> {
    fn call(
        &mut self,
        what: &str,
        method: &str,
        rest: &str,
        body: Option<&Value>,
        expected: u16,
        contains: Option<String>,
    ) -> Option<Response> {
        let path = path(self.party, rest);
        let bearer = bearer(self.party);
        let answer = call(self.caller, self.party, method, &path, Some(&bearer), body);
        let works = answer.as_ref().is_ok_and(|answer| {
            let text = answer.text();
            answer.status == expected && contains.iter().all(|part| text.contains(part))
        });
        self.own.push(OwnUse {
            tenant: self.party.target.tenant.clone(),
            what: format!("{what}: {method} {path}"),
            expected: match contains {
                Some(part) => format!("{expected} with {part}"),
                None => expected.to_string(),
            },
            came: summary(&answer),
            works,
        });
        answer.ok().filter(|_| works)
    }
}

pub(super) fn attack(
    caller: &Caller<'_>,
    control: &claims::Control,
    attacker: &Party<'_>,
    victim: &Party<'_>,
    attacks: &mut Vec<Attack>,
) {
    let mut tries = Tries { caller, attacker, victim, attacks };
    tries.cached_decision();
    tries.routes();
    tries.paths();
    tries.forged_tokens(control);
}

struct Tries<'a, 'b> {
    caller: &'a Caller<'a>,
    attacker: &'a Party<'a>,
    victim: &'a Party<'a>,
    attacks: &'b mut Vec<Attack>,
}

impl Tries<'_, '_> {
    /// API Gateway keeps an authorizer's decision about a token: one made for the own path, used for another's at once.
    fn cached_decision(&mut self) {
        let bearer = bearer(self.attacker);
        let contract = &self.victim.target.contract;
        let own = path(self.attacker, contract.readable());
        let before = call(self.caller, self.attacker, "GET", &own, Some(&bearer), None);
        let other = path(self.victim, contract.readable());
        let answer = call(self.caller, self.victim, "GET", &other, Some(&bearer), None);
        let what = format!("GET {own}, then with the same decision GET {other}");
        let right = contract.readable_answers();
        let works = |status| right.map_or(!matches!(status, 401 | 403), |right| status == right);
        if before.is_ok_and(|answer| works(answer.status)) {
            self.judge(Plane::Route, what, "401, 403", answer);
        } else {
            let error = ClientError::unexpected("execute-api", "GET", "the own path failed");
            self.judge(Plane::Route, what, "401, 403", Err(error));
        }
    }

    fn routes(&mut self) {
        let bearer = bearer(self.attacker);
        let routes: Vec<(&str, &str)> = match &self.victim.target.contract {
            Contract::UsersAndData => ROUTES.to_vec(),
            Contract::Services(services) => services
                .iter()
                .flat_map(|service| &service.routes)
                .map(|route| (route.method, route.path.trim_start_matches('/')))
                .collect(),
        };
        for (method, rest) in routes {
            let path = path(self.victim, rest);
            let empty = json!({});
            let body = matches!(method, "POST" | "PUT" | "PATCH").then_some(&empty);
            let answer = call(self.caller, self.victim, method, &path, Some(&bearer), body);
            self.judge(
                Plane::Route,
                format!("{method} {path} with its own token"),
                "401, 403",
                answer,
            );
        }
    }

    fn paths(&mut self) {
        let (own, other) = (&self.attacker.target.tenant, &self.victim.target.tenant);
        let bearer = bearer(self.attacker);
        let encoded = other.replace('-', "%2d");
        let upper = other.to_uppercase();
        let readable = self.victim.target.contract.readable();
        for path in [
            format!("/tenants/{own}/../{other}/{readable}"),
            format!("/tenants/{own}/%2e%2e/{other}/{readable}"),
            format!("/tenants/{own}/..%2f{other}/{readable}"),
            format!("/tenants/{own}%2f..%2f{other}/{readable}"),
            format!("/tenants/{own}/{readable}/%2e%2e/%2e%2e/{other}/{readable}"),
            format!("/tenants/{own}/..;/{other}/{readable}"),
            format!("/tenants/{own}/%252e%252e/{other}/{readable}"),
            format!("//tenants/{other}/{readable}"),
            format!("/tenants//{other}/{readable}"),
            format!("/tenants/{other}//{readable}"),
            format!("/tenants/{other}/{readable}/"),
            format!("/tenants/{other}%2f{readable}"),
            format!("/tenants/{encoded}/{readable}"),
            format!("/tenants/{upper}/{readable}"),
            format!("/TENANTS/{other}/{readable}"),
            format!("/tenants/{other}./{readable}"),
            format!("/tenants/{other}%00/{readable}"),
            format!("/tenants/{other}%20/{readable}"),
            format!("/tenants/{other},{own}/{readable}"),
            format!("/tenants/{other}0/{readable}"),
            format!(
                "/tenants/{}/{readable}",
                other.get(..other.len().saturating_sub(1)).unwrap_or(other)
            ),
            format!("/tenants/{other}/{readable}?tenantId={own}"),
            format!("/tenants/{other}/{readable}/..%2f..%2f{own}%2f{readable}"),
        ] {
            let answer = call(self.caller, self.victim, "GET", &path, Some(&bearer), None);
            self.judge(
                Plane::Route,
                format!("GET {path} with its own token"),
                "400, 401, 403, 404",
                answer,
            );
        }
    }

    fn forged_tokens(&mut self, control: &claims::Control) {
        let forger = Forger {
            id: &self.attacker.tokens.id,
            access: &self.attacker.tokens.access,
            foreign: control.foreign_token(&self.victim.target.tenant),
            keys: &self.victim.assets.token_keys,
            victim: &self.victim.target.tenant,
            stranger: &self.caller.stranger,
        };
        let path = path(self.victim, self.victim.target.contract.readable());
        let forged = match forger.all() {
            Ok(forged) => forged,
            Err(error) => {
                let what = format!("GET {path} with forged tokens");
                let error = ClientError::unexpected("probe", "forging", &error.to_string());
                self.judge(Plane::Token, what, "401, 403", Err(error));
                return;
            }
        };
        for forged in forged {
            let answer = call(self.caller, self.victim, "GET", &path, Some(&forged.header), None);
            self.judge(
                Plane::Token,
                format!("GET {path} with {}", forged.what),
                "401, 403",
                answer,
            );
        }
    }

    fn judge(
        &mut self,
        plane: Plane,
        what: String,
        expected: &'static str,
        answer: Result<Response, ClientError>,
    ) {
        let verdict = match &answer {
            Err(_) => Verdict::Unclear,
            Ok(answer) => verdict(answer, expected, &marker(self.victim)),
        };
        self.attacks.push(Attack {
            plane,
            attacker: self.attacker.target.tenant.clone(),
            victim: self.victim.target.tenant.clone(),
            what,
            expected,
            came: summary(&answer),
            verdict,
        });
    }
}

/// A status that says neither yes nor no is unclear; any other that is not expected came from behind the barrier, such as
/// the function's own complaint about a body.
pub(super) fn verdict(answer: &Response, expected: &str, marker: &str) -> Verdict {
    let status = answer.status.to_string();
    if answer.text().contains(marker) {
        Verdict::GotThrough
    } else if expected.split(", ").any(|one| one == status) {
        Verdict::Refused
    } else if answer.status == 429 || answer.status >= 500 {
        Verdict::Unclear
    } else {
        Verdict::GotThrough
    }
}

/// A text that only the tenant's own data has.
fn marker(party: &Party<'_>) -> String {
    format!("probe-data-{}@{}.example", std::process::id(), party.target.tenant)
}

fn path(party: &Party<'_>, rest: &str) -> String {
    format!("/tenants/{}/{rest}", party.target.tenant)
}

fn bearer(party: &Party<'_>) -> String {
    format!("Bearer {}", party.tokens.id)
}

fn call(
    caller: &Caller<'_>,
    of: &Party<'_>,
    method: &str,
    path: &str,
    authorization: Option<&str>,
    body: Option<&Value>,
) -> Result<Response, ClientError> {
    caller.counts(1);
    let endpoint = &of.target.endpoint;
    let rest = Rest { client: caller.client, api: &endpoint.api, stage: &endpoint.stage };
    rest.call(method, path, authorization, body)
}
