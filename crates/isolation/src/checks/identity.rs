//! Who else can do anything to each asset of a tenant.

pub(crate) mod confused_deputy;
pub(crate) mod unknown_arns;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use foldhash::{HashMap, HashMapExt as _};
use rayon::prelude::*;
use tenantry_policy as policy;
use tenantry_policy::{
    CallerKind, Context, Index, Policy, PolicySet, PrincipalKind, Request, ResourceKind, Way, reach,
};
use tenantry_template::{Model, Owner, Span};
use tenantry_verdict::claims::{Barrier, ClaimId, data, identity};
use tenantry_verdict::{ClaimVerdict, Notice, Reason};

use super::identity::confused_deputy::Shared;
use super::identity::unknown_arns::names_interface;
use super::{
    Answers, code_source, environment, escalation, event_flow, external_access, key_assignment,
    route, token, unresolved_attachments,
};
use crate::explain;
use crate::facts::assets::{self, Asset};
use crate::facts::owners::Owners;
use crate::facts::policies::Reader;
use crate::facts::principals::{self, Principal};
use crate::facts::users::{self, Users};
use crate::facts::{classify, federation};

/// All that the planes of policies look at.
pub(crate) struct Facts<'m, 'a> {
    pub(crate) reader: Reader<'m, 'a>,
    pub(crate) principals: Vec<Principal>,
    /// Which of them are users who act as a shared role.
    pub(crate) users: Users,
    pub(crate) assets: Vec<Asset>,
    /// Whether every tenant's principal is allowed everything, so that a few stand for all.
    pub(crate) everybody: bool,
    /// By what follows the account in its ARN, and `assumed-role/` in its sessions': principals.
    ends: OnceLock<HashMap<String, Vec<usize>>>,
}

/// What was asked and found, claim by claim.
#[derive(Default)]
pub(crate) struct Found(BTreeMap<ClaimId, ClaimVerdict>);

impl Found {
    pub(crate) fn claim(&mut self, claim: ClaimId) -> &mut ClaimVerdict {
        self.0.entry(claim).or_insert_with(|| ClaimVerdict::new(claim))
    }

    pub(crate) fn ask(&mut self, claim: ClaimId) {
        self.claim(claim).questions += 1;
    }

    pub(crate) fn undecided(&mut self, claim: ClaimId, reason: Reason) {
        let known = &mut self.claim(claim).undecided;
        if !known.contains(&reason) {
            known.push(reason);
        }
    }

    /// Adds what was found beside it.
    fn merge(&mut self, other: Self) {
        for (claim, answer) in other.0 {
            let known = self.claim(claim);
            known.questions += answer.questions;
            known.counterexamples.extend(answer.counterexamples);
            answer.undecided.into_iter().for_each(|reason| self.undecided(claim, reason));
        }
    }

    pub(crate) fn claims(&self) -> impl Iterator<Item = &ClaimVerdict> {
        self.0.values()
    }

    pub(crate) fn into_claims(self) -> impl Iterator<Item = ClaimVerdict> {
        self.0.into_values()
    }
}

impl<'m, 'a> Facts<'m, 'a> {
    pub(crate) fn read(model: &'m Model<'a>) -> Self {
        let mut reader = Reader::new(model);
        let mut principals = principals::read(&mut reader);
        let users = users::add(&reader, &mut principals);
        let assets = assets::read(&mut reader);
        Self { reader, principals, users, assets, everybody: false, ends: OnceLock::new() }
    }

    /// Roles and users by ARN. Whoever acts as a role comes after the role itself, and is not there.
    pub(crate) fn by_arn(&self) -> HashMap<&policy::Text, usize> {
        let principals = self.principals.iter().enumerate().rev();
        principals.map(|(at, principal)| (&principal.arn, at)).collect()
    }

    pub(crate) fn path(&self, at: usize) -> String {
        self.reader
            .model
            .resources
            .get(at)
            .map(|resource| resource.path.clone())
            .unwrap_or_default()
    }

    pub(crate) fn span(&self, at: usize) -> Option<Span> {
        self.reader.model.resources.get(at).map(|resource| resource.span)
    }

    /// The principals that a text which is no principal's ARN may name after all: one of a session,
    /// or one that writes out an account or a name which is not known elsewhere.
    fn alike(&self, text: &policy::Text) -> &[usize] {
        let ends = self.ends.get_or_init(|| {
            let mut ends: HashMap<String, Vec<usize>> = HashMap::new();
            for (at, principal) in self.principals.iter().enumerate() {
                let mut add = |end| ends.entry(end).or_default().push(at);
                end(&principal.arn.to_string()).into_iter().for_each(&mut add);
                if let CallerKind::Session { session, .. } = &principal.caller.kind {
                    end(&session.to_string()).into_iter().for_each(add);
                }
            }
            ends
        });
        end(&text.to_string()).and_then(|end| ends.get(&end)).map(Vec::as_slice).unwrap_or_default()
    }

    /// The statements that can never match, each once.
    fn dead(&self) -> Vec<Notice> {
        let own = self.principals.iter().flat_map(|principal| &principal.policies);
        let mut assets: Vec<&Arc<Policy>> =
            self.assets.iter().filter_map(|asset| asset.policy.as_ref()).collect();
        // The parts of a resource share its policy.
        assets.dedup_by(|one, other| Arc::ptr_eq(one, other));
        let assets = assets.into_iter().map(Arc::as_ref);
        let mut places = BTreeSet::new();
        let mut notices = Vec::new();
        let statements: Vec<_> = own.chain(assets).flat_map(|policy| &policy.statements).collect();
        let dead: Vec<_> = statements.into_par_iter().filter_map(policy::dead).collect();
        for dead in dead {
            let (what, span) = match dead {
                policy::Dead::Key { key, span } => {
                    (format!("no request has the condition key `{key}`"), span)
                }
                policy::Dead::Actions { span } => ("no service has these actions".to_owned(), span),
                policy::Dead::Resources { span } => {
                    ("none of these actions acts on these resources".to_owned(), span)
                }
            };
            let Some(span) = self.reader.places.get(span) else { continue };
            if places.insert((span.file, span.start)) {
                notices.push(Notice {
                    what: format!("this statement never matches: {what}"),
                    help: Some("correct or remove it: it is no grant and no barrier".to_owned()),
                    place: self.reader.model.place(span),
                });
            }
        }
        notices
    }

    /// Everything that has a say in a principal's request for an asset.
    pub(crate) fn policies<'f>(
        &'f self,
        principal: &'f Principal,
        asset: &'f Asset,
    ) -> PolicySet<'f> {
        PolicySet {
            identity: principal.policies.iter().collect(),
            boundary: principal.boundary.as_ref(),
            resource: asset.policy.as_deref(),
            resource_kind: match asset.gatekeeper {
                true => ResourceKind::Gatekeeper,
                false => ResourceKind::Ordinary,
            },
            ..PolicySet::default()
        }
    }

    /// What a principal can do to an asset.
    pub(crate) fn reach(
        &self,
        principal: &Principal,
        asset: &Asset,
        context: &Context,
    ) -> policy::Reach {
        let mut set = self.policies(principal, asset);
        let mut found = policy::Reach::default();
        for action in assets::asked_besides(&asset.kind) {
            let request = Request {
                caller: principal.caller.clone(),
                action: (*action).to_owned(),
                resource: asset.target.arn.clone(),
                resource_account: asset.target.account.clone(),
                resource_tags: asset.target.tags.clone(),
                context: context.clone(),
            };
            match policy::ask(&request, &set) {
                Ok(Some(way)) => found.allowed.push(way),
                Ok(None) => {}
                Err(reasons) => found.undecided.push((request.action, reasons)),
            }
        }
        // A role's own policy is about becoming it, and about nothing else.
        if &*asset.kind == "AWS::IAM::Role" {
            set.resource = None;
            set.resource_kind = ResourceKind::Ordinary;
        }
        let more = reach(&principal.caller, &set, &asset.target, context);
        found.allowed.extend(more.allowed);
        found.undecided.extend(more.undecided);
        found.allowed.retain(|way| !names_interface(&asset.kind, &way.request.action));
        found.undecided.retain(|(action, _)| !names_interface(&asset.kind, action));
        found
    }
}

/// Decides every claim of these planes.
pub(crate) fn decide(facts: &Facts<'_, '_>, answers: &mut Answers) {
    let mut found = Found::default();
    let shared = assets_of_all(facts, &mut found);
    unresolved_attachments::decide(facts, &mut found);
    external_access::decide(facts, &mut found);
    let owners = Owners::new(facts.reader.model);
    federation::decide(facts, &owners, &mut found);
    users::decide(facts, &owners, &mut found);
    code_source::decide(facts, &owners, &mut found);
    environment::decide(facts, &owners, &mut found);
    key_assignment::decide(facts, &owners, &mut found);
    event_flow::decide(facts, &owners, &mut found);
    let routes = route::decide(facts, &owners, &mut found);
    escalation::decide(facts, &mut found);
    token::decide(facts, &owners, &mut found);
    let unsteered = confused_deputy::grants(facts, &owners, &routes, &shared, &mut found);
    for (principal, notice) in unsteered {
        answers.unsteered.insert(principal);
        answers.least_privilege.push(notice);
    }
    answers.dead.extend(facts.dead());
    answers.claims.extend(found.into_claims());
}

/// Asks of every asset who can do anything to it.
pub(crate) fn assets_of_all(facts: &Facts<'_, '_>, found: &mut Found) -> Shared {
    found.claim(identity::OTHER_TENANTS_ASSET);
    found.claim(data::POOLED);
    let filed = facts.principals.iter().enumerate();
    let filed =
        filed.flat_map(|(at, principal)| principal.policies.iter().map(move |policy| (at, policy)));
    let index = Index::build(filed);
    let by_arn = facts.by_arn();
    for principal in &facts.principals {
        if let Owner::Tenant(_) = principal.owner {
            for reason in &principal.open {
                found.undecided(identity::OTHER_TENANTS_ASSET, reason.clone());
                for claim in classify::open(None) {
                    found.undecided(claim, reason.clone());
                }
            }
        }
    }
    let met: Vec<(Vec<usize>, Found)> =
        facts.assets.par_iter().map(|asset| meet(facts, &index, &by_arn, asset)).collect();
    let mut shared = Shared::default();
    for (at_asset, (asset, (near, ways))) in facts.assets.iter().zip(met).enumerate() {
        found.merge(ways);
        let Owner::Tenant(victim) = asset.owner else {
            if assets::is_table(&asset.kind) {
                confused_deputy::pooled(facts, asset, &near, found);
            }
            shared.becoming(facts, asset, &near, &by_arn);
            continue;
        };
        found.ask(identity::OTHER_TENANTS_ASSET);
        unread(asset, found);
        near.iter().for_each(|at| shared.reaching(facts, *at, victim, at_asset));
    }
    for (claim, kinds) in classify::ASKED {
        let known = found.claim(*claim);
        let of_kind = |asset: &&Asset| {
            matches!(asset.owner, Owner::Tenant(_)) && kinds.contains(&&*asset.kind)
        };
        known.questions += facts.assets.iter().filter(of_kind).count() as u64;
    }
    unknown_arns::decide(facts, &index, found);
    shared
}

/// Asks of a tenant's asset which other tenants reach it, and who of the shared comes near; of
/// another asset who comes near.
fn meet(
    facts: &Facts<'_, '_>,
    index: &Index<'_, usize>,
    by_arn: &HashMap<&policy::Text, usize>,
    asset: &Asset,
) -> (Vec<usize>, Found) {
    let mut found = Found::default();
    let mut kept = Vec::new();
    for at in near(facts, index, by_arn, asset) {
        let Some(principal) = facts.principals.get(at) else { continue };
        match (asset.owner, principal.owner) {
            (Owner::Tenant(victim), Owner::Tenant(attacker)) if attacker != victim => {
                ask(facts, principal, asset, &mut found);
            }
            (Owner::Tenant(_), Owner::Tenant(_) | Owner::Undecided) => {}
            _ => kept.push(at),
        }
    }
    (kept, found)
}

/// A policy that cannot be read may let anybody in.
fn unread(asset: &Asset, found: &mut Found) {
    let Some(reason) = &asset.unread else { return };
    let asked = classify::open(Some(&asset.kind));
    for claim in asked.chain([identity::OTHER_TENANTS_ASSET, identity::OUTSIDE]) {
        found.undecided(claim, (**reason).clone());
    }
}

/// The principals that some statement may let do something to an asset.
fn near(
    facts: &Facts<'_, '_>,
    index: &Index<'_, usize>,
    by_arn: &HashMap<&policy::Text, usize>,
    asset: &Asset,
) -> BTreeSet<usize> {
    let arn = &asset.target.arn;
    let service = arn.segment(2).unwrap_or_default();
    let mut services = vec![service.as_str().unwrap_or_default()];
    if &*asset.kind == "AWS::IAM::Role" {
        services.push("sts");
    }
    let mut near = named(facts, asset, by_arn);
    if facts.everybody {
        near.extend(standing_for_all(facts, by_arn, asset));
        return near;
    }
    let known = policy::Reference::get().actions_on(arn);
    for service in services {
        for group in index.candidates(service, arn) {
            if may_act(group.statement, &known) {
                near.extend(group.owners.iter().copied());
            }
        }
    }
    near
}

/// Whether a statement lists an action that acts on such an asset, as far as that is recorded.
pub(crate) fn may_act(statement: &policy::PolicyStatement, known: &policy::Actions) -> bool {
    let is_known = |name: &str| known.iter().any(|(each, _)| each.eq_ignore_ascii_case(name));
    let acts = |name: &str| {
        let name = name.to_ascii_lowercase();
        let asked_besides = name.starts_with("sts:") || name.starts_with("logs:createlogstream");
        let besides = ["logs:putlogevents", "logs:getlogevents"].contains(&name.as_str());
        asked_besides || besides || name.contains(['*', '?']) || is_known(&name)
    };
    let mut items = statement.actions.items.iter();
    known.is_empty()
        || statement.actions.negated
        || items.any(|item| item.template.source().as_str().is_none_or(acts))
}

/// Of principals that are all allowed everything: two of different tenants, and those that the
/// asset's own policy tells apart.
fn standing_for_all(
    facts: &Facts<'_, '_>,
    by_arn: &HashMap<&policy::Text, usize>,
    asset: &Asset,
) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    let mut first = None;
    for (at, principal) in facts.principals.iter().enumerate() {
        if !matches!(principal.owner, Owner::Tenant(_)) {
            continue;
        }
        match first {
            None => first = Some(principal.owner),
            Some(owner) if owner == principal.owner => continue,
            Some(_) => {
                found.insert(at);
                break;
            }
        }
        found.insert(at);
    }
    let statements = asset.policy.iter().flat_map(|policy| &policy.statements);
    for statement in statements {
        for value in statement.conditions.iter().flat_map(|test| &test.values) {
            found.extend(by_arn.get(value.template.source()).copied());
        }
    }
    found
}

/// The principals that an asset's own policy may let in by name.
pub(crate) fn named(
    facts: &Facts<'_, '_>,
    asset: &Asset,
    by_arn: &HashMap<&policy::Text, usize>,
) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    let statements = asset.policy.iter().flat_map(|policy| &policy.statements);
    for statement in statements.filter(|statement| statement.effect == policy::Effect::Allow) {
        let Some(principals) = &statement.principals else { continue };
        for item in &principals.items {
            let everyone = item.kind == PrincipalKind::Everyone
                || (item.kind == PrincipalKind::Aws && item.text.as_str() == Some("*"));
            if everyone || principals.negated {
                found.extend(0..facts.principals.len());
            } else if item.kind == PrincipalKind::Aws {
                match by_arn.get(&item.text) {
                    Some(at) => {
                        found.insert(*at);
                        let role = facts.principals.get(*at).map(|principal| principal.at);
                        let users = role.map(|role| facts.users.of(role)).unwrap_or_default();
                        found.extend(users);
                    }
                    // It may turn out to be any of them: two stand for all.
                    None if item.text.symbols().any(|symbol| symbol.form.contains('/')) => {
                        found.extend([0, facts.principals.len().saturating_sub(1)]);
                    }
                    None => found.extend(facts.alike(&item.text)),
                }
            }
        }
    }
    found
}

/// What follows the account in an ARN of IAM; of a session without its name.
fn end(arn: &str) -> Option<String> {
    let (_, end) = arn.split_once("::")?;
    let (_, end) = end.split_once(':')?;
    match end.strip_prefix("assumed-role/") {
        Some(session) => Some(format!("assumed-role/{}", session.rsplit_once('/')?.0)),
        None => Some(end.to_owned()),
    }
}

/// Asks what a principal may do to an asset; whether that is something for sure.
pub(crate) fn ask(
    facts: &Facts<'_, '_>,
    principal: &Principal,
    asset: &Asset,
    found: &mut Found,
) -> bool {
    let reach = facts.reach(principal, asset, &Context::hostile());
    let open = asset.open.as_deref().or(principal.open.first());
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
        claims.extend(special.map(|(claim, _)| claim));
        if by_resource && classify::stores_data(&asset.kind) {
            claims.push(data::RESOURCE_POLICY);
        }
        for claim in claims {
            if let Some(reason) = open {
                found.undecided(claim, reason.clone());
            } else if told.insert(claim) {
                let mut example = explain::way(facts, claim, barrier, principal, asset, way);
                let same = |other: &&Way| {
                    claim == identity::OTHER_TENANTS_ASSET
                        || classify::claim(&asset.kind, &other.request.action)
                            .map(|(claim, _)| claim)
                            == Some(claim)
                };
                let others = reach.allowed.iter().filter(same).count().saturating_sub(1);
                if others > 0 {
                    example.when.push(format!("so for {others} more actions"));
                }
                found.claim(claim).counterexamples.push(example);
            }
        }
    }
    for (action, reasons) in &reach.undecided {
        let special = classify::claim(&asset.kind, action).map(|(claim, _)| claim);
        let matters = format!(
            "`{}` may then do {action} to `{}`",
            facts.path(principal.at),
            facts.path(asset.at)
        );
        for claim in [Some(identity::OTHER_TENANTS_ASSET), special].into_iter().flatten() {
            if told.contains(&claim) {
                continue;
            }
            told.insert(claim);
            for reason in reasons {
                found.undecided(claim, explain::reason(facts, reason, &matters, principal.at));
            }
        }
    }
    !reach.allowed.is_empty()
}
