//! Which shared principals act for whoever is outside: by doors, by sign-in, by what tenants write.

use std::collections::BTreeMap;

use foldhash::{HashMap, HashMapExt as _};
use tenantry_policy::Context;
use tenantry_template::{Model, Owner, Resource, ResourceId, Span, Value};

use crate::facts::assets::Asset;
use crate::facts::classify::writes;
use crate::facts::federation::Federation;
use crate::facts::flows::flows;
use crate::facts::owners::Owners;
use crate::facts::principals::PrincipalId;
use crate::facts::runs_as;
use crate::facts::{Facts, doors};
use crate::findings::breach::Controlled;

const PROFILE: &str = "AWS::IAM::InstanceProfile";

/// How a tenant gets a shared principal to act.
#[derive(Clone, Debug)]
pub(super) struct Door {
    pub(super) how: Controlled,
    pub(super) span: Option<Span>,
    /// Whether it is known that this lets a tenant in.
    pub(super) sure: bool,
}

/// By resource: the principals as which it runs.
pub(super) struct Running(HashMap<ResourceId, Vec<PrincipalId>>);

impl Running {
    pub(super) fn of<'a>(facts: &Facts<'_, 'a>, owners: &Owners<'_, 'a>) -> Self {
        let model = facts.reader.model;
        let roles = roles_of(facts);
        let mut found = HashMap::new();
        for (at, resource) in model.resources.entries().filter(|_| !roles.is_empty()) {
            let of = as_whom(model, owners, resource);
            let of: Vec<PrincipalId> =
                of.into_iter().filter_map(|at| roles.get(&at).copied()).collect();
            if !of.is_empty() {
                found.insert(at, of);
            }
        }
        Self(found)
    }

    pub(super) fn as_whom(&self, at: ResourceId) -> &[PrincipalId] {
        self.0.get(&at).map(Vec::as_slice).unwrap_or_default()
    }

    /// Everything that runs, with the principals.
    pub(super) fn all(&self) -> impl Iterator<Item = (ResourceId, &[PrincipalId])> {
        let mut all: Vec<_> = self.0.iter().map(|(at, of)| (*at, of.as_slice())).collect();
        all.sort_unstable();
        all.into_iter()
    }
}

/// The roles as which a resource runs, itself or by an instance profile.
fn as_whom<'a>(
    model: &Model<'a>,
    owners: &Owners<'_, 'a>,
    resource: &Resource<'a>,
) -> Vec<ResourceId> {
    let mut found = Vec::new();
    runs_as::each(&resource.kind, &resource.properties, &mut |value| {
        if let Some((at, _)) = owners.of(value) {
            found.extend(roles(model, owners, at));
        }
    });
    found.sort_unstable();
    found.dedup();
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

/// By role or user: the principal that it is, and no session of it.
fn roles_of(facts: &Facts<'_, '_>) -> HashMap<ResourceId, PrincipalId> {
    facts.principals.entries().rev().map(|(at, each)| (each.at, at)).collect()
}

/// By shared principal: how somebody outside makes it act.
pub(super) fn controlled<'a>(
    facts: &Facts<'_, 'a>,
    owners: &Owners<'_, 'a>,
    running: &Running,
    federation: &Federation<'_, '_, '_>,
) -> BTreeMap<PrincipalId, Door> {
    let mut found = Outside { facts, found: BTreeMap::new() };
    by_sign_in(facts, federation, &mut found);
    let roles = roles_of(facts);
    let mut doors: Vec<_> = doors::open(facts).into_iter().collect();
    doors.sort_unstable_by_key(|(at, _)| *at);
    for (at, door) in doors {
        let as_whom = running.as_whom(at).iter().chain(roles.get(&at));
        for principal in as_whom {
            found.add(*principal, Controlled::Door(door.how.clone()), door.span, door.sure);
        }
    }
    by_writing(facts, owners, running, &mut found);
    found.found
}

/// What is found, the surest of each.
struct Outside<'f, 'm, 'a> {
    facts: &'f Facts<'m, 'a>,
    found: BTreeMap<PrincipalId, Door>,
}

impl Outside<'_, '_, '_> {
    fn add(&mut self, principal: PrincipalId, how: Controlled, span: Span, sure: bool) {
        if let Owner::Tenant(_) = self.facts.principals[principal].owner {
            return;
        }
        if self.found.get(&principal).is_none_or(|known| sure && !known.sure) {
            self.found.insert(principal, Door { how, span: Some(span), sure });
        }
    }
}

fn by_sign_in(
    facts: &Facts<'_, '_>,
    federation: &Federation<'_, '_, '_>,
    found: &mut Outside<'_, '_, '_>,
) {
    let shared = |each: &&Asset| !matches!(each.owner, Owner::Tenant(_));
    let roles = facts.assets.iter().filter(|asset| &*asset.kind == "AWS::IAM::Role");
    let roles: HashMap<ResourceId, &Asset> =
        roles.filter(shared).map(|asset| (asset.at, asset)).collect();
    for (at, principal) in facts.principals.entries() {
        if matches!(principal.owner, Owner::Tenant(_)) {
            continue;
        }
        let span = facts.span(principal.at);
        if facts.users.act_as(principal.at) {
            found.add(at, Controlled::UsersActAsIt, span, true);
        } else if roles
            .get(&principal.at)
            .is_some_and(|asset| !federation.entries(asset, None).taken.is_empty())
        {
            found.add(at, Controlled::TrustTakesTokens, span, true);
        }
    }
}

/// What acts on what a tenant writes, or on what happens to a tenant's thing.
fn by_writing<'a>(
    facts: &Facts<'_, 'a>,
    owners: &Owners<'_, 'a>,
    running: &Running,
    found: &mut Outside<'_, '_, '_>,
) {
    let model = facts.reader.model;
    let mut written: HashMap<ResourceId, bool> = HashMap::new();
    for edge in flows(model, owners) {
        let as_whom = edge.end.map(|end| running.as_whom(end)).unwrap_or_default();
        if as_whom.is_empty() {
            continue;
        }
        let by_tenants = match model.resources[edge.source].owner {
            Owner::Tenant(_) => true,
            Owner::Shared => *written
                .entry(edge.source)
                .or_insert_with(|| written_by_tenants(facts, edge.source)),
            Owner::Undecided => false,
        };
        for principal in as_whom.iter().filter(|_| by_tenants) {
            found.add(*principal, Controlled::FedByTenants, edge.span, true);
        }
    }
    for (at, as_whom) in running.all() {
        let resource = &model.resources[at];
        if let Owner::Tenant(_) = resource.owner {
            for principal in as_whom {
                found.add(*principal, Controlled::CodeRunsAsIt, resource.span, true);
            }
        }
    }
}

/// Adds what acts on what principals write that act for whoever is outside themselves.
pub(super) fn fed<'a>(
    facts: &Facts<'_, 'a>,
    owners: &Owners<'_, 'a>,
    running: &Running,
    outside: &mut BTreeMap<PrincipalId, Door>,
) {
    let model = facts.reader.model;
    for edge in flows(model, owners) {
        let as_whom = edge.end.map(|end| running.as_whom(end)).unwrap_or_default();
        let news = as_whom.iter().filter(|at| !outside.contains_key(*at));
        let news: Vec<PrincipalId> = news
            .filter(|at| !matches!(facts.principals[**at].owner, Owner::Tenant(_)))
            .copied()
            .collect();
        if news.is_empty() || model.resources[edge.source].owner != Owner::Shared {
            continue;
        }
        let writer = outside.keys().find(|at| may_write(facts, **at, edge.source)).copied();
        let Some(writer) = writer else { continue };
        let how = Controlled::FedBy(facts.principals[writer].at);
        for principal in news {
            let door = Door { how: how.clone(), span: Some(edge.span), sure: false };
            outside.insert(principal, door);
        }
    }
}

fn may_write(facts: &Facts<'_, '_>, principal: PrincipalId, source: ResourceId) -> bool {
    let mut assets = facts.assets.iter().filter(|asset| asset.at == source);
    assets.any(|asset| {
        let reach = facts.reach(&facts.principals[principal], asset, &Context::hostile());
        reach.allowed.iter().any(|way| writes(&way.request.action))
    })
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
