//! The REST API: every tenant's routes, each behind the authorizer and in front of that tenant's
//! function.

mod fallback;
mod mock;
mod routes;

use std::borrow::Cow;

use sha2::{Digest, Sha256};
use tenantry_resources::{
    AccessLog, Account, Deployment, Function, Key, MethodSetting, NodeOptions, Output, Part,
    Permission, Policy, Pseudo, Ref, RestApi, Role, Stage, Table, Text, Tree, Waiver,
};

use self::routes::{Method, schemas};
use crate::arns::SharedLog;
use crate::builder::{Builder, Tenant};
use crate::compute::Running;
use crate::network::TenantNetwork;
use crate::service_role::service_trust;
use crate::{logging, names};

pub(crate) use self::routes::{REFERENCE_ROUTES, Route};

/// Seconds that API Gateway keeps what the authorizer decided of a token. A decision names one
/// tenant's routes alone, so that it can be kept for all of them.
const DECISION_SECONDS: u16 = 300;

const SECURITY_SCHEME: &str = "tenant";

/// A tenant whose routes are served, and what of it the deployment tells.
pub(crate) struct Served<'a> {
    pub(crate) tenant: Tenant<'a>,
    pub(crate) network: TenantNetwork,
    /// In the order of the application's.
    pub(crate) tables: Vec<Ref<Table>>,
    pub(crate) running: Vec<Running<'a>>,
}

pub(crate) fn rest_api(
    b: &mut Builder<'_>,
    key: &Ref<Key>,
    authorizer: &Ref<Function>,
    tenants: &[Served<'_>],
) {
    let component = b.shared("Api");
    let body = body(b, authorizer, tenants);
    let digest = digest(&body);
    let api = RestApi { name: b.name("api"), description: "The tenants' API".to_owned(), body };
    let api = b.graph.add(&component, "Api", api);
    permissions(b, &api, authorizer, tenants);
    let deployment = Deployment { rest_api: api.clone(), description: format!("Body {digest}") };
    // A deployment is a snapshot and never changes: a new body asks for a new one.
    let deployment = b.graph.add(&component, format!("ApiDeployment{digest}"), deployment);
    stage(b, &api, deployment, key, tenants);
    outputs(b, &api, tenants);
}

fn body(b: &Builder<'_>, authorizer: &Ref<Function>, tenants: &[Served<'_>]) -> Tree {
    let mut paths: Vec<(Cow<'static, str>, Tree)> = Vec::new();
    for Served { tenant, running, .. } in tenants {
        // Services may share a path: each has methods of its own there.
        let mut of_tenant: Vec<(&str, Vec<_>)> = Vec::new();
        for Running { service, function, .. } in running {
            for route in service.routes.iter() {
                let operations = route.methods.iter().map(|method| {
                    (Cow::Borrowed(method.verb), operation(&route.path, method, tenant, function))
                });
                match of_tenant.iter_mut().find(|(path, _)| *path == route.path) {
                    Some((_, there)) => there.extend(operations),
                    None => of_tenant.push((&route.path, operations.collect())),
                }
            }
        }
        paths.extend(of_tenant.into_iter().map(|(path, operations)| {
            let path = format!("/tenants/{}{path}", tenant.config.id);
            (Cow::Owned(path), Tree::Map(operations))
        }));
    }
    paths.push(fallback::path());
    let scheme = Tree::map([
        ("type", "apiKey".into()),
        ("name", "Authorization".into()),
        ("in", "header".into()),
        ("x-amazon-apigateway-authtype", "custom".into()),
        (
            "x-amazon-apigateway-authorizer",
            Tree::map([
                ("type", "token".into()),
                ("authorizerUri", invocation(authorizer).into()),
                ("authorizerResultTtlInSeconds", DECISION_SECONDS.into()),
                // What is no bearer token never reaches the function.
                (
                    "identityValidationExpression",
                    r"^[Bb][Ee][Aa][Rr][Ee][Rr] +[-_0-9A-Za-z]+\.[-_0-9A-Za-z]+\.[-_0-9A-Za-z]+$"
                        .into(),
                ),
            ]),
        ),
    ]);
    Tree::map([
        ("openapi", "3.0.1".into()),
        ("info", Tree::map([("title", b.name("api").into()), ("version", "1".into())])),
        ("paths", Tree::Map(paths)),
        ("components", components(b, scheme)),
        ("x-amazon-apigateway-gateway-responses", gateway_responses()),
    ])
}

fn components(b: &Builder<'_>, scheme: Tree) -> Tree {
    let mut components = Vec::new();
    if b.application.is_the_reference() {
        components.push(("schemas".into(), schemas()));
    }
    components.push(("securitySchemes".into(), Tree::map([(SECURITY_SCHEME, scheme)])));
    Tree::Map(components)
}

/// What a suspended tenant is told.
const SUSPENDED: &str = "This tenant is suspended; its data is kept";

/// A suspended tenant's routes stay behind the authorizer, so that strangers are told nothing of it, and nothing is behind them.
fn operation(route: &str, method: &Method, tenant: &Tenant<'_>, function: &Ref<Function>) -> Tree {
    let parameters = route.split('/').filter_map(|part| {
        let name = part.strip_prefix('{')?.strip_suffix('}')?;
        let name = name.strip_suffix('+').unwrap_or(name);
        Some(Tree::map([
            ("name", name.to_owned().into()),
            ("in", "path".into()),
            ("required", true.into()),
            ("schema", Tree::map([("type", "string".into())])),
        ]))
    });
    let (integration, responses) = if tenant.config.suspended {
        (mock::problem(403, "Suspended", Some(SUSPENDED)), routes::suspended())
    } else {
        let integration = Tree::map([
            ("type", "aws_proxy".into()),
            ("httpMethod", "POST".into()),
            ("uri", invocation(function).into()),
        ]);
        (integration, method.responses())
    };
    Tree::map([
        ("security", Tree::list([Tree::map([(SECURITY_SCHEME, Tree::List(Vec::new()))])])),
        ("parameters", Tree::list(parameters)),
        ("x-amazon-apigateway-integration", integration),
        ("responses", responses),
    ])
}

/// What API Gateway itself refuses reads like the functions' refusals (RFC 9457), and tells nothing
/// of what is behind.
///
/// Each status is written out: a template here only has variables put in, and the status is not one
/// that the documentation gives it. A fallback must not have a status, which would go to all types
/// that it stands for, so what it says has none either.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html>
fn gateway_responses() -> Tree {
    const RESPONSES: [(&str, u16, &str); 10] = [
        ("UNAUTHORIZED", 401, "Unauthorized"),
        ("ACCESS_DENIED", 403, "Forbidden"),
        // What has no route at all tells a stranger no more than what has one.
        ("MISSING_AUTHENTICATION_TOKEN", 401, "Unauthorized"),
        ("REQUEST_TOO_LARGE", 413, "Content Too Large"),
        ("THROTTLED", 429, "Too Many Requests"),
        ("API_CONFIGURATION_ERROR", 500, "Internal Server Error"),
        ("AUTHORIZER_CONFIGURATION_ERROR", 500, "Internal Server Error"),
        ("AUTHORIZER_FAILURE", 500, "Internal Server Error"),
        ("INTEGRATION_FAILURE", 504, "Gateway Timeout"),
        ("INTEGRATION_TIMEOUT", 504, "Gateway Timeout"),
    ];
    const FALLBACKS: [(&str, &str); 2] = [
        ("DEFAULT_4XX", "The API does not take this request"),
        ("DEFAULT_5XX", "The API cannot answer now"),
    ];
    let response = |problem: String| {
        vec![
            (
                Cow::Borrowed("responseParameters"),
                Tree::map([
                    ("gatewayresponse.header.Content-Type", "'application/problem+json'".into()),
                    ("gatewayresponse.header.Cache-Control", "'no-store'".into()),
                ]),
            ),
            ("responseTemplates".into(), Tree::map([("application/json", problem.into())])),
        ]
    };
    let named = RESPONSES.map(|(kind, status, title)| {
        let mut entries = response(format!(
            r#"{{"title":"{title}","status":{status},"requestId":"$context.requestId"}}"#
        ));
        entries.insert(0, ("statusCode".into(), status.to_string().into()));
        (Cow::Borrowed(kind), Tree::Map(entries))
    });
    let fallbacks = FALLBACKS.map(|(kind, title)| {
        let problem = format!(r#"{{"title":"{title}","requestId":"$context.requestId"}}"#);
        (Cow::Borrowed(kind), Tree::Map(response(problem)))
    });
    Tree::Map(named.into_iter().chain(fallbacks).collect())
}

/// The URI by which API Gateway calls a function.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-integration.html>
fn invocation(function: &Ref<Function>) -> Text {
    Text::from("arn:")
        .then(Pseudo::Partition)
        .then(":apigateway:")
        .then(Pseudo::Region)
        .then(":lambda:path/2015-03-31/functions/")
        .then(function.arn())
        .then("/invocations")
}

/// This API alone may call the functions: each tenant's from that tenant's routes, the authorizer
/// as an authorizer.
fn permissions(
    b: &mut Builder<'_>,
    api: &Ref<RestApi>,
    authorizer: &Ref<Function>,
    tenants: &[Served<'_>],
) {
    let called_by = |function: &Ref<Function>, path: String| Permission {
        function: function.clone(),
        principal: "apigateway.amazonaws.com",
        source_arn: Text::arn("execute-api", api.id().then(path)),
    };
    let stage = stage_name(b).to_owned();
    for Served { tenant, running, .. } in tenants {
        for Running { service, function, .. } in running {
            let path = format!("/{stage}/*/tenants/{}/*", tenant.config.id);
            let permission = called_by(function, path);
            b.graph.add(&tenant.component, tenant.id(&service.id("Permission")), permission);
        }
    }
    let permission = called_by(authorizer, "/authorizers/*".to_owned());
    b.graph.add(&b.shared("Authorizer"), "AuthorizerPermission", permission);
}

fn stage(
    b: &mut Builder<'_>,
    api: &Ref<RestApi>,
    deployment: Ref<Deployment>,
    key: &Ref<Key>,
    tenants: &[Served<'_>],
) {
    let log_group = logging::shared(b, SharedLog::Access, key);
    let mut method_settings = Vec::from_iter(fallback::limit(tenants));
    for Served { tenant, .. } in tenants {
        let tier = &tenant.config.tier;
        let services = &b.application.services;
        for route in services.iter().flat_map(|service| service.routes.iter()) {
            for method in route.methods.iter() {
                method_settings.push(MethodSetting {
                    path: format!("/tenants/{}{}", tenant.config.id, route.path),
                    method: method.verb,
                    rate_limit: tier.requests_per_second,
                    burst_limit: tier.burst,
                });
            }
        }
    }
    let stage = Stage {
        name: stage_name(b).to_owned(),
        rest_api: api.clone(),
        deployment,
        access_log: AccessLog { log_group, format: access_log_format() },
        method_settings,
    };
    let options = NodeOptions {
        depends_on: account(b).into_iter().collect(),
        waivers: vec![
            Waiver {
                rule: "CKV_AWS_73",
                reason: "the functions cannot reach X-Ray from the tenants' subnets",
            },
            Waiver {
                rule: "CKV_AWS_120",
                reason: "a cache of answers would stand between the authorizer and the tenants",
            },
        ],
    };
    b.graph.add_with(&b.shared("Api"), "ApiStage", stage, options);
}

/// Access logs need a role in the settings of the account and region, of which there is one; the
/// first cell sets it for all, unless the account has its own.
fn account(b: &mut Builder<'_>) -> Option<tenantry_resources::LogicalId> {
    if !b.sets_the_account_log_role() {
        return None;
    }
    let component = b.shared("Api");
    let role = Role {
        name: b.name("api-log-role"),
        description: "Writes the access logs of the region's REST APIs".to_owned(),
        trust: Policy::new(vec![service_trust("apigateway.amazonaws.com")]),
        // API Gateway checks that the role has all that this policy has.
        managed_policies: vec![Text::managed_policy_arn(
            "service-role/AmazonAPIGatewayPushToCloudWatchLogs",
        )],
    };
    let cloudwatch_role = b.graph.add(&component, "ApiLogRole", role);
    let account = b.graph.add(&component, "ApiAccount", Account { cloudwatch_role });
    Some(account.logical_id().clone())
}

/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html#context-variable-reference>
fn access_log_format() -> Tree {
    Tree::map([
        ("requestId", "$context.requestId".into()),
        ("time", "$context.requestTime".into()),
        ("tenantId", "$context.authorizer.tenantId".into()),
        ("subject", "$context.authorizer.principalId".into()),
        ("sourceIp", "$context.identity.sourceIp".into()),
        ("method", "$context.httpMethod".into()),
        ("resource", "$context.resourcePath".into()),
        ("status", "$context.status".into()),
        ("latencyMs", "$context.responseLatency".into()),
        ("responseBytes", "$context.responseLength".into()),
        ("authorizerError", "$context.authorizer.error".into()),
    ])
}

fn outputs(b: &mut Builder<'_>, api: &Ref<RestApi>, tenants: &[Served<'_>]) {
    let address = api.address().then(format!("/{}", stage_name(b)));
    b.graph.output(Output {
        name: "ApiAddress".to_owned(),
        description: "What all paths of the API are below".to_owned(),
        value: address.clone(),
    });
    for served in tenants {
        let id = &served.tenant.config.id;
        for (what, description, value) in of_tenant(b, served, &address) {
            b.graph.output(Output {
                name: names::tenant_output(id, &what),
                description: format!("{id}: {description}"),
                value,
            });
        }
    }
}

/// What a deployment tells of a tenant: name, description and value.
fn of_tenant(b: &Builder<'_>, served: &Served<'_>, address: &Text) -> Vec<(String, String, Text)> {
    let id = &served.tenant.config.id;
    let [subnet_a, subnet_b] = &served.network.subnets;
    let (below, what) = match b.application.is_the_reference() {
        true => ("/users", "the users of the API"),
        false => ("", "what its routes are below"),
    };
    let endpoint = address.clone().then(format!("/tenants/{id}{below}"));
    let mut outputs = vec![
        ("Endpoint".to_owned(), what.to_owned(), endpoint),
        ("SubnetA".to_owned(), "the subnet in the first zone".to_owned(), subnet_a.id()),
        ("SubnetB".to_owned(), "the subnet in the second zone".to_owned(), subnet_b.id()),
    ];
    for (table, made) in b.application.tables.iter().zip(&served.tables) {
        outputs.push((table.id(), format!("the table of {}", table.name), made.id()));
    }
    for Running { service, log, .. } in &served.running {
        outputs.push((service.id("LogGroup"), "the log group".to_owned(), log.id()));
    }
    outputs
}

/// The stage is the first part of every path; its name is the environment's.
pub(crate) fn stage_name<'a>(b: &Builder<'a>) -> &'a str {
    &b.platform.environment_suffix
}

/// The first 12 hexadecimal digits of the SHA-256 of a body.
fn digest(body: &Tree) -> String {
    let mut hash = Sha256::new();
    for part in body.to_json_text().parts() {
        match part {
            Part::Literal(text) => hash.update(text.as_bytes()),
            // No literal part has a NUL: JSON text escapes it.
            Part::Attribute(id, _) => hash.update(format!("\0{id}")),
            Part::Pseudo(pseudo) => hash.update(format!("\0{pseudo:?}")),
        }
    }
    hash.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}
