//! The planes: the platform's own template, mutations of it, and the corpus.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod support;

use support::{platform, render, verdict};
use tenantry_isolation::claims::Plane;
use tenantry_isolation::verdict::Outcome;

#[test]
fn the_platforms_own_template_is_isolated_plane_by_plane() {
    insta::assert_snapshot!(render(&verdict("platform.json", &platform(5))));
}

#[test]
fn templates_of_the_corpus_have_these_verdicts() {
    for plane in Plane::ALL {
        let pattern = format!("{}-*/*.*", plane.name());
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus");
        if !std::fs::read_dir(folder)
            .unwrap()
            .any(|entry| entry.unwrap().file_name().to_str().unwrap().starts_with(plane.name()))
        {
            continue;
        }
        insta::glob!("../corpus", &pattern, |path| {
            let name = path.file_name().unwrap().to_str().unwrap();
            let text = std::fs::read_to_string(path).unwrap();
            let verdict = verdict(name, &text);
            let breaks = path.parent().unwrap().ends_with("breaks");
            assert!(!breaks || verdict.outcome() == Outcome::Breached, "{name}");
            insta::assert_snapshot!(render(&verdict));
        });
    }
}
