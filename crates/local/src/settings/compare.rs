//! Whether what a service says is what the template says.

use serde_json::Value;

/// Every member that the template has is there as it has it. Services answer more than was set, so further members of a
/// property itself are no difference, nor are further tags; below that everything has to be equal.
pub(super) fn holds(wanted: &Value, found: &Value) -> bool {
    match (wanted, found) {
        (Value::Object(wanted), Value::Object(found)) => {
            wanted.iter().all(|(name, value)| found.get(name) == Some(value))
        }
        (Value::Array(wanted), Value::Array(found))
            if !wanted.is_empty() && wanted.iter().all(is_tag) =>
        {
            wanted.iter().all(|tag| found.contains(tag))
        }
        _ => wanted == found,
    }
}

fn is_tag(value: &Value) -> bool {
    let members = value.as_object();
    members
        .is_some_and(|tag| tag.len() == 2 && tag.contains_key("Key") && tag.contains_key("Value"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_service_may_say_more_than_the_template_but_nothing_else() {
        assert!(holds(&json!({ "a": 1 }), &json!({ "a": 1, "b": 2 })));
        assert!(!holds(&json!({ "a": 1 }), &json!({ "b": 2 })));
        assert!(!holds(&json!({ "a": { "x": 1 } }), &json!({ "a": { "x": 1, "Condition": 2 } })));
        let tag = |key: &str| json!({ "Key": key, "Value": "v" });
        assert!(holds(&json!([tag("a")]), &json!([tag("b"), tag("a")])));
        assert!(!holds(&json!([tag("a")]), &json!([tag("b")])));
        assert!(!holds(&json!(["a"]), &json!(["a", "b"])));
        assert!(!holds(&json!(true), &Value::Null));
    }
}
