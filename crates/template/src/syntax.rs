//! Text to tree: JSON and YAML become one kind of node, each with its place.
//!
//! Nothing here knows CloudFormation, but for one thing: a YAML tag such as `!Sub` becomes the
//! mapping `Fn::Sub` that it is short for.

mod json;
mod scalar;
mod yaml;

use std::borrow::Cow;

use foldhash::{HashMap, HashMapExt as _};

use crate::diagnostic::Fault;
use crate::source::{FileId, Span};

/// How deep a template's text may nest. CloudFormation's own templates seldom pass 30.
pub(crate) const MAX_DEPTH: usize = 100;
/// How many nodes the aliases and anchors of one YAML file may copy.
pub(crate) const ALIAS_BUDGET: usize = 250_000;

/// One node of a template's text.
#[derive(Clone, Debug)]
pub(crate) struct Node<'a> {
    pub(crate) kind: Kind<'a>,
    pub(crate) span: Span,
}

#[derive(Clone, Debug)]
pub(crate) enum Kind<'a> {
    Null,
    Bool(bool),
    /// A number as it is written, in decimal.
    Number(Cow<'a, str>),
    String(Cow<'a, str>),
    Sequence(Vec<Node<'a>>),
    Mapping(Vec<Entry<'a>>),
}

/// One line of a mapping. Keys are unique in their mapping.
#[derive(Clone, Debug)]
pub(crate) struct Entry<'a> {
    pub(crate) key: Key<'a>,
    pub(crate) value: Node<'a>,
}

/// A mapping's key and its place.
#[derive(Clone, Debug)]
pub struct Key<'a> {
    /// The key's text.
    pub text: Cow<'a, str>,
    /// Where it is written.
    pub span: Span,
}

/// What went wrong, and where.
pub(crate) type Failure = (Fault, Span);

/// The tree of a text, and the places of keys that a later key of the same name overrides.
pub(crate) fn parse<'a>(
    name: &str,
    text: &'a str,
    file: FileId,
) -> Result<(Node<'a>, Vec<Failure>), Failure> {
    let mut warnings = Vec::new();
    let braces = text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']).starts_with('{');
    if !braces && !name.ends_with(".json") {
        return Ok((yaml::parse(text, file, &mut warnings)?, warnings));
    }
    match json::parse(text, file, &mut warnings) {
        Ok(node) => Ok((node, warnings)),
        // A YAML file may begin with a brace too.
        Err(failure @ (Fault::Json { .. }, _)) if !name.ends_with(".json") => {
            warnings.clear();
            match yaml::parse(text, file, &mut warnings) {
                Ok(node) => Ok((node, warnings)),
                Err(_) => Err(failure),
            }
        }
        Err(failure) => Err(failure),
    }
}

impl<'a> Node<'a> {
    pub(crate) fn string(text: impl Into<Cow<'a, str>>, span: Span) -> Self {
        Self { kind: Kind::String(text.into()), span }
    }

    pub(crate) fn mapping<K: Into<Cow<'a, str>>>(
        entries: impl IntoIterator<Item = (K, Node<'a>)>,
        span: Span,
    ) -> Self {
        let entries = entries
            .into_iter()
            .map(|(key, value)| Entry { key: Key { text: key.into(), span }, value });
        Self { kind: Kind::Mapping(entries.collect()), span }
    }

    /// The value under a key of a mapping.
    pub(crate) fn get(&self, key: &str) -> Option<&Node<'a>> {
        self.entries().iter().find(|entry| entry.key.text == key).map(|entry| &entry.value)
    }

    /// The lines of a mapping; none for anything else.
    pub(crate) fn entries(&self) -> &[Entry<'a>] {
        match &self.kind {
            Kind::Mapping(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a sequence; none for anything else.
    pub(crate) fn items(&self) -> &[Node<'a>] {
        match &self.kind {
            Kind::Sequence(items) => items,
            _ => &[],
        }
    }

    /// The text of a string.
    pub(crate) fn as_str(&self) -> Option<&str> {
        match &self.kind {
            Kind::String(text) => Some(text),
            _ => None,
        }
    }

    /// The text of a string, number or truth value.
    pub(crate) fn scalar(&self) -> Option<&str> {
        match &self.kind {
            Kind::String(text) | Kind::Number(text) => Some(text),
            Kind::Bool(true) => Some("true"),
            Kind::Bool(false) => Some("false"),
            _ => None,
        }
    }

    /// What it is, for a message.
    pub(crate) fn what(&self) -> &'static str {
        match &self.kind {
            Kind::Null => "nothing",
            Kind::Bool(_) => "a truth value",
            Kind::Number(_) => "a number",
            Kind::String(_) => "a string",
            Kind::Sequence(_) => "a list",
            Kind::Mapping(_) => "a mapping",
        }
    }

    /// The same tree, free of the text that it was read from.
    pub(crate) fn into_owned(self) -> Node<'static> {
        let owned = |text: Cow<'a, str>| Cow::Owned(text.into_owned());
        let kind = match self.kind {
            Kind::Null => Kind::Null,
            Kind::Bool(value) => Kind::Bool(value),
            Kind::Number(text) => Kind::Number(owned(text)),
            Kind::String(text) => Kind::String(owned(text)),
            Kind::Sequence(items) => {
                Kind::Sequence(items.into_iter().map(Node::into_owned).collect())
            }
            Kind::Mapping(entries) => Kind::Mapping(
                entries
                    .into_iter()
                    .map(|Entry { key, value }| Entry {
                        key: Key { text: owned(key.text), span: key.span },
                        value: value.into_owned(),
                    })
                    .collect(),
            ),
        };
        Node { kind, span: self.span }
    }
}

/// Keeps the last of each key, where CloudFormation reads it, and warns of the others.
fn last_of_each<'a>(mut entries: Vec<Entry<'a>>, warnings: &mut Vec<Failure>) -> Vec<Entry<'a>> {
    if entries.len() <= 12 {
        let repeated = entries.iter().enumerate().any(|(at, entry)| {
            entries.iter().take(at).any(|earlier| earlier.key.text == entry.key.text)
        });
        if !repeated {
            return entries;
        }
    }
    let mut last: HashMap<&str, usize> = HashMap::with_capacity(entries.len());
    for (at, entry) in entries.iter().enumerate() {
        last.insert(&entry.key.text, at);
    }
    if last.len() == entries.len() {
        return entries;
    }
    let keep: Vec<bool> = entries
        .iter()
        .enumerate()
        .map(|(at, entry)| last.get(entry.key.text.as_ref()) == Some(&at))
        .collect();
    let mut keep = keep.into_iter();
    entries.retain(|entry| {
        let kept = keep.next().unwrap_or(true);
        if !kept {
            let key = entry.key.text.to_string();
            warnings.push((Fault::DuplicateKey { key }, entry.key.span));
        }
        kept
    });
    entries
}
