//! The planes: the platform's own template, mutations of it, and the corpus.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod support;

use std::fmt::Write as _;

use support::{platform, render, verdict, verdict_of};
use tenantry_isolation::claims::Plane;
use tenantry_isolation::planes::Asked;
use tenantry_isolation::verdict::Outcome;

#[test]
fn the_platforms_own_template_is_isolated_plane_by_plane() {
    insta::assert_snapshot!(render(&verdict("platform.json", &platform(5))));
}

#[test]
fn each_barrier_of_the_platform_is_removed_in_turn() {
    let asked = Asked { barriers: true, ..Asked::default() };
    let verdict = verdict_of("platform.json", &platform(3), &asked);
    let mut out = String::new();
    for removal in &verdict.barriers {
        let _ = writeln!(
            out,
            "{} without {}: {}; by itself it {}",
            removal.plane.name(),
            removal.barrier.title(),
            removal.without.name(),
            if removal.alone { "holds" } else { "does not hold" }
        );
        if let Some(example) = &removal.example {
            let _ = writeln!(
                out,
                "  {} does {} to {}",
                example.principal, example.action, example.resource
            );
        }
    }
    insta::assert_snapshot!(out);
}

const PLANES: [&str; 8] =
    ["identity", "escalation", "key", "data", "route", "token", "log", "environment"];

#[test]
fn templates_of_the_corpus_have_these_verdicts() {
    for plane in PLANES {
        insta::glob!("../corpus", &format!("{plane}-*.*"), |path| {
            let name = path.file_name().unwrap().to_str().unwrap();
            let text = std::fs::read_to_string(path).unwrap();
            let mut verdict = verdict(name, &text);
            // Conventions and packets have corpora of their own.
            let others = [Plane::Hygiene, Plane::Network];
            verdict.claims.retain(|answer| !others.contains(&answer.claim.plane));
            let stem = path.file_stem().unwrap().to_str().unwrap();
            let (holds, open) = (stem.ends_with("-holds"), stem.ends_with("-undecided"));
            let own = Plane::ALL.into_iter().find(|each| each.name() == plane).unwrap();
            let expected = match (holds, open) {
                (true, _) => Outcome::Proven,
                (_, true) => Outcome::Undecided,
                _ => Outcome::Breached,
            };
            assert_eq!(verdict.plane(own), Some(expected), "{name}: {}", render(&verdict));
            assert!(!holds || verdict.outcome() == Outcome::Proven, "{name}: {}", render(&verdict));
            insta::assert_snapshot!(render(&verdict));
        });
    }
}
