//! A stack's configuration.

use std::collections::{BTreeMap, HashMap};

use crate::value::Value;

/// A stack's configuration: what `pulumi config set` wrote, with secrets as secret values.
///
/// The engine hands secrets over in clear text and names their keys beside; here they are wrapped again, so that they
/// cannot leave the program in the clear.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Configuration {
    project: String,
    values: BTreeMap<String, Value>,
}

impl Configuration {
    pub(crate) fn new(
        project: &str,
        values: &HashMap<String, String>,
        secret_keys: &[String],
    ) -> Self {
        let values = values
            .iter()
            .map(|(key, value)| {
                let value = Value::from(value.as_str());
                let secret = secret_keys.contains(key);
                (key.clone(), if secret { Value::secret(value) } else { value })
            })
            .collect();
        Self { project: project.to_owned(), values }
    }

    /// The value of `key` in the project's own namespace, or of `namespace:key`.
    pub fn get(&self, key: &str) -> Option<&Value> {
        if key.contains(':') {
            return self.values.get(key);
        }
        self.values.get(&format!("{}:{key}", self.project))
    }

    /// All values of a namespace, such as a provider's name: keys without the namespace.
    pub fn namespace(&self, namespace: &str) -> impl Iterator<Item = (&str, &Value)> {
        self.values.iter().filter_map(move |(key, value)| {
            let key = key.strip_prefix(namespace)?.strip_prefix(':')?;
            Some((key, value))
        })
    }
}
