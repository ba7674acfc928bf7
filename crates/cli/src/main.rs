//! The program `tenantry`: reads the command line, calls the crates that do the work, and prints.
//!
//! It is the only crate that prints, and holds no logic of its own. Data go to standard output,
//! everything else to standard error. The exit status is 0 for done or proven, 1 for findings and
//! 2 for what could not be decided.

mod arguments;
mod commands;
mod failure;
mod output;
mod progress;
mod project;

use std::process::ExitCode;

use clap::Parser as _;

use crate::arguments::Arguments;
use crate::output::Output;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let output = Output::new(arguments.format);
    match commands::run(&arguments, &output) {
        Ok(outcome) => outcome.into(),
        Err(failure) => {
            output.failure(&failure);
            ExitCode::from(2)
        }
    }
}
