//! What is deployed, for the commands that look at it and not at what ought to be.

use std::collections::BTreeSet;

use tenantry_config::Platform;
use tenantry_deployed::Marks;
use tenantry_local::{ACCOUNT, Home, REGION, Reading};
use tenantry_template::ReadOptions;

use super::synth;
use crate::failure::Failure;
use crate::project::Project;

/// What runs on this machine beside what the platform says.
pub(super) fn read(project: &Project) -> Result<Vec<Reading>, Failure> {
    let platform = project.platform();
    let mut wanted = Vec::with_capacity(platform.cells.len());
    for cell in &platform.cells {
        let text = synth::template(platform, cell)?;
        let template = serde_json::from_str(&text)
            .map_err(|error| Failure::new(format!("the template is no JSON: {error}")))?;
        wanted.push((synth::stack_name(platform, cell), template));
    }
    let home = Home::of_project(&project.folder);
    let found = tenantry_local::read_deployed(&home, &wanted, &marks(platform))
        .map_err(|error| Failure::with_hint(error.to_string(), error.hint()))?;
    found.ok_or_else(|| {
        Failure::with_hint(
            "the emulator does not run, so that nothing tells what is deployed here",
            "`tenantry start` starts it with everything that it has, `tenantry up` deploys",
        )
    })
}

fn marks(platform: &Platform) -> Marks {
    let options = ReadOptions::default();
    let mut owners: BTreeSet<String> =
        platform.tenants().map(|(_, tenant)| tenant.id.to_string()).collect();
    owners.extend(options.shared.iter().cloned());
    Marks {
        tag: options.tenant_tags.into_iter().next().unwrap_or_default(),
        owners,
        suffix: platform.environment_suffix.clone(),
        known: BTreeSet::new(),
    }
}

/// How templates of what is deployed are read: account and region are written out in them.
pub(super) fn options() -> ReadOptions {
    ReadOptions {
        account: Some(ACCOUNT.to_owned()),
        region: Some(REGION.to_owned()),
        ..ReadOptions::default()
    }
}

/// The templates of what is there: a name and a text each.
///
/// # Errors
/// When nothing is deployed.
pub(super) fn texts(found: &[Reading]) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let texts: Vec<(String, Vec<u8>)> = found
        .iter()
        .filter_map(|reading| Some((reading, reading.deployed.as_ref()?)))
        .map(|(reading, deployed)| {
            (name(&reading.stack), format!("{:#}", deployed.template).into_bytes())
        })
        .collect();
    if texts.is_empty() {
        return Err(Failure::with_hint(
            "nothing of the platform is deployed here",
            "`tenantry up` deploys it",
        ));
    }
    Ok(texts)
}

/// What the template of a stack as it is deployed is called where places are told.
pub(super) fn name(stack: &str) -> String {
    format!("{stack}.deployed.json")
}
