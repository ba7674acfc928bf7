//! One command at a time changes what is deployed.

use crate::home::{Home, HomeError};
use std::fs::{File, OpenOptions, TryLockError, metadata};
use std::io::{Read as _, Seek as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};

/// Held while a command changes what is deployed; released when dropped, and by the system when the process dies.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock, at once or not at all.
    ///
    /// # Errors
    /// [`LockError::Held`] with the holder's process id, [`LockError::Home`] when the file cannot be made.
    pub fn take(home: &Home) -> Result<Self, LockError> {
        home.create()?;
        let path = home.lock();
        let failed = |error: std::io::Error| LockError::Home(HomeError::new(&path, &error));
        let mut file = OpenOptions::new()
            .create(true)
            .read(true)
            .write(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let _ = file.read_to_string(&mut holder);
                return Err(LockError::Held { pid: holder.trim().parse().ok() });
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        // Whoever held it before may have taken the file away in the meantime: then this is a lock on nothing.
        let held = file.metadata().map_err(failed)?;
        if !metadata(&path)
            .is_ok_and(|there| there.ino() == held.ino() && there.dev() == held.dev())
        {
            return Self::take(home);
        }
        file.set_len(0).map_err(failed)?;
        file.rewind().map_err(failed)?;
        writeln!(file, "{}", std::process::id()).map_err(failed)?;
        Ok(Self { _file: file })
    }
}

/// Why the lock could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another command is at work.
    #[error("another tenantry is at work here{}", pid.map(|pid| format!(" (process {pid})")).unwrap_or_default())]
    Held {
        /// Its process id, if it has written it.
        pid: Option<u32>,
    },
    /// The lock file could not be made.
    #[error(transparent)]
    Home(#[from] HomeError),
}

impl LockError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Held { .. } => {
                "wait until it has ended, or stop it, then run the command again".to_owned()
            }
            Self::Home(error) => error.hint(),
        }
    }
}
