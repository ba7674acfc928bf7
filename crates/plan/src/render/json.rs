//! A plan for programs: `schema/plan.schema.json` says what is in it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::cost::{Cost, Load, cost};
use crate::plan::{Action, Plan};
use crate::quotas::Quota;

#[derive(Serialize)]
struct Report<'a> {
    #[serde(flatten)]
    plan: &'a Plan,
    /// How the isolation of what is wanted was judged.
    verdict: &'a str,
    counts: BTreeMap<Action, usize>,
    /// What has to be said yes to by name, and how many resources that hold data go with it.
    at_stake: BTreeMap<&'a str, usize>,
    touched: BTreeSet<&'a str>,
    untouched: BTreeSet<&'a str>,
    takes_long: Vec<&'static str>,
    quotas: Vec<Quota>,
    cost: Cost,
}

/// A plan as JSON, with what follows from it and its cost at the load; `verdict` is `proven`, `undecided` or `breached`.
///
/// # Errors
/// When a value is no JSON, which does not happen.
pub fn json(plan: &Plan, verdict: &str, load: Load) -> serde_json::Result<String> {
    let at_stake = plan.at_stake().into_iter().map(|(owner, changes)| (owner, changes.len()));
    serde_json::to_string_pretty(&Report {
        plan,
        verdict,
        counts: plan.counts(),
        at_stake: at_stake.collect(),
        touched: plan.touched(),
        untouched: plan.untouched(),
        takes_long: super::slow(plan),
        quotas: crate::quotas(plan),
        cost: cost(plan, load),
    })
}
