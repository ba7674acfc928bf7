//! The ledger: what was deleted, for good and in order.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::disk::{open, sync_folder};
use crate::error::ArchiveError;
use crate::instant::now;
use crate::read::hexadecimal;

/// What the first entry names as the hash of the one before.
const NOTHING_BEFORE: &str = "0000000000000000000000000000000000000000000000000000000000000000";
const RESTORE: &str =
    "restore it from version control; nothing is written to a ledger whose chain is broken";

/// One entry.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Entry {
    /// Its number, from 1.
    pub number: u64,
    /// When it was written.
    pub at: String,
    /// What it is: `removal-begun`, `erased`.
    pub kind: String,
    /// The tenant that it is about.
    pub tenant: String,
    /// The hash of the entry before.
    pub previous: String,
    /// What it says.
    pub body: Value,
}

/// A ledger whose chain was found whole.
#[derive(Clone, Debug)]
pub struct Ledger {
    path: PathBuf,
    /// The bytes of the lines that are whole.
    length: u64,
    entries: Vec<(String, Entry)>,
    /// The end of the file is half a line, as an interrupted command leaves it.
    torn: bool,
}

impl Ledger {
    /// Reads a ledger and checks its chain. One that is not there is empty.
    ///
    /// # Errors
    /// [`ArchiveError`] with the line where the chain breaks.
    pub fn open(path: &Path) -> Result<Self, ArchiveError> {
        let mut text = Vec::new();
        match File::open(path).and_then(|mut file| file.read_to_end(&mut text)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            other => drop(other.map_err(ArchiveError::reading(path))?),
        }
        let mut entries: Vec<(String, Entry)> = Vec::new();
        let mut length = 0;
        for (line, bytes) in (1_u64..).zip(text.split_inclusive(|byte| *byte == b'\n')) {
            // It was never answered for.
            let Some(bytes) = bytes.strip_suffix(b"\n") else { break };
            let previous = entries.last().map_or(NOTHING_BEFORE, |(hash, _)| hash);
            let entry = read(bytes, line, previous).map_err(|what| {
                ArchiveError::wrong(path, format!("line {line} {what}"), RESTORE)
            })?;
            length += bytes.len() as u64 + 1;
            entries.push(entry);
        }
        let torn = length < text.len() as u64;
        Ok(Self { path: path.to_owned(), length, entries, torn })
    }

    /// Its entries, the first one first.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = &Entry> + ExactSizeIterator {
        self.entries.iter().map(|(_, entry)| entry)
    }

    /// The hash of the last entry: whoever keeps it elsewhere sees also what was cut off at the end.
    #[must_use]
    pub fn head(&self) -> &str {
        self.entries.last().map_or(NOTHING_BEFORE, |(hash, _)| hash)
    }

    /// Whether an entry has this hash.
    #[must_use]
    pub fn has(&self, hash: &str) -> bool {
        hash == NOTHING_BEFORE || self.entries.iter().any(|(known, _)| known == hash)
    }

    /// Whether the file ends in half a line, which the next entry takes the place of.
    #[must_use]
    pub const fn is_torn(&self) -> bool {
        self.torn
    }

    /// Writes an entry behind the last one. It is lasting when this returns. Returns its hash.
    ///
    /// # Errors
    /// [`ArchiveError`].
    pub fn append(&mut self, kind: &str, tenant: &str, body: Value) -> Result<&str, ArchiveError> {
        let entry = Entry {
            number: self.entries.len() as u64 + 1,
            at: now(),
            kind: kind.to_owned(),
            tenant: tenant.to_owned(),
            previous: self.head().to_owned(),
            body,
        };
        let text = serde_json::to_string(&entry).map_err(|error| {
            ArchiveError::wrong(&self.path, error.to_string(), "please report this")
        })?;
        let hash = hash_of(text.as_bytes());
        let line = format!("{hash} {text}\n");
        let written = (|| {
            let mut file = open(&self.path)?;
            file.set_len(self.length)?;
            file.seek(SeekFrom::End(0))?;
            file.write_all(line.as_bytes())?;
            file.sync_all()?;
            sync_folder(&self.path)
        })();
        written.map_err(ArchiveError::writing(&self.path))?;
        self.length += line.len() as u64;
        self.torn = false;
        self.entries.push((hash, entry));
        Ok(self.head())
    }
}

fn read(bytes: &[u8], line: u64, previous: &str) -> Result<(String, Entry), String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "is no text".to_owned())?;
    let (hash, text) = text.split_once(' ').ok_or_else(|| "has no hash in front".to_owned())?;
    let own = hash_of(text.as_bytes());
    if own != hash {
        return Err(format!("was changed: it has the SHA-256 {own} and says {hash}"));
    }
    let entry: Entry =
        serde_json::from_str(text).map_err(|error| format!("is no entry: {error}"))?;
    if entry.previous != previous {
        return Err(format!("follows {}, and the line before is {previous}", entry.previous));
    }
    if entry.number != line {
        return Err(format!("has the number {}", entry.number));
    }
    Ok((hash.to_owned(), entry))
}

fn hash_of(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}
