//! Trees as JSON in which CloudFormation's intrinsic functions stand for open text.

use std::io::{self, Write};

use tenantry_resources::{Attribute, Part, Pseudo, Text, Tree};

/// Writes JSON, indented by one space a level.
pub(crate) struct Renderer<W> {
    out: W,
    level: usize,
}

impl<W: Write> Renderer<W> {
    pub(crate) fn new(out: W) -> Self {
        Self { out, level: 0 }
    }

    /// Writes a value; a map or list takes a line an entry, unless all of it fits on one.
    pub(crate) fn tree(&mut self, tree: &Tree) -> io::Result<()> {
        match tree {
            Tree::Bool(value) => write!(self.out, "{value}"),
            Tree::Number(value) => write!(self.out, "{value}"),
            Tree::Text(text) => self.text(text),
            Tree::List(items) if items.len() > 1 && fits_on_a_line(items.iter()) => {
                self.line_of(["[", "]"], items, |renderer, item| renderer.tree(item))
            }
            Tree::Map(entries) if fits_on_a_line(entries.iter().map(|(_, value)| value)) => self
                .line_of(["{", "}"], entries, |renderer, (key, value)| {
                    renderer.key(key)?;
                    renderer.tree(value)
                }),
            Tree::List(items) if items.len() < 2 => {
                self.line_of(["[", "]"], items, |renderer, item| renderer.tree(item))
            }
            Tree::List(items) => {
                self.block(["[", "]"], items, |renderer, item| renderer.tree(item))
            }
            Tree::Map(entries) => self.block(["{", "}"], entries, |renderer, (key, value)| {
                renderer.key(key)?;
                renderer.tree(value)
            }),
        }
    }

    /// Writes a map whose values are written by the caller, one after another.
    pub(crate) fn map<T>(
        &mut self,
        entries: &[T],
        mut entry: impl FnMut(&mut Self, &T) -> io::Result<()>,
    ) -> io::Result<()> {
        self.block(["{", "}"], entries, |renderer, item| entry(renderer, item))
    }

    /// Writes a key and what separates it from its value.
    pub(crate) fn key(&mut self, key: &str) -> io::Result<()> {
        self.string(key)?;
        self.out.write_all(b": ")
    }

    fn block<T>(
        &mut self,
        [open, close]: [&str; 2],
        entries: &[T],
        mut entry: impl FnMut(&mut Self, &T) -> io::Result<()>,
    ) -> io::Result<()> {
        self.out.write_all(open.as_bytes())?;
        self.level += 1;
        for (index, item) in entries.iter().enumerate() {
            if index > 0 {
                self.out.write_all(b",")?;
            }
            self.line()?;
            entry(self, item)?;
        }
        self.level -= 1;
        if !entries.is_empty() {
            self.line()?;
        }
        self.out.write_all(close.as_bytes())
    }

    fn line_of<T>(
        &mut self,
        [open, close]: [&str; 2],
        entries: &[T],
        mut entry: impl FnMut(&mut Self, &T) -> io::Result<()>,
    ) -> io::Result<()> {
        self.out.write_all(open.as_bytes())?;
        for (index, item) in entries.iter().enumerate() {
            if index > 0 {
                self.out.write_all(b", ")?;
            }
            entry(self, item)?;
        }
        self.out.write_all(close.as_bytes())
    }

    fn line(&mut self) -> io::Result<()> {
        const SPACES: &[u8] = b"\n                                ";
        let end = (self.level + 1).min(SPACES.len());
        self.out.write_all(SPACES.get(..end).unwrap_or(SPACES))
    }

    /// A string; with one reference alone `Ref` or `Fn::GetAtt`, with more `Fn::Sub`.
    fn text(&mut self, text: &Text) -> io::Result<()> {
        if let Some(literal) = text.as_literal() {
            return self.string(literal);
        }
        match text.parts() {
            [Part::Attribute(id, Attribute::Id)] => write!(self.out, r#"{{"Ref": "{id}"}}"#),
            [Part::Attribute(id, Attribute::Arn)] => {
                write!(self.out, r#"{{"Fn::GetAtt": ["{id}", "Arn"]}}"#)
            }
            [Part::Pseudo(pseudo)] => {
                write!(self.out, r#"{{"Ref": "{}"}}"#, pseudo_parameter(*pseudo))
            }
            parts => {
                self.out.write_all(br#"{"Fn::Sub": "#)?;
                self.string(&substitution(parts))?;
                self.out.write_all(b"}")
            }
        }
    }

    fn string(&mut self, text: &str) -> io::Result<()> {
        serde_json::to_writer(&mut self.out, text).map_err(io::Error::from)
    }
}

/// Whether values are few and short enough to stand on one line.
fn fits_on_a_line<'a>(values: impl ExactSizeIterator<Item = &'a Tree>) -> bool {
    const MOST: usize = 3;
    values.len() <= MOST && values.map(length).sum::<usize>() < LONGEST
}

/// What values on one line may have together.
const LONGEST: usize = 60;

/// About how long a value is; what takes a line of its own is too long. A map of one entry is as long
/// as what is in it: an API's body has thousands of them in one another, each a level of spaces.
fn length(value: &Tree) -> usize {
    match value {
        Tree::Bool(_) | Tree::Number(_) => 8,
        Tree::Text(text) => text.as_literal().map_or(24, str::len),
        Tree::Map(entries) => match entries.as_slice() {
            [(_, value)] => length(value),
            _ => LONGEST,
        },
        Tree::List(_) => LONGEST,
    }
}

/// The argument of `Fn::Sub`. A `${` of the text itself, such as an IAM policy variable, is written
/// `${!`, which `Fn::Sub` turns back.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-sub.html>
fn substitution(parts: &[Part]) -> String {
    let mut argument = String::new();
    for part in parts {
        match part {
            Part::Literal(literal) => argument.push_str(&literal.replace("${", "${!")),
            Part::Attribute(id, Attribute::Id) => {
                argument.push_str("${");
                argument.push_str(id.as_str());
                argument.push('}');
            }
            Part::Attribute(id, Attribute::Arn) => {
                argument.push_str("${");
                argument.push_str(id.as_str());
                argument.push_str(".Arn}");
            }
            Part::Pseudo(pseudo) => {
                argument.push_str("${");
                argument.push_str(pseudo_parameter(*pseudo));
                argument.push('}');
            }
        }
    }
    argument
}

fn pseudo_parameter(pseudo: Pseudo) -> &'static str {
    match pseudo {
        Pseudo::AccountId => "AWS::AccountId",
        Pseudo::Partition => "AWS::Partition",
        Pseudo::Region => "AWS::Region",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(tree: impl Into<Tree>) -> String {
        let mut out = Vec::new();
        Renderer::new(&mut out).tree(&tree.into()).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_pseudo_parameter_alone_is_a_ref() {
        assert_eq!(rendered(Text::from(Pseudo::Region)), r#"{"Ref": "AWS::Region"}"#);
    }

    #[test]
    fn a_policy_variable_beside_a_reference_is_kept_from_substitution() {
        let text = Text::from("arn:").then(Pseudo::Partition).then(":x/${aws:username}");
        assert_eq!(rendered(text), r#"{"Fn::Sub": "arn:${AWS::Partition}:x/${!aws:username}"}"#);
    }

    #[test]
    fn a_policy_variable_without_a_reference_is_left_as_it_is() {
        assert_eq!(rendered("x/${aws:username}"), r#""x/${aws:username}""#);
    }

    #[test]
    fn what_is_short_stands_on_one_line() {
        let tag = Tree::map([("Key", "tenant_id".into()), ("Value", "tenant-001".into())]);
        assert_eq!(rendered(tag.clone()), r#"{"Key": "tenant_id", "Value": "tenant-001"}"#);
        assert_eq!(
            rendered(Tree::map([("Tags", Tree::list([tag.clone(), tag]))])),
            r#"{
 "Tags": [
  {"Key": "tenant_id", "Value": "tenant-001"},
  {"Key": "tenant_id", "Value": "tenant-001"}
 ]
}"#
        );
    }

    #[test]
    fn empty_maps_and_lists_take_no_line() {
        let tree = Tree::map([("a", Tree::List(vec![])), ("b", Tree::map([]))]);
        assert_eq!(rendered(tree), "{\n \"a\": [],\n \"b\": {}\n}");
    }
}
