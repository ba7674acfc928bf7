//! `tenantry tenant rename`, `tier`, `suspend` and `resume`.

use std::collections::BTreeSet;

use serde::Serialize;
use tenantry_config::{Entry, Source};

use super::change::{Came, Change, edited, not_edited, write_down};
use super::find;
use crate::arguments::ChangeTenant;
use crate::commands::up;
use crate::failure::Failure;
use crate::outcome::{Outcome, cancel_on_interrupt};
use crate::output::Output;
use crate::project::Project;

#[derive(Serialize)]
struct Report<'a> {
    tenant: &'a str,
    name: &'a str,
    tier: &'a str,
    suspended: bool,
}

/// The files alone: no name, tag or template has a tenant's name for people.
pub(super) fn rename(
    project: &Project,
    id: &str,
    name: &str,
    output: &Output,
) -> Result<Outcome, Failure> {
    check(project, Entry { id: id.to_owned(), name: Some(name.to_owned()), tier: None })?;
    find(project.platform(), id)?;
    let mut text = edited(project)?;
    text.rename(id, name).map_err(|error| not_edited(project, &error))?;
    let next = project.with_platform(text.to_string())?;
    next.write_platform()?;
    say(&next, id, format!("{id} is called {name}. Nothing that is deployed has the name."), output)
}

pub(super) fn tier(
    project: &Project,
    id: &str,
    tier: &str,
    change: &ChangeTenant,
    output: &Output,
) -> Result<Outcome, Failure> {
    check(project, Entry { id: id.to_owned(), name: None, tier: Some(tier.to_owned()) })?;
    find(project.platform(), id)?;
    let mut text = edited(project)?;
    text.set_tier(id, tier).map_err(|error| not_edited(project, &error))?;
    let done = format!("{id} is in the tier {tier}.");
    make(project, id, &text, done, change, output)
}

pub(super) fn suspend(
    project: &Project,
    id: &str,
    suspended: bool,
    change: &ChangeTenant,
    output: &Output,
) -> Result<Outcome, Failure> {
    find(project.platform(), id)?;
    let mut text = edited(project)?;
    text.set_suspended(id, suspended).map_err(|error| not_edited(project, &error))?;
    let done = if suspended {
        format!("{id} is suspended: its routes answer 403, and its data is kept.")
    } else {
        format!("{id} is let in again.")
    };
    make(project, id, &text, done, change, output)
}

fn make(
    project: &Project,
    id: &str,
    text: &tenantry_config::Edited,
    done: String,
    change: &ChangeTenant,
    output: &Output,
) -> Result<Outcome, Failure> {
    if change.no_deploy {
        write_down(project, text, output)?;
        return Ok(Outcome::Done);
    }
    let cancel = cancel_on_interrupt()?;
    let tenants = BTreeSet::from([id.to_owned()]);
    let change = Change {
        project,
        tenants,
        yes: change.yes,
        shown: false,
        destroy: Vec::new(),
        cancel: &cancel,
        output,
    };
    match change.make(text)? {
        Came::Breached => Ok(Outcome::Findings),
        Came::Deployed { project, cells } => {
            say(&project, id, done, output)?;
            Ok(up::told(&cells, output))
        }
    }
}

/// What was said on the command line, held against what a file may say.
pub(super) fn check(project: &Project, entry: Entry) -> Result<(), Failure> {
    let (name, text) = project.file();
    let said = entry.to_toml();
    let said = Source { name: "the command line", text: said.as_bytes() };
    tenantry_config::entries(said, Source { name: &name, text })?;
    Ok(())
}

fn say(project: &Project, id: &str, done: String, output: &Output) -> Result<Outcome, Failure> {
    let (_, tenant) = find(project.platform(), id)?;
    let report = Report {
        tenant: id,
        name: &tenant.name,
        tier: &tenant.tier.name,
        suspended: tenant.suspended,
    };
    output.data(&report, || done)?;
    Ok(Outcome::Done)
}
