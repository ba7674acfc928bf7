//! Tables and users read out.

use super::users::{USERS_ID, pages};
use super::{Stores, StoresError, TABLE, USERS, dynamodb, take_list};
use crate::client::Client;
use crate::home::Home;
use crate::lock::Lock;
use crate::progress::{Cancel, Progress, Step, run};
use serde_json::{Value, json};
use tenantry_archive::{Checked, Export, StoreFile};

/// Items asked for at a time. DynamoDB ends a page at 1 MB anyway.
const PAGE: usize = 1000;

/// An export that is whole.
#[derive(Clone, Debug, PartialEq)]
pub struct Exported {
    /// The export, read once more.
    pub export: Checked,
    /// It went on with one that was interrupted.
    pub resumed: bool,
}

/// Reads all that a tenant has stored into an export, which goes on where it was interrupted. `left_out` is what else holds
/// its data.
///
/// # Errors
/// [`StoresError`]; what was read so far stays in the export's folder.
pub fn export(
    home: &Home,
    stores: &Stores,
    mut to: Export,
    left_out: Vec<String>,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<Exported, StoresError> {
    let _lock = Lock::take(home)?;
    let client = Client::administrator(home)?;
    let resumed = to.is_resumed();
    let step = Step::Export(stores.tenant.clone());
    let export = run(progress, &step, || {
        let mut records = 0;
        for (id, name) in &stores.tables {
            if let Some(mut file) = to.store(id, TABLE, name)? {
                records += table(&client, name, &mut file, cancel)?;
            }
        }
        if let Some(mut file) = to.store(USERS_ID, USERS, &stores.user_pool)? {
            records += users(&client, stores, &mut file, cancel)?;
        }
        Ok::<_, StoresError>((to.finish(left_out)?, format!("{records} records")))
    })?;
    Ok(Exported { export, resumed })
}

fn table(
    client: &Client,
    name: &str,
    file: &mut StoreFile<'_>,
    cancel: &Cancel,
) -> Result<u64, StoresError> {
    loop {
        if cancel.is_cancelled() {
            return Err(StoresError::Cancelled);
        }
        let mut ask = json!({ "TableName": name, "ConsistentRead": true, "Limit": PAGE });
        if let (Some(fields), Some(next)) = (ask.as_object_mut(), file.next()) {
            fields.insert("ExclusiveStartKey".to_owned(), next.clone());
        }
        let mut answer = dynamodb(client, "Scan", &ask)?;
        let next = answer.get_mut("LastEvaluatedKey").map(Value::take).filter(|key| !key.is_null());
        let last = next.is_none();
        file.page(&take_list(&mut answer, "/Items"), next)?;
        if last {
            return Ok(file.records());
        }
    }
}

/// A page of a pool's users cannot be asked for a second time later, so that users begin anew.
fn users(
    client: &Client,
    stores: &Stores,
    file: &mut StoreFile<'_>,
    cancel: &Cancel,
) -> Result<u64, StoresError> {
    file.restart()?;
    pages(client, &stores.user_pool, &stores.tenant, |users, last| {
        if cancel.is_cancelled() {
            return Err(StoresError::Cancelled);
        }
        let next = (!last).then(|| json!("the next page"));
        Ok(file.page(&users, next)?)
    })?;
    Ok(file.records())
}
