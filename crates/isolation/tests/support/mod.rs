//! Templates to ask, and verdicts as text.
#![allow(clippy::unwrap_used, missing_docs, unreachable_pub, dead_code, clippy::indexing_slicing)]

use std::fmt::Write as _;

use tenantry_blueprint::Emptying;
use tenantry_isolation::{VerifyOptions, verify_model};
use tenantry_template::{NoLoader, ReadOptions, Source, read};
use tenantry_testing::{graph, platform_toml, read as read_platform};
use tenantry_verdict::Verdict;

/// The template of tenantry's own platform with so many tenants.
pub fn platform(tenants: usize) -> String {
    cell(0, tenants)
}

/// The template of one cell; cells' tenants and suffixes differ.
pub fn cell(cell: usize, tenants: usize) -> String {
    let suffix = if cell == 0 { "prod".to_owned() } else { format!("prod{cell}") };
    let first = cell * tenants;
    let ids = tenantry_testing::ids(first + 1..=first + tenants);
    let platform =
        read_platform(&platform_toml(&format!("environment_suffix = \"{suffix}\""), ids));
    let graph = graph(&platform, &platform.cells[0], Emptying::ByFunction);
    tenantry_cloudformation::template(&graph, "acme, cell 1").unwrap()
}

pub fn verdict(name: &str, text: &str) -> Verdict {
    verdict_of(name, text, &VerifyOptions::default())
}

/// Asks for each barrier's removal as well.
pub fn barriers() -> VerifyOptions {
    VerifyOptions { barriers: true, ..VerifyOptions::default() }
}

pub fn verdict_of(name: &str, text: &str, asked: &VerifyOptions) -> Verdict {
    let source = Source { name, bytes: text.as_bytes() };
    let model = read(&[source], &ReadOptions::default(), &NoLoader).unwrap();
    verify_model(&model, asked)
}

/// Everything of a verdict but its proven claims' silence.
pub fn render(verdict: &Verdict) -> String {
    let mut out = format!("{}: {}\n", verdict.tenants.join(", "), verdict.outcome().name());
    for answer in &verdict.claims {
        let outcome = answer.outcome();
        let _ = writeln!(out, "{} {} ({})", answer.claim, outcome.name(), answer.questions);
        for example in &answer.counterexamples {
            let _ = writeln!(
                out,
                "  {} of {} does {} to {} of {}; {} ought to have stopped it",
                example.principal,
                example.attacker,
                example.action,
                example.resource,
                example.victim,
                example.barrier.title()
            );
            for act in &example.also {
                let _ = writeln!(out, "  likewise {} to {}", act.action, act.resource);
            }
            for key in &example.context {
                let _ = writeln!(out, "  with {} = {}, {}", key.key, key.value, key.set_by.name());
            }
            for when in &example.when {
                let _ = writeln!(out, "  {when}");
            }
            for step in &example.steps {
                let _ = writeln!(out, "  then {}", step.what);
            }
            for evidence in &example.evidence {
                let _ = writeln!(out, "  {}:\n{}", evidence.says, evidence.place);
            }
            let _ = writeln!(out, "  fix: {}", example.fix);
        }
        if answer.undecided.len() == 1 && answer.undecided[0].unknown == "the answer" {
            continue;
        }
        for reason in &answer.undecided {
            let _ = writeln!(out, "  not known: {}; {}", reason.unknown, reason.matters);
            if let Some(place) = &reason.place {
                let _ = writeln!(out, "{place}");
            }
            let _ = writeln!(out, "  help: {}", reason.help);
        }
    }
    for notice in verdict.least_privilege.iter().chain(&verdict.warnings) {
        let _ = writeln!(out, "note: {}", notice.what);
        if let Some(place) = &notice.place {
            let _ = writeln!(out, "{place}");
        }
    }
    out
}
