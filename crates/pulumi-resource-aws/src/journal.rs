//! What the provider was asked to do, a line an operation, in a file that outlives the process.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One operation.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Entry {
    /// What was done.
    pub operation: Operation,
    /// The resource's name in its stack.
    pub urn: String,
    /// What the provider calls it.
    pub id: String,
    /// Its inputs; null where there are none.
    pub inputs: Value,
    /// Its outputs; null where there are none.
    pub outputs: Value,
}

/// What was done to a resource.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Operation {
    /// It was made.
    Create,
    /// It was changed.
    Update,
    /// It was looked at.
    Read,
    /// It was deleted.
    Delete,
}

impl Entry {
    /// The resource's type: the last part of the URN's chain of types.
    pub fn token(&self) -> &str {
        token(&self.urn)
    }
}

/// The type in a URN: `urn:pulumi:STACK::PROJECT::PARENT$TYPE::NAME`.
pub(crate) fn token(urn: &str) -> &str {
    let chain = urn.split("::").nth(2).unwrap_or_default();
    chain.rsplit('$').next().unwrap_or_default()
}

/// All operations in a journal.
///
/// # Errors
/// When the file cannot be read or a line in it is none of a journal's.
pub fn read(path: &Path) -> io::Result<Vec<Entry>> {
    let text = match std::fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        text => text?,
    };
    text.lines().map(|line| serde_json::from_str(line).map_err(io::Error::from)).collect()
}

/// A journal that is being written.
pub(crate) struct Journal {
    file: Option<File>,
    alive: Alive,
}

/// What was last done to each resource that is there, by type and id.
type Alive = BTreeMap<(String, String), Entry>;

impl Journal {
    /// Goes on with the journal at `path`; without a path nothing is remembered.
    pub(crate) fn open(path: Option<&Path>) -> io::Result<Self> {
        let Some(path) = path else { return Ok(Self { file: None, alive: BTreeMap::new() }) };
        let mut alive = BTreeMap::new();
        for entry in read(path)? {
            apply(&mut alive, &entry);
        }
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        Ok(Self { file: Some(file), alive })
    }

    pub(crate) fn write(&mut self, entry: &Entry) -> io::Result<()> {
        apply(&mut self.alive, entry);
        if let Some(file) = &mut self.file {
            file.write_all(format!("{}\n", serde_json::to_string(entry)?).as_bytes())?;
        }
        Ok(())
    }

    /// Whether anything is remembered at all.
    pub(crate) fn is_kept(&self) -> bool {
        self.file.is_some()
    }

    /// How the resource of this type with this id was last made or changed, if it is there.
    pub(crate) fn last(&self, token: &str, id: &str) -> Option<&Entry> {
        self.alive.get(&(token.to_owned(), id.to_owned()))
    }
}

fn apply(alive: &mut Alive, entry: &Entry) {
    let key = (entry.token().to_owned(), entry.id.clone());
    match entry.operation {
        Operation::Create | Operation::Update => drop(alive.insert(key, entry.clone())),
        Operation::Delete => drop(alive.remove(&key)),
        Operation::Read => {}
    }
}
