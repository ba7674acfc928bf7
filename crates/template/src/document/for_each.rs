//! `Fn::ForEach` of the transform AWS::LanguageExtensions, written out before anything is resolved.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-foreach.html>

use std::borrow::Cow;

use super::Template;
use crate::diagnostic::Fault;
use crate::source::Span;
use crate::syntax::{Entry, Failure, Key, Kind, Node};

/// How many nodes the loops of one template may write.
const BUDGET: usize = 500_000;

/// How deep conditions are looked into that decide what a loop goes over.
const MAX_CONDITIONS: usize = 32;

/// The values of a list parameter, if they are known.
pub(crate) type Known<'k> = &'k dyn Fn(&str) -> Option<Vec<String>>;

/// Writes out every loop of a template.
pub(crate) fn expand(template: &mut Template<'_>, known: Known<'_>) -> Result<(), Failure> {
    let (mappings, conditions) = (template.mappings.clone(), template.conditions.clone());
    let fixed = Fixed { mappings: mappings.as_ref(), conditions: &conditions };
    let mut loops = Loops { known, fixed, variables: Vec::new(), left: BUDGET };
    for section in [&mut template.conditions, &mut template.resources, &mut template.outputs] {
        *section = loops.entries(std::mem::take(section))?;
    }
    Ok(())
}

/// What stands in the template before anything is written out.
#[derive(Clone, Copy)]
struct Fixed<'t, 'a> {
    mappings: Option<&'t Node<'a>>,
    conditions: &'t [Entry<'a>],
}

struct Loops<'k, 't, 'b> {
    known: Known<'k>,
    fixed: Fixed<'t, 'b>,
    variables: Vec<(String, String)>,
    left: usize,
}

impl Loops<'_, '_, '_> {
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
            let chosen = parameter(node).or_else(|| self.looked_up(node));
            return match (chosen, self.taken(node)) {
                (Some(values), _) => Ok(values),
                (None, Some(branch)) => self.collection(name, branch),
                (None, None) => Err(open(node)),
            };
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
        Ok(self.with_names(Node { kind, span }))
    }

    /// With the name in a `Ref` or `Fn::GetAtt` written out: the transform allows functions there.
    fn with_names<'a>(&self, mut node: Node<'a>) -> Node<'a> {
        let Kind::Mapping(entries) = &mut node.kind else { return node };
        let [Entry { key, value }] = entries.as_mut_slice() else { return node };
        let names = match (key.text.as_ref(), &mut value.kind) {
            ("Ref", Kind::Mapping(_)) => std::slice::from_mut(value),
            ("Fn::GetAtt", Kind::Sequence(items)) => items.as_mut_slice(),
            _ => return node,
        };
        for name in names {
            if matches!(name.kind, Kind::Mapping(_))
                && let Some(text) = self.text(name)
            {
                *name = Node::string(text, name.span);
            }
        }
        node
    }

    /// A text that is known before anything is resolved.
    fn text(&self, node: &Node<'_>) -> Option<String> {
        let named = |name: &str| {
            let variable = self.variables.iter().rev().find(|(known, _)| known == name);
            match variable {
                Some((_, value)) => Some(value.clone()),
                None => (self.known)(name).map(|values| values.join(",")),
            }
        };
        if let Some(text) = node.scalar() {
            return Some(text.to_owned());
        }
        if let Some(name) = node.get("Ref").and_then(Node::as_str) {
            return named(name);
        }
        let pattern = self.substituted(Cow::Borrowed(node.get("Fn::Sub")?.as_str()?)).into_owned();
        let mut text = String::new();
        let mut rest = pattern.as_str();
        while let Some((before, after)) = rest.split_once("${") {
            let (name, after) = after.split_once('}')?;
            text.push_str(before);
            text.push_str(&named(name)?);
            rest = after;
        }
        Some(text + rest)
    }

    /// What `Fn::FindInMap` finds by keys that are known.
    fn looked_up(&self, node: &Node<'_>) -> Option<Vec<String>> {
        let [map, first, second, ..] = node.get("Fn::FindInMap")?.items() else { return None };
        let mut found = self.fixed.mappings?;
        for key in [map, first, second] {
            found = found.get(&self.text(key)?)?;
        }
        match &found.kind {
            Kind::Sequence(items) => {
                items.iter().map(|item| item.scalar().map(str::to_owned)).collect()
            }
            _ => Some(vec![found.scalar()?.to_owned()]),
        }
    }

    /// The branch of an `Fn::If` whose condition is known.
    fn taken<'n, 'a>(&self, node: &'n Node<'a>) -> Option<&'n Node<'a>> {
        let [condition, then, otherwise] = node.get("Fn::If")?.items() else { return None };
        let holds = self.named_condition(condition.as_str()?, 0)?;
        Some(if holds { then } else { otherwise })
    }

    fn named_condition(&self, name: &str, depth: usize) -> Option<bool> {
        let entry = self.fixed.conditions.iter().find(|entry| entry.key.text == name)?;
        self.holds(&entry.value, depth + 1)
    }

    fn holds(&self, node: &Node<'_>, depth: usize) -> Option<bool> {
        if depth > MAX_CONDITIONS {
            return None;
        }
        let [Entry { key, value }] = node.entries() else { return None };
        let mut each = value.items().iter().map(|item| self.holds(item, depth + 1));
        match key.text.as_ref() {
            "Condition" => self.named_condition(value.as_str()?, depth),
            "Fn::Equals" => {
                let [one, other] = value.items() else { return None };
                Some(self.text(one)? == self.text(other)?)
            }
            "Fn::Not" => each.next()?.map(|holds| !holds),
            "Fn::And" => each.try_fold(true, |all, holds| Some(all & holds?)),
            "Fn::Or" => each.try_fold(false, |any, holds| Some(any | holds?)),
            _ => None,
        }
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
