//! Text that AWS completes: literals, attributes of other resources, facts of the account.

use std::borrow::Cow;

use crate::{Attribute, LogicalId};

/// A string property: parts that are put together when the resource is created.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Text(Vec<Part>);

/// One part of a [`Text`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Part {
    /// These characters.
    Literal(Cow<'static, str>),
    /// An attribute of a resource in the same graph.
    Attribute(LogicalId, Attribute),
    /// A fact of the place that is deployed to.
    Pseudo(Pseudo),
}

/// A fact of the place that is deployed to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Pseudo {
    /// The account's id, 12 digits.
    AccountId,
    /// `aws`, `aws-cn` or `aws-us-gov`.
    Partition,
    /// The region's code, such as `us-east-1`.
    Region,
}

impl Text {
    /// The parts; two literals never stand side by side.
    pub fn parts(&self) -> &[Part] {
        &self.0
    }

    /// The whole text, if nothing in it has to be completed.
    pub fn as_literal(&self) -> Option<&str> {
        match self.0.as_slice() {
            [] => Some(""),
            [Part::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// This text followed by another.
    #[must_use]
    pub fn then(mut self, next: impl Into<Text>) -> Self {
        self.append(next);
        self
    }

    /// Puts another text at the end.
    pub fn append(&mut self, next: impl Into<Text>) {
        for part in next.into().0 {
            self.push(part);
        }
    }

    /// The texts with `separator` between them.
    pub fn join(texts: impl IntoIterator<Item = Text>, separator: &'static str) -> Self {
        let mut joined = Self::default();
        for (index, text) in texts.into_iter().enumerate() {
            if index > 0 {
                joined = joined.then(separator);
            }
            joined = joined.then(text);
        }
        joined
    }

    /// An ARN in the region and account that is deployed to: `arn:...:{service}:...:...:{resource}`.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>
    pub fn arn(service: &str, resource: impl Into<Text>) -> Self {
        Self::from("arn:")
            .then(Pseudo::Partition)
            .then(format!(":{service}:"))
            .then(Pseudo::Region)
            .then(":")
            .then(Pseudo::AccountId)
            .then(":")
            .then(resource)
    }

    /// The ARN of a policy that AWS manages, by its path: `service-role/AWS...`.
    pub fn managed_policy_arn(path: &str) -> Self {
        Self::from("arn:").then(Pseudo::Partition).then(format!(":iam::aws:policy/{path}"))
    }

    /// The ARN that stands for the whole account as a principal.
    pub fn account_root() -> Self {
        Self::from("arn:")
            .then(Pseudo::Partition)
            .then(":iam::")
            .then(Pseudo::AccountId)
            .then(":root")
    }

    /// Puts characters at the end.
    pub(crate) fn push_str(&mut self, more: &str) {
        match self.0.last_mut() {
            Some(Part::Literal(text)) => text.to_mut().push_str(more),
            _ => self.push(Part::Literal(Cow::Owned(more.to_owned()))),
        }
    }

    fn push(&mut self, part: Part) {
        match (self.0.last_mut(), part) {
            (_, Part::Literal(more)) if more.is_empty() => {}
            (Some(Part::Literal(text)), Part::Literal(more)) => text.to_mut().push_str(&more),
            (_, part) => self.0.push(part),
        }
    }
}

impl From<&'static str> for Text {
    fn from(text: &'static str) -> Self {
        Self::from(Cow::Borrowed(text))
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self::from(Cow::Owned(text))
    }
}

impl From<Cow<'static, str>> for Text {
    fn from(text: Cow<'static, str>) -> Self {
        Self::from(Part::Literal(text))
    }
}

impl From<Pseudo> for Text {
    fn from(pseudo: Pseudo) -> Self {
        Self::from(Part::Pseudo(pseudo))
    }
}

impl From<Part> for Text {
    fn from(part: Part) -> Self {
        let mut text = Self::default();
        text.push(part);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbouring_literals_become_one_part() {
        let text = Text::from("a").then("b").then("").then(Pseudo::Region).then("c");
        assert_eq!(
            text.parts(),
            [Part::Literal("ab".into()), Part::Pseudo(Pseudo::Region), Part::Literal("c".into())]
        );
    }

    #[test]
    fn only_a_text_without_open_parts_is_a_literal() {
        assert_eq!(Text::default().as_literal(), Some(""));
        assert_eq!(Text::from("a").then("b").as_literal(), Some("ab"));
        assert_eq!(Text::from("a").then(Pseudo::AccountId).as_literal(), None);
    }

    #[test]
    fn joined_texts_have_the_separator_between_them_only() {
        let joined = Text::join(["a", "b", "c"].map(Text::from), ",");
        assert_eq!(joined.as_literal(), Some("a,b,c"));
        assert_eq!(Text::join([], ",").as_literal(), Some(""));
    }
}
