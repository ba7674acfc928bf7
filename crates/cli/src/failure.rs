//! Why a command could not do its work.

use serde_json::{Value, json};
use tenantry_config::{Fault, Faults};
use tenantry_template::ReadError;

/// A reason to end with status 2.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The platform's files have faults.
    Configuration(Faults),
    /// Anything else, and what to do about it.
    Other { message: String, hint: Option<String> },
}

impl Failure {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self::Other { message: message.into(), hint: None }
    }

    pub(crate) fn with_hint(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Other { message: message.into(), hint: Some(hint.into()) }
    }

    /// As `schema/error.schema.json` has it.
    pub(crate) fn json(&self) -> Value {
        let (message, hint, faults) = match self {
            Self::Other { message, hint } => (message.clone(), hint.clone(), Vec::new()),
            Self::Configuration(faults) => {
                (faults.to_string(), None, faults.iter().map(fault).collect())
            }
        };
        json!({ "format": 1, "error": { "message": message, "help": hint, "faults": faults } })
    }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        Self::new(error.to_string())
    }
}

impl From<tenantry_archive::ArchiveError> for Failure {
    fn from(error: tenantry_archive::ArchiveError) -> Self {
        Self::with_hint(error.to_string(), error.hint())
    }
}

impl From<tenantry_local::StoresError> for Failure {
    fn from(error: tenantry_local::StoresError) -> Self {
        Self::with_hint(error.to_string(), error.hint())
    }
}

impl From<Faults> for Failure {
    fn from(faults: Faults) -> Self {
        Self::Configuration(faults)
    }
}

fn fault(fault: &Fault) -> Value {
    let place = fault.line_and_column();
    json!({
        "code": fault.code(),
        "message": fault.to_string(),
        "help": fault.help_text(),
        "file": fault.file(),
        "line": place.map(|(line, _)| line),
        "column": place.map(|(_, column)| column),
    })
}
