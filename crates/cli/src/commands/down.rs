//! `tenantry down`: nothing runs afterwards, and nothing is left.

use serde::Serialize;
use tenantry_local::{Down, Home};

use crate::failure::Failure;
use crate::outcome::{Outcome, cancel_on_interrupt};
use crate::output::{Output, table};
use crate::progress::Shown;
use crate::project::Project;

#[derive(Serialize)]
struct Report<'a> {
    was_running: bool,
    was_kept: bool,
    deleted: &'a [String],
    leftovers: Vec<LeftoverReport<'a>>,
    keys_pending_deletion: usize,
}

#[derive(Serialize)]
struct LeftoverReport<'a> {
    kind: &'a str,
    name: &'a str,
}

pub(crate) fn run(project: &Project, output: &Output) -> Result<Outcome, Failure> {
    let progress = Shown::new(output);
    let cancel = cancel_on_interrupt()?;
    let down = tenantry_local::down(&Home::of_project(&project.folder), &progress, &cancel)
        .map_err(|error| Failure::with_hint(error.to_string(), error.hint()))?;
    let leftovers = down.leftovers.iter();
    let report = Report {
        was_running: down.was_running,
        was_kept: down.was_kept,
        deleted: &down.deleted,
        leftovers: leftovers
            .map(|one| LeftoverReport { kind: &one.kind, name: &one.name })
            .collect(),
        keys_pending_deletion: down.keys_pending,
    };
    output.data(&report, || human(&down))?;
    Ok(if down.leftovers.is_empty() { Outcome::Done } else { Outcome::Findings })
}

fn human(down: &Down) -> String {
    if down.was_kept {
        return "It was stopped; what was kept of it is gone.".to_owned();
    }
    if !down.was_running {
        return "Nothing was running.".to_owned();
    }
    if !down.leftovers.is_empty() {
        let rows = down.leftovers.iter().map(|one| vec![one.kind.clone(), one.name.clone()]);
        return format!("Left over:\n{}", table(&["KIND", "NAME"], rows));
    }
    let keys = match down.keys_pending {
        0 => String::new(),
        keys => format!(" {keys} keys waited for their deletion, as KMS has it."),
    };
    format!("Nothing is left: no resource carries the platform's tags any more.{keys}")
}
