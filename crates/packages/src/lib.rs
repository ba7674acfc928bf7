//! The function code as reproducible zip archives: the platform's own, and that of the user's services.
//!
//! The sources of `functions/node` are part of the program, so an installed `tenantry` needs no checkout. An archive's
//! key names the hash of its sources and of its lock file, so it is known without building anything: a template can be
//! written with no Node.js at hand. Building the authorizer's archive, or that of a service with a lock file, runs `npm ci`;
//! nothing else here starts a process. This crate never uploads, and knows no tenant and no template.

mod archive;
mod npm;
mod service;

pub use npm::{Npm, NpmError};
pub use service::ServiceCode;

use sha2::{Digest as _, Sha256};
use std::path::{Path, PathBuf};

include!(concat!(env!("OUT_DIR"), "/sources.rs"));

/// A file of the function sources, by its path inside its folder (`/` between parts).
#[derive(Clone, Copy)]
pub(crate) struct Source<'a> {
    pub(crate) path: &'a str,
    pub(crate) bytes: &'a [u8],
}

/// The code of one kind of function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// The tenants' function: one archive, shared by every tenant.
    Api,
    /// The API's token authorizer, with `aws-jwt-verify` packaged.
    Authorizer,
    /// The custom resource that empties the audit bucket when the platform goes down.
    EmptyBucket,
}

impl Code {
    /// Every kind of code, in the order in which archives are listed.
    pub const ALL: [Self; 3] = [Self::Api, Self::Authorizer, Self::EmptyBucket];

    /// The kind's name: the first part of its archive's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Authorizer => "authorizer",
            Self::EmptyBucket => "empty-bucket",
        }
    }

    /// The archive's key in the code bucket: `tenantry/<name>-<16 hex digits of the source hash>.zip`.
    #[must_use]
    pub fn key(self) -> String {
        format!("tenantry/{}", self.file_name())
    }

    /// The archive's name on disk: `<name>-<16 hex digits of the source hash>.zip`.
    #[must_use]
    pub fn file_name(self) -> String {
        let hash: String = self.source_hash().chars().take(16).collect();
        format!("{}-{hash}.zip", self.name())
    }

    /// SHA-256 over the sources and the lock file, as 64 hex digits. Changes exactly when one of them changes.
    #[must_use]
    pub fn source_hash(self) -> String {
        hash_of(self.sources())
    }

    /// Builds the archive. Two builds of the same sources give the same bytes.
    ///
    /// # Errors
    /// [`PackageError::Npm`] when the authorizer's dependencies cannot be installed, [`PackageError::Archive`] when a
    /// file cannot be read or packed.
    pub fn package(self, npm: &Npm, cache: &Path) -> Result<Package, PackageError> {
        let mut files = archive::Files::default();
        for source in self.sources() {
            if source.path != "package-lock.json" {
                files.add(source.path.to_owned(), source.bytes.to_vec());
            }
        }
        if self == Self::Authorizer {
            let modules = npm.install(self.name(), self.sources(), cache)?;
            files.add_folder(&modules, "node_modules")?;
        }
        let bytes = files.into_zip()?;
        Ok(Package {
            key: self.key(),
            file_name: self.file_name(),
            sha256: hex(&Sha256::digest(&bytes)),
            bytes,
        })
    }

    fn sources(self) -> &'static [Source<'static>] {
        match self {
            Self::Api => API,
            Self::Authorizer => AUTHORIZER,
            Self::EmptyBucket => EMPTY_BUCKET,
        }
    }
}

/// An archive, ready to upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// Its key in the code bucket.
    pub key: String,
    /// Its name on disk.
    pub file_name: String,
    /// SHA-256 of `bytes`, as 64 hex digits.
    pub sha256: String,
    /// The zip archive.
    pub bytes: Vec<u8>,
}

/// Installs the AWS SDK clients that the managed Node.js runtime brings along on AWS and a machine's own Node.js does
/// not; returns the folder whose `node_modules` holds them. A second call finds them there.
///
/// # Errors
/// [`NpmError`] when npm cannot install them.
pub fn install_sdk(npm: &Npm, cache: &Path) -> Result<PathBuf, NpmError> {
    let modules = npm.install("sdk", SDK, cache)?;
    Ok(modules.parent().map(Path::to_path_buf).unwrap_or(modules))
}

/// Why an archive could not be built.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    /// npm could not install what the code depends on.
    #[error(transparent)]
    Npm(#[from] NpmError),
    /// A service's code cannot be what it is.
    #[error("the code of the service {name}: {path} {reason}")]
    Service {
        /// The service.
        name: String,
        /// The file or folder.
        path: String,
        /// What is wrong with it.
        reason: String,
        /// What to do about it.
        hint: String,
    },
    /// A file could not be read or packed.
    #[error("cannot pack {path}: {reason}")]
    Archive {
        /// The file.
        path: String,
        /// What went wrong.
        reason: String,
    },
}

impl PackageError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Npm(error) => error.hint(),
            Self::Service { hint, .. } => hint.clone(),
            Self::Archive { .. } => {
                "check that the disk is not full, then run the command again".to_owned()
            }
        }
    }
}

fn hash_of(sources: &[Source<'_>]) -> String {
    let mut hasher = Sha256::new();
    // Bumped when archives change shape without their sources changing.
    hasher.update(b"tenantry-package-1\0");
    for source in sources {
        // Lengths first: moving a byte from one file to the next must change the hash.
        hasher.update((source.path.len() as u64).to_be_bytes());
        hasher.update(source.path.as_bytes());
        hasher.update((source.bytes.len() as u64).to_be_bytes());
        hasher.update(source.bytes);
    }
    hex(&hasher.finalize())
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_moved_between_files_changes_the_hash() {
        let one = [Source { path: "a", bytes: b"xy" }, Source { path: "b", bytes: b"z" }];
        let two = [Source { path: "a", bytes: b"x" }, Source { path: "b", bytes: b"yz" }];
        assert_ne!(hash_of(&one), hash_of(&two));
    }

    #[test]
    fn every_key_names_its_kind_and_sixteen_digits_of_its_hash() {
        for code in Code::ALL {
            let key = code.key();
            let hash = key
                .strip_prefix(&format!("tenantry/{}-", code.name()))
                .and_then(|rest| rest.strip_suffix(".zip"))
                .unwrap();
            assert_eq!(hash.len(), 16, "{key}");
            assert!(code.source_hash().starts_with(hash));
        }
    }

    #[test]
    fn every_kind_of_code_has_an_entry_point_and_no_tests() {
        for code in Code::ALL {
            let paths: Vec<_> = code.sources().iter().map(|source| source.path).collect();
            assert!(
                paths.contains(&"index.mjs") || paths.contains(&"index.js"),
                "{code:?}: {paths:?}"
            );
            assert!(paths.iter().all(|path| !path.contains("test")), "{code:?}: {paths:?}");
        }
    }
}
