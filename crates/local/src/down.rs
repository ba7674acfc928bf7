//! Everything taken away again, and a look at whether that is true.

mod leftovers;

use crate::client::{Client, ClientError};
use crate::deploy::{DeployError, delete};
use crate::emulator::{Emulator, EmulatorError, stop};
use crate::home::{Home, HomeError, remove_file, remove_folder};
use crate::lock::{Lock, LockError};
use crate::progress::{Cancel, Progress, Step, run};
use crate::start::is_kept;

pub use leftovers::Leftover;
use leftovers::leftovers;

/// What `down` did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Down {
    /// The emulator ran.
    pub was_running: bool,
    /// It had been stopped, and what was kept of it is gone.
    pub was_kept: bool,
    /// The stacks that were deleted.
    pub deleted: Vec<String>,
    /// What was still there afterwards, by the emulator's own word.
    pub leftovers: Vec<Leftover>,
    /// Keys that are scheduled for deletion: KMS waits at least 7 days.
    pub keys_pending: usize,
}

/// Deletes every stack, asks the emulator what is left, stops it and removes its state.
///
/// # Errors
/// [`DownError`]. A stack that cannot be deleted is an error before anything is stopped.
pub fn down(home: &Home, progress: &dyn Progress, cancel: &Cancel) -> Result<Down, DownError> {
    let mut done = Down::default();
    if !home.path().exists() {
        return Ok(done);
    }
    let _lock = Lock::take(home)?;
    let found = match Emulator::find(home) {
        // It cannot be asked any more; its state goes anyway.
        Err(EmulatorError::Silent { .. } | EmulatorError::Outdated { .. }) => None,
        other => other?,
    };
    if found.is_some() {
        done.was_running = true;
        let client = Client::administrator(home)?;
        // The first cell goes when the others are gone.
        for stack in client.all_stacks()?.into_iter().rev() {
            let step = Step::Delete(stack.name.clone());
            run(progress, &step, || {
                delete(&client, &stack.name, progress, cancel).map(|()| ((), String::new()))
            })?;
            done.deleted.push(stack.name);
        }
        (done.leftovers, done.keys_pending) = run(progress, &Step::LookForLeftovers, || {
            leftovers(&client).map(|found| {
                let note = format!("{} found", found.0.len());
                (found, note)
            })
        })?;
    }
    run(progress, &Step::Stop, || stop(home).map(|_| ((), String::new())))?;
    done.was_kept = !done.was_running && is_kept(home);
    clear(home).map_err(EmulatorError::from)?;
    Ok(done)
}

/// Removes all but what was installed: it is the same for every platform, and takes long to download. The lock goes last.
fn clear(home: &Home) -> Result<(), HomeError> {
    remove_folder(&home.state())?;
    remove_folder(&home.launcher())?;
    for file in [
        home.rolled_back(),
        home.secrets(),
        home.credentials(),
        home.config(),
        home.log(),
        home.lock(),
    ] {
        remove_file(&file)?;
    }
    Ok(())
}

/// Why not everything could be taken away.
#[derive(Debug, thiserror::Error)]
pub enum DownError {
    /// Another command is at work.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The emulator could not be found or stopped.
    #[error(transparent)]
    Emulator(#[from] EmulatorError),
    /// A stack could not be deleted.
    #[error(transparent)]
    Deploy(#[from] DeployError),
    /// The emulator could not be asked.
    #[error(transparent)]
    Client(#[from] ClientError),
}

impl DownError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Lock(error) => error.hint(),
            Self::Emulator(error) => error.hint(),
            Self::Deploy(error) => error.hint(),
            Self::Client(error) => error.hint(),
        }
    }
}
