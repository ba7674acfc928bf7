//! What references between owners are understood: the list grows only with a reason.
#![allow(missing_docs)]

use std::fmt::Write as _;

#[test]
fn every_reference_that_is_understood_says_between_whom_and_why() {
    let mut out = String::new();
    let entries = tenantry_isolation::explained_references();
    let _ = writeln!(out, "{} entries", entries.len());
    for entry in entries {
        let _ = writeln!(out, "{entry}");
    }
    insta::assert_snapshot!(out);
}

#[test]
fn every_action_on_what_is_shared_that_is_understood_says_why() {
    let mut out = String::new();
    let entries = tenantry_isolation::explained_actions();
    let _ = writeln!(out, "{} entries", entries.len());
    for entry in entries {
        let _ = writeln!(out, "{entry}");
    }
    insta::assert_snapshot!(out);
}
