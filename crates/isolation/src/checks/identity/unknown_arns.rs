//! Tenants' resources that have no ARN in the model: whoever else is allowed anything of their
//! service may be allowed it on them. Those of EC2 are asked one by one, by what their ARNs are.

use std::cell::OnceCell;
use std::sync::Arc;

use foldhash::{HashMap, HashMapExt as _, HashSet, HashSetExt as _};
use tenantry_policy as policy;
use tenantry_policy::{Index, Piece, PolicyStatement, Reference, Target};
use tenantry_template::{Model, Owner, Resource, ResourceId, Symbols, TenantIndex};

use super::{Findings, ask, identity};
use crate::facts::assets::{self, Asset, names_interface};
use crate::facts::candidates::may_act;
use crate::facts::principals::PrincipalId;
use crate::facts::{Facts, names, services};
use crate::findings::unknown::Unknown;

/// Decides `identity/other-tenants-asset` of what is no asset.
pub(crate) fn decide(facts: &Facts<'_, '_>, index: &Index<'_, PrincipalId>, found: &mut Findings) {
    let account = assets::account(facts.reader.model);
    let mut asker = Asker { facts, index, account, known: OnceCell::new(), acting: HashMap::new() };
    for (at, resource) in facts.reader.model.resources.entries() {
        let Owner::Tenant(victim) = resource.owner else { continue };
        if services::exempt(&resource.kind).is_some() {
            continue;
        }
        if let Some(name) = services::ec2(&resource.kind) {
            asker.ec2(at, resource, name, victim, found);
        }
        asker.other(at, resource, victim, found);
    }
}

struct Asker<'f, 'm, 'a> {
    facts: &'f Facts<'m, 'a>,
    index: &'f Index<'f, PrincipalId>,
    account: policy::Text,
    /// The ARNs of the assets.
    known: OnceCell<HashSet<&'f policy::Text>>,
    /// By type of EC2: the actions on it.
    acting: HashMap<&'static str, policy::Actions>,
}

impl Asker<'_, '_, '_> {
    /// Asks of everybody else what they may do to a resource of EC2, until somebody may.
    fn ec2(
        &mut self,
        at: ResourceId,
        resource: &Resource<'_>,
        name: &'static str,
        victim: TenantIndex,
        found: &mut Findings,
    ) {
        let model = self.facts.reader.model;
        found.ask(identity::OTHER_TENANTS_ASSET);
        let arn = ec2_arn(model, &self.account, name, resource);
        let acting = self.acting.entry(name).or_insert_with(|| on_ec2(&arn, &resource.kind));
        let acting = Arc::clone(acting);
        let mut asset = None;
        for group in self.index.candidates("ec2", &arn) {
            if !may_act(group.statement, &acting) {
                continue;
            }
            for owner in &group.owners {
                let principal = &self.facts.principals[*owner];
                if !matches!(principal.owner, Owner::Tenant(other) if other != victim) {
                    continue;
                }
                let asset = asset.get_or_insert_with(|| Asset {
                    unreadable_policy: None,
                    at,
                    owner: resource.owner,
                    kind: resource.kind.as_str().into(),
                    target: Target {
                        arn: arn.clone(),
                        account: self.account.clone(),
                        tags: Some(crate::facts::principals::tags(model, resource)),
                    },
                    policy: None,
                    requires_resource_policy: false,
                    doubt: None,
                });
                if ask(self.facts, *owner, asset, found) {
                    return;
                }
            }
        }
    }

    /// Who else is allowed anything of a service whose ARNs for this resource are not known.
    fn other(
        &self,
        at: ResourceId,
        resource: &Resource<'_>,
        victim: TenantIndex,
        found: &mut Findings,
    ) {
        let model = self.facts.reader.model;
        let services = services::of(&resource.kind);
        if resource.arn.is_some() && services.is_none_or(|services| services.len() < 2) {
            return;
        }
        let own = asked_as(model, resource);
        let own = own.as_ref().and_then(policy::Text::as_str);
        let any = policy::Text::symbol(names::any_part());
        let groups: Vec<_> = match services {
            None => self.index.groups().iter().map(|group| (None, group)).collect(),
            Some(services) => services
                .iter()
                .filter(|service| Some(**service) != own)
                .flat_map(|service| {
                    let groups = self.index.candidates(service, &any).into_iter();
                    groups.map(move |group| (Some(*service), group))
                })
                .collect(),
        };
        let foreign = groups.into_iter().find_map(|(service, group)| {
            let mut owners = group.owners.iter().map(|at| &self.facts.principals[*at]);
            let principal = owners
                .find(|each| matches!(each.owner, Owner::Tenant(other) if other != victim))?;
            self.may_mean(group.statement, service, own, resource).then_some((service, principal))
        });
        let Some((service, principal)) = foreign else { return };
        let unknown = Unknown::Arn { resource: at, service, allowed: principal.at };
        found.undecided(identity::OTHER_TENANTS_ASSET, unknown);
    }

    /// Whether a statement may be about a resource whose ARN is not known: it lists an action that
    /// acts on something, and not only on what is known to be something else.
    fn may_mean(
        &self,
        statement: &PolicyStatement,
        service: Option<&str>,
        own: Option<&str>,
        resource: &Resource<'_>,
    ) -> bool {
        // Another service's action on a resource of EC2 says on which of its types it acts.
        let kind = services::ec2(&resource.kind).filter(|_| service != own);
        let acts = statement.actions.negated
            || statement.actions.items.iter().any(|item| {
                let Some(name) = item.template.source().as_str() else { return true };
                let other = service.is_some_and(|service| {
                    name.split_once(':').is_some_and(|(prefix, _)| {
                        !prefix.contains(['*', '?']) && !prefix.eq_ignore_ascii_case(service)
                    })
                });
                let elsewhere = Reference::get().action(name).is_some_and(|action| match kind {
                    Some(kind) => !action.on.contains_key(kind),
                    None => action.on.keys().all(String::is_empty),
                });
                !other && !elsewhere
            });
        let Some(resources) = statement.resources.as_ref().filter(|list| !list.negated) else {
            return acts;
        };
        let itself = names::made_up(resource, Some(""));
        let itself = itself.trim_matches(['<', '>']);
        let known_to_be_other = |item: &policy::Item| {
            let start = fixed(item.template.pieces());
            let made_up = start.literal_start().split_once(":::<").map(|(_, name)| name);
            let service_of_arn = start.segment(2);
            let service_of_arn = service_of_arn.as_ref().and_then(policy::Text::as_str);
            let known = self
                .known
                .get_or_init(|| self.facts.assets.iter().map(|asset| &asset.target.arn).collect());
            // What stands for a resource's ARN begins with the first of its services alone.
            known.contains(&without_separator(&start))
                || match made_up {
                    Some(name) => !name.starts_with(itself),
                    None => service_of_arn.is_some_and(|of_arn| {
                        service.is_some_and(|service| service != of_arn) && own != Some(of_arn)
                    }),
                }
        };
        acts && !resources.items.iter().all(known_to_be_other)
    }
}

/// The ARN of a resource of EC2.
fn ec2_arn(
    model: &Model<'_>,
    account: &policy::Text,
    name: &str,
    resource: &Resource<'_>,
) -> policy::Text {
    let mut arn = policy::Text::from("arn:aws:ec2:");
    let region = tenantry_template::Text::symbol(Symbols::REGION);
    arn.push(&names::text(model, &region));
    arn.push_str(":");
    arn.push(account);
    arn.push_str(&format!(":{name}/{}", names::made_up(resource, None)));
    arn
}

/// The actions that reach something of a type of EC2.
fn on_ec2(arn: &policy::Text, kind: &str) -> policy::Actions {
    let actions = Reference::get().actions_on(arn);
    let acting =
        actions.iter().filter(|(action, _)| !names_interface(kind, &action.to_ascii_lowercase()));
    acting.cloned().collect()
}

/// The service of whose ARNs one is known for a resource.
fn asked_as(model: &Model<'_>, resource: &Resource<'_>) -> Option<policy::Text> {
    match (&resource.arn, services::ec2(&resource.kind)) {
        (Some(arn), _) => names::text(model, arn).segment(2),
        (None, Some(_)) => Some("ec2".into()),
        (None, None) if resource.kind == names::SECRET => Some("secretsmanager".into()),
        (None, None) => None,
    }
}

/// The actions, in lower case, that are asked about here: of services whose ARNs are not known
/// `service:*`, and `*` where the services are not known either.
pub(crate) fn acting(facts: &Facts<'_, '_>, visit: &mut impl FnMut(&str)) {
    let model = facts.reader.model;
    let account = assets::account(model);
    let mut seen = HashSet::new();
    for resource in &model.resources {
        let own = matches!(resource.owner, Owner::Tenant(_));
        if !own || services::exempt(&resource.kind).is_some() || !seen.insert(&resource.kind) {
            continue;
        }
        if let Some(name) = services::ec2(&resource.kind) {
            let arn = ec2_arn(model, &account, name, resource);
            for (action, _) in on_ec2(&arn, &resource.kind).iter() {
                visit(&action.to_ascii_lowercase());
            }
        }
        let services = services::of(&resource.kind);
        if resource.arn.is_some() && services.is_none_or(|services| services.len() < 2) {
            continue;
        }
        let asked = asked_as(model, resource);
        let asked = asked.as_ref().and_then(policy::Text::as_str);
        match services {
            None => visit("*"),
            Some(all) => {
                let others = all.iter().filter(|service| Some(**service) != asked);
                others.for_each(|service| visit(&format!("{service}:*")));
            }
        }
    }
}

/// What stands before the first wildcard or variable.
fn fixed(pieces: &[Piece]) -> policy::Text {
    let mut text = policy::Text::default();
    for piece in pieces {
        match piece {
            Piece::Wild(wild) => {
                let start = wild.split(['*', '?']).next().unwrap_or_default();
                text.push_str(start);
                if start.len() < wild.len() {
                    break;
                }
            }
            Piece::Literal(char) => text.push_str(char.encode_utf8(&mut [0; 4])),
            Piece::Symbol(symbol) => text.push_symbol(*symbol),
            Piece::Variable { .. } => break,
        }
    }
    text
}

/// The text without a `:` or `/` at its end, behind which only parts of a resource come.
fn without_separator(text: &policy::Text) -> policy::Text {
    let mut out = policy::Text::default();
    let last = text.parts().len().saturating_sub(1);
    for (at, part) in text.parts().iter().enumerate() {
        match part {
            policy::Part::Literal(literal) if at == last => {
                out.push_str(literal.strip_suffix([':', '/']).unwrap_or(literal));
            }
            policy::Part::Literal(literal) => out.push_str(literal),
            policy::Part::Symbol(symbol) => out.push_symbol(*symbol),
        }
    }
    out
}
