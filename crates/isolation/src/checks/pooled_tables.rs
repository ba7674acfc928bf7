//! Tables that tenants share: whether each tenant is kept to its own items.

use std::collections::{BTreeMap, BTreeSet};

use tenantry_policy as policy;
use tenantry_policy::{Context, Effect, Filling, PolicyStatement, Value};
use tenantry_template::{Model, Owner, ResourceId};
use tenantry_verdict::claims::Barrier;

use crate::check::Check;
use crate::claim_set::claim_set;
use crate::facts::assets::{self, Asset};
use crate::facts::candidates::Candidates;
use crate::facts::classify::writes;
use crate::facts::principals::{Principal, PrincipalId};
use crate::facts::{Facts, users};
use crate::findings::breach::{Advice, Granted, Pairs, Side};
use crate::findings::unknown::{Then, Unknown};

claim_set!(
    /// The claims of this check.
    pub(crate) Claims {
        data { POOLED }
    }
);

type Findings = crate::findings::Findings<Claims>;

const KEYS: &str = "dynamodb:LeadingKeys";
const FOREIGN: &str = "<another tenant's key>";

/// Tables that tenants share.
pub(crate) struct PooledTables;

impl Check for PooledTables {
    type Claims = Claims;

    fn run(&self, facts: &Facts<'_, '_>) -> Findings {
        let mut found = Findings::new();
        let shared = |asset: &&Asset| {
            !matches!(asset.owner, Owner::Tenant(_)) && assets::is_table(&asset.kind)
        };
        let mut tables = facts.assets.iter().filter(shared).peekable();
        if tables.peek().is_some() {
            let candidates = Candidates::of(facts);
            let parts: Vec<(&Asset, BTreeSet<PrincipalId>)> =
                tables.map(|table| (table, candidates.near(table))).collect();
            // By table: who comes near any part of it.
            let mut around: BTreeMap<ResourceId, BTreeSet<PrincipalId>> = BTreeMap::new();
            for (part, near) in &parts {
                around.entry(part.at).or_default().extend(near);
            }
            for (part, near) in &parts {
                if let Some(around) = around.get(&part.at) {
                    pooled(facts, part, near, around, &mut found);
                }
            }
        }
        found
    }
}

/// Decides `data/pooled`: of every shared table that tenants write to, whether one tenant's
/// principal can reach items under another's keys. `who` gives the principals that some statement
/// lets near a part of the table, `around` those near any part: what is written to a table is in
/// its indexes and its stream.
fn pooled(
    facts: &Facts<'_, '_>,
    asset: &Asset,
    who: &BTreeSet<PrincipalId>,
    around: &BTreeSet<PrincipalId>,
    found: &mut Findings,
) {
    let is_a_tenants = |at: &PrincipalId| matches!(facts.principals[*at].owner, Owner::Tenant(_));
    let tenants: Vec<PrincipalId> = who.iter().copied().filter(is_a_tenants).collect();
    let theirs = facts.principals.iter().filter(|each| matches!(each.owner, Owner::Tenant(_)));
    for reason in
        theirs.flat_map(|each| &each.unknown_rights).chain(asset.unreadable_policy.as_deref())
    {
        found.undecided(data::POOLED, reason.clone());
    }
    if tenants.is_empty() {
        return;
    }
    found.ask(data::POOLED);
    let around = || around.iter().map(|at| &facts.principals[*at]);
    let of_tenant = |each: &&Principal| matches!(each.owner, Owner::Tenant(_));
    let shared = || around().filter(|each| !of_tenant(each));
    let open = if written(facts, around().filter(of_tenant), asset).is_some()
        || written(facts, shared().filter(|each| is_given(facts, each, asset)), asset).is_some()
    {
        None
    } else if let Some(writer) = written(facts, shared(), asset) {
        Some(Unknown::WhoseItems { writer: writer.at, table: asset.at })
    } else {
        return;
    };
    let ids = ids(facts.reader.model);
    for principal in tenants {
        ask(facts, asset, principal, &ids, open.as_ref(), found);
    }
}

/// Whether a principal's policies surely give it the table of an asset to write, by name: it fills
/// the table, where one that may do everything to everything only could.
fn is_given(facts: &Facts<'_, '_>, principal: &Principal, asset: &Asset) -> bool {
    let named = |statement: &PolicyStatement| {
        let listed = statement.resources.iter().filter(|list| !list.negated);
        let mut items = listed.flat_map(|list| &list.items);
        statement.effect == Effect::Allow
            && !statement.actions.negated
            && items.any(|item| *item.template.source() == asset.target.arn)
    };
    let lists =
        |statement: &PolicyStatement, action: &str| policy::lists(&statement.actions, action);
    let statements = || principal.policies.iter().flat_map(|policy| &policy.statements);
    let surely = |way: &policy::Witness| {
        let action = way.request.action.as_str();
        fills(action) && statements().any(|each| named(each) && lists(each, action))
    };
    principal.doubt().is_none()
        && facts.reach(principal, asset, &Context::hostile()).allowed.iter().any(surely)
}

/// The first of some principals that writes items to the table of an asset.
fn written<'p>(
    facts: &Facts<'_, '_>,
    mut principals: impl Iterator<Item = &'p Principal>,
    asset: &Asset,
) -> Option<&'p Principal> {
    let parts: Vec<&Asset> = facts.assets.iter().filter(|each| each.at == asset.at).collect();
    principals.find(|principal| {
        parts.iter().any(|part| {
            let reach = facts.reach(principal, part, &Context::hostile());
            let written = reach.allowed.iter().any(|way| writes(&way.request.action));
            written || reach.undecided.iter().any(|(action, _)| writes(action))
        })
    })
}

/// Asks for items under the keys of others until one request is allowed.
fn ask(
    facts: &Facts<'_, '_>,
    asset: &Asset,
    id: PrincipalId,
    ids: &[&str],
    whose: Option<&Unknown>,
    found: &mut Findings,
) {
    let principal = &facts.principals[id];
    let mut open = Vec::new();
    let keyed = others(facts.reader.model, asset, principal, ids).into_iter().map(Some);
    // A statement of PartiQL without a key reads the whole table, and sends no leading keys.
    // <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-iam.html>
    for keys in keyed.chain([None]) {
        let items = |action: &str| match &keys {
            Some(keys) => carries_items(action) && (keys.len() < 2 || takes_several(action)),
            None => action.eq_ignore_ascii_case("dynamodb:PartiQLSelect"),
        };
        let context = match &keys {
            Some(keys) => Context::hostile().with(KEYS, Value::Present(keys.clone())),
            None => Context::hostile()
                .with(KEYS, Value::Absent)
                .with("dynamodb:FullTableScan", Value::Present(vec!["true".into()])),
        };
        let context = match facts.users.act_as(principal.at) {
            true => {
                users::as_its_own(context, principal.policies.iter().chain(asset.policy.as_deref()))
            }
            false => context,
        };
        let reach = facts.reach(principal, asset, &context);
        if let Some(way) = reach.allowed.iter().find(|way| items(&way.request.action)) {
            let barrier = Barrier::IdentityPolicy;
            let granted = Granted {
                victim: Side::AnyOtherTenant,
                pairs: Pairs::AllOthers,
                advice: Advice::Claim,
                ..Granted::on_asset(barrier, (id, principal), asset, way)
            };
            let doubt = principal.doubt().or(asset.doubt.as_deref()).map(Unknown::from);
            found.record(data::POOLED, doubt.or_else(|| whose.cloned()), granted);
            return;
        }
        open.extend(reach.undecided.into_iter().filter(|(action, _)| items(action)));
    }
    for (action, reasons) in open {
        let then = Then::ToOthersItems { by: principal.at, action, table: asset.at };
        for unknown in Unknown::each(reasons, then, principal.at) {
            found.undecided(data::POOLED, unknown);
        }
    }
}

/// The leading keys of requests for somebody else's items: one that nothing speaks of, one that
/// the policies take for the principal's own though it is another's, and one of its own beside
/// another's.
fn others(
    model: &Model<'_>,
    asset: &Asset,
    principal: &Principal,
    ids: &[&str],
) -> Vec<Vec<policy::Text>> {
    let mut all = vec![vec![FOREIGN.into()]];
    let own = match principal.owner {
        Owner::Tenant(at) => model.tenants[at].as_literal(),
        _ => None,
    };
    let policies = principal.policies.iter().chain(asset.policy.as_deref());
    let tests = policies.flat_map(|policy| &policy.statements).flat_map(|each| &each.conditions);
    let values = tests.filter(|test| test.key.eq_ignore_ascii_case(KEYS));
    for item in values.flat_map(|test| &test.values) {
        let Some(text) = item.template.text(|key| tag(principal, key)) else { continue };
        let Some(text) = text.as_str() else {
            all.push(vec![text, FOREIGN.into()]);
            continue;
        };
        let plain =
            |text: &str| policy::Text::from(text.replace('*', "").replace('?', "x").as_str());
        all.push(vec![plain(text), FOREIGN.into()]);
        let Some(own) = own else { continue };
        if spoken_of(text, ids).is_some_and(|id| id != own) {
            all.push(vec![plain(text)]);
        }
        if text.contains('*') && text.contains(own) {
            let from = ids.partition_point(|id| *id < own);
            let longer = ids.get(from..).unwrap_or_default().iter();
            let longer = longer.take_while(|id| id.starts_with(own)).filter(|id| **id != own);
            all.extend(longer.take(3).map(|id| vec![plain(&text.replace(own, id))]));
        }
    }
    all.dedup();
    all
}

fn tag(principal: &Principal, key: &str) -> Filling {
    let key = key.to_ascii_lowercase();
    if let Some(own) = users::own_value(&key) {
        return Filling::Text(own);
    }
    let Some(key) = key.strip_prefix("aws:principaltag/") else { return Filling::Missing };
    let mut tags = principal.caller.tags.iter();
    let own = tags.find(|(each, _)| each.eq_ignore_ascii_case(key));
    own.map_or(Filling::Missing, |(_, value)| Filling::Text(value.clone()))
}

/// The longest of the ids that a key begins with, or that stands in it after `#`, `/` or `:`.
fn spoken_of<'i>(text: &str, ids: &[&'i str]) -> Option<&'i str> {
    let starts = text.match_indices(['#', '/', ':']).map(|(at, _)| at + 1).chain([0]);
    let words = starts.filter_map(|at| text.get(at..));
    let ends = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_alphanumeric());
    let found = words.flat_map(|word| {
        let bounds = word.char_indices().map(|(at, _)| at).chain([word.len()]);
        bounds.filter_map(move |end| {
            let (id, rest) = (word.get(..end)?, word.get(end..)?);
            let known = ids.binary_search(&id).ok()?;
            ends(rest).then(|| ids.get(known).copied()).flatten()
        })
    });
    found.max_by_key(|id| id.len())
}

/// The tenants' ids that are known, sorted.
fn ids<'m>(model: &'m Model<'_>) -> Vec<&'m str> {
    let mut ids: Vec<&str> = model.tenants.iter().filter_map(|id| id.as_literal()).collect();
    ids.sort_unstable();
    ids
}

/// Whether one request may name several items.
fn takes_several(action: &str) -> bool {
    let name = action.split_once(':').map_or("", |(_, name)| name).to_ascii_lowercase();
    name.starts_with("batch") || name.starts_with("partiql")
}

/// Whether an action puts something into an item.
fn fills(action: &str) -> bool {
    let name = action.split_once(':').map_or("", |(_, name)| name).to_ascii_lowercase();
    carries_items(action) && writes(action) && !name.contains("delete")
}

fn carries_items(action: &str) -> bool {
    const ITEMS: &[&str] = &[
        "getitem",
        "batchgetitem",
        "query",
        "scan",
        "putitem",
        "updateitem",
        "deleteitem",
        "batchwriteitem",
        "conditioncheckitem",
        "partiqlselect",
        "partiqlinsert",
        "partiqlupdate",
        "partiqldelete",
        "getrecords",
    ];
    let name = action.split_once(':').map_or("", |(_, name)| name).to_ascii_lowercase();
    ITEMS.contains(&name.as_str())
}
