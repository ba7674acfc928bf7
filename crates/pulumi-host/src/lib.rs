//! A language host for the Pulumi engine: programs in Rust, run by the unmodified `pulumi` command.
//!
//! This crate never knows a cloud, a provider or what a program is for: it speaks the engine's protocol. A [`Program`]
//! gets a [`Context`], registers [`Resource`]s and returns the stack's outputs; [`serve_plugin`] makes a binary called
//! `pulumi-language-NAME` the runtime of projects that say `runtime: NAME`, and [`InlineHost`] serves an engine that the
//! same process starts.
//!
//! A [`Value`] that was taken out of a resource remembers that resource. The engine deletes in the reverse order of such
//! dependencies and hears of them from the host alone, so they are part of the value and cannot be forgotten.
//!
//! Module [`provider`] is for the plugins on the engine's other side, those that make resources.
//!
//! Messages and services are written by hand for `prost` and `tonic`, so no protobuf compiler is needed to build.

mod configuration;
mod context;
mod host;
mod messages;
pub mod provider;
mod resource;
mod rpc;
mod schedule;
mod serve;
mod value;
mod wire;

pub use configuration::Configuration;
pub use context::{Context, Failure, Severity};
pub use host::{Program, ProviderPackage};
pub use resource::{
    Alias, FormerParent, Kind, ProviderReference, Registered, Resource, ResourceOptions,
};
pub use schedule::in_order;
pub use serve::{InlineHost, ServeError, serve_plugin};
pub use value::{Archive, ArchiveEntry, Asset, Output, Properties, Urn, Value};
