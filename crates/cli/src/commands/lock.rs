//! `tenantry lock`: platform.lock from what is deployed, and from two that were changed apart.

use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::Value;
use tenantry_config::{Lock, Source};
use tenantry_local::{Home, Kept};

use super::on_aws;
use crate::arguments::Place;
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::output::{Output, table};
use crate::planning;
use crate::project::{self, LOCK, Project};

#[derive(Serialize)]
struct Row {
    tenant: String,
    cell: u32,
    slot: u16,
    /// What the lock said before; nothing where it did not know the tenant.
    before: Option<String>,
}

pub(crate) fn recover(
    folder: Option<&Path>,
    on: Place,
    from: &[PathBuf],
    output: &Output,
) -> Result<Outcome, Failure> {
    // The lock may be what is wrong: the platform is read without it.
    let project = Project::open_without_lock(folder)?;
    let platform = project.platform();
    let deployed = match on {
        Place::Aws => planning::settled(on_aws::located(&project)?.into_iter())?,
        Place::Local => {
            let templates =
                if from.is_empty() { running(&project)? } else { planning::given(platform, from)? };
            let running = templates.iter().map(|(stack, template)| (stack.as_str(), template));
            planning::deployed(platform, running)?
        }
    };
    let file = project.folder.join(LOCK);
    let old = old(&file, output);
    let lock = tenantry_config::recover(&deployed, old.as_ref()).map_err(|error| {
        Failure::with_hint(error, format!("{LOCK} was left as it is; give templates with --from"))
    })?;
    let rows: Vec<Row> = deployed
        .iter()
        .map(|tenant| Row {
            tenant: tenant.id.to_string(),
            cell: tenant.place.cell,
            slot: tenant.place.slot.get(),
            before: old
                .as_ref()
                .and_then(|old| old.place(&tenant.id))
                .map(|place| place.to_string()),
        })
        .collect();
    project::write(&file, lock.to_string().as_bytes())?;
    output.data(&rows, || {
        let rows = rows.iter().map(|row| {
            let before = row.before.clone().unwrap_or_else(|| "-".to_owned());
            vec![row.tenant.clone(), format!("cell {}, slot {}", row.cell, row.slot), before]
        });
        table(&["TENANT", "RUNS IN", "THE LOCK SAID"], rows)
    })?;
    if old.is_none() {
        output.note(
            "The places of tenants that are gone could not be recovered: a new tenant may get one of them.",
        );
    }
    output.note(&format!("Wrote {}. Commit it.", file.display()));
    Ok(Outcome::Done)
}

#[derive(Serialize)]
struct Merged {
    tenants: usize,
    conflicts: Vec<String>,
}

/// `lock merge`: one lock of two, in the place of ours; with a conflict, ours stays as it is and it is told by both sides.
pub(crate) fn merge(
    base: &Path,
    ours: &Path,
    theirs: &Path,
    output: &Output,
) -> Result<Outcome, Failure> {
    let base = read(base, true)?;
    let missing = |file: &Path| Failure::new(format!("{} is empty", file.display()));
    let our = read(ours, false)?.ok_or_else(|| missing(ours))?;
    let their = read(theirs, false)?.ok_or_else(|| missing(theirs))?;
    match tenantry_config::merge(base.as_ref(), &our, &their) {
        Ok(lock) => {
            project::write(ours, lock.to_string().as_bytes())?;
            let tenants = lock.tenants().count();
            output.data(&Merged { tenants, conflicts: Vec::new() }, || {
                format!("{LOCK}: merged, {tenants} tenants")
            })?;
            Ok(Outcome::Done)
        }
        Err(conflicts) => {
            let conflicts: Vec<String> = conflicts.iter().map(ToString::to_string).collect();
            let tenants = our.tenants().count();
            let told = format!("{LOCK} is not merged:\n  {}", conflicts.join("\n  "));
            output.data(&Merged { tenants, conflicts }, || told)?;
            output.note(
                "Keep the line of the tenant that is deployed. Take the other one's line out and leave it in platform.toml: the \
                 next plan gives it a place of its own.",
            );
            Ok(Outcome::Findings)
        }
    }
}

/// A lock in a file; nothing if the file is empty and may be.
fn read(file: &Path, may_be_empty: bool) -> Result<Option<Lock>, Failure> {
    let name = file.display().to_string();
    let text = std::fs::read(file)
        .map_err(|error| Failure::new(format!("cannot read {name}: {error}")))?;
    if may_be_empty && text.iter().all(u8::is_ascii_whitespace) {
        return Ok(None);
    }
    Ok(Some(tenantry_config::lock(Source { name: &name, text: &text })?))
}

/// What runs on this machine.
fn running(project: &Project) -> Result<Vec<(String, Value)>, Failure> {
    let kept = tenantry_local::kept(&Home::of_project(&project.folder), &[])
        .map_err(|error| Failure::with_hint(error.to_string(), error.hint()))?;
    let Kept::Running(beside) = kept else {
        return Err(Failure::with_hint(
            "nothing runs on this machine that says where tenants are",
            "name where it runs with `--on aws`, or give the templates of what is deployed: --from FILE, once a cell, as \
             `aws cloudformation get-template` prints them",
        ));
    };
    Ok(beside.into_iter().filter_map(|one| Some((one.stack, one.running?))).collect())
}

/// The lock that there is, if it can be read.
fn old(file: &Path, output: &Output) -> Option<Lock> {
    let text = std::fs::read(file).ok()?;
    let name = file.display().to_string();
    match tenantry_config::lock(Source { name: &name, text: &text }) {
        Ok(lock) => Some(lock),
        Err(_) => {
            output.note(&format!("{name} cannot be read, so nothing of it is kept."));
            None
        }
    }
}
