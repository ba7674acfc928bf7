//! A file a command.

mod deployed;
mod differences;
mod doctor;
mod down;
mod drift;
mod init;
mod ledger;
mod lock;
mod logs;
mod network;
mod on_aws;
mod outputs;
mod plan;
mod probe;
mod report;
mod start;
mod status;
mod stop;
pub(crate) mod synth;
mod tenant;
mod token;
mod up;
mod verify;
mod waves;

pub(crate) use waves::Waves;

use crate::arguments::{Arguments, Command, Lock, Place};
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::output::Output;
use crate::project::Project;
use clap::CommandFactory as _;

pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<Outcome, Failure> {
    let folder = arguments.directory.as_deref();
    match &arguments.command {
        Command::Init => init::run(folder, output),
        Command::Ledger(command) => ledger::run(&Project::open(folder)?, command, output),
        Command::Tenant(command) => tenant::run(&Project::open_with_code(folder)?, command, output),
        Command::Synth(command) => synth::run(&Project::open_with_code(folder)?, command, output),
        Command::Up(command) if command.on == Place::Aws => {
            on_aws::up(&Project::open_with_code(folder)?, command, output)
        }
        Command::Up(command) => up::run(&Project::open_with_code(folder)?, command, output),
        Command::Stop => stop::run(&Project::open(folder)?, output),
        Command::Start { port } => start::run(&Project::open(folder)?, *port, output),
        Command::Status => status::run(&Project::open(folder)?, output),
        Command::Down(command) if command.on == Place::Aws => {
            on_aws::down(&Project::open(folder)?, command, output)
        }
        Command::Down(command) => down::run(&Project::open(folder)?, command, output),
        Command::Plan(command) => plan::run(&Project::open_with_code(folder)?, command, output),
        Command::Lock(Lock::Recover { on, from }) => lock::recover(folder, *on, from, output),
        Command::Lock(Lock::Merge { base, ours, theirs }) => {
            lock::merge(base, ours, theirs, output)
        }
        Command::Verify(command) => verify::run(folder, command, output),
        Command::Logs(command) => logs::run(&Project::open(folder)?, command, output),
        Command::Outputs => outputs::run(&Project::open(folder)?, output),
        Command::Doctor => doctor::run(folder, output),
        Command::Drift(command) => drift::run(folder, command, output),
        Command::Report { out } => {
            report::run(&Project::open_with_code(folder)?, out.as_deref(), output)
        }
        Command::Probe(command) if command.network => network::run(&Project::open(folder)?, output),
        Command::Probe(command) => probe::run(&Project::open(folder)?, command, output),
        Command::Token { id } => token::run(&Project::open(folder)?, id, output),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Arguments::command(), "tenantry", &mut script);
            output.text(String::from_utf8_lossy(&script).trim_end())?;
            Ok(Outcome::Done)
        }
        Command::Man => {
            let mut page = Vec::new();
            clap_mangen::Man::new(Arguments::command())
                .render(&mut page)
                .map_err(|error| Failure::new(format!("cannot write the manual page: {error}")))?;
            output.text(String::from_utf8_lossy(&page).trim_end())?;
            Ok(Outcome::Done)
        }
    }
}
