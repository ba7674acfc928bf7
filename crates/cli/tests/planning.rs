//! Plans, questions and lost locks as far as they need no emulator: against templates, and where nobody can be asked.
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
        "[exit status {}]\n--- stdout\n{}\n--- stderr\n{}",
        output.status.code().unwrap(),
        text(&output.stdout),
        text(&output.stderr)
    )
    .replace(&folder.display().to_string(), "[FOLDER]")
}

/// Three tenants, and what is deployed of them in `deployed/`.
fn deployed() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &["a", "b", "c"], "");
    let synth = tenantry(folder.path(), &["synth", "cloudformation", "--out", "deployed"]);
    assert!(synth.starts_with("[exit status 0]"), "{synth}");
    folder
}

fn write(folder: &Path, tenants: &[&str], more: &str) {
    let tenants = tenants.iter().map(|id| format!("\n[[tenants]]\nid = \"tenant-{id}\"\n"));
    let text = format!("{more}[platform]\nname = \"acme\"\n{}", tenants.collect::<String>());
    fs::write(folder.join("platform.toml"), text).unwrap();
}

fn plan(folder: &Path) -> String {
    let plan = tenantry(folder, &["plan", "--against", "deployed"]);
    // How long verifying takes is nobody's promise.
    plan.lines()
        .filter(|line| !line.contains("verify the isolation"))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn what_is_deployed_as_wanted_has_no_plan() {
    let folder = deployed();
    insta::assert_snapshot!(plan(folder.path()));
}

#[test]
fn a_tenant_that_comes_touches_nobody_else() {
    let folder = deployed();
    write(folder.path(), &["new", "a", "b", "c"], "");
    let lock = fs::read(folder.path().join("platform.lock")).unwrap();
    insta::assert_snapshot!(plan(folder.path()));
    assert_eq!(
        fs::read(folder.path().join("platform.lock")).unwrap(),
        lock,
        "looking writes nothing"
    );
}

#[test]
fn a_tenant_that_goes_is_told_with_what_it_holds() {
    let folder = deployed();
    write(folder.path(), &["a", "c"], "");
    insta::assert_snapshot!(plan(folder.path()));
}

#[test]
fn protection_that_is_switched_on_is_a_change_that_loses_nothing() {
    let folder = deployed();
    write(folder.path(), &["a", "b", "c"], "[protection]\ndeletion = \"on\"\n");
    let told = plan(folder.path());
    assert!(!told.contains("would go"), "{told}");
    insta::assert_snapshot!(told);
    // And then what goes from the platform stays in the account.
    tenantry(folder.path(), &["synth", "cloudformation", "--out", "deployed"]);
    write(folder.path(), &["a", "b"], "[protection]\ndeletion = \"on\"\n");
    insta::assert_snapshot!("protected_tenant_goes", plan(folder.path()));
}

#[test]
fn the_answer_of_get_template_is_taken_as_well() {
    let folder = deployed();
    let file = folder.path().join("deployed/acme-cell-1-prod.template.json");
    let template = fs::read_to_string(&file).unwrap();
    let answer = format!("{{\"TemplateBody\": {template}, \"StagesAvailable\": [\"Original\"]}}");
    fs::write(folder.path().join("answer.json"), answer).unwrap();
    let told = tenantry(folder.path(), &["plan", "--against", "answer.json"]);
    assert!(told.starts_with("[exit status 0]"), "{told}");
    fs::write(folder.path().join("answer.json"), "{\"TemplateBody\": 1}").unwrap();
    insta::assert_snapshot!(
        tenantry(folder.path(), &["plan", "--against", "answer.json"])
            .lines()
            .skip(3)
            .filter(|line| !line.contains("verify the"))
            .collect::<Vec<_>>()
            .join("\n")
    );
}

#[test]
fn a_lock_is_recovered_from_templates() {
    let folder = deployed();
    let lock = folder.path().join("platform.lock");
    let right = fs::read_to_string(&lock).unwrap();
    let recover = ["lock", "recover", "--from", "deployed/acme-cell-1-prod.template.json"];
    fs::remove_file(&lock).unwrap();
    insta::assert_snapshot!("lock_missing", tenantry(folder.path(), &recover));
    assert_eq!(fs::read_to_string(&lock).unwrap(), right);
    fs::write(&lock, right.replace("slot = 1", "slot = 9")).unwrap();
    insta::assert_snapshot!("lock_edited", tenantry(folder.path(), &recover));
    assert_eq!(fs::read_to_string(&lock).unwrap(), right);
    fs::write(&lock, "<<<<<<< ours\n").unwrap();
    insta::assert_snapshot!("lock_unreadable", tenantry(folder.path(), &recover));
    assert_eq!(fs::read_to_string(&lock).unwrap(), right);
    insta::assert_snapshot!("lock_from_nothing", tenantry(folder.path(), &["lock", "recover"]));
}

#[test]
fn a_file_that_is_no_plan_is_refused_before_anything_is_done() {
    let folder = deployed();
    fs::write(folder.path().join("kept.json"), "{}").unwrap();
    let told = tenantry(folder.path(), &["up", "kept.json"]);
    assert!(told.starts_with("[exit status 2]"), "{told}");
    assert!(told.contains("kept.json is no plan"), "{told}");
    assert!(!folder.path().join(".tenantry").exists());
}

#[test]
fn the_template_on_standard_output_writes_no_lock() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &["a"], "");
    let told = tenantry(folder.path(), &["synth", "cloudformation"]);
    assert!(
        told.contains("platform.lock does not say yet: tenant-a is added in cell 1, slot 1"),
        "{told}"
    );
    assert!(!folder.path().join("platform.lock").exists());
}
