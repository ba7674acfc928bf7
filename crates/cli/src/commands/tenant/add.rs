//! `tenantry tenant add`: new tenants, one or many, or one that comes back with its data.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use serde::Serialize;
use tenantry_archive::Checked;
use tenantry_config::{Edited, Entry, Source};
use tenantry_local::{CellUp, Tenant};

use super::change::{Came, Change, edited, not_edited, write_down};
use super::data::{self, ImportReport};
use crate::arguments::AddTenant;
use crate::commands::up;
use crate::failure::Failure;
use crate::outcome::{Outcome, cancel_on_interrupt};
use crate::output::{Output, table};
use crate::project::Project;

#[derive(Serialize)]
struct Report<'a> {
    tenants: Vec<Added<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    imported: Option<ImportReport>,
}

#[derive(Serialize)]
struct Added<'a> {
    id: &'a str,
    endpoint: &'a str,
    api_endpoint: &'a str,
    subnets: &'a [String],
    user_pool_id: &'a str,
}

pub(super) fn run(
    project: &Project,
    arguments: &AddTenant,
    output: &Output,
) -> Result<Outcome, Failure> {
    let export = arguments.from_export.as_deref().map(Checked::open).transpose()?;
    let entries = entries(project, arguments, export.as_ref())?;
    let mut text = edited(project)?;
    let mut there = Vec::new();
    for entry in &entries {
        match text.entry(&entry.id).map_err(|error| not_edited(project, &error))? {
            Some(old) if is_as_asked(&old, entry) => there.push(entry.id.as_str()),
            Some(old) => return Err(is_otherwise(&old)),
            None => text.add(entry).map_err(|error| not_edited(project, &error))?,
        }
    }
    if !there.is_empty() {
        output.note(&format!("In platform.toml already: {}", there.join(", ")));
    }
    if arguments.change.no_deploy {
        write_down(project, &text, output)?;
        return Ok(Outcome::Done);
    }
    deploy(project, arguments, &entries, &text, export.as_ref(), output)
}

fn deploy(
    project: &Project,
    arguments: &AddTenant,
    entries: &[Entry],
    text: &Edited,
    export: Option<&Checked>,
    output: &Output,
) -> Result<Outcome, Failure> {
    let cancel = cancel_on_interrupt()?;
    let tenants: BTreeSet<String> = entries.iter().map(|entry| entry.id.clone()).collect();
    let yes = arguments.change.yes;
    let change = Change {
        project,
        tenants,
        yes,
        shown: false,
        destroy: Vec::new(),
        cancel: &cancel,
        output,
    };
    let Came::Deployed { project, cells } = change.make(text)? else {
        return Ok(Outcome::Findings);
    };
    let imported = match export {
        Some(export) => Some(data::into_tenant(&project, export, &cancel, output)?),
        None => None,
    };
    let added = added(&cells, &change.tenants);
    let report = Report {
        tenants: added
            .iter()
            .map(|(cell, tenant)| Added {
                id: &tenant.id,
                endpoint: &tenant.endpoint,
                api_endpoint: &tenant.api,
                subnets: &tenant.subnets,
                user_pool_id: &cell.endpoint.user_pool,
            })
            .collect(),
        imported,
    };
    output.data(&report, || human(&added, report.imported.as_ref()))?;
    Ok(up::told(&cells, output))
}

/// What is to be added.
fn entries(
    project: &Project,
    arguments: &AddTenant,
    export: Option<&Checked>,
) -> Result<Vec<Entry>, Failure> {
    let (name, text) = project.file();
    let platform = Source { name: &name, text };
    if let Some(file) = &arguments.from {
        let text = read(file)?;
        let name = file.display().to_string();
        return Ok(tenantry_config::entries(Source { name: &name, text: &text }, platform)?);
    }
    let (entry, source) = match (&arguments.id, export) {
        (Some(id), _) => {
            let (name, tier) = (arguments.name.clone(), arguments.tier.clone());
            (Entry { id: id.clone(), name, tier }, "the command line".to_owned())
        }
        (None, Some(export)) => {
            let of = &export.manifest.of;
            let (name, tier) = (Some(of.name.clone()), Some(of.tier.clone()));
            let source = export.folder().join("manifest.json").display().to_string();
            (Entry { id: of.tenant.clone(), name, tier }, source)
        }
        (None, None) => return Err(Failure::new("no tenant is named")),
    };
    let said = entry.to_toml();
    Ok(tenantry_config::entries(Source { name: &source, text: said.as_bytes() }, platform)?)
}

fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(file).map_err(|error| {
        Failure::with_hint(
            format!("cannot read {}: {error}", file.display()),
            "name a file of TOML with a table [[tenants]] for each new tenant",
        )
    })
}

/// What is not asked for may be as it is.
fn is_as_asked(old: &Entry, asked: &Entry) -> bool {
    let same = |old: &Option<String>, asked: &Option<String>| asked.is_none() || old == asked;
    same(&old.name, &asked.name) && same(&old.tier, &asked.tier)
}

fn is_otherwise(old: &Entry) -> Failure {
    let id = &old.id;
    Failure::with_hint(
        format!("{id} is in platform.toml already, with another name or tier; nothing was changed"),
        format!("change it with `tenantry tenant rename {id}` or `tenantry tenant tier {id}`"),
    )
}

fn added<'c>(cells: &'c [CellUp], ids: &BTreeSet<String>) -> Vec<(&'c CellUp, &'c Tenant)> {
    let all = cells.iter().flat_map(|cell| cell.tenants.iter().map(move |tenant| (cell, tenant)));
    all.filter(|(_, tenant)| ids.contains(&tenant.id)).collect()
}

fn human(added: &[(&CellUp, &Tenant)], imported: Option<&ImportReport>) -> String {
    let rows = added.iter().map(|(_, tenant)| {
        vec![tenant.id.clone(), tenant.endpoint.clone(), tenant.subnets.join(" ")]
    });
    let mut text = table(&["TENANT", "ENDPOINT", "SUBNETS"], rows);
    if let Some(imported) = imported {
        let _ = write!(text, "\n\n{}", imported.human());
    }
    if let Some((cell, tenant)) = added.first() {
        let (id, pool) = (&tenant.id, &cell.endpoint.user_pool);
        let _ = write!(
            text,
            "\n\nA token of a demonstration user:\n  tenantry token {id}\n\n\
             A first administrator, whom Cognito sends an invitation (on AWS; the emulator sends no mail):\n  \
             aws cognito-idp admin-create-user --user-pool-id {pool} --username ada@example.com \\\n       \
             --user-attributes Name=email,Value=ada@example.com Name=email_verified,Value=true \\\n       \
             Name=custom:tenant_id,Value={id}"
        );
    }
    text
}
