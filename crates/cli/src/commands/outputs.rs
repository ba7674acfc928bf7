//! `tenantry outputs`: what the stacks on this machine give out, by tenant.

use std::collections::BTreeMap;

use serde::Serialize;
use tenantry_local::{Home, Status};

use super::synth;
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::output::{Output, table};
use crate::project::Project;

/// A stack's outputs: those of its tenants without the tenant's name before them.
#[derive(Serialize)]
pub(super) struct StackOutputs {
    pub(super) stack: String,
    pub(super) shared: BTreeMap<String, String>,
    pub(super) tenants: BTreeMap<String, BTreeMap<String, String>>,
}

pub(crate) fn run(project: &Project, output: &Output) -> Result<Outcome, Failure> {
    let found = all(project)?;
    output.data(&found, || {
        let rows = found.iter().flat_map(|stack| {
            let row = |whose: &str, name: &str, value: &str| {
                vec![stack.stack.clone(), whose.to_owned(), name.to_owned(), value.to_owned()]
            };
            let shared = stack.shared.iter().map(|(name, value)| row("shared", name, value));
            let tenants = stack.tenants.iter().flat_map(|(tenant, all)| {
                all.iter().map(|(name, value)| row(tenant, name, value)).collect::<Vec<_>>()
            });
            shared.chain(tenants).collect::<Vec<_>>()
        });
        table(&["STACK", "WHOSE", "OUTPUT", "VALUE"], rows)
    })?;
    Ok(Outcome::Done)
}

/// The outputs of the platform's stacks.
///
/// # Errors
/// When nothing runs.
pub(super) fn all(project: &Project) -> Result<Vec<StackOutputs>, Failure> {
    let home = Home::of_project(&project.folder);
    let status = tenantry_local::status(&home)
        .map_err(|error| Failure::with_hint(error.to_string(), error.hint()))?;
    let status = status.ok_or_else(|| {
        Failure::with_hint(
            "nothing runs here",
            "`tenantry up` deploys the platform, `tenantry start` starts one that was stopped",
        )
    })?;
    Ok(of_stacks(project, &status))
}

/// The outputs of the platform's stacks among what runs.
pub(super) fn of_stacks(project: &Project, status: &Status) -> Vec<StackOutputs> {
    let platform = project.platform();
    let mut found = Vec::new();
    for cell in &platform.cells {
        let name = synth::stack_name(platform, cell);
        let Some(stack) = status.stacks.iter().find(|stack| stack.name == name) else { continue };
        let mut one =
            StackOutputs { stack: name, shared: BTreeMap::new(), tenants: BTreeMap::new() };
        for (name, value) in &stack.outputs {
            // The longest, for one id may begin with another.
            let owner = cell
                .tenants
                .iter()
                .filter_map(|tenant| {
                    let prefix = tenantry_blueprint::tenant_output(&tenant.id, "");
                    Some((tenant.id.to_string(), name.strip_prefix(&prefix)?, prefix.len()))
                })
                .max_by_key(|(_, _, length)| *length);
            match owner {
                Some((tenant, rest, _)) => {
                    let all = one.tenants.entry(tenant).or_default();
                    all.insert(rest.to_owned(), value.clone());
                }
                None => drop(one.shared.insert(name.clone(), value.clone())),
            }
        }
        found.push(one);
    }
    found
}

/// The log groups among a tenant's outputs, by the service that writes into each; the API's own is called `api`.
pub(super) fn log_groups(outputs: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let groups = outputs.iter().filter_map(|(name, group)| {
        let service = name.strip_suffix("LogGroup")?;
        let service = if service.is_empty() { "api".to_owned() } else { service.to_lowercase() };
        Some((service, group.clone()))
    });
    groups.collect()
}
