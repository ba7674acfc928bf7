//! `Fn::ForEach` of the transform AWS::LanguageExtensions, written out before anything is resolved.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-foreach.html>

use std::borrow::Cow;

use super::Template;
use crate::diagnostic::Fault;
use crate::source::Span;
use crate::syntax::{Entry, Failure, Key, Kind, Node};

/// How many nodes the loops of one template may write.
const BUDGET: usize = 500_000;

/// The values of a list parameter, if they are known.
pub(crate) type Known<'k> = &'k dyn Fn(&str) -> Option<Vec<String>>;

/// Writes out every loop of a template.
pub(crate) fn expand(template: &mut Template<'_>, known: Known<'_>) -> Result<(), Failure> {
    let mut loops = Loops { known, variables: Vec::new(), left: BUDGET };
    for section in [&mut template.conditions, &mut template.resources, &mut template.outputs] {
        *section = loops.entries(std::mem::take(section))?;
    }
    Ok(())
}

struct Loops<'k> {
    known: Known<'k>,
    variables: Vec<(String, String)>,
    left: usize,
}

impl Loops<'_> {
    fn entries<'a>(&mut self, entries: Vec<Entry<'a>>) -> Result<Vec<Entry<'a>>, Failure> {
        let mut written = Vec::with_capacity(entries.len());
        for Entry { key, value } in entries {
            if key.text.starts_with("Fn::ForEach::") {
                self.unroll(&key, &value, &mut written)?;
            } else {
                let text = self.substituted(key.text);
                let key = Key { text, span: key.span };
                written.push(Entry { key, value: self.node(value)? });
            }
        }
        Ok(written)
    }

    fn unroll<'a>(
        &mut self,
        key: &Key<'a>,
        node: &Node<'a>,
        written: &mut Vec<Entry<'a>>,
    ) -> Result<(), Failure> {
        let [variable, collection, body] = node.items() else {
            let wanted = "a list: the variable's name, what to loop over, and a mapping";
            let function = key.text.to_string();
            return Err((Fault::BadFunction { function, wanted }, node.span));
        };
        let Some(variable) = variable.as_str() else {
            return Err(super::wrong("the variable's name", variable));
        };
        for value in self.collection(&key.text, collection)? {
            self.spend(key.span)?;
            self.variables.push((variable.to_owned(), value));
            let turn = self.entries(super::entries(body)?.to_vec());
            self.variables.pop();
            written.extend(turn?);
        }
        Ok(())
    }

    fn collection(&self, name: &str, node: &Node<'_>) -> Result<Vec<String>, Failure> {
        let open = |node: &Node<'_>| (Fault::OpenLoop { name: name.to_owned() }, node.span);
        let parameter = |node: &Node<'_>| {
            let name = node.get("Ref").and_then(Node::as_str)?;
            let variable = self.variables.iter().rev().find(|(known, _)| known == name);
            match variable {
                Some((_, value)) => Some(vec![value.clone()]),
                None => (self.known)(name),
            }
        };
        let Kind::Sequence(items) = &node.kind else {
            return parameter(node).ok_or_else(|| open(node));
        };
        let one = |item: &Node<'_>| match item.scalar() {
            Some(text) => Ok(vec![text.to_owned()]),
            None => parameter(item).ok_or_else(|| open(item)),
        };
        let lists: Result<Vec<Vec<String>>, Failure> = items.iter().map(one).collect();
        Ok(lists?.concat())
    }

    fn node<'a>(&mut self, node: Node<'a>) -> Result<Node<'a>, Failure> {
        let span = node.span;
        if !self.variables.is_empty() {
            self.spend(span)?;
        }
        if let [entry] = node.entries()
            && entry.key.text == "Ref"
            && let Some(name) = entry.value.as_str()
            && let Some((_, value)) = self.variables.iter().rev().find(|(known, _)| known == name)
        {
            return Ok(Node::string(value.clone(), span));
        }
        let kind = match node.kind {
            Kind::String(text) => Kind::String(self.substituted(text)),
            Kind::Sequence(items) => {
                let items: Result<_, _> = items.into_iter().map(|item| self.node(item)).collect();
                Kind::Sequence(items?)
            }
            Kind::Mapping(entries) => Kind::Mapping(self.entries(entries)?),
            kind => kind,
        };
        Ok(Node { kind, span })
    }

    fn spend(&mut self, span: Span) -> Result<(), Failure> {
        self.left = self.left.checked_sub(1).ok_or((Fault::LoopBudget { limit: BUDGET }, span))?;
        Ok(())
    }

    /// The text with `${Variable}` and `&{Variable}` replaced; the second leaves out what is
    /// neither letter nor digit.
    fn substituted<'a>(&self, text: Cow<'a, str>) -> Cow<'a, str> {
        if self.variables.is_empty() || !text.contains('{') {
            return text;
        }
        let mut text = text.into_owned();
        for (name, value) in &self.variables {
            let plain: String = value.chars().filter(char::is_ascii_alphanumeric).collect();
            text = text.replace(&format!("${{{name}}}"), value);
            text = text.replace(&format!("&{{{name}}}"), &plain);
        }
        Cow::Owned(text)
    }
}
