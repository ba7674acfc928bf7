//! The guard in front of the emulator.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::path::Path;
use std::process::Command;

#[test]
fn the_guard_decides_about_each_request_as_its_table_says() {
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let done = Command::new(support::tools().python)
        .arg(crate_folder.join("tests/guard/decisions.py"))
        .arg(crate_folder.join("src/launcher"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success() && said.contains("Ran "), "{said}");
}
