//! Where two values differ.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One place where what is wanted differs from what runs.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Difference {
    /// The place: a property and what is in it, with `/` between (`Tags/0/Value`).
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

/// Every place where two values differ; a list that has become longer or shorter is told by what came and what went.
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
        (Value::Array(old), Value::Array(new)) if old.len() == new.len() => {
            for (at, (old, new)) in old.iter().zip(new).enumerate() {
                differences(&below(&at.to_string()), old, new, found);
            }
        }
        (Value::Array(old), Value::Array(new)) => {
            let mut gone: Vec<&Value> = old.iter().collect();
            for value in new {
                match gone.iter().position(|other| *other == value) {
                    Some(at) => drop(gone.swap_remove(at)),
                    None => found.push(Difference::new(below("+"), None, Some(value))),
                }
            }
            let gone =
                old.iter().filter(|value| gone.iter().any(|other| std::ptr::eq(*other, *value)));
            found.extend(gone.map(|value| Difference::new(below("-"), Some(value), None)));
        }
        _ => found.push(Difference::new(path.to_owned(), Some(before), Some(after))),
    }
}

/// Whether an object is one of CloudFormation's functions: those are told whole.
fn is_function(object: &serde_json::Map<String, Value>) -> bool {
    object.len() == 1 && object.keys().all(|key| key == "Ref" || key.starts_with("Fn::"))
}
