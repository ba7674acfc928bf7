//! What a program sees of the engine.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tonic::{Code, Status};

use crate::configuration::Configuration;
use crate::messages::{
    self as m, Empty, InvokeResponse, LogRequest, PropertyDependencies,
    RegisterResourceOutputsRequest, RegisterResourceRequest, RegisterResourceResponse, RunRequest,
};
use crate::resource::{Alias, FormerParent, Kind, ProviderReference, Registered, Resource};
use crate::rpc::Client;
use crate::value::{Properties, Urn};
use crate::wire;

/// The type of the one resource that a stack has at the top of its tree.
const STACK: &str = "pulumi:pulumi:Stack";

/// The result of registering a resource that is there.
const IS_THERE: i32 = 0;

/// One run of a program for one stack. Cheap to clone.
#[derive(Clone)]
pub struct Context(Arc<Inner>);

struct Inner {
    monitor: Client,
    engine: Client,
    project: String,
    stack: String,
    organization: String,
    root: PathBuf,
    dry_run: bool,
    configuration: Configuration,
    stack_urn: Option<Urn>,
}

/// How grave a message is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Severity {
    /// For those who look for it.
    Debug = 0,
    /// Good to know.
    Info = 1,
    /// Something to look at.
    Warning = 2,
    /// The run has failed.
    Error = 3,
}

/// Why a run cannot go on.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Failure {
    /// The program's own reasons, each shown as one diagnostic.
    #[error("{}", .0.join("\n"))]
    Program(Vec<String>),
    /// The engine has ended the run and has said why.
    #[error("the engine ended the run")]
    Ended,
    /// The engine could not make a resource and has said why, and goes on with what does not depend on it: its user has asked
    /// for that (`--continue-on-error`).
    #[error("a resource could not be made")]
    NotMade,
    /// The engine refused a call.
    #[error("{0}")]
    Engine(String),
}

impl Failure {
    /// The program's own reason.
    pub fn new(message: impl Into<String>) -> Self {
        Self::Program(vec![message.into()])
    }
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        // A run that another resource's failure ended says so on every open call; the cause has been shown already.
        let ended = matches!(status.code(), Code::Unavailable | Code::Cancelled)
            || status.message().contains("resource monitor shut down")
            || status.message().contains("resource registration failed")
            || status.message().contains("waiting on step");
        if ended { Self::Ended } else { Self::Engine(status.message().to_owned()) }
    }
}

impl Context {
    /// Connects to the engine at `engine` and registers the stack.
    pub(crate) async fn start(request: &RunRequest, engine: &Client) -> Result<Self, Failure> {
        let monitor = Client::connect(&request.monitor_address).await.map_err(|error| {
            Failure::Engine(format!(
                "cannot reach the engine's resource monitor at {}: {error}",
                request.monitor_address
            ))
        })?;
        let root = request.info.as_ref().map_or(&request.pwd, |info| &info.root_directory);
        let mut inner = Inner {
            monitor,
            engine: engine.clone(),
            project: request.project.clone(),
            stack: request.stack.clone(),
            organization: request.organization.clone(),
            root: PathBuf::from(root),
            dry_run: request.dry_run,
            configuration: Configuration::new(
                &request.project,
                &request.config,
                &request.config_secret_keys,
            ),
            stack_urn: None,
        };
        let stack = Resource::component(STACK, format!("{}-{}", inner.project, inner.stack));
        let stack = inner.register(stack).await?;
        inner.stack_urn = Some(stack.urn().clone());
        Ok(Self(Arc::new(inner)))
    }

    /// The project's name, from its `Pulumi.yaml`.
    pub fn project(&self) -> &str {
        &self.0.project
    }

    /// The stack's name.
    pub fn stack(&self) -> &str {
        &self.0.stack
    }

    /// The organization that the stack belongs to; empty for backends without organizations.
    pub fn organization(&self) -> &str {
        &self.0.organization
    }

    /// The folder of the project's `Pulumi.yaml`.
    pub fn root(&self) -> &Path {
        &self.0.root
    }

    /// Whether this is a preview: nothing is made, and what only exists afterwards is unknown.
    pub fn is_dry_run(&self) -> bool {
        self.0.dry_run
    }

    /// The stack's configuration.
    pub fn configuration(&self) -> &Configuration {
        &self.0.configuration
    }

    /// Registers a resource and waits until the engine has made it, or, in a preview, has seen what it would do.
    ///
    /// # Errors
    /// When the engine refuses it or has ended the run. After [`Failure::NotMade`] a program may go on with what needs none of
    /// the resource, but has to return that failure in the end: the engine deletes what a run that succeeds did not register.
    pub async fn register(&self, resource: Resource) -> Result<Registered, Failure> {
        self.0.register(resource).await
    }

    /// Says that all children of a component are registered, and what the component tells of itself.
    ///
    /// # Errors
    /// When the engine has ended the run.
    pub async fn complete(
        &self,
        component: &Registered,
        outputs: Properties,
    ) -> Result<(), Failure> {
        self.0.complete(component.urn(), &outputs).await
    }

    pub(crate) async fn complete_stack(&self, outputs: Properties) -> Result<(), Failure> {
        match &self.0.stack_urn {
            Some(urn) => self.0.complete(urn, &outputs).await,
            None => Ok(()),
        }
    }

    /// Asks a provider's function.
    ///
    /// # Errors
    /// When the provider refuses the arguments or the call fails.
    pub async fn invoke(
        &self,
        token: &str,
        arguments: &Properties,
        provider: Option<&ProviderReference>,
        version: Option<&str>,
    ) -> Result<Properties, Failure> {
        let request = m::InvokeRequest {
            tok: token.to_owned(),
            args: Some(wire::encode(arguments)),
            provider: provider.map_or("", ProviderReference::as_str).to_owned(),
            version: version.unwrap_or_default().to_owned(),
        };
        let response: InvokeResponse =
            self.0.monitor.call("/pulumirpc.ResourceMonitor/Invoke", request).await?;
        if response.failures.is_empty() {
            return Ok(response.r#return.as_ref().map(wire::decode).unwrap_or_default());
        }
        let failures = response.failures.iter();
        Err(Failure::Program(
            failures.map(|f| format!("{token}: {} {}", f.property, f.reason)).collect(),
        ))
    }

    /// Shows a message, at a resource or at the stack.
    ///
    /// # Errors
    /// When the engine is gone.
    pub async fn log(
        &self,
        severity: Severity,
        message: impl Into<String>,
        resource: Option<&Urn>,
    ) -> Result<(), Failure> {
        log(&self.0.engine, severity, message.into(), resource).await
    }
}

/// Shows a message.
pub(crate) async fn log(
    engine: &Client,
    severity: Severity,
    message: String,
    resource: Option<&Urn>,
) -> Result<(), Failure> {
    let request = LogRequest {
        severity: severity as i32,
        message,
        urn: resource.map_or("", Urn::as_str).to_owned(),
        ..LogRequest::default()
    };
    let _: Empty = engine.call("/pulumirpc.Engine/Log", request).await?;
    Ok(())
}

impl Inner {
    async fn register(&self, resource: Resource) -> Result<Registered, Failure> {
        let request = request(resource, self.stack_urn.as_ref());
        let response: RegisterResourceResponse =
            self.monitor.call("/pulumirpc.ResourceMonitor/RegisterResource", request).await?;
        if response.result != IS_THERE {
            return Err(Failure::NotMade);
        }
        let urn = Urn::from(response.urn.as_str());
        Ok(Registered::new(urn, response.id, response.object.as_ref(), self.dry_run))
    }

    async fn complete(&self, urn: &Urn, outputs: &Properties) -> Result<(), Failure> {
        let request = RegisterResourceOutputsRequest {
            urn: urn.to_string(),
            outputs: Some(wire::encode(outputs)),
        };
        let _: Empty = self
            .monitor
            .call("/pulumirpc.ResourceMonitor/RegisterResourceOutputs", request)
            .await?;
        Ok(())
    }
}

fn request(resource: Resource, stack: Option<&Urn>) -> RegisterResourceRequest {
    let Resource { token, name, kind, inputs, options } = resource;
    let property_dependencies: HashMap<_, _> = inputs
        .iter()
        .map(|(property, value)| {
            let urns = value.dependencies().iter().map(Urn::to_string).collect();
            (property.clone(), PropertyDependencies { urns })
        })
        .collect();
    let dependencies: BTreeSet<String> = inputs
        .values()
        .flat_map(|value| value.dependencies())
        .chain(options.depends_on)
        .map(|urn| urn.to_string())
        .collect();
    RegisterResourceRequest {
        r#type: token,
        name,
        parent: options.parent.as_ref().or(stack).map_or("", Urn::as_str).to_owned(),
        custom: kind == Kind::Custom,
        object: Some(wire::encode(&inputs)),
        protect: options.protect,
        dependencies: dependencies.into_iter().collect(),
        provider: options.provider.as_ref().map_or("", ProviderReference::as_str).to_owned(),
        property_dependencies,
        delete_before_replace: options.delete_before_replace.unwrap_or_default(),
        delete_before_replace_defined: options.delete_before_replace.is_some(),
        version: options.version.unwrap_or_default(),
        ignore_changes: options.ignore_changes,
        accept_secrets: true,
        additional_secret_outputs: options.additional_secret_outputs,
        supports_partial_values: true,
        supports_result_reporting: true,
        retain_on_delete: options.retain_on_delete,
        aliases: options.aliases.into_iter().map(alias).collect(),
        alias_specs: true,
    }
}

fn alias(alias: Alias) -> m::Alias {
    let kind = match alias {
        Alias::Urn(urn) => m::AliasKind::Urn(urn.to_string()),
        Alias::Was { name, token, parent } => {
            let (parent_urn, no_parent) = match parent {
                Some(FormerParent::Component(urn)) => (Some(urn.to_string()), None),
                Some(FormerParent::Stack) => (None, Some(true)),
                None => (None, None),
            };
            m::AliasKind::Spec(m::AliasSpec {
                name: name.unwrap_or_default(),
                r#type: token.unwrap_or_default(),
                parent_urn,
                no_parent,
                ..m::AliasSpec::default()
            })
        }
    };
    m::Alias { alias: Some(kind) }
}
