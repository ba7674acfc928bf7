//! Why the emulator could not be started, found or stopped, and what to do about it.

use crate::home::HomeError;

/// Why the emulator could not be started, found or stopped.
#[derive(Debug, thiserror::Error)]
pub enum EmulatorError {
    /// Something else listens on the port.
    #[error(
        "port {port} is in use{}{}",
        owner.as_ref().map(|(pid, name)| format!(" by {name} (process {pid})")).unwrap_or_default(),
        if *another_tenantry { ": another folder's emulator" } else { "" }
    )]
    PortTaken {
        /// The port.
        port: u16,
        /// Whose it is, where the system tells: process id and program.
        owner: Option<(u32, String)>,
        /// It is an emulator that tenantry started from another folder.
        another_tenantry: bool,
    },
    /// The port cannot be listened on.
    #[error("cannot listen on port {port} of 127.0.0.1: {reason}")]
    Port {
        /// The port.
        port: u16,
        /// What the system said.
        reason: String,
    },
    /// The program could not be started.
    #[error("cannot start the emulator: {reason}")]
    Start {
        /// What the system said.
        reason: String,
    },
    /// It ended before it was ready.
    #[error("the emulator ended before it was ready:\n{last_lines}")]
    Ended {
        /// The end of its log.
        last_lines: String,
    },
    /// It was not ready within a minute.
    #[error("the emulator was not ready within {} s:\n{last_lines}", super::READY_WITHIN.as_secs())]
    NotReady {
        /// The end of its log.
        last_lines: String,
    },
    /// It runs under a guard of another version of tenantry, or without one.
    #[error("the emulator (process {pid}) was started by another version of tenantry")]
    Outdated {
        /// Its process id.
        pid: u32,
        /// Its port.
        port: u16,
    },
    /// Its process is there and does not answer.
    #[error("the emulator (process {pid}) runs but does not answer on port {port}")]
    Silent {
        /// Its process id.
        pid: u32,
        /// Its port.
        port: u16,
    },
    /// Its process could not be ended.
    #[error("the emulator (process {pid}) does not end")]
    WillNotEnd {
        /// Its process id.
        pid: u32,
    },
    /// Somebody asked to stop.
    #[error("stopped before the emulator was ready")]
    Cancelled,
    /// A file or folder could not be written.
    #[error(transparent)]
    Home(#[from] HomeError),
}

impl EmulatorError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::PortTaken { another_tenantry: true, .. } => {
                "run `tenantry down` in that folder, or give this one another port (--port)"
                    .to_owned()
            }
            Self::PortTaken { .. } | Self::Port { .. } => {
                "stop what uses it, or give the emulator another port (--port)".to_owned()
            }
            Self::Start { .. } => {
                "remove .tenantry and run the command again: it is installed anew".to_owned()
            }
            Self::Ended { .. } | Self::NotReady { .. } => {
                "the whole log is in .tenantry/emulator.log".to_owned()
            }
            Self::Outdated { .. } => {
                "`tenantry up` starts it anew and keeps what is deployed; `tenantry down` takes it away"
                    .to_owned()
            }
            Self::Silent { .. } => "`tenantry down` ends it; then run the command again".to_owned(),
            Self::WillNotEnd { pid } => format!("end process {pid} by hand"),
            Self::Cancelled => "run the command again to go on".to_owned(),
            Self::Home(error) => error.hint(),
        }
    }
}
