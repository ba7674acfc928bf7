//! What is deployed, as a template: each property as the services say that it is, by calls that an auditor may make who may
//! only look.
//!
//! A stack's template says what ought to be there. [`read`] asks the services what is, and gives the same template with what
//! they say in it: where both agree it stays as it was written, with its references, and where they do not, what is found
//! stands there, with references to the resources that it names. Whatever carries the platform's tags or names, or lies in its
//! networks, and is in no template, is added. So whoever reads templates can compare both, or decide what holds of what runs.
//!
//! This crate never writes, prints, opens a connection or knows where a platform runs: [`Ask`] is what it asks through. It
//! decides nothing of what it reads.

mod ask;
mod calls;
mod literals;
mod marks;
mod merge;
mod read;
mod resolver;
mod services;
mod stack;
mod xml;

pub use ask::{Answer, Ask, ReadError, Request};
pub use calls::{Call, calls};
pub use marks::Marks;
pub use read::{Deployed, NotCompared, read};
pub use resolver::Resolver;
pub use stack::Stack;
