//! What the emulator had answered is there after it was killed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;
use support::Project;
use tenantry_local::{
    Cancel, Cell, Change, Earlier, Emulator, Silent, deploy, is_kept, last_port, stop,
};

#[test]
fn the_journal_keeps_what_was_written_whatever_happens_to_its_end_its_middle_or_the_disk() {
    support::pass_in_python("journal/records.py");
}

#[test]
fn a_stack_is_unchanged_after_its_emulator_was_killed_and_after_it_was_stopped() {
    let project = Project::new();
    assert!(!is_kept(&project.home));
    let emulator = project.start();
    assert_eq!(deploy_to(&project), Change::Created);
    kill(&emulator);
    assert_eq!(Emulator::find(&project.home).unwrap().map(|found| found.pid()), None);
    assert!(is_kept(&project.home));
    assert_eq!(last_port(&project.home), Some(project.port));
    project.start();
    assert_eq!(deploy_to(&project), Change::Unchanged);
    stop(&project.home).unwrap();
    project.start();
    assert_eq!(deploy_to(&project), Change::Unchanged);
    assert!(!project.home.path().join("rolled-back.json").exists());
}

#[test]
fn nothing_of_a_stack_that_was_under_way_is_left_whatever_was_written_meanwhile() {
    let project = Project::new();
    let emulator = project.start();
    let client = project.client();
    let waiting = thread::spawn(move || {
        let cell = cell("waiting", include_str!("fixtures/waiting.json"));
        deploy(&client, &cell, Earlier::IsOver, &Silent, &Cancel::default()).map(|_| ())
    });
    let journal = project.home.path().join("state/journal");
    while !fs::read_to_string(&journal).unwrap().contains("creation of stack waiting") {
        thread::yield_now();
    }
    // Its end writes whatever has changed in any service.
    assert_eq!(deploy_to(&project), Change::Created);
    kill(&emulator);
    waiting.join().unwrap().unwrap_err();
    let kept = fs::read_to_string(&journal).unwrap();
    assert!(
        kept.contains("table/tenant-001-users-test") && !kept.contains("role/waiting"),
        "{kept}"
    );
    project.start();
    let told = fs::read_to_string(project.home.path().join("rolled-back.json")).unwrap();
    assert_eq!(told, "[\n  \"the creation of stack waiting, which was under way\"\n]");
    assert_eq!(deploy_to(&project), Change::Unchanged);
}

#[test]
fn what_a_damaged_journal_does_not_bring_back_is_written_down_for_whoever_starts_it() {
    let project = Project::new();
    let emulator = project.start();
    assert_eq!(deploy_to(&project), Change::Created);
    kill(&emulator);
    let journal = project.home.path().join("state/journal");
    let mut bytes = fs::read(&journal).unwrap();
    // The first record is the state of an emulator that has nothing yet; what a stack made comes after it.
    let second = bytes.iter().position(|byte| *byte == b'\n').unwrap() + 40;
    bytes[second] ^= 1;
    fs::write(&journal, &bytes).unwrap();
    project.start();
    let told = fs::read_to_string(project.home.path().join("rolled-back.json")).unwrap();
    assert!(told.contains("what came after a damaged record of the journal"), "{told}");
    assert!(told.contains("changes to"), "{told}");
    assert_eq!(fs::read(project.home.path().join("state/journal.damaged-1")).unwrap(), bytes);
    assert_eq!(deploy_to(&project), Change::Created);
}

fn deploy_to(project: &Project) -> Change {
    let cell = cell("small", include_str!("fixtures/small.json"));
    deploy(&project.client(), &cell, Earlier::IsOver, &Silent, &Cancel::default()).unwrap().change
}

fn cell(stack: &str, template: &str) -> Cell {
    Cell { stack: stack.to_owned(), template: template.to_owned(), parameters: BTreeMap::new() }
}

fn kill(emulator: &Emulator) {
    Command::new("kill").args(["-9", &emulator.pid().to_string()]).status().unwrap();
    while Path::new(&format!("/proc/{}", emulator.pid())).exists() {
        thread::yield_now();
    }
}
