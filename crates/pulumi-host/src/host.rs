//! The language host's service: what the engine asks a runtime for.

use std::any::Any;
use std::future::Future;
use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tonic::body::Body;
use tonic::codegen::http;

use crate::context::{Context, Failure, Severity, log};
use crate::messages::{
    AboutResponse, Empty, PackageDependency, PluginInfo, RequiredPackages, RunRequest, RunResponse,
};
use crate::rpc::{self, Answer, Client, Methods};
use crate::value::Properties;

/// A program that describes a stack.
pub trait Program: Send + Sync + 'static {
    /// The version of the host and its program, as `pulumi about` shows it.
    fn version(&self) -> &str;

    /// The providers that the program uses, so that the engine can fetch them beforehand.
    fn providers(&self) -> Vec<ProviderPackage>;

    /// Registers the stack's resources and returns the stack's outputs.
    ///
    /// The engine drops the run when it fails elsewhere or is cancelled: tasks that are spawned must end with it.
    fn run(&self, context: Context) -> impl Future<Output = Result<Properties, Failure>> + Send;
}

/// A provider's plugin.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ProviderPackage {
    /// Its package, such as `random`.
    pub name: String,
    /// Its version, without a leading `v`.
    pub version: String,
}

pub(crate) struct Host<P> {
    program: Arc<P>,
    /// Where the engine listens, if the host was told on its command line.
    engine: Option<String>,
    cancelled: watch::Sender<bool>,
}

impl<P> Host<P> {
    pub(crate) fn new(program: P, engine: Option<String>) -> Self {
        Self { program: Arc::new(program), engine, cancelled: watch::Sender::new(false) }
    }
}

impl<P> Clone for Host<P> {
    fn clone(&self) -> Self {
        Self {
            program: Arc::clone(&self.program),
            engine: self.engine.clone(),
            cancelled: self.cancelled.clone(),
        }
    }
}

impl<P: Program> Methods for Host<P> {
    const NAME: &'static str = "pulumirpc.LanguageRuntime";

    fn call(&self, method: &str, request: http::Request<Body>) -> Answer {
        let host = self.clone();
        match method {
            "Run" => rpc::answer(request, move |run| async move { Ok(host.run(run).await) }),
            "GetPluginInfo" => rpc::answer(request, move |_: Empty| async move {
                Ok(PluginInfo { version: host.program.version().to_owned() })
            }),
            "About" => rpc::answer(request, move |_: Empty| async move { Ok(host.about()) }),
            "GetRequiredPackages" => {
                rpc::answer(request, move |_: Empty| async move { Ok(host.required_packages()) })
            }
            // Nothing to compile or install, nothing to list: the program is the host.
            "Handshake" | "GetProgramDependencies" | "RuntimeOptionsPrompts" => {
                rpc::answer(request, |_: Empty| async { Ok(Empty {}) })
            }
            "InstallDependencies" => rpc::answer_with_empty_stream(request),
            "Cancel" => rpc::answer(request, move |_: Empty| async move {
                host.cancelled.send_replace(true);
                Ok(Empty {})
            }),
            _ => rpc::answer_unimplemented(&request),
        }
    }
}

impl<P: Program> Host<P> {
    fn about(&self) -> AboutResponse {
        let executable = std::env::current_exe().unwrap_or_default();
        AboutResponse {
            executable: executable.to_string_lossy().into_owned(),
            version: self.program.version().to_owned(),
        }
    }

    fn required_packages(&self) -> RequiredPackages {
        let packages = self.program.providers().into_iter();
        RequiredPackages {
            packages: packages
                .map(|ProviderPackage { name, version }| PackageDependency {
                    name,
                    kind: "resource".to_owned(),
                    version,
                    server: String::new(),
                })
                .collect(),
        }
    }

    /// Runs the program; whatever becomes of it is told to the engine as diagnostics.
    async fn run(self, request: RunRequest) -> RunResponse {
        // With an inline program the host is there before the engine: only the run tells where that listens.
        let Some(address) = self.engine.clone().or_else(|| request.args.first().cloned()) else {
            return failed("the engine did not say where it listens".to_owned());
        };
        let engine = match Client::connect(&address).await {
            Ok(engine) => engine,
            Err(error) => return failed(format!("cannot reach the engine at {address}: {error}")),
        };
        let mut cancelled = self.cancelled.subscribe();
        let outcome = tokio::select! {
            outcome = self.run_guarded(request, &engine) => outcome,
            _ = cancelled.wait_for(|cancelled| *cancelled) => Err(Failure::Ended),
        };
        let messages = match outcome {
            Ok(()) => return RunResponse::default(),
            Err(Failure::Program(messages)) => messages,
            Err(Failure::Engine(message)) => vec![message],
            Err(Failure::Ended | Failure::NotMade) => Vec::new(),
        };
        for message in messages {
            if log(&engine, Severity::Error, message.clone(), None).await.is_err() {
                return failed(message);
            }
        }
        RunResponse { error: String::new(), bail: true }
    }

    /// Runs the program in a task of its own, so that a panic is caught and a dropped call ends it.
    async fn run_guarded(&self, request: RunRequest, engine: &Client) -> Result<(), Failure> {
        let program = Arc::clone(&self.program);
        let engine = engine.clone();
        let mut running = JoinSet::new();
        running.spawn(async move {
            let context = Context::start(&request, &engine).await?;
            let outputs = program.run(context.clone()).await?;
            context.complete_stack(outputs).await
        });
        match running.join_next().await {
            Some(Ok(outcome)) => outcome,
            Some(Err(error)) => match error.try_into_panic() {
                Ok(panic) => Err(Failure::new(panic_message(panic.as_ref()))),
                Err(_) => Err(Failure::Ended),
            },
            None => Err(Failure::Ended),
        }
    }
}

fn failed(error: String) -> RunResponse {
    RunResponse { error, bail: false }
}

fn panic_message(panic: &(dyn Any + Send)) -> String {
    let reason = panic
        .downcast_ref::<&str>()
        .map(|reason| (*reason).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no reason given".to_owned());
    format!("this is a fault of the program itself, please report it: {reason}")
}

#[cfg(test)]
mod tests;
