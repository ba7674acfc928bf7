//! `tenantry tenant export` and `import`: a tenant's data on this machine.

use std::path::Path;

use serde::Serialize;
use tenantry_archive::{Checked, Export, Whose};
use tenantry_config::{Cell, Tenant};
use tenantry_local::{Cancel, Exported, Home, Imported, Stores};

use super::find;
use crate::commands::synth;
use crate::commands::token::endpoint_of;
use crate::failure::Failure;
use crate::outcome::{Outcome, cancel_on_interrupt};
use crate::output::{Output, table};
use crate::progress::StepBars;
use crate::project::Project;

#[derive(Serialize)]
struct ExportReport<'a> {
    folder: String,
    resumed: bool,
    manifest_sha256: &'a str,
    manifest: &'a tenantry_archive::Manifest,
}

/// What an import did, as it is printed.
#[derive(Serialize)]
pub(super) struct ImportReport {
    tenant: String,
    stores: Vec<StoreReport>,
}

#[derive(Serialize)]
struct StoreReport {
    store: String,
    records: u64,
    written: u64,
    there_before: u64,
}

pub(super) fn export(
    project: &Project,
    id: &str,
    out: &Path,
    output: &Output,
) -> Result<Outcome, Failure> {
    let cancel = cancel_on_interrupt()?;
    let exported = out_of(project, id, out, &cancel, output)?;
    let export = &exported.export;
    let report = ExportReport {
        folder: out.display().to_string(),
        resumed: exported.resumed,
        manifest_sha256: &export.sha256,
        manifest: &export.manifest,
    };
    output.data(&report, || exported_human(export))?;
    Ok(Outcome::Done)
}

/// Exports a tenant into a folder.
pub(super) fn out_of(
    project: &Project,
    id: &str,
    out: &Path,
    cancel: &Cancel,
    output: &Output,
) -> Result<Exported, Failure> {
    let platform = project.platform();
    let (cell, tenant) = find(platform, id)?;
    let (stores, left_out) = stores(project, cell, tenant)?;
    let of = Whose {
        platform: platform.name.clone(),
        tenant: id.to_owned(),
        name: tenant.name.clone(),
        tier: tenant.tier.name.clone(),
        place: format!("cell {}, slot {}", cell.number, tenant.slot),
    };
    let export = Export::begin(out, of)?;
    if export.is_resumed() {
        output.note("An export that was interrupted goes on.");
    }
    let home = Home::of_project(&project.folder);
    Ok(tenantry_local::export(&home, &stores, export, left_out, &StepBars::new(output), cancel)?)
}

pub(super) fn import(
    project: &Project,
    folder: &Path,
    output: &Output,
) -> Result<Outcome, Failure> {
    let export = Checked::open(folder)?;
    let cancel = cancel_on_interrupt()?;
    let report = into_tenant(project, &export, &cancel, output)?;
    output.data(&report, || report.human())?;
    Ok(Outcome::Done)
}

/// Imports an export into the tenant that it is of.
pub(super) fn into_tenant(
    project: &Project,
    export: &Checked,
    cancel: &Cancel,
    output: &Output,
) -> Result<ImportReport, Failure> {
    let of = &export.manifest.of;
    let platform = project.platform();
    if of.platform != platform.name {
        output.note(&format!("The export is of the platform {}.", of.platform));
    }
    let (cell, tenant) = find(platform, &of.tenant)?;
    let (stores, _) = stores(project, cell, tenant)?;
    let home = Home::of_project(&project.folder);
    let Imported { stores } =
        tenantry_local::import(&home, &stores, export, &StepBars::new(output), cancel)?;
    let stores = stores.into_iter().map(|store| StoreReport {
        store: store.id,
        records: store.records,
        written: store.written,
        there_before: store.there,
    });
    Ok(ImportReport { tenant: of.tenant.clone(), stores: stores.collect() })
}

/// What a tenant has stored here, and what else of it holds data that no export takes.
pub(super) fn stores(
    project: &Project,
    cell: &Cell,
    tenant: &Tenant,
) -> Result<(Stores, Vec<String>), Failure> {
    let id = tenant.id.to_string();
    let user_pool = endpoint_of(project, cell, tenant)?.user_pool;
    let (mut tables, mut left_out) = (Vec::new(), Vec::new());
    for resource in synth::resources_of(project.platform(), cell, &id) {
        let Some(holds) = tenantry_plan::holds_data(resource.kind) else { continue };
        let name = resource.name.clone().unwrap_or_else(|| resource.id.clone());
        match resource.kind {
            "AWS::DynamoDB::Table" => tables.push((resource.id, name)),
            // Keys never leave KMS; what they encrypt is exported as it reads.
            "AWS::KMS::Key" | "AWS::Logs::LogGroup" => {
                left_out.push(format!("{} {name}: {holds}", resource.kind));
            }
            kind => {
                return Err(Failure::with_hint(
                    format!(
                        "{id} has {kind} {name}, which holds data ({holds}) that this tenantry cannot export"
                    ),
                    "copy it with the service's own means, then go on with `--no-export` where it is removed",
                ));
            }
        }
    }
    Ok((Stores { tenant: id, tables, user_pool }, left_out))
}

fn exported_human(export: &Checked) -> String {
    let manifest = &export.manifest;
    let rows = manifest.stores.iter().map(|store| {
        let sha256: String = store.sha256.chars().take(16).collect();
        vec![store.id.clone(), store.records.to_string(), store.bytes.to_string(), sha256]
    });
    let mut text = format!(
        "{} is exported to {}\n\n{}",
        manifest.of.tenant,
        export.folder().display(),
        table(&["STORE", "RECORDS", "BYTES", "SHA-256"], rows)
    );
    if !manifest.left_out.is_empty() {
        text.push_str("\n\nNot in it:");
        for what in &manifest.left_out {
            text.push_str("\n  ");
            text.push_str(what);
        }
    }
    text
}

impl ImportReport {
    pub(super) fn human(&self) -> String {
        let rows = self.stores.iter().map(|store| {
            let counts = [store.records, store.written, store.there_before];
            let mut row = vec![store.store.clone()];
            row.extend(counts.map(|count| count.to_string()));
            row
        });
        format!(
            "{} has the export's data; all of it was read back\n\n{}",
            self.tenant,
            table(&["STORE", "RECORDS", "WRITTEN", "THERE BEFORE"], rows)
        )
    }
}
