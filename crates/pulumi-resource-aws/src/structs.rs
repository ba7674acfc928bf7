//! Values of the protocol as JSON and back, and the signs by which special ones are told.

use std::collections::BTreeMap;

use prost_types::value::Kind;
use prost_types::{ListValue, Struct, Value as Wire};
use serde_json::{Map, Value};

/// The text that stands for a value that is not known yet.
pub(crate) const UNKNOWN: &str = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const SIGNATURE: &str = "4dabf18193072939515e22adb298388d";
const SECRET: &str = "1b47061264138c4ac30d75fd1eb44270";
const ASSET: &str = "c44067f5952c0a294b673a41bacd8c17";
const ARCHIVE: &str = "0def7320c3a5731c473e5ecbe6d01bc7";

pub(crate) fn is_unknown(value: &Value) -> bool {
    value.as_str() == Some(UNKNOWN)
}

pub(crate) fn is_asset(value: &Value) -> bool {
    value.get(SIGNATURE).is_some_and(|sign| sign == ASSET)
}

pub(crate) fn is_archive(value: &Value) -> bool {
    value.get(SIGNATURE).is_some_and(|sign| sign == ARCHIVE)
}

pub(crate) fn to_json(wire: Option<&Struct>) -> Value {
    // In order: an id is drawn from the text of its inputs.
    let fields: BTreeMap<_, _> = wire.into_iter().flat_map(|wire| &wire.fields).collect();
    let fields = fields.into_iter().map(|(key, value)| (key.clone(), value_to_json(value)));
    Value::Object(fields.collect())
}

pub(crate) fn from_json(value: &Value) -> Struct {
    let entries = value.as_object().into_iter().flatten();
    Struct { fields: entries.map(|(key, value)| (key.clone(), value_from_json(value))).collect() }
}

fn value_to_json(value: &Wire) -> Value {
    match &value.kind {
        None | Some(Kind::NullValue(_)) => Value::Null,
        Some(Kind::BoolValue(value)) => (*value).into(),
        Some(Kind::NumberValue(value)) => (*value).into(),
        Some(Kind::StringValue(value)) => value.as_str().into(),
        Some(Kind::ListValue(list)) => list.values.iter().map(value_to_json).collect(),
        Some(Kind::StructValue(fields)) => {
            let object = to_json(Some(fields));
            // A secret is checked like any other value.
            match object.get("value") {
                Some(value) if object.get(SIGNATURE).is_some_and(|sign| sign == SECRET) => {
                    value.clone()
                }
                _ => object,
            }
        }
    }
}

fn value_from_json(value: &Value) -> Wire {
    let kind = match value {
        Value::Null => Kind::NullValue(0),
        Value::Bool(value) => Kind::BoolValue(*value),
        Value::Number(value) => Kind::NumberValue(value.as_f64().unwrap_or_default()),
        Value::String(value) => Kind::StringValue(value.clone()),
        Value::Array(items) => {
            Kind::ListValue(ListValue { values: items.iter().map(value_from_json).collect() })
        }
        Value::Object(_) => Kind::StructValue(from_json(value)),
    };
    Wire { kind: Some(kind) }
}

/// The entries of an object.
pub(crate) fn entries(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(entries) => entries,
        _ => Map::new(),
    }
}
