//! Tenants added, changed and removed as far as it needs no emulator: in the files, and where it is refused.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// Runs tenantry without a terminal and writes down all that a user sees of it.
fn tenantry(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_tenantry"))
        .args(arguments)
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap().trim_end().to_owned();
    format!(
        "$ tenantry {}\n[exit status {}]\n--- stdout\n{}\n--- stderr\n{}\n\n",
        arguments.join(" "),
        output.status.code().unwrap(),
        text(&output.stdout),
        text(&output.stderr)
    )
    .replace(&folder.display().to_string(), "[FOLDER]")
}

const PLATFORM: &str = "[platform]\nname = \"acme\"\n\n[tiers.gold]\nburst = 200\n\n# The first.\n[[tenants]]\nid = \"tenant-a\"  # for life\nname = \"Anna\"\n";

fn project() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("platform.toml"), PLATFORM).unwrap();
    folder
}

/// What is in a folder: names and texts.
fn files(folder: &Path) -> Vec<(String, String)> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| {
            (
                entry.file_name().to_string_lossy().into_owned(),
                fs::read_to_string(entry.path()).unwrap_or_default(),
            )
        })
        .collect();
    files.sort();
    files
}

#[test]
fn the_files_alone_are_changed_where_that_is_asked_for() {
    let folder = project();
    let folder = folder.path();
    fs::write(
        folder.join("new.toml"),
        "[[tenants]]\nid = \"tenant-c\"\n[[tenants]]\nid = \"tenant-d\"\ntier = \"gold\"\n",
    )
    .unwrap();
    let mut all = String::new();
    for arguments in [
        &["tenant", "add", "tenant-b", "--name", "Bert", "--no-deploy"] as &[&str],
        &["tenant", "add", "--from", "new.toml", "--no-deploy"],
        &["tenant", "add", "tenant-b", "--no-deploy"],
        &["tenant", "rename", "tenant-a", "Änne"],
        &["tenant", "tier", "tenant-b", "gold", "--no-deploy"],
        &["tenant", "suspend", "tenant-b", "--no-deploy"],
        &["tenant", "suspend", "tenant-c", "--no-deploy"],
        &["tenant", "resume", "tenant-c", "--no-deploy"],
        &["tenant", "list"],
    ] {
        all.push_str(&tenantry(folder, arguments));
    }
    let text = fs::read_to_string(folder.join("platform.toml")).unwrap();
    insta::assert_snapshot!(format!("{all}{text}"));
    let verified = tenantry(folder, &["verify"]);
    assert!(verified.contains("[exit status 0]"), "{verified}");
}

#[test]
fn what_is_refused_is_told_and_changes_nothing() {
    let folder = project();
    let folder = folder.path();
    fs::write(
        folder.join("wrong.toml"),
        "[[tenants]]\nid = \"tenant-a-\"\nname = \"\"\n[tiers.silver]\n",
    )
    .unwrap();
    fs::create_dir(folder.join("empty")).unwrap();
    let before = files(folder);
    let mut all = String::new();
    for arguments in [
        &["tenant", "add"] as &[&str],
        &["tenant", "add", "Globex", "--no-deploy"],
        &["tenant", "add", "tenant-b", "--tier", "golden", "--no-deploy"],
        &["tenant", "add", "tenant-a", "--name", "Bert", "--no-deploy"],
        &["tenant", "add", "--from", "wrong.toml", "--no-deploy"],
        &["tenant", "add", "--from", "missing.toml"],
        &["tenant", "add", "--from-export", "empty"],
        &["tenant", "rename", "tenant-x", "X"],
        &["tenant", "rename", "tenant-a", "a\u{202e}b"],
        &["tenant", "tier", "tenant-a", "silver", "--no-deploy"],
        &["tenant", "suspend", "tenant-x", "--no-deploy"],
        &["tenant", "export", "tenant-a", "--out", "out"],
        &["tenant", "import", "empty"],
        &["tenant", "remove", "tenant-x", "--yes"],
        &["tenant", "remove", "tenant-a", "--yes", "--destroy", "tenant-a"],
    ] {
        all.push_str(&tenantry(folder, arguments));
    }
    insta::assert_snapshot!(all);
    assert_eq!(files(folder), before);
}

#[test]
fn a_ledger_that_was_changed_or_cut_off_is_a_finding() {
    let folder = project();
    let folder = folder.path();
    let ledger = folder.join("platform.ledger");
    let mut all = tenantry(folder, &["ledger", "verify"]);
    // Written by an earlier removal.
    let line = "4c1f2a {\"number\":1}\n";
    fs::write(&ledger, line).unwrap();
    all.push_str(&tenantry(folder, &["ledger", "verify"]));
    all.push_str(&tenantry(folder, &["tenant", "remove", "tenant-a"]));
    fs::write(&ledger, "half a line").unwrap();
    all.push_str(&tenantry(folder, &["ledger", "verify"]));
    all.push_str(&tenantry(folder, &["ledger", "verify", "--head", "4c1f2a"]));
    all.push_str(&tenantry(folder, &["ledger", "list"]));
    insta::assert_snapshot!(all);
}
