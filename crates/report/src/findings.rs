//! What was found, with the lines that let it through; and what is not known.

use maud::{Markup, html};
use tenantry_verdict::{Counterexample, Finding, Outcome, Place, Unknown, Verdict};

use crate::page::badge;

/// How many findings, unknowns and pairs a page tells before it counts the rest.
const TOLD: usize = 200;

pub(crate) fn findings(verdict: &Verdict, found: &[Finding<'_>]) -> Markup {
    let unknowns = verdict.unknowns();
    html! {
        section aria-labelledby="h-found" {
            h2 id="h-found" { "What was found" }
            @if found.is_empty() && unknowns.is_empty() { p { "Nothing." } }
            @for (number, finding) in found.iter().enumerate().take(TOLD) { (one(number, finding)) }
            (rest(found.len(), "findings"))
            @for unknown in unknowns.iter().take(TOLD) { (open(unknown)) }
            (rest(unknowns.len(), "things that are not known"))
            (accepted(verdict))
        }
    }
}

fn rest(all: usize, what: &str) -> Markup {
    html! {
        @if let Some(more) = all.checked_sub(TOLD).filter(|more| *more > 0) {
            p { "And " (more) " more " (what) ": " code { "tenantry verify -v" } " tells all of them." }
        }
    }
}

fn one(number: usize, finding: &Finding<'_>) -> Markup {
    let Counterexample {
        claim, principal, action, resource, attacker, victim, fix, barrier, ..
    } = finding.example;
    let extent = finding.extent();
    html! {
        details.finding id=(format!("f{number}")) open[finding.outcome == Outcome::Breached && number < 10] {
            summary { (badge(finding.outcome)) " " (number + 1) ". " (claim.title) }
            p.way {
                @if principal.is_empty() { code { (resource) } ": " (action) }
                @else {
                    code { (principal) } " (" (attacker) "): " code { (action) } " on "
                    code { (resource) } " (" (victim) ")"
                }
            }
            @if extent.pairs > 1 { p { (extent.pairs) " ordered pairs of tenants break this way." } }
            @if extent.actions.len() > 1 {
                p { "All that it opens: " @for action in extent.actions.iter().take(TOLD) { code { (action) } " " } }
            }
            @for when in &finding.example.when { p { "When " (when) "." } }
            @if !finding.example.context.is_empty() {
                ul { @for key in &finding.example.context {
                    li { code { (key.key) } " = " code { (key.value) } ", " (key.set_by.name()) }
                } }
            }
            @if !finding.example.steps.is_empty() {
                ol { @for step in &finding.example.steps {
                    li { (step.what) @if let Some(at) = &step.place { (place(at, true)) } }
                } }
            }
            @for evidence in &finding.example.evidence {
                p.says { (evidence.says) }
                (place(&evidence.place, evidence.allows))
            }
            p { "Ought to stop it: " strong { (barrier.title()) } "." }
            p { "Instead: " (fix) }
            p.key { "Finding " code { (finding.example.identity().key()) } ", claims "
                @for claim in &finding.claims { code { (claim.id) } " " }
            }
        }
    }
}

fn open(unknown: &Unknown<'_>) -> Markup {
    html! {
        details.finding {
            summary { (badge(Outcome::Undecided)) " Not known: " (unknown.reason.unknown) }
            ul { @for matter in unknown.matters.iter().take(TOLD) { li { (matter) } } }
            @if let Some(at) = &unknown.reason.place { (place(at, false)) }
            p { "Help: " (unknown.reason.help) }
            p.key { "Leaves open " @for claim in &unknown.claims { code { (claim.id) } " " } }
        }
    }
}

fn accepted(verdict: &Verdict) -> Markup {
    let accepted: Vec<_> = verdict.claims.iter().flat_map(|answer| &answer.accepted).collect();
    html! {
        @if !accepted.is_empty() {
            h3 { "Accepted" }
            ul { @for one in accepted {
                li {
                    code { (one.counterexample.principal) } ": " code { (one.counterexample.action) } " on "
                    code { (one.counterexample.resource) } ", until " (one.until) ": " (one.reason)
                }
            } }
        }
    }
}

/// File, line and text, with what counts marked.
fn place(at: &Place, allows: bool) -> Markup {
    let characters: Vec<char> = at.text.trim_end().chars().collect();
    let from = at.before.min(characters.len());
    let to = at.before.saturating_add(at.length).min(characters.len());
    // Whole templates may stand in one line.
    let start = if to > 160 { from.saturating_sub(60) } else { 0 };
    let end = characters.len().min(to + 80);
    let text = |from: usize, to: usize| -> String {
        characters.get(from..to).unwrap_or_default().iter().collect()
    };
    let class = if allows { "allows" } else { "stops" };
    html! {
        figure {
            figcaption { (at.file) ":" (at.line) ":" (at.column) }
            pre tabindex="0" { code {
                @if start > 0 { "…" }
                (text(start, from)) mark class=(class) { (text(from, to)) } (text(to, end))
                @if end < characters.len() { "…" }
            } }
        }
    }
}
