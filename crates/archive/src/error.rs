use std::io;
use std::path::{Path, PathBuf};

/// Why an export or a ledger could not be written or is not to be trusted.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// A file could not be read or written.
    #[error("cannot {doing} {}: {reason}", path.display())]
    Io {
        /// `read` or `write`.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// A file is not what it has to be.
    #[error("{}: {what}", path.display())]
    Wrong {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, with its line where there is one.
        what: String,
        /// What to do about it.
        hint: &'static str,
    },
}

impl ArchiveError {
    pub(crate) fn reading(path: &Path) -> impl Fn(io::Error) -> Self + '_ {
        move |error| Self::Io { doing: "read", path: path.to_owned(), reason: error.to_string() }
    }

    pub(crate) fn writing(path: &Path) -> impl Fn(io::Error) -> Self + '_ {
        move |error| Self::Io { doing: "write", path: path.to_owned(), reason: error.to_string() }
    }

    pub(crate) fn wrong(path: &Path, what: impl Into<String>, hint: &'static str) -> Self {
        Self::Wrong { path: path.to_owned(), what: what.into(), hint }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Io { .. } => {
                "check that the folder is there, that you may use it, and that the disk is not full"
                    .to_owned()
            }
            Self::Wrong { hint, .. } => (*hint).to_owned(),
        }
    }
}
