//! An organization's policies as outer limits of what templates allow.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use std::fmt::Write as _;

use tenantry_isolation::{VerifyOptions, verify};
use tenantry_template::{NoLoader, OrganizationFile, ReadError, ReadOptions, Source};
use tenantry_verdict::claims::{Barrier, Plane};
use tenantry_verdict::{Outcome, Verdict};

const TEMPLATE: &str = include_str!("../corpus/organization/two-tenants.yaml");

fn asked(policies: &[(&str, usize, &str)], asked: &VerifyOptions) -> Result<Verdict, ReadError> {
    let file = |(name, level, text): &(&str, usize, &str)| OrganizationFile {
        name: (*name).to_owned(),
        level: *level,
        bytes: text.as_bytes().to_vec(),
    };
    let organization = policies.iter().map(file).collect();
    let options = ReadOptions { organization, ..ReadOptions::default() };
    let sources = [Source { name: "two-tenants.yaml", bytes: TEMPLATE.as_bytes() }];
    verify(&sources, &options, &NoLoader, asked)
}

#[test]
fn without_a_policy_of_the_organization_the_template_is_breached() {
    let verdict = asked(&[], &VerifyOptions::default()).unwrap();
    assert_eq!(verdict.plane(Plane::Identity), Some(Outcome::Breached));
}

#[test]
fn a_policy_of_the_organization_holds_or_does_not_as_its_name_says() {
    insta::glob!("../corpus/organization/policies", "*.json", |path| {
        let name = path.file_name().unwrap().to_str().unwrap();
        let text = std::fs::read_to_string(path).unwrap();
        let barriers = VerifyOptions { barriers: true, ..VerifyOptions::default() };
        let verdict = asked(&[(name, 0, &text)], &barriers).unwrap();
        let expected = match path.file_stem().unwrap().to_str().unwrap().ends_with("-holds") {
            true => Outcome::Proven,
            false => Outcome::Breached,
        };
        assert_eq!(verdict.plane(Plane::Identity), Some(expected), "{name}");
        let outer = [Barrier::ServiceControlPolicy, Barrier::ResourceControlPolicy];
        let mut out = String::new();
        for removal in verdict.barriers.iter().filter(|each| outer.contains(&each.barrier)) {
            let worth = if removal.alone { "holds alone" } else { "does not hold alone" };
            let (plane, title) = (removal.plane.name(), removal.barrier.title());
            let without = removal.without.name();
            let _ = writeln!(out, "{plane}: {title} {worth}; without it {without}");
        }
        for claim in verdict.claims.iter().filter(|claim| claim.claim.plane == Plane::Identity) {
            for example in &claim.counterexamples {
                let _ = writeln!(out, "{} does {}", example.principal, example.action);
                for evidence in &example.evidence {
                    let _ = writeln!(out, "  {}:\n{}", evidence.says, evidence.place);
                }
            }
        }
        insta::assert_snapshot!(out);
    });
}

#[test]
fn each_level_has_to_allow() {
    let read = include_str!("../corpus/organization/policies/principals-allowed-to-read.json");
    let other = include_str!(
        "../corpus/organization/policies/principals-allowed-another-service-holds.json"
    );
    let options = VerifyOptions::default();
    let one_level = asked(&[("a.json", 0, read), ("b.json", 0, other)], &options).unwrap();
    assert_eq!(one_level.plane(Plane::Identity), Some(Outcome::Breached));
    let two_levels = asked(&[("a.json", 0, read), ("b.json", 1, other)], &options).unwrap();
    assert_eq!(two_levels.plane(Plane::Identity), Some(Outcome::Proven));
}

#[test]
fn what_is_no_policy_of_an_organization_is_refused_with_its_place() {
    insta::glob!("../corpus/organization/refused", "*.json", |path| {
        let name = path.file_name().unwrap().to_str().unwrap();
        let text = std::fs::read_to_string(path).unwrap();
        let error = asked(&[(name, 0, &text)], &VerifyOptions::default()).unwrap_err();
        insta::assert_snapshot!(error.to_string());
    });
}
