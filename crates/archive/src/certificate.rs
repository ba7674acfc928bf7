//! The certificate of an erasure: what was deleted, what is final and when, and what still holds traces.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::disk::{make_folder, write, write_json};
use crate::error::ArchiveError;
use crate::read::Whose;

/// What became of a tenant's data.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Certificate {
    /// Whose it was.
    pub of: Whose,
    /// Where it ran.
    pub ran_on: String,
    /// When the removal was begun.
    pub begun: String,
    /// When all of it was deleted.
    pub erased: String,
    /// The stack that had the resources.
    pub stack: String,
    /// The event of the stack's operation that deleted them, and its time; nothing where none was kept.
    pub operation: Option<[String; 2]>,
    /// Every resource that the tenant alone had; the stack has none of them any more.
    pub deleted: Vec<Deleted>,
    /// How many users were deleted.
    pub users: u64,
    /// Its keys.
    pub keys: Vec<KeyEnd>,
    /// The export that was made before; nothing when it was not wanted.
    pub export: Option<Exported>,
    /// What still holds traces.
    pub traces: Vec<Trace>,
}

/// A resource that is gone.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Deleted {
    /// Its logical id.
    pub id: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its physical id.
    pub physical_id: String,
    /// The stack's own event of this resource; nothing where the operation's stands for all.
    pub event: Option<String>,
    /// The event's time.
    pub at: Option<String>,
}

/// The end of a key.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct KeyEnd {
    /// Its id.
    pub key: String,
    /// Its state when the certificate was written.
    pub state: String,
    /// When its end is final; until then its deletion can be cancelled. Nothing where it is.
    pub ends: Option<String>,
}

/// An export that outlives the tenant.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Exported {
    /// Its folder.
    pub folder: String,
    /// The SHA-256 of its manifest.
    pub manifest_sha256: String,
    /// How it is encrypted.
    pub encrypted: String,
}

/// What still holds something of the tenant.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Trace {
    /// What it is.
    pub r#where: String,
    /// What of the tenant it holds.
    pub what: String,
    /// Until when.
    pub until: String,
}

impl Certificate {
    /// Writes it into a folder as JSON and as text, under the same name; both are for their owner alone.
    ///
    /// # Errors
    /// [`ArchiveError`].
    pub fn write(&self, folder: &Path, name: &str) -> Result<[PathBuf; 2], ArchiveError> {
        make_folder(folder)?;
        let [json, text] = ["json", "txt"].map(|end| folder.join(format!("{name}.{end}")));
        write_json(&json, self)?;
        write(&text, self.text().as_bytes())?;
        Ok([json, text])
    }

    /// It as text.
    #[must_use]
    pub fn text(&self) -> String {
        let Whose { platform, tenant, name, place, .. } = &self.of;
        let mut text = format!(
            "Certificate of erasure\n\nTenant    {tenant} ({name})\nPlatform  {platform}, {place}, on {}\nStack     {}\nBegun     {}\nErased    {}\n",
            self.ran_on, self.stack, self.begun, self.erased
        );
        let _ =
            write!(text, "\nDeleted: {} users, and {} resources\n", self.users, self.deleted.len());
        if let Some([event, at]) = &self.operation {
            let _ = writeln!(
                text,
                "  by the stack's operation that ended with the event {event}, {at}"
            );
        }
        for one in &self.deleted {
            let Deleted { id, kind, physical_id, event, at } = one;
            let _ = writeln!(text, "  {kind} {id}\n    id     {physical_id}");
            if let (Some(event), Some(at)) = (event, at) {
                let _ = writeln!(text, "    event  {event}, {at}");
            }
        }
        text.push_str("\nKeys, without which nothing can be read that they encrypted\n");
        for KeyEnd { key, state, ends } in &self.keys {
            let ends = ends.as_ref().map_or_else(String::new, |at| format!(", final on {at}"));
            let _ = writeln!(text, "  {key}: {state}{ends}");
        }
        text.push_str("\nStill holding traces\n");
        if let Some(Exported { folder, manifest_sha256, encrypted }) = &self.export {
            let _ = writeln!(
                text,
                "  the export in {folder} (manifest {manifest_sha256}): all of the data, {encrypted}; until somebody deletes it"
            );
        }
        for Trace { r#where, what, until } in &self.traces {
            let _ = writeln!(text, "  {}: {what}; {until}", r#where);
        }
        text
    }
}
