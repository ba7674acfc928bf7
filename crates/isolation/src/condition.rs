//! Conditions that could not be decided, and what one knows of them.

use std::collections::HashMap;

use crate::value::{StackId, Symbols, Text};

/// A condition that could not be decided.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ConditionId(pub(crate) u32);

/// A condition, or its opposite.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Literal {
    /// The condition.
    pub condition: ConditionId,
    /// Whether it is taken to hold.
    pub holds: bool,
}

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

    /// The condition as one reads it, such as `${Tier} == "silo"`.
    pub fn readable(&self, literal: Literal, symbols: &Symbols<'a>) -> String {
        match (self.test(literal.condition), literal.holds) {
            (None, _) => "?".to_owned(),
            (Some(Test::Equals(a, b)), holds) => {
                let sign = if holds { "==" } else { "!=" };
                format!("{:?} {sign} {:?}", symbols.readable(a), symbols.readable(b))
            }
            (Some(Test::All(all)), holds) => {
                // Parts are made before the whole, so this ends.
                let all: Vec<_> = all.iter().map(|one| self.readable(*one, symbols)).collect();
                let all = all.join(" and ");
                if holds { all } else { format!("not ({all})") }
            }
            (Some(Test::Named(_, name)), true) => name.clone(),
            (Some(Test::Named(_, name)), false) => format!("not {name}"),
        }
    }

    /// What follows from taking a literal as true: itself, and the parts of a conjunction.
    pub(crate) fn implied(&self, literal: Literal) -> Vec<Literal> {
        let mut all = vec![literal];
        if let (Some(Test::All(parts)), true) = (self.test(literal.condition), literal.holds) {
            for part in parts {
                all.extend(self.implied(*part));
            }
        }
        all
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
