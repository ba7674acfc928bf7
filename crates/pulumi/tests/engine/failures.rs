//! The provider fails, and the user runs `up` again.

use std::collections::BTreeSet;

use pulumi_resource_aws::Operation;

use crate::project::{Project, resources};

fn a_failed_create_is_made_good(number: usize) {
    let mut project = Project::new(2);
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

pub(crate) fn the_seventh_create_fails_and_the_next_up_finishes() {
    a_failed_create_is_made_good(7);
}

pub(crate) fn the_fortieth_create_fails_and_the_next_up_finishes() {
    a_failed_create_is_made_good(40);
}

pub(crate) fn the_last_create_fails_and_the_next_up_finishes() {
    a_failed_create_is_made_good(resources(2));
}

/// Everything that the failed create is not needed for is made, and nothing else; the next `up` makes the rest.
fn the_rest_goes_on_after(number: usize) {
    let mut project = Project::new(2);
    project.set("TENANTRY_PROVIDER_FAIL", number.to_string());
    let text = project.run(&["up", "--yes", "--skip-preview", "--continue-on-error"]).failed();
    assert!(text.contains(&format!("create number {number} fails on purpose")), "{text}");
    assert!(!text.contains("missing"), "{text}");
    project.is_sound();
    assert!(project.locks().is_empty());
    let made = |project: &Project| -> BTreeSet<String> {
        project.journalled(Operation::Create).into_iter().map(|entry| entry.urn).collect()
    };
    let first = made(&project);

    project.unset("TENANTRY_PROVIDER_FAIL");
    project.up().succeeded();
    project.is_sound();
    assert_eq!(project.journal().len(), resources(2), "each resource was made once");
    let second = &made(&project) - &first;
    let mut roots = Vec::new();
    for resource in project.state() {
        let urn = resource["urn"].as_str().unwrap();
        let needs = resource["dependencies"].as_array().into_iter().flatten();
        let needs_second = needs.clone().any(|need| second.contains(need.as_str().unwrap()));
        if second.contains(urn) && !needs_second {
            roots.push(urn.to_owned());
        }
        assert!(!(first.contains(urn) && needs_second), "{urn} was made without what it needs");
    }
    assert_eq!(roots.len(), 1, "only the failed one and what needs it was left: {roots:?}");
}

pub(crate) fn with_continue_on_error_all_is_made_that_does_not_need_the_seventh_create() {
    the_rest_goes_on_after(7);
}

pub(crate) fn with_continue_on_error_all_is_made_that_does_not_need_the_fortieth_create() {
    the_rest_goes_on_after(40);
}

pub(crate) fn with_continue_on_error_nothing_is_deleted_after_a_failure() {
    let mut project = Project::new(1);
    project.up().succeeded();
    // The deployment of the API's changed body is replaced: one made, one deleted.
    project.write_platform(2, "");
    project.set("TENANTRY_PROVIDER_FAIL", "1");
    project.run(&["up", "--yes", "--skip-preview", "--continue-on-error"]).failed();
    assert!(project.journalled(Operation::Delete).is_empty());
    project.is_sound();

    project.unset("TENANTRY_PROVIDER_FAIL");
    project.up().succeeded();
    project.is_sound();
    assert!(!project.journalled(Operation::Delete).is_empty());
}

pub(crate) fn the_provider_dies_in_mid_create_and_the_next_up_finishes() {
    let mut project = Project::new(1);
    project.set("TENANTRY_PROVIDER_DIE", "40");
    project.up().failed();
    assert!(project.pending().is_empty(), "the engine knows that it failed");
    assert!(project.locks().is_empty());
    project.wait_until_alone();

    project.unset("TENANTRY_PROVIDER_DIE");
    // Another create may just have been done, its answer lost with the provider.
    let unknown = project.unknown();
    if !unknown.is_empty() {
        project.import(&unknown).succeeded();
    }
    project.up().succeeded();
    project.is_sound();
}

pub(crate) fn a_resource_whose_answer_was_lost_is_not_made_a_second_time() {
    let mut project = Project::new(1);
    project.set("TENANTRY_PROVIDER_LOSE", "20");
    project.up().failed();

    project.unset("TENANTRY_PROVIDER_LOSE");
    let text = project.up().failed();
    assert!(text.contains("already exists"), "{text}");
    assert!(project.locks().is_empty());

    // The provider may have had more in hand when it died.
    let unknown = project.unknown();
    assert!(!unknown.is_empty());
    project.import(&unknown).succeeded();
    project.up().succeeded();
    project.is_sound();
    assert_eq!(project.journalled(Operation::Create).len(), resources(1), "each was made once");
}
