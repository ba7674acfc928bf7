//! Attacks on what is deployed: each tenant, with all that it has, on each other one.
//!
//! Every attack is made so that it does the least harm should it get through: with a body that the function refuses, a
//! condition that no item meets, the policy that is there already, or the service's own dry run. What has to work for a
//! tenant itself is tried first, since a platform that refuses everything shows nothing.

mod api;
mod claims;
mod roles;
mod services;
mod stranger;
mod tokens;

use crate::client::{Client, ClientError, Response};
use crate::contract::Contract;
use crate::progress::Cancel;
use crate::status::Endpoint;
use crate::users::{Tokens, cognito, sign_in};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use stranger::Stranger;

/// A deployed tenant: one that attacks, and one that is attacked.
#[derive(Clone, Debug)]
pub struct Target {
    /// Its id.
    pub tenant: String,
    /// Its cell's API and user pool.
    pub endpoint: Endpoint,
    /// How its API is called.
    pub contract: Contract,
    /// Its tables.
    pub tables: Vec<TableTarget>,
    /// The alias of its key.
    pub key_alias: String,
    /// Its functions, at least one; those of services in the order of the contract.
    pub functions: Vec<FunctionTarget>,
}

/// A table.
#[derive(Clone, Debug)]
pub struct TableTarget {
    /// Its name.
    pub name: String,
    /// The attribute that is its partition key.
    pub partition_key: String,
    /// The attribute that is its sort key.
    pub sort_key: Option<String>,
}

/// A function.
#[derive(Clone, Debug)]
pub struct FunctionTarget {
    /// Its name.
    pub function: String,
    /// Its role's name.
    pub role: String,
    /// Its log group's name.
    pub log_group: String,
    /// The names of the tables that it may read.
    pub reads: Vec<String>,
}

/// The way in that an attack tries.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[allow(missing_docs)]
pub enum Plane {
    Route,
    Token,
    Data,
    Key,
    Log,
    Identity,
    Escalation,
}

impl Plane {
    /// Every plane that is attacked.
    pub const ALL: [Self; 7] = [
        Self::Route,
        Self::Token,
        Self::Data,
        Self::Key,
        Self::Log,
        Self::Identity,
        Self::Escalation,
    ];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Route => "route",
            Self::Token => "token",
            Self::Data => "data",
            Self::Key => "key",
            Self::Log => "log",
            Self::Identity => "identity",
            Self::Escalation => "escalation",
        }
    }
}

/// What came of an attack.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// It was refused, as it must be.
    Refused,
    /// It got through.
    GotThrough,
    /// Neither: an answer that is no refusal and no success, such as a failure of the server.
    Unclear,
    /// It was not made; [`Attack::came`] says why, and what was looked at instead.
    NotMade,
}

/// One attack.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Attack {
    /// The way in.
    pub plane: Plane,
    /// Who attacks.
    pub attacker: String,
    /// Who is attacked.
    pub victim: String,
    /// What is tried.
    pub what: String,
    /// What must come.
    pub expected: &'static str,
    /// What came.
    pub came: String,
    /// Which of the two it is.
    pub verdict: Verdict,
}

/// Barriers of the platform that this emulator stores and does not look at: no refusal that is seen here is due to them, and
/// an attack that only they would stop gets through.
pub const NOT_SEEN: [&str; 6] = [
    "the tables' resource policies",
    "the endpoint's policy",
    "the functions' invoke permissions",
    "the network (ACLs, security groups, routes)",
    "encryption at rest: a role without a grant on the key reads what the key would close",
    "the user pool's settings on sign-up and on attributes that do not change",
];

/// Something that must work for a tenant itself.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OwnUse {
    /// The tenant.
    pub tenant: String,
    /// What was tried.
    pub what: String,
    /// What must come.
    pub expected: String,
    /// What came.
    pub came: String,
    /// Whether it worked.
    pub works: bool,
}

/// What a probe saw.
#[derive(Clone, Debug)]
pub struct Probed {
    /// What must work for the tenants themselves. When some of it does not, nothing is attacked.
    pub own: Vec<OwnUse>,
    /// Every attack, pair by pair.
    pub attacks: Vec<Attack>,
    /// How many ordered pairs there are.
    pub pairs: usize,
    /// How many of them were attacked: all, unless the time was up or somebody asked to stop.
    pub pairs_attacked: usize,
    /// How many requests were sent.
    pub requests: usize,
    /// How long it took.
    pub elapsed: Duration,
}

/// Attacks every tenant as every other one. Tenants attack side by side. What it makes it takes away. No new pair is begun
/// once `time_limit` is over. `node` is a Node.js, which makes keys for forged tokens.
///
/// # Errors
/// [`ClientError`] when a tenant's users, keys or functions could not be looked up at all, or Node.js made no keys.
pub fn probe(
    client: &Client,
    node: &Path,
    targets: &[Target],
    time_limit: Duration,
    cancel: &Cancel,
) -> Result<Probed, ClientError> {
    let began = Instant::now();
    let stranger = Stranger::start(node).map_err(|error| {
        ClientError::unexpected("probe", "a key of the forger's own", &error.to_string())
    })?;
    let caller = Caller { client, requests: AtomicUsize::new(0), stranger: Mutex::new(stranger) };
    let control = claims::Control::make(&caller, targets)?;
    let result = attack(&caller, &control, targets, &Until { began, time_limit, cancel });
    let taken_away = control.take_away(&caller);
    for target in targets {
        // A user that was not made in the first place is no loss.
        let user = json!({ "UserPoolId": target.endpoint.user_pool, "Username": user(target) });
        drop(caller.cognito("AdminDeleteUser", &user));
    }
    let (own, attacks, pairs_attacked) = result?;
    taken_away?;
    Ok(Probed {
        own,
        attacks,
        pairs: targets.len() * targets.len().saturating_sub(1),
        pairs_attacked,
        requests: caller.requests.load(Ordering::Relaxed),
        elapsed: began.elapsed(),
    })
}

/// When no new pair is begun any more.
struct Until<'a> {
    began: Instant,
    time_limit: Duration,
    cancel: &'a Cancel,
}

impl Until<'_> {
    fn is_over(&self) -> bool {
        self.cancel.is_cancelled() || self.began.elapsed() > self.time_limit
    }
}

/// A tenant with what it has to attack with, and what there is of it to attack.
struct Party<'a> {
    target: &'a Target,
    tokens: Tokens,
    settings: claims::Settings,
    assets: roles::Assets,
}

type Seen = (Vec<OwnUse>, Vec<Attack>, usize);

fn attack(
    caller: &Caller<'_>,
    control: &claims::Control,
    targets: &[Target],
    until: &Until<'_>,
) -> Result<Seen, ClientError> {
    let parties = side_by_side(targets, |target| {
        let endpoint = &target.endpoint;
        let (pool, app) = (&endpoint.user_pool, &endpoint.app_client);
        caller.counts(3);
        let tokens = sign_in(caller.client, pool, app, &target.tenant, &user(target))?;
        let settings = claims::Settings::look_up(caller, target)?;
        Ok(Party { target, tokens, settings, assets: roles::Assets::look_up(caller, target)? })
    })?;
    let used = side_by_side(&parties, |party| {
        let mut own = Vec::new();
        let kept = api::use_own(caller, party, &mut own);
        services::use_own(caller, party, &mut own);
        // Only a function that has run has credentials.
        roles::use_own(caller, party, &mut own);
        Ok((own, kept))
    })?;
    let (own, kept): (Vec<_>, Vec<_>) = used.into_iter().unzip();
    let mut own: Vec<OwnUse> = own.into_iter().flatten().collect();
    let mut attacks = Vec::new();
    let mut pairs_attacked = 0;
    if own.iter().all(|one| one.works) {
        let seen = side_by_side(&parties, |attacker| {
            let mut attacks = Vec::new();
            let mut pairs = 0;
            for victim in parties.iter().filter(|one| one.target.tenant != attacker.target.tenant) {
                if until.is_over() {
                    break;
                }
                api::attack(caller, control, attacker, victim, &mut attacks);
                services::attack(caller, attacker, victim, &mut attacks);
                claims::attack(caller, control, attacker, victim, &mut attacks);
                roles::attack(caller, attacker, victim, &mut attacks);
                pairs += 1;
            }
            Ok((attacks, pairs))
        })?;
        for (seen, pairs) in seen {
            attacks.extend(seen);
            pairs_attacked += pairs;
        }
    }
    for (party, kept) in parties.iter().zip(kept) {
        api::take_away(caller, party, kept, &mut own);
    }
    Ok((own, attacks, pairs_attacked))
}

/// The probe's user of a tenant. RFC 2606: nobody owns a name below example.
fn user(target: &Target) -> String {
    format!("probe@{}.example", target.tenant)
}

/// So many tenants are at work at a time.
const AT_A_TIME: usize = 8;

fn side_by_side<'a, T: Sync, R: Send>(
    items: &'a [T],
    work: impl Fn(&'a T) -> Result<R, ClientError> + Sync,
) -> Result<Vec<R>, ClientError> {
    let mut results = Vec::with_capacity(items.len());
    for some in items.chunks(AT_A_TIME) {
        thread::scope(|scope| {
            let started: Vec<_> = some.iter().map(|item| scope.spawn(|| work(item))).collect();
            for thread in started {
                results.push(thread.join().unwrap_or_else(|_| {
                    Err(ClientError::unexpected("probe", "a tenant", "the thread ended early"))
                })?);
            }
            Ok::<_, ClientError>(())
        })?;
    }
    Ok(results)
}

/// Calls, and counts the calls.
struct Caller<'a> {
    client: &'a Client,
    requests: AtomicUsize,
    stranger: Mutex<Stranger>,
}

impl Caller<'_> {
    fn counts(&self, requests: usize) {
        self.requests.fetch_add(requests, Ordering::Relaxed);
    }

    fn json(
        &self,
        service: &'static str,
        target: &str,
        body: &Value,
    ) -> Result<Value, ClientError> {
        self.counts(1);
        self.client.json(service, target, body)
    }

    fn cognito(&self, operation: &str, body: &Value) -> Result<Value, ClientError> {
        self.counts(1);
        cognito(self.client, operation, body)
    }
}

/// What an answer says, in a line.
fn summary(answer: &Result<Response, ClientError>) -> String {
    match answer {
        Err(error) => error.to_string(),
        Ok(answer) => {
            let text: String = answer.text().split_whitespace().collect::<Vec<_>>().join(" ");
            let mut line: String = text.chars().take(120).collect();
            if line.len() < text.len() {
                line.push('…');
            }
            format!("{} {line}", answer.status).trim_end().to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{Request, ServiceContract};
    use crate::stub::says;
    use std::collections::BTreeSet;

    fn target(tenant: &str) -> Target {
        Target {
            tenant: tenant.to_owned(),
            endpoint: Endpoint {
                api: "a".to_owned(),
                stage: "prod".to_owned(),
                user_pool: "p".to_owned(),
                app_client: "c".to_owned(),
            },
            contract: Contract::UsersAndData,
            tables: ["users", "data"]
                .map(|table| TableTarget {
                    name: format!("{tenant}-{table}"),
                    partition_key: "pk".to_owned(),
                    sort_key: Some("sk".to_owned()),
                })
                .to_vec(),
            key_alias: format!("alias/{tenant}"),
            functions: vec![FunctionTarget {
                function: format!("{tenant}-api"),
                role: format!("{tenant}-role"),
                log_group: format!("/{tenant}"),
                reads: ["users", "data"].map(|table| format!("{tenant}-{table}")).to_vec(),
            }],
        }
    }

    /// What the attacks of the first tenant on the second one come to when all answers are alike.
    fn attacked(status: &'static str, body: &'static str) -> Vec<Attack> {
        attacked_as(status, body, target)
    }

    fn attacked_as(
        status: &'static str,
        body: &'static str,
        target: impl Fn(&str) -> Target,
    ) -> Vec<Attack> {
        let client = Client::with_key(says(status, body), "id", "secret");
        let stranger = Mutex::new(Stranger::for_tests());
        let caller = Caller { client: &client, requests: AtomicUsize::new(0), stranger };
        let targets = ["tenant-001", "tenant-002"].map(&target);
        // {"alg":"RS256","kid":"k"} . {"custom:tenant_id":"tenant-001"} . signature
        let id =
            "eyJhbGciOiJSUzI1NiIsImtpZCI6ImsifQ.eyJjdXN0b206dGVuYW50X2lkIjoidGVuYW50LTAwMSJ9.c2ln";
        let [attacker, victim] = targets.each_ref().map(|target| Party {
            target,
            tokens: Tokens { id: id.to_owned(), access: "access".to_owned() },
            settings: claims::Settings::read(&Value::Null, &Value::Null),
            assets: roles::Assets::for_tests(),
        });
        let control = claims::Control::for_tests();
        let mut attacks = Vec::new();
        api::attack(&caller, &control, &attacker, &victim, &mut attacks);
        services::attack(&caller, &attacker, &victim, &mut attacks);
        claims::attack(&caller, &control, &attacker, &victim, &mut attacks);
        roles::attack(&caller, &attacker, &victim, &mut attacks);
        attacks
    }

    #[test]
    fn a_services_routes_and_its_function_are_attacked_by_what_is_known_of_it() {
        let request = |method: &'static str, path: &str| Request { method, path: path.to_owned() };
        let service = ServiceContract {
            name: "orders".to_owned(),
            routes: vec![request("GET", "/orders"), request("DELETE", "/orders/probe-none")],
            attempt: Some((request("GET", "/orders"), 200)),
        };
        let target = |tenant: &str| Target {
            contract: Contract::Services(vec![service.clone()]),
            ..target(tenant)
        };
        // A service that ignores whom it is called for answers everybody.
        let attacks = attacked_as("200 OK", r#"{ "statusCode": 200 }"#, target);
        let of_the_service = attacks
            .iter()
            .filter(|one| {
                one.what.contains("past the authorizer") || one.what.contains("with its own token")
            })
            .map(|one| format!("{:?} {}: {}", one.verdict, one.plane.name(), one.what));
        insta::assert_snapshot!(of_the_service.collect::<Vec<_>>().join("\n"));
        let attacks = attacked_as("200 OK", r#"{ "statusCode": 403 }"#, target);
        let past = attacks.iter().filter(|one| one.what.contains("past the authorizer"));
        assert!(
            past.clone().count() == 3 && past.clone().all(|one| one.verdict == Verdict::Refused)
        );
    }

    fn verdicts(attacks: &[Attack]) -> BTreeSet<(&'static str, String)> {
        let verdict = |attack: &Attack| (attack.plane.name(), format!("{:?}", attack.verdict));
        attacks.iter().map(verdict).collect()
    }

    #[test]
    fn where_everybody_is_let_in_every_attack_gets_through_and_nothing_is_deleted() {
        let attacks = attacked("200 OK", "{}");
        let through = |attack: &&Attack| attack.verdict == Verdict::GotThrough;
        let others: Vec<_> = attacks
            .iter()
            .filter(|attack| !through(attack))
            .map(|attack| format!("{:?}: {}: {}", attack.verdict, attack.what, attack.came))
            .collect();
        insta::assert_snapshot!(others.join("\n"));
        let planes: BTreeSet<_> = attacks.iter().filter(through).map(|one| one.plane).collect();
        assert_eq!(planes, BTreeSet::from(Plane::ALL));
    }

    #[test]
    fn a_server_that_fails_is_neither_a_refusal_nor_a_way_through() {
        let attacks = attacked("500 Internal Server Error", "AccessDenied");
        let verdicts = verdicts(&attacks);
        assert!(
            verdicts.iter().all(|(_, verdict)| verdict == "Unclear" || verdict == "NotMade"),
            "{verdicts:?}"
        );
    }

    #[test]
    fn a_complaint_from_behind_the_barrier_is_no_refusal() {
        let attacks = attacked("422 Unprocessable Entity", "{}");
        let refused: Vec<_> =
            attacks.iter().filter(|attack| attack.verdict == Verdict::Refused).collect();
        assert_eq!(refused, Vec::<&Attack>::new());
    }

    #[test]
    fn a_path_that_answers_with_the_others_data_is_no_refusal_whatever_its_status() {
        let status = |status| Response { status, body: b"of probe@tenant-002".to_vec() };
        assert_eq!(api::verdict(&status(404), "403, 404", "probe@tenant-002"), Verdict::GotThrough);
        assert_eq!(api::verdict(&status(404), "403, 404", "probe@tenant-003"), Verdict::Refused);
    }
}
