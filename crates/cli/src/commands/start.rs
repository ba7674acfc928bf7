//! `tenantry start`: what was stopped, or killed, with everything that it had.

use serde::Serialize;
use tenantry_local::{Home, Search};

use super::up;
use crate::failure::Failure;
use crate::outcome::{Outcome, cancel_on_interrupt};
use crate::output::Output;
use crate::progress::StepBars;
use crate::project::Project;

#[derive(Serialize)]
struct Report {
    port: u16,
    pid: u32,
}

pub(crate) fn run(
    project: &Project,
    port: Option<u16>,
    output: &Output,
) -> Result<Outcome, Failure> {
    let home = Home::of_project(&project.folder);
    let progress = StepBars::new(output);
    let cancel = cancel_on_interrupt()?;
    let listen = up::listen(project, &home, port);
    let search = Search::from_environment();
    let emulator = tenantry_local::start(&home, &search, &listen, &progress, &cancel)
        .map_err(|error| Failure::with_hint(error.to_string(), error.hint()))?;
    let report = Report { port: emulator.port(), pid: emulator.pid() };
    output.data(&report, || {
        format!(
            "It runs on port {} of 127.0.0.1 (process {}); `tenantry status` shows what.",
            report.port, report.pid
        )
    })?;
    Ok(Outcome::Done)
}
