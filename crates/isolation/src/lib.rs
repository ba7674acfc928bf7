//! Proof of tenant isolation: from a model of what the templates create to a verdict.
//!
//! This crate never reads a file, prints, or knows what made a template: it takes what
//! [`tenantry_template`] reads and gives a [`tenantry_verdict::Verdict`]. The claims are decided
//! (`checks`) from what is read of a model once (`facts`): of each template alone where none has
//! to do with another (`partition`), of all in one model else.

mod barriers;
mod check;
mod checks;
mod claim_set;
mod explain;
mod facts;
mod findings;
mod partition;
#[doc(hidden)]
pub mod registry;
mod tenant_ids;
mod verify;

pub use checks::claims as claims_of_checks;
pub use checks::foreign_references::explained_references;
pub use checks::shared_assets::explained_actions;
pub use facts::policy_document::{Places, document};
pub use partition::{Memory, MemoryKey, verify_each, verify_each_with};
pub use tenant_ids::verify;
pub use verify::{VerifyOptions, verify_model};

/// The conventions alone.
pub mod hygiene {
    pub use crate::checks::hygiene::Rules;
    pub use crate::verify::verify_hygiene as verdicts;
}

/// The network plane alone.
pub mod network {
    pub use crate::facts::network::{Read, read};
    pub use crate::verify::{NetworkResult, verify_network as verdict};
}
