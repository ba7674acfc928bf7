//! Principals that tenants share: who can steer them. What tables share is `pooled`'s.

use std::collections::{BTreeMap, BTreeSet};

use foldhash::{HashMap, HashMapExt as _};
use tenantry_policy as policy;
use tenantry_policy::Context;
use tenantry_template::{Model, Owner, ResourceId, Span, TenantIndex, Value};
use tenantry_verdict::claims::{Barrier, escalation, route};
use tenantry_verdict::{Notice, Party, Reason, Step};

use super::{Findings, identity};
use crate::explain;
use crate::facts::assets::{Asset, AssetId};
use crate::facts::classify::{self, writes};
use crate::facts::federation::Federation;
use crate::facts::flows::{Edge, flows};
use crate::facts::owners::Owners;
use crate::facts::principals::{Principal, PrincipalId};
use crate::facts::references::References;
use crate::facts::routes::{Integration, Route};
use crate::facts::runs_as::runs_as;
use crate::facts::{Facts, names, reasons};

const FUNCTION: &str = "AWS::Lambda::Function";
const PROFILE: &str = "AWS::IAM::InstanceProfile";

/// What is known of shared principals after every asset was asked.
#[derive(Default)]
pub(crate) struct Shared {
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
    action: String,
    reasons: Vec<policy::Reason>,
}

impl Shared {
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
        let open = |at: &AssetId| facts.assets[*at].open.is_some();
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
        near: &[PrincipalId],
        by_arn: &HashMap<&policy::Text, PrincipalId>,
    ) {
        let model = facts.reader.model;
        let becomes = match &*asset.kind {
            "AWS::IAM::Role" | "AWS::IAM::User" => by_arn.get(&asset.target.arn).copied(),
            "AWS::Lambda::Function" => {
                let role = model.resources[asset.at].properties.get("Role");
                let role = role.and_then(Value::to_text);
                role.and_then(|role| by_arn.get(&names::text(model, &role)).copied())
            }
            _ => None,
        };
        let Some(becomes) = becomes else { return };
        for at in near.iter().filter(|at| **at != becomes) {
            let principal = &facts.principals[*at];
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
                    .contains(&*claim)
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
    ) -> BTreeMap<PrincipalId, BTreeSet<TenantIndex>> {
        let mut becomes = self.becomes.clone();
        for might in self.might.iter().filter(|_| open) {
            becomes.entry(might.from).or_default().insert(might.to);
        }
        let mut controllers: BTreeMap<PrincipalId, BTreeSet<TenantIndex>> = BTreeMap::new();
        let principals = facts.principals.entries();
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
    let steps: Vec<&Reason> = theirs.flat_map(|each| &each.open).chain(steps).collect();
    for (at, principal) in facts.principals.entries() {
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
    tenant: TenantIndex,
    principal: PrincipalId,
    span: Span,
}

/// What of a tenant's runs as a shared principal: whatever names a role, itself or by an instance
/// profile, as what it runs as.
fn running<'a>(facts: &Facts<'_, 'a>, owners: &Owners<'_, 'a>) -> Vec<Running> {
    let model = facts.reader.model;
    let principals = facts.principals.entries();
    let shared = principals.filter(|(_, each)| !matches!(each.owner, Owner::Tenant(_)));
    let shared: HashMap<ResourceId, PrincipalId> = shared.map(|(at, each)| (each.at, at)).collect();
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
fn roles<'a>(model: &Model<'a>, owners: &Owners<'_, 'a>, at: ResourceId) -> Vec<ResourceId> {
    let profile = &model.resources[at];
    if profile.kind != PROFILE {
        return vec![at];
    }
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
) -> Vec<(PrincipalId, Notice)> {
    let mut notices = Vec::new();
    let running = running(facts, owners);
    let federation = Federation::read(facts, owners);
    let controllers = shared.controllers(facts, &running, false);
    let might_steer = shared.controllers(facts, &running, true);
    let mut functions: HashMap<ResourceId, BTreeSet<ResourceId>> = HashMap::new();
    for (at, resource) in facts.reader.model.resources.entries() {
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
    let apart = facts.principals.entries();
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
        let principal = &facts.principals[*at];
        let by = might_steer.get(at);
        let others = |victim| by.is_some_and(|by| by.iter().any(|each| *each != victim));
        let fed =
            || controlled(facts, owners, routes, &functions, principal, &federation).is_some();
        for might in mights.iter().filter(|might| others(might.victim) || fed()) {
            let matters = format!(
                "`{}`, which tenants can steer, may then do {} to `{}`",
                facts.path(principal.at),
                might.action,
                facts.path(facts.assets[might.asset].at),
            );
            for reason in &might.reasons {
                let reason = reasons::reason(facts, reason, &matters, principal.at);
                found.undecided(identity::SHARED_GRANT, reason);
            }
        }
    }
    for (at, tenants) in &shared.reached {
        let principal = &facts.principals[*at];
        found.ask(identity::SHARED_GRANT);
        let by = controllers.get(at);
        let apart =
            |tenant: &&TenantIndex| by.is_some_and(|by| by.iter().any(|each| each != *tenant));
        let reachable = tenants.keys().any(|tenant| apart(&tenant));
        let by_chance = might_steer
            .get(at)
            .is_some_and(|by| tenants.keys().any(|tenant| by.iter().any(|each| each != tenant)));
        if by_chance && !reachable {
            for might in &shared.might {
                let matters = format!(
                    "`{}` may then do {} and become `{}`, which acts on tenants' assets",
                    facts.path(facts.principals[might.from].at),
                    might.action,
                    facts.path(facts.principals[might.to].at),
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
        let known = |at: &AssetId| facts.assets[*at].open.is_none();
        let chosen = tenants.iter().find(|(tenant, at)| apart(tenant) && known(at));
        let chosen = chosen.or_else(|| tenants.iter().find(|(tenant, _)| apart(tenant)));
        let Some((victim, asset)) = chosen.or(tenants.iter().next_back()) else { continue };
        let asset = &facts.assets[*asset];
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
            let place = facts.reader.model.place(facts.span(principal.at));
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
            explain::counterexample(facts, *identity::SHARED_GRANT, barrier, principal, asset, way);
        example.attacker = Party::AnyOtherTenant;
        example.victim = reasons::party(facts, Owner::Tenant(*victim));
        let place = controlled.span.and_then(|span| facts.reader.model.place(span));
        example.steps.push(Step { what: controlled.how.to_owned(), place });
        example.fix = identity::SHARED_GRANT.fix.to_owned();
        let open = principal.doubt().or(asset.open.as_deref());
        found.record(identity::SHARED_GRANT, open, example);
    }
    notices
}

/// Whether a tenant can have a shared principal act for it.
fn controlled<'a>(
    facts: &Facts<'_, 'a>,
    owners: &Owners<'_, 'a>,
    routes: &[Route],
    functions: &HashMap<ResourceId, BTreeSet<ResourceId>>,
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
        return Some(Controlled { how, span: Some(facts.span(principal.at)) });
    }
    let own = functions.get(&principal.at)?;
    let runs = |function: ResourceId| own.contains(&function);
    for route in routes {
        if let Integration::Function(function, span) = route.lands
            && runs(function)
        {
            return Some(Controlled { how: "a route lands in its function", span: Some(span) });
        }
    }
    for (at, resource) in model.resources.entries() {
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
        let by_tenants = || match model.resources[source].owner {
            Owner::Tenant(_) => true,
            Owner::Shared => written_by_tenants(facts, source),
            Owner::Undecided => false,
        };
        if end.is_some_and(runs) && by_tenants() {
            let how = "what a tenant writes is fed to its function";
            return Some(Controlled { how, span: Some(span) });
        }
    }
    None
}

/// Whether a tenant's principal may write to a shared queue, topic or stream.
fn written_by_tenants(facts: &Facts<'_, '_>, source: ResourceId) -> bool {
    let tenants = facts.principals.iter().filter(|each| matches!(each.owner, Owner::Tenant(_)));
    let assets: Vec<&Asset> = facts.assets.iter().filter(|asset| asset.at == source).collect();
    tenants.into_iter().any(|principal| {
        assets.iter().any(|asset| {
            let reach = facts.reach(principal, asset, &Context::hostile());
            reach.allowed.iter().any(|way| writes(&way.request.action))
        })
    })
}
