//! Principals that tenants share: who can steer them. What tables share is `pooled`'s.

mod outside;
mod pooled;
mod rewrites;
mod without_arn;

use std::collections::{BTreeMap, BTreeSet};

use foldhash::HashMap;
use tenantry_policy as policy;
use tenantry_policy::Context;
use tenantry_template::{Owner, ResourceId, Span, TenantIndex};
use tenantry_verdict::Reason;
use tenantry_verdict::claims::{Barrier, ClaimId, escalation, route};

use super::{Findings, identity};
use crate::facts::assets::{Asset, AssetId};
use crate::facts::classify;
use crate::facts::federation::Federation;
use crate::facts::owners::Owners;
use crate::facts::principals::{Principal, PrincipalId};
use crate::facts::{Facts, steps};
use crate::findings::breach::{Advice, Controlled, Granted, Next, Side, Step};
use crate::findings::unknown::{Then, Unknown};

use self::outside::{Door, Running};

const FUNCTION: &str = "AWS::Lambda::Function";

/// What is known of shared principals after every asset was asked.
pub(crate) struct Shared {
    /// What runs as whom.
    running: Running,
    /// By shared principal: the tenants whose assets it reaches, each with one asset.
    reached: BTreeMap<PrincipalId, BTreeMap<TenantIndex, AssetId>>,
    /// By shared principal: assets that it reaches if something that is not known is so.
    might_reach: BTreeMap<PrincipalId, Vec<MightReach>>,
    /// By principal: the shared principals that it can become or rewrite.
    becomes: BTreeMap<PrincipalId, BTreeSet<PrincipalId>>,
    /// The same, where it hangs on something that is not known.
    might: Vec<PossibleStep>,
}

/// An asset of a tenant that a shared principal may be able to act on.
struct MightReach {
    victim: TenantIndex,
    asset: AssetId,
    action: String,
    reasons: Vec<policy::Reason>,
}

/// A step that a principal may be able to take.
struct PossibleStep {
    from: PrincipalId,
    to: PrincipalId,
    /// The thing that runs as the other principal.
    of: ResourceId,
    action: String,
    /// None where it is not known what comes of the action itself.
    reasons: Vec<policy::Reason>,
}

impl PossibleStep {
    /// Leaves open whether the step can be taken, and what comes of it.
    fn undecided(&self, facts: &Facts<'_, '_>, at: ResourceId, found: &mut Findings) {
        let resource = |at: PrincipalId| facts.principals[at].at;
        let (from, to) = (resource(self.from), resource(self.to));
        let then = Then::Becomes { from, action: self.action.clone(), to };
        for unknown in Unknown::each(self.reasons.clone(), then, at) {
            found.undecided(identity::SHARED_GRANT, unknown);
        }
        if self.reasons.is_empty() {
            let (action, of) = (self.action.clone(), self.of);
            let unknown = Unknown::StepOutcome { from, to, action, of };
            found.undecided(identity::SHARED_GRANT, unknown);
        }
    }
}

impl Shared {
    /// Of which nothing is noted yet.
    pub(crate) fn of<'a>(facts: &Facts<'_, 'a>) -> Self {
        let running = Running::of(facts, &facts.owners);
        let mut becomes: BTreeMap<PrincipalId, BTreeSet<PrincipalId>> = BTreeMap::new();
        for (from, to) in without_arn::taken(facts, &running) {
            becomes.entry(from).or_default().insert(to);
        }
        Self {
            running,
            reached: BTreeMap::new(),
            might_reach: BTreeMap::new(),
            becomes,
            might: Vec::new(),
        }
    }

    /// Notes that a shared principal is let near a tenant's asset; the third tenant adds nothing.
    pub(crate) fn reaching(
        &mut self,
        facts: &Facts<'_, '_>,
        principal: PrincipalId,
        victim: TenantIndex,
        at: AssetId,
    ) {
        let tenants = self.reached.entry(principal).or_default();
        let (who, asset) = (&facts.principals[principal], &facts.assets[at]);
        // One of which all is known says more than one of which it is not.
        let open = |at: &AssetId| facts.assets[*at].doubt.is_some();
        match tenants.get(&victim) {
            Some(known) if !open(known) || asset.doubt.is_some() => return,
            None if tenants.len() > 2 => return,
            _ => {}
        }
        let reach = facts.reach(who, asset, &Context::hostile());
        if !reach.allowed.is_empty() {
            tenants.insert(victim, at);
        } else if let Some((action, reasons)) = reach.undecided.into_iter().next() {
            // Two tenants' stand for all: one of them is not the one that steers.
            let might = self.might_reach.entry(principal).or_default();
            if might.len() < 2 && might.iter().all(|each| each.victim != victim) {
                might.push(MightReach { victim, asset: at, action, reasons });
            }
        }
    }

    /// Notes who can become a shared role, change what runs as it, or rewrite its policies.
    pub(crate) fn record_takeover(
        &mut self,
        facts: &Facts<'_, '_>,
        asset: &Asset,
        near: &[PrincipalId],
        by_arn: &HashMap<&policy::Text, PrincipalId>,
    ) {
        let own = match &*asset.kind {
            "AWS::IAM::Role" | "AWS::IAM::User" => by_arn.get(&asset.target.arn).copied(),
            _ => None,
        };
        let all: Vec<PrincipalId> = match own {
            Some(own) => vec![own],
            None => self.running.as_whom(asset.at).to_vec(),
        };
        for becomes in all {
            self.record_step(facts, asset, near, becomes);
        }
    }

    fn record_step(
        &mut self,
        facts: &Facts<'_, '_>,
        asset: &Asset,
        near: &[PrincipalId],
        becomes: PrincipalId,
    ) {
        let classified = own_kinds(&asset.kind);
        let turns = |action: &str| match classified {
            true => classify::claim(&asset.kind, action)
                .is_some_and(|(claim, _)| TURNS.contains(&*claim))
                .then_some(true),
            false => steps::steers(&asset.kind, action),
        };
        for at in near.iter().filter(|at| **at != becomes) {
            let principal = &facts.principals[*at];
            let reach = facts.reach(principal, asset, &Context::hostile());
            let allowed = || reach.allowed.iter().map(|way| way.request.action.as_str());
            let step = |action: &str, reasons| PossibleStep {
                from: *at,
                to: becomes,
                of: asset.at,
                action: action.to_owned(),
                reasons,
            };
            if allowed().any(|action| turns(action) == Some(true)) {
                self.becomes.entry(*at).or_default().insert(becomes);
                continue;
            }
            let open = reach.undecided.iter().find(|(action, _)| turns(action).is_some());
            if let Some((action, reasons)) = open {
                self.might.push(step(action, reasons.clone()));
            } else if let Some(action) = allowed().find(|action| turns(action).is_some()) {
                self.might.push(step(action, Vec::new()));
            }
        }
    }

    /// By shared principal: the tenants whose principals, or whose code, can end up as it, in any
    /// number of steps; or may, if steps that hang on something count.
    fn controllers(
        &self,
        facts: &Facts<'_, '_>,
        theirs: &[TheirCode],
        open: bool,
    ) -> BTreeMap<PrincipalId, BTreeSet<TenantIndex>> {
        let becomes = self.steps(open);
        let mut controllers: BTreeMap<PrincipalId, BTreeSet<TenantIndex>> = BTreeMap::new();
        let principals = facts.principals.entries();
        let own = principals.filter_map(|(at, principal)| match principal.owner {
            Owner::Tenant(tenant) => Some((tenant, at)),
            _ => None,
        });
        for each in theirs {
            controllers.entry(each.principal).or_default().insert(each.tenant);
        }
        for (tenant, at) in own.chain(theirs.iter().map(|each| (each.tenant, each.principal))) {
            let mut ahead = vec![at];
            while let Some(at) = ahead.pop() {
                for next in becomes.get(&at).into_iter().flatten() {
                    if controllers.entry(*next).or_default().insert(tenant) {
                        ahead.push(*next);
                    }
                }
            }
        }
        controllers
    }

    /// By principal: those that it can become, or may if steps that hang on something count.
    fn steps(&self, open: bool) -> BTreeMap<PrincipalId, BTreeSet<PrincipalId>> {
        let mut becomes = self.becomes.clone();
        for might in self.might.iter().filter(|_| open) {
            becomes.entry(might.from).or_default().insert(might.to);
        }
        becomes
    }

    /// Adds to the principals that act for whoever is outside those that these can become.
    fn go_on(&self, facts: &Facts<'_, '_>, outside: &mut BTreeMap<PrincipalId, Door>) {
        for open in [false, true] {
            let steps = self.steps(open);
            let sure = |each: &Door| each.sure || open;
            let started = outside.iter().filter(|(_, each)| sure(each));
            let mut ahead: Vec<PrincipalId> = started.map(|(at, _)| *at).collect();
            while let Some(at) = ahead.pop() {
                let theirs = is_a_tenants(&facts.principals[at]);
                for next in steps.get(&at).into_iter().flatten().filter(|_| !theirs) {
                    let known = outside.get(next);
                    if known.is_some_and(|known| known.sure || open) {
                        continue;
                    }
                    let of = facts.principals[at].at;
                    let (how, span) = (Controlled::BecomesIt(of), Some(facts.span(of)));
                    outside.insert(*next, Door { how, span, sure: !open });
                    ahead.push(*next);
                }
            }
        }
    }
}

/// Claims that speak of becoming a principal, or of changing or starting what runs as it.
const TURNS: &[ClaimId] =
    &[escalation::ASSUME, escalation::PASS, escalation::POLICY, escalation::CODE, route::INVOKE];

/// Types of which the claims say what an action comes to.
fn own_kinds(kind: &str) -> bool {
    matches!(kind, "AWS::IAM::Role" | "AWS::IAM::User" | FUNCTION)
}

fn is_a_tenants(principal: &Principal) -> bool {
    matches!(principal.owner, Owner::Tenant(_))
}

/// What of policies that cannot be read may let tenants steer a shared principal, or let one that
/// they steer act on tenants' assets.
fn unreadable_policy(
    facts: &Facts<'_, '_>,
    might_steer: &BTreeMap<PrincipalId, BTreeSet<TenantIndex>>,
    shared: &Shared,
    found: &mut Findings,
) {
    let theirs = facts.principals.iter().filter(|each| matches!(each.owner, Owner::Tenant(_)));
    let steps = facts.assets.iter().filter(|asset| {
        !matches!(asset.owner, Owner::Tenant(_))
            && matches!(&*asset.kind, "AWS::IAM::Role" | "AWS::IAM::User" | FUNCTION)
    });
    let steps = steps.filter_map(|asset| asset.unreadable_policy.as_deref());
    let steps: Vec<&Reason> = theirs.flat_map(|each| &each.unknown_rights).chain(steps).collect();
    for (at, principal) in facts.principals.entries() {
        if matches!(principal.owner, Owner::Tenant(_)) {
            continue;
        }
        let acts = shared.reached.get(&at).is_some_and(|tenants| !tenants.is_empty())
            || shared.might_reach.contains_key(&at)
            || !principal.unknown_rights.is_empty();
        if acts {
            steps.iter().for_each(|reason| {
                found.undecided(identity::SHARED_GRANT, (*reason).clone());
            });
        }
        if might_steer.contains_key(&at) || !steps.is_empty() {
            for reason in &principal.unknown_rights {
                found.undecided(identity::SHARED_GRANT, reason.clone());
            }
        }
    }
}

/// A tenant's code that runs as a shared principal.
struct TheirCode {
    tenant: TenantIndex,
    principal: PrincipalId,
    span: Span,
}

/// What of a tenant's runs as a shared principal: whatever names a role, itself or by an instance
/// profile, as what it runs as.
fn their_code(facts: &Facts<'_, '_>, running: &Running) -> Vec<TheirCode> {
    let mut found = Vec::new();
    for (at, as_whom) in running.all() {
        let resource = &facts.reader.model.resources[at];
        let Owner::Tenant(tenant) = resource.owner else { continue };
        let shared = |each: &&PrincipalId| !is_a_tenants(&facts.principals[**each]);
        found.extend(as_whom.iter().filter(shared).map(|principal| TheirCode {
            tenant,
            principal: *principal,
            span: resource.span,
        }));
    }
    found
}

/// Decides `identity/shared-grant`; gives the principals that act on several tenants' assets and
/// that no tenant can steer.
pub(crate) fn grants<'a>(
    facts: &Facts<'_, 'a>,
    owners: &Owners<'_, 'a>,
    shared: &Shared,
    found: &mut Findings,
) -> Vec<PrincipalId> {
    let running = their_code(facts, &shared.running);
    let federation = Federation::read(facts, owners);
    let certain = shared.controllers(facts, &running, false);
    let possible = shared.controllers(facts, &running, true);
    let mut outside = outside::controlled(facts, owners, &shared.running, &federation);
    shared.go_on(facts, &mut outside);
    outside::fed(facts, owners, &shared.running, &mut outside);
    shared.go_on(facts, &mut outside);
    rewrites::decide(facts, &certain, &possible, &outside, found);
    unreadable_policy(facts, &possible, shared, found);
    let control = Control { facts, shared, running, certain, possible, outside };
    control.hidden(found);
    control.possible_reach(found);
    pooled::decide(&control, found);
    let reached = shared.reached.iter();
    reached.filter_map(|(at, tenants)| control.reach(*at, tenants, found)).collect()
}

/// Who controls shared principals, and how.
struct Control<'f, 'm, 'a> {
    facts: &'f Facts<'m, 'a>,
    shared: &'f Shared,
    running: Vec<TheirCode>,
    /// By shared principal: the tenants that control it.
    certain: BTreeMap<PrincipalId, BTreeSet<TenantIndex>>,
    /// The same, with the steps that hang on something that is not known.
    possible: BTreeMap<PrincipalId, BTreeSet<TenantIndex>>,
    /// Those that act for whoever calls.
    outside: BTreeMap<PrincipalId, Door>,
}

impl Control<'_, '_, '_> {
    /// What shared principals that tenants may steer can do by policies that cannot be read.
    fn hidden(&self, found: &mut Findings) {
        let facts = self.facts;
        let theirs = facts.assets.iter().filter(|asset| matches!(asset.owner, Owner::Tenant(_)));
        let hidden: Vec<&Reason> =
            theirs.filter_map(|asset| asset.unreadable_policy.as_deref()).collect();
        for (at, principal) in facts.principals.entries().filter(|(_, each)| !is_a_tenants(each)) {
            if self.possible.contains_key(&at) || self.outside.contains_key(&at) {
                for reason in principal.unknown_rights.iter().chain(hidden.iter().copied()) {
                    found.undecided(identity::SHARED_GRANT, reason.clone());
                }
            }
        }
    }

    /// What shared principals may reach if something that is not known is so.
    fn possible_reach(&self, found: &mut Findings) {
        let facts = self.facts;
        for (at, mights) in &self.shared.might_reach {
            let principal = &facts.principals[*at];
            let fed = self.outside.contains_key(at);
            let others = |might: &MightReach| is_apart(self.possible.get(at), &might.victim);
            for might in mights.iter().filter(|might| others(might) || fed) {
                let (by, asset) = (principal.at, facts.assets[might.asset].at);
                let then = Then::SteeredDoesTo { by, action: might.action.clone(), asset };
                for unknown in Unknown::each(might.reasons.clone(), then, by) {
                    found.undecided(identity::SHARED_GRANT, unknown);
                }
            }
        }
    }

    /// Decides of a shared principal that reaches tenants' assets. Gives it back where no
    /// tenant can steer it.
    fn reach(
        &self,
        at: PrincipalId,
        tenants: &BTreeMap<TenantIndex, AssetId>,
        found: &mut Findings,
    ) -> Option<PrincipalId> {
        let (facts, principal) = (self.facts, &self.facts.principals[at]);
        found.ask(identity::SHARED_GRANT);
        let apart = |tenant: &TenantIndex| is_apart(self.certain.get(&at), tenant);
        let reachable = tenants.keys().any(apart);
        if !reachable && tenants.keys().any(|tenant| is_apart(self.possible.get(&at), tenant)) {
            self.shared.might.iter().for_each(|might| might.undecided(facts, principal.at, found));
        }
        if tenants.len() < 2 && !reachable {
            return None;
        }
        let known = |asset: &AssetId| facts.assets[*asset].doubt.is_none();
        let chosen = tenants.iter().find(|(tenant, asset)| apart(tenant) && known(asset));
        let chosen = chosen.or_else(|| tenants.iter().find(|(tenant, _)| apart(tenant)));
        let (victim, asset) = chosen.or(tenants.iter().next_back())?;
        let asset = &facts.assets[*asset];
        let reach = facts.reach(principal, asset, &Context::hostile());
        let controlled = match reachable {
            true => Some(self.by_a_tenant(at)),
            false => self.outside.get(&at).cloned(),
        };
        if let Some(Door { how, span, .. }) = controlled.as_ref().filter(|each| !each.sure) {
            let (principal, how, span) = (principal.at, how.clone(), *span);
            found.undecided(identity::SHARED_GRANT, Unknown::WhoCalls { principal, how, span });
            return None;
        }
        let (Some(way), Some(controlled)) = (reach.allowed.first(), controlled) else {
            return Some(at);
        };
        let claim = identity::SHARED_GRANT;
        let barrier = Barrier::IdentityPolicy;
        let granted = Granted {
            attacker: Side::AnyOtherTenant,
            victim: (*victim).into(),
            steps: vec![Step { what: Next::Acts(controlled.how), span: controlled.span }],
            advice: Advice::Claim,
            ..Granted::on_asset(barrier, (at, principal), asset, way)
        };
        found.record(claim, principal.doubt().or(asset.doubt.as_deref()), granted);
        None
    }

    /// How a tenant gets a principal to act that it runs code as, or can become.
    fn by_a_tenant(&self, at: PrincipalId) -> Door {
        let code = self.running.iter().find(|each| each.principal == at);
        let how = match code {
            Some(_) => Controlled::CodeRunsAsIt,
            None => Controlled::CanBecomeIt,
        };
        Door { how, span: code.map(|each| each.span), sure: true }
    }
}

/// Whether some of these tenants is not this one.
fn is_apart(tenants: Option<&BTreeSet<TenantIndex>>, tenant: &TenantIndex) -> bool {
    tenants.is_some_and(|tenants| tenants.iter().any(|each| each != tenant))
}
