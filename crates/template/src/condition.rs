//! Conditions that could not be decided, and what one knows of them.

use std::collections::HashSet;
use std::fmt::Write as _;

use foldhash::HashMap;

use crate::ids::{ConditionId, Literal, StackId};
use crate::value::{Symbols, Text};

/// How many conditions may be taken as known at one place.
pub(crate) const MAX_IMPLIED: usize = 1_000;
/// How many characters of a condition are shown.
const MAX_SHOWN: usize = 400;
/// How deep conditions are shown that are made of conditions.
const MAX_SHOWN_DEPTH: usize = 16;

/// What an undecided condition asks.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Test<'a> {
    /// Whether two texts are equal.
    Equals(Text<'a>, Text<'a>),
    /// Whether all of these hold.
    All(Vec<Literal>),
    /// Whether a condition of this name holds that cannot be read.
    Named(StackId, String),
}

/// The undecided conditions of one reading.
#[derive(Debug, Default)]
pub struct Conditions<'a> {
    known: HashMap<Test<'a>, ConditionId>,
    list: Vec<Test<'a>>,
}

/// Whether a condition holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Truth {
    Yes,
    No,
    Open(Literal),
}

impl<'a> Conditions<'a> {
    pub(crate) fn intern(&mut self, test: Test<'a>) -> ConditionId {
        if let Some(id) = self.known.get(&test) {
            return *id;
        }
        let id = ConditionId(self.list.len() as u32);
        self.known.insert(test.clone(), id);
        self.list.push(test);
        id
    }

    /// What a condition asks.
    pub fn test(&self, condition: ConditionId) -> Option<&Test<'a>> {
        self.list.get(condition.0 as usize)
    }

    /// The condition as one reads it, such as `${Tier} == "silo"`; a long one is cut short.
    pub fn readable(&self, literal: Literal, symbols: &Symbols<'a>) -> String {
        let mut out = String::new();
        self.write(literal, symbols, 0, &mut out);
        match out.char_indices().nth(MAX_SHOWN) {
            Some((end, _)) => {
                out.truncate(end);
                out + "..."
            }
            None => out,
        }
    }

    /// Every leaf writes at least one character, and nothing is begun beyond [`MAX_SHOWN`]: what
    /// conditions share is not walked over and over.
    fn write(&self, literal: Literal, symbols: &Symbols<'a>, depth: usize, out: &mut String) {
        match (self.test(literal.condition), literal.holds) {
            (None, _) => out.push('?'),
            (Some(Test::Equals(a, b)), holds) => {
                let sign = if holds { "==" } else { "!=" };
                let (a, b) = (symbols.readable(a), symbols.readable(b));
                let _ = write!(out, "{a:?} {sign} {b:?}");
            }
            (Some(Test::All(_)), _) if depth >= MAX_SHOWN_DEPTH => out.push_str("..."),
            (Some(Test::All(all)), holds) => {
                out.push_str(if holds { "" } else { "not (" });
                for (at, one) in all.iter().enumerate() {
                    if out.len() > MAX_SHOWN {
                        break;
                    }
                    out.push_str(if at == 0 { "" } else { " and " });
                    self.write(*one, symbols, depth + 1, out);
                }
                out.push_str(if holds { "" } else { ")" });
            }
            (Some(Test::Named(_, name)), true) => out.push_str(name),
            (Some(Test::Named(_, name)), false) => {
                let _ = write!(out, "not {name}");
            }
        }
    }

    /// What follows from taking a literal as true: itself, and the parts of a conjunction; `None`
    /// if that is more than [`MAX_IMPLIED`].
    pub(crate) fn implied(&self, literal: Literal) -> Option<Vec<Literal>> {
        let mut all = vec![literal];
        let mut seen = HashSet::from([literal]);
        let mut next = 0;
        while let Some(literal) = all.get(next).copied() {
            next += 1;
            let (Some(Test::All(parts)), true) = (self.test(literal.condition), literal.holds)
            else {
                continue;
            };
            all.extend(parts.iter().copied().filter(|part| seen.insert(*part)));
            if all.len() > MAX_IMPLIED {
                return None;
            }
        }
        Some(all)
    }

    /// All of several truths.
    pub(crate) fn all(&mut self, truths: &[Truth]) -> Truth {
        let mut open: Vec<Literal> = Vec::new();
        for truth in truths {
            match truth {
                Truth::No => return Truth::No,
                Truth::Yes => {}
                Truth::Open(literal) => open.push(*literal),
            }
        }
        open.sort_unstable();
        open.dedup();
        if open.windows(2).any(|two| matches!(two, [a, b] if a.condition == b.condition)) {
            return Truth::No;
        }
        match open.as_slice() {
            [] => Truth::Yes,
            [one] => Truth::Open(*one),
            _ => {
                let condition = self.intern(Test::All(open));
                Truth::Open(Literal { condition, holds: true })
            }
        }
    }
}

impl Truth {
    pub(crate) fn not(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            Self::Open(Literal { condition, holds }) => {
                Self::Open(Literal { condition, holds: !holds })
            }
        }
    }
}
