//! Pages of real verdicts.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::path::Path;

use tenantry_isolation::{VerifyOptions, verify_each};
use tenantry_report::{PlatformView, Report, Template, TenantView, page};
use tenantry_template::{Loader, ReadOptions};
use tenantry_verdict::{Outcome, Verdict};

struct Nothing;

impl Loader for Nothing {
    fn load(&self, _: &str, _: &str) -> Result<(String, Vec<u8>), String> {
        Err("no nested templates here".into())
    }
}

fn verdict(text: &str) -> Verdict {
    let load = |_| Ok::<_, tenantry_template::ReadError>(("app.yaml".into(), text.into()));
    let (options, asked) = (ReadOptions::default(), VerifyOptions::default());
    verify_each(1, load, &options, &Nothing, &asked).unwrap()
}

fn corpus(file: &str) -> String {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../isolation/corpus");
    std::fs::read_to_string(corpus.join(file)).unwrap()
}

fn told(verdict: &Verdict, platform: Option<&PlatformView>) -> String {
    let templates = [Template { name: "app.yaml".into(), sha256: "0".repeat(64) }];
    page(&Report {
        title: "app.yaml",
        verdict,
        at: "2026-11-29 00:10",
        version: "0.0.0",
        commit: None,
        templates: &templates,
        platform,
    })
}

fn values<'p>(page: &'p str, attribute: &str) -> BTreeSet<&'p str> {
    page.split(attribute).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[test]
fn a_breached_template_is_told_with_the_lines_that_let_it_through() {
    insta::assert_snapshot!(told(&verdict(&corpus("identity-prefix-wildcard.yaml")), None));
}

#[test]
fn every_sign_in_the_matrix_leads_to_a_finding_that_is_there() {
    let verdict = verdict(&corpus("identity-prefix-wildcard.yaml"));
    assert_eq!(verdict.outcome(), Outcome::Breached);
    let page = told(&verdict, None);
    let (links, ids) = (values(&page, "href=\"#f"), values(&page, "id=\"f"));
    assert!(!links.is_empty() && links.is_subset(&ids), "{links:?} {ids:?}");
}

#[test]
fn what_a_template_calls_its_things_stays_text() {
    let hostile = corpus("identity-prefix-wildcard.yaml")
        .replace("tenant_id", "<script>alert(1)</script>\"'&");
    let page = told(&verdict(&hostile), None);
    assert!(!page.contains("<script"), "{page}");
}

#[test]
fn a_page_fetches_and_runs_nothing() {
    let platform = PlatformView {
        tenants: (1..=20)
            .map(|number| TenantView { id: format!("t{number}"), cell: 1, ..TenantView::default() })
            .collect(),
        ..PlatformView::default()
    };
    let page = told(&verdict(&corpus("identity-prefix-wildcard.yaml")), Some(&platform));
    for word in ["<script", " src=", "@import", "url(", "<link", "http://", "https://", "onclick"] {
        assert!(!page.contains(word), "{word}");
    }
    assert!(page.contains("the first 8 are drawn"));
}
