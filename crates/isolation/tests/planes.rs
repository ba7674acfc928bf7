//! The planes: the platform's own template, mutations of it, and the corpus.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod support;

use std::fmt::Write as _;

use tenantry_verdict::claims::Plane;
use tenantry_verdict::render::{human, json};
use tenantry_verdict::{Counterexample, Outcome};

use support::{barriers, platform, render, verdict, verdict_of};

#[test]
fn the_platforms_own_template_is_isolated_plane_by_plane() {
    insta::assert_snapshot!(render(&verdict("platform.json", &platform(5))));
}

/// Two services with roles of their own on one table with an index, of which one has the table's name.
#[test]
fn an_application_of_the_users_is_isolated_and_another_tenants_thing_in_it_is_found() {
    let platform = tenantry_testing::read(include_str!("../../../examples/orders/platform.toml"));
    let graph = tenantry_testing::graph(
        &platform,
        &platform.cells[0],
        tenantry_blueprint::Emptying::ByFunction,
    );
    let template = tenantry_cloudformation::template(&graph, "orders, cell 1").unwrap();
    insta::assert_snapshot!(render(&verdict("orders.json", &template)));
    // Another tenant's role in a policy, its table and its id in an environment, its function in a route.
    for (from, to) in [
        (r#"["TenantAcmeSummaryRole", "Arn"]"#, r#"["TenantBlueSummaryRole", "Arn"]"#),
        (r#""Ref": "TenantAcmeOrdersTable""#, r#""Ref": "TenantBlueOrdersTable""#),
        (r#""TENANT_ID": "tenant-acme""#, r#""TENANT_ID": "tenant-blue""#),
        (
            "functions/${TenantAcmeSummaryFunction.Arn}",
            "functions/${TenantBlueSummaryFunction.Arn}",
        ),
    ] {
        let changed = template.replacen(from, to, 1);
        assert_ne!(changed, template, "{from}");
        let outcome = verdict("orders.json", &changed).outcome();
        assert_eq!(outcome, Outcome::Breached, "{to}");
    }
}

#[test]
fn each_barrier_of_the_platform_is_removed_in_turn() {
    let verdict = verdict_of("platform.json", &platform(2), &barriers());
    insta::assert_snapshot!("barriers_for_people", human(&verdict));
    insta::assert_snapshot!("barriers_as_json", json(&verdict).unwrap());
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
            let weak = stem.ends_with("-weak");
            let own = Plane::ALL.into_iter().find(|each| each.name() == plane).unwrap();
            let expected = match (holds, open) {
                (true, _) => Outcome::Proven,
                (_, true) => Outcome::Undecided,
                _ if weak => Outcome::Weak,
                _ => Outcome::Breached,
            };
            // What keeps a template from breaking may leave nothing to ask of its plane.
            let found = match verdict.plane(own) {
                Some(Outcome::Nothing) if holds => Some(Outcome::Proven),
                found => found,
            };
            assert_eq!(found, Some(expected), "{name}: {}", render(&verdict));
            assert!(!holds || verdict.outcome() == Outcome::Proven, "{name}: {}", render(&verdict));
            insta::assert_snapshot!(render(&verdict));
        });
    }
}

/// What each barrier is worth where one is missing that stands elsewhere.
#[test]
fn a_barrier_stands_alone_where_nothing_is_behind_it() {
    insta::glob!("../corpus/barriers", "*.yaml", |path| {
        let name = path.file_name().unwrap().to_str().unwrap();
        let text = std::fs::read_to_string(path).unwrap();
        let verdict = verdict_of(name, &text, &barriers());
        let (plane, _) = name.split_once('-').unwrap();
        let plane = Plane::ALL.into_iter().find(|each| each.name() == plane).unwrap();
        let mut out = format!("{}\n", verdict.plane(plane).unwrap().name());
        for (against, removals) in verdict.removals(plane) {
            let against = against.unwrap();
            let _ = writeln!(out, "{}: {}", against.claim, against.way);
            for removal in removals {
                let worth = match removal.alone {
                    true if removal.stands_alone() => "stands alone",
                    true => "holds alone",
                    false => "does not hold alone",
                };
                let (title, without) = (removal.barrier.title(), removal.without.name());
                let _ = writeln!(out, "  {title}: {worth}; without it {without}");
                if let Some(example) = &removal.example {
                    let Counterexample { principal, action, resource, .. } = &**example;
                    let _ = writeln!(out, "    {principal}: {action}, {resource}");
                    for evidence in &example.evidence {
                        let _ = writeln!(out, "    {}:\n{}", evidence.says, evidence.place);
                    }
                }
            }
        }
        insta::assert_snapshot!(out);
    });
}
