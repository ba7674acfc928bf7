//! What a user does in the life of a platform.

use std::collections::BTreeSet;

use pulumi_resource_aws::{Entry, Operation};

use crate::project::Project;

/// The resource's name: the last part of its URN.
fn name(entry: &Entry) -> &str {
    entry.urn.rsplit("::").next().unwrap()
}

pub(crate) fn a_preview_shows_the_tree_and_makes_nothing() {
    let project = Project::new(5);
    let text = project.run(&["preview"]).succeeded();
    assert!(text.contains("tenantry:index:Tenant tenant-005 create"), "{text}");
    assert!(text.contains("tenantry:index:Network network-prod create"), "{text}");
    assert!(text.contains("Tenant001Endpoint"), "{text}");
    assert!(project.journal().is_empty());
    assert!(!project.path("project/platform.lock").exists(), "a preview writes nothing");
}

pub(crate) fn a_platform_goes_up_stays_as_it_is_grows_and_goes_down() {
    let project = Project::new(5);
    let text = project.up().succeeded();
    assert!(!text.contains("warning"), "{text}");
    project.is_sound();
    let outputs = project.outputs();
    let endpoint = outputs["Tenant003Endpoint"].as_str().unwrap();
    assert!(endpoint.starts_with(outputs["ApiAddress"].as_str().unwrap()), "{outputs}");
    assert!(endpoint.ends_with("/tenants/tenant-003/users"), "{outputs}");
    assert_eq!(outputs["Tenant003UsersTable"], "tenant-003-users-prod");
    assert_eq!(outputs["Tenant003LogGroup"], "/aws/lambda/tenant-003-prod");
    for subnet in ["Tenant003SubnetA", "Tenant003SubnetB"] {
        assert!(outputs[subnet].as_str().unwrap().starts_with("subnet-"), "{outputs}");
    }
    let lock = std::fs::read_to_string(project.path("project/platform.lock")).unwrap();
    assert!(lock.contains("tenant-005"), "the places are written down: {lock}");

    let before = project.journal().len();
    project.run(&["up", "--yes", "--skip-preview", "--expect-no-changes"]).succeeded();
    assert_eq!(project.journal().len(), before, "a second up does nothing");

    project.write_platform(6, "");
    project.up().succeeded();
    let journal = project.journal().split_off(before);
    let others: BTreeSet<(Operation, &str)> = journal
        .iter()
        .filter(|entry| !name(entry).contains("006"))
        .map(|entry| (entry.operation, entry.token()))
        .collect();
    assert_eq!(
        others,
        BTreeSet::from([
            (Operation::Create, "aws:apigateway/deployment:Deployment"),
            (Operation::Update, "aws:apigateway/restApi:RestApi"),
            (Operation::Update, "aws:apigateway/stage:Stage"),
            (Operation::Delete, "aws:apigateway/deployment:Deployment"),
        ])
    );
    project.is_sound();

    let before = project.journal().len();
    project.run(&["refresh", "--yes", "--skip-preview", "--expect-no-changes"]).succeeded();
    let journal = project.journal().split_off(before);
    assert!(journal.iter().all(|entry| entry.operation == Operation::Read));

    project.run(&["destroy", "--yes", "--skip-preview"]).succeeded();
    assert!(project.state().is_empty());
    project.is_sound();
    assert!(project.locks().is_empty());
    project.wait_until_alone();
}

pub(crate) fn a_targeted_update_touches_that_tenant_alone() {
    let project = Project::new(3);
    project.up().succeeded();
    let before = project.journal().len();
    project.write_platform(3, "[tags]\ncost_center = \"other\"");
    project.run(&["up", "--yes", "--skip-preview", "--target", "**::Tenant002**"]).succeeded();
    let journal = project.journal().split_off(before);
    assert!(!journal.is_empty());
    for entry in journal {
        assert_eq!(entry.operation, Operation::Update, "{}", entry.urn);
        assert!(name(&entry).starts_with("Tenant002"), "{}", entry.urn);
    }
}

pub(crate) fn a_fault_of_the_platform_file_is_shown_with_its_place() {
    let project = Project::new(1);
    project.write("platform.toml", "[platform]\nname = \"acme\"\nregoin = \"us-east-1\"\n");
    let text = project.run(&["preview"]).failed();
    assert!(text.contains("platform.toml:3:1") && text.contains("regoin"), "{text}");
    assert!(!text.contains("panicked") && !text.contains("backtrace"), "{text}");
}

pub(crate) fn a_stack_of_a_cell_without_tenants_says_which_cells_have_some() {
    let project = Project::new(1);
    project.run(&["config", "set", "cell", "7"]).succeeded();
    let text = project.run(&["preview"]).failed();
    assert!(text.contains("no tenants in cell 7") && text.contains("tenants are: 1"), "{text}");
    project.run(&["config", "set", "cell", "seven"]).succeeded();
    let text = project.run(&["preview"]).failed();
    assert!(text.contains("`seven` is no number of a cell"), "{text}");
}
