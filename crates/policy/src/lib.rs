//! IAM policy documents: written, parsed, evaluated, compared as sets.
//!
//! This crate never knows tenants, templates or engines. A document is generic over its text, so
//! that a platform's definition can put references to resources where AWS will see a string, and
//! a verifier can put symbols there.

mod document;
mod write;

pub use document::{Condition, Document, Effect, Principal, Principals, Statement, Targets};
