//! The provider's service: checks what it is asked, and remembers that it did it.

use std::convert::Infallible;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;

use serde_json::{Value, json};
use tokio::sync::watch;
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::{Service, http};
use tonic::server::NamedService;

use crate::extraction::Extraction;
use crate::faults::Faults;
use crate::identity::{ACCOUNT, identity};
use crate::journal::{Entry, Journal, Operation, token};
use crate::messages::{
    CheckFailure, CheckRequest, CheckResponse, ConfigureResponse, CreateRequest, CreateResponse,
    DeleteRequest, DiffRequest, DiffResponse, Empty, InvokeRequest, InvokeResponse, PluginInfo,
    ReadRequest, ReadResponse, Schema, UpdateRequest, UpdateResponse,
};
use crate::rpc::{Answer, answer, answer_unimplemented};
use crate::structs::{UNKNOWN, entries, from_json, to_json};

/// Inputs whose change makes a new resource.
const IDENTIFYING: [&str; 9] = [
    "availabilityZone",
    "bucket",
    "cidrBlock",
    "dashboardName",
    "name",
    "restApi",
    "stageName",
    "subnetId",
    "vpcId",
];

const PROVIDER: &str = "pulumi:providers:aws";
const REGION: &str = "us-east-1";

#[derive(Clone)]
pub(crate) struct Provider(Arc<Inner>);

struct Inner {
    extraction: Extraction,
    faults: Faults,
    journal: Mutex<Journal>,
    creates: AtomicUsize,
    cancelled: watch::Sender<bool>,
}

impl Provider {
    /// A provider that remembers what it did in the file that `TENANTRY_PROVIDER_JOURNAL` names.
    pub(crate) fn from_environment() -> io::Result<Self> {
        let journal = std::env::var_os("TENANTRY_PROVIDER_JOURNAL").map(PathBuf::from);
        Ok(Self(Arc::new(Inner {
            extraction: Extraction::bundled(),
            faults: Faults::from_environment(),
            journal: Mutex::new(Journal::open(journal.as_deref())?),
            creates: AtomicUsize::new(0),
            cancelled: watch::Sender::new(false),
        })))
    }
}

impl NamedService for Provider {
    const NAME: &'static str = "pulumirpc.ResourceProvider";
}

impl Service<http::Request<Body>> for Provider {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Answer;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Answer {
        let provider = Arc::clone(&self.0);
        let method = request.uri().path().strip_prefix("/pulumirpc.ResourceProvider/");
        match method.unwrap_or_default() {
            "Handshake" => answer(request, |_: Empty| async { Ok(Empty {}) }),
            "GetPluginInfo" => answer(request, move |_: Empty| async move {
                Ok(PluginInfo { version: provider.extraction.version.clone() })
            }),
            "GetSchema" => answer(request, move |_: Empty| async move {
                Ok(Schema { schema: provider.extraction.schema().to_string() })
            }),
            "CheckConfig" => {
                answer(request, move |check| async move { Ok(provider.check(PROVIDER, check)) })
            }
            "DiffConfig" | "Diff" => {
                answer(request, |diff: DiffRequest| async move { Ok(diff_inputs(&diff)) })
            }
            "Configure" => answer(request, |_: Empty| async {
                Ok(ConfigureResponse { supports_preview: true })
            }),
            "Check" => answer(request, move |check: CheckRequest| async move {
                let kind = token(&check.urn).to_owned();
                Ok(provider.check(&kind, check))
            }),
            "Create" => answer(request, move |create| async move { provider.create(create).await }),
            "Read" => answer(request, move |read| async move { provider.read(read).await }),
            "Update" => answer(request, move |update| async move { provider.update(update).await }),
            "Delete" => answer(request, move |delete| async move { provider.delete(delete).await }),
            "Invoke" => {
                answer(request, |invoke: InvokeRequest| async move { self::invoke(&invoke) })
            }
            "Cancel" => answer(request, move |_: Empty| async move {
                provider.cancelled.send_replace(true);
                Ok(Empty {})
            }),
            _ => answer_unimplemented(&request),
        }
    }
}

impl Inner {
    fn check(&self, kind: &str, request: CheckRequest) -> CheckResponse {
        let mut inputs = entries(to_json(request.news.as_ref()));
        if kind == PROVIDER {
            // The engine's own word to the plugin, no input of the provider's.
            inputs.remove("version");
            // Providers get what is no text as JSON in a text: only the names are checked.
            inputs.values_mut().for_each(|value| *value = UNKNOWN.into());
        }
        let faults = self.extraction.check(kind, &Value::Object(inputs));
        let failures = faults
            .into_iter()
            .map(|fault| CheckFailure { property: fault.property, reason: fault.reason })
            .collect();
        CheckResponse { inputs: request.news, failures }
    }

    async fn create(&self, request: CreateRequest) -> Result<CreateResponse, Status> {
        let kind = token(&request.urn);
        let inputs = to_json(request.properties.as_ref());
        if request.preview {
            let outputs = self.outputs(kind, &inputs, None);
            return Ok(CreateResponse { id: String::new(), properties: Some(from_json(&outputs)) });
        }
        let number = self.creates.fetch_add(1, Ordering::SeqCst) + 1;
        tokio::time::sleep(self.faults.slow).await;
        if self.faults.fail == Some(number) {
            return Err(Status::unknown(format!("create number {number} fails on purpose")));
        }
        if self.faults.hang == Some(number) {
            let mut cancelled = self.cancelled.subscribe();
            let _ = cancelled.wait_for(|cancelled| *cancelled).await;
            return Err(Status::cancelled("the create was cancelled"));
        }
        if self.faults.die == Some(number) {
            std::process::exit(9);
        }
        let made = identity(kind, &request.urn, &inputs, REGION);
        let outputs = self.outputs(kind, &inputs, Some(&made.arn));
        let entry = Entry {
            operation: Operation::Create,
            urn: request.urn.clone(),
            id: made.id.clone(),
            inputs,
            outputs: outputs.clone(),
        };
        self.remember(&entry)?;
        if self.faults.lose == Some(number) {
            std::process::exit(9);
        }
        Ok(CreateResponse { id: made.id, properties: Some(from_json(&outputs)) })
    }

    async fn read(&self, request: ReadRequest) -> Result<ReadResponse, Status> {
        tokio::time::sleep(self.faults.slow).await;
        let kind = token(&request.urn);
        let alive = self.journal().is_alive(kind, &request.id);
        self.remember(&entry(Operation::Read, &request.urn, &request.id))?;
        if !alive {
            return Ok(ReadResponse::default());
        }
        Ok(ReadResponse { id: request.id, properties: request.properties, inputs: request.inputs })
    }

    async fn update(&self, request: UpdateRequest) -> Result<UpdateResponse, Status> {
        let kind = token(&request.urn);
        let inputs = to_json(request.news.as_ref());
        let arn = identity(kind, &request.urn, &inputs, REGION).arn;
        let outputs = self.outputs(kind, &inputs, Some(&arn));
        if !request.preview {
            tokio::time::sleep(self.faults.slow).await;
            let entry = entry(Operation::Update, &request.urn, &request.id);
            self.remember(&Entry { inputs, outputs: outputs.clone(), ..entry })?;
        }
        Ok(UpdateResponse { properties: Some(from_json(&outputs)) })
    }

    async fn delete(&self, request: DeleteRequest) -> Result<Empty, Status> {
        // At once: the order of deletions is that in which they begin.
        self.remember(&entry(Operation::Delete, &request.urn, &request.id))?;
        tokio::time::sleep(self.faults.slow).await;
        Ok(Empty {})
    }

    /// The inputs, and the ARN if the type has one; without an ARN in hand it is unknown.
    fn outputs(&self, kind: &str, inputs: &Value, arn: Option<&str>) -> Value {
        let mut outputs = entries(inputs.clone());
        if self.extraction.outputs(kind).any(|output| output == "arn")
            && !outputs.contains_key("arn")
        {
            outputs.insert("arn".to_owned(), arn.unwrap_or(UNKNOWN).into());
        }
        Value::Object(outputs)
    }

    fn remember(&self, entry: &Entry) -> Result<(), Status> {
        let mut journal = self.journal();
        if entry.operation == Operation::Create && journal.is_taken(entry.token(), &entry.id) {
            return Err(Status::already_exists(format!("{} already exists", entry.id)));
        }
        journal.write(entry).map_err(|error| Status::internal(error.to_string()))
    }

    fn journal(&self) -> std::sync::MutexGuard<'_, Journal> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn entry(operation: Operation, urn: &str, id: &str) -> Entry {
    let (urn, id) = (urn.to_owned(), id.to_owned());
    Entry { operation, urn, id, inputs: Value::Null, outputs: Value::Null }
}

fn diff_inputs(request: &DiffRequest) -> DiffResponse {
    let (old, new) = (to_json(request.old_inputs.as_ref()), to_json(request.news.as_ref()));
    let (old, new) = (entries(old), entries(new));
    let mut diffs: Vec<String> = new
        .iter()
        .filter(|(name, value)| old.get(*name) != Some(value))
        .map(|(n, _)| n.clone())
        .collect();
    diffs.extend(old.keys().filter(|name| !new.contains_key(*name)).cloned());
    let replaces: Vec<String> =
        diffs.iter().filter(|name| IDENTIFYING.contains(&name.as_str())).cloned().collect();
    DiffResponse {
        delete_before_replace: !replaces.is_empty(),
        changes: if diffs.is_empty() { 1 } else { 2 },
        replaces,
        diffs,
    }
}

fn invoke(request: &InvokeRequest) -> Result<InvokeResponse, Status> {
    let answer = match request.tok.as_str() {
        "aws:index/getCallerIdentity:getCallerIdentity" => {
            json!({"accountId": ACCOUNT, "id": ACCOUNT})
        }
        "aws:index/getPartition:getPartition" => json!({"partition": "aws", "id": "aws"}),
        token => return Err(Status::unimplemented(format!("there is no function {token}"))),
    };
    Ok(InvokeResponse { r#return: Some(from_json(&answer)) })
}
