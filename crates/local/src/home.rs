//! Where things live under `.tenantry/`.

use std::io;
use std::path::{Path, PathBuf};

/// The folder that holds everything the local deployment needs: `.tenantry` beside `platform.toml`. It can be deleted
/// at any time while the emulator is down; the next `up` makes it anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    root: PathBuf,
}

impl Home {
    /// The `.tenantry` folder of a project. Nothing is created yet.
    #[must_use]
    pub fn of_project(project: &Path) -> Self {
        let project = std::path::absolute(project).unwrap_or_else(|_| project.to_path_buf());
        Self { root: project.join(".tenantry") }
    }

    /// The emulator's log.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.root.join("emulator.log")
    }

    /// The folder itself.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.root
    }

    pub(crate) fn lock(&self) -> PathBuf {
        self.root.join("lock")
    }

    pub(crate) fn record(&self) -> PathBuf {
        self.root.join("emulator.json")
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.root.join("state")
    }

    /// Where npm packages are installed, once for all.
    #[must_use]
    pub fn packages(&self) -> PathBuf {
        self.root.join("packages")
    }

    /// Makes the folder, and a `.gitignore` in it: nothing of it belongs in a repository.
    pub(crate) fn create(&self) -> Result<(), HomeError> {
        make_folder(&self.root)?;
        let ignore = self.root.join(".gitignore");
        if !ignore.exists() {
            write(&ignore, b"*\n")?;
        }
        Ok(())
    }
}

pub(crate) fn make_folder(path: &Path) -> Result<(), HomeError> {
    std::fs::create_dir_all(path).map_err(|error| HomeError::new(path, &error))
}

pub(crate) fn remove_folder(path: &Path) -> Result<(), HomeError> {
    match std::fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(HomeError::new(path, &error)),
        _ => Ok(()),
    }
}

/// Writes a file whole or not at all: a reader never sees half of it, and a full disk leaves the old one.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), HomeError> {
    let partial = path.with_extension("partial");
    let written = std::fs::write(&partial, bytes).and_then(|()| std::fs::rename(&partial, path));
    written.map_err(|error| {
        let _ = std::fs::remove_file(&partial);
        HomeError::new(path, &error)
    })
}

/// A file or folder under `.tenantry` could not be made, written or removed.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}: {reason}", path.display())]
pub struct HomeError {
    /// The file or folder.
    pub path: PathBuf,
    /// What the system said.
    pub reason: String,
}

impl HomeError {
    pub(crate) fn new(path: &Path, error: &io::Error) -> Self {
        Self { path: path.to_path_buf(), reason: error.to_string() }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        "check that the folder can be written by you and that the disk is not full, then run the command again".to_owned()
    }
}
