//! Who may come near an asset: by what statements name, and by name.

use std::collections::BTreeSet;

use foldhash::{HashMap, HashMapExt as _};
use tenantry_policy as policy;
use tenantry_policy::{CallerKind, Index, PrincipalKind};
use tenantry_template::Owner;

use super::Facts;
use super::assets::Asset;
use super::other_arns;
use super::principals::PrincipalId;

/// Finds the principals that come near an asset: statements are filed by what they name.
pub(crate) struct Candidates<'f, 'm, 'a> {
    facts: &'f Facts<'m, 'a>,
    pub(crate) index: Index<'f, PrincipalId>,
    pub(crate) by_arn: HashMap<&'f policy::Text, PrincipalId>,
}

impl<'f, 'm, 'a> Candidates<'f, 'm, 'a> {
    pub(crate) fn of(facts: &'f Facts<'m, 'a>) -> Self {
        let all = facts.principals.entries();
        let filed = all.flat_map(|(at, each)| each.policies.iter().map(move |own| (at, own)));
        Self { facts, index: Index::build(filed), by_arn: facts.by_arn() }
    }

    /// The principals that some statement may let do something to an asset.
    pub(crate) fn near(&self, asset: &Asset) -> BTreeSet<PrincipalId> {
        let Self { facts, index, by_arn } = self;
        let arn = &asset.target.arn;
        let service = arn.segment(2).unwrap_or_default();
        let mut services = vec![service.as_str().unwrap_or_default()];
        if &*asset.kind == "AWS::IAM::Role" {
            services.push("sts");
        }
        let mut near = principals_named_by(facts, asset, by_arn);
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
            for other in other_arns::of(asset) {
                for group in index.candidates(service, &other.arn) {
                    let lists = |action| policy::lists(&group.statement.actions, action);
                    if other.actions().any(lists) {
                        near.extend(group.owners.iter().copied());
                    }
                }
            }
        }
        near
    }
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
    by_arn: &HashMap<&policy::Text, PrincipalId>,
    asset: &Asset,
) -> BTreeSet<PrincipalId> {
    let mut found = BTreeSet::new();
    let mut first = None;
    for (at, principal) in facts.principals.entries() {
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
pub(crate) fn principals_named_by(
    facts: &Facts<'_, '_>,
    asset: &Asset,
    by_arn: &HashMap<&policy::Text, PrincipalId>,
) -> BTreeSet<PrincipalId> {
    let mut found = BTreeSet::new();
    let statements = asset.policy.iter().flat_map(|policy| &policy.statements);
    for statement in statements.filter(|statement| statement.effect == policy::Effect::Allow) {
        let Some(principals) = &statement.principals else { continue };
        for item in &principals.items {
            let everyone = item.kind == PrincipalKind::Everyone
                || (item.kind == PrincipalKind::Aws && item.text.as_str() == Some("*"));
            if everyone || principals.negated {
                found.extend(facts.principals.ids());
            } else if item.kind == PrincipalKind::Aws {
                match by_arn.get(&item.text) {
                    Some(at) => {
                        found.insert(*at);
                        found.extend(facts.users.acting_as(facts.principals[*at].at));
                    }
                    // It may turn out to be any of them: two stand for all.
                    None if item.text.symbols().any(|symbol| symbol.form.contains('/')) => {
                        let mut all = facts.principals.ids();
                        found.extend(all.next().into_iter().chain(all.next_back()));
                    }
                    None => found.extend(facts.alike(&item.text)),
                }
            }
        }
    }
    found
}

impl Facts<'_, '_> {
    /// The principals that a text which is no principal's ARN may name after all: one of a session,
    /// or one that writes out an account or a name which is not known elsewhere.
    fn alike(&self, text: &policy::Text) -> &[PrincipalId] {
        let ends = self.ends.get_or_init(|| {
            let mut ends: HashMap<String, Vec<PrincipalId>> = HashMap::new();
            for (at, principal) in self.principals.entries() {
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
