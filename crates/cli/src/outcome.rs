//! How a command ended, and what ends it early.

use std::process::ExitCode;

use tenantry_local::Cancel;

use crate::failure::Failure;

/// How a command ended that could do its work.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Outcome {
    /// All is done, or proven.
    Done,
    /// It found something that ought not to be.
    Findings,
    /// It could not decide.
    Undecided,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Done => Self::SUCCESS,
            Outcome::Findings => Self::from(1),
            Outcome::Undecided => Self::from(2),
        }
    }
}

/// What Ctrl-C (and SIGTERM) asks for: an orderly end.
pub(crate) fn cancel_on_interrupt() -> Result<Cancel, Failure> {
    let cancel = Cancel::default();
    let asked = cancel.clone();
    ctrlc::set_handler(move || asked.cancel())
        .map_err(|error| Failure::new(format!("cannot watch for Ctrl-C: {error}")))?;
    Ok(cancel)
}
