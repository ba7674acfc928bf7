//! A resource graph as a Terraform root module, in Terraform's JSON syntax, which needs nothing of ours to be applied.
//!
//! This crate decides nothing: what is deployed stands in the graph. It knows what the provider `hashicorp/aws` calls things
//! (`aws`, a file a concern, a function a kind) and how text becomes an expression (`expression`); `module` puts the file
//! together. It never writes a file and never starts `terraform`.

mod aws;
mod expression;
mod module;

pub use aws::{PROVIDER_VERSION, TERRAFORM_VERSION};
pub use expression::snake_case;
pub use module::{packages, root_module};

/// What the file of a root module is called.
pub const FILE: &str = "main.tf.json";
/// The folder of the function code's archives, beside the file.
pub const PACKAGES: &str = "packages";
