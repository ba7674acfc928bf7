//! What a verification answers: the claims that can be asked ([`claims`]), the answer to each
//! ([`Verdict`]), and the answer as text ([`render`]).
//!
//! This crate never decides a claim, reads a template or prints: it counts, sorts, names and
//! words what the checks found. Of templates it knows only what a place in a file is.

pub mod claims;
pub mod render;
mod verdict;

pub use tenantry_template::Place;
pub use verdict::{
    Accept, Accepted, Act, Against, Assume, Assumed, Assumption, ClaimVerdict, ContextKey,
    Counterexample, Date, Evidence, Extent, Finding, Identity, Notice, Outcome, Party, Reason,
    Removal, SetBy, Step, Unknown, Verdict, some,
};
