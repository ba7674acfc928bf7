//! The same program in Pulumi YAML, run by the official runtime.

use std::collections::BTreeMap;
use std::path::Path;

use pulumi_resource_aws::Operation;
use serde_json::Value;
use tenantry_testing::platform;

use crate::project::Project;

/// What the provider was asked to make: type and name, with the inputs.
fn made(project: &Project) -> BTreeMap<(String, String), Value> {
    let created = project.journalled(Operation::Create).into_iter();
    created
        .map(|entry| {
            let name = entry.urn.rsplit("::").next().unwrap_or_default().to_owned();
            ((entry.token().to_owned(), name), entry.inputs)
        })
        .collect()
}

pub(crate) fn the_yaml_program_makes_what_the_native_one_makes() {
    let platform = platform(3, "prod");
    let plan = tenantry_pulumi::plan(&platform, &platform.cells[0]);
    let program =
        tenantry_pulumi::yaml(&plan, "acme", "acme", Path::new(tenantry_pulumi::PACKAGES));

    let native = Project::new(3);
    native.up().succeeded();
    let yaml = Project::of_yaml(&program);
    let told = yaml.up().succeeded();
    assert!(!told.contains("warning"), "{told}");

    let (native_made, yaml_made) = (made(&native), made(&yaml));
    assert_eq!(native_made.len(), plan.resource_count());
    assert_eq!(
        native_made.keys().collect::<Vec<_>>(),
        yaml_made.keys().collect::<Vec<_>>(),
        "the same resources"
    );
    for (resource, inputs) in &native_made {
        assert_eq!(inputs, &yaml_made[resource], "{resource:?}");
    }
    assert_eq!(native.outputs(), yaml.outputs());

    yaml.run(&["destroy", "--yes", "--skip-preview"]).succeeded();
    assert!(yaml.state().is_empty());
}
