//! The transform AWS::Serverless-2016-10-31, for the types that touch a plane: each serverless
//! resource becomes the plain ones that AWS makes of it, at the place of the serverless one.
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-generated-resources.html>
//!
//! A property or event that is not known here is a gap, never left out silently: `properties`
//! lists what is translated and what touches no plane, and everything else is one.

mod api;
mod auth;
mod events;
mod function;
mod policies;
mod properties;
mod references;
mod state_machine;

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::diagnostic::Fault;
use crate::document::Template;
use crate::source::Span;
use crate::syntax::{Entry, Failure, Key, Kind, Node};

/// Rewrites the serverless resources of a template to plain ones.
pub(crate) fn rewrite(template: &mut Template<'_>, gaps: &mut Vec<Failure>) -> Result<(), Failure> {
    let globals = template.globals.take();
    let mut made = Made {
        out: Vec::new(),
        routes: Vec::new(),
        patches: Vec::new(),
        ids: BTreeMap::new(),
        gaps,
    };
    for section in globals.iter().flat_map(Node::entries) {
        if properties::of(&section.key.text).is_none() {
            made.gap(&format!("`Globals` for `{}`", section.key.text), section.key.span);
        }
    }
    for entry in std::mem::take(&mut template.resources) {
        if let Some(connectors) = entry.value.get("Connectors") {
            made.gap("`Connectors`", connectors.span);
        }
        let kind = entry.value.get("Type").and_then(Node::as_str).unwrap_or_default();
        let Some(short) = kind.strip_prefix("AWS::Serverless::").map(str::to_owned) else {
            made.out.push(entry);
            continue;
        };
        let global = globals.as_ref().and_then(|globals| globals.get(&short));
        let source = Serverless::new(entry, global);
        if let Some(known) = properties::of(&short) {
            made.unknown(&format!("`AWS::Serverless::{short}`"), &source.properties, known);
        }
        match short.as_str() {
            "Function" => function::rewrite(&source, &mut made),
            "Api" => api::rest(&source, &mut made),
            "HttpApi" => api::http(&source, &mut made),
            "StateMachine" => state_machine::rewrite(&source, &mut made),
            // Its code is no part of any claim.
            "LayerVersion" => {
                let id = source.id.clone();
                made.out.push(source.resource(id, "AWS::Lambda::LayerVersion", Vec::new()));
            }
            "SimpleTable" => made.out.push(simple_table(&source)),
            // The nested stack itself is read by the program.
            "Application" => made.out.push(source.entry),
            _ => {
                made.gap(&format!("`AWS::Serverless::{short}`"), source.span);
                made.out.push(source.entry);
            }
        }
    }
    api::routes(&mut made, globals.as_ref());
    references::patch(&mut made);
    let Made { mut out, ids, .. } = made;
    if !ids.is_empty() {
        let outputs = template.outputs.iter_mut();
        out.iter_mut().chain(outputs).for_each(|entry| references::rename(&mut entry.value, &ids));
    }
    template.resources = out;
    Ok(())
}

/// The lines of a mapping that is being made.
type Lines<'a> = Vec<(Cow<'a, str>, Node<'a>)>;

/// What has been made so far.
struct Made<'a, 'g> {
    out: Vec<Entry<'a>>,
    routes: Vec<Route<'a>>,
    patches: Vec<Patch<'a>>,
    /// What a template may call a generated resource, and its id.
    ids: BTreeMap<String, String>,
    gaps: &'g mut Vec<Failure>,
}

/// One `Api` or `HttpApi` event.
struct Route<'a> {
    http: bool,
    /// The API's logical id; `None` for the implicit one.
    api: Option<String>,
    function: String,
    /// The id whose `Ref` names the function, or its alias.
    reference: String,
    /// What `Fn::Sub` takes for the ARN of either.
    arn: String,
    path: String,
    method: String,
    auth: Option<Node<'a>>,
    span: Span,
}

/// What an event adds to another resource of the template: an item of a list, or a key's value.
struct Patch<'a> {
    id: String,
    path: &'static [&'static str],
    key: Option<String>,
    value: Node<'a>,
    span: Span,
}

impl Made<'_, '_> {
    fn gap(&mut self, what: &str, span: Span) {
        self.gaps.push((Fault::Sam { what: what.to_owned() }, span));
    }

    /// What is not understood of an API's routes alone.
    fn gap_of_api(&mut self, what: &str, span: Span) {
        self.gaps.push((Fault::SamApi { what: what.to_owned() }, span));
    }

    fn unknown(&mut self, of: &str, node: &Node<'_>, known: &[&[&str]]) {
        for (what, span) in unknown(of, node, known) {
            self.gap(&what, span);
        }
    }
}

/// What is not understood, and where.
type Gap = (String, Span);

/// A gap for each line of a mapping that is not known, and for what should be a mapping and is none.
fn unknown(of: &str, node: &Node<'_>, known: &[&[&str]]) -> Vec<Gap> {
    let lines = node.entries().iter();
    let unknown =
        lines.filter(|line| !known.iter().any(|names| names.contains(&line.key.text.as_ref())));
    let mut gaps: Vec<Gap> =
        unknown.map(|line| (format!("`{}` of {of}", line.key.text), line.key.span)).collect();
    if !matches!(node.kind, Kind::Mapping(_) | Kind::Null) {
        gaps.push((of.to_owned(), node.span));
    }
    gaps
}

/// A serverless resource with the globals of its type merged in.
struct Serverless<'a> {
    id: String,
    span: Span,
    entry: Entry<'a>,
    properties: Node<'a>,
}

impl<'a> Serverless<'a> {
    fn new(entry: Entry<'a>, global: Option<&Node<'a>>) -> Self {
        let span = entry.key.span;
        let own = entry.value.get("Properties").cloned();
        let own = own.unwrap_or(Node { kind: Kind::Mapping(Vec::new()), span });
        let properties = match global {
            Some(global) => merged(global, own),
            None => own,
        };
        Self { id: entry.key.text.to_string(), span, entry, properties }
    }

    fn get(&self, name: &str) -> Option<&Node<'a>> {
        self.properties.get(name)
    }

    /// A plain resource in this one's place, with its condition and policies.
    fn resource(&self, id: String, kind: &'static str, properties: Lines<'a>) -> Entry<'a> {
        let mut lines = vec![
            (Cow::Borrowed("Type"), Node::string(kind, self.span)),
            (Cow::Borrowed("Properties"), Node::mapping(properties, self.span)),
        ];
        for name in ["Condition", "DeletionPolicy", "UpdateReplacePolicy", "Metadata"] {
            if let Some(node) = self.entry.value.get(name) {
                lines.push((Cow::Borrowed(name), node.clone()));
            }
        }
        made(id, lines, self.span)
    }

    /// The properties of these names, and the tags.
    fn copied(&self, names: &[&'static str]) -> Lines<'a> {
        let named = names.iter().filter_map(|name| Some((*name, self.get(name)?.clone())));
        let tags = self.tags().map(|tags| ("Tags", tags));
        named.chain(tags).map(|(name, node)| (Cow::Borrowed(name), node)).collect()
    }

    /// `Tags`, a map, as the list that plain types take.
    fn tags(&self) -> Option<Node<'a>> {
        let tags = self.get("Tags")?;
        let Kind::Mapping(entries) = &tags.kind else { return Some(tags.clone()) };
        let tag = |entry: &Entry<'a>| {
            let key = Node::string(entry.key.text.clone(), entry.key.span);
            Node::mapping([("Key", key), ("Value", entry.value.clone())], entry.key.span)
        };
        Some(Node { kind: Kind::Sequence(entries.iter().map(tag).collect()), span: tags.span })
    }
}

/// A resource from its lines.
fn made<'a>(id: String, lines: Lines<'a>, span: Span) -> Entry<'a> {
    Entry { key: Key { text: Cow::Owned(id), span }, value: Node::mapping(lines, span) }
}

fn call<'a>(function: &'static str, argument: impl Into<Cow<'a, str>>, span: Span) -> Node<'a> {
    Node::mapping([(function, Node::string(argument, span))], span)
}

fn list(items: Vec<Node<'_>>, span: Span) -> Node<'_> {
    Node { kind: Kind::Sequence(items), span }
}

/// Globals merged with a resource's own: maps are joined, lists appended, scalars replaced.
/// <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-template-anatomy-globals.html>
fn merged<'a>(global: &Node<'a>, own: Node<'a>) -> Node<'a> {
    let is_function = |node: &Node<'_>| matches!(crate::document::function(node), Ok(Some(_)));
    let joined = !is_function(global) && !is_function(&own);
    match (&global.kind, own.kind) {
        (Kind::Mapping(global), Kind::Mapping(mut entries)) if joined => {
            for entry in global {
                match entries.iter_mut().find(|own| own.key.text == entry.key.text) {
                    Some(own) => own.value = merged(&entry.value, own.value.clone()),
                    None => entries.push(entry.clone()),
                }
            }
            Node { kind: Kind::Mapping(entries), span: own.span }
        }
        (Kind::Sequence(global), Kind::Sequence(items)) => {
            let all = global.iter().cloned().chain(items).collect();
            Node { kind: Kind::Sequence(all), span: own.span }
        }
        (_, kind) => Node { kind, span: own.span },
    }
}

fn simple_table<'a>(source: &Serverless<'a>) -> Entry<'a> {
    let mut lines = source.copied(properties::TABLE);
    if let Some(key) = source.get("PrimaryKey") {
        let (name, kind) = (key.get("Name"), key.get("Type").and_then(Node::as_str));
        let name = || name.cloned().unwrap_or_else(|| Node::string("id", key.span));
        let kind = Node::string(
            match kind {
                Some("Number") => "N",
                Some("Binary") => "B",
                _ => "S",
            },
            key.span,
        );
        let hash = Node::string("HASH", key.span);
        let part = Node::mapping([("AttributeName", name()), ("KeyType", hash)], key.span);
        let attribute =
            Node::mapping([("AttributeName", name()), ("AttributeType", kind)], key.span);
        lines.push((Cow::Borrowed("KeySchema"), list(vec![part], key.span)));
        lines.push((Cow::Borrowed("AttributeDefinitions"), list(vec![attribute], key.span)));
    }
    source.resource(source.id.clone(), "AWS::DynamoDB::Table", lines)
}
