//! Reads the routes of APIs: of OpenAPI bodies, and of methods and routes that are resources.

use foldhash::HashMap;
use tenantry_template::{Model, PartRef, Resource, ResourceId, Span, Text, Value, ValueKind};
use tenantry_verdict::Reason;

use super::{Authorization, Integration, Route, authorization, unknown};
use crate::facts::Facts;
use crate::facts::owners::Owners;

const METHODS: &[&str] = &[
    "get",
    "put",
    "post",
    "delete",
    "options",
    "head",
    "patch",
    "trace",
    "x-amazon-apigateway-any-method",
];

/// The routes of every API.
pub(crate) fn routes<'a>(
    facts: &Facts<'_, 'a>,
    owners: &Owners<'_, 'a>,
) -> (Vec<Route>, Vec<Reason>) {
    let model = facts.reader.model;
    let mut routes = Vec::new();
    let mut unreadable = Vec::new();
    let mut paths = Paths::default();
    for (at, resource) in model.resources.entries() {
        match resource.kind.as_str() {
            "AWS::ApiGateway::RestApi" | "AWS::ApiGatewayV2::Api" => {
                quick_create(owners, (at, resource), &mut routes);
                let body = resource.properties.get("Body");
                if let Some(body) = body {
                    match body.kind {
                        ValueKind::Map(_) => open_api(owners, at, body, &mut routes),
                        _ => unreadable.push(unknown(facts, "the API's body", body.span)),
                    }
                }
                if let Some(elsewhere) = resource.properties.get("BodyS3Location") {
                    let what = "the API's body, which lies elsewhere";
                    unreadable.push(unknown(facts, what, elsewhere.span));
                }
            }
            "AWS::ApiGateway::Method" => {
                method(model, owners, &mut paths, resource, &mut routes);
            }
            "AWS::ApiGatewayV2::Route" => http_route(model, owners, resource, &mut routes),
            _ => {}
        }
    }
    (routes, unreadable)
}

fn open_api<'a>(
    owners: &Owners<'_, 'a>,
    api: ResourceId,
    body: &Value<'a>,
    routes: &mut Vec<Route>,
) {
    let Some(paths) = body.get("paths") else { return };
    for (path, item) in paths.entries() {
        for (method, operation) in item.entries() {
            if !METHODS.contains(&method.text.to_ascii_lowercase().as_str()) {
                continue;
            }
            let name = match method.text.as_ref() {
                "x-amazon-apigateway-any-method" => "ANY".to_owned(),
                method => method.to_ascii_uppercase(),
            };
            let integration = operation.get("x-amazon-apigateway-integration");
            let lands = match integration {
                Some(integration) => lands(owners, integration, "uri", "type"),
                None => Integration::Nowhere,
            };
            let preflight = name == "OPTIONS" && matches!(lands, Integration::Nowhere);
            let guard = match preflight {
                true => Authorization::Checked,
                false => authorization::of_operation(owners, body, operation, method.span),
            };
            let credentials = integration.and_then(|value| value.get("credentials"));
            routes.push(Route {
                lands,
                guard,
                as_role: credentials.is_some(),
                role: credentials.and_then(|value| owners.of(value)).map(|(at, _)| at),
                ..route(owners, api, &name, &path.text, method.span)
            });
        }
    }
}

/// The route that an HTTP API gets by its `Target`: every path, for everybody unless a `RouteKey`
/// names one.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop.html>
fn quick_create<'a>(
    owners: &Owners<'_, 'a>,
    (at, resource): (ResourceId, &Resource<'a>),
    routes: &mut Vec<Route>,
) {
    let Some(target) = resource.properties.get("Target") else { return };
    let key = resource.properties.get("RouteKey").and_then(Value::as_str).unwrap_or("$default");
    let (method, path) = key.split_once(' ').unwrap_or(("ANY", "/$default"));
    let credentials = resource.properties.get("CredentialsArn");
    routes.push(Route {
        lands: address(owners, target),
        guard: Authorization::NoAuthorizer(target.span),
        as_role: credentials.is_some(),
        role: credentials.and_then(|value| owners.of(value)).map(|(at, _)| at),
        ..route(owners, at, method, path, target.span)
    });
}

/// A route that lands nowhere yet.
fn route(owners: &Owners<'_, '_>, api: ResourceId, method: &str, path: &str, span: Span) -> Route {
    let named = owners.mentioned(&Text::literal(path.to_owned()));
    Route {
        api,
        name: format!("{method} {path}"),
        method: method.to_owned(),
        path: path.to_owned(),
        named: named.first().copied(),
        lands: Integration::Nowhere,
        as_role: false,
        role: None,
        guard: Authorization::Checked,
        span,
    }
}

/// Where an integration goes: a function that its address refers to.
fn lands<'a>(
    owners: &Owners<'_, 'a>,
    integration: &Value<'a>,
    uri: &str,
    kind: &str,
) -> Integration {
    let kind = integration.get(kind).and_then(Value::as_str).unwrap_or_default();
    if kind.eq_ignore_ascii_case("mock") {
        return Integration::Nowhere;
    }
    let Some(value) = integration.get(uri) else { return Integration::Nowhere };
    if kind.eq_ignore_ascii_case("aws") && names_service(value) {
        return Integration::Service(value.span);
    }
    address(owners, value)
}

/// Whether an address is that of a service of AWS, and not of a function:
/// `arn:aws:apigateway:REGION:SERVICE:action/NAME`.
fn names_service(value: &Value<'_>) -> bool {
    let text = value.to_text();
    let literals = text.iter().flat_map(Text::parts).filter_map(|part| match part {
        PartRef::Literal(literal) => Some(literal),
        PartRef::Symbol(_) => None,
    });
    let mut seen = String::new();
    literals.for_each(|literal| seen.push_str(literal));
    let calls = seen.contains(":action/") || seen.contains(":path/");
    seen.contains(":apigateway:") && calls && !seen.contains(":lambda:")
}

fn address<'a>(owners: &Owners<'_, 'a>, value: &Value<'a>) -> Integration {
    let Some(text) = value.to_text() else { return Integration::Unknown(value.span) };
    match owners.function(&text) {
        Some(at) => Integration::Function(at, value.span),
        None => Integration::Unknown(value.span),
    }
}

/// The paths of `AWS::ApiGateway::Resource`, each read once.
#[derive(Default)]
struct Paths(HashMap<ResourceId, String>);

impl Paths {
    fn of(&mut self, model: &Model<'_>, at: ResourceId, depth: usize) -> String {
        if let Some(path) = self.0.get(&at) {
            return path.clone();
        }
        // Whoever is its own parent has no path.
        if depth >= 64 {
            return String::new();
        }
        let resource = &model.resources[at];
        let property = |name: &str| resource.properties.get(name);
        let parent = property("ParentId").and_then(Value::to_text);
        let parent = parent.and_then(|text| model.find("AWS::ApiGateway::Resource", &text));
        let mut path = parent.map(|at| self.of(model, at, depth + 1)).unwrap_or_default();
        path.push('/');
        path.push_str(property("PathPart").and_then(Value::as_str).unwrap_or("?"));
        self.0.insert(at, path.clone());
        path
    }
}

fn method<'a>(
    model: &Model<'a>,
    owners: &Owners<'_, 'a>,
    paths: &mut Paths,
    resource: &Resource<'a>,
    routes: &mut Vec<Route>,
) {
    let property = |name: &str| resource.properties.get(name);
    let Some(api) = property("RestApiId").and_then(|value| owners.of(value)) else { return };
    let place = property("ResourceId").and_then(Value::to_text);
    let place = place.and_then(|text| model.find("AWS::ApiGateway::Resource", &text));
    let path = place.map_or_else(|| "/".to_owned(), |at| paths.of(model, at, 0));
    let name = property("HttpMethod").and_then(Value::as_str).unwrap_or("ANY");
    let lands = match property("Integration") {
        Some(integration) => lands(owners, integration, "Uri", "Type"),
        None => Integration::Nowhere,
    };
    let auth = property("AuthorizationType");
    let span = auth.map_or(resource.span, |value| value.span);
    let key = property("ApiKeyRequired").and_then(Value::as_bool) == Some(true);
    let guard = match auth.map(Value::as_str) {
        _ if name == "OPTIONS" && matches!(lands, Integration::Nowhere) => Authorization::Checked,
        Some(Some("NONE")) | None if key => Authorization::KeyOnly(span),
        Some(Some("NONE")) | None => Authorization::NoAuthorizer(span),
        Some(Some(kind)) => authorization::of_resource(model, owners, resource, kind, span),
        Some(None) => Authorization::Unknown(span),
    };
    let integration = property("Integration");
    let credentials = integration.and_then(|value| value.get("Credentials"));
    let role = credentials.and_then(|value| owners.of(value)).map(|(at, _)| at);
    let new = route(owners, api.0, name, &path, resource.span);
    routes.push(Route { lands, guard, as_role: credentials.is_some(), role, ..new });
}

fn http_route<'a>(
    model: &Model<'a>,
    owners: &Owners<'_, 'a>,
    resource: &Resource<'a>,
    routes: &mut Vec<Route>,
) {
    let property = |name: &str| resource.properties.get(name);
    let Some(api) = property("ApiId").and_then(|value| owners.of(value)) else { return };
    let key = property("RouteKey").and_then(Value::as_str).unwrap_or("$default");
    let (method, path) = key.split_once(' ').unwrap_or(("ANY", "/$default"));
    let target = property("Target").and_then(Value::to_text);
    let integration = target.into_iter().flat_map(|text| owners.resources(&text)).find_map(|at| {
        let found = &model.resources[at];
        (found.kind == "AWS::ApiGatewayV2::Integration").then_some(found)
    });
    let own = |name: &str| integration.and_then(|found| found.properties.get(name));
    let lands = match (own("IntegrationUri"), own("IntegrationSubtype")) {
        (_, Some(subtype)) => Integration::Service(subtype.span),
        (Some(uri), _) if names_service(uri) => Integration::Service(uri.span),
        (Some(uri), _) => address(owners, uri),
        (None, _) if own("IntegrationType").and_then(Value::as_str) == Some("MOCK") => {
            Integration::Nowhere
        }
        (None, _) => Integration::Unknown(resource.span),
    };
    let auth = property("AuthorizationType");
    let span = auth.map_or(resource.span, |value| value.span);
    let guard = match auth.map(Value::as_str) {
        Some(Some("NONE")) | None => Authorization::NoAuthorizer(span),
        Some(Some(kind)) => authorization::of_resource(model, owners, resource, kind, span),
        Some(None) => Authorization::Unknown(span),
    };
    let credentials = own("CredentialsArn");
    let role = credentials.and_then(|value| owners.of(value)).map(|(at, _)| at);
    let new = route(owners, api.0, method, path, resource.span);
    routes.push(Route { lands, guard, as_role: credentials.is_some(), role, ..new });
}
