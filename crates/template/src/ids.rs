//! What conditions, symbols and stacks are known by within one reading.

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

/// Something that cannot be known from the templates; equal only to itself. The number is its
/// place among the symbols of its reading, from 0.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Symbol(pub u32);

/// Which stack of a reading, from 0: a template, once for each time that it is deployed.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct StackId(pub u32);
