//! Somebody or something ends a run.

use rustix::process::{Signal, kill_process};

use crate::project::{Project, signal, wait};

const UP: &[&str] = &["up", "--yes", "--skip-preview"];

#[test]
fn a_hanging_create_is_cancelled_and_the_next_up_finishes() {
    let Some(mut project) = Project::new(2) else { return };
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

#[test]
fn the_host_is_killed_and_the_next_up_finishes() {
    let Some(mut project) = Project::new(2) else { return };
    project.set("TENANTRY_PROVIDER_SLOW", "50");
    let running = project.start(UP);
    project.wait_for_creates(10);
    for host in project.processes("pulumi-language") {
        let _ = kill_process(host, Signal::KILL);
    }
    wait(running).failed();
    assert!(project.locks().is_empty());
    project.wait_until_alone();
    project.is_sound();

    project.unset("TENANTRY_PROVIDER_SLOW");
    project.up().succeeded();
    project.is_sound();
}

#[test]
fn the_engine_is_killed_and_leaves_a_lock_that_cancel_takes_away() {
    // The file backend does not write its state in one step. A kill in the middle of that leaves a state that the engine
    // itself cannot read, which is not what is asked here: then it is killed once more, in another project.
    const TRIES: usize = 8;
    let killed = (0..TRIES).find_map(|_| {
        let Some(project) = killed_after_ten_creates() else { return Some(None) };
        let text = project.up().failed();
        (!text.contains("failed to load checkpoint")).then_some(Some((project, text)))
    });
    let Some((mut project, text)) = killed.expect("a state that can be read") else { return };
    assert!(text.contains("locked"), "{text}");
    project.run(&["cancel", "--yes"]).succeeded();
    assert!(project.locks().is_empty());

    // What was made without the engine hearing of it is refused as being there already: the next up need not succeed.
    project.unset("TENANTRY_PROVIDER_SLOW");
    project.up();
    project.made_once();
    assert!(project.locks().is_empty());
}

/// A project whose engine was killed, and whose plugins have ended with it.
fn killed_after_ten_creates() -> Option<Project> {
    let mut project = Project::new(2)?;
    project.set("TENANTRY_PROVIDER_SLOW", "50");
    let running = project.start(UP);
    project.wait_for_creates(10);
    signal(&running, Signal::KILL);
    wait(running).failed();
    // Neither the host nor the provider outlives the engine.
    project.wait_until_alone();
    Some(project)
}
