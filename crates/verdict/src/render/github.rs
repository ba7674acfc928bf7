//! A verdict as annotations of a GitHub Actions run: workflow commands, a line each.
//! <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>

use super::results::{Result, results};
use crate::verdict::{Outcome, Verdict};

/// One command for each finding and for each thing that is not known, the worst first, and the
/// sum as a notice at the end. GitHub shows the first ten of a kind in a step.
pub fn github(verdict: &Verdict) -> String {
    let mut lines: Vec<String> = results(verdict).iter().map(command).collect();
    let (outcome, tenants) = (verdict.outcome().name(), verdict.tenants.len());
    let sum = format!("{outcome}: tenants {tenants}, ordered pairs {}", verdict.pairs);
    lines.push(format!("::notice title=tenantry::{}", data(&sum)));
    lines.join("\n") + "\n"
}

fn command(result: &Result<'_>) -> String {
    let kind = match result.outcome {
        Outcome::Breached => "error",
        Outcome::Weak | Outcome::Undecided => "warning",
        Outcome::Advice | Outcome::Proven | Outcome::Nothing => "notice",
    };
    let claim = result.claim.map_or("", |claim| claim.id);
    let mut properties = vec![("title", format!("{} {claim}", result.outcome.name()))];
    if let Some(place) = result.place {
        properties.push(("file", place.file.clone()));
        properties.push(("line", place.line.to_string()));
        properties.push(("endLine", place.end_line.to_string()));
        // Columns are understood within one line alone.
        if place.line == place.end_line {
            properties.push(("col", place.column.to_string()));
            properties.push(("endColumn", place.end_column.to_string()));
        }
    }
    let properties: Vec<String> =
        properties.iter().map(|(key, value)| format!("{key}={}", property(value))).collect();
    format!("::{kind} {}::{}", properties.join(","), data(&result.says))
}

/// What follows the second pair of colons.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
