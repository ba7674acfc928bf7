//! What is known of a condition when a caller may choose part of the request.

use crate::text::Symbol;

/// Why a question could not be decided.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Reason {
    /// It depends on what this symbol stands for.
    Symbol(Symbol),
    /// It depends on what AWS puts into this context key.
    Key(String),
    /// The policy's value cannot be read: it is not what its operator compares.
    Value(String),
}

/// Yes, no, or it depends.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Trilean {
    /// Whatever the unknowns are.
    Yes,
    /// Whatever the unknowns are, not.
    No,
    /// It depends on these, in order.
    Maybe(Vec<Reason>),
}

/// Whether a caller can make something hold, and whether it can make it fail. What it cannot
/// influence is one of the two for certain.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Truth {
    /// Whether some choice of the caller makes it hold.
    pub can_hold: Trilean,
    /// Whether some choice of the caller makes it fail.
    pub can_fail: Trilean,
}

impl Trilean {
    /// Both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Yes, other) | (other, Self::Yes) => other,
            (Self::Maybe(one), Self::Maybe(more)) => Self::Maybe(joined(one, more)),
        }
    }

    /// One of them.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Yes, _) | (_, Self::Yes) => Self::Yes,
            (Self::No, other) | (other, Self::No) => other,
            (Self::Maybe(one), Self::Maybe(more)) => Self::Maybe(joined(one, more)),
        }
    }

    /// The opposite.
    #[must_use]
    pub fn negated(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            maybe @ Self::Maybe(_) => maybe,
        }
    }
}

impl From<bool> for Trilean {
    fn from(yes: bool) -> Self {
        if yes { Self::Yes } else { Self::No }
    }
}

impl Truth {
    /// It is so, whatever the caller does.
    pub fn fixed(holds: impl Into<Trilean>) -> Self {
        let can_hold = holds.into();
        Self { can_fail: can_hold.clone().negated(), can_hold }
    }

    /// As the caller wishes.
    pub fn chosen() -> Self {
        Self { can_hold: Trilean::Yes, can_fail: Trilean::Yes }
    }

    /// Both, each independent of the other.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            can_hold: self.can_hold.and(other.can_hold),
            can_fail: self.can_fail.or(other.can_fail),
        }
    }

    /// One of them, each independent of the other.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            can_hold: self.can_hold.or(other.can_hold),
            can_fail: self.can_fail.and(other.can_fail),
        }
    }

    /// The opposite.
    #[must_use]
    pub fn negated(self) -> Self {
        Self { can_hold: self.can_fail, can_fail: self.can_hold }
    }

    /// The opposite when `negated`, else itself.
    #[must_use]
    pub fn negated_if(self, negated: bool) -> Self {
        if negated { self.negated() } else { self }
    }

    /// Whether nothing that the caller does makes it hold.
    pub fn never(&self) -> bool {
        self.can_hold == Trilean::No
    }
}

fn joined(mut one: Vec<Reason>, more: Vec<Reason>) -> Vec<Reason> {
    one.extend(more);
    one.sort_unstable();
    one.dedup();
    one
}

impl From<crate::pattern::Match> for Trilean {
    fn from(answer: crate::pattern::Match) -> Self {
        use crate::pattern::Match;
        match answer {
            Match::Yes => Self::Yes,
            Match::No => Self::No,
            Match::Depends(symbols) => {
                Self::Maybe(symbols.into_iter().map(Reason::Symbol).collect())
            }
        }
    }
}
