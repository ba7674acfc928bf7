//! Values of a program: plain ones, and outputs that remember where they came from.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

/// A resource's name in a stack: `urn:pulumi:STACK::PROJECT::TYPE::NAME`, as the engine gave it.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Urn(Arc<str>);

impl Urn {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Urn {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for Urn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The inputs of a resource, or what is known of it afterwards: values by property name.
pub type Properties = BTreeMap<String, Value>;

/// A value that goes to the engine or comes from it.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    /// Nothing; a property that is null counts as absent.
    #[default]
    Null,
    /// True or false.
    Bool(bool),
    /// A number; the protocol has no other kind than 64-bit floating point.
    Number(f64),
    /// Text.
    String(String),
    /// Values in order.
    List(Vec<Value>),
    /// Values by name.
    Map(Properties),
    /// A file.
    Asset(Asset),
    /// Files under names.
    Archive(Archive),
    /// A value that is secret, not known yet, or taken out of resources.
    Output(Output),
}

/// A value that is secret, not known yet, or taken out of resources.
///
/// The resources stay with the value through everything that is made of it, because the order in which the engine
/// deletes resources hangs on it.
#[derive(Clone, Default, PartialEq)]
pub struct Output {
    /// The value; `None` while it cannot be known, as in a preview of a resource that does not exist yet.
    pub value: Option<Box<Value>>,
    /// Whether it has to be kept encrypted in the state and out of all logs.
    pub secret: bool,
    /// The resources it was taken out of.
    pub dependencies: BTreeSet<Urn>,
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut output = f.debug_struct("Output");
        match (&self.value, self.secret) {
            (None, _) => output.field("value", &"(unknown)"),
            (_, true) => output.field("value", &"(secret)"),
            (Some(value), false) => output.field("value", value),
        };
        output.field("dependencies", &self.dependencies).finish()
    }
}

/// A file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Asset {
    /// With this text in it.
    Text(String),
    /// On this machine; a relative path starts from the project's folder.
    Path(String),
    /// Somewhere else.
    Uri(String),
}

/// Files under names.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Archive {
    /// A folder or an archive file on this machine; a relative path starts from the project's folder.
    Path(String),
    /// An archive file somewhere else.
    Uri(String),
    /// These files and archives.
    Entries(BTreeMap<String, ArchiveEntry>),
}

/// What is in an archive under one name.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ArchiveEntry {
    /// A file.
    Asset(Asset),
    /// A folder.
    Archive(Archive),
}

impl Value {
    /// A secret.
    pub fn secret(value: impl Into<Value>) -> Self {
        Self::Output(Output { secret: true, ..value.into().into_output() })
    }

    /// A value that cannot be known yet.
    pub fn unknown() -> Self {
        Self::Output(Output::default())
    }

    /// The same value, taken out of `urn`.
    #[must_use]
    pub fn with_dependency(self, urn: &Urn) -> Self {
        let mut output = self.into_output();
        output.dependencies.insert(urn.clone());
        Self::Output(output)
    }

    /// A map of these entries; those that are null are left out.
    pub fn map<K: Into<String>>(entries: impl IntoIterator<Item = (K, Value)>) -> Self {
        Self::Map(
            entries
                .into_iter()
                .map(|(key, value)| (key.into(), value))
                .filter(|(_, value)| *value != Self::Null)
                .collect(),
        )
    }

    /// The values as text, one behind the other; an output if one of them is.
    pub fn concat(parts: impl IntoIterator<Item = Value>) -> Self {
        Self::List(parts.into_iter().collect()).apply(|plain| {
            let Self::List(parts) = plain else { return Self::Null };
            Self::String(parts.iter().map(Self::text).collect())
        })
    }

    /// The value as a JSON document; an output if there is one in it, unknown as a whole if a part is.
    ///
    /// Files cannot stand in JSON: they become null.
    pub fn to_json_text(self) -> Self {
        self.apply(|plain| Self::String(plain.to_json().to_string()))
    }

    /// What `function` makes of the value once everything in it is known; its secrecy and dependencies stay.
    pub fn apply(self, function: impl FnOnce(Value) -> Value) -> Self {
        let Output { value, secret, dependencies } = self.into_output();
        let applied = value.map(|value| function(*value));
        if !secret && dependencies.is_empty() {
            return applied.unwrap_or_else(Self::unknown);
        }
        let inner = applied.map(Self::into_output).unwrap_or_default();
        Self::Output(Output {
            value: inner.value,
            secret: secret || inner.secret,
            dependencies: dependencies.into_iter().chain(inner.dependencies).collect(),
        })
    }

    /// The value as one output with no output inside it: unknown or secret if anything in it is.
    pub fn into_output(self) -> Output {
        match self {
            Self::Output(Output { value, secret, dependencies }) => {
                let inner = value.map(|value| value.into_output());
                let known = inner.is_some();
                let inner = inner.unwrap_or_default();
                Output {
                    value: if known { inner.value } else { None },
                    secret: secret || inner.secret,
                    dependencies: dependencies.into_iter().chain(inner.dependencies).collect(),
                }
            }
            Self::List(items) => {
                let mut gathered = Gathered::default();
                let items = items.into_iter().map(|item| gathered.take(item)).collect();
                gathered.into_output(Self::List(items))
            }
            Self::Map(entries) => {
                let mut gathered = Gathered::default();
                let entries =
                    entries.into_iter().map(|(key, value)| (key, gathered.take(value))).collect();
                gathered.into_output(Self::Map(entries))
            }
            plain => Output { value: Some(Box::new(plain)), ..Output::default() },
        }
    }

    /// The resources that anything in the value was taken out of.
    pub fn dependencies(&self) -> BTreeSet<Urn> {
        let mut found = BTreeSet::new();
        self.collect_dependencies(&mut found);
        found
    }

    /// The text, if it is plain text.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            Self::Output(Output { value: Some(value), secret: false, .. }) => value.as_str(),
            _ => None,
        }
    }

    fn collect_dependencies(&self, found: &mut BTreeSet<Urn>) {
        match self {
            Self::Output(output) => {
                found.extend(output.dependencies.iter().cloned());
                if let Some(value) = &output.value {
                    value.collect_dependencies(found);
                }
            }
            Self::List(items) => items.iter().for_each(|item| item.collect_dependencies(found)),
            Self::Map(entries) => {
                entries.values().for_each(|item| item.collect_dependencies(found))
            }
            _ => {}
        }
    }

    fn text(&self) -> String {
        match self {
            Self::String(text) => text.clone(),
            other => other.to_json().to_string(),
        }
    }

    fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Null | Self::Asset(_) | Self::Archive(_) | Self::Output(_) => {
                serde_json::Value::Null
            }
            Self::Bool(value) => (*value).into(),
            Self::Number(value) => json_number(*value),
            Self::String(value) => value.as_str().into(),
            Self::List(items) => items.iter().map(Self::to_json).collect(),
            Self::Map(entries) => {
                entries.iter().map(|(key, value)| (key.clone(), value.to_json())).collect()
            }
        }
    }
}

/// Whole numbers are written without a point, as a person would.
fn json_number(value: f64) -> serde_json::Value {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && value.abs() <= EXACT {
        #[allow(clippy::cast_possible_truncation)]
        return (value as i64).into();
    }
    value.into()
}

/// What the parts of a list or map have in common once they are taken apart.
#[derive(Default)]
struct Gathered {
    unknown: bool,
    secret: bool,
    dependencies: BTreeSet<Urn>,
}

impl Gathered {
    fn take(&mut self, value: Value) -> Value {
        let output = value.into_output();
        self.unknown |= output.value.is_none();
        self.secret |= output.secret;
        self.dependencies.extend(output.dependencies);
        output.value.map(|value| *value).unwrap_or_default()
    }

    fn into_output(self, value: Value) -> Output {
        Output {
            value: (!self.unknown).then(|| Box::new(value)),
            secret: self.secret,
            dependencies: self.dependencies,
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Number(value)
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Self {
        Self::Number(value.into())
    }
}

impl From<u16> for Value {
    fn from(value: u16) -> Self {
        Self::Number(value.into())
    }
}

impl From<u8> for Value {
    fn from(value: u8) -> Self {
        Self::Number(value.into())
    }
}

impl From<i32> for Value {
    fn from(value: i32) -> Self {
        Self::Number(value.into())
    }
}

impl From<Archive> for Value {
    fn from(archive: Archive) -> Self {
        Self::Archive(archive)
    }
}

impl From<Asset> for Value {
    fn from(asset: Asset) -> Self {
        Self::Asset(asset)
    }
}

impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(items: Vec<T>) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn urn(name: &str) -> Urn {
        Urn::from(format!("urn:pulumi:s::p::t::{name}").as_str())
    }

    #[test]
    fn text_made_of_outputs_depends_on_all_of_them() {
        let arn = Value::from("arn:a").with_dependency(&urn("a"));
        let id = Value::from("b").with_dependency(&urn("b"));
        let text = Value::concat([arn, "/".into(), id]);
        assert_eq!(text.dependencies(), BTreeSet::from([urn("a"), urn("b")]));
        assert_eq!(text.as_str(), Some("arn:a/b"));
    }

    #[test]
    fn text_with_an_unknown_part_is_unknown_and_keeps_its_dependencies() {
        let text = Value::concat(["a".into(), Value::unknown().with_dependency(&urn("a"))]);
        assert_eq!(text, Value::unknown().with_dependency(&urn("a")));
    }

    #[test]
    fn json_with_a_secret_in_it_is_a_secret() {
        let json =
            Value::map([("b", Value::secret("x")), ("a", Value::Number(1.0))]).to_json_text();
        assert_eq!(json, Value::secret("{\"a\":1,\"b\":\"x\"}"));
        assert_eq!(json.as_str(), None);
    }

    #[test]
    fn plain_values_stay_plain() {
        assert_eq!(Value::concat(["a".into(), Value::Number(2.0)]), Value::from("a2"));
        assert_eq!(Value::from(vec!["a"]).to_json_text(), Value::from("[\"a\"]"));
    }

    #[test]
    fn a_secret_is_not_in_what_a_debugger_prints() {
        let printed = format!("{:?}", Value::List(vec![Value::secret("hunter2")]));
        assert!(!printed.contains("hunter2"), "{printed}");
    }
}
