//! Templates that are deployed once a tenant, verified without the tenants' values.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use tenantry_isolation::{VerifyOptions, verify};
use tenantry_template::{NoLoader, ReadOptions, Source};
use tenantry_verdict::claims::Plane;
use tenantry_verdict::{Outcome, render};

#[test]
fn the_answer_says_for_which_shapes_of_id_it_breaks() {
    insta::glob!("../corpus/shapes", "*.yaml", |path| {
        let name = path.file_name().unwrap().to_str().unwrap();
        let bytes = std::fs::read(path).unwrap();
        let sources = [Source { name, bytes: &bytes }];
        let mut verdict =
            verify(&sources, &ReadOptions::default(), &NoLoader, &VerifyOptions::default())
                .unwrap();
        verdict.claims.retain(|answer| answer.claim.plane != Plane::Hygiene);
        let stem = path.file_stem().unwrap().to_str().unwrap();
        let expected = match (stem.ends_with("-holds"), stem.ends_with("-undecided")) {
            (true, _) => Outcome::Proven,
            (_, true) => Outcome::Undecided,
            _ => Outcome::Breached,
        };
        let told = render::human(&verdict).to_string();
        assert_eq!(verdict.outcome(), expected, "{name}: {told}");
        insta::assert_snapshot!(told);
    });
}
