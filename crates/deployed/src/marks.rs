//! How a platform's things are known where no template names them.

use std::collections::BTreeSet;

use serde_json::Value;

/// A platform's tags and names.
#[derive(Clone, Debug, Default)]
pub struct Marks {
    /// The tag that says whose a resource is.
    pub tag: String,
    /// Its values: the tenants, and the word for what they share.
    pub owners: BTreeSet<String>,
    /// What every name of the platform ends with, after a hyphen.
    pub suffix: String,
    /// Physical ids of what is in a template of another stack.
    pub known: BTreeSet<String>,
}

impl Marks {
    /// Whether something carries the platform's tag, or a name that begins with a tenant's or ends as the platform's do.
    pub(crate) fn on(&self, name: &str, tags: &Value) -> bool {
        let tagged = tags.as_array().into_iter().flatten().any(|tag| {
            let of = |member: &str| tag.get(member).and_then(Value::as_str);
            of("Key") == Some(self.tag.as_str())
                && of("Value").is_some_and(|value| self.owners.contains(value))
        });
        let last = name.rsplit('/').next().unwrap_or(name);
        let begins = self.owners.iter().any(|owner| {
            last.strip_prefix(owner.as_str()).is_some_and(|rest| rest.starts_with('-'))
        });
        let ends = last.strip_suffix(self.suffix.as_str()).is_some_and(|rest| rest.ends_with('-'));
        tagged || begins || (ends && !self.suffix.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_tag_or_a_name_makes_something_the_platforms_and_a_longer_id_does_not() {
        let marks = Marks {
            tag: "tenant_id".to_owned(),
            owners: ["tenant-1".to_owned(), "shared".to_owned()].into(),
            suffix: "prod".to_owned(),
            known: BTreeSet::new(),
        };
        let tags = |value: &str| json!([{ "Key": "tenant_id", "Value": value }]);
        assert!(marks.on("x", &tags("tenant-1")) && marks.on("x", &tags("shared")));
        assert!(marks.on("/aws/lambda/tenant-1-copy", &json!([])));
        assert!(marks.on("something-prod", &json!([])));
        assert!(!marks.on("tenant-10-copy", &tags("tenant-10")));
        assert!(!marks.on("nonprod", &json!([])));
    }
}
