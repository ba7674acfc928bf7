//! Values of the protocol as JSON and back.

use std::collections::BTreeMap;

use prost_types::value::Kind;
use prost_types::{ListValue, Struct, Value as Wire};
use serde_json::Value;

use super::Fields;
use crate::wire::{ARCHIVE, ASSET, SECRET, SIGNATURE};

pub use crate::wire::UNKNOWN;

/// What stands in JSON for something that JSON does not have.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Special {
    /// A value that cannot be known yet, [`UNKNOWN`].
    Unknown,
    /// A file.
    Asset,
    /// Files under names.
    Archive,
}

impl Special {
    /// What `value` stands for, if that is not itself.
    pub fn of(value: &Value) -> Option<Self> {
        if value.as_str() == Some(UNKNOWN) {
            return Some(Self::Unknown);
        }
        match value.get(SIGNATURE)?.as_str()? {
            ASSET => Some(Self::Asset),
            ARCHIVE => Some(Self::Archive),
            _ => None,
        }
    }
}

/// The fields in the order of their names, whatever the order in the message.
pub(super) fn decode(wire: Option<&Struct>) -> Fields {
    let fields: BTreeMap<_, _> = wire.into_iter().flat_map(|wire| &wire.fields).collect();
    fields.into_iter().map(|(name, value)| (name.clone(), decode_value(value))).collect()
}

pub(super) fn encode(fields: &Fields) -> Struct {
    let fields = fields.iter().map(|(name, value)| (name.clone(), encode_value(value)));
    Struct { fields: fields.collect() }
}

fn decode_value(value: &Wire) -> Value {
    match &value.kind {
        None | Some(Kind::NullValue(_)) => Value::Null,
        Some(Kind::BoolValue(value)) => (*value).into(),
        Some(Kind::NumberValue(value)) => (*value).into(),
        Some(Kind::StringValue(value)) => value.as_str().into(),
        Some(Kind::ListValue(list)) => list.values.iter().map(decode_value).collect(),
        Some(Kind::StructValue(wire)) => {
            let mut fields = decode(Some(wire));
            if fields.get(SIGNATURE).is_some_and(|sign| sign == SECRET) {
                return fields.remove("value").unwrap_or_default();
            }
            Value::Object(fields)
        }
    }
}

fn encode_value(value: &Value) -> Wire {
    let kind = match value {
        Value::Null => Kind::NullValue(0),
        Value::Bool(value) => Kind::BoolValue(*value),
        Value::Number(value) => Kind::NumberValue(value.as_f64().unwrap_or_default()),
        Value::String(value) => Kind::StringValue(value.clone()),
        Value::Array(items) => {
            Kind::ListValue(ListValue { values: items.iter().map(encode_value).collect() })
        }
        Value::Object(fields) => Kind::StructValue(encode(fields)),
    };
    Wire { kind: Some(kind) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::value::{self, Archive, Asset, Properties};
    use crate::wire;

    fn as_a_provider_sees(value: value::Value) -> Value {
        let fields = decode(Some(&wire::encode(&Properties::from([("it".to_owned(), value)]))));
        fields.get("it").cloned().unwrap()
    }

    #[test]
    fn what_json_does_not_have_is_told() {
        let file = value::Value::Asset(Asset::Path("a".into()));
        let files = value::Value::Archive(Archive::Path("a.zip".into()));
        let unknown = value::Value::unknown();
        let special = |value| Special::of(&as_a_provider_sees(value));
        assert_eq!(special(file), Some(Special::Asset));
        assert_eq!(special(files), Some(Special::Archive));
        assert_eq!(special(unknown), Some(Special::Unknown));
        assert_eq!(special("a".into()), None);
        assert_eq!(special(value::Value::map([("a", "b".into())])), None);
    }

    #[test]
    fn a_secret_is_taken_out_of_its_wrapping_at_any_depth() {
        let list = value::Value::List(vec![value::Value::secret("s"), 1.5.into()]);
        let seen = as_a_provider_sees(value::Value::map([("list", list)]));
        assert_eq!(seen, json!({"list": ["s", 1.5]}));
    }

    #[test]
    fn what_is_written_is_read_back() {
        let value = json!({"b": [true, null, {"c": "d"}], "a": 1.5, "e": {}});
        let fields = value.as_object().unwrap();
        assert_eq!(&decode(Some(&encode(fields))), fields);
    }
}
