//! An export that is written, and goes on where it was interrupted.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::disk::{make_folder, open, read_json, sync_folder, write_json};
use crate::error::ArchiveError;
use crate::instant::now;
use crate::read::{Checked, MANIFEST, Manifest, Store, Whose, file_of, measure};

const PROGRESS: &str = "progress.json";
const AGAIN: &str = "choose another folder with --out";

/// How far an export is.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct Progress {
    of: Whose,
    begun: String,
    stores: BTreeMap<String, Position>,
}

/// How far one store is.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
struct Position {
    kind: String,
    name: String,
    records: u64,
    bytes: u64,
    /// Where the source goes on.
    next: Option<Value>,
    done: bool,
}

/// An export that is being written.
#[derive(Debug)]
pub struct Export {
    folder: PathBuf,
    progress: Progress,
    resumed: bool,
}

impl Export {
    /// Begins an export in a folder that is empty or not there, or goes on with the one that was begun in it.
    ///
    /// # Errors
    /// [`ArchiveError`] when something else is in the folder, or an export that is whole or of somebody else.
    pub fn begin(folder: &Path, of: Whose) -> Result<Self, ArchiveError> {
        let (path, manifest) = (folder.join(PROGRESS), folder.join(MANIFEST));
        if manifest.exists() && path.exists() {
            // It was interrupted at its very end, which is done again.
            std::fs::remove_file(&manifest).map_err(ArchiveError::writing(&manifest))?;
        }
        if manifest.exists() {
            return Err(ArchiveError::wrong(folder, "an export is there already", AGAIN));
        }
        if let Some(progress) = read_json::<Progress>(&path, AGAIN)? {
            if progress.of != of {
                let what = format!("an export of {} was begun there", progress.of.tenant);
                return Err(ArchiveError::wrong(folder, what, AGAIN));
            }
            return Ok(Self { folder: folder.to_owned(), progress, resumed: true });
        }
        // What was interrupted at its very beginning is no more than this.
        let is_own = |entry: std::io::Result<std::fs::DirEntry>| {
            entry.is_ok_and(|entry| entry.file_name() == "progress.partial")
        };
        if folder.read_dir().is_ok_and(|mut entries| !entries.all(is_own)) {
            return Err(ArchiveError::wrong(folder, "it is not empty", AGAIN));
        }
        make_folder(folder)?;
        let progress = Progress { of, begun: now(), stores: BTreeMap::new() };
        write_json(&path, &progress)?;
        Ok(Self { folder: folder.to_owned(), progress, resumed: false })
    }

    /// Whether a folder has an export that was begun and is not whole.
    #[must_use]
    pub fn is_half(folder: &Path) -> bool {
        folder.join(PROGRESS).exists() && !folder.join(MANIFEST).exists()
    }

    /// Whether it goes on with one that was interrupted.
    #[must_use]
    pub const fn is_resumed(&self) -> bool {
        self.resumed
    }

    /// The file of a store, as far as it is good; nothing when all of it is there.
    ///
    /// # Errors
    /// [`ArchiveError`].
    pub fn store(
        &mut self,
        id: &str,
        kind: &str,
        name: &str,
    ) -> Result<Option<StoreFile<'_>>, ArchiveError> {
        let path = file_of(&self.folder, id)?;
        let position = self.progress.stores.entry(id.to_owned()).or_default();
        if position.done {
            return Ok(None);
        }
        kind.clone_into(&mut position.kind);
        name.clone_into(&mut position.name);
        let mut file = open(&path).map_err(ArchiveError::writing(&path))?;
        // What was written after the last position that is known to be good is written again.
        let cut = file.set_len(position.bytes).and_then(|()| file.seek(SeekFrom::End(0)));
        cut.map_err(ArchiveError::writing(&path))?;
        sync_folder(&path).map_err(ArchiveError::writing(&path))?;
        Ok(Some(StoreFile { export: self, id: id.to_owned(), path, file }))
    }

    /// Writes the manifest, with what is not in the export, and reads all of it once more.
    ///
    /// # Errors
    /// [`ArchiveError`].
    pub fn finish(self, left_out: Vec<String>) -> Result<Checked, ArchiveError> {
        let mut stores = Vec::with_capacity(self.progress.stores.len());
        for (id, position) in self.progress.stores {
            let path = file_of(&self.folder, &id)?;
            let cut = open(&path).and_then(|file| file.set_len(position.bytes));
            cut.map_err(ArchiveError::writing(&path))?;
            let (records, bytes, sha256) = measure(&path)?;
            let Position { kind, name, .. } = position;
            if !position.done || records != position.records {
                return Err(ArchiveError::wrong(&path, "it is not whole", "run the command again"));
            }
            stores.push(Store { id, kind, name, records, bytes, sha256 });
        }
        let Progress { of, begun, .. } = self.progress;
        let manifest =
            Manifest { version: Manifest::VERSION, of, begun, finished: now(), stores, left_out };
        write_json(&self.folder.join(MANIFEST), &manifest)?;
        let path = self.folder.join(PROGRESS);
        std::fs::remove_file(&path).map_err(ArchiveError::writing(&path))?;
        Checked::open(&self.folder)
    }

    fn position(&mut self, id: &str) -> &mut Position {
        self.progress.stores.entry(id.to_owned()).or_default()
    }

    fn save(&self) -> Result<(), ArchiveError> {
        write_json(&self.folder.join(PROGRESS), &self.progress)
    }
}

/// A store's file, written a page at a time.
#[derive(Debug)]
pub struct StoreFile<'e> {
    export: &'e mut Export,
    id: String,
    path: PathBuf,
    file: File,
}

impl StoreFile<'_> {
    /// Where the source goes on; nothing at its beginning.
    #[must_use]
    pub fn next(&self) -> Option<&Value> {
        self.export.progress.stores.get(&self.id).and_then(|position| position.next.as_ref())
    }

    /// How many records are there.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.export.progress.stores.get(&self.id).map_or(0, |position| position.records)
    }

    /// Begins the store anew: its source cannot go on from within.
    ///
    /// # Errors
    /// [`ArchiveError`].
    pub fn restart(&mut self) -> Result<(), ArchiveError> {
        let cut = self.file.set_len(0).and_then(|()| self.file.seek(SeekFrom::Start(0)));
        cut.map_err(ArchiveError::writing(&self.path))?;
        let position = self.export.position(&self.id);
        (position.records, position.bytes, position.next) = (0, 0, None);
        Ok(())
    }

    /// Writes a page of records, and where the source goes on behind them; nothing when that was the last one. The page is
    /// lasting when this returns.
    ///
    /// # Errors
    /// [`ArchiveError`].
    pub fn page(&mut self, records: &[Value], next: Option<Value>) -> Result<(), ArchiveError> {
        let mut text = String::new();
        for record in records {
            text.push_str(&record.to_string());
            text.push('\n');
        }
        let written = self.file.write_all(text.as_bytes()).and_then(|()| self.file.sync_data());
        written.map_err(ArchiveError::writing(&self.path))?;
        let position = self.export.position(&self.id);
        position.records += records.len() as u64;
        position.bytes += text.len() as u64;
        position.done = next.is_none();
        position.next = next;
        self.export.save()
    }
}
