//! The tree from which a policy is read: JSON whose strings may hold symbols.

use crate::parsed::Span;
use crate::text::Text;

/// A value with its place.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Node {
    /// Where it stands.
    pub span: Span,
    /// What it is.
    pub content: Content,
}

/// What a [`Node`] is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Content {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as written.
    Number(String),
    /// A string.
    Text(Text),
    /// A list.
    List(Vec<Node>),
    /// An object: its members in order, repeated names too.
    Object(Vec<Member>),
}

/// A member of an object.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Member {
    /// The place of its name.
    pub span: Span,
    /// Its name.
    pub name: Text,
    /// Its value.
    pub value: Node,
}

impl Node {
    /// The tree of a JSON value. The places number the values in the order in which they are
    /// written, a member's name before its value, from 0.
    pub fn from_json(value: &serde_json::Value) -> Self {
        numbered(value, &mut 0)
    }
}

fn numbered(value: &serde_json::Value, next: &mut u32) -> Node {
    use serde_json::Value;
    let span = take(next);
    let content = match value {
        Value::Null => Content::Null,
        Value::Bool(value) => Content::Bool(*value),
        Value::Number(number) => Content::Number(number.to_string()),
        Value::String(text) => Content::Text(text.as_str().into()),
        Value::Array(list) => {
            Content::List(list.iter().map(|value| numbered(value, next)).collect())
        }
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| {
                let (span, name) = (take(next), name.as_str().into());
                Member { span, name, value: numbered(value, next) }
            };
            Content::Object(members.iter().map(member).collect())
        }
    };
    Node { span, content }
}

fn take(next: &mut u32) -> Span {
    let span = Span(*next);
    *next = next.saturating_add(1);
    span
}
