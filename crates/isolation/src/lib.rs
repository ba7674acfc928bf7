//! Proof of tenant isolation: from a model of what the templates create to a verdict.
//!
//! This crate never reads a file, prints, or knows what made a template: it takes what
//! [`tenantry_template`] reads and gives a [`tenantry_verdict::Verdict`]. The claims are decided
//! (`planes`, `network`, `hygiene`) of each template alone where none has to do with another
//! (`apart`), of all in one model else.

mod apart;
mod document;
pub mod hygiene;
pub mod network;
pub mod planes;
mod shapes;

pub use apart::verify_each;
pub use document::{Places, document};
pub use shapes::verify;
