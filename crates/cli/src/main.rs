//! The program `tenantry`: reads the command line, calls the crates that do the work, and prints.
//!
//! It is the only crate that prints, and holds no logic of its own. Data go to standard output,
//! everything else to standard error. The exit status is 0 for done or proven, 1 for findings and
//! 2 for what could not be decided.

mod application;
mod arguments;
mod commands;
mod consent;
mod exceptions;
mod failure;
mod outcome;
mod output;
mod planning;
mod progress;
mod project;

use std::path::Path;
use std::process::ExitCode;

use clap::Parser as _;

use crate::arguments::Arguments;
use crate::output::Output;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // Under this name the Pulumi engine starts it as the runtime `tenantry`.
    let mut words = std::env::args();
    let name = words.next().unwrap_or_default();
    if Path::new(&name).file_stem().is_some_and(|stem| stem == tenantry_pulumi::LANGUAGE_HOST) {
        let arguments: Vec<String> = words.collect();
        return tenantry_pulumi::language_host(&arguments);
    }
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
