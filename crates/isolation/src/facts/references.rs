//! What a property speaks of: every resource that one of its texts refers to or names.
//!
//! Nothing here knows a service. A text speaks of a resource by its `Ref` or an attribute, alone or
//! inside another text or function; by its name or ARN, where these are written out; and by a
//! dynamic reference, which puts the thing's value there.

use std::cell::RefCell;

use foldhash::{HashMap, HashMapExt as _, HashSet};
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
    /// Texts that speak of nothing, whoever says them: most do, again and again.
    silent: RefCell<HashSet<&'m Text<'a>>>,
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
        let (bounds, silent) = (RefCell::default(), RefCell::default());
        Self { model, names, lengths, bounds, silent }
    }

    /// The resources of others that a text of somebody's resource speaks of. A name that one of
    /// the owner's own things has as well is that thing's.
    pub(crate) fn foreign(&self, value: &'m Value<'a>, owner: Owner) -> Vec<Spoken> {
        let ValueKind::Text(text) = &value.kind else {
            let text = value.to_text();
            return text.map(|text| self.said(&text, owner).found).unwrap_or_default();
        };
        if self.silent.borrow().contains(text) {
            return Vec::new();
        }
        let said = self.said(text, owner);
        if !said.anything {
            self.silent.borrow_mut().insert(text);
        }
        said.found
    }

    fn said(&self, text: &Text<'a>, owner: Owner) -> Said {
        let whole: Vec<ResourceId> = self.model.named(text).collect();
        let told = text.parts().any(|part| match part {
            PartRef::Literal(literal) => is_dynamic(literal),
            PartRef::Symbol(_) => false,
        });
        let mut said = Said { owner, found: Vec::new(), anything: !whole.is_empty() };
        if whole.is_empty() {
            for part in text.parts() {
                match part {
                    PartRef::Literal(literal) => self.named(literal, told, &mut said),
                    PartRef::Symbol(symbol) => self.meant(symbol, told, 0, &mut said),
                }
            }
        } else if !whole.iter().any(|at| self.owner(*at) == owner) {
            said.found.extend(whole.into_iter().map(|at| Spoken { at, told }));
        }
        let found = &mut said.found;
        found.retain(|each| self.owner(each.at) != owner);
        // What is told comes last, and is kept.
        found.sort_unstable();
        found.reverse();
        found.dedup_by_key(|each| each.at);
        said
    }

    fn owner(&self, at: ResourceId) -> Owner {
        self.model.resources[at].owner
    }

    /// What a symbol stands for, also within a function of something unknown.
    fn meant(&self, symbol: Symbol, told: bool, depth: usize, said: &mut Said) {
        match self.model.symbols.origin(symbol) {
            Some(SymbolOrigin::Resource { stack, id, .. }) => {
                let at = self.model.logical(*stack, id);
                said.anything |= at.is_some();
                said.found.extend(at.map(|at| Spoken { at, told }));
            }
            Some(SymbolOrigin::Dynamic(text)) => {
                for part in text.parts() {
                    match part {
                        PartRef::Literal(literal) => self.named(literal, true, said),
                        PartRef::Symbol(symbol) if depth < 8 => {
                            self.meant(symbol, true, depth + 1, said);
                        }
                        PartRef::Symbol(_) => {}
                    }
                }
            }
            // Its arguments as text, with symbols by their numbers, as in `"arn:..."<12>`.
            Some(SymbolOrigin::Function(_, arguments)) if depth < 8 => {
                let told = told || is_dynamic(arguments);
                self.named(arguments, told, said);
                for piece in arguments.split('<').skip(1) {
                    let number = piece.split_once('>').and_then(|(number, _)| number.parse().ok());
                    if let Some(number) = number {
                        self.meant(Symbol(number), told, depth + 1, said);
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
    fn named(&self, literal: &str, told: bool, said: &mut Said) {
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
                said.anything = true;
                let before = literal.get(..*start).unwrap_or_default();
                let meant = self.of_kind_of(before, named);
                if meant.iter().any(|at| self.owner(*at) == said.owner) {
                    continue;
                }
                said.found.extend(meant.into_iter().map(|at| Spoken { at, told }));
            }
        }
        self.bounds.replace(bounds);
    }
}

/// What a text of somebody's says.
struct Said {
    owner: Owner,
    found: Vec<Spoken>,
    /// Whether it speaks of anything, be it the owner's own.
    anything: bool,
}

fn is_dynamic(text: &str) -> bool {
    // Hardly any text has a brace, and that is soon seen.
    text.as_bytes().contains(&b'{') && text.contains(DYNAMIC)
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
