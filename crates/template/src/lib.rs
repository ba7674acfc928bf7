//! CloudFormation templates as text, read into a model in which every property is resolved as far
//! as it can be known.
//!
//! Text (`syntax`) becomes a template (`document`, `sam`), and templates become a model
//! (`resolve`, `value`, `condition`) whose resources each have an owner (`model`). Everything
//! that is wrong with an input is a [`Fault`] with its place. This crate never opens a file,
//! prints, or knows what a tenant may do: it takes bytes and gives values.

mod condition;
mod diagnostic;
mod document;
mod ids;
mod load;
mod model;
mod options;
mod organization;
mod parameters;
mod resolve;
mod sam;
mod source;
mod stack;
mod syntax;
mod value;

pub use condition::{Conditions, Test};
pub use diagnostic::{Diagnostic, Fault, ReadError};
pub use ids::{
    ConditionId, Literal, ResourceId, ResourceKey, StackId, Symbol, TenantIndex, TenantKey,
};
pub use load::{Loader, NoLoader, Source, declared, read};
pub use model::tags::{says_tenant, tags};
pub use model::{Existence, Model, Owner, Resource};
pub use options::{OrganizationFile, OwnerRule, Pooled, ReadOptions, Tenant};
pub use organization::OrganizationPolicy;
pub use parameters::{Parameter, parameters};
pub use source::{File, FileId, Place, Span};
pub use syntax::Key;
pub use value::{Choice, Part, PartRef, SymbolOrigin, Symbols, Text, Value, ValueKind};
