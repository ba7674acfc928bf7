//! The part of JSON Schema that the published schema uses.
#![allow(clippy::unwrap_used, clippy::panic, unreachable_pub, reason = "a test")]

use serde_json::Value;

/// What of a value is not as the schema describes it, with where it is.
pub fn faults(root: &Value, schema: &Value, value: &Value, at: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let known = [
        "$schema",
        "$id",
        "$defs",
        "title",
        "description",
        "type",
        "enum",
        "anyOf",
        "$ref",
        "items",
        "required",
        "properties",
        "additionalProperties",
    ];
    for key in schema.as_object().unwrap().keys() {
        assert!(known.contains(&key.as_str()), "{key} is not checked here");
    }
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        let target = root.pointer(reference.trim_start_matches('#')).unwrap();
        return self::faults(root, target, value, at);
    }
    if let Some(choices) = schema.get("anyOf").and_then(Value::as_array)
        && !choices.iter().any(|choice| self::faults(root, choice, value, at).is_empty())
    {
        faults.push(format!("{at} is none of the choices"));
    }
    if let Some(values) = schema.get("enum").and_then(Value::as_array)
        && !values.contains(value)
    {
        faults.push(format!("{at} is {value}"));
    }
    let fits = match schema.get("type").and_then(Value::as_str) {
        None => true,
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("integer") => value.is_u64() || value.is_i64(),
        Some("boolean") => value.is_boolean(),
        Some("null") => value.is_null(),
        Some(other) => panic!("{other} is not checked here"),
    };
    if !fits {
        faults.push(format!("{at} has another type"));
    }
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        if let Some(items) = schema.get("items") {
            faults.extend(self::faults(root, items, item, &format!("{at}[{index}]")));
        }
    }
    let properties = schema.get("properties");
    for required in schema.get("required").and_then(Value::as_array).into_iter().flatten() {
        if value.get(required.as_str().unwrap()).is_none() {
            faults.push(format!("{at} has no {required}"));
        }
    }
    for (key, item) in value.as_object().into_iter().flatten() {
        match properties.and_then(|properties| properties.get(key)) {
            Some(property) => {
                faults.extend(self::faults(root, property, item, &format!("{at}.{key}")));
            }
            None if schema.get("additionalProperties") == Some(&Value::Bool(false)) => {
                faults.push(format!("{at} has {key}"));
            }
            None => {}
        }
    }
    faults
}
