//! What is kept of a template, and whether two of them meet.

use std::collections::BTreeSet;

use foldhash::{HashSet, HashSetExt as _};
use rayon::prelude::*;
use tenantry_policy as policy;
use tenantry_template::{
    Model, Owner, Resource, Symbol, SymbolOrigin, Symbols, Text, Value, ValueKind,
};

use super::fingerprint::{self, IN_NAMES, Mark};
use super::grants::Grants;
use super::kept::{Reader, Writer};
use crate::facts::principals::PrincipalId;
use crate::facts::profile::ModelProfile;
use crate::facts::{Facts, policy_document};

/// What one template declares, names and grants.
#[derive(Debug)]
pub(super) struct Footprint {
    /// All that its texts name, sorted.
    marks: Vec<Mark>,
    /// Of each name that it declares the marks, one of which must be in no other template.
    names: Vec<Box<[Mark]>>,
    /// Ids of tenants, and ids that AWS gave: they must be in no other template.
    own: Vec<Mark>,
    /// How many words its tenants' ids have.
    words: Vec<usize>,
    grants: Grants,
    habits: ModelProfile,
}

impl Footprint {
    /// The trace of a template that can be decided alone; `None` when it has fewer than two
    /// tenants, or when something in it may stand for what another template has. `uncontrolled` are
    /// its shared principals that act on several tenants' things and that no tenant can steer.
    pub(super) fn of(facts: &Facts<'_, '_>, uncontrolled: &BTreeSet<PrincipalId>) -> Option<Self> {
        let model = facts.reader.model;
        if model.tenants.len() < 2 || !model.gaps.is_empty() {
            return None;
        }
        let ids = model.tenants.iter().map(|tenant| fingerprint::id(tenant.as_literal()?));
        let ids: Vec<(Mark, usize)> = ids.collect::<Option<_>>()?;
        let mut words: BTreeSet<usize> = ids.iter().map(|(_, words)| *words).collect();
        words.insert(IN_NAMES);
        let mut walk = Walk {
            model,
            words: words.into_iter().collect(),
            marks: HashSet::new(),
            own: ids.into_iter().map(|(mark, _)| mark).collect(),
            seen: HashSet::new(),
            text: String::new(),
        };
        let mut names = Vec::new();
        for resource in &model.resources {
            walk.resource(resource)?;
            names.extend(walk.names(resource));
        }
        walk.marks.extend(&walk.own);
        let mut marks: Vec<Mark> = walk.marks.into_iter().collect();
        marks.sort_unstable();
        let (own, words) = (walk.own, walk.words);
        let grants = Grants::of(facts, uncontrolled)?;
        Some(Self { marks, names, own, words, grants, habits: ModelProfile::of(facts) })
    }

    /// Writes it; `None` where it speaks of an account that has a number only while it is read.
    pub(super) fn write(&self, out: &mut Writer) -> Option<()> {
        let Self { marks, names, own, words, grants, habits } = self;
        out.numbers(marks);
        out.list(names, |out, name| out.numbers(name));
        out.numbers(own);
        out.list(words, |out, count| out.number(*count as u64));
        grants.write(out);
        let (account, has) = habits.parts();
        out.flag(*account == symbolic_account());
        if *account != symbolic_account() {
            out.text(account.as_str()?);
        }
        has.into_iter().for_each(|each| out.flag(each));
        Some(())
    }

    /// Reads what was written.
    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let marks = reader.numbers()?;
        let names = reader.list(|reader| Some(reader.numbers()?.into()))?;
        let own = reader.numbers()?;
        let words = reader.list(|reader| usize::try_from(reader.number()?).ok())?;
        let grants = Grants::read(reader)?;
        let account = match reader.flag()? {
            true => symbolic_account(),
            false => policy::Text::from(reader.text()?),
        };
        let has = [reader.flag()?, reader.flag()?, reader.flag()?, reader.flag()?];
        let habits = ModelProfile::of_parts(account, has);
        Some(Self { marks, names, own, words, grants, habits })
    }
}

/// The account of whoever deploys, which has the same number in every reading.
fn symbolic_account() -> policy::Text {
    policy::Text::symbol(policy_document::symbol(Symbols::ACCOUNT))
}

struct Walk<'m, 'a> {
    model: &'m Model<'a>,
    words: Vec<usize>,
    marks: HashSet<Mark>,
    own: Vec<Mark>,
    /// The texts of which the marks are noted.
    seen: HashSet<&'m Text<'a>>,
    text: String,
}

impl<'m, 'a> Walk<'m, 'a> {
    /// Notes all that a resource's properties name; `None` when something is not known.
    fn resource(&mut self, resource: &'m Resource<'a>) -> Option<()> {
        for (key, value) in resource.properties.entries() {
            // Where a function's code lies is not modelled, and often a parameter.
            if key.text == "Code" && resource.kind == "AWS::Lambda::Function" {
                continue;
            }
            self.value(&key.text, value)?;
        }
        Some(())
    }

    fn value(&mut self, key: &str, value: &'m Value<'a>) -> Option<()> {
        match &value.kind {
            ValueKind::Text(text) if !is_id(key) && !self.seen.insert(text) => Some(()),
            ValueKind::Text(text) => self.named(key, text),
            ValueKind::Number(_) | ValueKind::Unknown(_) => self.named(key, &value.to_text()?),
            ValueKind::List(items) => items.iter().try_for_each(|item| self.value(key, item)),
            ValueKind::Map(entries) => {
                entries.iter().try_for_each(|(key, value)| self.value(&key.text, value))
            }
            ValueKind::Choice(choice) => {
                let mut branches = choice.then.iter().chain(&choice.otherwise);
                branches.try_for_each(|value| self.value(key, value))
            }
            ValueKind::Bool(_) | ValueKind::Null => Some(()),
        }
    }

    fn named(&mut self, key: &str, text: &Text<'a>) -> Option<()> {
        if !text.symbols().all(|symbol| self.known_here(symbol)) {
            return None;
        }
        fingerprint::write(text, &mut self.text);
        let mut note = |mark| {
            self.marks.insert(mark);
        };
        fingerprint::segments(&self.text, &mut note);
        fingerprint::runs(&self.text, &self.words, &mut note);
        // Prefix lists are AWS's own, or a part of what they are used in.
        if is_id(key) && !key.ends_with("PrefixListId") && text.as_literal().is_some() {
            self.own.push(fingerprint::whole(&self.text));
        }
        Some(())
    }

    /// Whether a symbol is this template's own, or the same everywhere.
    fn known_here(&self, symbol: Symbol) -> bool {
        matches!(
            self.model.symbols.origin(symbol),
            Some(
                SymbolOrigin::Pseudo(_)
                    | SymbolOrigin::StackPseudo(..)
                    | SymbolOrigin::Resource { .. }
            )
        )
    }

    /// The marks of a resource's name and of its ARN. What AWS makes up is in no other template.
    fn names(&mut self, resource: &Resource<'a>) -> Vec<Box<[Mark]>> {
        let reference = match resource.owner {
            Owner::Shared if resource.arn.is_none() => None,
            _ => self.name(&resource.reference),
        };
        let arn = resource.arn.as_ref().and_then(|arn| self.name(arn));
        match (reference, arn) {
            // Whoever names the ARN names all of the name.
            (Some(name), Some(arn)) if !name.is_empty() && within(&name, &arn) => vec![name],
            (name, arn) => name.into_iter().chain(arn).collect(),
        }
    }

    fn name(&mut self, text: &Text<'a>) -> Option<Box<[Mark]>> {
        let origin = |symbol| self.model.symbols.origin(symbol);
        if text.symbols().any(|each| matches!(origin(each), Some(SymbolOrigin::Resource { .. }))) {
            return None;
        }
        fingerprint::write(text, &mut self.text);
        let mut found = Vec::new();
        fingerprint::segments(&self.text, &mut |mark| found.push(mark));
        fingerprint::runs(&self.text, &[IN_NAMES], &mut |mark| found.push(mark));
        Some(found.into())
    }
}

/// Whether what stands under a key is an id, or ids.
fn is_id(key: &str) -> bool {
    key.len() > 2 && (key.ends_with("Id") || key.ends_with("Ids"))
}

fn within(some: &[Mark], all: &[Mark]) -> bool {
    some.iter().all(|mark| all.contains(mark))
}

/// Whether no template names, or is wide enough to take in, anything of another's.
pub(super) fn none_meet(traces: &[Footprint]) -> bool {
    let Some(first) = traces.first() else { return true };
    let alike = |each: &Footprint| each.words == first.words && each.habits == first.habits;
    if !traces.iter().all(alike) {
        return false;
    }
    let several = in_several(traces);
    let alone = |marks: &[Mark]| marks.iter().any(|mark| !several.contains(mark));
    traces.iter().all(|trace| {
        trace.own.iter().all(|mark| !several.contains(mark))
            && trace.names.iter().all(|name| alone(name))
    }) && Grants::none_is_wide(traces.iter().map(|trace| &trace.grants), alone)
}

/// The marks that more than one template has.
fn in_several(traces: &[Footprint]) -> HashSet<Mark> {
    let mut all: Vec<Mark> = traces.iter().flat_map(|trace| &trace.marks).copied().collect();
    all.par_sort_unstable();
    all.chunk_by(|one, other| one == other)
        .filter_map(|same| same.first().filter(|_| same.len() > 1).copied())
        .collect()
}
