//! Who can reach whom: a row for the tenant that acts, a column for the one whose things are
//! reached.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};
use tenantry_verdict::{Finding, Outcome, Party, Verdict};

use crate::page::mark;

/// How many tenants are drawn each by each.
const DRAWN: usize = 40;

/// The worst that is between two parties, and the finding that says so, by its number.
type Cells<'v> = BTreeMap<(&'v str, &'v str), (Outcome, usize)>;

pub(crate) fn matrix(verdict: &Verdict, found: &[Finding<'_>]) -> Markup {
    let cells = cells(verdict, found);
    let involved: BTreeSet<&str> = cells.keys().flat_map(|(from, to)| [*from, *to]).collect();
    let all: Vec<&str> = verdict.tenants.iter().map(String::as_str).collect();
    let shown: Vec<&str> = if all.len() <= DRAWN {
        all.clone()
    } else {
        all.iter().copied().filter(|tenant| involved.contains(tenant)).take(DRAWN).collect()
    };
    let left = all.len() - shown.len();
    let left_involved = all.iter().filter(|tenant| involved.contains(*tenant)).count();
    let left_involved = left_involved.saturating_sub(shown.len());
    html! {
        section aria-labelledby="h-matrix" {
            h2 id="h-matrix" { "Who can reach what is whose" }
            @if all.is_empty() {
                p { "The templates name no tenant." }
            } @else if shown.is_empty() {
                p { "None of the " (all.len()) " tenants is found to reach another: all " (verdict.pairs) " pairs are empty." }
            } @else {
                div.wide tabindex="0" role="group" aria-labelledby="h-matrix" {
                    table.matrix {
                        caption { "Rows act, columns are reached. A sign leads to the finding." }
                        thead { tr {
                            th scope="col" { "tenant" }
                            @for to in &shown { th scope="col" { span { (to) } } }
                        } }
                        tbody {
                            @for from in &shown { tr {
                                th scope="row" { (from) }
                                @for to in &shown { (cell(&cells, from, to)) }
                            } }
                        }
                    }
                }
                @if left_involved > 0 {
                    p { (left_involved) " more tenants are part of a finding: see below." }
                }
                @if left > left_involved {
                    p { (left - left_involved) " other tenants are found to reach nobody and to be reached by nobody." }
                }
            }
            (others(found))
        }
    }
}

/// What outsiders and shared parts have to do with it is no pair of tenants.
fn others(found: &[Finding<'_>]) -> Markup {
    let tenants = |party: &Party| matches!(party, Party::Tenant(_) | Party::AnyOtherTenant);
    let others = found.iter().enumerate().filter(|(_, finding)| {
        finding.outcome == Outcome::Breached
            && !(tenants(&finding.example.attacker) && tenants(&finding.example.victim))
    });
    let others: Vec<usize> = others.map(|(number, _)| number).collect();
    html! {
        @if !others.is_empty() {
            p { "Not between two tenants: "
                @for number in others { a href=(format!("#f{number}")) { "finding " (number + 1) } " " }
            }
        }
    }
}

fn cell(cells: &Cells<'_>, from: &str, to: &str) -> Markup {
    if from == to {
        return html! { td.self { span.hidden { "itself" } } };
    }
    match cells.get(&(from, to)) {
        None => html! { td.none { span.hidden { "nothing found" } "·" } },
        Some((outcome, number)) => html! {
            td class=(outcome.name()) {
                a href=(format!("#f{number}")) title=(format!("{from} to {to}: finding {}", number + 1)) {
                    (mark(*outcome))
                    span.hidden { (format!("{} from {from} to {to}", outcome.name())) }
                }
            }
        },
    }
}

fn cells<'v>(verdict: &'v Verdict, found: &[Finding<'v>]) -> Cells<'v> {
    let mut cells = Cells::new();
    for (number, finding) in found.iter().enumerate() {
        if finding.outcome == Outcome::Advice {
            continue;
        }
        for example in &finding.all {
            for from in those(verdict, &example.attacker) {
                for to in those(verdict, &example.victim) {
                    if from != to {
                        // Findings come the worst first.
                        cells.entry((from, to)).or_insert((finding.outcome, number));
                    }
                }
            }
        }
    }
    cells
}

/// The tenants that a party stands for.
fn those<'v>(verdict: &'v Verdict, party: &'v Party) -> Vec<&'v str> {
    match party {
        Party::Tenant(id) => vec![id],
        Party::AnyOtherTenant => verdict.tenants.iter().map(String::as_str).collect(),
        Party::Shared | Party::Outside => Vec::new(),
    }
}
