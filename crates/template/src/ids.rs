//! What conditions, symbols, stacks, resources and tenants are known by within one reading.

use tenantry_arena::define_id;

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

define_id!(
    /// A resource of a [`Model`](crate::Model).
    pub ResourceId of ResourceKey
);

define_id!(
    /// A tenant of a [`Model`](crate::Model).
    pub TenantIndex of TenantKey
);
