//! In what order things go.

use std::collections::BTreeMap;

use pulumi_resource_aws::{Entry, Operation};
use serde_json::Value;

use crate::project::Project;

pub(crate) fn nothing_is_deleted_before_what_depends_on_it() {
    let mut project = Project::new(3);
    project.up().succeeded();
    let made = project.journalled(Operation::Create);
    // Long enough for a deletion that does not wait to overtake.
    project.set("TENANTRY_PROVIDER_SLOW", "20");
    project.run(&["destroy", "--yes", "--skip-preview"]).succeeded();
    let gone = project.journalled(Operation::Delete);
    assert_eq!(gone.len(), made.len());
    let place: BTreeMap<&str, usize> =
        gone.iter().enumerate().map(|(place, entry)| (entry.urn.as_str(), place)).collect();

    let mut dependencies = 0;
    for (index, needed) in made.iter().enumerate() {
        // A policy of a bucket is called like its bucket: a reference to that name is one to the bucket.
        let borrowed = |other: &Entry| {
            other.id == needed.id || other.outputs["arn"].as_str() == Some(&needed.id)
        };
        if made[..index].iter().any(borrowed) {
            continue;
        }
        for dependant in &made[index + 1..] {
            if refers(&dependant.inputs, needed) {
                dependencies += 1;
                assert!(
                    place[dependant.urn.as_str()] < place[needed.urn.as_str()],
                    "{} went before {}, which uses it",
                    needed.urn,
                    dependant.urn
                );
            }
        }
    }
    assert!(dependencies > made.len(), "{dependencies} references were looked at");
}

/// Whether a value is the id or the ARN of a resource, or has it inside a text.
fn refers(value: &Value, resource: &Entry) -> bool {
    match value {
        Value::String(text) => {
            // A topic's policy has its topic's ARN.
            let own = |arn: &&str| !resource.inputs.to_string().contains(*arn);
            let arn = resource.outputs["arn"].as_str().filter(own);
            // An id that AWS draws is nowhere by chance; one that its owner chose has to be the whole text.
            let drawn =
                resource.id.len() > 17 && !resource.inputs.to_string().contains(&resource.id);
            *text == resource.id || arn == Some(text) || drawn && text.contains(&resource.id)
        }
        Value::Array(items) => items.iter().any(|item| refers(item, resource)),
        Value::Object(entries) => entries
            .iter()
            // A name can be the same as another kind's; references stand in other inputs.
            .any(|(name, value)| name != "name" && name != "tags" && refers(value, resource)),
        _ => false,
    }
}
