//! `tenantry stop`: nothing runs afterwards, and everything is kept.

use serde::Serialize;
use tenantry_local::{Home, is_kept};

use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::output::Output;
use crate::progress::StepBars;
use crate::project::Project;

#[derive(Serialize)]
struct Report {
    was_running: bool,
    kept: bool,
}

pub(crate) fn run(project: &Project, output: &Output) -> Result<Outcome, Failure> {
    let home = Home::of_project(&project.folder);
    let progress = StepBars::new(output);
    let was_running = tenantry_local::halt(&home, &progress)
        .map_err(|error| Failure::with_hint(error.to_string(), error.hint()))?;
    let report = Report { was_running, kept: is_kept(&home) };
    output.data(&report, || {
        let said = match (report.was_running, report.kept) {
            (true, _) => {
                "It is stopped, and what was deployed is kept. `tenantry start` starts it again."
            }
            (false, true) => "It was stopped already. `tenantry start` starts it again.",
            (false, false) => "Nothing was running.",
        };
        said.to_owned()
    })?;
    Ok(Outcome::Done)
}
