//! `tenantry tenant remove`: suspended, exported, written down, deleted, certified; from any step on when it is run again.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde::Serialize;
use tenantry_archive::{Certificate, Export, Exported, Ledger, now};
use tenantry_local::{Cancel, Home};

use super::change::{Came, Change, edited, not_edited};
use super::data;
use super::erasure::{BEGUN, ERASED, Removal};
use super::find;
use crate::arguments::RemoveTenant;
use crate::commands::token::endpoint_of;
use crate::commands::up;
use crate::consent::{Question, Said, Terminal, agree};
use crate::failure::Failure;
use crate::outcome::{Outcome, cancel_on_interrupt};
use crate::output::Output;
use crate::planning;
use crate::progress::StepBars;
use crate::project::{LEDGER, Project};

/// The length of a time in a folder's name: `2026-11-29T083000Z`.
const TIME: usize = 18;

#[derive(Serialize)]
struct Report<'a> {
    certificate: &'a Certificate,
    files: Vec<String>,
    /// The hash of the ledger's entry.
    ledger: &'a str,
}

pub(super) fn run(
    project: &Project,
    arguments: &RemoveTenant,
    output: &Output,
) -> Result<Outcome, Failure> {
    let id = &arguments.id;
    let cancel = cancel_on_interrupt()?;
    let mut work = Work {
        arguments,
        ledger: ledger(project)?,
        shown: false,
        agreed: arguments.destroy.clone(),
        cancel: &cancel,
        output,
    };
    if project.platform().tenant(id).is_some() {
        return work.begin(project);
    }
    match Removal::pending(&work.ledger, id)? {
        Some(removal) => {
            output.note(&format!("A removal of {id} that was interrupted goes on."));
            work.delete(project, &removal)
        }
        None => find(project.platform(), id).map(|_| Outcome::Done),
    }
}

fn ledger(project: &Project) -> Result<Ledger, Failure> {
    Ok(Ledger::open(&project.folder.join(LEDGER))?)
}

struct Work<'a> {
    arguments: &'a RemoveTenant,
    ledger: Ledger,
    /// The plan was shown, and agreed to.
    shown: bool,
    /// Whose data may end: it was agreed to.
    agreed: Vec<String>,
    cancel: &'a Cancel,
    output: &'a Output,
}

impl Work<'_> {
    fn begin(&mut self, project: &Project) -> Result<Outcome, Failure> {
        let id = self.arguments.id.as_str();
        self.agreed(project)?;
        let (cell, tenant) = find(project.platform(), id)?;
        if endpoint_of(project, cell, tenant).is_err() {
            return self.take_out(project);
        }
        // What is written after the export would be lost, so that nothing is written any more.
        let suspended;
        let project = if self.arguments.no_export {
            project
        } else {
            let mut text = edited(project)?;
            text.set_suspended(id, true).map_err(|error| not_edited(project, &error))?;
            let Came::Deployed { project, .. } = self.change(project).make(&text)? else {
                return Ok(Outcome::Findings);
            };
            suspended = project;
            &suspended
        };
        let export = self.exported(project)?;
        let (cell, tenant) = find(project.platform(), id)?;
        let (stores, _) = match data::stores(project, cell, tenant) {
            // Somebody said that it is not to be exported.
            Err(_) if self.arguments.no_export => {
                let endpoint = endpoint_of(project, cell, tenant)?;
                let user_pool = endpoint.user_pool;
                let tenant = id.to_owned();
                (tenantry_local::Stores { tenant, tables: Vec::new(), user_pool }, Vec::new())
            }
            other => other?,
        };
        let removal = Removal::of(project, cell, tenant, &stores, export)?;
        self.write_down(BEGUN, &removal)?;
        self.delete(project, &removal)
    }

    /// Takes out a tenant that is in the file and does not run.
    fn take_out(&self, project: &Project) -> Result<Outcome, Failure> {
        let id = self.arguments.id.as_str();
        let mut text = edited(project)?;
        text.remove(id).map_err(|error| not_edited(project, &error))?;
        let Came::Deployed { cells, .. } = self.change(project).make(&text)? else {
            return Ok(Outcome::Findings);
        };
        self.output.note(&format!("{id} did not run here: it had nothing to be erased."));
        Ok(up::told(&cells, self.output))
    }

    /// Takes the tenant out of what runs, and its users out of their pool.
    fn delete(&mut self, project: &Project, removal: &Removal) -> Result<Outcome, Failure> {
        let id = self.arguments.id.as_str();
        let mut text = edited(project)?;
        if project.platform().tenant(id).is_some() {
            text.remove(id).map_err(|error| not_edited(project, &error))?;
        }
        let Came::Deployed { project, cells } = self.change(project).make(&text)? else {
            return Ok(Outcome::Findings);
        };
        let home = Home::of_project(&project.folder);
        self.erase_users(&home, &project, removal)?;
        let certificate = removal.certificate(&project)?;
        let name = format!("{id}-{}", now().replace(':', ""));
        let files = certificate.write(&project.folder.join("certificates"), &name)?;
        self.write_down(ERASED, &certificate)?;
        let files: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
        let report =
            Report { certificate: &certificate, files: files.clone(), ledger: self.ledger.head() };
        self.output.data(&report, || {
            let files = files.join("\n  ");
            let head = self.ledger.head();
            format!(
                "{}\nWritten to\n  {files}\n  {LEDGER}, as the entry {head}",
                certificate.text()
            )
        })?;
        self.output.note(&format!("Commit platform.toml, platform.lock and {LEDGER}."));
        Ok(up::told(&cells, self.output))
    }

    /// A cell that is gone took its pool with it.
    fn erase_users(
        &self,
        home: &Home,
        project: &Project,
        removal: &Removal,
    ) -> Result<(), Failure> {
        let stacks = planning::cells(project.platform())?;
        if stacks.iter().all(|cell| cell.stack != removal.stack) {
            self.output.note("The cell had no other tenant: its user pool is gone with all users.");
            return Ok(());
        }
        let progress = StepBars::new(self.output);
        tenantry_local::erase_users(home, &removal.stores(), &progress)?;
        Ok(())
    }

    /// Shows what would go, and asks; the deployment itself asks no more for what was agreed to here.
    fn agreed(&mut self, project: &Project) -> Result<(), Failure> {
        let id = self.arguments.id.as_str();
        let (_, tenant) = find(project.platform(), id)?;
        if project.platform().protects(tenant) {
            return Err(Failure::with_hint(
                format!("the data of {id} is protected against deletion; nothing was changed"),
                "set `[protection] deletion = \"off\"` for it (or its tier) in platform.toml and deploy that first",
            ));
        }
        let mut text = edited(project)?;
        text.remove(id).map_err(|error| not_edited(project, &error))?;
        let next = project.with_platform(text.to_string())?;
        let cells = planning::cells(next.platform())?;
        let kept = tenantry_local::kept(&Home::of_project(&project.folder), &cells)
            .map_err(|error| Failure::with_hint(error.to_string(), error.hint()))?;
        let tenantry_local::Kept::Running(beside) = kept else {
            return Err(Failure::with_hint(
                format!("nothing runs on this machine, so that {id} cannot be exported or deleted"),
                "`tenantry up` or `tenantry start` starts it",
            ));
        };
        planning::check_lock(&next, &beside)?;
        let plan = planning::local(next.platform(), &beside);
        planning::show(&plan, self.output);
        let gives_up = || self.cancel.is_cancelled();
        let terminal = Terminal { output: self.output, gives_up: &gives_up };
        let question = Question::of(&plan, true);
        let said =
            Said { yes: self.arguments.yes, names: &self.arguments.destroy, flag: "--destroy" };
        agree(&question, said, &terminal)?;
        self.shown = true;
        if let Question::Names(names) = &question {
            self.agreed.extend(names.iter().map(|name| (*name).to_owned()));
        }
        Ok(())
    }

    /// Exports the tenant, unless that is not wanted.
    fn exported(&self, project: &Project) -> Result<Option<Exported>, Failure> {
        if self.arguments.no_export {
            return Ok(None);
        }
        let id = self.arguments.id.as_str();
        let folder = self.new_folder(project)?;
        let export = data::out_of(project, id, &folder, self.cancel, self.output)?.export;
        let folder = std::path::absolute(&folder).unwrap_or(folder);
        Ok(Some(Exported {
            folder: folder.display().to_string(),
            manifest_sha256: export.sha256,
            encrypted: "not encrypted".to_owned(),
        }))
    }

    /// A folder of its own, for what is stored now. What an earlier removal left half-exported may be older than the last
    /// write, and goes.
    fn new_folder(&self, project: &Project) -> Result<PathBuf, Failure> {
        let id = &self.arguments.id;
        let all = match &self.arguments.export_to {
            Some(folder) => folder.clone(),
            None => project.folder.join("exports"),
        };
        let cannot =
            |error: std::io::Error| Failure::new(format!("cannot use {}: {error}", all.display()));
        std::fs::create_dir_all(&all).map_err(cannot)?;
        let ignore = all.join(".gitignore");
        if self.arguments.export_to.is_none() && !ignore.exists() {
            crate::project::write(&ignore, b"*\n")?;
        }
        for entry in std::fs::read_dir(&all).map_err(cannot)?.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let time = name.strip_prefix(id.as_str()).and_then(|rest| rest.strip_prefix('-'));
            let is_own = time.is_some_and(|time| time.ends_with('Z') && time.len() == TIME);
            if is_own && Export::is_half(&entry.path()) {
                std::fs::remove_dir_all(entry.path()).map_err(cannot)?;
            }
        }
        Ok(all.join(format!("{id}-{}", now().replace(':', ""))))
    }

    fn write_down(&mut self, kind: &str, body: &impl Serialize) -> Result<(), Failure> {
        let body = serde_json::to_value(body)
            .map_err(|error| Failure::new(format!("cannot write JSON: {error}")))?;
        self.ledger.append(kind, &self.arguments.id, body)?;
        Ok(())
    }

    /// A change of this tenant that was agreed to before.
    fn change<'c>(&'c self, project: &'c Project) -> Change<'c> {
        let id = &self.arguments.id;
        Change {
            project,
            tenants: BTreeSet::from([id.clone()]),
            yes: true,
            shown: self.shown,
            destroy: self.agreed.clone(),
            cancel: self.cancel,
            output: self.output,
        }
    }
}
