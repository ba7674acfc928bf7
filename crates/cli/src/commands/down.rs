//! `tenantry down`: nothing runs afterwards, and nothing is left.

use serde::Serialize;
use tenantry_local::{Down, Home, Kept};
use tenantry_plan::{Place, Plan, compare};

use crate::arguments;
use crate::consent::{Question, Said, Terminal, agree};
use crate::failure::Failure;
use crate::outcome::{Outcome, cancel_on_interrupt};
use crate::output::{Output, table};
use crate::planning;
use crate::progress::StepBars;
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

pub(crate) fn run(
    project: &Project,
    arguments: &arguments::Down,
    output: &Output,
) -> Result<Outcome, Failure> {
    let progress = StepBars::new(output);
    let cancel = cancel_on_interrupt()?;
    let gives_up = || cancel.is_cancelled();
    may_destroy(project, arguments, &Terminal { output, gives_up: &gives_up })?;
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

/// Whether all of it may go: it was shown, and agreed to by the platform's name.
fn may_destroy(
    project: &Project,
    arguments: &arguments::Down,
    terminal: &Terminal<'_>,
) -> Result<(), Failure> {
    let kept = tenantry_local::kept(&Home::of_project(&project.folder), &[])
        .map_err(|error| Failure::with_hint(error.to_string(), error.hint()))?;
    let name = &project.platform().name;
    match kept {
        Kept::Nothing => return Ok(()),
        Kept::Stopped => terminal.output.note(
            "The emulator does not run, so that nothing tells what is deployed here: whatever it is, it goes.",
        ),
        Kept::Running(beside) => {
            let cells = beside.iter().map(|one| compare(&one.stack, one.running.as_ref(), None));
            let plan = Plan::new(name.clone(), Place::Local, cells.collect());
            planning::show(&plan, terminal.output);
            nothing_is_protected(&plan)?;
        }
    }
    agree_to_all(name, arguments, terminal)
}

/// Whether all of it can go.
pub(super) fn nothing_is_protected(plan: &Plan) -> Result<(), Failure> {
    match plan.changes().filter(|(_, change)| change.retained).count() {
        0 => Ok(()),
        count => Err(Failure::with_hint(
            format!("{count} resources are protected against deletion; nothing was changed"),
            "set `[protection] deletion = \"off\"` (and that of the tiers) in platform.toml and deploy it first",
        )),
    }
}

/// Yes by the platform's name.
pub(super) fn agree_to_all(
    name: &str,
    arguments: &arguments::Down,
    terminal: &Terminal<'_>,
) -> Result<(), Failure> {
    if let Some(said) = arguments.destroy_all.as_ref().filter(|said| *said != name) {
        return Err(Failure::with_hint(
            format!(
                "--destroy-all {said} is not this platform, which is {name}; nothing was changed"
            ),
            format!("say --destroy-all {name} if it is the one that is to go"),
        ));
    }
    let question = Question::Names([name].into());
    let names: Vec<String> = arguments.destroy_all.iter().cloned().collect();
    agree(&question, Said { yes: false, names: &names, flag: "--destroy-all" }, terminal)
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
