//! The page as a whole.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use tenantry_verdict::claims::Plane;
use tenantry_verdict::{ClaimVerdict, Outcome, Verdict};

use crate::{Report, controls, findings, matrix, network, request, tenants};

/// The whole page, as HTML with a line break at the end.
pub fn page(report: &Report<'_>) -> String {
    let Report { title, verdict, platform, .. } = *report;
    let found = verdict.findings();
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                // Nothing is fetched and nothing is run, whatever a template says.
                meta http-equiv="Content-Security-Policy"
                    content="default-src 'none'; style-src 'unsafe-inline'";
                title { "Isolation of " (title) }
                style { (PreEscaped(include_str!("style.css"))) }
            }
            body {
                a.skip href="#main" { "Skip to the answer" }
                (head(report))
                main id="main" {
                    section aria-labelledby="h-planes" {
                        h2 id="h-planes" { "What was asked" }
                        (planes(verdict))
                    }
                    (matrix::matrix(verdict, &found))
                    (findings::findings(verdict, &found))
                    @if let Some(platform) = platform {
                        (network::network(platform))
                        (request::request(verdict))
                        (tenants::tenants(platform))
                    }
                    (assumptions(verdict))
                    (controls::controls(verdict))
                    (sources(report))
                }
                footer { "Made by tenantry " (report.version) ". " (scope()) }
            }
        }
    };
    page.into_string() + "\n"
}

/// What a page of this kind cannot say.
fn scope() -> &'static str {
    "This is an answer about the templates named above, not about what runs at AWS."
}

fn head(report: &Report<'_>) -> Markup {
    let verdict = report.verdict;
    let outcome = verdict.outcome();
    html! {
        header {
            p.over { "Isolation of tenants" }
            h1 { (report.title) }
            p class=(format!("answer {}", outcome.name())) {
                strong { (mark(outcome)) " " (outcome.name()) }
                " " (meaning(outcome))
            }
            dl.facts {
                div { dt { "Tenants" } dd { (verdict.tenants.len()) } }
                div { dt { "Ordered pairs" } dd { (verdict.pairs) } }
                div { dt { "Decided" } dd { (report.at) " UTC" } }
                @if let Some(commit) = report.commit {
                    div { dt { "Commit" } dd { code { (commit) } } }
                }
            }
        }
    }
}

fn meaning(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Proven | Outcome::Advice | Outcome::Nothing => {
            "No tenant can reach another, under the assumptions listed below."
        }
        Outcome::Weak => "No tenant can reach another; a barrier that ought to be there is not.",
        Outcome::Undecided => "Something that could matter is not known.",
        Outcome::Breached => "A tenant can reach what is another's.",
    }
}

/// A sign beside a word, for those who see no colours.
pub(crate) fn mark(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Breached => "✗",
        Outcome::Undecided => "?",
        Outcome::Weak => "!",
        Outcome::Advice => "i",
        Outcome::Proven => "✓",
        Outcome::Nothing => "–",
    }
}

/// An answer in its colour.
pub(crate) fn badge(outcome: Outcome) -> Markup {
    html! {
        span class=(format!("badge {}", outcome.name())) {
            span aria-hidden="true" { (mark(outcome)) } " " (outcome.name())
        }
    }
}

fn planes(verdict: &Verdict) -> Markup {
    let of = |plane| verdict.claims.iter().filter(move |answer| answer.claim.plane == plane);
    html! {
        @for plane in Plane::ALL {
            @if let Some(outcome) = verdict.plane(plane) {
                details.plane {
                    summary {
                        (badge(outcome)) " " strong { (plane.name()) }
                        span.count { (asked(of(plane))) }
                    }
                    ul {
                        @for answer in of(plane) {
                            li { (badge(answer.outcome())) " " code { (answer.claim.id) } ": " (answer.claim.title) }
                        }
                    }
                }
            }
        }
    }
}

fn asked<'a>(claims: impl Iterator<Item = &'a ClaimVerdict>) -> String {
    let (claims, asked) =
        claims.fold((0_usize, 0_u64), |(claims, asked), one| (claims + 1, asked + one.questions));
    let word = if claims == 1 { "claim" } else { "claims" };
    format!("{claims} {word}, asked of {asked}")
}

fn assumptions(verdict: &Verdict) -> Markup {
    html! {
        section aria-labelledby="h-assumed" {
            h2 id="h-assumed" { "What the answer rests on" }
            @if verdict.assumptions.is_empty() { p { "Nothing is assumed." } }
            dl.assumed {
                @for assumption in &verdict.assumptions {
                    dt {
                        code { (assumption.id) }
                        @if assumption.added { " (your own)" }
                    }
                    dd { (assumption.text) }
                }
            }
        }
    }
}

fn sources(report: &Report<'_>) -> Markup {
    html! {
        section aria-labelledby="h-read" {
            h2 id="h-read" { "What was read" }
            div.wide tabindex="0" role="group" aria-labelledby="h-read" {
                table {
                    thead { tr { th scope="col" { "Template" } th scope="col" { "SHA-256" } } }
                    tbody {
                        @for template in report.templates {
                            tr { td { (template.name) } td { code { (template.sha256) } } }
                        }
                    }
                }
            }
        }
    }
}
