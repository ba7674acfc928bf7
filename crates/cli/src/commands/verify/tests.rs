//! What an exception does to a deployment. The platform that tenantry makes has nothing to accept,
//! so a template of the verifier's corpus stands in for it.

use tenantry_verdict::Accept;

use super::*;

/// The verdict with everything that is found accepted until a day.
fn accepted_until(day: &str) -> Verdict {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../isolation/corpus");
    let files = [corpus.join("identity-prefix-wildcard.yaml")];
    let (templates, asked) = (Templates::Files(&files), VerifyOptions::default());
    let output = Output::new(Format::Human);
    let decide = |accept| {
        let exceptions = Exceptions { accept, assume: Vec::new() };
        let caching = Caching { may: false };
        decide(&templates, &ReadOptions::default(), &asked, &exceptions, caching, &output).unwrap()
    };
    let found = decide(Vec::new());
    assert_eq!(before(&found, Duration::ZERO).0, Outcome::Findings);
    let examples = found.claims.iter().flat_map(|claim| &claim.counterexamples);
    let accept = examples.map(|example| {
        let example = example.identity();
        Accept {
            claim: example.claim.id.to_owned(),
            resource: example.resource,
            conditions: example.conditions,
            principal: example.principal,
            action: example.action,
            reason: "being moved".to_owned(),
            until: day.parse().unwrap(),
            place: None,
        }
    });
    decide(accept.collect())
}

#[test]
fn an_exception_that_ran_out_stops_the_deployment_and_says_so() {
    let (outcome, said) = before(&accepted_until("2020-01-31"), Duration::ZERO);
    assert_eq!(outcome, Outcome::Findings);
    assert!(said.contains("ran out on 2020-01-31"), "{said}");
    assert!(said.ends_with("Nothing was deployed."), "{said}");
}

#[test]
fn an_exception_that_counts_lets_the_deployment_go_on_and_is_counted() {
    let (outcome, said) = before(&accepted_until("9999-12-31"), Duration::ZERO);
    assert_eq!(outcome, Outcome::Done, "{said}");
    assert!(said.contains("accepted"), "{said}");
}
