//! A resource of a template beside what was deployed.

use serde_json::{Map, Value};

/// A resource of the template with its properties resolved.
#[derive(Clone, Debug)]
pub(super) struct Resource {
    pub(super) logical_id: String,
    pub(super) kind: String,
    pub(super) physical_id: String,
    /// What could be resolved of them.
    pub(super) properties: Map<String, Value>,
}

impl Resource {
    /// A property; null when the template does not have it.
    pub(super) fn property(&self, name: &str) -> &Value {
        self.properties.get(name).unwrap_or(&Value::Null)
    }

    pub(super) fn text(&self, name: &str) -> &str {
        self.property(name).as_str().unwrap_or_default()
    }
}
