//! The guard in front of the emulator.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use support::Project;
use tenantry_local::{Cancel, Client, Emulator, EmulatorError, self_test, stop};

#[test]
fn the_guard_decides_about_each_request_as_its_table_says() {
    support::pass_in_python("guard/decisions.py");
}

#[test]
fn a_key_that_everybody_knows_opens_nothing_and_each_start_has_a_key_of_its_own() {
    let project = Project::new();
    project.start();
    let first = fs::read_to_string(project.home.credentials()).unwrap();
    for (id, secret) in [("test", "test"), ("000000000000", "x")] {
        let error =
            self_test(&Client::with_key(project.port, id, secret), &Cancel::default()).unwrap_err();
        assert!(error.to_string().contains("InvalidClientTokenId"), "{error}");
    }
    stop(&project.home).unwrap();
    project.start();
    assert_ne!(fs::read_to_string(project.home.credentials()).unwrap(), first);
}

#[test]
fn an_emulator_that_another_version_started_is_not_used() {
    let project = Project::new();
    let emulator = project.start();
    let record = project.home.path().join("emulator.json");
    let text = fs::read_to_string(&record).unwrap();
    // An older one wrote down nothing about a launcher.
    let older: String = text.lines().filter(|line| !line.contains("\"launcher\"")).collect();
    fs::write(&record, older).unwrap();
    let error = Emulator::find(&project.home).unwrap_err();
    assert!(matches!(error, EmulatorError::Outdated { .. }), "{error}");
    let pid = emulator.pid().to_string();
    insta::assert_snapshot!(
        "outdated",
        support::told(&error.to_string(), &error.hint(), &[(&pid, "[pid]")])
    );
}

#[test]
fn a_stranger_on_the_port_is_not_taken_for_the_emulator() {
    let project = Project::new();
    project.start();
    let record = project.home.path().join("emulator.json");
    let text = fs::read_to_string(&record).unwrap();
    let instance = text.split('"').nth(3).unwrap();
    fs::write(&record, text.replace(instance, "another")).unwrap();
    assert!(matches!(Emulator::find(&project.home), Err(EmulatorError::Silent { .. })));
    fs::write(&record, &text).unwrap();
    assert!(Emulator::find(&project.home).unwrap().is_some());
}

#[test]
fn what_is_started_writes_files_for_its_owner_alone() {
    let project = Project::new();
    project.start();
    stop(&project.home).unwrap();
    let mut folders = vec![project.home.path().to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let metadata = fs::symlink_metadata(&path).unwrap();
            assert_eq!(metadata.permissions().mode() & 0o077, 0, "{}", path.display());
            if metadata.is_dir() {
                folders.push(path);
            }
        }
    }
}

#[test]
fn a_record_that_somebody_else_wrote_removes_nothing_outside_the_folder() {
    let project = Project::new();
    fs::create_dir_all(project.home.path()).unwrap();
    let outside = project.folder.path().join("outside");
    fs::create_dir(&outside).unwrap();
    let record = format!(
        r#"{{"instance": "x", "port": 1, "pid": 4194305, "started": "", "trusted": false, "temporary": {:?}}}"#,
        outside.display().to_string()
    );
    fs::write(project.home.path().join("emulator.json"), record).unwrap();
    assert!(Emulator::find(&project.home).unwrap().is_none());
    assert!(outside.is_dir());
    assert!(!project.home.path().join("emulator.json").exists());
}
