use std::collections::HashSet;

use super::{Plane, all};

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
