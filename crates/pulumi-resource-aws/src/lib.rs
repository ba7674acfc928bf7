//! A stand-in for the Pulumi `aws` provider, for tests: it never ships and never talks to AWS.
//!
//! It checks inputs against what the real provider's Python package says that it takes ([`Extraction`]), makes ids and ARNs
//! of the right form, keeps a journal of what it was asked to do ([`read_journal`]), and fails in the ways that environment
//! variables name (`faults.rs`).

mod extraction;
mod faults;
mod identity;
mod journal;
mod provider;

use std::io;

pub use extraction::Extraction;
pub use identity::ACCOUNT;
pub use journal::{Entry, Operation, read as read_journal};

/// Serves the engine that has started this process until the engine ends it.
///
/// # Errors
/// When there is no port to be had or the journal cannot be written.
pub fn run() -> io::Result<()> {
    let provider = provider::Aws::from_environment()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let served = runtime.block_on(tenantry_pulumi_host::provider::serve(provider));
    runtime.shutdown_background();
    served.map_err(io::Error::other)
}
