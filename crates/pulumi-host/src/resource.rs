//! What a program asks the engine to make, and what it gets back.

use crate::value::{Output, Properties, Urn, Value};
use crate::wire;

/// A resource to register.
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    /// Its type: `package:module:Type`.
    pub token: String,
    /// Its name, unique among the stack's resources of its type and parent.
    pub name: String,
    /// Whether a provider makes it, or it only groups others.
    pub kind: Kind,
    /// Its inputs.
    pub inputs: Properties,
    /// How the engine treats it.
    pub options: ResourceOptions,
}

/// Whether a provider makes a resource.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// A provider makes it.
    Custom,
    /// It groups other resources in the tree.
    Component,
}

/// How the engine treats a resource. `None` leaves a choice to the engine and the resource's parent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResourceOptions {
    /// The component it is shown under; without one, the stack.
    pub parent: Option<Urn>,
    /// The provider that makes it; without one, the engine starts the package's default provider.
    pub provider: Option<ProviderReference>,
    /// Resources that have to exist before it although none of its inputs comes from them. A component here stands for
    /// itself alone, not for what it groups.
    pub depends_on: Vec<Urn>,
    /// Names under which the state may know it.
    pub aliases: Vec<Alias>,
    /// Whether it must not be deleted.
    pub protect: Option<bool>,
    /// Inputs whose changes are left alone, by property path.
    pub ignore_changes: Vec<String>,
    /// Whether a replacement is made only after the old one is gone.
    pub delete_before_replace: Option<bool>,
    /// Whether it stays where it is when the stack forgets it.
    pub retain_on_delete: Option<bool>,
    /// Outputs to be kept secret besides those that the provider says.
    pub additional_secret_outputs: Vec<String>,
    /// The version of the provider's plugin.
    pub version: Option<String>,
}

/// A former name of a resource.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Alias {
    /// The whole name.
    Urn(Urn),
    /// What was different: the rest is as it is now.
    Was {
        /// Its name then.
        name: Option<String>,
        /// Its type then.
        token: Option<String>,
        /// Its parent then.
        parent: Option<FormerParent>,
    },
}

/// What a resource was shown under.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum FormerParent {
    /// This component.
    Component(Urn),
    /// The stack itself.
    Stack,
}

/// A provider with a configuration of its own, as resources refer to it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ProviderReference(String);

impl ProviderReference {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Resource {
    /// A resource that a provider makes.
    pub fn custom(token: impl Into<String>, name: impl Into<String>) -> Self {
        Self::new(Kind::Custom, token.into(), name.into())
    }

    /// A resource that groups others.
    pub fn component(token: impl Into<String>, name: impl Into<String>) -> Self {
        Self::new(Kind::Component, token.into(), name.into())
    }

    /// With these inputs.
    #[must_use]
    pub fn inputs(mut self, inputs: Properties) -> Self {
        self.inputs = inputs;
        self
    }

    /// With these options.
    #[must_use]
    pub fn options(mut self, options: ResourceOptions) -> Self {
        self.options = options;
        self
    }

    fn new(kind: Kind, token: String, name: String) -> Self {
        Self { token, name, kind, inputs: Properties::new(), options: ResourceOptions::default() }
    }
}

/// A resource that the engine has made, or would make.
#[derive(Clone, Debug, PartialEq)]
pub struct Registered {
    urn: Urn,
    id: String,
    outputs: Properties,
    dry_run: bool,
}

impl Registered {
    pub(crate) fn new(
        urn: Urn,
        id: String,
        outputs: Option<&prost_types::Struct>,
        dry_run: bool,
    ) -> Self {
        Self { urn, id, outputs: outputs.map(wire::decode).unwrap_or_default(), dry_run }
    }

    /// Its name in the stack.
    pub fn urn(&self) -> &Urn {
        &self.urn
    }

    /// What its provider calls it; unknown in a preview of a resource that does not exist yet.
    pub fn id(&self) -> Value {
        let known = !self.id.is_empty();
        let value = known.then(|| Box::new(Value::String(self.id.clone())));
        Value::Output(Output { value, ..Output::default() }).with_dependency(&self.urn)
    }

    /// One of its properties; unknown in a preview if the engine does not tell it, null in an update.
    pub fn output(&self, property: &str) -> Value {
        let value = match self.outputs.get(property) {
            Some(value) => value.clone(),
            None if self.dry_run => Value::unknown(),
            None => Value::Null,
        };
        value.with_dependency(&self.urn)
    }

    /// The reference by which other resources name it as their provider.
    pub fn provider_reference(&self) -> ProviderReference {
        let id = if self.id.is_empty() { wire::UNKNOWN } else { &self.id };
        ProviderReference(format!("{}::{id}", self.urn))
    }
}
