//! Random platforms of two or three tenants, and what must hold of every one of them.
//!
//! It makes templates and asks; it knows nothing of how the verifier answers. The fuzz workspace
//! takes it in by its path.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    unreachable_pub,
    dead_code,
    missing_docs,
    reason = "a test"
)]

pub mod check;
mod names;
mod policies;
mod write;

use std::fmt;

use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::Value;

use names::Kind;
use policies::{Statement, key_policies, on_pool, on_resources, own, statements, trusts};

/// A template, and whether the verifier is told the account and the region.
#[derive(Clone)]
pub struct Platform {
    pub template: Value,
    pub told: bool,
    /// What the parameter turns out to be, and the condition, which the verifier is not told.
    pub later: String,
    pub holds: bool,
}

/// As one would write it: what a failing case prints.
impl fmt::Debug for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = serde_json::to_string_pretty(&self.template).map_err(|_| fmt::Error)?;
        let told = if self.told { "with" } else { "without" };
        let (later, holds) = (&self.later, self.holds);
        write!(f, "{told} account and region, `Later` is `{later}`, `Is` is {holds}:\n{text}")
    }
}

/// Ids that relate to each other in the ways that patterns mix up.
const IDS: [[&str; 3]; 6] = [
    ["acme", "beta", "gamma"],
    ["acme", "acme-eu", "acme1"],
    ["acme1", "acme10", "acme-1"],
    ["eu-acme", "acme", "acme-eu"],
    ["a", "b", "ab"],
    ["acme", "ACME", "acme_eu"],
];

/// Any platform.
pub fn platforms() -> impl Strategy<Value = Platform> {
    (first(), vec(tenant(), 2..=3), shared())
        .prop_map(|(first, tenants, shared)| Platform::new(first, tenants, shared))
}

impl Platform {
    fn new((ids, told, later, holds): First, tenants: Vec<Tenant>, shared: Shared) -> Self {
        let plan = Plan { ids, tenants, shared };
        let id = plan.ids[1];
        let later = match later {
            0 => id.to_owned(),
            1 => format!("{id}-table"),
            2 => format!("{id}-role"),
            3 => "*".to_owned(),
            _ => "none".to_owned(),
        };
        Self { template: write::template(&plan), told, later, holds }
    }
}

type First = ([&'static str; 3], bool, usize, bool);

fn first() -> impl Strategy<Value = First> {
    (select(&IDS[..]), any::<bool>(), 0..5usize, any::<bool>())
}

/// The platform that bytes stand for: each part of it hangs on four of them, so that a change of
/// one byte changes one part.
pub fn from_bytes(bytes: &[u8]) -> Platform {
    let mut seeds = bytes.chunks(4);
    let first = made((first(), 2..=3usize), seeds.next());
    let (first, count) = first.unwrap_or(((IDS[0], false, 0, false), 2));
    let tenants = (0..count).map(|_| Tenant {
        role: made(weighted(0.85, role(trusts())), seeds.next()).flatten(),
        user: made(weighted(0.2, user()), seeds.next()).flatten(),
        assets: (0..3)
            .filter_map(|_| made(weighted(0.6, asset()), seeds.next()).flatten())
            .collect(),
    });
    let tenants = tenants.collect();
    let shared = made(shared(), seeds.next()).unwrap_or_default();
    Platform::new(first, tenants, shared)
}

fn made<S: Strategy>(of: S, seed: Option<&[u8]>) -> Option<S::Value> {
    let mut all = [0; 32];
    all.iter_mut().zip(seed?).for_each(|(slot, byte)| *slot = *byte);
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &all);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    of.new_tree(&mut runner).ok().map(|tree| tree.current())
}

#[derive(Clone, Debug)]
struct Plan {
    ids: [&'static str; 3],
    tenants: Vec<Tenant>,
    shared: Shared,
}

#[derive(Clone, Debug)]
struct Tenant {
    role: Option<Role>,
    user: Option<User>,
    assets: Vec<Asset>,
}

#[derive(Clone, Debug, Default)]
struct Shared {
    role: Option<Role>,
    assets: Vec<Asset>,
    /// A managed policy that principals may have attached.
    managed: Option<Vec<Statement>>,
    /// A group that users may be in.
    group: Option<Vec<Statement>>,
    /// A policy of its own that names roles of these tenants; of all, where there are none.
    attached: Option<(usize, Vec<Statement>)>,
}

#[derive(Clone, Debug)]
struct Role {
    path: bool,
    trust: Vec<Statement>,
    rights: Rights,
    /// Another tag that policies look at.
    team: Option<&'static str>,
}

#[derive(Clone, Debug)]
struct User {
    rights: Rights,
    grouped: bool,
}

#[derive(Clone, Debug)]
struct Rights {
    inline: Vec<Statement>,
    /// Written as a policy resource of its own.
    apart: bool,
    boundary: Option<Vec<Statement>>,
    managed: bool,
    aws: Option<&'static str>,
}

#[derive(Clone, Debug)]
struct Asset {
    kind: Kind,
    /// Whether it has a name of its own.
    named: bool,
    policy: Vec<Statement>,
    /// As whom a function runs, and whose things it is told: 0 is its own tenant.
    runs: usize,
    told: Vec<(Kind, usize)>,
    /// Whose key it is encrypted with, if any.
    key: Option<usize>,
    permission: Option<Permission>,
    /// Whether a table has an index.
    indexed: bool,
    /// Whether its policy, or the permission, hangs on the condition.
    hangs: bool,
}

#[derive(Clone, Debug)]
struct Permission {
    action: &'static str,
    principal: usize,
    source: Option<usize>,
    account: bool,
}

/// AWS's own policies that a tenant's principal may well be given.
const AWS: [&str; 5] = [
    "service-role/AWSLambdaENIManagementAccess",
    "service-role/AWSLambdaBasicExecutionRole",
    "AmazonDynamoDBReadOnlyAccess",
    "AmazonS3ReadOnlyAccess",
    "AmazonSQSFullAccess",
];

fn tenant() -> impl Strategy<Value = Tenant> {
    (weighted(0.85, role(trusts())), weighted(0.2, user()), vec(asset(), 0..4))
        .prop_map(|(role, user, assets)| Tenant { role, user, assets })
}

fn shared() -> impl Strategy<Value = Shared> {
    let role = (role(trusts()), any::<bool>()).prop_map(|(mut role, towards)| {
        if towards {
            // What a shared role is for: tenants' things, and tenants that become it.
            role.trust.iter_mut().chain(&mut role.rights.inline).for_each(Statement::turn);
        }
        role
    });
    (
        weighted(0.3, role),
        vec(prop_oneof![asset(), asset_of(Just(Kind::Table))], 0..2),
        weighted(0.2, statements(0..3)),
        weighted(0.2, statements(0..3)),
        weighted(0.1, (0..4usize, statements(1..3))),
    )
        .prop_map(|(role, assets, managed, group, attached)| Shared {
            role,
            assets,
            managed,
            group,
            attached,
        })
}

fn role(trust: impl Strategy<Value = Vec<Statement>>) -> impl Strategy<Value = Role> {
    let team = weighted(0.2, select(&["red", "acme", "beta"][..]));
    (any::<bool>(), trust, rights(), team).prop_map(|(path, trust, rights, team)| Role {
        path,
        trust,
        rights,
        team,
    })
}

fn user() -> impl Strategy<Value = User> {
    (rights(), any::<bool>()).prop_map(|(rights, grouped)| User { rights, grouped })
}

fn rights() -> impl Strategy<Value = Rights> {
    (
        prop_oneof![4 => vec(own(), 0..2), 4 => statements(0..3), 1 => vec(on_pool(), 1..3)],
        weighted(0.1, Just(())),
        weighted(0.15, statements(1..3)),
        weighted(0.15, Just(())),
        weighted(0.08, select(&AWS[..])),
    )
        .prop_map(|(inline, apart, boundary, managed, aws)| Rights {
            inline,
            apart: apart.is_some(),
            boundary,
            managed: managed.is_some(),
            aws,
        })
}

fn asset() -> impl Strategy<Value = Asset> {
    asset_of(select(&Kind::ASSETS[..]))
}

fn asset_of(kind: impl Strategy<Value = Kind>) -> impl Strategy<Value = Asset> {
    let indexed = (proptest::bool::weighted(0.3), proptest::bool::weighted(0.05));
    (kind, weighted(0.85, Just(())), runs(), weighted(0.1, permission()), indexed).prop_flat_map(
        |(kind, named, (runs, told, key), permission, (indexed, hangs))| {
            let policy = match kind {
                Kind::Key => key_policies().boxed(),
                _ => on_resources(kind).boxed(),
            };
            policy.prop_map(move |policy| Asset {
                kind,
                named: named.is_some(),
                policy,
                runs,
                told: told.clone(),
                key,
                permission: permission.clone(),
                indexed,
                hangs,
            })
        },
    )
}

fn runs() -> impl Strategy<Value = (usize, Vec<(Kind, usize)>, Option<usize>)> {
    let step = prop_oneof![12 => Just(0), 1 => 1..4usize];
    let step = || step.clone();
    let told = vec((select(&Kind::ASSETS[..]), step()), 0..2);
    (step(), told, weighted(0.3, step()))
}

fn permission() -> impl Strategy<Value = Permission> {
    let actions = ["lambda:InvokeFunction", "lambda:*", "lambda:InvokeFunctionUrl"];
    (0..3usize, 0..write::INVOKERS, proptest::option::of(0..4usize), any::<bool>()).prop_map(
        move |(action, principal, source, account)| Permission {
            action: actions[action],
            principal,
            source,
            account,
        },
    )
}
