//! Values of the protocol as JSON and back, and the signs by which special ones are told.

use prost_types::value::Kind;
use prost_types::{ListValue, Struct, Value as Wire};
use serde_json::{Map, Value};

/// The text that stands for a value that is not known yet.
pub(crate) const UNKNOWN: &str = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const SIGNATURE: &str = "4dabf18193072939515e22adb298388d";
const ASSET: &str = "c44067f5952c0a294b673a41bacd8c17";
const ARCHIVE: &str = "0def7320c3a5731c473e5ecbe6d01bc7";

pub(crate) fn is_unknown(value: &Value) -> bool {
    value.as_str() == Some(UNKNOWN)
}

pub(crate) fn is_asset(value: &Value) -> bool {
    value[SIGNATURE] == ASSET
}

pub(crate) fn is_archive(value: &Value) -> bool {
    value[SIGNATURE] == ARCHIVE
}

pub(crate) fn to_json(wire: Option<&Struct>) -> Value {
    let fields = wire.into_iter().flat_map(|wire| &wire.fields);
    Value::Object(fields.map(|(key, value)| (key.clone(), value_to_json(value))).collect())
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
        Some(Kind::StructValue(fields)) => to_json(Some(fields)),
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
