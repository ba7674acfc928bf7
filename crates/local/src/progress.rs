//! How the work is told to whoever runs it, and how it is told to stop.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// A part of the work that takes long enough to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Downloads and installs the emulator.
    InstallEmulator,
    /// Installs the packages that the functions need.
    InstallPackages,
    /// Starts the emulator and waits until it answers.
    Start,
    /// Shows that the emulator refuses what it has to refuse.
    Trust,
    /// Uploads function code and templates.
    Upload,
    /// Deploys one cell's stack.
    Deploy(String),
    /// Sets what one cell's stack left out, and reads it back; which, where there are several.
    Settle(Option<String>),
    /// Calls one cell's deployed API as every tenant; which, where there are several.
    Try(Option<String>),
    /// Deletes one stack.
    Delete(String),
    /// Looks for what a deletion left behind.
    LookForLeftovers,
    /// Reads out what a tenant has stored.
    Export(String),
    /// Compares an export with what a tenant has.
    Compare(String),
    /// Reads an export back.
    Import(String),
    /// Deletes a tenant's users.
    Erase(String),
    /// Stops the emulator.
    Stop,
}

impl fmt::Display for Step {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InstallEmulator => out.write_str("install the emulator"),
            Self::InstallPackages => out.write_str("install the functions' packages"),
            Self::Start => out.write_str("start the emulator"),
            Self::Trust => out.write_str("test that the emulator refuses"),
            Self::Upload => out.write_str("upload the function code"),
            Self::Deploy(stack) => write!(out, "deploy {stack}"),
            Self::Settle(None) => out.write_str("set what the stack left out"),
            Self::Settle(Some(stack)) => write!(out, "settle {stack}"),
            Self::Try(None) => out.write_str("try the API as every tenant"),
            Self::Try(Some(stack)) => write!(out, "try {stack}"),
            Self::Delete(stack) => write!(out, "delete {stack}"),
            Self::LookForLeftovers => out.write_str("look for leftovers"),
            Self::Export(tenant) => write!(out, "export {tenant}"),
            Self::Compare(tenant) => write!(out, "compare with {tenant}"),
            Self::Import(tenant) => write!(out, "import {tenant}"),
            Self::Erase(tenant) => write!(out, "delete the users of {tenant}"),
            Self::Stop => out.write_str("stop the emulator"),
        }
    }
}

/// Is told how the work goes. Nothing in this crate prints.
pub trait Progress: Sync {
    /// A step begins.
    fn started(&self, step: &Step);
    /// A step has come to `done` of `total`; `what` names the latest thing done.
    fn advanced(&self, step: &Step, done: usize, total: usize, what: &str) {
        let _ = (step, done, total, what);
    }
    /// A step ended well; `note` is what it found or did, in a few words.
    fn finished(&self, step: &Step, elapsed: Duration, note: &str);
    /// The emulator was started, and this of what it had taken is not there any more.
    fn rolled_back(&self, what: &str) {
        let _ = what;
    }
    /// A step failed; the error itself is returned to the caller.
    fn failed(&self, step: &Step, elapsed: Duration) {
        let _ = (step, elapsed);
    }
}

/// Tells nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn started(&self, _: &Step) {}
    fn finished(&self, _: &Step, _: Duration, _: &str) {}
}

/// A request to stop, shared with whoever handles Ctrl-C.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Asks the work to stop at the next place where stopping leaves nothing half-made.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Whether somebody asked.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// Runs one step and tells `progress` how it went.
pub(crate) fn run<T, E>(
    progress: &dyn Progress,
    step: &Step,
    work: impl FnOnce() -> Result<(T, String), E>,
) -> Result<T, E> {
    progress.started(step);
    let began = Instant::now();
    match work() {
        Ok((value, note)) => {
            progress.finished(step, began.elapsed(), &note);
            Ok(value)
        }
        Err(error) => {
            progress.failed(step, began.elapsed());
            Err(error)
        }
    }
}
