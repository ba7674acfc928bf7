//! The parameters that a template declares, as they are written.

use std::borrow::Cow;

use crate::load::Source;
use crate::source::{File, FileId, Place};
use crate::syntax::{self, Entry, Node};

/// A parameter of a template.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html>
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Where the name is written.
    pub place: Place,
    /// Its `Type`; `String` where there is none.
    pub kind: String,
    /// Its `AllowedValues`; empty where every value is allowed.
    pub allowed_values: Vec<String>,
    /// Its `AllowedPattern`, which a whole value has to match.
    pub allowed_pattern: Option<String>,
    /// Its `MinLength`, in characters.
    pub min_length: Option<usize>,
    /// Its `MaxLength`, in characters.
    pub max_length: Option<usize>,
}

/// The parameters of a template, in their order; none of a text that cannot be read. Nothing is
/// transformed or resolved.
pub fn parameters(source: Source<'_>) -> Vec<Parameter> {
    let Ok(text) = std::str::from_utf8(source.bytes) else { return Vec::new() };
    let id = FileId::default();
    let file = File::new(source.name.to_owned(), Cow::Borrowed(text));
    let Ok((root, _)) = syntax::parse(source.name, text, id) else { return Vec::new() };
    let entries = root.get("Parameters").map(Node::entries).unwrap_or_default();
    entries.iter().map(|entry| parameter(&file, entry)).collect()
}

fn parameter(file: &File<'_>, entry: &Entry<'_>) -> Parameter {
    let of = |key: &str| entry.value.get(key);
    let length = |key: &str| of(key).and_then(Node::scalar)?.parse().ok();
    let listed = of("AllowedValues").map(Node::items).unwrap_or_default();
    Parameter {
        name: entry.key.text.to_string(),
        place: file.place(entry.key.span),
        kind: of("Type").and_then(Node::as_str).unwrap_or("String").to_owned(),
        allowed_values: listed.iter().filter_map(Node::scalar).map(str::to_owned).collect(),
        allowed_pattern: of("AllowedPattern").and_then(Node::as_str).map(str::to_owned),
        min_length: length("MinLength"),
        max_length: length("MaxLength"),
    }
}
