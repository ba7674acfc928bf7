//! A platform as resources of the official Pulumi `aws` provider: run by the engine, or written as Pulumi YAML.
//!
//! This crate decides nothing: what is deployed stands in the blueprint's graph. It knows what the provider calls things
//! (`aws`, a file a concern, a function a kind), and how the engine is driven. `plan` turns a graph into the provider's
//! resources; `native` registers those with the engine, `yaml` writes them down; `program` is what the engine runs;
//! [`deploy`] starts the engine for every cell.

mod aws;
pub mod deploy;
mod input;
mod native;
mod plan;
mod program;
mod runtime;
mod yaml;

#[cfg(test)]
mod tests;

pub use plan::Plan;
pub use program::{PACKAGES, plan, stack_name};
pub use runtime::{LANGUAGE_HOST, language_host};
pub use yaml::yaml;
