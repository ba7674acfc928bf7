//! What a deployment would change: two templates of a stack, what runs and what is wanted, become a plan.
//!
//! A [`Plan`] says of every resource whether it is created, updated in place, replaced or deleted, whose it is, which
//! properties differ, and what holds data and would go; [`Plan::at_stake`] is what somebody has to say yes to by name. This
//! crate asks nobody, deploys nothing, reads no file and never calls a cloud: it compares texts that others fetched.

mod compare;
pub mod cost;
mod differences;
mod engine;
mod kinds;
mod plan;
mod quotas;
pub mod render;
mod template;
mod touched;

pub use compare::{compare, half_made};
pub use differences::{Difference, Side};
pub use engine::{all_goes, located, located_in_state, previewed};
pub use kinds::holds_data;
pub use plan::{Action, CellPlan, Change, Place, Plan, Protection, State, Touches};
pub use quotas::{Quota, quotas};
pub use template::{Located, locate};
