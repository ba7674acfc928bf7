//! The barriers that are policies.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use tenantry_policy as policy;
use tenantry_policy::{Kind, Policy};
use tenantry_template::{Model, Owner};
use tenantry_verdict::claims::{Barrier, ClaimId, Plane};
use tenantry_verdict::{Outcome, Removal};

use super::{Removed, ScenarioResult};
use crate::check::Check;
use crate::checks::escalation::Escalation;
use crate::checks::identity::{self, assets_of_all};
use crate::checks::pooled_tables::PooledTables;
use crate::explain::{self, Told};
use crate::facts::Facts;

/// The barriers that are policies. Without an identity's policy it is allowed everything; without
/// a key's or a role's policy the account decides; without another resource's it has none.
const POLICIES: [Barrier; 7] = [
    Barrier::IdentityPolicy,
    Barrier::PermissionsBoundary,
    Barrier::ServiceControlPolicy,
    Barrier::ResourceControlPolicy,
    Barrier::ResourcePolicy,
    Barrier::KeyPolicy,
    Barrier::TrustPolicy,
];

/// The planes that these barriers hold.
const PLANES: [Plane; 5] =
    [Plane::Identity, Plane::Escalation, Plane::Key, Plane::Data, Plane::Log];

/// What is found without some of the policies, each asked once.
pub(super) struct Policies<'m, 'a> {
    model: &'m Model<'a>,
    present: Removed,
    asked: RefCell<BTreeMap<Removed, Rc<Told>>>,
}

impl<'m, 'a> Policies<'m, 'a> {
    pub(super) fn new(model: &'m Model<'a>, facts: &Facts<'_, '_>) -> Self {
        Self { model, present: present(facts), asked: RefCell::default() }
    }

    /// The policies that a model has at all.
    pub(super) fn present(&self) -> impl Iterator<Item = Barrier> {
        self.present.iter().copied()
    }

    /// Those that a claim names, and the others.
    pub(super) fn of_claim(&self, claim: ClaimId) -> (Vec<Barrier>, Vec<Barrier>) {
        self.present().partition(|barrier| claim.barriers.contains(barrier))
    }

    /// What principals can do without those of these that are policies.
    pub(super) fn without(&self, removed: &Removed) -> Rc<Told> {
        let removed: Removed = removed.intersection(&self.present).copied().collect();
        if let Some(found) = self.asked.borrow().get(&removed) {
            return Rc::clone(found);
        }
        let found = Rc::new(ask(self.model, &removed));
        self.asked.borrow_mut().insert(removed, Rc::clone(&found));
        found
    }

    /// The removals of the planes that these barriers hold.
    pub(super) fn planes(&self) -> Vec<Removal> {
        let mut removals = Vec::new();
        for barrier in self.present() {
            let without = self.without(&Removed::from([barrier]));
            let alone = self.without(&self.present().filter(|each| *each != barrier).collect());
            for plane in PLANES {
                // An organization's policies are outer limits of every plane that policies hold.
                let outer = [Barrier::ServiceControlPolicy, Barrier::ResourceControlPolicy];
                let claims = plane.claims();
                if !outer.contains(&barrier)
                    && !claims.iter().any(|claim| claim.barriers.contains(&barrier))
                {
                    continue;
                }
                // Where nothing is there to reach, every barrier would hold it.
                let mut asked = without.claims().filter(|each| each.claim.plane == plane);
                if asked.all(|each| each.questions == 0) {
                    continue;
                }
                let of_plane =
                    |found: &Told| ScenarioResult::of(found, |claim| claim.plane == plane);
                let ScenarioResult { outcome, example } = of_plane(&without);
                removals.push(Removal {
                    plane,
                    against: None,
                    barrier,
                    alone: of_plane(&alone).outcome == Outcome::Proven,
                    without: outcome,
                    example: example.map(Box::new),
                });
            }
        }
        removals.sort_by_key(|removal| (removal.plane, removal.barrier));
        removals
    }
}

/// The barriers that a model has at all.
fn present(facts: &Facts<'_, '_>) -> Removed {
    let has = |barrier: &Barrier| match barrier {
        Barrier::PermissionsBoundary => facts.principals.iter().any(|each| each.boundary.is_some()),
        Barrier::ServiceControlPolicy => facts.organization.limits_principals(),
        Barrier::ResourceControlPolicy => facts.organization.limits_resources(),
        Barrier::KeyPolicy => has_policy(facts, &["AWS::KMS::Key"]),
        Barrier::TrustPolicy => has_policy(facts, &["AWS::IAM::Role"]),
        Barrier::ResourcePolicy => facts.assets.iter().any(|asset| {
            asset.policy.is_some()
                && !asset.requires_resource_policy
                && &*asset.kind != "AWS::Lambda::Function"
        }),
        _ => !facts.principals.is_empty(),
    };
    POLICIES.into_iter().filter(has).collect()
}

fn has_policy(facts: &Facts<'_, '_>, kinds: &[&str]) -> bool {
    facts.assets.iter().any(|asset| asset.policy.is_some() && kinds.contains(&&*asset.kind))
}

fn ask(model: &Model<'_>, removed: &Removed) -> Told {
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
            asset.requires_resource_policy = false;
        }
    }
    if removed.contains(&Barrier::ServiceControlPolicy) {
        facts.organization.without_principals();
    }
    if removed.contains(&Barrier::ResourceControlPolicy) {
        facts.organization.without_resources();
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
    // What an organization's policies leave hangs on who asks.
    let limited = facts.organization.limits_principals() || facts.organization.limits_resources();
    facts.everybody = every.is_some() && !limited;
    let mut of_assets = identity::Findings::new();
    assets_of_all(&facts, &mut of_assets);
    let of_tables = PooledTables.run(&facts);
    // What one tenant's principal may do, each may.
    let alike = facts.everybody && facts.principals.iter().all(|each| each.boundary.is_none());
    let most = if alike { 1 } else { usize::MAX };
    let of_escalation = Escalation.run_for(&facts, most);
    Told::all([
        explain::told(&facts, of_assets),
        explain::told(&facts, of_tables),
        explain::told(&facts, of_escalation),
    ])
}

/// A policy that allows everything.
pub(super) fn everything() -> Option<Policy> {
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
