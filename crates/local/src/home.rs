//! Where things live under `.tenantry/`.

use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// The folder that holds everything the local deployment needs: `.tenantry` beside `platform.toml`. It can be deleted
/// at any time while the emulator is down; the next `up` makes it anew.
///
/// The pools' signing keys, the KMS keys and the administrator's key are in it, so its owner alone may enter it, whatever the
/// umask is.
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

    /// What the emulator is started with: its port, and its secrets.
    pub(crate) fn secrets(&self) -> PathBuf {
        self.root.join("secrets.json")
    }

    /// The administrator's key, as AWS's tools read it (`AWS_SHARED_CREDENTIALS_FILE`).
    #[must_use]
    pub fn credentials(&self) -> PathBuf {
        self.root.join("credentials")
    }

    /// Region and address, as AWS's tools read them (`AWS_CONFIG_FILE`).
    #[must_use]
    pub fn config(&self) -> PathBuf {
        self.root.join("config")
    }

    /// The program that starts the emulator with a guard around it.
    pub(crate) fn launcher(&self) -> PathBuf {
        self.root.join("launcher")
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.root.join("state")
    }

    /// What the emulator had acknowledged, and what is read at its next start.
    pub(crate) fn journal(&self) -> PathBuf {
        self.state().join("journal")
    }

    /// What the last start did not bring back, until somebody has been told.
    pub(crate) fn rolled_back(&self) -> PathBuf {
        self.root.join("rolled-back.json")
    }

    /// Where npm packages are installed, once for all.
    #[must_use]
    pub fn packages(&self) -> PathBuf {
        self.root.join("packages")
    }

    /// Makes the folder, and a `.gitignore` in it: nothing of it belongs in a repository.
    pub(crate) fn create(&self) -> Result<(), HomeError> {
        make_folder(&self.root)?;
        make_private(&self.root)?;
        let ignore = self.root.join(".gitignore");
        if !ignore.exists() {
            write(&ignore, b"*\n")?;
        }
        Ok(())
    }
}

pub(crate) fn make_folder(path: &Path) -> Result<(), HomeError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|error| HomeError::new(path, &error))
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
    let written = create(&partial)
        .and_then(|mut file| file.write_all(bytes))
        .and_then(|()| std::fs::rename(&partial, path));
    written.map_err(|error| {
        let _ = std::fs::remove_file(&partial);
        HomeError::new(path, &error)
    })
}

/// Makes a file that its owner alone reads, or empties it.
pub(crate) fn create(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    if file.metadata()?.is_file() {
        file.set_permissions(Permissions::from_mode(0o600))?;
    }
    Ok(file)
}

pub(crate) fn remove_file(path: &Path) -> Result<(), HomeError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(HomeError::new(path, &error)),
        _ => Ok(()),
    }
}

/// Takes from everybody but the owner what they may do with a folder and all that is in it. A link is left alone: what it
/// leads to has its own mode.
pub(crate) fn make_private(path: &Path) -> Result<(), HomeError> {
    match close(path) {
        Ok(None) => Ok(()),
        Ok(Some(entries)) => entries.iter().try_for_each(|entry| make_private(entry)),
        // A running emulator writes beside this, and takes away what it wrote.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(HomeError::new(path, &error)),
    }
}

/// Closes one file or folder to others. A folder's entries are returned.
fn close(path: &Path) -> io::Result<Option<Vec<PathBuf>>> {
    let metadata = std::fs::symlink_metadata(path)?;
    if metadata.is_symlink() {
        return Ok(None);
    }
    let mode = metadata.permissions().mode();
    if mode & 0o077 != 0 {
        std::fs::set_permissions(path, Permissions::from_mode(mode & 0o7700))?;
    }
    if !metadata.is_dir() {
        return Ok(None);
    }
    let entries = std::fs::read_dir(path)?.map(|entry| entry.map(|entry| entry.path()));
    entries.collect::<io::Result<Vec<_>>>().map(Some)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        std::fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn what_others_could_read_is_closed_and_what_a_link_leads_to_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (home, outside) = (folder.path().join("home"), folder.path().join("outside"));
        std::fs::create_dir_all(home.join("state")).unwrap();
        for (file, mode) in
            [(&home.join("state/key"), 0o644), (&home.join("run"), 0o755), (&outside, 0o644)]
        {
            std::fs::write(file, "").unwrap();
            std::fs::set_permissions(file, Permissions::from_mode(mode)).unwrap();
        }
        std::os::unix::fs::symlink(&outside, home.join("link")).unwrap();
        std::fs::set_permissions(home.join("state"), Permissions::from_mode(0o755)).unwrap();
        make_private(&home).unwrap();
        let modes = ["", "state", "state/key", "run"].map(|name| mode(&home.join(name)));
        assert_eq!(modes, [0o700, 0o700, 0o600, 0o700]);
        assert_eq!(mode(&outside), 0o644);
    }

    #[test]
    fn a_file_that_is_written_again_is_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("credentials");
        std::fs::write(&file, "old").unwrap();
        std::fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
        write(&file, b"new").unwrap();
        assert_eq!((mode(&file), std::fs::read(&file).unwrap()), (0o600, b"new".to_vec()));
        std::fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
        create(&file).unwrap();
        assert_eq!(mode(&file), 0o600);
    }
}
