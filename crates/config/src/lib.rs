//! `platform.toml` and `platform.lock`, parsed and validated: a [`Platform`].
//!
//! This crate never reads or writes a file and never prints: [`load`] takes the texts of both files
//! and gives back values. It knows AWS only by the limits that a name, a tag or an address block
//! has to respect; what is built from a platform is `blueprint`'s matter.
//!
//! # The two files
//! `platform.toml` is the user's. [`default_platform_toml`] is one with every key. All keys but
//! `tenants` have defaults; a key that is not known is an error.
//!
//! `platform.lock` is tenantry's, committed beside it like `Cargo.lock`. It records the [`Place`]
//! (cell and slot) of each tenant. A slot is an address range: slot n owns the n-th /23 of the
//! VPC, and slot 0 is the public subnets'. Adding, removing or reordering tenants in
//! `platform.toml` therefore moves nobody's addresses. The place of a removed tenant stays in the
//! lock as *retired*; only a tenant with the same id gets it again. A cell takes at most
//! `cells.size` living tenants; lowering the size moves nobody either.
//!
//! The tables `[[accept]]` and `[[assume]]` are for the verifier; [`exceptions`] reads them alone,
//! from `platform.toml` or from a file that has nothing else.
//!
//! # Faults
//! Both files are read to their ends, and everything that is wrong is reported together as
//! [`Faults`]: each [`Fault`] has a code, the place, what is wrong there, and what to do. Only a
//! file that is no TOML at all ends earlier. `corpus/invalid` holds an example of each; adding an
//! example is adding a file.
//!
//! ```
//! use tenantry_config::{Source, default_platform_toml, load};
//!
//! let text = default_platform_toml().as_bytes();
//! let loaded = load(Source { name: "platform.toml", text }, None)?;
//! let (cell, tenant) = loaded.platform.tenant("tenant-001").ok_or("no such tenant")?;
//! let [first, second] = tenant.subnets(&loaded.platform.vpc_cidr);
//! assert_eq!(cell.number, 1);
//! assert_eq!(first.to_string(), "10.0.2.0/24");
//! assert_eq!(second.to_string(), "10.0.3.0/24");
//!
//! // The lock's text goes to platform.lock, and into the next load.
//! let lock = loaded.lock.to_string();
//! let lock = Source { name: "platform.lock", text: lock.as_bytes() };
//! let again = load(Source { name: "platform.toml", text }, Some(lock))?;
//! assert!(again.lock_changes.is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Where to read on
//! `load` ties the rest together: `document` (a TOML tree with places), `file` (the keys of
//! `platform.toml`), `exceptions` (what the verifier is to set aside), `lock` (the format of `platform.lock`), `placement` (who gets which slot),
//! `limits` (how long names may be), `fault` (what a report shows).

mod addresses;
mod application;
mod day;
mod deployed;
mod document;
mod edit;
mod exceptions;
mod fault;
mod file;
mod limits;
mod load;
mod lock;
mod placement;
mod platform;
mod tenant_id;
mod words;
mod zones;

pub use addresses::{Slot, SlotOutOfRange};
pub use application::{
    Access, Application, Architecture, Attempt, Method, Route, Service, TableIndex, TenantTable,
};
pub use day::Day;
pub use deployed::{Deployed, Misplaced, lock, misplaced, recover};
pub use document::Source;
pub use edit::{EditError, Edited, Entry, entries};
pub use exceptions::{Accept, Assume, Exceptions};
pub use fault::{Fault, Faults};
pub use load::{Loaded, exceptions, load};
pub use lock::{Conflict, Lock, LockChange, Place, merge};
pub use platform::{AccountLogRole, Cell, Local, Options, Platform, Tags, Tenant, Tier};
pub use tenant_id::{InvalidTenantId, TenantId};

/// The `platform.toml` that a new platform starts from: five tenants, and every key with its
/// default and what it means.
#[must_use]
pub fn default_platform_toml() -> &'static str {
    include_str!("default.toml")
}
