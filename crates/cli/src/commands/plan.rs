//! `tenantry plan`: what a deployment would change. It changes nothing, here or elsewhere.

use std::path::Path;

use tenantry_local::{Home, Kept};
use tenantry_plan::cost::Load;
use tenantry_plan::{Place as Against, Plan, render};
use tenantry_verdict::render as verdicts;
use tenantry_verdict::{Outcome as Answer, Verdict};

use super::{on_aws, verify};
use crate::arguments::{Format, Place, PlanArguments};
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::output::Output;
use crate::planning;
use crate::project::{self, Project};

pub(crate) fn run(
    project: &Project,
    arguments: &PlanArguments,
    output: &Output,
) -> Result<Outcome, Failure> {
    let (verdict, _) = verify::judge(project, output)?;
    let plan = match (&arguments.against, arguments.on) {
        (Some(templates), _) => planning::templates(project.platform(), templates)?,
        (None, Place::Local) => of_this_machine(project)?,
        (None, Place::Aws) => on_aws::plan(project, arguments.jobs, output)?,
    };
    output.text(text(&plan, arguments.load(), &verdict, output)?.trim_end())?;
    let breached = verdict.outcome() == Answer::Breached;
    if let Some(file) = &arguments.out {
        if breached {
            output.note("No plan is kept of a platform that is breached.");
        } else {
            keep(&plan, file)?;
            let again = match arguments.on {
                Place::Local => "",
                Place::Aws => " --on aws",
            };
            output.note(&format!(
                "Kept: `tenantry up{again} {}` does this and nothing else.",
                file.display()
            ));
        }
    }
    Ok(if plan.is_empty() && !breached { Outcome::Done } else { Outcome::Findings })
}

fn of_this_machine(project: &Project) -> Result<Plan, Failure> {
    let home = Home::of_project(&project.folder);
    if !home.path().exists() {
        return planning::of_nothing(project.platform(), Against::Local);
    }
    let cells = planning::cells(project.platform())?;
    let kept = tenantry_local::kept(&home, &cells)
        .map_err(|error| Failure::with_hint(error.to_string(), error.hint()))?;
    let beside = match kept {
        Kept::Running(beside) => beside,
        Kept::Nothing => return planning::of_nothing(project.platform(), Against::Local),
        Kept::Stopped => {
            return Err(Failure::with_hint(
                "the emulator does not run, so that nothing tells what is deployed here",
                "`tenantry start` starts it with everything that it has",
            ));
        }
    };
    planning::check_lock(project, &beside)?;
    Ok(planning::local(project.platform(), &beside))
}

fn text(plan: &Plan, load: Load, verdict: &Verdict, output: &Output) -> Result<String, Failure> {
    let cannot = |error: serde_json::Error| Failure::new(format!("cannot write JSON: {error}"));
    let breached = verdict.outcome() == Answer::Breached;
    Ok(match output.format() {
        Format::Human => {
            let plan = planning::human(plan, load, |colour, text| output.painted(colour, text));
            let pairs = verdict.pairs;
            match verdict.outcome() {
                Answer::Breached => {
                    format!("{}\n\n{BREACHED}\n\n{plan}", verify::human(verdict, output).trim_end())
                }
                Answer::Nothing | Answer::Proven | Answer::Advice => {
                    format!("{plan}\nIsolation: proven for {pairs} ordered pairs")
                }
                Answer::Weak => format!("{plan}\nIsolation: no way through; a barrier is missing"),
                Answer::Undecided => format!("{plan}\nIsolation: no way through, but not proven"),
            }
        }
        Format::Markdown => {
            let plan = render::markdown(plan, load);
            if breached {
                let found = verdicts::human(verdict).to_string();
                format!("> [!CAUTION]\n> {BREACHED}\n\n```\n{}\n```\n\n{plan}", found.trim_end())
            } else {
                plan
            }
        }
        Format::Json => render::json(plan, verdict.outcome().name(), load).map_err(cannot)?,
        _ => return Err(output.no_such_format()),
    })
}

const BREACHED: &str = "The platform as it would be is breached: `tenantry up` will not deploy it.";

fn keep(plan: &Plan, file: &Path) -> Result<(), Failure> {
    let text = serde_json::to_string(plan)
        .map_err(|error| Failure::new(format!("cannot write JSON: {error}")))?;
    project::write(file, text.as_bytes())
}

/// A plan that was kept.
pub(super) fn kept(file: &Path) -> Result<Plan, Failure> {
    let name = file.display();
    let text = std::fs::read(file)
        .map_err(|error| Failure::new(format!("cannot read {name}: {error}")))?;
    let plan: Plan = serde_json::from_slice(&text).map_err(|error| {
        Failure::with_hint(
            format!("{name} is no plan: {error}"),
            "write one with `tenantry plan --out FILE`",
        )
    })?;
    if plan.version != Plan::VERSION {
        return Err(Failure::with_hint(
            format!("{name} is of version {}, this tenantry reads {}", plan.version, Plan::VERSION),
            "write it again with `tenantry plan --out FILE`",
        ));
    }
    Ok(plan)
}

/// Whether what would be done now is what the plan says.
pub(super) fn check(kept: &Plan, file: &Path, now: &Plan) -> Result<(), Failure> {
    if kept == now {
        return Ok(());
    }
    let name = file.display();
    let again = "look at the new one with `tenantry plan --out FILE`; nothing was changed";
    if kept.against != now.against || kept.platform != now.platform {
        return Err(Failure::with_hint(format!("{name} is the plan of something else"), again));
    }
    let mut moved = Vec::new();
    for cell in &now.cells {
        let before = kept.cells.iter().find(|before| before.stack == cell.stack);
        match before {
            Some(before) if before == cell => {}
            Some(before) if before.running != cell.running => {
                moved.push(format!("what runs of {} has changed", cell.stack));
            }
            Some(_) => moved.push(format!("what is wanted of {} has changed", cell.stack)),
            None => moved.push(format!("{} has come", cell.stack)),
        }
    }
    for cell in &kept.cells {
        if now.cells.iter().all(|now| now.stack != cell.stack) {
            moved.push(format!("{} is gone", cell.stack));
        }
    }
    Err(Failure::with_hint(format!("{name} is out of date: {}", moved.join("; ")), again))
}
