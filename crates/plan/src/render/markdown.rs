//! A plan for a pull request.

use super::{by_tenant, name, protection, quota, slow, some, state, sum, what, words};
use crate::cost::{Load, cost};
use crate::plan::{Action, Plan};

/// Resources that are told one by one in a group.
const MOST: usize = 50;
const MOST_PLACES: usize = 4;

/// A plan in Markdown, with its cost at the load.
#[must_use]
pub fn markdown(plan: &Plan, load: Load) -> String {
    let mut lines =
        vec![format!("### Plan of {}: {}", plan.platform, sum(plan.changes().map(|(_, c)| c)))];
    let at_stake = plan.at_stake();
    if !at_stake.is_empty() {
        lines.push("\n> [!CAUTION]\n> This holds data and would go, for good:".to_owned());
        for (owner, changes) in &at_stake {
            for change in changes {
                let (kind, loses) = (&change.kind, change.loses.as_deref().unwrap_or_default());
                let what = words(change.action).1;
                lines
                    .push(format!("> - `{owner}`: `{kind}` `{}` is {what}: {loses}", name(change)));
            }
        }
    }
    for cell in plan.cells.iter().filter(|cell| !cell.changes.is_empty()) {
        lines.push(format!("\n**{}** {}\n", cell.stack, state(cell)));
        lines.push("| whose | what happens | to | where |\n| --- | --- | --- | --- |".to_owned());
        for (tenant, changes) in by_tenant(cell) {
            let who = tenant.unwrap_or("shared");
            let created = changes.iter().filter(|change| change.action == Action::Create).count();
            if created > 0 {
                lines.push(format!("| {who} | created | {created} resources | |"));
            }
            let others: Vec<_> =
                changes.iter().filter(|change| change.action != Action::Create).collect();
            for change in others.iter().take(MOST) {
                let places = change.properties.iter().take(MOST_PLACES);
                let mut places: Vec<String> =
                    places.map(|one| format!("`{}`", cell_text(&what(one)))).collect();
                if change.properties.len() > MOST_PLACES {
                    places.push(format!("{} more", change.properties.len() - MOST_PLACES));
                }
                lines.push(format!(
                    "| {who} | {} | `{}` `{}` | {} |",
                    words(change.action).1,
                    change.kind,
                    cell_text(name(change)),
                    places.join("<br>")
                ));
            }
            if others.len() > MOST {
                lines.push(format!("| {who} | | {} more | |", others.len() - MOST));
            }
        }
    }
    let list = |tenants: std::collections::BTreeSet<&str>| match tenants.len() {
        0 => "none".to_owned(),
        _ => some(tenants.into_iter(), 20),
    };
    lines.push(format!(
        "\nTenants touched: {}. Not touched: {}.",
        list(plan.touched()),
        list(plan.untouched())
    ));
    lines.extend(slow(plan).into_iter().map(|step| format!("- On AWS: {step}")));
    lines.push(format!("- Deletion protection: {}", protection(plan)));
    lines.extend(quota(plan).map(|quota| format!("- Quotas: {quota}")));
    let mut cost = super::cost::lines(&cost(plan, load)).into_iter();
    lines.extend(cost.next().map(|sum| format!("- {sum}")));
    lines.extend(cost.map(|line| format!("  - {line}")));
    lines.join("\n")
}

/// Text that neither ends a cell of a table nor a piece of code.
fn cell_text(text: &str) -> String {
    text.replace('|', "\\|").replace('`', "'").replace('\n', " ")
}
