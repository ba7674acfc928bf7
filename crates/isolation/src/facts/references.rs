//! What a property speaks of: every resource that one of its texts refers to or names.
//!
//! Nothing here knows a service. A text speaks of a resource by its `Ref` or an attribute, alone or
//! inside another text or function; by its name or ARN, where these are written out; and by a
//! dynamic reference, which puts the thing's value there.

use std::cell::RefCell;

use foldhash::{HashMap, HashMapExt as _};
use tenantry_template::{
    Model, Owner, PartRef, Resource, ResourceId, Symbol, SymbolOrigin, Text, Value, ValueKind,
};

/// Finds the resources that texts speak of.
pub(crate) struct References<'m, 'a> {
    model: &'m Model<'a>,
    /// By name that is written out: the resources.
    names: HashMap<&'m str, Vec<ResourceId>>,
    /// By length in bytes: whether one of these names is so long.
    lengths: Vec<bool>,
    /// Where a text has marks, kept from one text to the next.
    bounds: RefCell<Vec<usize>>,
}

/// A resource that a text speaks of.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Spoken {
    /// The resource.
    pub(crate) at: ResourceId,
    /// Whether its value, such as a secret's, is put there.
    pub(crate) told: bool,
}

/// Names shorter than this are words that mean nothing.
const SHORTEST: usize = 3;
/// How many places of a text a name may begin at; a longer text is a program or a page.
const MOST: usize = 512;
const DYNAMIC: &str = "{{resolve:";

impl<'m, 'a> References<'m, 'a> {
    pub(crate) fn new(model: &'m Model<'a>) -> Self {
        let mut names: HashMap<&str, Vec<ResourceId>> = HashMap::new();
        for (at, resource) in model.resources.entries() {
            let name = resource.reference.as_literal().map(last).or_else(|| set(resource));
            let Some(name) = name.filter(|name| name.len() >= SHORTEST) else { continue };
            names.entry(name).or_default().push(at);
        }
        let longest = names.keys().map(|name| name.len()).max().unwrap_or_default();
        let mut lengths = vec![false; longest + 1];
        for name in names.keys() {
            if let Some(length) = lengths.get_mut(name.len()) {
                *length = true;
            }
        }
        Self { model, names, lengths, bounds: RefCell::default() }
    }

    /// Visits every text of a value with its path, such as `Rules[].Destination.Bucket`.
    pub(crate) fn walk<'v>(
        value: &'v Value<'a>,
        path: &mut String,
        visit: &mut dyn FnMut(&str, &'v Value<'a>),
    ) {
        let length = path.len();
        match &value.kind {
            ValueKind::List(items) => {
                path.push_str("[]");
                items.iter().for_each(|item| Self::walk(item, path, visit));
            }
            ValueKind::Map(entries) => {
                for (key, value) in entries {
                    if length > 0 {
                        path.push('.');
                    }
                    path.push_str(&key.text);
                    Self::walk(value, path, visit);
                    path.truncate(length);
                }
            }
            ValueKind::Choice(choice) => {
                let branches = choice.then.iter().chain(&choice.otherwise);
                branches.for_each(|value| Self::walk(value, path, visit));
            }
            ValueKind::Text(_) | ValueKind::Unknown(_) => visit(path, value),
            ValueKind::Null | ValueKind::Bool(_) | ValueKind::Number(_) => {}
        }
        path.truncate(length);
    }

    /// The resources of others that a text of somebody's resource speaks of. A name that one of
    /// the owner's own things has as well is that thing's.
    pub(crate) fn foreign(&self, text: &Text<'a>, owner: Owner) -> Vec<Spoken> {
        let mut found = Vec::new();
        let whole: Vec<ResourceId> = self.model.named(text).collect();
        let told = text.parts().any(|part| match part {
            PartRef::Literal(literal) => literal.contains(DYNAMIC),
            PartRef::Symbol(_) => false,
        });
        if whole.is_empty() {
            for part in text.parts() {
                match part {
                    PartRef::Literal(literal) => self.named(literal, told, owner, &mut found),
                    PartRef::Symbol(symbol) => self.meant(symbol, told, owner, 0, &mut found),
                }
            }
        } else if !whole.iter().any(|at| self.owner(*at) == owner) {
            found.extend(whole.into_iter().map(|at| Spoken { at, told }));
        }
        found.retain(|each| self.owner(each.at) != owner);
        // What is told comes last, and is kept.
        found.sort_unstable();
        found.reverse();
        found.dedup_by_key(|each| each.at);
        found
    }

    fn owner(&self, at: ResourceId) -> Owner {
        self.model.resources[at].owner
    }

    /// What a symbol stands for, also within a function of something unknown.
    fn meant(
        &self,
        symbol: Symbol,
        told: bool,
        owner: Owner,
        depth: usize,
        found: &mut Vec<Spoken>,
    ) {
        match self.model.symbols.origin(symbol) {
            Some(SymbolOrigin::Resource { stack, id, .. }) => {
                let at = self.model.logical(*stack, id);
                found.extend(at.map(|at| Spoken { at, told }));
            }
            Some(SymbolOrigin::Dynamic(text)) => {
                for part in text.parts() {
                    match part {
                        PartRef::Literal(literal) => self.named(literal, true, owner, found),
                        PartRef::Symbol(symbol) if depth < 8 => {
                            self.meant(symbol, true, owner, depth + 1, found);
                        }
                        PartRef::Symbol(_) => {}
                    }
                }
            }
            // Its arguments as text, with symbols by their numbers, as in `"arn:..."<12>`.
            Some(SymbolOrigin::Function(_, arguments)) if depth < 8 => {
                let told = told || arguments.contains(DYNAMIC);
                self.named(arguments, told, owner, found);
                for piece in arguments.split('<').skip(1) {
                    let number = piece.split_once('>').and_then(|(number, _)| number.parse().ok());
                    if let Some(number) = number {
                        self.meant(Symbol(number), told, owner, depth + 1, found);
                    }
                }
            }
            _ => {}
        }
    }

    /// Of resources with one name those that an ARN can mean which goes on with it; all of them, if none is of that kind.
    fn of_kind_of(&self, before: &str, named: &[ResourceId]) -> Vec<ResourceId> {
        let kind = BEFORE_NAMES.iter().find(|(start, _)| before.ends_with(start));
        let is =
            |at: &ResourceId| kind.is_some_and(|(_, kind)| self.model.resources[*at].kind == *kind);
        let meant: Vec<_> = named.iter().copied().filter(is).collect();
        if meant.is_empty() { named.to_vec() } else { meant }
    }

    /// The resources whose names stand in a text, each between two marks or ends of it.
    fn named(&self, literal: &str, told: bool, owner: Owner, found: &mut Vec<Spoken>) {
        if literal.len() < SHORTEST || self.names.is_empty() {
            return;
        }
        let is_mark = |c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_' | '.'));
        let mut bounds = self.bounds.take();
        bounds.clear();
        bounds.push(0);
        for (at, c) in literal.char_indices().filter(|(_, c)| is_mark(*c)).take(MOST) {
            bounds.extend([at, at + c.len_utf8()]);
        }
        bounds.push(literal.len());
        bounds.dedup();
        for (nth, start) in bounds.iter().enumerate() {
            // A name has few marks of its own, such as `/aws/lambda/NAME`.
            for end in bounds.iter().skip(nth + 1).take(24) {
                if !self.lengths.get(end - start).is_some_and(|is| *is) {
                    continue;
                }
                let Some(word) = literal.get(*start..*end) else { continue };
                let Some(named) = self.names.get(word) else { continue };
                let before = literal.get(..*start).unwrap_or_default();
                let meant = self.of_kind_of(before, named);
                if meant.iter().any(|at| self.owner(*at) == owner) {
                    continue;
                }
                found.extend(meant.into_iter().map(|at| Spoken { at, told }));
            }
        }
        self.bounds.replace(bounds);
    }
}

/// What stands before the name in an ARN of a kind of resource of which names are unique by themselves, so that another kind's
/// may be the same: <https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>.
const BEFORE_NAMES: [(&str, &str); 3] = [
    (":function:", "AWS::Lambda::Function"),
    (":role/", "AWS::IAM::Role"),
    (":table/", "AWS::DynamoDB::Table"),
];

/// The name in a reference: an ARN's end, `arn:...:service:region:account:NAME`, or that of the
/// address of a queue.
fn last(reference: &str) -> &str {
    match reference.strip_prefix("arn:") {
        Some(arn) => arn.splitn(5, ':').last().unwrap_or(arn),
        None if reference.starts_with("https://") => {
            reference.rsplit('/').next().unwrap_or(reference)
        }
        None => reference,
    }
}

/// The name that a resource's own property sets, as `Name` or `WorkGroupName`, where its reference
/// does not say it.
fn set<'m>(resource: &'m Resource<'_>) -> Option<&'m str> {
    let kind = resource.kind.rsplit(':').next().unwrap_or_default();
    let own = resource.properties.entries().iter().find(|(key, _)| {
        key.text == "Name" || key.text.strip_suffix("Name").is_some_and(|start| start == kind)
    });
    own.and_then(|(_, value)| value.as_str())
}
