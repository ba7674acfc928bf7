//! Finds the statements that could allow something on a resource, without looking at all.
//!
//! A statement is filed under the services of its actions and the known beginning of each of its
//! resources. Statements that say the same are one group with several owners. A resource then
//! meets only groups whose beginning fits its own; two texts that begin alike, symbols included,
//! are equal exactly when their rests are.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use foldhash::{HashMap, HashMapExt as _, HashSet};

use crate::document::Effect;
use crate::parsed::{Policy, PolicyStatement};
use crate::template::Piece;
use crate::text::{Part, Symbol, Text};

/// The `Allow` statements of many policies, by what they are about.
#[derive(Debug)]
pub struct Index<'a, O> {
    groups: Vec<Group<'a, O>>,
    /// By service (empty: any).
    filed: HashMap<String, Filed>,
}

/// The groups of one service.
#[derive(Debug, Default)]
struct Filed {
    /// By beginning of the resource.
    groups: BTreeMap<String, Vec<usize>>,
    /// How long these beginnings are, in bytes.
    lengths: BTreeSet<usize>,
    /// What stands before a symbol in one of them.
    before_symbols: HashSet<String>,
}

impl Filed {
    fn add(&mut self, beginning: &str, group: usize) {
        if let Some(groups) = self.groups.get_mut(beginning) {
            groups.push(group);
            return;
        }
        self.groups.insert(beginning.to_owned(), vec![group]);
        self.lengths.insert(beginning.len());
        for (at, _) in beginning.match_indices(MARK) {
            let before = beginning.get(..at).unwrap_or_default();
            if !self.before_symbols.contains(before) {
                self.before_symbols.insert(before.to_owned());
            }
        }
    }
}

/// Statements that say the same.
#[derive(Debug)]
pub struct Group<'a, O> {
    /// The first of them.
    pub statement: &'a PolicyStatement,
    /// Whose they are, in the order in which they were given; an owner may appear twice.
    pub owners: Vec<O>,
}

impl<'a, O> Index<'a, O> {
    /// Files the statements of these policies, each with its owner.
    pub fn build(policies: impl IntoIterator<Item = (O, &'a Policy)>) -> Self
    where
        O: Clone,
    {
        let mut index = Self { groups: Vec::new(), filed: HashMap::new() };
        let mut known: HashMap<&PolicyStatement, usize> = HashMap::new();
        for (owner, policy) in policies {
            for statement in &policy.statements {
                if statement.effect != Effect::Allow {
                    continue;
                }
                let next = index.groups.len();
                let at = *known.entry(statement).or_insert(next);
                if at == next {
                    index.groups.push(Group { statement, owners: Vec::new() });
                    index.file(at, statement);
                }
                if let Some(group) = index.groups.get_mut(at) {
                    group.owners.push(owner.clone());
                }
            }
        }
        index
    }

    /// The groups that may allow an action of this service on the resource of this ARN, in the
    /// order in which they were given. Some of them may turn out to allow nothing.
    pub fn candidates(&self, service: &str, arn: &Text) -> Vec<&Group<'a, O>> {
        let query = Beginning::of(arn);
        let mut found = BTreeSet::new();
        for service in [service, ""] {
            if let Some(filed) = self.filed.get(service) {
                query.collect(filed, &mut found);
            }
        }
        found.into_iter().filter_map(|at| self.groups.get(at)).collect()
    }

    /// All groups, in the order in which they were given.
    pub fn groups(&self) -> &[Group<'a, O>] {
        &self.groups
    }

    fn file(&mut self, at: usize, statement: &PolicyStatement) {
        let mut beginnings = BTreeSet::new();
        match &statement.resources {
            Some(list) if !list.negated => {
                beginnings.extend(list.items.iter().map(|item| beginning(item.template.pieces())));
            }
            _ => drop(beginnings.insert(String::new())),
        }
        for service in services(statement) {
            let filed = self.filed.entry(service).or_default();
            for beginning in &beginnings {
                filed.add(beginning, at);
            }
        }
    }
}

/// The prefixes of the actions that a statement lists; the empty one stands for any.
fn services(statement: &PolicyStatement) -> BTreeSet<String> {
    if statement.actions.negated {
        return BTreeSet::from([String::new()]);
    }
    let prefix = |text: &str| {
        let prefix = text.split_once(':').map_or("", |(prefix, _)| prefix).to_ascii_lowercase();
        if prefix.contains(['*', '?']) { String::new() } else { prefix }
    };
    let items = statement.actions.items.iter();
    items.map(|item| prefix(item.template.source().literal_start())).collect()
}

/// What begins the rendering of a symbol; no ARN holds it.
const MARK: char = '\u{1}';

fn render(symbol: Symbol) -> String {
    format!("{MARK}{}\u{2}", symbol.id)
}

/// The rendering of what stands before the first wildcard or variable.
fn beginning(pieces: &[Piece]) -> String {
    let mut text = String::new();
    for piece in pieces {
        match piece {
            Piece::Wild(wild) => {
                let known = wild.split(['*', '?']).next().unwrap_or("");
                text.push_str(known);
                if known.len() < wild.len() {
                    break;
                }
            }
            Piece::Literal(char) => text.push(*char),
            Piece::Symbol(symbol) => text.push_str(&render(*symbol)),
            Piece::Variable { .. } => break,
        }
    }
    text
}

/// The rendering of a resource, with the places where its tokens end.
struct Beginning {
    text: String,
    /// Of each token: where it begins, where it ends, whether it is a symbol.
    tokens: Vec<(usize, usize, bool)>,
}

impl Beginning {
    fn of(arn: &Text) -> Self {
        let mut text = String::new();
        let mut tokens = Vec::new();
        for part in arn.parts() {
            match part {
                Part::Literal(literal) => {
                    for char in literal.chars() {
                        let start = text.len();
                        text.push(char);
                        tokens.push((start, text.len(), false));
                    }
                }
                Part::Symbol(symbol) => {
                    let start = text.len();
                    text.push_str(&render(*symbol));
                    tokens.push((start, text.len(), true));
                }
            }
        }
        Self { text, tokens }
    }

    /// Whatever is a beginning of this text, and whatever parts from it at a symbol of either.
    fn collect(&self, filed: &Filed, found: &mut BTreeSet<usize>) {
        let groups = &filed.groups;
        let before = |end: usize| self.text.get(..end).unwrap_or(&self.text);
        let symbol_follows = |text: &str, found: &mut BTreeSet<usize>| {
            if filed.before_symbols.contains(text) {
                Self::parted(groups, &format!("{text}{MARK}"), None, found);
            }
        };
        found.extend(groups.get("").into_iter().flatten());
        for (start, end, is_symbol) in &self.tokens {
            if filed.lengths.contains(end) {
                found.extend(groups.get(before(*end)).into_iter().flatten());
            }
            match is_symbol {
                true => Self::parted(groups, before(*start), Some(before(*end)), found),
                false => symbol_follows(before(*start), found),
            }
        }
        // What goes on with a symbol that may be empty.
        symbol_follows(&self.text, found);
    }

    /// Everything that begins with `start`, except what begins with `same`.
    fn parted(
        groups: &BTreeMap<String, Vec<usize>>,
        start: &str,
        same: Option<&str>,
        found: &mut BTreeSet<usize>,
    ) {
        let mut from = Bound::Included(start.to_owned());
        loop {
            let mut range = groups.range::<String, _>((from.as_ref(), Bound::Unbounded));
            let next = loop {
                let Some((text, own)) = range.next() else { return };
                if !text.starts_with(start) {
                    return;
                }
                match same {
                    // The texts that begin with `same` lie together: go on behind them.
                    Some(same) if text.starts_with(same) => break format!("{same}{}", char::MAX),
                    _ => found.extend(own),
                }
            };
            from = Bound::Excluded(next);
        }
    }
}
