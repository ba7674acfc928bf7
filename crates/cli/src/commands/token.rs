//! `tenantry token`: a signed-in user's ID token, for curl.

use serde::Serialize;
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
    let platform = project.platform();
    let (cell, _) = tenant::find(platform, id)?;
    let home = Home::of_project(&project.folder);
    let status = tenantry_local::status(&home)
        .map_err(|error| Failure::with_hint(error.to_string(), error.hint()))?;
    let not_up = || Failure::with_hint(format!("{id} does not run here"), "run `tenantry up`");
    let status = status.ok_or_else(not_up)?;
    let name = synth::stack_name(platform, cell);
    let stack = status.stacks.iter().find(|stack| stack.name == name).ok_or_else(not_up)?;
    let endpoint = Endpoint::from_outputs(&stack.outputs).ok_or_else(not_up)?;
    let token = Client::administrator(&home)
        .and_then(|client| id_token(&client, &endpoint.user_pool, &endpoint.app_client, id))
        .map_err(|error| Failure::with_hint(error.to_string(), error.hint()))?;
    output.data(&Report { tenant: id, token: &token }, || token.clone())?;
    Ok(Outcome::Done)
}
