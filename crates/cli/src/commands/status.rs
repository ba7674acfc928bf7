//! `tenantry status`: what runs on this machine.

use std::time::Duration;

use serde::Serialize;
use tenantry_local::{
    Activity, Difference, Endpoint, Home, Status, Tenant, TenantOutputs, is_kept,
};

use super::differences::{self, DifferenceReport};
use super::up::{TenantReport, addresses, outputs_of, tenant_report};
use super::{outputs, synth};
use crate::application;
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::output::{Output, table};
use crate::project::Project;

#[derive(Serialize)]
struct Report<'a> {
    running: bool,
    /// It does not run, and what was deployed is kept.
    stopped: bool,
    port: Option<u16>,
    pid: Option<u32>,
    stacks: Vec<StackReport<'a>>,
    tenants: Vec<TenantReport<'a>>,
    /// What the tenants did in the last hour, by their functions' logs.
    last_hour: Vec<ActivityReport>,
}

#[derive(Serialize)]
struct ActivityReport {
    tenant: String,
    requests: usize,
    errors: usize,
    /// Nothing on this machine counts requests that the API turned away.
    throttled: Option<usize>,
}

#[derive(Serialize)]
struct StackReport<'a> {
    stack: &'a str,
    status: &'a str,
    /// What is not as it would be on AWS.
    differences: Vec<DifferenceReport<'a>>,
}

pub(crate) fn run(project: &Project, output: &Output) -> Result<Outcome, Failure> {
    let home = Home::of_project(&project.folder);
    let failure =
        |error: tenantry_local::StatusError| Failure::with_hint(error.to_string(), error.hint());
    let status = tenantry_local::status(&home).map_err(failure)?;
    let differences = tenantry_local::differences(&home).map_err(failure)?;
    let tenants = status.as_ref().map(|status| deployed(project, status)).unwrap_or_default();
    let stopped = status.is_none() && is_kept(&home);
    let stacks = status.iter().flat_map(|status| &status.stacks);
    let report = Report {
        running: status.is_some(),
        stopped,
        port: status.as_ref().map(|status| status.port),
        pid: status.as_ref().map(|status| status.pid),
        stacks: stacks
            .map(|stack| StackReport {
                stack: &stack.name,
                status: &stack.status,
                differences: differences::report(
                    differences.get(&stack.name).into_iter().flatten(),
                ),
            })
            .collect(),
        tenants: tenants.iter().map(tenant_report).collect(),
        last_hour: match &status {
            Some(status) => last_hour(project, &home, status)?,
            None => Vec::new(),
        },
    };
    output.data(&report, || match &status {
        Some(status) => human(status, &tenants, &report.last_hour, differences.values().flatten()),
        None if stopped => STOPPED.to_owned(),
        None => "Nothing runs here. Start it with `tenantry up`.".to_owned(),
    })?;
    Ok(Outcome::Done)
}

/// The tenants of platform.toml that are deployed.
fn deployed(project: &Project, status: &Status) -> Vec<Tenant> {
    let platform = project.platform();
    let below = application::contract(platform).below();
    let mut tenants = Vec::new();
    for cell in &platform.cells {
        let name = synth::stack_name(platform, cell);
        let Some(stack) = status.stacks.iter().find(|stack| stack.name == name) else { continue };
        let Some(endpoint) = Endpoint::from_outputs(&stack.outputs) else { continue };
        let wanted: Vec<TenantOutputs> = cell
            .tenants
            .iter()
            .map(|tenant| outputs_of(tenant, below))
            .filter(|wanted| wanted.subnets.iter().all(|name| stack.outputs.contains_key(name)))
            .collect();
        tenants.extend(endpoint.tenants(&status.address, &stack.outputs, &wanted));
    }
    tenants
}

const COUNTED: &str = "Requests that the functions answered, by their logs, and those of them with 500 and above. The emulator has no metrics, \
                       so that nothing here counts what was throttled.";

fn last_hour(
    project: &Project,
    home: &Home,
    status: &Status,
) -> Result<Vec<ActivityReport>, Failure> {
    let mut found = Vec::new();
    for stack in outputs::of_stacks(project, status) {
        for (tenant, own) in stack.tenants {
            let groups: Vec<String> = outputs::log_groups(&own).into_values().collect();
            let hour = Duration::from_secs(3600);
            let counted = tenantry_local::activity(home, &groups, hour)
                .map_err(|error| Failure::with_hint(error.to_string(), error.hint()))?;
            let Activity { requests, errors } = counted.unwrap_or_default();
            found.push(ActivityReport { tenant, requests, errors, throttled: None });
        }
    }
    Ok(found)
}

const STOPPED: &str = "It is stopped, and what was deployed is kept. `tenantry start` starts it, `tenantry up` starts it and brings \
                       it to platform.toml, `tenantry down` takes it away.";

fn human<'a>(
    status: &Status,
    tenants: &[Tenant],
    last_hour: &[ActivityReport],
    differences: impl Iterator<Item = &'a Difference>,
) -> String {
    let stacks = table(
        &["STACK", "STATUS"],
        status.stacks.iter().map(|stack| vec![stack.name.clone(), stack.status.clone()]),
    );
    let tenants: Vec<&Tenant> = tenants.iter().collect();
    let mut text = format!(
        "The emulator runs on port {} of 127.0.0.1 (process {}); the platform is {}.\n\n{stacks}\n\n{}",
        status.port,
        status.pid,
        status.address,
        addresses(&tenants)
    );
    let rows = last_hour.iter().map(|one| {
        vec![one.tenant.clone(), one.requests.to_string(), one.errors.to_string(), "-".to_owned()]
    });
    let activity = table(&["LAST HOUR", "REQUESTS", "ERRORS", "THROTTLED"], rows);
    text.push_str(&format!("\n\n{activity}\n{COUNTED}"));
    let differences = differences::human(differences);
    if !differences.is_empty() {
        text.push_str("\n\n");
        text.push_str(&differences);
    }
    text
}
