//! The engine's other side: a provider, the plugin that makes, reads, changes and deletes the resources of a package.
//!
//! A [`Provider`] answers what the engine asks; [`serve`] makes a binary called `pulumi-resource-NAME` the plugin of
//! package `NAME`. Inputs and outputs are JSON ([`Fields`]): secrets are taken out of their wrapping, and what JSON does
//! not have is told by [`Special::of`].

mod json;
mod messages;
mod service;

use std::future::Future;

use serde_json::{Map, Value};

pub use json::{Special, UNKNOWN};

use crate::serve::{ServeError, serve_until_the_end};
use crate::value::Urn;

/// The inputs or outputs of a resource.
pub type Fields = Map<String, Value>;

/// What makes a package's resources. Methods may be called side by side.
pub trait Provider: Send + Sync + 'static {
    /// Its version, without a leading `v`.
    fn version(&self) -> &str;

    /// The package's schema, by which typed runtimes such as YAML read programs.
    fn schema(&self) -> Value;

    /// What is wrong with the provider's own configuration. What is no text in it comes as JSON in a text.
    fn check_configuration(&self, inputs: Fields) -> Vec<Fault>;

    /// What is wrong with a resource's inputs. In a preview some may be [unknown](UNKNOWN).
    fn check(&self, urn: &Urn, inputs: Fields) -> Vec<Fault>;

    /// What lies between two states of a resource's inputs, or of the provider's configuration.
    fn diff(&self, old: Fields, new: Fields) -> Difference;

    /// The outputs that a resource with these inputs would have. Without an `id` it is not there yet.
    fn preview(&self, urn: &Urn, id: Option<&str>, inputs: Fields) -> Fields;

    /// Makes a resource.
    fn create(
        &self,
        urn: Urn,
        inputs: Fields,
    ) -> impl Future<Output = Result<Created, Refused>> + Send;

    /// Looks at a resource; `None` if it is not there any more.
    fn read(
        &self,
        urn: Urn,
        known: ResourceState,
    ) -> impl Future<Output = Result<Option<ResourceState>, Refused>> + Send;

    /// Changes a resource, and returns its outputs.
    fn update(
        &self,
        urn: Urn,
        id: String,
        inputs: Fields,
    ) -> impl Future<Output = Result<Fields, Refused>> + Send;

    /// Deletes a resource.
    fn delete(&self, urn: Urn, id: String) -> impl Future<Output = Result<(), Refused>> + Send;

    /// The result of one of the package's functions.
    fn invoke(&self, token: &str, arguments: Fields) -> Result<Fields, Refused>;

    /// What is at work is to end as soon as it can.
    fn cancel(&self);
}

/// Something that is wrong with an input.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Fault {
    /// The path of the input: `rules[0].status`.
    pub property: String,
    /// What is wrong with it.
    pub reason: String,
}

/// What lies between two states of a resource's inputs.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Difference {
    /// The inputs that differ.
    pub changed: Vec<String>,
    /// Those of them that cannot be changed in a resource that is there: a new one is made.
    pub replacing: Vec<String>,
    /// Whether the old one has to be deleted before the new one is made.
    pub delete_first: bool,
}

/// A resource that was made.
#[derive(Clone, Debug, PartialEq)]
pub struct Created {
    /// What the provider calls it.
    pub id: String,
    /// What is known of it.
    pub outputs: Fields,
}

/// A resource as the engine knows it, or as it is.
#[derive(Clone, Debug, PartialEq)]
pub struct ResourceState {
    /// What the provider calls it.
    pub id: String,
    /// Its inputs.
    pub inputs: Fields,
    /// What is known of it.
    pub outputs: Fields,
}

/// Why the provider did not do what it was asked; the engine shows it at the resource.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct Refused(pub String);

/// Serves the engine that has started this process, until that ends it or is gone itself.
///
/// # Errors
/// When there is no port to be had.
pub async fn serve<P: Provider>(provider: P) -> Result<(), ServeError> {
    serve_until_the_end(service::Plugin::new(provider)).await
}
