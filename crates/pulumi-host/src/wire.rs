//! Values as the protocol writes them: `google.protobuf.Struct`, with signed maps for what JSON does not have.

use std::collections::BTreeMap;

use prost_types::value::Kind;
use prost_types::{ListValue, Struct, Value as Wire};

use crate::value::{Archive, ArchiveEntry, Asset, Output, Properties, Urn, Value};

/// The key by which a map tells that it stands for something else.
pub(crate) const SIGNATURE: &str = "4dabf18193072939515e22adb298388d";
pub(crate) const SECRET: &str = "1b47061264138c4ac30d75fd1eb44270";
const OUTPUT: &str = "d0e6a833031e9bbcd3f4e8bde6ca49a4";
pub(crate) const ASSET: &str = "c44067f5952c0a294b673a41bacd8c17";
pub(crate) const ARCHIVE: &str = "0def7320c3a5731c473e5ecbe6d01bc7";
/// The text that stands for a value that cannot be known yet.
pub const UNKNOWN: &str = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/// Properties for a request. Dependencies go beside them, so outputs are written as secrets or as what they hold.
pub(crate) fn encode(properties: &Properties) -> Struct {
    Struct {
        fields: properties
            .iter()
            .filter(|(_, value)| **value != Value::Null)
            .map(|(key, value)| (key.clone(), encode_value(value)))
            .collect(),
    }
}

/// Properties out of an answer.
pub(crate) fn decode(wire: &Struct) -> Properties {
    wire.fields.iter().map(|(key, value)| (key.clone(), decode_value(value))).collect()
}

fn encode_value(value: &Value) -> Wire {
    match value {
        Value::Null => wire(Kind::NullValue(0)),
        Value::Bool(value) => wire(Kind::BoolValue(*value)),
        Value::Number(value) => wire(Kind::NumberValue(*value)),
        Value::String(value) => string(value),
        Value::List(items) => {
            wire(Kind::ListValue(ListValue { values: items.iter().map(encode_value).collect() }))
        }
        Value::Map(entries) => wire(Kind::StructValue(encode(entries))),
        Value::Asset(asset) => encode_asset(asset),
        Value::Archive(archive) => encode_archive(archive),
        Value::Output(Output { value, secret, .. }) => {
            let inner = value.as_deref().map_or_else(|| string(UNKNOWN), encode_value);
            if *secret { signed(SECRET, [("value", inner)]) } else { inner }
        }
    }
}

fn encode_asset(asset: &Asset) -> Wire {
    match asset {
        Asset::Text(text) => signed(ASSET, [("text", string(text))]),
        Asset::Path(path) => signed(ASSET, [("path", string(path))]),
        Asset::Uri(uri) => signed(ASSET, [("uri", string(uri))]),
    }
}

fn encode_archive(archive: &Archive) -> Wire {
    match archive {
        Archive::Path(path) => signed(ARCHIVE, [("path", string(path))]),
        Archive::Uri(uri) => signed(ARCHIVE, [("uri", string(uri))]),
        Archive::Entries(entries) => {
            let fields = entries
                .iter()
                .map(|(name, entry)| {
                    let entry = match entry {
                        ArchiveEntry::Asset(asset) => encode_asset(asset),
                        ArchiveEntry::Archive(archive) => encode_archive(archive),
                    };
                    (name.clone(), entry)
                })
                .collect();
            signed(ARCHIVE, [("assets", wire(Kind::StructValue(Struct { fields })))])
        }
    }
}

fn decode_value(value: &Wire) -> Value {
    match &value.kind {
        None | Some(Kind::NullValue(_)) => Value::Null,
        Some(Kind::BoolValue(value)) => Value::Bool(*value),
        Some(Kind::NumberValue(value)) => Value::Number(*value),
        Some(Kind::StringValue(text)) if text == UNKNOWN => Value::unknown(),
        Some(Kind::StringValue(text)) => Value::String(text.clone()),
        Some(Kind::ListValue(list)) => Value::List(list.values.iter().map(decode_value).collect()),
        Some(Kind::StructValue(fields)) => decode_struct(fields),
    }
}

fn decode_struct(fields: &Struct) -> Value {
    match text(fields, SIGNATURE) {
        Some(SECRET) => Value::secret(fields.fields.get("value").map_or(Value::Null, decode_value)),
        Some(OUTPUT) => decode_output(fields),
        Some(ASSET) => decode_asset(fields).map_or(Value::Null, Value::Asset),
        Some(ARCHIVE) => decode_archive(fields).map_or(Value::Null, Value::Archive),
        _ => Value::Map(decode(fields)),
    }
}

fn decode_output(fields: &Struct) -> Value {
    let secret = matches!(
        fields.fields.get("secret").and_then(|secret| secret.kind.as_ref()),
        Some(Kind::BoolValue(true))
    );
    let dependencies = match fields.fields.get("dependencies").and_then(|list| list.kind.as_ref()) {
        Some(Kind::ListValue(list)) => list
            .values
            .iter()
            .filter_map(|urn| match &urn.kind {
                Some(Kind::StringValue(urn)) => Some(Urn::from(urn.as_str())),
                _ => None,
            })
            .collect(),
        _ => Default::default(),
    };
    let value = fields.fields.get("value").map(|value| Box::new(decode_value(value)));
    Value::Output(Output { value, secret, dependencies })
}

fn decode_asset(fields: &Struct) -> Option<Asset> {
    let asset = |key| text(fields, key).filter(|text| !text.is_empty()).map(str::to_owned);
    asset("path")
        .map(Asset::Path)
        .or_else(|| asset("uri").map(Asset::Uri))
        .or_else(|| text(fields, "text").map(|text| Asset::Text(text.to_owned())))
}

fn decode_archive(fields: &Struct) -> Option<Archive> {
    if let Some(Kind::StructValue(entries)) =
        fields.fields.get("assets").and_then(|assets| assets.kind.as_ref())
    {
        let mut decoded = BTreeMap::new();
        for (name, entry) in &entries.fields {
            let entry = match decode_value(entry) {
                Value::Asset(asset) => ArchiveEntry::Asset(asset),
                Value::Archive(archive) => ArchiveEntry::Archive(archive),
                _ => continue,
            };
            decoded.insert(name.clone(), entry);
        }
        return Some(Archive::Entries(decoded));
    }
    let archive = |key| text(fields, key).filter(|text| !text.is_empty()).map(str::to_owned);
    archive("path").map(Archive::Path).or_else(|| archive("uri").map(Archive::Uri))
}

fn signed<const N: usize>(signature: &str, entries: [(&str, Wire); N]) -> Wire {
    let fields = entries
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .chain([(SIGNATURE.to_owned(), string(signature))])
        .collect();
    wire(Kind::StructValue(Struct { fields }))
}

fn text<'a>(fields: &'a Struct, key: &str) -> Option<&'a str> {
    match fields.fields.get(key)?.kind.as_ref()? {
        Kind::StringValue(text) => Some(text),
        _ => None,
    }
}

fn string(text: &str) -> Wire {
    wire(Kind::StringValue(text.to_owned()))
}

fn wire(kind: Kind) -> Wire {
    Wire { kind: Some(kind) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Values without nulls inside maps and without dependencies, which travel beside the values.
    fn values() -> impl Strategy<Value = Value> {
        let text = "[a-z0-9é ]{0,8}";
        let asset = prop_oneof![
            text.prop_map(Asset::Text),
            "[a-z/]{1,8}".prop_map(Asset::Path),
            "[a-z:/]{1,8}".prop_map(Asset::Uri),
        ];
        let archive = prop_oneof![
            "[a-z/]{1,8}".prop_map(Archive::Path),
            "[a-z:/]{1,8}".prop_map(Archive::Uri),
            prop::collection::btree_map(
                "[a-z]{1,4}",
                asset.clone().prop_map(ArchiveEntry::Asset),
                0..3
            )
            .prop_map(Archive::Entries),
        ];
        let leaf = prop_oneof![
            any::<bool>().prop_map(Value::Bool),
            (-1e12..1e12).prop_map(Value::Number),
            text.prop_map(Value::String),
            asset.prop_map(Value::Asset),
            archive.prop_map(Value::Archive),
            Just(Value::unknown()),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::List),
                prop::collection::btree_map("[a-z]{1,4}", inner.clone(), 0..4).prop_map(Value::Map),
                inner.prop_map(Value::secret),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(value in values()) {
            let properties = Properties::from([("property".to_owned(), value)]);
            prop_assert_eq!(decode(&encode(&properties)), properties);
        }

        #[test]
        fn what_hides_in_a_value_shows_in_the_whole(value in values()) {
            let urn = Urn::from("urn:pulumi:s::p::t::n");
            let secret = Value::List(vec![value.clone(), Value::secret("s").with_dependency(&urn)]);
            let output = secret.into_output();
            prop_assert!(output.secret);
            prop_assert!(output.dependencies.contains(&urn));
            let unknown = Value::map([("a", value), ("b", Value::unknown())]);
            prop_assert_eq!(unknown.into_output().value, None);
        }
    }

    #[test]
    fn a_secret_is_written_with_its_signature() {
        let wire = encode_value(&Value::secret("s"));
        assert_eq!(wire, signed(SECRET, [("value", string("s"))]));
    }

    #[test]
    fn an_output_value_keeps_its_dependencies_when_it_is_read() {
        let urn = Urn::from("urn:pulumi:s::p::t::n");
        let wire_urns = wire(Kind::ListValue(ListValue { values: vec![string(urn.as_str())] }));
        let read = decode_value(&signed(
            OUTPUT,
            [
                ("value", string("v")),
                ("secret", wire(Kind::BoolValue(true))),
                ("dependencies", wire_urns),
            ],
        ));
        assert_eq!(read, Value::secret("v").with_dependency(&urn));
    }
}
