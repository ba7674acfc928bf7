//! The folder of a platform: platform.toml and platform.lock on disk.

use std::path::{Path, PathBuf};

use tenantry_config::{Loaded, Platform, Source};
use tenantry_packages::ServiceCode;

use crate::application;
use crate::failure::Failure;

pub(crate) const PLATFORM: &str = "platform.toml";
pub(crate) const LOCK: &str = "platform.lock";
pub(crate) const LEDGER: &str = "platform.ledger";
pub(crate) const PULUMI: &str = "Pulumi.yaml";

/// A platform as it was read from its folder.
pub(crate) struct Project {
    pub(crate) folder: PathBuf,
    pub(crate) loaded: Loaded,
    /// The code of the user's services; empty where it was not asked for.
    pub(crate) code: Vec<ServiceCode>,
    /// Whether there is a platform.lock.
    pub(crate) has_lock: bool,
    /// The text of platform.toml.
    text: Vec<u8>,
    /// The text of platform.lock.
    lock: Option<Vec<u8>>,
}

impl Project {
    /// Reads the platform of `folder`, or of the nearest folder upwards that has one.
    pub(crate) fn open(folder: Option<&Path>) -> Result<Self, Failure> {
        Self::read(folder, true)
    }

    /// The same with the code of the user's services, which a template names by what is in it.
    pub(crate) fn open_with_code(folder: Option<&Path>) -> Result<Self, Failure> {
        Self::read(folder, true)?.with_code()
    }

    fn with_code(mut self) -> Result<Self, Failure> {
        self.code = application::read_code(&self.folder, &mut self.loaded.platform)?;
        Ok(self)
    }

    /// The same, as if there were no platform.lock.
    pub(crate) fn open_without_lock(folder: Option<&Path>) -> Result<Self, Failure> {
        Self::read(folder, false)
    }

    fn read(folder: Option<&Path>, with_lock: bool) -> Result<Self, Failure> {
        let folder = match folder {
            Some(folder) => folder.to_owned(),
            None => nearest()?,
        };
        let file = folder.join(PLATFORM);
        let text = std::fs::read(&file).map_err(|error| unreadable(&file, &error))?;
        let lock_file = folder.join(LOCK);
        let lock = match std::fs::read(&lock_file) {
            _ if !with_lock => None,
            Ok(text) => Some(text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(unreadable(&lock_file, &error)),
        };
        Self::of_texts(folder, text, lock)
    }

    fn of_texts(folder: PathBuf, text: Vec<u8>, lock: Option<Vec<u8>>) -> Result<Self, Failure> {
        let name = folder.join(PLATFORM).display().to_string();
        let lock_name = folder.join(LOCK).display().to_string();
        let source = lock.as_deref().map(|text| Source { name: &lock_name, text });
        let loaded = tenantry_config::load(Source { name: &name, text: &text }, source)?;
        Ok(Self { folder, loaded, code: Vec::new(), has_lock: lock.is_some(), text, lock })
    }

    /// The same project with another platform.toml, which is written nowhere yet.
    pub(crate) fn with_platform(&self, text: String) -> Result<Self, Failure> {
        let next = Self::of_texts(self.folder.clone(), text.into_bytes(), self.lock.clone())?;
        next.with_code()
    }

    /// Writes platform.toml as this project has it.
    pub(crate) fn write_platform(&self) -> Result<(), Failure> {
        write(&self.folder.join(PLATFORM), &self.text)
    }

    /// Writes both files as they were read.
    pub(crate) fn put_back(&self) -> Result<(), Failure> {
        self.write_platform()?;
        let lock = self.folder.join(LOCK);
        match &self.lock {
            Some(text) => write(&lock, text),
            None => match std::fs::remove_file(&lock) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    Err(unreadable(&lock, &error))
                }
                _ => Ok(()),
            },
        }
    }

    /// platform.toml: its path and its text.
    pub(crate) fn file(&self) -> (String, &[u8]) {
        (self.folder.join(PLATFORM).display().to_string(), &self.text)
    }

    pub(crate) fn platform(&self) -> &Platform {
        &self.loaded.platform
    }

    /// Writes platform.lock if it has changed; says what has.
    pub(crate) fn write_lock(&self) -> Result<Vec<String>, Failure> {
        if self.loaded.lock_changes.is_empty() {
            return Ok(Vec::new());
        }
        write(&self.folder.join(LOCK), self.loaded.lock.to_string().as_bytes())?;
        Ok(self.loaded.lock_changes.iter().map(ToString::to_string).collect())
    }
}

/// Writes a file whole or not at all.
pub(crate) fn write(file: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let mut name = file.as_os_str().to_owned();
    name.push(".partial");
    let partial = PathBuf::from(name);
    std::fs::write(&partial, bytes).and_then(|()| std::fs::rename(&partial, file)).map_err(
        |error| {
            // The file itself is as it was; what could not be finished is of no use.
            let _ = std::fs::remove_file(&partial);
            Failure::with_hint(
                format!("cannot write {}: {error}", file.display()),
                "check that the folder can be written and that the disk is not full",
            )
        },
    )
}

fn nearest() -> Result<PathBuf, Failure> {
    let here = std::env::current_dir()
        .map_err(|error| Failure::new(format!("cannot tell the current folder: {error}")))?;
    match here.ancestors().find(|folder| folder.join(PLATFORM).is_file()) {
        // As a relative path if possible, for messages that people read.
        Some(folder) if folder == here => Ok(PathBuf::from(".")),
        Some(folder) => Ok(folder.to_owned()),
        None => Err(Failure::with_hint(
            format!("there is no {PLATFORM} here or in a folder above"),
            "write one with `tenantry init`, or name its folder with --directory",
        )),
    }
}

fn unreadable(file: &Path, error: &std::io::Error) -> Failure {
    let message = format!("cannot read {}: {error}", file.display());
    if error.kind() == std::io::ErrorKind::NotFound {
        Failure::with_hint(message, "write one with `tenantry init`")
    } else {
        Failure::new(message)
    }
}
