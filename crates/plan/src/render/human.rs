//! A plan at a terminal.

use super::{Role, by_tenant, name, protection, quota, slow, some, state, sum, what, words};
use crate::cost::{Load, cost};
use crate::plan::{Action, CellPlan, Change, Plan, State};

/// Places of one resource that are told; there may be thousands.
const MOST_PLACES: usize = 8;
const MOST_TENANTS: usize = 10;

/// A plan for people: what holds data and would go comes first. The cost is at the load. `paint` colours a piece of text by
/// its role.
#[must_use]
pub fn human(plan: &Plan, load: Load, paint: &dyn Fn(Role, &str) -> String) -> String {
    if plan.is_empty() {
        let sum = super::cost::lines(&cost(plan, load)).into_iter().next().unwrap_or_default();
        let protection = protection(plan);
        return format!("{}: no change. Deletion protection: {protection}.\n{sum}", plan.platform);
    }
    let mut lines = Vec::new();
    at_stake(plan, paint, &mut lines);
    for cell in
        plan.cells.iter().filter(|cell| !cell.changes.is_empty() || !cell.outputs.is_empty())
    {
        lines.push(format!(
            "{} {}: {}",
            paint(Role::Strong, &cell.stack),
            state(cell),
            sum(cell.changes.iter())
        ));
        for (tenant, changes) in by_tenant(cell) {
            group(cell, tenant, &changes, paint, &mut lines);
        }
        if cell.state == State::Deployed && !cell.outputs.is_empty() {
            let outputs = some(cell.outputs.iter().map(String::as_str), MOST_PLACES);
            lines.push(format!("  outputs: {outputs}"));
        }
        lines.push(String::new());
    }
    let (touched, untouched) = (plan.touched(), plan.untouched());
    let list = |tenants: std::collections::BTreeSet<&str>| match tenants.len() {
        0 => "none".to_owned(),
        _ => some(tenants.into_iter(), MOST_TENANTS),
    };
    lines.push(format!("Tenants touched: {}", list(touched)));
    lines.push(format!("Tenants not touched: {}", list(untouched)));
    for step in slow(plan) {
        lines.push(format!("On AWS: {step}"));
    }
    lines.push(format!("Deletion protection: {}", protection(plan)));
    lines.extend(quota(plan).map(|quota| format!("Quotas: {quota}")));
    let mut cost = super::cost::lines(&cost(plan, load)).into_iter();
    lines.extend(cost.next());
    lines.extend(cost.map(|line| format!("  {line}")));
    lines.push(format!("In all: {}", sum(plan.changes().map(|(_, change)| change))));
    lines.join("\n")
}

fn at_stake(plan: &Plan, paint: &dyn Fn(Role, &str) -> String, lines: &mut Vec<String>) {
    let at_stake = plan.at_stake();
    if at_stake.is_empty() {
        return;
    }
    lines.push(paint(Role::Bad, "This holds data and would go, for good:"));
    for (owner, changes) in &at_stake {
        for change in changes {
            let Change { kind, action, .. } = change;
            let loses = change.loses.as_deref().unwrap_or_default();
            let line =
                format!("  {owner}: {kind} {} is {}: {loses}", name(change), words(*action).1);
            lines.push(paint(Role::Bad, &line));
        }
    }
    lines.push(String::new());
}

fn group(
    cell: &CellPlan,
    tenant: Option<&str>,
    changes: &[&Change],
    paint: &dyn Fn(Role, &str) -> String,
    lines: &mut Vec<String>,
) {
    let who = tenant.unwrap_or("shared by all of the cell's tenants");
    let stay = match changes.iter().filter(|change| change.retained).count() {
        0 => String::new(),
        count => format!("; {count} of them stay in the account"),
    };
    let sum = sum(changes.iter().copied());
    lines.push(format!("  {}: {sum}{stay}", paint(Role::Strong, who)));
    let all_goes = tenant.is_some() && changes.iter().all(|one| one.action == Action::Delete);
    for change in changes {
        // Where all of it is made or goes, the sum says it, and what is lost stands above.
        let told = match change.action {
            Action::Create => false,
            Action::Delete => cell.state == State::Deployed && !all_goes,
            Action::Replace => cell.state != State::HalfMade,
            Action::Update => true,
        };
        if !told {
            continue;
        }
        let (sign, _, role) = words(change.action);
        let retained = if change.retained { " (stays in the account)" } else { "" };
        let line = format!("{sign} {} {}{retained}", change.kind, name(change));
        lines.push(format!("    {}", paint(role, &line)));
        for difference in change.properties.iter().take(MOST_PLACES) {
            let why = if difference.replaces { "  [replaces it]" } else { "" };
            let line = format!("{}{why}", what(difference));
            lines.push(format!("        {}", paint(Role::Faint, &line)));
        }
        if change.properties.len() > MOST_PLACES {
            let more = change.properties.len() - MOST_PLACES;
            lines.push(format!("        {}", paint(Role::Faint, &format!("{more} places more"))));
        }
    }
}
