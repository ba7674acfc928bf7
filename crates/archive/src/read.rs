//! An export that is whole, read and checked.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::disk::read_json;
use crate::error::ArchiveError;

pub(crate) const MANIFEST: &str = "manifest.json";
/// Bytes. An item of DynamoDB has 400 KB at most; as JSON text it can be several times that.
const LONGEST_RECORD: u64 = 8 << 20;
const DAMAGED: &str = "the export is not what was written: take another copy, or export again";

/// What an export is of.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Whose {
    /// The platform's name.
    pub platform: String,
    /// The tenant's id.
    pub tenant: String,
    /// Its name for people.
    pub name: String,
    /// Its tier.
    pub tier: String,
    /// Where it lived: `cell 1, slot 3`.
    pub place: String,
}

/// A whole export.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Manifest {
    /// The version of this form, 1.
    pub version: u32,
    /// Whose data it is.
    pub of: Whose,
    /// When it was begun. What was written since may be in it or not, unless the tenant was suspended.
    pub begun: String,
    /// When it was whole.
    pub finished: String,
    /// Its stores.
    pub stores: Vec<Store>,
    /// What else of the tenant holds data, and is not in it.
    pub left_out: Vec<String>,
}

/// One store in an export.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Store {
    /// Its logical id, which names its file too: letters and digits.
    pub id: String,
    /// What it is: `AWS::DynamoDB::Table`, or `users`.
    pub kind: String,
    /// The name that it had.
    pub name: String,
    /// How many lines its file has.
    pub records: u64,
    /// How many bytes.
    pub bytes: u64,
    /// The SHA-256 of these, in hexadecimal.
    pub sha256: String,
}

impl Manifest {
    /// The version that this program writes, and the only one that it reads.
    pub const VERSION: u32 = 1;
}

/// An export whose every file was found to be as its manifest says.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    folder: PathBuf,
    /// What it says.
    pub manifest: Manifest,
    /// The SHA-256 of the manifest's own file.
    pub sha256: String,
}

impl Checked {
    /// Reads an export and all its files.
    ///
    /// # Errors
    /// [`ArchiveError`] when it is not whole, or a file is not as the manifest says.
    pub fn open(folder: &Path) -> Result<Self, ArchiveError> {
        let path = folder.join(MANIFEST);
        let manifest: Manifest = read_json(&path, DAMAGED)?.ok_or_else(|| {
            ArchiveError::wrong(
                folder,
                format!("there is no {MANIFEST}, so it is no export that is whole"),
                "name the folder of an export, or run `tenantry tenant export` again: it goes on where it was interrupted",
            )
        })?;
        if manifest.version != Manifest::VERSION {
            return Err(ArchiveError::wrong(
                &path,
                format!("version {}, this tenantry reads {}", manifest.version, Manifest::VERSION),
                "use the tenantry that wrote it",
            ));
        }
        for store in &manifest.stores {
            let file = file_of(folder, &store.id)?;
            let measured = measure(&file)?;
            let said = (store.records, store.bytes, store.sha256.clone());
            if measured != said {
                let (records, bytes, sha256) = measured;
                return Err(ArchiveError::wrong(
                    &file,
                    format!(
                        "it has {records} records, {bytes} bytes and the SHA-256 {sha256}, and {MANIFEST} says {}, {} and {}",
                        said.0, said.1, said.2
                    ),
                    DAMAGED,
                ));
            }
        }
        let (_, _, sha256) = measure(&path)?;
        Ok(Self { folder: folder.to_owned(), manifest, sha256 })
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The records of a store, one at a time.
    ///
    /// # Errors
    /// [`ArchiveError`] when the file cannot be opened; each record can fail by itself.
    pub fn records(&self, store: &Store) -> Result<Records, ArchiveError> {
        let path = file_of(&self.folder, &store.id)?;
        let file = File::open(&path).map_err(ArchiveError::reading(&path))?;
        Ok(Records { path, file: BufReader::new(file), line: 0 })
    }
}

/// The records of a store.
#[derive(Debug)]
pub struct Records {
    path: PathBuf,
    file: BufReader<File>,
    line: u64,
}

impl Iterator for Records {
    type Item = Result<Value, ArchiveError>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut text = Vec::new();
        self.line += 1;
        let mut limited = self.file.by_ref().take(LONGEST_RECORD);
        match limited.read_until(b'\n', &mut text) {
            Ok(0) => None,
            Ok(_) => Some(serde_json::from_slice(&text).map_err(|error| {
                let what = format!("line {} is no record: {error}", self.line);
                ArchiveError::wrong(&self.path, what, DAMAGED)
            })),
            Err(error) => Some(Err(ArchiveError::reading(&self.path)(error))),
        }
    }
}

/// A store's file. Its id is part of a path, so it is letters and digits alone.
pub(crate) fn file_of(folder: &Path, id: &str) -> Result<PathBuf, ArchiveError> {
    if id.is_empty() || !id.chars().all(|character| character.is_ascii_alphanumeric()) {
        let what = format!("{id:?} is no store's id: letters and digits alone");
        return Err(ArchiveError::wrong(folder, what, DAMAGED));
    }
    Ok(folder.join(format!("{id}.ndjson")))
}

/// The lines, bytes and SHA-256 of a file.
pub(crate) fn measure(path: &Path) -> Result<(u64, u64, String), ArchiveError> {
    let mut file = File::open(path).map_err(ArchiveError::reading(path))?;
    let (mut lines, mut bytes, mut hash) = (0, 0, Sha256::new());
    let mut part = vec![0; 1 << 16];
    loop {
        let read = file.read(&mut part).map_err(ArchiveError::reading(path))?;
        let Some(part) = part.get(..read).filter(|part| !part.is_empty()) else { break };
        lines += part.iter().filter(|byte| **byte == b'\n').count() as u64;
        bytes += read as u64;
        hash.update(part);
    }
    Ok((lines, bytes, hexadecimal(&hash.finalize())))
}

pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
