//! Every hygiene template of the corpus, with its whole verdict.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::path::Path;

use tenantry_isolation::hygiene::{Rules, verdicts};
use tenantry_template::{NoLoader, ReadOptions, Source, read};
use tenantry_verdict::claims::{self, Plane, hygiene};
use tenantry_verdict::{Outcome, Verdict, render};

fn rules() -> Rules {
    Rules { suffix: Some("prod".into()), ..Rules::default() }
}

fn verdict(path: &Path, rules: &Rules) -> Verdict {
    let text = std::fs::read_to_string(path).unwrap();
    let name = path.file_name().unwrap().to_str().unwrap();
    let sources = [Source { name, bytes: text.as_bytes() }];
    let options = ReadOptions::default();
    let model = read(&sources, &options, &NoLoader).map_err(|error| error.to_string()).unwrap();
    let tenants = model.tenants.iter().map(|tenant| model.symbols.readable(tenant)).collect();
    let (claims, advice) = verdicts(&model, rules);
    let verdict = Verdict::assemble(tenants, &[Plane::Hygiene], claims);
    Verdict { advice, ..verdict }
}

#[test]
fn each_template_breaks_its_claim_and_no_other() {
    insta::glob!("../corpus", "hygiene-*", |path| {
        let verdict = verdict(path, &rules());
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

#[test]
fn a_convention_that_nobody_asks_for_is_advice_and_breaks_nothing() {
    let rules = Rules { encryption: false, log_retention: false, ..rules() };
    for claim in [hygiene::ENCRYPTION, hygiene::LOG_RETENTION] {
        for (file, told) in
            claim.breaking.iter().map(|file| (file, 1)).chain(claim.holding.iter().map(|f| (f, 0)))
        {
            let verdict =
                verdict(&Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(file), &rules);
            assert_eq!(verdict.outcome(), Outcome::Proven, "{file}");
            assert_eq!(verdict.advice.len(), told, "{file}");
        }
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/hygiene-unencrypted-queue.yaml");
    insta::assert_snapshot!("advice", render::human(&verdict(&path, &rules)));
}
