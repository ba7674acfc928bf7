//! Who else can do anything to each asset of a tenant.

pub(crate) mod confused_deputy;
pub(crate) mod unknown_arns;

use std::collections::BTreeSet;

use rayon::prelude::*;
use tenantry_policy as policy;
use tenantry_policy::{Context, Witness};
use tenantry_template::Owner;
use tenantry_verdict::claims::{Barrier, ClaimId};

use self::confused_deputy::Shared;
use crate::check::Check;
use crate::claim_set::{Listed, claim_set};
use crate::facts::assets::Asset;
use crate::facts::candidates::Candidates;
use crate::facts::principals::PrincipalId;
use crate::facts::{Facts, classify};
use crate::findings::breach::Granted;
use crate::findings::unknown::{Then, Unknown};

claim_set!(
    /// The claims that an action on somebody's asset may break, and what policies that cannot be
    /// read leave open.
    pub(crate) Claims {
        identity { OTHER_TENANTS_ASSET, SHARED_GRANT, OUTSIDE }
        data { RESOURCE_POLICY, STREAM, COPY }
        key { USE, ADMINISTER }
        escalation { ASSUME, PASS, CODE, POLICY, NETWORK, FEED }
        log { READ_BY_OWNER, WRITTEN_BY_OWNER }
        route { INVOKE }
    }
);

pub(crate) type Findings = crate::findings::Findings<Claims>;

/// Who else can do anything to each asset of a tenant, itself or through what tenants share.
pub(crate) struct Identity;

impl Check for Identity {
    type Claims = Claims;

    fn run(&self, facts: &Facts<'_, '_>) -> Findings {
        let mut found = Findings::new();
        let shared = assets_of_all(facts, &mut found);
        found.uncontrolled = confused_deputy::grants(facts, &facts.owners, &shared, &mut found);
        found
    }
}

/// Asks of every asset who can do anything to it.
pub(crate) fn assets_of_all(facts: &Facts<'_, '_>, found: &mut Findings) -> Shared {
    let candidates = Candidates::of(facts);
    for principal in &facts.principals {
        if let Owner::Tenant(_) = principal.owner {
            for reason in &principal.unknown_rights {
                found.undecided(identity::OTHER_TENANTS_ASSET, reason.clone());
                for claim in classify::undecided_without(None) {
                    found.undecided(claim.within(), reason.clone());
                }
            }
        }
    }
    let met: Vec<(Vec<PrincipalId>, Findings)> = facts
        .assets
        .as_slice()
        .par_iter()
        .map(|asset| check_asset(facts, &candidates, asset))
        .collect();
    let mut shared = Shared::of(facts);
    for ((id, asset), (near, ways)) in facts.assets.entries().zip(met) {
        found.add(ways);
        let Owner::Tenant(victim) = asset.owner else {
            shared.record_takeover(facts, asset, &near, &candidates.by_arn);
            continue;
        };
        found.ask(identity::OTHER_TENANTS_ASSET);
        unreadable_policy(asset, found);
        near.iter().for_each(|at| shared.reaching(facts, *at, victim, id));
    }
    for (claim, kinds) in classify::ASKED {
        let of_kind = |asset: &&Asset| {
            matches!(asset.owner, Owner::Tenant(_)) && kinds.contains(&&*asset.kind)
        };
        found.count(claim.within(), facts.assets.iter().filter(of_kind).count() as u64);
    }
    unknown_arns::decide(facts, &candidates.index, found);
    shared
}

/// Asks of a tenant's asset which other tenants reach it, and who of the shared comes near; of
/// another asset who comes near.
fn check_asset(
    facts: &Facts<'_, '_>,
    candidates: &Candidates<'_, '_, '_>,
    asset: &Asset,
) -> (Vec<PrincipalId>, Findings) {
    let mut found = Findings::new();
    let mut kept = Vec::new();
    for at in candidates.near(asset) {
        let principal = &facts.principals[at];
        match (asset.owner, principal.owner) {
            (Owner::Tenant(victim), Owner::Tenant(attacker)) if attacker != victim => {
                ask(facts, at, asset, &mut found);
            }
            (Owner::Tenant(_), Owner::Tenant(_) | Owner::Undecided) => {}
            _ => kept.push(at),
        }
    }
    (kept, found)
}

/// A policy that cannot be read may let anybody in.
fn unreadable_policy(asset: &Asset, found: &mut Findings) {
    let Some(reason) = &asset.unreadable_policy else { return };
    let asked = classify::undecided_without(Some(&asset.kind)).map(Listed::within);
    for claim in asked.chain([identity::OTHER_TENANTS_ASSET, identity::OUTSIDE]) {
        found.undecided(claim, &**reason);
    }
}

/// Asks what a principal may do to an asset; whether that is something for sure.
pub(crate) fn ask(
    facts: &Facts<'_, '_>,
    id: PrincipalId,
    asset: &Asset,
    found: &mut Findings,
) -> bool {
    let principal = &facts.principals[id];
    let reach = facts.reach(principal, asset, &Context::hostile());
    let doubt = asset.doubt.as_deref().or(principal.doubt());
    let mut told = BTreeSet::new();
    for way in &reach.allowed {
        let special = classify::claim(&asset.kind, &way.request.action);
        let by_resource = way
            .decision
            .statements
            .iter()
            .all(|said| !matches!(said.source, policy::Source::Identity(_)));
        let barrier = match (special, by_resource) {
            (Some((_, barrier)), _) => barrier,
            (None, true) => Barrier::ResourcePolicy,
            (None, false) => Barrier::IdentityPolicy,
        };
        let mut claims = vec![identity::OTHER_TENANTS_ASSET];
        claims.extend(special.map(|(claim, _)| claim.within()));
        if by_resource && classify::stores_data(&asset.kind) {
            claims.push(data::RESOURCE_POLICY);
        }
        for claim in claims {
            if let Some(reason) = doubt {
                found.undecided(claim, reason);
            } else if told.insert(*claim) {
                let same = |other: &&Witness| {
                    *claim == *identity::OTHER_TENANTS_ASSET
                        || classify::claim(&asset.kind, &other.request.action)
                            .is_some_and(|(of_other, _)| *of_other == *claim)
                };
                let alike = reach.allowed.iter().filter(same).count();
                let granted = Granted {
                    more_actions: alike.saturating_sub(1),
                    ..Granted::on_asset(barrier, (id, principal), asset, way)
                };
                found.breach(claim, granted);
            }
        }
    }
    may(facts, id, asset, &reach.undecided, &mut told, found);
    !reach.allowed.is_empty()
}

/// Leaves open what a principal may be able to do to an asset, of claims of which nothing is told.
fn may(
    facts: &Facts<'_, '_>,
    id: PrincipalId,
    asset: &Asset,
    undecided: &[(String, Vec<policy::Reason>)],
    told: &mut BTreeSet<ClaimId>,
    found: &mut Findings,
) {
    let by = facts.principals[id].at;
    for (action, reasons) in undecided {
        let special = classify::claim(&asset.kind, action).map(|(claim, _)| claim.within());
        let action = action.clone();
        let then = Then::DoesTo { by, action, asset: asset.at };
        for claim in [Some(identity::OTHER_TENANTS_ASSET), special].into_iter().flatten() {
            if told.contains(&*claim) {
                continue;
            }
            told.insert(*claim);
            for unknown in Unknown::each(reasons.clone(), then.clone(), by) {
                found.undecided(claim, unknown);
            }
        }
    }
}
