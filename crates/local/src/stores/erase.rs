//! What is deleted of a tenant beside its stack's resources, and what tells that they are gone.

use super::users::{attribute, pages};
use super::{Stores, StoresError};
use crate::client::{Client, ClientError};
use crate::home::Home;
use crate::lock::Lock;
use crate::progress::{Progress, Step, run};
use crate::users::cognito;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// An event of a stack that says that a resource is deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deletion {
    /// The resource's logical id.
    pub logical_id: String,
    /// Its type.
    pub kind: String,
    /// Its physical id.
    pub physical_id: String,
    /// The event's id.
    pub event: String,
    /// When it was, as the service says it.
    pub at: String,
}

/// What shows that resources of a stack are deleted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deletions {
    /// The newest event of the whole stack that ended well: its id and its time. The emulator keeps no event of a single
    /// resource that an update deletes.
    pub operation: Option<(String, String)>,
    /// The events of single resources, as far as there are any.
    pub events: Vec<Deletion>,
    /// Those that the stack still has.
    pub left: Vec<String>,
    /// What became of the keys.
    pub keys: Vec<KeyEnd>,
}

/// When a key is gone for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyEnd {
    /// The key's id.
    pub key: String,
    /// Its state, such as `PendingDeletion`.
    pub state: String,
    /// Seconds since 1970; nothing where the service does not say.
    pub at: Option<u64>,
}

/// How many users a tenant has.
///
/// # Errors
/// [`StoresError`].
pub fn count_users(home: &Home, stores: &Stores) -> Result<u64, StoresError> {
    let client = Client::administrator(home)?;
    let mut count = 0;
    pages(&client, &stores.user_pool, &stores.tenant, |users, _| {
        count += users.len() as u64;
        Ok(())
    })?;
    Ok(count)
}

/// Deletes a tenant's users, who are in a pool with everybody else's. Returns how many there were.
///
/// # Errors
/// [`StoresError`]; the next call deletes those that are left.
pub fn erase_users(
    home: &Home,
    stores: &Stores,
    progress: &dyn Progress,
) -> Result<usize, StoresError> {
    let _lock = Lock::take(home)?;
    let client = Client::administrator(home)?;
    run(progress, &Step::Erase(stores.tenant.clone()), || {
        let mut names = Vec::new();
        pages(&client, &stores.user_pool, &stores.tenant, |users, _| {
            names.extend(users.iter().filter_map(|user| {
                let name = user.get("Username").and_then(Value::as_str);
                name.or_else(|| attribute(user, "sub")).map(ToOwned::to_owned)
            }));
            Ok(())
        })?;
        for name in &names {
            let ask = json!({ "UserPoolId": stores.user_pool, "Username": name });
            match cognito(&client, "AdminDeleteUser", &ask) {
                Err(error) if error.code() == Some("UserNotFoundException") => {}
                other => drop(other?),
            }
        }
        let note = format!("{} users", names.len());
        Ok((names.len(), note))
    })
}

/// The physical ids of a stack's resources by their logical ids.
///
/// # Errors
/// [`ClientError`].
pub fn physical_ids(home: &Home, stack: &str) -> Result<BTreeMap<String, String>, ClientError> {
    Client::administrator(home)?.resources_of(stack)
}

/// What a stack says of resources that were in it, and the key service of `keys`, which are physical ids.
///
/// # Errors
/// [`ClientError`].
pub fn deletions(
    home: &Home,
    stack: &str,
    resources: &BTreeSet<&str>,
    keys: &[&str],
) -> Result<Deletions, ClientError> {
    let client = Client::administrator(home)?;
    let left = match client.resources_of(stack) {
        // The stack is gone as a whole, with all that it had.
        Err(ClientError::Refused { .. }) => Vec::new(),
        other => other?.into_keys().filter(|id| resources.contains(id.as_str())).collect(),
    };
    let events = match client.events_of(stack) {
        // A stack that is gone as a whole tells by its name no more.
        Err(ClientError::Refused { .. }) => Vec::new(),
        other => other?,
    };
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    let whole = events
        .iter()
        .find(|event| event.logical_id == stack && event.status.ends_with("_COMPLETE"));
    let operation = whole.map(|event| (event.id.clone(), event.at.clone()));
    for event in events {
        let deleted = event.status == "DELETE_COMPLETE";
        if deleted
            && resources.contains(event.logical_id.as_str())
            && seen.insert(event.logical_id.clone())
        {
            found.push(Deletion {
                logical_id: event.logical_id,
                kind: event.kind,
                physical_id: event.physical_id,
                event: event.id,
                at: event.at,
            });
        }
    }
    found.sort_by(|one, other| one.logical_id.cmp(&other.logical_id));
    let mut ends = Vec::new();
    for key in keys {
        let answer = client.json("kms", "TrentService.DescribeKey", &json!({ "KeyId": key }));
        let of =
            |answer: &Value, field: &str| answer.pointer(&format!("/KeyMetadata/{field}")).cloned();
        ends.push(match answer {
            Ok(answer) => KeyEnd {
                key: (*key).to_owned(),
                state: of(&answer, "KeyState")
                    .and_then(|state| state.as_str().map(ToOwned::to_owned))
                    .unwrap_or_default(),
                at: of(&answer, "DeletionDate").and_then(|at| whole_seconds(&at)),
            },
            Err(ClientError::Refused { .. }) => {
                KeyEnd { key: (*key).to_owned(), state: "gone".to_owned(), at: None }
            }
            Err(error) => return Err(error),
        });
    }
    Ok(Deletions { operation, events: found, left, keys: ends })
}

/// The seconds of a time, which the services write with a fraction.
fn whole_seconds(at: &Value) -> Option<u64> {
    at.to_string().split('.').next()?.parse().ok()
}
