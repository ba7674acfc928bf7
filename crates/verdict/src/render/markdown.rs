//! A verdict as Markdown, for a pull request or a step's summary.
//! <https://github.github.com/gfm/>

use std::fmt::Write as _;

use super::results::{Result, results};
use crate::claims::Plane;
use crate::verdict::{ClaimVerdict, Outcome, Verdict};

/// How many results are told; the rest is counted.
const TOLD: usize = 50;

/// The sum, a table of the planes, and what was found.
pub fn markdown(verdict: &Verdict) -> String {
    let outcome = verdict.outcome();
    let (tenants, pairs) = (verdict.tenants.len(), verdict.pairs);
    let mut out = format!(
        "## {} Isolation of tenants: {}\n\nTenants: {tenants}, ordered pairs: {pairs}.\n\n",
        mark(outcome),
        outcome.name()
    );
    out.push_str("| Plane | Answer | Claims | Asked |\n| --- | --- | ---: | ---: |\n");
    for plane in Plane::ALL {
        let Some(outcome) = verdict.plane(plane) else { continue };
        let claims: Vec<&ClaimVerdict> =
            verdict.claims.iter().filter(|answer| answer.claim.plane == plane).collect();
        let asked: u64 = claims.iter().map(|answer| answer.questions).sum();
        let (mark, name) = (mark(outcome), outcome.name());
        let _ = writeln!(out, "| {} | {mark} {name} | {} | {asked} |", plane.name(), claims.len());
    }
    let results = results(verdict);
    if !results.is_empty() {
        out.push_str("\n| | Claim | Where | What |\n| --- | --- | --- | --- |\n");
    }
    for result in results.iter().take(TOLD) {
        row(&mut out, result);
    }
    match results.len().saturating_sub(TOLD) {
        0 => {}
        more => {
            let _ = writeln!(out, "\nAnd {more} more: `tenantry verify -v` tells all of them.");
        }
    }
    out
}

fn row(out: &mut String, result: &Result<'_>) {
    let claim = result.claim.map_or("", |claim| claim.id);
    let place = result.place.map(|at| code(&format!("{}:{}", at.file, at.line)));
    let (mark, name) = (mark(result.outcome), result.outcome.name());
    let (place, says) = (place.unwrap_or_default(), cell(&result.says));
    let _ = writeln!(out, "| {mark} {name} | {claim} | {place} | {says} |");
}

fn mark(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Breached => "❌",
        Outcome::Undecided => "❔",
        Outcome::Weak => "⚠️",
        Outcome::Advice => "💡",
        Outcome::Proven => "✅",
        Outcome::Nothing => "➖",
    }
}

fn code(text: &str) -> String {
    format!("`{}`", text.replace('`', "'").replace('|', "\\|").replace(char::is_control, " "))
}

/// Text in a cell of a table: what a template says stays text, and mentions nobody.
fn cell(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '@' => out.push_str("&#64;"),
            '|' | '\\' | '*' | '_' | '[' | ']' | '~' | '#' | '!' => {
                out.push('\\');
                out.push(character);
            }
            control if control.is_control() => out.push(' '),
            other => out.push(other),
        }
    }
    out
}
