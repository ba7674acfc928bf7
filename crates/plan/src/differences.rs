//! Where two values differ.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One place where what is wanted differs from what runs.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Difference {
    /// The place: a property and what is in it, with `/` between (`Tags/tenant_id/Value`).
    pub path: String,
    /// What is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// What is to be there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
    /// What it refers to is replaced, so that its value will be another, which nobody knows yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follows: Option<String>,
    /// Whether this is why the resource is replaced.
    #[serde(default)]
    pub replaces: bool,
}

/// A side of a difference.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Side {
    /// What is there.
    Before,
    /// What is to be there.
    After,
}

impl Difference {
    pub(crate) fn new(path: String, before: Option<&Value>, after: Option<&Value>) -> Self {
        Self {
            path,
            before: before.cloned(),
            after: after.cloned(),
            follows: None,
            replaces: false,
        }
    }

    /// One of the two values.
    #[must_use]
    pub fn side(&self, side: Side) -> Option<&Value> {
        match side {
            Side::Before => self.before.as_ref(),
            Side::After => self.after.as_ref(),
        }
    }
}

/// Every place where two values differ. Entries of a list are held against each other by what tells them apart, else by their
/// places, and in a list that has become longer or shorter by what came and what went.
pub(crate) fn differences(path: &str, before: &Value, after: &Value, found: &mut Vec<Difference>) {
    if before == after {
        return;
    }
    let below = |key: &str| match path {
        "" => key.to_owned(),
        path => format!("{path}/{key}"),
    };
    match (before, after) {
        (Value::Object(old), Value::Object(new)) if !is_function(old) && !is_function(new) => {
            let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
            for key in keys {
                match (old.get(key), new.get(key)) {
                    (Some(old), Some(new)) => differences(&below(key), old, new, found),
                    (old, new) => found.push(Difference::new(below(key), old, new)),
                }
            }
        }
        (Value::Array(old), Value::Array(new)) => match (identities(old), identities(new)) {
            (Some(old), Some(new)) => {
                let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
                let earlier = found.len();
                for name in names {
                    match (old.get(name), new.get(name)) {
                        (Some(old), Some(new)) => differences(&below(name), old, new, found),
                        (old, new) => {
                            found.push(Difference::new(below(name), old.copied(), new.copied()));
                        }
                    }
                }
                if found.len() == earlier {
                    // The same entries in another order.
                    found.push(Difference::new(path.to_owned(), Some(before), Some(after)));
                }
            }
            _ if old.len() == new.len() => {
                for (at, (old, new)) in old.iter().zip(new).enumerate() {
                    differences(&below(&at.to_string()), old, new, found);
                }
            }
            _ => {
                let gone = old.iter().filter(|value| !new.contains(value));
                found.extend(gone.map(|value| Difference::new(below("-"), Some(value), None)));
                let come = new.iter().filter(|value| !old.contains(value));
                found.extend(come.map(|value| Difference::new(below("+"), None, Some(value))));
                if old.iter().all(|value| new.contains(value))
                    && new.iter().all(|value| old.contains(value))
                {
                    found.push(Difference::new(path.to_owned(), Some(before), Some(after)));
                }
            }
        },
        _ => found.push(Difference::new(path.to_owned(), Some(before), Some(after))),
    }
}

/// Whether an object is one of CloudFormation's functions: those are told whole.
fn is_function(object: &serde_json::Map<String, Value>) -> bool {
    object.len() == 1 && object.keys().all(|key| key == "Ref" || key.starts_with("Fn::"))
}

/// What tells the entries of a list apart, in AWS's templates.
const IDENTITIES: [&str; 5] = ["Key", "ResourcePath", "AttributeName", "Sid", "Name"];

/// The entries of a list by what tells them apart; nothing where an entry has nothing of the kind, or two have the same.
fn identities(list: &[Value]) -> Option<BTreeMap<String, &Value>> {
    let mut found = BTreeMap::new();
    for value in list {
        let own = IDENTITIES.iter().find_map(|name| value.get(name)?.as_str())?;
        let method = value.get("HttpMethod").and_then(Value::as_str).unwrap_or_default();
        // A slash would look like a place within it.
        let name = format!("{own} {method}").trim().replace('/', "");
        if found.insert(name, value).is_some() {
            return None;
        }
    }
    Some(found)
}
