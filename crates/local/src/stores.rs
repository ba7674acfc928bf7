//! What a tenant has stored here: read out into an export, read back from one, and deleted.
//!
//! Everything is streamed: a page of a table or of users is in memory at a time.

mod erase;
mod export;
mod import;
mod users;

pub use erase::{Deletion, Deletions, KeyEnd, count_users, deletions, erase_users, physical_ids};
pub use export::{Exported, export};
pub use import::{Imported, ImportedStore, import};

use crate::client::{Client, ClientError};
use crate::lock::LockError;
use serde_json::Value;
use tenantry_archive::ArchiveError;

/// The kind that an export's manifest gives to a table.
pub(crate) const TABLE: &str = "AWS::DynamoDB::Table";
/// The kind that it gives to users.
pub(crate) const USERS: &str = "users";

/// A tenant's stores here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stores {
    /// Whose they are.
    pub tenant: String,
    /// Its tables: the logical id and the name of each.
    pub tables: Vec<(String, String)>,
    /// The pool that its users are in, with everybody else's.
    pub user_pool: String,
}

/// Why a tenant's data could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoresError {
    /// Another command is at work.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The emulator did not answer or refused.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The export could not be written, or is not to be trusted.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The export has a store that the tenant here has not.
    #[error("the export has {id}, and the tenant here has no such store; nothing was written")]
    NoSuchStore {
        /// The store's logical id.
        id: String,
    },
    /// Something is there already, and is not what the export has.
    #[error("{store} has {key} already, and not as the export has it; nothing was written over")]
    Differs {
        /// The store.
        store: String,
        /// The key of what is there, or the user.
        key: String,
    },
    /// What was written does not read back as it was written.
    #[error("{store}: {key} does not read back as the export has it")]
    NotKept {
        /// The store.
        store: String,
        /// The key.
        key: String,
    },
    /// Somebody asked to stop.
    #[error("stopped as asked")]
    Cancelled,
}

impl StoresError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Lock(error) => error.hint(),
            Self::Client(error) => error.hint(),
            Self::Archive(error) => error.hint(),
            Self::NoSuchStore { .. } => {
                "import it where the platform has the stores that it was exported from".to_owned()
            }
            Self::Differs { .. } => {
                "an import adds and never replaces: take away what is there, or import elsewhere"
                    .to_owned()
            }
            Self::NotKept { .. } => {
                "see .tenantry/emulator.log, then run the command again".to_owned()
            }
            Self::Cancelled => "the same command again goes on from here".to_owned(),
        }
    }
}

fn dynamodb(client: &Client, operation: &str, body: &Value) -> Result<Value, ClientError> {
    client.json("dynamodb", &format!("DynamoDB_20120810.{operation}"), body)
}

/// A list of an answer, taken out of it.
fn take_list(answer: &mut Value, pointer: &str) -> Vec<Value> {
    match answer.pointer_mut(pointer).map(Value::take) {
        Some(Value::Array(list)) => list,
        _ => Vec::new(),
    }
}
