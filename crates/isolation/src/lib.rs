//! Proof of tenant isolation from the text of CloudFormation templates.
//!
//! This crate never reads a file, prints, or knows what made a template: it takes text and gives
//! values. First templates are read: text (`text`) to template (`template`), to a model in which
//! every property is resolved as far as it can be known (`resolve`, `value`), and every resource
//! has its owner (`model`). Then the claims are decided (`planes`, `network`, `hygiene`): of each
//! template alone where none has to do with another (`apart`), of all in one model else.

mod apart;
pub mod claims;
mod condition;
mod document;
mod fault;
pub mod hygiene;
mod model;
pub mod network;
pub mod planes;
mod program;
pub mod render;
mod resolve;
mod sam;
mod shapes;
mod source;
mod template;
mod text;
mod value;
pub mod verdict;

pub use apart::verify_each;
pub use condition::{ConditionId, Conditions, Literal, Test};
pub use document::{Places, document};
pub use fault::{Diagnostic, Fault, ReadError};
pub use model::{Existence, Model, Owner, Resource};
pub use program::{Loader, NoLoader, Options, Source, Tenant, declared, read};
pub use shapes::verify;
pub use source::{File, FileId, Place, Span};
pub use text::Key;
pub use value::{Choice, Origin, Part, PartRef, StackId, Symbol, Symbols, Text, Value, ValueKind};
