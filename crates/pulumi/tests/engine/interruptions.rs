//! Somebody or something ends a run.

use std::process::Child;

use pulumi_resource_aws::Operation;
use rustix::process::{Signal, kill_process};

use crate::project::{Project, resources, signal, wait, wait_for};

const UP: &[&str] = &["up", "--yes", "--skip-preview"];

pub(crate) fn a_hanging_create_is_cancelled_and_the_next_up_finishes() {
    let mut project = Project::new(2);
    project.set("TENANTRY_PROVIDER_HANG", "30");
    let running = project.start(UP);
    project.wait_for_creates(29);
    signal(&running, Signal::INT);
    let text = wait(running).failed();
    assert!(!text.contains("panic"), "{text}");
    assert!(project.locks().is_empty(), "a cancelled run gives its lock back");
    project.wait_until_alone();
    project.is_sound();

    project.unset("TENANTRY_PROVIDER_HANG");
    project.up().succeeded();
    project.is_sound();
}

pub(crate) fn the_host_is_killed_and_the_next_up_finishes() {
    let mut project = Project::new(2);
    let released = project.path("released");
    project.set("TENANTRY_PROVIDER_HOLD", "11");
    project.set("TENANTRY_PROVIDER_RELEASE", released.clone());
    let running = project.start(UP);
    project.wait_for_creates(10);
    for host in project.processes("pulumi-language") {
        let _ = kill_process(host, Signal::KILL);
    }
    wait_for("the host's end", || project.processes("pulumi-language").is_empty());
    std::fs::write(released, "").unwrap();
    wait(running).failed();
    assert!(project.locks().is_empty());
    project.wait_until_alone();
    project.is_sound();

    project.unset("TENANTRY_PROVIDER_HOLD");
    project.up().succeeded();
    project.is_sound();
}

pub(crate) fn the_engine_is_killed_and_after_cancel_the_next_up_finishes() {
    const HANGS: usize = 10;
    let mut project = Project::new(2);
    project.set("TENANTRY_PROVIDER_HANG", HANGS.to_string());
    let running = project.start(UP);
    project.wait_for_creates(HANGS - 1);
    wait_for("a state with all that was made", || project.saved_all_made());
    kill(&mut project, running, "TENANTRY_PROVIDER_HANG");

    project.up().succeeded();
    is_whole_and_made_once(&project);
}

pub(crate) fn the_engine_is_killed_and_what_it_had_not_heard_of_is_imported_before_the_next_up_finishes()
 {
    // From this create on, the resource is there and the engine does not hear of it.
    const UNHEARD: usize = 10;
    let mut project = Project::new(2);
    project.set("TENANTRY_PROVIDER_WITHHOLD", UNHEARD.to_string());
    let running = project.start(UP);
    project.wait_for_creates(UNHEARD);
    kill(&mut project, running, "TENANTRY_PROVIDER_WITHHOLD");

    let unheard = project.begun_and_made();
    assert!(!unheard.is_empty(), "what the engine has not heard of stands in the state as begun");
    project.run(&["refresh", "--yes", "--skip-preview", "--clear-pending-creates"]).succeeded();
    project.import(&unheard).succeeded();
    project.is_sound();
    project.up().succeeded();
    is_whole_and_made_once(&project);
}

/// Kills the engine and takes away the lock that it leaves, by the documented way.
fn kill(project: &mut Project, engine: Child, fault: &str) {
    signal(&engine, Signal::KILL);
    wait(engine).failed();
    // Neither the host nor the provider outlives the engine.
    project.wait_until_alone();
    project.unset(fault);
    let mut text = project.up().failed();
    if text.contains("failed to load checkpoint: EOF") {
        project.remove_empty_notes();
        text = project.up().failed();
    }
    assert!(text.contains("locked"), "{text}");
    project.run(&["cancel", "--yes"]).succeeded();
    assert!(project.locks().is_empty());
}

fn is_whole_and_made_once(project: &Project) {
    project.is_sound();
    assert_eq!(project.journalled(Operation::Create).len(), resources(2));
    project.run(&["up", "--yes", "--skip-preview", "--expect-no-changes"]).succeeded();
    project.run(&["refresh", "--yes", "--skip-preview", "--clear-pending-creates"]).succeeded();
    assert!(project.begun_and_made().is_empty(), "nothing is pending any more");
    assert!(project.locks().is_empty());
}
