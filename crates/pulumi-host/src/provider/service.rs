//! The provider's service: the engine's messages on the one side, [`Provider`]'s plain values on the other.

use std::sync::Arc;

use tonic::Status;
use tonic::body::Body;
use tonic::codegen::http;

use super::json::{decode, encode};
use super::messages::{
    CheckRequest, CheckResponse, ConfigureResponse, CreateRequest, CreateResponse, DeleteRequest,
    DiffRequest, DiffResponse, ReadRequest, ReadResponse, SchemaResponse, UpdateRequest,
    UpdateResponse,
};
use super::{Created, Difference, Fault, Provider, Refused, ResourceState};
use crate::messages::{CheckFailure, Empty, InvokeRequest, InvokeResponse, PluginInfo};
use crate::rpc::{Answer, Methods, answer, answer_unimplemented};
use crate::value::Urn;

/// A provider as the engine sees it.
pub(super) struct Plugin<P>(Arc<P>);

impl<P> Plugin<P> {
    pub(super) fn new(provider: P) -> Self {
        Self(Arc::new(provider))
    }
}

impl<P> Clone for Plugin<P> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<P: Provider> Methods for Plugin<P> {
    const NAME: &'static str = "pulumirpc.ResourceProvider";

    fn call(&self, method: &str, request: http::Request<Body>) -> Answer {
        let plugin = self.clone();
        match method {
            "Handshake" => answer(request, |_: Empty| async { Ok(Empty {}) }),
            "GetPluginInfo" => answer(request, move |_: Empty| async move {
                Ok(PluginInfo { version: plugin.0.version().to_owned() })
            }),
            "GetSchema" => answer(request, move |_: Empty| async move {
                Ok(SchemaResponse { schema: plugin.0.schema().to_string() })
            }),
            "CheckConfig" => answer(request, move |check: CheckRequest| async move {
                let faults = plugin.0.check_configuration(decode(check.news.as_ref()));
                Ok(checked(check, faults))
            }),
            "Configure" => answer(request, |_: Empty| async {
                Ok(ConfigureResponse { supports_preview: true })
            }),
            "Check" => answer(request, move |check: CheckRequest| async move {
                let urn = Urn::from(check.urn.as_str());
                let faults = plugin.0.check(&urn, decode(check.news.as_ref()));
                Ok(checked(check, faults))
            }),
            "DiffConfig" | "Diff" => answer(request, move |diff: DiffRequest| async move {
                let (old, new) = (decode(diff.old_inputs.as_ref()), decode(diff.news.as_ref()));
                Ok(different(plugin.0.diff(old, new)))
            }),
            "Create" => answer(request, move |create| async move { plugin.create(create).await }),
            "Read" => answer(request, move |read| async move { plugin.read(read).await }),
            "Update" => answer(request, move |update| async move { plugin.update(update).await }),
            "Delete" => answer(request, move |delete: DeleteRequest| async move {
                plugin.0.delete(Urn::from(delete.urn.as_str()), delete.id).await?;
                Ok(Empty {})
            }),
            "Invoke" => answer(request, move |invoke: InvokeRequest| async move {
                let result = plugin.0.invoke(&invoke.tok, decode(invoke.args.as_ref()))?;
                Ok(InvokeResponse { r#return: Some(encode(&result)), failures: Vec::new() })
            }),
            "Cancel" => answer(request, move |_: Empty| async move {
                plugin.0.cancel();
                Ok(Empty {})
            }),
            _ => answer_unimplemented(&request),
        }
    }
}

impl<P: Provider> Plugin<P> {
    async fn create(&self, request: CreateRequest) -> Result<CreateResponse, Status> {
        let (urn, inputs) = (Urn::from(request.urn.as_str()), decode(request.properties.as_ref()));
        let Created { id, outputs } = if request.preview {
            Created { id: String::new(), outputs: self.0.preview(&urn, None, inputs) }
        } else {
            self.0.create(urn, inputs).await?
        };
        Ok(CreateResponse { id, properties: Some(encode(&outputs)) })
    }

    async fn read(&self, request: ReadRequest) -> Result<ReadResponse, Status> {
        let (inputs, outputs) =
            (decode(request.inputs.as_ref()), decode(request.properties.as_ref()));
        let known = ResourceState { id: request.id, inputs, outputs };
        let found = self.0.read(Urn::from(request.urn.as_str()), known).await?;
        Ok(found.map_or_else(ReadResponse::default, |ResourceState { id, inputs, outputs }| {
            ReadResponse { id, properties: Some(encode(&outputs)), inputs: Some(encode(&inputs)) }
        }))
    }

    async fn update(&self, request: UpdateRequest) -> Result<UpdateResponse, Status> {
        let (urn, inputs) = (Urn::from(request.urn.as_str()), decode(request.news.as_ref()));
        let outputs = if request.preview {
            self.0.preview(&urn, Some(&request.id), inputs)
        } else {
            self.0.update(urn, request.id, inputs).await?
        };
        Ok(UpdateResponse { properties: Some(encode(&outputs)) })
    }
}

impl From<Refused> for Status {
    fn from(Refused(reason): Refused) -> Self {
        Self::unknown(reason)
    }
}

/// The inputs as they came: only the engine's own wrapping tells which are secret.
fn checked(request: CheckRequest, faults: Vec<Fault>) -> CheckResponse {
    let failures =
        faults.into_iter().map(|Fault { property, reason }| CheckFailure { property, reason });
    CheckResponse { inputs: request.news, failures: failures.collect() }
}

fn different(difference: Difference) -> DiffResponse {
    let Difference { changed, replacing, delete_first } = difference;
    DiffResponse {
        changes: if changed.is_empty() { 1 } else { 2 },
        diffs: changed,
        replaces: replacing,
        delete_before_replace: delete_first,
    }
}
