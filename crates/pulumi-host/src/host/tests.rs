//! The host against an engine that this process plays, over real connections.

use std::collections::HashMap;
use std::sync::Mutex;

use super::*;
use crate::messages::{
    InvokeRequest, InvokeResponse, LogRequest, RegisterResourceOutputsRequest,
    RegisterResourceRequest, RegisterResourceResponse,
};
use crate::resource::{Alias, FormerParent, Resource, ResourceOptions};
use crate::rpc::Served;
use crate::schedule::in_order;
use crate::serve::InlineHost;
use crate::value::{Urn, Value};
use crate::wire;

/// What the engine was asked, in the order in which it was.
#[derive(Default)]
struct Record {
    resources: Vec<RegisterResourceRequest>,
    outputs: Vec<RegisterResourceOutputsRequest>,
    invokes: Vec<InvokeRequest>,
    logs: Vec<LogRequest>,
}

#[derive(Clone)]
struct Engine {
    record: Arc<Mutex<Record>>,
    dry_run: bool,
}

impl Methods for Engine {
    const NAME: &'static str = "pulumirpc.ResourceMonitor";

    fn call(&self, method: &str, request: http::Request<Body>) -> Answer {
        let Engine { record, dry_run } = self.clone();
        match method {
            "RegisterResource" => {
                rpc::answer(request, move |resource: RegisterResourceRequest| async move {
                    if resource.name == "refused" {
                        return Err(tonic::Status::unknown("no such type"));
                    }
                    let known = !dry_run && resource.custom;
                    let response = RegisterResourceResponse {
                        urn: format!(
                            "urn:pulumi:dev::shop::{}::{}",
                            resource.r#type, resource.name
                        ),
                        id: if known { format!("id-{}", resource.name) } else { String::new() },
                        object: resource.object.clone(),
                        result: i32::from(resource.name == "not made"),
                    };
                    record.lock().unwrap().resources.push(resource);
                    Ok(response)
                })
            }
            "RegisterResourceOutputs" => rpc::answer(request, move |outputs| async move {
                record.lock().unwrap().outputs.push(outputs);
                Ok(Empty {})
            }),
            "Invoke" => rpc::answer(request, move |invoke: InvokeRequest| async move {
                let answer = InvokeResponse { r#return: invoke.args.clone(), failures: vec![] };
                record.lock().unwrap().invokes.push(invoke);
                Ok(answer)
            }),
            "Log" => rpc::answer(request, move |message| async move {
                record.lock().unwrap().logs.push(message);
                Ok(Empty {})
            }),
            _ => rpc::answer_unimplemented(&request),
        }
    }
}

/// The engine's second service, on the same port.
#[derive(Clone)]
struct Logs(Engine);

impl Methods for Logs {
    const NAME: &'static str = "pulumirpc.Engine";

    fn call(&self, method: &str, request: http::Request<Body>) -> Answer {
        self.0.call(method, request)
    }
}

/// A program that is a closure.
struct Script<F>(F);

impl<F, R> Program for Script<F>
where
    F: Fn(Context) -> R + Send + Sync + 'static,
    R: Future<Output = Result<Properties, Failure>> + Send + 'static,
{
    fn version(&self) -> &str {
        "1.2.3"
    }

    fn providers(&self) -> Vec<ProviderPackage> {
        vec![ProviderPackage { name: "random".into(), version: "4.0.0".into() }]
    }

    async fn run(&self, context: Context) -> Result<Properties, Failure> {
        (self.0)(context).await
    }
}

struct Session {
    host: InlineHost,
    address: String,
    record: Arc<Mutex<Record>>,
    dry_run: bool,
}

impl Session {
    async fn start<F, R>(dry_run: bool, script: F) -> Self
    where
        F: Fn(Context) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Properties, Failure>> + Send + 'static,
    {
        let record = Arc::<Mutex<Record>>::default();
        let engine = Engine { record: Arc::clone(&record), dry_run };
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(
            tonic::transport::Server::builder()
                .add_service(Served(engine.clone()))
                .add_service(Served(Logs(engine)))
                .serve_with_incoming(tokio_stream::wrappers::TcpListenerStream::new(listener)),
        );
        let host = InlineHost::start(Script(script)).await.unwrap();
        Self { host, address, record, dry_run }
    }

    async fn client(&self) -> Client {
        Client::connect(&self.host.address()).await.unwrap()
    }

    async fn run(&self) -> RunResponse {
        let request = RunRequest {
            project: "shop".into(),
            stack: "dev".into(),
            args: vec![self.address.clone()],
            monitor_address: self.address.clone(),
            dry_run: self.dry_run,
            config: HashMap::from([
                ("shop:size".into(), "3".into()),
                ("shop:password".into(), "hunter2".into()),
                ("random:seed".into(), "7".into()),
            ]),
            config_secret_keys: vec!["shop:password".into()],
            ..RunRequest::default()
        };
        self.client().await.call("/pulumirpc.LanguageRuntime/Run", request).await.unwrap()
    }
}

#[tokio::test]
async fn a_value_out_of_a_resource_names_it_in_the_next_ones_dependencies() {
    let session = Session::start(false, |context| async move {
        let first = context.register(Resource::custom("a:b:C", "first")).await?;
        let second = Resource::custom("a:b:C", "second").inputs(Properties::from([
            ("plain".into(), Value::from("x")),
            ("ref".into(), Value::concat(["id:".into(), first.id()])),
        ]));
        let second = context.register(second).await?;
        Ok(Properties::from([("id".into(), second.id())]))
    })
    .await;
    assert_eq!(session.run().await, RunResponse::default());

    let record = session.record.lock().unwrap();
    let [stack, _, second] = record.resources.as_slice() else { panic!("three resources") };
    assert_eq!((stack.r#type.as_str(), stack.name.as_str()), ("pulumi:pulumi:Stack", "shop-dev"));
    assert!(!stack.custom);
    let urn = "urn:pulumi:dev::shop::a:b:C::first".to_owned();
    assert_eq!(second.parent, "urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev");
    assert_eq!(second.dependencies, std::slice::from_ref(&urn));
    assert_eq!(second.property_dependencies["ref"].urns, [urn]);
    assert!(second.property_dependencies["plain"].urns.is_empty());
    assert_eq!(wire::decode(second.object.as_ref().unwrap())["ref"], "id:id-first".into());
    assert_eq!(record.outputs.len(), 1, "the stack's outputs are told once");
    let outputs = wire::decode(record.outputs[0].outputs.as_ref().unwrap());
    assert_eq!(outputs["id"], "id-second".into());
}

#[tokio::test]
async fn in_a_preview_what_only_exists_afterwards_is_unknown() {
    let session = Session::start(true, |context| async move {
        assert!(context.is_dry_run());
        let first = context.register(Resource::custom("a:b:C", "first")).await?;
        assert_eq!(first.id().into_output().value, None);
        assert_eq!(first.output("arn").into_output().value, None);
        assert!(first.provider_reference().as_str().ends_with(wire::UNKNOWN));
        Ok(Properties::new())
    })
    .await;
    assert_eq!(session.run().await, RunResponse::default());
}

#[tokio::test]
async fn a_missing_output_is_null_in_an_update() {
    let session = Session::start(false, |context| async move {
        let first = context.register(Resource::custom("a:b:C", "first")).await?;
        assert_eq!(first.output("arn").into_output().value, Some(Box::new(Value::Null)));
        Ok(Properties::new())
    })
    .await;
    assert_eq!(session.run().await, RunResponse::default());
}

#[tokio::test]
async fn options_arrive_as_they_were_set() {
    let session = Session::start(false, |context| async move {
        let group = context.register(Resource::component("x:index:Group", "group")).await?;
        let provider = context.register(Resource::custom("pulumi:providers:a", "a")).await?;
        let options = ResourceOptions {
            parent: Some(group.urn().clone()),
            provider: Some(provider.provider_reference()),
            depends_on: vec![provider.urn().clone()],
            aliases: vec![
                Alias::Urn(Urn::from("urn:old")),
                Alias::Was {
                    name: Some("before".into()),
                    token: None,
                    parent: Some(FormerParent::Stack),
                },
            ],
            protect: Some(false),
            ignore_changes: vec!["tags".into()],
            delete_before_replace: Some(true),
            retain_on_delete: Some(true),
            additional_secret_outputs: vec!["key".into()],
            version: Some("4.0.0".into()),
        };
        context.register(Resource::custom("a:b:C", "child").options(options)).await?;
        context.complete(&group, Properties::new()).await?;
        Ok(Properties::new())
    })
    .await;
    session.run().await;

    let record = session.record.lock().unwrap();
    let child = record.resources.last().unwrap();
    assert_eq!(child.parent, "urn:pulumi:dev::shop::x:index:Group::group");
    assert_eq!(child.provider, "urn:pulumi:dev::shop::pulumi:providers:a::a::id-a");
    assert_eq!(child.dependencies, ["urn:pulumi:dev::shop::pulumi:providers:a::a"]);
    assert_eq!(child.protect, Some(false));
    assert_eq!(child.ignore_changes, ["tags"]);
    assert!(child.delete_before_replace && child.delete_before_replace_defined);
    assert_eq!(child.retain_on_delete, Some(true));
    assert_eq!(child.additional_secret_outputs, ["key"]);
    assert_eq!(child.version, "4.0.0");
    assert_eq!(child.aliases.len(), 2);
    assert_eq!(record.outputs.len(), 2, "the component's and the stack's");
}

#[tokio::test]
async fn secret_configuration_is_a_secret_again() {
    let session = Session::start(false, |context| async move {
        let configuration = context.configuration();
        assert_eq!(configuration.get("size"), Some(&"3".into()));
        assert_eq!(configuration.get("random:seed"), Some(&"7".into()));
        assert_eq!(configuration.get("none"), None);
        assert_eq!(configuration.namespace("random").collect::<Vec<_>>(), [("seed", &"7".into())]);
        let password = configuration.get("password").cloned().unwrap_or_default();
        Ok(Properties::from([("login".into(), Value::concat(["user:".into(), password]))]))
    })
    .await;
    assert_eq!(session.run().await, RunResponse::default());
    let record = session.record.lock().unwrap();
    let outputs = wire::decode(record.outputs[0].outputs.as_ref().unwrap());
    assert_eq!(outputs["login"], Value::secret("user:hunter2"));
}

#[tokio::test]
async fn each_reason_of_the_program_becomes_one_diagnostic() {
    let session = Session::start(false, |_| async {
        Err(Failure::Program(vec!["shop.toml:3: one".into(), "shop.toml:9: two".into()]))
    })
    .await;
    assert_eq!(session.run().await, RunResponse { error: String::new(), bail: true });
    let record = session.record.lock().unwrap();
    let told: Vec<_> = record.logs.iter().map(|log| (log.severity, log.message.as_str())).collect();
    assert_eq!(told, [(3, "shop.toml:3: one"), (3, "shop.toml:9: two")]);
    assert!(record.outputs.is_empty(), "a failed run has no outputs");
}

#[tokio::test]
async fn what_the_engine_refuses_is_told_and_ends_the_run() {
    let session = Session::start(false, |context| async move {
        context.register(Resource::custom("a:b:C", "refused")).await?;
        Ok(Properties::new())
    })
    .await;
    assert!(session.run().await.bail);
    assert_eq!(session.record.lock().unwrap().logs[0].message, "no such type");
}

#[tokio::test]
async fn a_resource_that_was_not_made_fails_the_run_without_another_diagnostic() {
    let session = Session::start(false, |context| async move {
        let failure = context.register(Resource::custom("a:b:C", "not made")).await.unwrap_err();
        context.register(Resource::custom("a:b:C", "another")).await?;
        Err(failure)
    })
    .await;
    assert_eq!(session.run().await, RunResponse { error: String::new(), bail: true });
    let record = session.record.lock().unwrap();
    assert!(record.resources.iter().all(|resource| resource.supports_result_reporting));
    assert_eq!(record.resources.last().unwrap().name, "another");
    assert!(record.logs.is_empty());
    assert!(record.outputs.is_empty(), "a failed run has no outputs");
}

#[tokio::test]
async fn a_panic_is_one_line_for_the_user() {
    let session = Session::start(false, |_| async { panic!("the sky fell") }).await;
    assert!(session.run().await.bail);
    let record = session.record.lock().unwrap();
    let [log] = record.logs.as_slice() else { panic!("one message") };
    assert_eq!(
        log.message,
        "this is a fault of the program itself, please report it: the sky fell"
    );
}

#[tokio::test]
async fn a_cancelled_run_ends_without_a_diagnostic() {
    let (started, mut is_started) = watch::channel(false);
    let session = Session::start(false, move |_| {
        started.send_replace(true);
        std::future::pending()
    })
    .await;
    let (response, ()) = tokio::join!(session.run(), async {
        is_started.wait_for(|started| *started).await.unwrap();
        let client = session.client().await;
        let _: Empty = client.call("/pulumirpc.LanguageRuntime/Cancel", Empty {}).await.unwrap();
    });
    assert!(response.bail);
    assert!(session.record.lock().unwrap().logs.is_empty());
}

#[tokio::test]
async fn a_dropped_run_ends_the_work_it_started() {
    struct Alive(watch::Sender<bool>);
    impl Drop for Alive {
        fn drop(&mut self) {
            self.0.send_replace(false);
        }
    }
    let alive = watch::Sender::new(false);
    let mut is_alive = alive.subscribe();
    let session = Session::start(false, move |_| {
        let alive = alive.clone();
        async move {
            in_order::<(), _>(&[vec![]], |_, _| {
                let alive = Alive(alive.clone());
                Ok(async move {
                    alive.0.send_replace(true);
                    std::future::pending().await
                })
            })
            .await?;
            Ok(Properties::new())
        }
    })
    .await;
    tokio::select! {
        _ = session.run() => panic!("the run has no end of its own"),
        _ = is_alive.wait_for(|alive| *alive) => {}
    }
    is_alive.wait_for(|alive| !alive).await.unwrap();
}

#[tokio::test]
async fn a_providers_function_gets_its_arguments_and_tells_its_result() {
    let session = Session::start(false, |context| async move {
        let arguments = Properties::from([("owner".into(), "me".into())]);
        let result = context.invoke("a:b:get", &arguments, None, Some("4.0.0")).await?;
        assert_eq!(result, arguments);
        Ok(Properties::new())
    })
    .await;
    assert_eq!(session.run().await, RunResponse::default());
    let record = session.record.lock().unwrap();
    assert_eq!(
        (record.invokes[0].tok.as_str(), record.invokes[0].version.as_str()),
        ("a:b:get", "4.0.0")
    );
}

#[tokio::test]
async fn the_engine_learns_the_version_and_the_plugins() {
    let session = Session::start(false, |_| async { Ok(Properties::new()) }).await;
    let client = session.client().await;
    let info: PluginInfo =
        client.call("/pulumirpc.LanguageRuntime/GetPluginInfo", Empty {}).await.unwrap();
    assert_eq!(info.version, "1.2.3");
    let packages: RequiredPackages =
        client.call("/pulumirpc.LanguageRuntime/GetRequiredPackages", Empty {}).await.unwrap();
    let [package] = packages.packages.as_slice() else { panic!("one package") };
    assert_eq!((package.name.as_str(), package.kind.as_str()), ("random", "resource"));
    let unknown: Result<Empty, _> = client.call("/pulumirpc.LanguageRuntime/Pack", Empty {}).await;
    assert_eq!(unknown.unwrap_err().code(), tonic::Code::Unimplemented);
}
