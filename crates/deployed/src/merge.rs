//! What is found, written into what is wanted.

use serde_json::{Map, Value};

use crate::literals::Literals;

/// What is found, in the template's own words wherever both agree. `wanted` is as the template writes it, `resolved` the same
/// with its functions carried out.
pub(crate) fn merge(wanted: &Value, resolved: &Value, found: &Value, literals: &Literals) -> Value {
    if canonical(resolved) == canonical(found) {
        return wanted.clone();
    }
    match (wanted, resolved, found) {
        (Value::Object(wanted), Value::Object(resolved), Value::Object(found)) => {
            let mut merged = Map::new();
            for (name, wanted) in wanted {
                if let (Some(resolved), Some(found)) = (resolved.get(name), found.get(name)) {
                    merged.insert(name.clone(), merge(wanted, resolved, found, literals));
                }
            }
            for (name, found) in found.iter().filter(|(name, _)| !wanted.contains_key(*name)) {
                merged.insert(name.clone(), literals.write(found));
            }
            Value::Object(merged)
        }
        (Value::Array(wanted), Value::Array(resolved), Value::Array(found)) => {
            list(wanted, resolved, found, literals)
        }
        // One, where a list of one is written.
        (Value::Array(wanted), Value::Array(resolved), found) => {
            list(wanted, resolved, std::slice::from_ref(found), literals)
        }
        _ => literals.write(found),
    }
}

/// Entries that agree keep their places, those of one name are merged, and what came stands at the end.
fn list(wanted: &[Value], resolved: &[Value], found: &[Value], literals: &Literals) -> Value {
    let mut left: Vec<&Value> = found.iter().collect();
    let mut merged = Vec::new();
    let mut open = Vec::new();
    for (wanted, resolved) in wanted.iter().zip(resolved) {
        let same = left.iter().position(|found| canonical(found) == canonical(resolved));
        if let Some(at) = same {
            left.remove(at);
            merged.push(Some(wanted.clone()));
        } else {
            open.push((merged.len(), wanted, resolved));
            merged.push(None);
        }
    }
    for (at, wanted, resolved) in open {
        let named = identity(resolved);
        let same = left.iter().position(|found| named.is_some() && identity(found) == named);
        if let (Some(found), Some(slot)) = (same, merged.get_mut(at)) {
            *slot = Some(merge(wanted, resolved, left.remove(found), literals));
        }
    }
    let mut merged: Vec<Value> = merged.into_iter().flatten().collect();
    merged.extend(left.into_iter().map(|found| literals.write(found)));
    Value::Array(merged)
}

/// What tells the entries of a list apart in AWS's templates.
fn identity(entry: &Value) -> Option<&str> {
    ["Sid", "Key", "ResourcePath", "AttributeName", "Name", "Id"]
        .iter()
        .find_map(|name| entry.get(name)?.as_str())
}

/// A text that is the same for values that mean the same: lists are sets, one is a list of one, and numbers and truth values
/// are their texts.
pub(crate) fn canonical(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => format!("{:?}", value.to_string()),
        Value::Number(number) => {
            let whole = number.as_f64().filter(|value| value.fract() == 0.0 && value.abs() < 1e15);
            match whole {
                Some(value) => format!("{:?}", format!("{value:.0}")),
                None => format!("{:?}", number.to_string()),
            }
        }
        Value::String(text) => format!("{text:?}"),
        Value::Array(items) => match items.as_slice() {
            [one] if !one.is_object() => canonical(one),
            items => {
                let mut items: Vec<String> = items.iter().map(canonical).collect();
                items.sort_unstable();
                items.dedup();
                format!("[{}]", items.join(","))
            }
        },
        Value::Object(members) => {
            let mut members: Vec<String> = members
                .iter()
                .map(|(name, value)| format!("{name:?}:{}", canonical(value)))
                .collect();
            members.sort_unstable();
            format!("{{{}}}", members.join(","))
        }
    }
}

/// What of `found` stands in `wanted` too: services answer more members than were set.
pub(crate) fn project(found: &Value, wanted: &Value) -> Value {
    match (found, wanted) {
        (Value::Object(found), Value::Object(wanted)) => {
            let both = wanted.iter().filter_map(|(name, wanted)| {
                Some((name.clone(), project(found.get(name)?, wanted)))
            });
            Value::Object(both.collect())
        }
        _ => found.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn literals() -> Literals {
        let mut literals = Literals::default();
        literals.exact("arn:key", json!({ "Fn::GetAtt": ["Key", "Arn"] }));
        literals.exact("arn:role", json!({ "Fn::GetAtt": ["Role", "Arn"] }));
        literals.inside("vpc-00000001", "Vpc");
        literals
    }

    #[test]
    fn what_agrees_stays_as_it_was_written_and_what_does_not_names_the_resources_that_it_means() {
        let key = json!({ "Fn::GetAtt": ["Key", "Arn"] });
        let wanted = json!({ "Statement": [
            { "Sid": "A", "Action": ["a", "b"], "Resource": [key] },
            { "Sid": "B", "Action": ["c"], "Resource": "*" },
            { "Sid": "C", "Action": ["d"] },
        ] });
        let resolved = json!({ "Statement": [
            { "Sid": "A", "Action": ["a", "b"], "Resource": ["arn:key"] },
            { "Sid": "B", "Action": ["c"], "Resource": "*" },
            { "Sid": "C", "Action": ["d"] },
        ] });
        let found = json!({ "Statement": [
            { "Action": "e", "Resource": ["arn:role", "arn:x:vpc-00000001/${aws:x}"] },
            { "Sid": "B", "Action": "c", "Resource": ["*"] },
            { "Sid": "A", "Action": ["b", "*"], "Resource": "arn:key" },
        ] });
        let merged = json!({ "Statement": [
            { "Sid": "A", "Action": ["b", "*"], "Resource": [key] },
            { "Sid": "B", "Action": ["c"], "Resource": "*" },
            { "Action": "e", "Resource": [
                { "Fn::GetAtt": ["Role", "Arn"] }, { "Fn::Sub": "arn:x:${Vpc}/${!aws:x}" },
            ] },
        ] });
        assert_eq!(merge(&wanted, &resolved, &found, &literals()), merged);
    }

    #[test]
    fn order_and_one_or_a_list_of_one_are_no_difference_but_another_entry_is() {
        assert_eq!(canonical(&json!(["a", "b"])), canonical(&json!(["b", "a", "a"])));
        assert_eq!(canonical(&json!(["a"])), canonical(&json!("a")));
        assert_eq!(
            canonical(&json!({ "x": 5.0, "y": true })),
            canonical(&json!({ "y": "true", "x": 5 }))
        );
        assert_ne!(canonical(&json!(["a", "b"])), canonical(&json!(["a"])));
        assert_ne!(canonical(&json!({ "x": null })), canonical(&json!({})));
    }
}
