//! What the emulator had acknowledged is there after it was killed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::path::Path;
use std::process::Command;

#[test]
fn the_journal_keeps_what_was_written_whatever_happens_to_its_end_its_middle_or_the_disk() {
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let done = Command::new(support::tools().python)
        .arg(crate_folder.join("tests/journal/records.py"))
        .arg(crate_folder.join("src/launcher"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success() && said.contains("Ran "), "{said}");
}
