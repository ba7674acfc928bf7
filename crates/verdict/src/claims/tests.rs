use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::{Claim, Plane, all, explain, network, reference};

/// The planes whose claims all have their templates in the corpus.
const WITH_CORPUS: [Plane; 10] = Plane::ALL;

fn weakened(claim: &Claim) -> &'static [&'static str] {
    claim.weakness().map_or(&[], |weakness| weakness.examples)
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn every_id_is_unique_and_begins_with_its_plane() {
    let mut seen = HashSet::new();
    for plane in Plane::ALL {
        assert!(!plane.claims().is_empty(), "{} has no claim", plane.name());
        for claim in plane.claims() {
            assert_eq!(claim.plane, plane, "{claim}");
            assert!(claim.id.starts_with(&format!("{}/", plane.name())), "{claim}");
            assert!(seen.insert(claim.id), "{claim} twice");
        }
    }
    assert_eq!(all().count(), seen.len());
}

#[test]
fn every_claim_says_why_and_how_it_breaks_and_what_to_write() {
    for claim in all() {
        for sentence in [claim.title, claim.why, claim.fix] {
            assert!(sentence.ends_with('.'), "{claim}: {sentence}");
        }
        assert!(!claim.breaks.is_empty() && !claim.barriers.is_empty(), "{claim}");
    }
}

#[test]
fn the_reference_page_is_what_the_registry_says() {
    let page = root().join("docs/claims.md");
    if std::env::var_os("UPDATE_REFERENCE").is_some() {
        std::fs::write(&page, reference()).unwrap();
    }
    let committed = std::fs::read_to_string(&page).unwrap_or_default();
    assert!(
        committed == reference(),
        "docs/claims.md differs: UPDATE_REFERENCE=1 cargo test -p tenantry-verdict writes it"
    );
}

#[test]
fn every_claim_has_a_template_that_breaks_it_and_one_that_holds() {
    for claim in WITH_CORPUS.iter().flat_map(|plane| plane.claims()) {
        assert!(!claim.breaking.is_empty() && !claim.holding.is_empty(), "{claim}");
    }
}

#[test]
fn every_template_that_the_registry_names_is_in_the_corpus() {
    for claim in all() {
        for file in claim.breaking.iter().chain(claim.holding).chain(weakened(&claim)) {
            let path = root().join("crates/isolation/corpus").join(file);
            assert!(path.is_file(), "{claim}: {file}");
        }
    }
}

#[test]
fn every_template_of_a_plane_is_named_by_one_of_its_claims() {
    let corpus = root().join("crates/isolation/corpus");
    for plane in WITH_CORPUS {
        let named: Vec<&str> = plane
            .claims()
            .iter()
            .flat_map(|c| c.breaking.iter().chain(c.holding).chain(weakened(c)).copied())
            .collect();
        for entry in std::fs::read_dir(&corpus).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if name.starts_with(&format!("{}-", plane.name())) {
                assert!(named.contains(&name.as_str()), "{name} is in no claim");
            }
        }
    }
}

#[test]
fn a_claim_is_explained_in_plain_text() {
    insta::assert_snapshot!(explain(&network::PACKET));
}
