//! Principals that tenants share: who can steer them. What tables share is `pooled`'s.

use std::collections::{BTreeMap, BTreeSet};

use foldhash::{HashMap, HashMapExt as _};
use tenantry_policy as policy;
use tenantry_policy::Context;
use tenantry_template::{Model, Owner, Span, Value};
use tenantry_verdict::claims::{Barrier, escalation, identity, route};
use tenantry_verdict::{Notice, Party, Reason, Step};

use crate::explain;
use crate::facts::assets::Asset;
use crate::facts::classify::{self, writes};
use crate::facts::federation::Federation;
use crate::facts::flows::{Edge, flows};
use crate::facts::owners::Owners;
use crate::facts::principals::Principal;
use crate::facts::references::References;
use crate::facts::routes::{Integration, Route};
use crate::facts::runs_as::runs_as;
use crate::facts::{Facts, names, reasons};
use crate::findings::Findings;

const FUNCTION: &str = "AWS::Lambda::Function";
const PROFILE: &str = "AWS::IAM::InstanceProfile";

/// What is known of shared principals after every asset was asked.
#[derive(Default)]
pub(crate) struct Shared {
    /// By shared principal: the tenants whose assets it reaches, each with one asset.
    reached: BTreeMap<usize, BTreeMap<usize, usize>>,
    /// By shared principal: assets that it reaches if something that is not known is so.
    might_reach: BTreeMap<usize, Vec<MightReach>>,
    /// By principal: the shared principals that it can become or rewrite.
    becomes: BTreeMap<usize, BTreeSet<usize>>,
    /// The same, where it hangs on something that is not known.
    might: Vec<PossibleStep>,
}

/// An asset of a tenant that a shared principal may be able to act on.
struct MightReach {
    victim: usize,
    asset: usize,
    action: String,
    reasons: Vec<policy::Reason>,
}

/// A step that a principal may be able to take.
struct PossibleStep {
    from: usize,
    to: usize,
    action: String,
    reasons: Vec<policy::Reason>,
}

impl Shared {
    /// Notes that a shared principal is let near a tenant's asset; the third tenant adds nothing.
    pub(crate) fn reaching(
        &mut self,
        facts: &Facts<'_, '_>,
        principal: usize,
        victim: usize,
        at: usize,
    ) {
        let tenants = self.reached.entry(principal).or_default();
        let (Some(who), Some(asset)) = (facts.principals.get(principal), facts.assets.get(at))
        else {
            return;
        };
        // One of which all is known says more than one of which it is not.
        let open = |at: &usize| facts.assets.get(*at).is_some_and(|asset| asset.open.is_some());
        match tenants.get(&victim) {
            Some(known) if !open(known) || asset.open.is_some() => return,
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
        near: &[usize],
        by_arn: &HashMap<&policy::Text, usize>,
    ) {
        let model = facts.reader.model;
        let becomes = match &*asset.kind {
            "AWS::IAM::Role" | "AWS::IAM::User" => by_arn.get(&asset.target.arn).copied(),
            "AWS::Lambda::Function" => {
                let function = model.resources.get(asset.at);
                let role = function.and_then(|each| each.properties.get("Role")?.to_text());
                role.and_then(|role| by_arn.get(&names::text(model, &role)).copied())
            }
            _ => None,
        };
        let Some(becomes) = becomes else { return };
        for at in near.iter().filter(|at| **at != becomes) {
            let Some(principal) = facts.principals.get(*at) else { continue };
            let reach = facts.reach(principal, asset, &Context::hostile());
            let turns = |action: &str| {
                classify::claim(&asset.kind, action).is_some_and(|(claim, _)| {
                    [
                        escalation::ASSUME,
                        escalation::PASS,
                        escalation::POLICY,
                        escalation::CODE,
                        route::INVOKE,
                    ]
                    .contains(&claim)
                })
            };
            if reach.allowed.iter().any(|way| turns(&way.request.action)) {
                self.becomes.entry(*at).or_default().insert(becomes);
            } else if let Some((action, reasons)) =
                reach.undecided.into_iter().find(|(action, _)| turns(action))
            {
                self.might.push(PossibleStep { from: *at, to: becomes, action, reasons });
            }
        }
    }

    /// By shared principal: the tenants whose principals, or whose code, can end up as it, in any
    /// number of steps; or may, if steps that hang on something count.
    fn controllers(
        &self,
        facts: &Facts<'_, '_>,
        running: &[Running],
        open: bool,
    ) -> BTreeMap<usize, BTreeSet<usize>> {
        let mut becomes = self.becomes.clone();
        for might in self.might.iter().filter(|_| open) {
            becomes.entry(might.from).or_default().insert(might.to);
        }
        let mut controllers: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
        let principals = facts.principals.iter().enumerate();
        let own = principals.filter_map(|(at, principal)| match principal.owner {
            Owner::Tenant(tenant) => Some((tenant, at)),
            _ => None,
        });
        for each in running {
            controllers.entry(each.principal).or_default().insert(each.tenant);
        }
        for (tenant, at) in own.chain(running.iter().map(|each| (each.tenant, each.principal))) {
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
}

/// What of policies that cannot be read may let tenants steer a shared principal, or let one that
/// they steer act on tenants' assets.
fn unreadable_policy(
    facts: &Facts<'_, '_>,
    might_steer: &BTreeMap<usize, BTreeSet<usize>>,
    shared: &Shared,
    found: &mut Findings,
) {
    let theirs = facts.principals.iter().filter(|each| matches!(each.owner, Owner::Tenant(_)));
    let steps = facts.assets.iter().filter(|asset| {
        !matches!(asset.owner, Owner::Tenant(_))
            && matches!(&*asset.kind, "AWS::IAM::Role" | "AWS::IAM::User" | FUNCTION)
    });
    let steps = steps.filter_map(|asset| asset.unreadable_policy.as_deref());
    let steps: Vec<&Reason> = theirs.flat_map(|each| &each.open).chain(steps).collect();
    for (at, principal) in facts.principals.iter().enumerate() {
        if matches!(principal.owner, Owner::Tenant(_)) {
            continue;
        }
        let acts = shared.reached.get(&at).is_some_and(|tenants| !tenants.is_empty())
            || shared.might_reach.contains_key(&at)
            || !principal.open.is_empty();
        if acts {
            steps.iter().for_each(|reason| {
                found.undecided(identity::SHARED_GRANT, (*reason).clone());
            });
        }
        if might_steer.contains_key(&at) || !steps.is_empty() {
            for reason in &principal.open {
                found.undecided(identity::SHARED_GRANT, reason.clone());
            }
        }
    }
}

/// A tenant's code that runs as a shared principal.
struct Running {
    tenant: usize,
    principal: usize,
    span: Span,
}

/// What of a tenant's runs as a shared principal: whatever names a role, itself or by an instance
/// profile, as what it runs as.
fn running<'a>(facts: &Facts<'_, 'a>, owners: &Owners<'_, 'a>) -> Vec<Running> {
    let model = facts.reader.model;
    let principals = facts.principals.iter().enumerate();
    let shared = principals.filter(|(_, each)| !matches!(each.owner, Owner::Tenant(_)));
    let shared: HashMap<usize, usize> = shared.map(|(at, each)| (each.at, at)).collect();
    let mut found = Vec::new();
    for resource in model.resources.iter().filter(|_| !shared.is_empty()) {
        let Owner::Tenant(tenant) = resource.owner else { continue };
        References::walk(&resource.properties, &mut String::new(), &mut |path, value| {
            if !runs_as(&resource.kind, path) {
                return;
            }
            let roles = owners.of(value).map(|(at, _)| roles(model, owners, at));
            for principal in roles.into_iter().flatten().filter_map(|at| shared.get(&at)) {
                found.push(Running { tenant, principal: *principal, span: resource.span });
            }
        });
    }
    found
}

/// The role that a resource is, or the roles of an instance profile.
fn roles<'a>(model: &Model<'a>, owners: &Owners<'_, 'a>, at: usize) -> Vec<usize> {
    let profile = model.resources.get(at).filter(|each| each.kind == PROFILE);
    let Some(profile) = profile else { return vec![at] };
    let roles = profile.properties.get("Roles").map(Value::items).unwrap_or_default();
    roles.iter().filter_map(|role| owners.of(role)).map(|(at, _)| at).collect()
}

/// How a tenant gets a shared principal to act.
struct Controlled {
    how: &'static str,
    span: Option<Span>,
}

/// Decides `identity/shared-grant`; gives the principals that no tenant can steer, each with what
/// to say of it as a matter of least privilege.
pub(crate) fn grants<'a>(
    facts: &Facts<'_, 'a>,
    owners: &Owners<'_, 'a>,
    routes: &[Route],
    shared: &Shared,
    found: &mut Findings,
) -> Vec<(usize, Notice)> {
    let mut notices = Vec::new();
    let running = running(facts, owners);
    let federation = Federation::read(facts, owners);
    let controllers = shared.controllers(facts, &running, false);
    let might_steer = shared.controllers(facts, &running, true);
    let mut functions: HashMap<usize, BTreeSet<usize>> = HashMap::new();
    for (at, resource) in facts.reader.model.resources.iter().enumerate() {
        let role = resource.properties.get("Role").filter(|_| resource.kind == FUNCTION);
        if let Some((role, _)) = role.and_then(|role| owners.of(role)) {
            functions.entry(role).or_default().insert(at);
        }
    }
    unreadable_policy(facts, &might_steer, shared, found);
    // What a shared principal may do by an asset's own policy, where that cannot be read.
    let hidden: Vec<&Reason> = facts
        .assets
        .iter()
        .filter(|asset| matches!(asset.owner, Owner::Tenant(_)))
        .filter_map(|asset| asset.unreadable_policy.as_deref())
        .collect();
    let apart = facts.principals.iter().enumerate();
    for (at, principal) in apart.filter(|(_, each)| !matches!(each.owner, Owner::Tenant(_))) {
        if principal.open.is_empty() && hidden.is_empty() {
            continue;
        }
        let steerable = might_steer.contains_key(&at)
            || controlled(facts, owners, routes, &functions, principal, &federation).is_some();
        if steerable {
            for reason in principal.open.iter().chain(hidden.iter().copied()) {
                found.undecided(identity::SHARED_GRANT, reason.clone());
            }
        }
    }
    for (at, mights) in &shared.might_reach {
        let Some(principal) = facts.principals.get(*at) else { continue };
        let by = might_steer.get(at);
        let others = |victim| by.is_some_and(|by| by.iter().any(|each| *each != victim));
        let fed =
            || controlled(facts, owners, routes, &functions, principal, &federation).is_some();
        for might in mights.iter().filter(|might| others(might.victim) || fed()) {
            let matters = format!(
                "`{}`, which tenants can steer, may then do {} to `{}`",
                facts.path(principal.at),
                might.action,
                facts.path(facts.assets.get(might.asset).map_or(0, |asset| asset.at)),
            );
            for reason in &might.reasons {
                let reason = reasons::reason(facts, reason, &matters, principal.at);
                found.undecided(identity::SHARED_GRANT, reason);
            }
        }
    }
    for (at, tenants) in &shared.reached {
        let Some(principal) = facts.principals.get(*at) else { continue };
        found.ask(identity::SHARED_GRANT);
        let by = controllers.get(at);
        let apart = |tenant: &&usize| by.is_some_and(|by| by.iter().any(|each| each != *tenant));
        let reachable = tenants.keys().any(|tenant| apart(&tenant));
        let by_chance = might_steer
            .get(at)
            .is_some_and(|by| tenants.keys().any(|tenant| by.iter().any(|each| each != tenant)));
        if by_chance && !reachable {
            for might in &shared.might {
                let matters = format!(
                    "`{}` may then do {} and become `{}`, which acts on tenants' assets",
                    facts.path(facts.principals.get(might.from).map_or(0, |each| each.at)),
                    might.action,
                    facts.path(facts.principals.get(might.to).map_or(0, |each| each.at)),
                );
                for reason in &might.reasons {
                    let reason = reasons::reason(facts, reason, &matters, principal.at);
                    found.undecided(identity::SHARED_GRANT, reason);
                }
            }
        }
        if tenants.len() < 2 && !reachable {
            continue;
        }
        let known = |at: &usize| facts.assets.get(*at).is_some_and(|asset| asset.open.is_none());
        let chosen = tenants.iter().find(|(tenant, at)| apart(tenant) && known(at));
        let chosen = chosen.or_else(|| tenants.iter().find(|(tenant, _)| apart(tenant)));
        let Some((victim, asset)) = chosen.or(tenants.iter().next_back()) else { continue };
        let Some(asset) = facts.assets.get(*asset) else { continue };
        let reach = facts.reach(principal, asset, &Context::hostile());
        let controlled = match reachable {
            true => Some(match running.iter().find(|each| each.principal == *at) {
                Some(each) => {
                    Controlled { how: "a tenant's code runs as it", span: Some(each.span) }
                }
                None => Controlled { how: "a tenant's principal can become it", span: None },
            }),
            false => controlled(facts, owners, routes, &functions, principal, &federation),
        };
        let (Some(way), Some(controlled)) = (reach.allowed.first(), &controlled) else {
            let place = facts.span(principal.at).and_then(|span| facts.reader.model.place(span));
            let notice = Notice {
                what: format!(
                    "`{}` may act on the assets of several tenants, and no tenant can reach it",
                    facts.path(principal.at)
                ),
                help: Some("keep it to what it needs, and to people who sign in with MFA".into()),
                place,
            };
            notices.push((*at, notice));
            continue;
        };
        let barrier = Barrier::IdentityPolicy;
        let mut example =
            explain::counterexample(facts, identity::SHARED_GRANT, barrier, principal, asset, way);
        example.attacker = Party::AnyOtherTenant;
        example.victim = reasons::party(facts, Owner::Tenant(*victim));
        let place = controlled.span.and_then(|span| facts.reader.model.place(span));
        example.steps.push(Step { what: controlled.how.to_owned(), place });
        example.fix = identity::SHARED_GRANT.fix.to_owned();
        found.record(principal.open.first().or(asset.open.as_deref()), example);
    }
    notices
}

/// Whether a tenant can have a shared principal act for it.
fn controlled<'a>(
    facts: &Facts<'_, 'a>,
    owners: &Owners<'_, 'a>,
    routes: &[Route],
    functions: &HashMap<usize, BTreeSet<usize>>,
    principal: &Principal,
    federation: &Federation<'_, '_, '_>,
) -> Option<Controlled> {
    let model = facts.reader.model;
    if facts.users.act_as(principal.at) {
        return Some(Controlled { how: "users who sign in act as it", span: None });
    }
    let mut roles = facts.assets.iter().filter(|asset| asset.at == principal.at);
    if roles.any(|asset| !federation.entries(asset, None).taken.is_empty()) {
        let how = "its trust policy takes tokens that a tenant's users can get";
        return Some(Controlled { how, span: facts.span(principal.at) });
    }
    let own = functions.get(&principal.at)?;
    let runs = |function: usize| own.contains(&function);
    for route in routes {
        if let Integration::Function(function, span) = route.lands
            && runs(function)
        {
            return Some(Controlled { how: "a route lands in its function", span: Some(span) });
        }
    }
    for (at, resource) in model.resources.iter().enumerate() {
        let named =
            |property: &str| resource.properties.get(property).and_then(|value| owners.of(value));
        let span = Some(resource.span);
        match resource.kind.as_str() {
            "AWS::Lambda::Function" if matches!(resource.owner, Owner::Tenant(_)) && runs(at) => {
                return Some(Controlled { how: "a tenant's code runs as it", span });
            }
            "AWS::Lambda::Url" if named("TargetFunctionArn").is_some_and(|(at, _)| runs(at)) => {
                return Some(Controlled { how: "a function URL leads to its function", span });
            }
            "AWS::Lambda::EventSourceMapping"
                if named("FunctionName").is_some_and(|(at, _)| runs(at)) =>
            {
                let Some((source, owner)) = named("EventSourceArn") else { continue };
                if matches!(owner, Owner::Tenant(_)) || written_by_tenants(facts, source) {
                    let how = "what a tenant writes is fed to its function";
                    return Some(Controlled { how, span });
                }
            }
            "AWS::Cognito::UserPool" => {
                let mut triggers = Vec::new();
                if let Some(config) = resource.properties.get("LambdaConfig") {
                    for (_, value) in config.entries() {
                        triggers.extend(value.items());
                    }
                }
                let leads = |value: &&&Value<'a>| {
                    owners.of(value).is_some_and(|(function, _)| runs(function))
                };
                if let Some(value) = triggers.iter().find(leads) {
                    let how = "users' sign-in triggers its function";
                    return Some(Controlled { how, span: Some(value.span) });
                }
            }
            _ => {}
        }
    }
    for Edge { source, end, span, .. } in flows(model, owners) {
        let owner = model.resources.get(source).map(|each| each.owner).filter(|_| runs(end));
        let by_tenants = match owner {
            Some(Owner::Tenant(_)) => true,
            Some(Owner::Shared) => written_by_tenants(facts, source),
            Some(Owner::Undecided) | None => false,
        };
        if by_tenants {
            let how = "what a tenant writes is fed to its function";
            return Some(Controlled { how, span: Some(span) });
        }
    }
    None
}

/// Whether a tenant's principal may write to a shared queue, topic or stream.
fn written_by_tenants(facts: &Facts<'_, '_>, source: usize) -> bool {
    let tenants = facts.principals.iter().filter(|each| matches!(each.owner, Owner::Tenant(_)));
    let assets: Vec<&Asset> = facts.assets.iter().filter(|asset| asset.at == source).collect();
    tenants.into_iter().any(|principal| {
        assets.iter().any(|asset| {
            let reach = facts.reach(principal, asset, &Context::hostile());
            reach.allowed.iter().any(|way| writes(&way.request.action))
        })
    })
}
