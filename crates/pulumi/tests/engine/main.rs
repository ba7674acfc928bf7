//! The platform on the real engine, with a stand-in for the aws provider.
//!
//! The engine is looked for in the folder that `TENANTRY_PULUMI` names (default `target/engine`, where `engine/build` puts
//! it). Without it these tests are skipped, except in CI, where they fail. The host and the provider are this crate's examples,
//! which `cargo test` builds, but `cargo test --test engine` alone does not.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::print_stderr)]

mod deletion;
mod deployment;
mod failures;
mod interruptions;
mod lifecycle;
mod project;
mod secrets;
mod yaml;
