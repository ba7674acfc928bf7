//! What each barrier of policies is worth: it is taken away alone, and then left alone.

use std::collections::BTreeSet;

use tenantry_policy::{self as policy, Kind, Policy};

use super::access::{Facts, Found, assets_of_all};
use crate::claims::{Barrier, Plane};
use crate::model::{Model, Owner};
use crate::verdict::{Counterexample, Outcome, Removal};

/// The barriers that are policies. Without an identity's policy it is allowed everything; without
/// a key's or a role's policy the account decides; without another resource's it has none.
const POLICIES: [Barrier; 5] = [
    Barrier::IdentityPolicy,
    Barrier::PermissionsBoundary,
    Barrier::ResourcePolicy,
    Barrier::KeyPolicy,
    Barrier::TrustPolicy,
];

/// The planes that these barriers hold.
const PLANES: [Plane; 5] =
    [Plane::Identity, Plane::Escalation, Plane::Key, Plane::Data, Plane::Log];

/// Removes each barrier in turn, and asks again.
pub(crate) fn removals(model: &Model<'_>) -> Vec<Removal> {
    let there = there(&Facts::read(model));
    let mut removals = Vec::new();
    for barrier in &there {
        let without = ask(model, &BTreeSet::from([*barrier]));
        let others = there.iter().copied().filter(|each| each != barrier).collect();
        let alone = ask(model, &others);
        for plane in PLANES {
            let holds = plane.claims().iter().any(|claim| claim.barriers.contains(barrier));
            if !holds {
                continue;
            }
            let (outcome, example) = answer(&without, plane);
            let (by_itself, _) = answer(&alone, plane);
            removals.push(Removal {
                plane,
                barrier: *barrier,
                alone: by_itself == Outcome::Proven,
                without: outcome,
                example: example.map(Box::new),
            });
        }
    }
    removals.sort_by_key(|removal| (removal.plane, removal.barrier));
    removals
}

/// The barriers that a model has at all.
fn there(facts: &Facts<'_, '_>) -> BTreeSet<Barrier> {
    let has = |barrier: &Barrier| match barrier {
        Barrier::PermissionsBoundary => facts.principals.iter().any(|each| each.boundary.is_some()),
        Barrier::KeyPolicy => has_policy(facts, &["AWS::KMS::Key"]),
        Barrier::TrustPolicy => has_policy(facts, &["AWS::IAM::Role"]),
        Barrier::ResourcePolicy => facts.assets.iter().any(|asset| {
            asset.policy.is_some() && !asset.gatekeeper && &*asset.kind != "AWS::Lambda::Function"
        }),
        _ => !facts.principals.is_empty(),
    };
    POLICIES.into_iter().filter(has).collect()
}

fn has_policy(facts: &Facts<'_, '_>, kinds: &[&str]) -> bool {
    facts.assets.iter().any(|asset| asset.policy.is_some() && kinds.contains(&&*asset.kind))
}

fn ask(model: &Model<'_>, removed: &BTreeSet<Barrier>) -> Found {
    let mut facts = Facts::read(model);
    for asset in &mut facts.assets {
        let own = match &*asset.kind {
            "AWS::KMS::Key" => Barrier::KeyPolicy,
            "AWS::IAM::Role" => Barrier::TrustPolicy,
            "AWS::Lambda::Function" => continue,
            _ => Barrier::ResourcePolicy,
        };
        if removed.contains(&own) {
            asset.policy = None;
            asset.gatekeeper = false;
        }
    }
    let every = removed.contains(&Barrier::IdentityPolicy).then(everything).flatten();
    for principal in &mut facts.principals {
        if removed.contains(&Barrier::PermissionsBoundary) {
            principal.boundary = None;
        }
        if let (Some(every), Owner::Tenant(_)) = (&every, principal.owner) {
            principal.policies = vec![every.clone()];
        }
    }
    let mut found = Found::default();
    facts.everybody = every.is_some();
    assets_of_all(&facts, &mut found);
    found
}

/// The worst answer to the claims of a plane, and a way through.
fn answer(found: &Found, plane: Plane) -> (Outcome, Option<Counterexample>) {
    let claims = || found.claims().filter(|answer| answer.claim.plane == plane);
    let worst = claims().map(crate::verdict::ClaimVerdict::outcome).max();
    let example = claims().flat_map(|answer| &answer.counterexamples).next();
    (worst.unwrap_or(Outcome::Proven), example.cloned())
}

fn everything() -> Option<Policy> {
    let json = serde_json::json!({
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"},
    });
    let mut policy = Policy::parse(&policy::Node::from_json(&json), Kind::Identity).ok()?;
    for statement in &mut policy.statements {
        // No place in any file.
        statement.span = policy::Span(u32::MAX);
    }
    Some(policy)
}
