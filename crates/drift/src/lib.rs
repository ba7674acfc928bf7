//! Drift: where what is deployed differs from what ought to be, and what each difference means for the isolation.
//!
//! Two templates of a stack, the one that is wanted and one that says what is there, become a list of differences, a
//! resource each. A verdict on the wanted template with that one difference in it says what it means. This crate asks no
//! service, reads no file, decides no claim and never prints: whoever calls it hands it the templates and the verifier.

mod barriers;
mod drift;
mod meaning;
pub mod render;

pub use drift::{CellDrift, Drift, Found, NotCompared, Ought, compare};
pub use meaning::{Judgement, Meaning, Reached};
