//! Files for their owner alone, written whole or not at all.

use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::ArchiveError;

/// Makes a folder, and those above it, for their owner alone. One that is there is closed to others.
pub(crate) fn make_folder(path: &Path) -> Result<(), ArchiveError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
    let closed = made.and_then(|()| std::fs::set_permissions(path, Permissions::from_mode(0o700)));
    closed.map_err(ArchiveError::writing(path))
}

/// Opens a file for reading and writing, made if it is not there. It is never a link to somewhere else.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    if path.is_symlink() {
        return Err(io::Error::other("it is a link"));
    }
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)
}

/// Writes a file whole or not at all, also when the power fails.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), ArchiveError> {
    let partial = path.with_extension("partial");
    let written = (|| {
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&partial)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&partial, path)?;
        sync_folder(path)
    })();
    written.map_err(|error| {
        let _ = std::fs::remove_file(&partial);
        ArchiveError::writing(path)(error)
    })
}

/// A new name is lasting once its folder is.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        Some(parent) => File::open(parent)?.sync_all(),
        None => File::open(".")?.sync_all(),
    }
}

pub(crate) fn write_json(path: &Path, value: &impl Serialize) -> Result<(), ArchiveError> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|error| ArchiveError::wrong(path, error.to_string(), "please report this"))?;
    write(path, format!("{text}\n").as_bytes())
}

/// A JSON file; nothing when there is none.
pub(crate) fn read_json<T: DeserializeOwned>(
    path: &Path,
    hint: &'static str,
) -> Result<Option<T>, ArchiveError> {
    let text = match std::fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(ArchiveError::reading(path)(error)),
    };
    let read = serde_json::from_slice(&text);
    read.map(Some).map_err(|error| ArchiveError::wrong(path, error.to_string(), hint))
}
