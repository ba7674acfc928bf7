//! What a tenant's principal may do to things that tenants share: take control of one that guards
//! or serves everybody, or read from a store what others put there.
//!
//! Whether a shared function's role reaches another tenant, and who may write which items of a
//! shared table, are asked elsewhere; here it is the thing itself. The answer is open and not a
//! breach: whose data lie there, and what the thing guards, no template says.

mod actions;
mod every_action;
mod explained;
mod of_services;
mod stacks;

use std::collections::BTreeMap;

use tenantry_policy as policy;
use tenantry_policy::{Context, Target, Value};
use tenantry_template::{Owner, Resource, ResourceId};

pub(crate) use self::actions::lines;
use self::actions::{Claims, FOREIGN, Row, data, escalation, identity, rows};
pub use self::explained::explained_actions;
pub(crate) use self::explained::services_that_hold_nothing;
use crate::check::Check;
use crate::facts::assets::{self, Asset};
use crate::facts::candidates::Candidates;
use crate::facts::principals::Principal;
use crate::facts::{Facts, names};
use crate::findings::unknown::Unknown;

type Findings = crate::findings::Findings<Claims>;

/// What tenants may do to shared things themselves.
pub(crate) struct SharedAssets;

impl Check for SharedAssets {
    type Claims = Claims;

    fn run(&self, facts: &Facts<'_, '_>) -> Findings {
        let mut found = Findings::new();
        let asked =
            |asset: &Asset| asset.owner == Owner::Shared && rows(&asset.kind).next().is_some();
        let unknown = without_arns(facts);
        let mut assets = facts.assets.iter().chain(&unknown).filter(|each| asked(each)).peekable();
        if assets.peek().is_some() {
            let candidates = Candidates::of(facts);
            assets.for_each(|asset| decide(facts, &candidates, asset, &mut found));
        }
        every_action::decide(facts, &mut found);
        stacks::decide(facts, &mut found);
        found
    }
}

/// Whether a statement lists, on a pattern of resources, an action that nothing explains: it may be
/// about what another template has.
pub(crate) fn is_open(statement: &policy::PolicyStatement) -> bool {
    let wild = |text: &policy::Text| text.to_string().contains(['*', '?']);
    let list = statement.resources.as_ref().filter(|list| !list.negated);
    if list.is_some_and(|list| !list.items.iter().any(|item| wild(item.template.source()))) {
        return false;
    }
    let mut items = statement.actions.items.iter();
    statement.actions.negated
        || items.any(|item| {
            let name = item.template.source().as_str();
            name.is_none_or(|name| !explained::is_explained_pattern(name))
        })
}

/// Asks of a shared asset what tenants' principals may do to it.
fn decide(
    facts: &Facts<'_, '_>,
    candidates: &Candidates<'_, '_, '_>,
    asset: &Asset,
    found: &mut Findings,
) {
    let near = candidates.near(asset);
    let theirs = near.iter().map(|at| &facts.principals[*at]);
    let theirs: Vec<&Principal> =
        theirs.filter(|each| matches!(each.owner, Owner::Tenant(_))).collect();
    if theirs.is_empty() {
        return;
    }
    for row in rows(&asset.kind) {
        let Some(apart) = row.keys(&theirs) else { continue };
        let mut may: BTreeMap<String, (&Principal, usize)> = BTreeMap::new();
        for principal in &theirs {
            if let Some(action) = row.asked(facts, principal, asset, &apart) {
                may.entry(action).or_insert((*principal, 0)).1 += 1;
            }
        }
        for (action, (principal, count)) in may {
            let unknown = Unknown::OnShared {
                principal: principal.at,
                others: count - 1,
                action,
                asset: asset.at,
                stake: row.stake,
                tied: row.ties(),
            };
            found.undecided(row.claim, unknown);
        }
    }
}

impl Row {
    /// The condition keys that keep tenants apart; `None` where none has to.
    fn keys(&self, theirs: &[&Principal]) -> Option<Vec<String>> {
        let fixed = self.apart.iter().map(|key| (*key).to_owned());
        let Some(start) = self.apart_by else { return Some(fixed.collect()) };
        let policies = theirs.iter().flat_map(|each| &each.policies);
        let tests =
            policies.flat_map(|policy| &policy.statements).flat_map(|each| &each.conditions);
        let of_start =
            |key: &str| key.get(..start.len()).is_some_and(|own| own.eq_ignore_ascii_case(start));
        let mut keys: Vec<String> =
            tests.map(|test| test.key.to_ascii_lowercase()).filter(|key| of_start(key)).collect();
        keys.sort_unstable();
        keys.dedup();
        (!keys.is_empty()).then(|| fixed.chain(keys).collect())
    }

    /// The first of its actions that a principal may do to an asset as somebody else's.
    fn asked(
        &self,
        facts: &Facts<'_, '_>,
        principal: &Principal,
        asset: &Asset,
        apart: &[String],
    ) -> Option<String> {
        let mut context = Context::hostile();
        for key in apart {
            context = context.with(key, Value::Present(vec![FOREIGN.into()]));
        }
        for key in self.without {
            context = context.with(key, Value::Absent);
        }
        let reach = facts.reach(principal, asset, &context);
        let allowed = reach.allowed.iter().map(|way| way.request.action.as_str());
        // That it hangs on which part is asked for means that some parts are its own.
        let open = reach.undecided.iter().filter(|(_, reasons)| {
            !reasons.iter().any(
                |reason| matches!(reason, policy::Reason::Symbol(symbol) if names::is_part(symbol)),
            )
        });
        let open = open.map(|(action, _)| action.as_str());
        let mut listed = allowed.chain(open).filter(|action| self.lists(action));
        listed.next().map(str::to_owned)
    }
}

/// Shared things whose ARNs are not known, by what AWS will make of them.
fn without_arns(facts: &Facts<'_, '_>) -> Vec<Asset> {
    let model = facts.reader.model;
    let account = assets::account(model);
    let resources = model.resources.entries();
    let unknown = resources.filter(|(_, each)| each.arn.is_none() && each.kind != names::SECRET);
    let asked = unknown.filter(|(_, each)| each.owner == Owner::Shared);
    asked.map(|(at, resource)| made_up(resource, at, account.clone())).collect()
}

fn made_up(resource: &Resource<'_>, at: ResourceId, account: policy::Text) -> Asset {
    Asset {
        at,
        owner: resource.owner,
        kind: resource.kind.as_str().into(),
        target: Target { arn: names::made_up_arn(resource, "Arn"), account, tags: None },
        policy: None,
        requires_resource_policy: false,
        doubt: None,
        unreadable_policy: None,
    }
}
