//! What the real provider says that it takes (`schema/aws-5.x.json`), and what a module has against it.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

pub(crate) struct Extraction {
    pub(crate) version: String,
    resources: Map<String, Value>,
}

impl Extraction {
    pub(crate) fn bundled() -> Self {
        let text = include_str!("../../schema/aws-5.x.json");
        let mut read: BTreeMap<String, Value> = serde_json::from_str(text).unwrap();
        let version = read["version"].as_str().unwrap().to_owned();
        let Some(Value::Object(resources)) = read.remove("resources") else {
            panic!("no resources")
        };
        Self { version, resources }
    }

    /// What the provider would refuse of a module, each with its place.
    pub(crate) fn faults(&self, module: &Value) -> Vec<String> {
        let mut faults = Vec::new();
        for (kind, of_kind) in module["resource"].as_object().unwrap() {
            for (label, body) in of_kind.as_object().unwrap() {
                let mut tell = |fault: String| faults.push(format!("{kind}.{label}: {fault}"));
                let Some(schema) = self.resources.get(kind) else {
                    tell("is of no known type".to_owned());
                    continue;
                };
                let mut body = body.as_object().unwrap().clone();
                body.remove("depends_on");
                body.remove("lifecycle");
                block(schema, &body, "", &mut tell);
                if schema["arguments"].get("tags").is_some() && !has_tags(&body) {
                    tell("tags are missing".to_owned());
                }
            }
        }
        faults
    }
}

fn has_tags(body: &Map<String, Value>) -> bool {
    let tags = body.get("tags").and_then(Value::as_object);
    ["tenant_id", "environment", "cost_center"]
        .iter()
        .all(|key| tags.is_some_and(|tags| tags.contains_key(*key)))
}

fn block(schema: &Value, body: &Map<String, Value>, path: &str, tell: &mut dyn FnMut(String)) {
    let none = Map::new();
    let arguments = schema["arguments"].as_object().unwrap_or(&none);
    let blocks = schema["blocks"].as_object().unwrap_or(&none);
    for (name, value) in body {
        let place = format!("{path}{name}");
        if let Some(argument) = arguments.get(name) {
            if argument["deprecated"] == true {
                tell(format!("{place} is deprecated"));
            }
            kind(&argument["type"], value, &place, tell);
        } else if let Some(nested) = blocks.get(name) {
            if nested["deprecated"] == true {
                tell(format!("{place} is deprecated"));
            }
            let given = match value {
                Value::Array(items) => items.clone(),
                single => vec![single.clone()],
            };
            if nested["max"].as_u64().is_some_and(|max| given.len() as u64 > max) {
                tell(format!("{place} is there {} times", given.len()));
            }
            for given in given {
                match given.as_object() {
                    Some(given) => block(nested, given, &format!("{place}."), tell),
                    None => tell(format!("{place} is no block")),
                }
            }
        } else {
            tell(format!("{place} is no argument of it"));
        }
    }
    let required = arguments.iter().filter(|(_, argument)| argument["required"] == true);
    let wanted = blocks.iter().filter(|(_, nested)| nested["min"].as_u64().unwrap_or(0) > 0);
    for (name, _) in required.chain(wanted) {
        if !body.contains_key(name) {
            tell(format!("{path}{name} is missing"));
        }
    }
}

/// A value against a type as `terraform providers schema -json` writes it. A string may stand for a number or a truth that the
/// provider takes as text.
fn kind(wanted: &Value, value: &Value, place: &str, tell: &mut dyn FnMut(String)) {
    match (wanted, value) {
        (Value::String(name), value) => {
            let fits = match name.as_str() {
                "string" => value.is_string(),
                "number" => value.is_number(),
                "bool" => value.is_boolean(),
                _ => false,
            };
            if !fits {
                tell(format!("{place} is no {name}"));
            }
        }
        (Value::Array(wanted), value) => match (wanted[0].as_str(), value) {
            (Some("list" | "set"), Value::Array(items)) => {
                items.iter().for_each(|item| kind(&wanted[1], item, place, tell));
            }
            (Some("map"), Value::Object(entries)) => {
                entries.values().for_each(|entry| kind(&wanted[1], entry, place, tell));
            }
            (Some("object"), Value::Object(entries)) => {
                let attributes = wanted[1].as_object().unwrap();
                for (name, attribute) in attributes {
                    match entries.get(name) {
                        Some(entry) => kind(attribute, entry, &format!("{place}.{name}"), tell),
                        None => tell(format!("{place}.{name} is missing")),
                    }
                }
                for name in entries.keys().filter(|name| !attributes.contains_key(*name)) {
                    tell(format!("{place}.{name} is no argument of it"));
                }
            }
            _ => tell(format!("{place} is no {}", wanted[0])),
        },
        _ => tell(format!("{place} has no known type")),
    }
}
