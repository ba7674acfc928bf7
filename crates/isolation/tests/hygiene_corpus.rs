//! Every hygiene template of the corpus, with its whole verdict.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::path::Path;

use tenantry_isolation::hygiene::{Rules, verdicts};
use tenantry_template::{NoLoader, ReadOptions, Source, read};
use tenantry_verdict::claims::{self, Plane};
use tenantry_verdict::{ClaimVerdict, Outcome, Verdict, render};

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
    Verdict::assemble(tenants, &[Plane::Hygiene], verdicts(&model, rules))
}

#[test]
fn each_template_breaks_its_claim_and_no_other() {
    insta::glob!("../corpus", "hygiene-*", |path| {
        let verdict = verdict(path, &rules());
        let file = path.file_name().unwrap().to_str().unwrap();
        let broken: Vec<_> = verdict
            .claims
            .iter()
            .filter(|answer| answer.outcome().crossing() != Outcome::Proven)
            .map(|answer| answer.claim)
            .collect();
        let promised: Vec<_> = claims::all().filter(|c| c.breaking.contains(&file)).collect();
        assert_eq!(broken, promised, "{file}");
        insta::assert_snapshot!(render::human(&verdict));
    });
}

#[test]
fn a_convention_that_nobody_asks_for_is_advice_and_breaks_nothing() {
    let rules = Rules { required: Vec::new(), ..rules() };
    for claim in Plane::Hygiene.claims() {
        let breaking = claim.breaking.iter().map(|file| (file, true));
        for (file, told) in breaking.chain(claim.holding.iter().map(|file| (file, false))) {
            let verdict =
                verdict(&Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(file), &rules);
            let outcome = |answer: &ClaimVerdict| answer.outcome();
            let worst = verdict.claims.iter().map(outcome).max();
            assert!(worst <= Some(Outcome::Advice), "{file}: {worst:?}");
            let own = verdict.claims.iter().find(|answer| answer.claim == *claim).unwrap();
            let unknown = file.contains("unknown");
            assert_eq!(!own.advice.is_empty(), told && !unknown, "{file}");
        }
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/hygiene-unencrypted-queue.yaml");
    insta::assert_snapshot!("advice", render::human(&verdict(&path, &rules)));
}
