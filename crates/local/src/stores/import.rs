//! An export read back. It adds what is missing, replaces nothing, and reads back what it wrote.

use super::users::{self, Made};
use super::{Stores, StoresError, TABLE, USERS, dynamodb, take_list};
use crate::client::Client;
use crate::home::Home;
use crate::lock::Lock;
use crate::progress::{Cancel, Progress, Step, run};
use serde_json::{Map, Value, json};
use std::thread;
use std::time::Duration;
use tenantry_archive::{Checked, Store};

/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html>
const WRITTEN_AT_ONCE: usize = 25;
const ASK_AGAIN: Duration = Duration::from_millis(50);

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Each store of the export.
    pub stores: Vec<ImportedStore>,
}

/// What an import did to one store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportedStore {
    /// The store's logical id.
    pub id: String,
    /// How many records the export has.
    pub records: u64,
    /// How many were written.
    pub written: u64,
    /// How many were there before, as the export has them.
    pub there: u64,
}

/// Reads an export into a tenant's stores. First all of it is compared with what is there, so that one that does not fit
/// writes nothing; at the end all of it is read back. The same import again goes on where one was interrupted.
///
/// # Errors
/// [`StoresError`].
pub fn import(
    home: &Home,
    stores: &Stores,
    from: &Checked,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<Imported, StoresError> {
    let _lock = Lock::take(home)?;
    let client = Client::administrator(home)?;
    let work = Work { client: &client, stores, from, cancel };
    let parts = work.parts()?;
    run(progress, &Step::Compare(stores.tenant.clone()), || {
        for part in &parts {
            work.compare(part)?;
        }
        Ok::<_, StoresError>(((), format!("{} stores", parts.len())))
    })?;
    run(progress, &Step::Import(stores.tenant.clone()), || {
        let done = parts.iter().map(|part| work.write(part)).collect::<Result<Vec<_>, _>>()?;
        for part in &parts {
            work.check(part)?;
        }
        let written: u64 = done.iter().map(|store| store.written).sum();
        let there: u64 = done.iter().map(|store| store.there).sum();
        let note = format!("{written} records written and read back, {there} were there");
        Ok((Imported { stores: done }, note))
    })
}

/// One store of the export, and what it becomes here.
enum Part<'a> {
    Table { store: &'a Store, name: &'a str, keys: Vec<String> },
    Users { store: &'a Store },
}

struct Work<'a> {
    client: &'a Client,
    stores: &'a Stores,
    from: &'a Checked,
    cancel: &'a Cancel,
}

impl<'a> Work<'a> {
    fn parts(&self) -> Result<Vec<Part<'a>>, StoresError> {
        let stores = self.from.manifest.stores.iter();
        stores
            .map(|store| match store.kind.as_str() {
                USERS => Ok(Part::Users { store }),
                TABLE => {
                    let table = self.stores.tables.iter().find(|(id, _)| *id == store.id);
                    let (_, name) =
                        table.ok_or_else(|| StoresError::NoSuchStore { id: store.id.clone() })?;
                    Ok(Part::Table { store, name, keys: self.keys(name)? })
                }
                _ => Err(StoresError::NoSuchStore { id: store.id.clone() }),
            })
            .collect()
    }

    /// The attributes that are a table's key.
    fn keys(&self, table: &str) -> Result<Vec<String>, StoresError> {
        let mut answer = dynamodb(self.client, "DescribeTable", &json!({ "TableName": table }))?;
        let keys = take_list(&mut answer, "/Table/KeySchema");
        let names = keys.iter().filter_map(|key| key.get("AttributeName")?.as_str());
        Ok(names.map(ToOwned::to_owned).collect())
    }

    /// Whether nothing is there that is otherwise than in the export.
    fn compare(&self, part: &Part<'_>) -> Result<(), StoresError> {
        match part {
            Part::Table { store, name, keys } => {
                self.batches(store, |items| self.missing(name, keys, items).map(drop))
            }
            // A user is compared when it is made: that replaces nothing either.
            Part::Users { .. } => Ok(()),
        }
    }

    fn write(&self, part: &Part<'_>) -> Result<ImportedStore, StoresError> {
        let (Part::Table { store, .. } | Part::Users { store }) = part;
        let mut done = ImportedStore {
            id: store.id.clone(),
            records: store.records,
            ..ImportedStore::default()
        };
        match part {
            Part::Table { name, keys, .. } => self.batches(store, |items| {
                let all = items.len();
                let missing = self.missing(name, keys, items)?;
                done.written += missing.len() as u64;
                done.there += (all - missing.len()) as u64;
                self.put(name, missing)
            })?,
            Part::Users { .. } => self.batches(store, |users| {
                for user in &users {
                    let pool = &self.stores.user_pool;
                    match users::make(self.client, pool, &self.stores.tenant, user)? {
                        Made::Now => done.written += 1,
                        Made::Before => done.there += 1,
                    }
                }
                Ok(())
            })?,
        }
        Ok(done)
    }

    /// Whether all of it is there now.
    fn check(&self, part: &Part<'_>) -> Result<(), StoresError> {
        let not_kept =
            |store: &str, key: String| Err(StoresError::NotKept { store: store.to_owned(), key });
        match part {
            Part::Table { store, name, keys } => {
                self.batches(store, |items| match self.missing(name, keys, items)?.first() {
                    Some(item) => not_kept(name, key_of(item, keys).to_string()),
                    None => Ok(()),
                })
            }
            Part::Users { store } => self.batches(store, |all| {
                for user in &all {
                    let Stores { user_pool, tenant, .. } = self.stores;
                    if !users::is_there(self.client, user_pool, tenant, user)? {
                        let name = users::name(user).unwrap_or_default().to_owned();
                        return not_kept("the user pool", name);
                    }
                }
                Ok(())
            }),
        }
    }

    /// Hands on a store's records, some at a time.
    fn batches(
        &self,
        store: &Store,
        mut each: impl FnMut(Vec<Value>) -> Result<(), StoresError>,
    ) -> Result<(), StoresError> {
        let mut batch = Vec::with_capacity(WRITTEN_AT_ONCE);
        for record in self.from.records(store)? {
            batch.push(record?);
            if batch.len() == WRITTEN_AT_ONCE {
                self.go_on()?;
                each(std::mem::take(&mut batch))?;
            }
        }
        if batch.is_empty() { Ok(()) } else { each(batch) }
    }

    fn go_on(&self) -> Result<(), StoresError> {
        if self.cancel.is_cancelled() { Err(StoresError::Cancelled) } else { Ok(()) }
    }

    /// The items that are not there. One that is there and differs is an error.
    fn missing(
        &self,
        table: &str,
        keys: &[String],
        items: Vec<Value>,
    ) -> Result<Vec<Value>, StoresError> {
        let asked: Vec<Value> = items.iter().map(|item| key_of(item, keys)).collect();
        let mut there = Vec::with_capacity(asked.len());
        let mut ask = json!({ (table): { "Keys": asked, "ConsistentRead": true } });
        loop {
            let mut answer =
                dynamodb(self.client, "BatchGetItem", &json!({ "RequestItems": ask }))?;
            there.extend(take_list(&mut answer, &format!("/Responses/{table}")));
            match unprocessed(&mut answer, "UnprocessedKeys") {
                Some(rest) => ask = rest,
                None => break,
            }
        }
        let mut missing = Vec::new();
        for item in items {
            let key = key_of(&item, keys);
            match there.iter().find(|there| key_of(there, keys) == key) {
                None => missing.push(item),
                Some(there) if is_same(there, &item) => {}
                Some(_) => {
                    let (store, key) = (table.to_owned(), key.to_string());
                    return Err(StoresError::Differs { store, key });
                }
            }
        }
        Ok(missing)
    }

    fn put(&self, table: &str, items: Vec<Value>) -> Result<(), StoresError> {
        if items.is_empty() {
            return Ok(());
        }
        let puts: Vec<Value> =
            items.into_iter().map(|item| json!({ "PutRequest": { "Item": item } })).collect();
        let mut ask = json!({ (table): puts });
        loop {
            let answer = dynamodb(self.client, "BatchWriteItem", &json!({ "RequestItems": ask }));
            match unprocessed(&mut answer?, "UnprocessedItems") {
                Some(rest) => ask = rest,
                None => return Ok(()),
            }
            self.go_on()?;
        }
    }
}

/// What a batch left undone, after a while.
fn unprocessed(answer: &mut Value, field: &str) -> Option<Value> {
    let rest = answer.get_mut(field).map(Value::take)?;
    let some = rest.as_object().is_some_and(|tables| !tables.is_empty());
    some.then(|| {
        thread::sleep(ASK_AGAIN);
        rest
    })
}

fn key_of(item: &Value, keys: &[String]) -> Value {
    let parts = keys.iter().filter_map(|key| Some((key.clone(), item.get(key)?.clone())));
    Value::Object(parts.collect::<Map<_, _>>())
}

/// Whether two values in DynamoDB's JSON are the same: the order of attributes and of a set's members says nothing.
fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(key, value)| {
                    other.get(key).is_some_and(|other| match key.as_str() {
                        "SS" | "NS" | "BS" => sorted(value) == sorted(other),
                        _ => is_same(value, other),
                    })
                })
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len()
                && one.iter().zip(other).all(|(one, other)| is_same(one, other))
        }
        _ => one == other,
    }
}

fn sorted(set: &Value) -> Vec<String> {
    let mut members: Vec<String> =
        set.as_array().into_iter().flatten().map(ToString::to_string).collect();
    members.sort();
    members
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_the_same_whatever_the_order_of_attributes_and_of_sets() {
        let one = json!({ "a": { "SS": ["x", "y"] }, "b": { "M": { "c": { "N": "1" } } } });
        let same = json!({ "b": { "M": { "c": { "N": "1" } } }, "a": { "SS": ["y", "x"] } });
        let other = json!({ "a": { "SS": ["x", "y"] }, "b": { "M": { "c": { "S": "1" } } } });
        let list = |order: [&str; 2]| json!({ "L": order.map(|text| json!({ "S": text })) });
        assert!(is_same(&one, &same));
        assert!(!is_same(&one, &other));
        assert!(!is_same(&list(["x", "y"]), &list(["y", "x"])));
    }
}
