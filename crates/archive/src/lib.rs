//! What stays of a tenant when it goes: its data exported as a folder, and the ledger of what was deleted.
//!
//! It writes and reads files, resumes and checks them. It never calls anybody, never prints, and knows of AWS only that a
//! record is a JSON object.
//!
//! # An export
//! A folder for its owner alone:
//! - `manifest.json`, a [`Manifest`]: whose data it is, and of each store the records, bytes and SHA-256 of its file. It is written last;
//!   without it the export is not whole.
//! - `STORE.ndjson`, a file a store: a record a line. An item of a DynamoDB table is written in DynamoDB's own JSON, with its types.
//! - `progress.json` while it goes on: how far each file is good. An export that was interrupted goes on from there.
//!
//! # The ledger
//! A file of lines, each the SHA-256 of the JSON text behind it; that text names the hash of the line before. A line that is
//! changed, taken out or put in breaks the chain; lines cut off at the end are seen by whoever kept the last hash.

mod certificate;
mod disk;
mod error;
mod export;
mod instant;
mod ledger;
mod read;

pub use certificate::{Certificate, Deleted, Exported, KeyEnd, Trace};
pub use error::ArchiveError;
pub use export::{Export, StoreFile};
pub use instant::{now, text as time_text};
pub use ledger::{Entry, Ledger};
pub use read::{Checked, Manifest, Records, Store, Whose};
