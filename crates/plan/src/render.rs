//! A plan as text: for people at a terminal, for a pull request, and as JSON.

mod cost;
mod human;
mod json;
mod markdown;

pub use human::human;
pub use json::json;
pub use markdown::markdown;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::plan::{Action, CellPlan, Change, Plan, State};

/// What a piece of text is, so that a terminal can colour it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Role {
    /// A heading.
    Strong,
    /// What is made.
    Good,
    /// What goes.
    Bad,
    /// What changes.
    Open,
    /// What needs no look.
    Faint,
}

/// The sign and the words of an action.
const fn words(action: Action) -> (&'static str, &'static str, Role) {
    match action {
        Action::Create => ("+", "created", Role::Good),
        Action::Update => ("~", "updated in place", Role::Open),
        Action::Replace => ("±", "replaced", Role::Bad),
        Action::Delete => ("-", "deleted", Role::Bad),
    }
}

/// `3 created, 1 deleted`.
fn sum<'c>(changes: impl Iterator<Item = &'c Change>) -> String {
    let mut counts: BTreeMap<Action, usize> = BTreeMap::new();
    for change in changes {
        *counts.entry(change.action).or_default() += 1;
    }
    let parts: Vec<String> = counts
        .iter()
        .rev()
        .map(|(action, count)| format!("{count} {}", words(*action).1))
        .collect();
    if parts.is_empty() { "no change".to_owned() } else { parts.join(", ") }
}

const fn state(cell: &CellPlan) -> &'static str {
    match cell.state {
        State::New => "is not there yet",
        State::Deployed => "is deployed",
        State::HalfMade => "was left half-made, so it is deleted and made anew",
        State::NotWanted => "is no cell of the platform any more, so it is deleted",
    }
}

/// The changes of a cell by their tenant, what is shared first.
fn by_tenant(cell: &CellPlan) -> BTreeMap<Option<&str>, Vec<&Change>> {
    let mut groups: BTreeMap<Option<&str>, Vec<&Change>> = BTreeMap::new();
    for change in &cell.changes {
        groups.entry(change.tenant.as_deref()).or_default().push(change);
    }
    groups
}

/// A value in few characters.
fn short(value: &Value) -> String {
    const LONGEST: usize = 60;
    let text = match value {
        Value::String(text) => format!("{text:?}"),
        other => other.to_string(),
    };
    if text.chars().count() <= LONGEST {
        return text;
    }
    let start: String = text.chars().take(LONGEST - 1).collect();
    format!("{start}…")
}

/// What changes at a place, in words.
fn what(difference: &crate::Difference) -> String {
    if let Some(id) = &difference.follows {
        return format!("{}: follows {id}, which is replaced", difference.path);
    }
    let path = &difference.path;
    match (&difference.before, &difference.after) {
        (Some(before), Some(after)) => format!("{path}: {} → {}", short(before), short(after)),
        (None, Some(after)) => format!("{path}: {} is added", short(after)),
        (Some(before), None) => format!("{path}: {} is removed", short(before)),
        (None, None) => path.clone(),
    }
}

/// A resource as people know it.
fn name(change: &Change) -> &str {
    change.name.as_deref().unwrap_or(&change.id)
}

/// What takes long on AWS, as AWS's pages say it.
fn slow(plan: &Plan) -> Vec<&'static str> {
    let any = |kinds: &[&str], goes: bool| {
        plan.changes().any(|(_, change)| {
            kinds.contains(&change.kind.as_str())
                && (!goes || matches!(change.action, Action::Delete | Action::Replace))
                && !change.retained
        })
    };
    let mut found = Vec::new();
    // <https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html>
    let functions = ["AWS::Lambda::Function", "aws:lambda/function:Function"];
    let made = plan.changes().any(|(_, change)| {
        functions.contains(&change.kind.as_str())
            && matches!(change.action, Action::Create | Action::Replace)
    });
    if made {
        found.push("a function in a VPC takes calls once its network interfaces are there, which can take minutes");
    }
    if any(&functions, true) {
        found.push(
            "a function's network interfaces stay up to 20 minutes after it, and its subnets and security group wait for \
             them",
        );
    }
    let deployments = ["AWS::ApiGateway::Deployment", "aws:apigateway/deployment:Deployment"];
    if any(&deployments, false) && plan.cells.len() > 1 {
        found.push(
            "API Gateway takes one deployment in 5 seconds an account: cells wait for each other",
        );
    }
    // <https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys.html>
    if any(&["AWS::KMS::Key", "aws:kms/key:Key"], true) {
        found.push("a deleted key is gone after 7 days; until then its deletion can be cancelled");
    }
    found
}

/// The quotas that are above AWS's default, or the nearest.
fn quota(plan: &Plan) -> Option<String> {
    let quotas = crate::quotas(plan);
    let above: Vec<String> = quotas
        .iter()
        .filter(|quota| quota.taken > quota.default)
        .map(|quota| format!("{} {}, {} by default", quota.taken, quota.what, quota.default))
        .collect();
    if !above.is_empty() {
        return Some(format!("above AWS's default: {}", above.join("; ")));
    }
    let first = quotas.first()?;
    Some(format!(
        "none is above AWS's default; the first to give: {} of {} {}",
        first.taken, first.default, first.what
    ))
}

/// Which way deletion protection is set.
fn protection(plan: &Plan) -> String {
    let (holds, protected) = plan.cells.iter().fold((0, 0), |(holds, protected), cell| {
        (holds + cell.protection.holds_data, protected + cell.protection.protected)
    });
    match protected {
        0 => format!("off; {holds} resources that hold data can be deleted"),
        all if all == holds => format!("on for all {holds} resources that hold data"),
        some => format!("on for {some} of {holds} resources that hold data"),
    }
}

/// The first few of many, and how many more there are.
fn some<'t>(all: impl ExactSizeIterator<Item = &'t str>, most: usize) -> String {
    let count = all.len();
    let shown: Vec<&str> = all.take(most).collect();
    let more = count.saturating_sub(most);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", shown.join(", "))
}
