//! Every hygiene template of the corpus, with its whole verdict.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::path::Path;

use tenantry_isolation::claims::{self, Plane};
use tenantry_isolation::hygiene::{Rules, verdicts};
use tenantry_isolation::verdict::{Outcome, Verdict};
use tenantry_isolation::{NoLoader, Options, Source, read, render};

fn verdict(path: &Path) -> Verdict {
    let text = std::fs::read_to_string(path).unwrap();
    let name = path.file_name().unwrap().to_str().unwrap();
    let sources = [Source { name, bytes: text.as_bytes() }];
    let options = Options::default();
    let model = read(&sources, &options, &NoLoader).map_err(|error| error.to_string()).unwrap();
    let rules = Rules { suffix: Some("prod".into()), ..Rules::default() };
    let tenants = model.tenants.iter().map(|tenant| model.symbols.readable(tenant)).collect();
    Verdict::assemble(tenants, &[Plane::Hygiene], verdicts(&model, &rules))
}

#[test]
fn each_template_breaks_its_claim_and_no_other() {
    insta::glob!("../corpus", "hygiene-*", |path| {
        let verdict = verdict(path);
        let file = path.file_name().unwrap().to_str().unwrap();
        let broken: Vec<_> = verdict
            .claims
            .iter()
            .filter(|answer| answer.outcome() != Outcome::Proven)
            .map(|answer| answer.claim)
            .collect();
        let promised: Vec<_> = claims::all().filter(|c| c.breaking.contains(&file)).collect();
        assert_eq!(broken, promised, "{file}");
        insta::assert_snapshot!(render::human(&verdict));
    });
}
