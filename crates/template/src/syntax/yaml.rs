//! YAML events to nodes: tags that stand for intrinsic functions, anchors, aliases, merge keys.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span as Marks, Tag};

use super::{ALIAS_BUDGET, Entry, Failure, Key, Kind, MAX_DEPTH, Node, last_of_each, scalar};
use crate::diagnostic::{Fault, nearest};
use crate::source::{FileId, Span};

pub(super) fn parse<'a>(
    text: &'a str,
    file: FileId,
    warnings: &mut Vec<Failure>,
) -> Result<Node<'a>, Failure> {
    let skipped = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let body = text.get(skipped..).unwrap_or_default();
    let offsets = Offsets::new(body, skipped);
    let mut builder = Builder {
        file,
        offsets,
        warnings,
        open: Vec::new(),
        anchors: HashMap::new(),
        copied: 0,
        root: None,
    };
    for event in Parser::new_from_str(body) {
        let (event, marks) = event.map_err(|error| {
            let span = builder.span(*error.marker(), *error.marker());
            (Fault::Yaml { what: error.info().to_owned() }, builder.visible(span))
        })?;
        builder.event(event, marks)?;
    }
    builder.root.ok_or((Fault::Empty, Span::new(file, 0, 0)))
}

struct Builder<'a, 'w> {
    file: FileId,
    offsets: Offsets<'a>,
    warnings: &'w mut Vec<Failure>,
    open: Vec<Open<'a>>,
    anchors: HashMap<usize, Anchored<'a>>,
    /// How many nodes anchors and aliases have copied so far.
    copied: usize,
    root: Option<Node<'a>>,
}

/// A sequence or mapping whose end has not come yet.
struct Open<'a> {
    start: usize,
    anchor: usize,
    function: Option<String>,
    inside: Inside<'a>,
}

enum Inside<'a> {
    Sequence(Vec<Node<'a>>),
    Mapping { entries: Vec<Entry<'a>>, key: Option<Key<'a>>, merged: Vec<Entry<'a>> },
}

#[derive(Clone)]
struct Anchored<'a> {
    node: Node<'a>,
    nodes: usize,
    depth: usize,
}

impl<'a> Builder<'a, '_> {
    fn event(&mut self, event: Event<'a>, marks: Marks) -> Result<(), Failure> {
        let span = self.span(marks.start, marks.end);
        match event {
            Event::DocumentStart(_) if self.root.is_some() => Err((Fault::SecondDocument, span)),
            Event::Scalar(text, style, anchor, tag) => self.scalar(text, style, anchor, tag, span),
            Event::SequenceStart(anchor, tag) => {
                self.start(Inside::Sequence(Vec::new()), anchor, tag, span)
            }
            Event::MappingStart(anchor, tag) => {
                let inside = Inside::Mapping { entries: Vec::new(), key: None, merged: Vec::new() };
                self.start(inside, anchor, tag, span)
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(span),
            Event::Alias(anchor) => self.alias(anchor, span),
            _ => Ok(()),
        }
    }

    fn scalar(
        &mut self,
        text: Cow<'a, str>,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<Cow<'a, Tag>>,
        span: Span,
    ) -> Result<(), Failure> {
        let plain = style == ScalarStyle::Plain;
        if self.at_key() && tag.is_none() {
            return self.key(text, anchor, span);
        }
        let span = self.trimmed(span);
        let function = self.function(tag.as_deref(), span)?;
        let kind = match (&function, tag) {
            (Meaning::Plain, _) if plain => scalar::plain(text),
            (Meaning::Core(suffix), _) if suffix != "str" => scalar::plain(text),
            _ => Kind::String(text),
        };
        let node = Node { kind, span };
        let node = match function {
            Meaning::Function(name) => Node::mapping([(name, node)], span),
            _ => node,
        };
        self.finished(node, anchor)
    }

    fn key(&mut self, text: Cow<'a, str>, anchor: usize, span: Span) -> Result<(), Failure> {
        if anchor != 0 {
            self.remember(anchor, Node::string(text.clone(), span))?;
        }
        if let Some(Open { inside: Inside::Mapping { key, .. }, .. }) = self.open.last_mut() {
            *key = Some(Key { text, span });
        }
        Ok(())
    }

    fn start(
        &mut self,
        inside: Inside<'a>,
        anchor: usize,
        tag: Option<Cow<'a, Tag>>,
        span: Span,
    ) -> Result<(), Failure> {
        if self.at_key() {
            return Err((Fault::ComplexKey, self.visible(span)));
        }
        if self.open.len() >= MAX_DEPTH {
            return Err((Fault::TooDeep { limit: MAX_DEPTH }, self.visible(span)));
        }
        let function = match self.function(tag.as_deref(), self.visible(span))? {
            Meaning::Function(name) => Some(name),
            _ => None,
        };
        self.open.push(Open { start: span.start as usize, anchor, function, inside });
        Ok(())
    }

    fn end(&mut self, span: Span) -> Result<(), Failure> {
        let Some(Open { start, anchor, function, inside }) = self.open.pop() else {
            return Ok(());
        };
        // A block's end is found only at the next token: it ends where its last child does.
        let closed = self.offsets.text_at(span.start as usize, span.end as usize);
        let flow = closed.ends_with(['}', ']']);
        let (kind, last) = match inside {
            Inside::Sequence(items) => {
                let last = items.last().map(|node| node.span.end);
                (Kind::Sequence(items), last)
            }
            Inside::Mapping { entries, merged, .. } => {
                let last = entries.last().map(|entry| entry.value.span.end);
                let mut entries = last_of_each(entries, self.warnings);
                if !merged.is_empty() {
                    let known = entries.iter().map(|entry| entry.key.text.clone());
                    let mut known: HashSet<Cow<'a, str>> = known.collect();
                    let new = |entry: &Entry<'a>| known.insert(entry.key.text.clone());
                    entries.extend(merged.into_iter().filter(new));
                }
                (Kind::Mapping(entries), last)
            }
        };
        let end = match last {
            Some(last) if !flow => last as usize,
            _ => span.end as usize,
        };
        let span = Span::new(self.file, start, end.max(start));
        let node = Node { kind, span };
        let node = match function {
            Some(name) => Node::mapping([(name, node)], span),
            None => node,
        };
        self.finished(node, anchor)
    }

    fn alias(&mut self, anchor: usize, span: Span) -> Result<(), Failure> {
        let Some(anchored) = self.anchors.get(&anchor).cloned() else {
            return Err((Fault::AliasCycle, span));
        };
        if self.open.len() + anchored.depth > MAX_DEPTH {
            return Err((Fault::TooDeep { limit: MAX_DEPTH }, span));
        }
        self.spend(anchored.nodes, span)?;
        if self.at_key() {
            return match anchored.node.kind {
                Kind::String(text) => self.key(text, 0, span),
                _ => Err((Fault::ComplexKey, span)),
            };
        }
        self.finished(anchored.node, 0)
    }

    /// Puts a finished node where it belongs.
    fn finished(&mut self, node: Node<'a>, anchor: usize) -> Result<(), Failure> {
        if anchor != 0 {
            self.remember(anchor, node.clone())?;
        }
        match self.open.last_mut().map(|open| &mut open.inside) {
            None => self.root = Some(node),
            Some(Inside::Sequence(items)) => items.push(node),
            Some(Inside::Mapping { entries, key, merged }) => match key.take() {
                Some(key) if key.text == "<<" => merge(node, merged)?,
                Some(key) => entries.push(Entry { key, value: node }),
                None => return Err((Fault::ComplexKey, node.span)),
            },
        }
        Ok(())
    }

    fn remember(&mut self, anchor: usize, node: Node<'a>) -> Result<(), Failure> {
        let (nodes, depth) = measure(&node);
        self.spend(nodes, node.span)?;
        self.anchors.insert(anchor, Anchored { node, nodes, depth });
        Ok(())
    }

    fn spend(&mut self, nodes: usize, span: Span) -> Result<(), Failure> {
        self.copied = self.copied.saturating_add(nodes);
        if self.copied <= ALIAS_BUDGET {
            return Ok(());
        }
        Err((Fault::AliasBudget { limit: ALIAS_BUDGET }, span))
    }

    fn function(&self, tag: Option<&Tag>, span: Span) -> Result<Meaning, Failure> {
        let Some(tag) = tag else { return Ok(Meaning::Plain) };
        // `! "text"` says only that nothing is to be made of it.
        if format!("{}{}", tag.handle, tag.suffix).trim_matches('!').is_empty() {
            return Ok(Meaning::Plain);
        }
        let core = ["str", "int", "float", "bool", "null", "seq", "map"];
        if tag.is_yaml_core_schema() && core.contains(&tag.suffix.as_str()) {
            return Ok(Meaning::Core(tag.suffix.clone()));
        }
        if tag.handle == "!" && FUNCTIONS.contains(&tag.suffix.as_str()) {
            return Ok(Meaning::Function(match tag.suffix.as_str() {
                "Ref" | "Condition" => tag.suffix.clone(),
                name => format!("Fn::{name}"),
            }));
        }
        let suggestion = nearest(&tag.suffix, FUNCTIONS.iter().copied()).map(|n| format!("!{n}"));
        Err((Fault::UnknownTag { tag: tag.to_string(), suggestion }, span))
    }

    /// Whether the next node is a mapping's key.
    fn at_key(&self) -> bool {
        let inside = self.open.last().map(|open| &open.inside);
        matches!(inside, Some(Inside::Mapping { key: None, .. }))
    }

    fn span(&self, start: Marker, end: Marker) -> Span {
        let start = self.offsets.byte(start.index());
        Span::new(self.file, start, self.offsets.byte(end.index()).max(start))
    }

    /// A span of at least one character, for a message.
    fn visible(&self, span: Span) -> Span {
        Span { end: span.end.max(span.start + 1), ..span }
    }

    /// A scalar's span without the blank space that may follow it.
    fn trimmed(&self, span: Span) -> Span {
        let text = self.offsets.text_at(span.start as usize, span.end as usize);
        Span { end: span.start + text.trim_end().len() as u32, ..span }
    }
}

/// What a tag means.
enum Meaning {
    Plain,
    Core(String),
    Function(String),
}

/// The functions that have a short form, those of rules among them.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html>
const FUNCTIONS: [&str; 27] = [
    "And",
    "Base64",
    "Cidr",
    "Condition",
    "Contains",
    "EachMemberEquals",
    "EachMemberIn",
    "Equals",
    "FindInMap",
    "GetAZs",
    "GetAtt",
    "GetStackOutput",
    "If",
    "ImportValue",
    "Join",
    "Length",
    "Not",
    "Or",
    "Ref",
    "RefAll",
    "Select",
    "Split",
    "Sub",
    "ToJsonString",
    "Transform",
    "ValueOf",
    "ValueOfAll",
];

fn merge<'a>(node: Node<'a>, merged: &mut Vec<Entry<'a>>) -> Result<(), Failure> {
    match node.kind {
        Kind::Mapping(entries) => merged.extend(entries),
        Kind::Sequence(items) => {
            for item in items {
                merge(item, merged)?;
            }
        }
        _ => return Err((Fault::BadMerge, node.span)),
    }
    Ok(())
}

fn measure(node: &Node<'_>) -> (usize, usize) {
    let entries = node.entries().iter().map(|entry| &entry.value);
    let children = node.items().iter().chain(entries).map(measure);
    let (nodes, depth) = children.fold((0, 0), |sum, child| (sum.0 + child.0, sum.1.max(child.1)));
    (nodes + 1, depth + 1)
}

/// Turns the parser's character numbers into bytes.
struct Offsets<'a> {
    text: &'a str,
    skipped: usize,
    /// The byte of every 128th character; empty when characters are bytes.
    marks: Vec<u32>,
}

const STEP: usize = 128;

impl<'a> Offsets<'a> {
    fn new(text: &'a str, skipped: usize) -> Self {
        let marks = match text.is_ascii() {
            true => Vec::new(),
            false => text.char_indices().step_by(STEP).map(|(at, _)| at as u32).collect(),
        };
        Self { text, skipped, marks }
    }

    fn byte(&self, character: usize) -> usize {
        if self.marks.is_empty() {
            return self.skipped + character.min(self.text.len());
        }
        let Some(mark) = self.marks.get(character / STEP) else {
            return self.skipped + self.text.len();
        };
        let rest = self.text.get(*mark as usize..).unwrap_or_default();
        let more = rest.char_indices().nth(character % STEP).map_or(rest.len(), |(at, _)| at);
        self.skipped + *mark as usize + more
    }

    fn text_at(&self, start: usize, end: usize) -> &'a str {
        let (start, end) = (start.saturating_sub(self.skipped), end.saturating_sub(self.skipped));
        self.text.get(start..end).unwrap_or_default()
    }
}
