//! Every action on what tenants share counts, until an entry says why it opens nothing or who asks
//! about it. So does one on a kind of thing that no type declares (a snapshot, a recovery point), or
//! on none (a setting of the whole account), where its service has something here that is not the
//! caller's own.

use std::collections::{BTreeMap, BTreeSet};

use foldhash::{HashMap, HashMapExt as _};
use tenantry_policy as policy;
use tenantry_policy::{Action, Context, Effect, PolicySet, Request, Value};
use tenantry_template::{Owner, ResourceId, TenantIndex, Text};
use tenantry_verdict::claims::ClaimId;

use super::Findings;
use super::actions::{Claims, FOREIGN, rows};
use super::of_services::{Service, services};
use super::{data, escalation, identity};
use crate::claim_set::Listed;
use crate::facts::assets::Asset;
use crate::facts::forms::Forms;
use crate::facts::principals::{Principal, tags};
use crate::facts::{Facts, names, other_arns};
use crate::findings::unknown::{Unexplained, Unknown};

/// Leaves open what tenants' principals may do to what they share, where nothing explains it.
pub(super) fn decide(facts: &Facts<'_, '_>, found: &mut Findings) {
    let mut services = services(facts.reader.model);
    if services.is_empty() {
        return;
    }
    let mut asker = Asker::of(facts);
    for principal in &facts.principals {
        let Owner::Tenant(tenant) = principal.owner else { continue };
        for (prefix, granted) in granted(principal, &mut services) {
            let Some(service) = services.get(prefix) else { continue };
            asker.ask(principal, tenant, service, &granted);
        }
    }
    asker.tell(found);
}

/// By service: which of its actions that nothing explains a principal's statements list.
fn granted(
    principal: &Principal,
    services: &mut BTreeMap<&'static str, Service>,
) -> BTreeMap<&'static str, BTreeSet<usize>> {
    let mut found: BTreeMap<&'static str, BTreeSet<usize>> = BTreeMap::new();
    let statements = principal.policies.iter().flat_map(|policy| &policy.statements);
    for statement in statements.filter(|each| each.effect == Effect::Allow) {
        if statement.actions.negated {
            for (prefix, service) in services.iter_mut() {
                found.entry(prefix).or_default().extend(service.listed("*").iter());
            }
            continue;
        }
        for item in &statement.actions.items {
            let Some(pattern) = item.template.source().as_str() else { continue };
            let (start, _) = pattern.split_once(':').unwrap_or((pattern, ""));
            if start.contains(['*', '?']) {
                for (prefix, service) in services.iter_mut() {
                    found.entry(prefix).or_default().extend(service.listed(pattern).iter());
                }
            } else if let Some((prefix, service)) =
                services.iter_mut().find(|(prefix, _)| prefix.eq_ignore_ascii_case(start))
            {
                found.entry(prefix).or_default().extend(service.listed(pattern).iter());
            }
        }
    }
    found.retain(|_, actions| !actions.is_empty());
    found
}

/// What somebody may do to a thing.
struct Told {
    principal: ResourceId,
    claim: Listed<Claims>,
    /// The first action, and whether it is about this thing itself.
    action: String,
    itself: bool,
    more: usize,
}

struct Asker<'f, 'm, 'a> {
    facts: &'f Facts<'m, 'a>,
    forms: Forms<'m, 'a>,
    /// By resource: what requests for it name.
    assets: HashMap<ResourceId, Vec<&'f Asset>>,
    told: BTreeMap<(ResourceId, ClaimId), Told>,
}

impl<'f, 'm, 'a> Asker<'f, 'm, 'a> {
    fn of(facts: &'f Facts<'m, 'a>) -> Self {
        let model = facts.reader.model;
        let mut assets: HashMap<ResourceId, Vec<&Asset>> = HashMap::new();
        for asset in facts.assets.iter().filter(|asset| asset.owner == Owner::Shared) {
            assets.entry(asset.at).or_default().push(asset);
        }
        Self { facts, forms: Forms::of(model), assets, told: BTreeMap::new() }
    }

    fn owner(&self, at: ResourceId) -> Owner {
        self.facts.reader.model.resources[at].owner
    }

    /// Asks what of a service's actions a principal may do to what is not its own.
    fn ask(
        &mut self,
        principal: &Principal,
        tenant: TenantIndex,
        service: &Service,
        granted: &BTreeSet<usize>,
    ) {
        let context = self.context(principal, tenant);
        let shared = service.things.iter().filter(|at| self.owner(**at) == Owner::Shared);
        let shared: Vec<ResourceId> = shared.copied().collect();
        for at in &shared {
            self.of_thing(principal, service, granted, *at, &context);
        }
        // What is about no thing of a type that is declared: one that is not its own stands for all.
        let apart = |at: &ResourceId| self.owner(*at) != Owner::Tenant(tenant);
        let stands =
            shared.first().copied().or_else(|| service.things.iter().copied().find(|at| apart(at)));
        let Some(at) = stands else { return };
        let alone = shared.is_empty() && service.has_no_types();
        let wide = service.chosen(granted).filter(|(_, each)| alone || service.is_wide(each));
        for (name, action) in wide {
            if service.makes_new(name, action, None) {
                continue;
            }
            let full = format!("{}:{name}", service.prefix);
            let claim = claim(action);
            if self.is_told(at, claim) {
                continue;
            }
            let forms = self.wide(service, action);
            if forms.into_iter().any(|arn| self.may(principal, &full, arn, None, None, &context)) {
                self.add(principal, at, claim, full, false);
            }
        }
    }

    /// Asks of a shared thing.
    fn of_thing(
        &mut self,
        principal: &Principal,
        service: &Service,
        granted: &BTreeSet<usize>,
        at: ResourceId,
        context: &Context,
    ) {
        let resource = &self.facts.reader.model.resources[at];
        let own = service.type_of(&resource.kind);
        let parts = self.assets.get(&at).cloned().unwrap_or_default();
        let parts: Vec<&Asset> = parts.into_iter().filter(|each| is_of(each, service)).collect();
        let (names, arns) = self.forms.meant(principal, at);
        for (name, action) in service.chosen(granted) {
            let full = format!("{}:{name}", service.prefix);
            let claim = claim(action);
            let listed = rows(&resource.kind).any(|row| row.lists(&full));
            if listed
                || service.is_wide(action)
                || service.makes_new(name, action, Some(&resource.kind))
                || self.is_told(at, claim)
            {
                continue;
            }
            let mut may = parts.iter().any(|part| {
                on(part, &full)
                    .into_iter()
                    .any(|arn| self.may(principal, &full, arn, Some(at), Some(part), context))
            });
            let about = own.as_ref().is_none_or(|own| service.is_about(action, own));
            if !may && about && parts.is_empty() {
                let forms = action.on.keys().filter_map(|on| service.form(on)).flat_map(|form| {
                    let first = [self.forms.name(at, form)].into_iter().chain(names.clone());
                    first.map(|name| self.forms.filled(form, Some(&name))).collect::<Vec<_>>()
                });
                let forms: Vec<policy::Text> = forms.chain(arns.iter().cloned()).collect();
                may = forms
                    .into_iter()
                    .any(|arn| self.may(principal, &full, arn, Some(at), None, context));
            }
            if may {
                self.add(principal, at, claim, full, true);
            }
        }
    }

    fn is_told(&self, at: ResourceId, claim: Listed<Claims>) -> bool {
        self.told.get(&(at, *claim)).is_some_and(|told| told.more > 0)
    }

    fn add(
        &mut self,
        principal: &Principal,
        at: ResourceId,
        claim: Listed<Claims>,
        action: String,
        itself: bool,
    ) {
        match self.told.get_mut(&(at, *claim)) {
            Some(told) => told.more += 1,
            None => {
                let told = Told { principal: principal.at, claim, action, itself, more: 0 };
                self.told.insert((at, *claim), told);
            }
        }
    }

    /// What a request says: a key by which a statement holds its tenant to its own has another's.
    fn context(&self, principal: &Principal, tenant: TenantIndex) -> Context {
        let mut context = Context::hostile();
        let statements = principal.policies.iter().flat_map(|policy| &policy.statements);
        for test in statements.flat_map(|statement| &statement.conditions) {
            if test.key.to_ascii_lowercase().contains("tag/") {
                continue;
            }
            let own = test.values.iter().any(|item| {
                let literal = item.template.source().to_string();
                self.facts.owners.mentioned(&Text::literal(literal)).contains(&tenant)
                    || item
                        .template
                        .variables()
                        .any(|key| key.to_ascii_lowercase().starts_with("aws:principaltag/"))
            });
            if own {
                context = context.with(&test.key, Value::Present(vec![FOREIGN.into()]));
            }
        }
        context
    }

    /// The ARNs of what no type declares, whichever it is.
    fn wide(&self, service: &Service, action: &Action) -> Vec<policy::Text> {
        let forms = action.on.keys().filter_map(|on| service.form(on));
        let mut found: Vec<policy::Text> =
            forms.map(|form| self.forms.filled(form, None)).collect();
        if found.is_empty() {
            found.push("*".into());
        }
        found
    }

    /// Whether a principal may do an action, as far as that does not hang on which part it asks for.
    fn may(
        &self,
        principal: &Principal,
        action: &str,
        arn: policy::Text,
        of: Option<ResourceId>,
        asset: Option<&Asset>,
        context: &Context,
    ) -> bool {
        let model = self.facts.reader.model;
        let set = match asset {
            Some(asset) => self.facts.policies(principal, asset),
            None => PolicySet {
                identity: principal.policies.iter().collect(),
                boundary: principal.boundary.as_ref(),
                ..PolicySet::default()
            },
        };
        let request = Request {
            caller: principal.caller.clone(),
            action: action.to_owned(),
            resource: arn,
            resource_account: asset
                .map_or_else(|| self.forms.account.clone(), |asset| asset.target.account.clone()),
            resource_tags: of.map(|at| tags(model, &model.resources[at])),
            context: context.clone(),
        };
        match policy::find_witness(&request, &set) {
            Ok(way) => way.is_some(),
            Err(reasons) => !reasons.iter().any(
                |reason| matches!(reason, policy::Reason::Symbol(symbol) if names::is_part(symbol)),
            ),
        }
    }

    fn tell(self, found: &mut Findings) {
        for ((of, _), told) in self.told {
            let Told { principal, claim, action, itself, more } = told;
            let more = more > 0;
            found.undecided(
                claim,
                Unknown::Unexplained(Unexplained::Action { principal, action, more, of, itself }),
            );
        }
    }
}

/// Whether requests of a service name an asset by its ARN.
fn is_of(asset: &Asset, service: &Service) -> bool {
    let named = asset.target.arn.segment(2);
    named.as_ref().and_then(policy::Text::as_str) == Some(service.prefix)
}

/// The ARNs of an asset on which an action acts.
fn on(asset: &Asset, action: &str) -> Vec<policy::Text> {
    let acting = policy::Reference::get().actions_on(&asset.target.arn);
    let itself = acting.iter().any(|(each, _)| each == action);
    let itself = itself.then(|| asset.target.arn.clone());
    let others = other_arns::of(asset).into_iter();
    let others = others.filter(|other| other.own && other.actions().any(|each| each == action));
    itself.into_iter().chain(others.map(|other| other.arn)).collect()
}

/// What an action is about that no rule explains.
fn claim(action: &Action) -> Listed<Claims> {
    if action.access.contains("Permissions") {
        escalation::POLICY
    } else if action.access.contains("Write") {
        identity::OTHER_TENANTS_ASSET
    } else {
        data::POOLED
    }
}
