//! A file a service: what it is asked, and its answers in the template's words.

mod alarms;
mod api;
mod buckets;
mod functions;
mod identity;
mod keys;
mod logs;
mod network;
mod tables;
mod topics;
mod trails;
mod users;

use serde_json::{Map, Value, json};

use crate::ask::ReadError;
use crate::merge::project;
use crate::read::{Properties, Reader};

/// Asks every service.
pub(crate) fn read(reader: &mut Reader<'_>) -> Result<(), ReadError> {
    for service in [
        identity::read,
        keys::read,
        network::read,
        tables::read,
        functions::read,
        logs::read,
        users::read,
        api::read,
        buckets::read,
        topics::read,
        alarms::read,
        trails::read,
    ] {
        service(reader)?;
    }
    Ok(())
}

/// Properties by name.
fn properties<const N: usize>(members: [(&str, Value); N]) -> Properties {
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// A member as a text; empty where there is none.
fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// A member as it is; null where there is none.
fn member(value: &Value, name: &str) -> Value {
    value.get(name).cloned().unwrap_or(Value::Null)
}

/// The entries of a list; none where there is no list.
fn list<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    value.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// Tags of a list, with the names of the members that hold key and value. AWS's own are left out, and those by which a
/// local platform knows what was made beside a stack.
fn tags(tags: &[Value], key: &str, value: &str) -> Value {
    let own = tags.iter().filter(|tag| is_own(text(tag, key)));
    own.map(|tag| json!({ "Key": text(tag, key), "Value": text(tag, value) })).collect()
}

/// Tags of an object, as a list.
fn tags_of(object: &Value) -> Value {
    let members = object.as_object().into_iter().flatten();
    members
        .filter(|(key, _)| is_own(key))
        .map(|(key, value)| json!({ "Key": key, "Value": value }))
        .collect()
}

fn is_own(key: &str) -> bool {
    !key.starts_with("aws:") && !key.starts_with("tenantry:")
}

/// A policy document from its text, which IAM percent-encodes (RFC 3986). What is no JSON stays a text.
fn document(text: &str) -> Value {
    serde_json::from_str(text)
        .or_else(|_| serde_json::from_str(&decoded(text)))
        .unwrap_or_else(|_| json!(text))
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let hex = |byte: Option<u8>| char::from(byte?).to_digit(16);
        match byte {
            b'%' => {
                if let (Some(high), Some(low)) = (hex(rest.next()), hex(rest.next())) {
                    bytes.push(u8::try_from(high * 16 + low).unwrap_or(b'?'));
                }
            }
            b'+' => bytes.push(b' '),
            byte => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A number in a text; null where there is none.
fn number(text: &str) -> Value {
    text.parse::<i64>()
        .map(Value::from)
        .or_else(|_| text.parse::<f64>().map(Value::from))
        .unwrap_or(Value::Null)
}

/// Only the members that are not null.
fn present<const N: usize>(members: [(&str, Value); N]) -> Value {
    let there = members.into_iter().filter(|(_, value)| !value.is_null());
    Value::Object(there.map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_read_plain_and_percent_encoded() {
        let wanted = json!({ "Statement": [{ "Action": "a:b", "Resource": "x y" }] });
        let plain = wanted.to_string();
        assert_eq!(document(&plain), wanted);
        assert_eq!(document(&crate::ask::encode(&plain)), wanted);
        assert_eq!(document("no document"), json!("no document"));
    }
}
