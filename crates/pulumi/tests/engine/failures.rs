//! The provider fails, and the user runs `up` again.

use pulumi_resource_aws::Operation;

use crate::project::{Project, resources};

fn a_failed_create_is_made_good(number: usize) {
    let Some(mut project) = Project::new(2) else { return };
    project.set("TENANTRY_PROVIDER_FAIL", number.to_string());
    let text = project.up().failed();
    assert!(text.contains(&format!("create number {number} fails on purpose")), "{text}");
    assert!(!text.contains("resource monitor shut down"), "{text}");
    project.is_sound();
    assert!(project.locks().is_empty());

    project.unset("TENANTRY_PROVIDER_FAIL");
    project.up().succeeded();
    project.is_sound();
    assert_eq!(project.journal().len(), resources(2), "each resource was made once");
    project.wait_until_alone();
}

#[test]
fn the_seventh_create_fails_and_the_next_up_finishes() {
    a_failed_create_is_made_good(7);
}

#[test]
fn the_fortieth_create_fails_and_the_next_up_finishes() {
    a_failed_create_is_made_good(40);
}

#[test]
fn the_last_create_fails_and_the_next_up_finishes() {
    a_failed_create_is_made_good(resources(2));
}

#[test]
fn the_provider_dies_in_mid_create_and_the_next_up_finishes() {
    let Some(mut project) = Project::new(2) else { return };
    project.set("TENANTRY_PROVIDER_DIE", "40");
    project.up().failed();
    assert!(project.pending().is_empty(), "the engine knows that it failed");
    assert!(project.locks().is_empty());
    project.wait_until_alone();

    project.unset("TENANTRY_PROVIDER_DIE");
    project.up().succeeded();
    project.is_sound();
}

#[test]
fn a_resource_whose_answer_was_lost_is_not_made_a_second_time() {
    let Some(mut project) = Project::new(1) else { return };
    project.set("TENANTRY_PROVIDER_LOSE", "20");
    project.up().failed();
    let made = project.journal().len();

    project.unset("TENANTRY_PROVIDER_LOSE");
    let text = project.up().failed();
    assert!(text.contains("already exists"), "{text}");
    assert!(project.journal().len() > made, "the rest goes on");
    assert!(project.locks().is_empty());

    project.import(&[project.unknown()]).succeeded();
    project.up().succeeded();
    project.is_sound();
    assert_eq!(project.journalled(Operation::Create).len(), resources(1), "each was made once");
}
