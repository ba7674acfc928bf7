//! A stack's services asked one after the other, and their answers put into its template.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::ask::{self, Ask, Input, ReadError, Token};
use crate::calls::Call;
use crate::literals::Literals;
use crate::marks::Marks;
use crate::merge::{canonical, merge};
use crate::resolver::Resolver;
use crate::services;
use crate::stack::Stack;

/// Properties by name, in the template's words.
pub(crate) type Properties = Map<String, Value>;

/// What is deployed of one stack.
#[derive(Clone, Debug, PartialEq)]
pub struct Deployed {
    /// The template with what is found in it.
    pub template: Value,
    /// What of the template was not compared, in its order.
    pub not_compared: Vec<NotCompared>,
    /// How many properties were.
    pub compared: usize,
}

/// A property, or a whole resource, of which nothing that was asked says whether it is as wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotCompared {
    /// The resource's logical id.
    pub logical_id: String,
    /// Its type.
    pub kind: String,
    /// The property; `None` for all of it.
    pub property: Option<String>,
    /// Why it was not compared; empty where no call that is made shows it.
    pub why: String,
}

/// What a place where a platform runs cannot hold or show, and why: by type and property, or by type for all of it.
pub(crate) type Gaps<'a> = &'a dyn Fn(&str, Option<&str>) -> Option<&'static str>;

/// Asks what is there of a stack that ought to be as a template says.
///
/// # Errors
/// [`ReadError`]. That a thing is not there is no error.
pub fn read(
    ask: &dyn Ask,
    stack: &Stack,
    template: &Value,
    marks: &Marks,
    gaps: Gaps<'_>,
) -> Result<Deployed, ReadError> {
    let resources = template.get("Resources").and_then(Value::as_object).cloned();
    let resources = resources.unwrap_or_default();
    let resolver = Resolver::new(stack, &resources);
    let mut reader = Reader::new(ask, stack, &resources, &resolver, marks);
    services::read(&mut reader)?;
    let Reader { found, strangers, mut partly, unresolved, .. } = reader;

    let literals = Literals::new(&resolver, &resources);
    let mut written = Map::new();
    let mut not_compared = Vec::new();
    let mut compared = 0;
    for (id, body) in &resources {
        let kind = kind_of(body);
        let mut tell = |property: Option<&str>, why: &str| {
            not_compared.push(NotCompared {
                logical_id: id.clone(),
                kind: kind.to_owned(),
                property: property.map(ToOwned::to_owned),
                why: why.to_owned(),
            });
        };
        let found = match (gaps(kind, None), found.get(id)) {
            (Some(why), _) => {
                tell(None, why);
                written.insert(id.clone(), body.clone());
                continue;
            }
            (None, Some(Found::There(found))) => found,
            (None, Some(Found::Gone)) => continue,
            (None, None) => {
                tell(None, "");
                written.insert(id.clone(), body.clone());
                continue;
            }
        };
        let mut body = body.clone();
        let wanted = body.get("Properties").and_then(Value::as_object).cloned().unwrap_or_default();
        let (resolved, _) = resolver.properties(&wanted);
        let mut properties = Properties::new();
        for (name, wanted) in &wanted {
            let why = gaps(kind, Some(name)).or_else(|| {
                unresolved
                    .get(id)
                    .is_some_and(|names| names.contains(name))
                    .then_some("the template's value is not known before it is deployed")
            });
            match (why, resolved.get(name), found.get(name)) {
                (None, Some(_), Some(Value::Null)) => compared += 1,
                (None, Some(resolved), Some(found)) => {
                    compared += 1;
                    properties.insert(name.clone(), merge(wanted, resolved, found, &literals));
                }
                (why, ..) => {
                    tell(Some(name), why.unwrap_or_default());
                    properties.insert(name.clone(), wanted.clone());
                }
            }
        }
        for (name, found) in found.iter().filter(|(name, _)| !wanted.contains_key(*name)) {
            // A name that the template leaves to AWS.
            let named = name.ends_with("Name");
            if !named && gaps(kind, Some(name)).is_none() && !is_empty(found) {
                properties.insert(name.clone(), literals.write(found));
            }
        }
        for (property, why) in partly.remove(id).unwrap_or_default() {
            tell(Some(&property), gaps(kind, Some(&property)).unwrap_or(why));
        }
        if let Some(body) = body.as_object_mut() {
            body.insert("Properties".to_owned(), Value::Object(properties));
        }
        written.insert(id.clone(), body);
    }
    for Stranger { kind, name, properties } in strangers {
        let properties = literals.write(&Value::Object(properties));
        let mut id: String = format!("Found{}", kind.rsplit("::").next().unwrap_or_default());
        id.extend(name.chars().filter(char::is_ascii_alphanumeric));
        written.insert(id, json!({ "Type": kind, "Properties": properties }));
    }
    let gone: BTreeSet<&String> =
        found.iter().filter(|(_, found)| matches!(found, Found::Gone)).map(|(id, _)| id).collect();
    let mut template = template.clone();
    if let Some(template) = template.as_object_mut() {
        template.insert("Resources".to_owned(), Value::Object(written));
        without(template, &gone, &resolver);
    }
    Ok(Deployed { template, not_compared, compared })
}

/// Writes out what referred to something that is not there: what is there still names it.
fn without(template: &mut Map<String, Value>, gone: &BTreeSet<&String>, resolver: &Resolver) {
    if gone.is_empty() {
        return;
    }
    for resource in
        template.get_mut("Resources").and_then(Value::as_object_mut).into_iter().flatten()
    {
        let Some(body) = resource.1.as_object_mut() else { continue };
        body.remove("DependsOn");
        if let Some(properties) = body.get_mut("Properties") {
            written_out(properties, gone, resolver);
        }
    }
    if let Some(outputs) = template.get_mut("Outputs").and_then(Value::as_object_mut) {
        outputs.retain(|_, output| !refers(output, gone));
    }
}

fn written_out(value: &mut Value, gone: &BTreeSet<&String>, resolver: &Resolver) {
    let is_function = value.as_object().is_some_and(|one| {
        one.len() == 1 && one.keys().all(|key| key == "Ref" || key.starts_with("Fn::"))
    });
    if is_function {
        if refers(value, gone) {
            *value = resolver.value(value).unwrap_or_else(|_| json!("(not there)"));
        }
        return;
    }
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| written_out(item, gone, resolver)),
        Value::Object(members) => {
            members.values_mut().for_each(|inner| written_out(inner, gone, resolver));
        }
        _ => {}
    }
}

/// Whether a value refers to one of these by `Ref`, `Fn::GetAtt` or `Fn::Sub`.
fn refers(value: &Value, gone: &BTreeSet<&String>) -> bool {
    let is_gone = |path: &str| gone.iter().any(|id| path.split('.').next() == Some(id.as_str()));
    match value {
        Value::Array(items) => items.iter().any(|item| refers(item, gone)),
        Value::Object(members) => {
            members.iter().any(|(name, inner)| match (name.as_str(), inner) {
                ("Ref" | "Fn::GetAtt", Value::String(path)) => is_gone(path),
                ("Fn::GetAtt", Value::Array(path)) => {
                    path.first().and_then(Value::as_str).is_some_and(is_gone)
                }
                ("Fn::Sub", Value::String(text)) => text
                    .split("${")
                    .skip(1)
                    .any(|part| is_gone(part.split('}').next().unwrap_or(part))),
                ("Fn::Sub", Value::Array(parts)) => parts.iter().any(|part| match part {
                    Value::String(text) => refers(&json!({ "Fn::Sub": text }), gone),
                    other => refers(other, gone),
                }),
                _ => refers(inner, gone),
            })
        }
        _ => false,
    }
}

pub(crate) fn kind_of(body: &Value) -> &str {
    body.get("Type").and_then(Value::as_str).unwrap_or_default()
}

/// Nothing, as services say it: what a template leaves out.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(on) => !on,
        Value::String(text) => text.is_empty() || text == "false",
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.values().all(is_empty),
        Value::Number(_) => false,
    }
}

enum Found {
    There(Properties),
    Gone,
}

struct Stranger {
    kind: &'static str,
    name: String,
    properties: Properties,
}

/// What the services are asked with, and where their answers go.
pub(crate) struct Reader<'a> {
    ask: &'a dyn Ask,
    pub(crate) stack: &'a Stack,
    pub(crate) marks: &'a Marks,
    resources: &'a Map<String, Value>,
    resolver: &'a Resolver,
    resolved: BTreeMap<String, Properties>,
    unresolved: BTreeMap<String, BTreeSet<String>>,
    physical: BTreeSet<&'a str>,
    found: BTreeMap<String, Found>,
    strangers: Vec<Stranger>,
    partly: BTreeMap<String, Vec<(String, &'static str)>>,
}

impl<'a> Reader<'a> {
    fn new(
        ask: &'a dyn Ask,
        stack: &'a Stack,
        resources: &'a Map<String, Value>,
        resolver: &'a Resolver,
        marks: &'a Marks,
    ) -> Self {
        let mut resolved = BTreeMap::new();
        let mut unresolved = BTreeMap::new();
        for (id, body) in resources {
            let properties = body.get("Properties").and_then(Value::as_object);
            let (known, unknown) = resolver.properties(&properties.cloned().unwrap_or_default());
            resolved.insert(id.clone(), known);
            unresolved.insert(id.clone(), unknown.into_keys().collect());
        }
        Self {
            ask,
            stack,
            marks,
            resources,
            resolver,
            resolved,
            unresolved,
            physical: stack.physical.values().map(String::as_str).collect(),
            found: BTreeMap::new(),
            strangers: Vec::new(),
            partly: BTreeMap::new(),
        }
    }

    /// Asks once. `None` when there is no such thing.
    pub(crate) fn once(
        &self,
        call: &'static Call,
        input: &Input,
    ) -> Result<Option<Value>, ReadError> {
        ask::once(self.ask, call, input)
    }

    /// Every entry of a list, over all its pages.
    pub(crate) fn all(
        &self,
        call: &'static Call,
        list: &str,
        token: Token,
        input: &Input,
    ) -> Result<Vec<Value>, ReadError> {
        let pages = ask::pages(self.ask, call, token, input)?;
        Ok(pages
            .into_iter()
            .filter_map(|mut page| match page.get_mut(list).map(Value::take) {
                Some(Value::Array(items)) => Some(items),
                _ => None,
            })
            .flatten()
            .collect())
    }

    /// The pages of a list.
    pub(crate) fn pages(
        &self,
        call: &'static Call,
        token: Token,
        input: &Input,
    ) -> Result<Vec<Value>, ReadError> {
        ask::pages(self.ask, call, token, input)
    }

    /// The logical ids of a type, in the template's order.
    pub(crate) fn of_kind(&self, kind: &str) -> Vec<String> {
        let own = self.resources.iter().filter(|(_, body)| kind_of(body) == kind);
        own.map(|(id, _)| id.clone()).collect()
    }

    /// A resource's physical id.
    pub(crate) fn physical(&self, id: &str) -> Option<String> {
        self.resolver.physical_id(id).map(ToOwned::to_owned)
    }

    /// A property as it is wanted; null where the template does not have it, or nobody knows it.
    pub(crate) fn wanted(&self, id: &str, property: &str) -> &Value {
        self.resolved.get(id).and_then(|all| all.get(property)).unwrap_or(&Value::Null)
    }

    /// The same, as a text.
    pub(crate) fn text(&self, id: &str, property: &str) -> String {
        self.wanted(id, property).as_str().unwrap_or_default().to_owned()
    }

    /// Whether something by this id is in a template.
    pub(crate) fn is_known(&self, physical: &str) -> bool {
        self.physical.contains(physical) || self.marks.known.contains(physical)
    }

    /// What is there of a resource. A property that the services do not show is not among them; null is one that is not set.
    pub(crate) fn there(&mut self, id: &str, properties: Properties) {
        self.found.insert(id.to_owned(), Found::There(properties));
    }

    /// The resource is not there.
    pub(crate) fn gone(&mut self, id: &str) {
        self.found.insert(id.to_owned(), Found::Gone);
    }

    /// What is there of it, or that it is not.
    pub(crate) fn note(&mut self, id: &str, properties: Option<Properties>) {
        match properties {
            Some(properties) => self.there(id, properties),
            None => self.gone(id),
        }
    }

    /// Something that is in no template. `name` is what tells it from others of its type.
    pub(crate) fn stranger(&mut self, kind: &'static str, name: &str, properties: Properties) {
        self.strangers.push(Stranger { kind, name: name.to_owned(), properties });
    }

    /// A part of a property that is compared of which nothing is known.
    pub(crate) fn not_compared(&mut self, id: &str, part: &str, why: &'static str) {
        self.partly.entry(id.to_owned()).or_default().push((part.to_owned(), why));
    }

    /// Whether a property is as it is wanted.
    pub(crate) fn is_wanted(&self, id: &str, property: &str, found: &Value) -> bool {
        canonical(self.wanted(id, property)) == canonical(found)
    }
}
