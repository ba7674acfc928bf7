//! `tenantry token`: a signed-in user's ID token, for curl.

use serde::Serialize;
use tenantry_config::{Cell, Tenant};
use tenantry_local::{Client, Endpoint, Home, id_token};

use super::{synth, tenant};
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::output::Output;
use crate::project::Project;

#[derive(Serialize)]
struct Report<'a> {
    tenant: &'a str,
    token: &'a str,
}

pub(crate) fn run(project: &Project, id: &str, output: &Output) -> Result<Outcome, Failure> {
    let (cell, tenant) = tenant::find(project.platform(), id)?;
    let home = Home::of_project(&project.folder);
    let endpoint = endpoint_of(project, cell, tenant)?;
    let token = Client::administrator(&home)
        .and_then(|client| id_token(&client, &endpoint.user_pool, &endpoint.app_client, id))
        .map_err(|error| Failure::with_hint(error.to_string(), error.hint()))?;
    output.data(&Report { tenant: id, token: &token }, || token.clone())?;
    Ok(Outcome::Done)
}

/// Where a tenant's cell is on this machine.
///
/// # Errors
/// When the tenant does not run here.
pub(super) fn endpoint_of(
    project: &Project,
    cell: &Cell,
    tenant: &Tenant,
) -> Result<Endpoint, Failure> {
    let home = Home::of_project(&project.folder);
    let status = tenantry_local::status(&home)
        .map_err(|error| Failure::with_hint(error.to_string(), error.hint()))?;
    let name = synth::stack_name(project.platform(), cell);
    let subnet = tenantry_blueprint::tenant_output(&tenant.id, "SubnetA");
    let found = status.and_then(|status| {
        let stack = status.stacks.into_iter().find(|stack| stack.name == name)?;
        stack
            .outputs
            .contains_key(&subnet)
            .then(|| Endpoint::from_outputs(&stack.outputs))
            .flatten()
    });
    found.ok_or_else(|| {
        Failure::with_hint(format!("{} does not run here", tenant.id), "run `tenantry up`")
    })
}
