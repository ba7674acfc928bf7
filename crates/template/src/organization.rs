//! An organization's policies, from files of their own: values with places, as a template's are.
//! What they say is for whoever reads policies.

use crate::diagnostic::Fault;
use crate::source::FileId;
use crate::syntax::{self, Failure, Kind, Node};
use crate::value::{Text, Value, ValueKind};

/// A policy of the organization.
#[derive(Clone, Debug)]
pub struct OrganizationPolicy<'a> {
    /// The level at which it is attached: root, organizational unit, account. Each level must allow.
    pub level: usize,
    /// The document.
    pub document: Value<'a>,
}

/// Reads a policy's text.
pub(crate) fn policy(
    name: &str,
    text: &str,
    file: FileId,
    level: usize,
) -> Result<OrganizationPolicy<'static>, Failure> {
    let (root, mut repeated) = syntax::parse(name, text, file)?;
    if let Some(failure) = repeated.pop() {
        return Err(failure);
    }
    if !matches!(root.kind, Kind::Mapping(_)) {
        let what = "it is no object with statements".to_owned();
        return Err((Fault::OrganizationPolicy { what }, root.span));
    }
    Ok(OrganizationPolicy { level, document: plain(root.into_owned()) })
}

/// A value as it is written: a policy of an organization has no functions.
fn plain(node: Node<'static>) -> Value<'static> {
    let kind = match node.kind {
        Kind::Null => ValueKind::Null,
        Kind::Bool(value) => ValueKind::Bool(value),
        Kind::Number(text) => ValueKind::Number(text),
        Kind::String(text) => ValueKind::Text(Text::literal(text)),
        Kind::Sequence(items) => ValueKind::List(items.into_iter().map(plain).collect()),
        Kind::Mapping(entries) => {
            let entries = entries.into_iter();
            ValueKind::Map(entries.map(|entry| (entry.key, plain(entry.value))).collect())
        }
    };
    Value { kind, span: node.span }
}
