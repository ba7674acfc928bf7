//! AWS::Serverless::Api and HttpApi, and the implicit APIs: an OpenAPI body with a route for each
//! event, its authorizers, a stage, and the permission that lets the API call each function.

use std::borrow::Cow;

use super::auth::{authorizer_permissions, check, credentials, operation_auth, schemes};
use super::function::route_permission;
use super::{Lines, Made, Route, Serverless, call, properties as known};
use crate::source::Span;
use crate::syntax::{Entry, Key, Kind, Node};

pub(super) fn rest<'a>(source: &Serverless<'a>, made: &mut Made<'a, '_>) {
    let api = api(source, "AWS::ApiGateway::RestApi", known::REST);
    let mut lines = source.copied(known::STAGE);
    lines.push((Cow::Borrowed("RestApiId"), call("Ref", source.id.clone(), source.span)));
    if let Some(canary) = source.get("CanarySetting")
        && canary.get("StageVariableOverrides").is_some()
    {
        made.gap("`StageVariableOverrides` of `CanarySetting`", canary.span);
    }
    let stage = stage(source, lines, "AWS::ApiGateway::Stage", "Prod");
    made.ids.insert(format!("{}.Stage", source.id), stage.key.text.to_string());
    made.out.extend([api, stage]);
}

pub(super) fn http<'a>(source: &Serverless<'a>, made: &mut Made<'a, '_>) {
    let api = api(source, "AWS::ApiGatewayV2::Api", known::HTTP);
    let mut lines = source.copied(known::HTTP_STAGE);
    lines.push((Cow::Borrowed("ApiId"), call("Ref", source.id.clone(), source.span)));
    if let Some(variables) = source.get("StageVariables") {
        lines.push((Cow::Borrowed("StageVariables"), variables.clone()));
    }
    let stage = stage(source, lines, "AWS::ApiGatewayV2::Stage", "$default");
    made.out.extend([api, stage]);
}

/// The API; `Auth` stays beside the body until the routes are in it.
fn api<'a>(source: &Serverless<'a>, kind: &'static str, same: &[&'static str]) -> Entry<'a> {
    let mut lines = source.copied(same);
    let renamed =
        [("DefinitionBody", "Body"), ("DefinitionUri", "BodyS3Location"), ("Auth", "Auth")];
    for (from, to) in renamed {
        if let Some(node) = source.get(from) {
            lines.push((Cow::Borrowed(to), node.clone()));
        }
    }
    source.resource(source.id.clone(), kind, lines)
}

fn stage<'a>(
    source: &Serverless<'a>,
    mut lines: Lines<'a>,
    kind: &'static str,
    default: &'static str,
) -> Entry<'a> {
    let name = source.get("StageName").cloned();
    let name = name.unwrap_or_else(|| Node::string(default, source.span));
    let id = match name.as_str() {
        Some("$default") => "ApiGatewayDefault",
        Some(name) => name,
        None => "",
    };
    let id = format!("{}{id}Stage", source.id);
    lines.push((Cow::Borrowed("StageName"), name));
    lines.retain(|(name, _)| name != "Tags" || kind == "AWS::ApiGateway::Stage");
    source.resource(id, kind, lines)
}

/// Puts the events' routes into their APIs, and makes the implicit ones.
pub(super) fn routes<'a>(made: &mut Made<'a, '_>, globals: Option<&Node<'a>>) {
    let routes = std::mem::take(&mut made.routes);
    implicit_apis(made, &routes, globals);
    permissions(made, &routes);
    let bodies = bodies(made, &routes);
    made.out.extend(bodies.permissions);
    for (what, span) in bodies.gaps {
        made.gap_of_api(&what, span);
    }
    for span in bodies.unplaced {
        const WHAT: &str =
            "an event or `Auth` on an API with a body of its own, or from elsewhere,";
        made.gap_of_api(WHAT, span);
    }
}

/// The API of a route: its own, or SAM's implicit one.
fn api_of(route: &Route<'_>) -> String {
    match (&route.api, route.http) {
        (Some(api), _) => api.clone(),
        (None, false) => "ServerlessRestApi".to_owned(),
        (None, true) => "ServerlessHttpApi".to_owned(),
    }
}

/// Makes the APIs of routes that name none.
fn implicit_apis<'a>(made: &mut Made<'a, '_>, routes: &[Route<'a>], globals: Option<&Node<'a>>) {
    for (is_http, id, section) in
        [(false, "ServerlessRestApi", "Api"), (true, "ServerlessHttpApi", "HttpApi")]
    {
        let mut own = routes.iter().filter(|route| route.http == is_http && route.api.is_none());
        let Some(first) = own.next() else { continue };
        let key = Key { text: Cow::Borrowed(id), span: first.span };
        let value = Node { kind: Kind::Mapping(Vec::new()), span: first.span };
        let global = globals.and_then(|all| all.get(section));
        let source = Serverless::new(Entry { key, value }, global);
        if let Some(names) = known::of(section) {
            made.unknown(&format!("`Globals` for `{section}`"), &source.properties, names);
        }
        if is_http { http(&source, made) } else { rest(&source, made) }
    }
}

/// Lets each route's API invoke its function.
fn permissions<'a>(made: &mut Made<'a, '_>, routes: &[Route<'a>]) {
    for (at, route) in routes.iter().enumerate() {
        // An API that is named by its id is none of this template's.
        let api = api_of(route);
        let here = made.out.iter().any(|entry| entry.key.text == api.as_str());
        let api = if here { format!("${{{api}}}") } else { api };
        let method = route.method.to_uppercase().replace("ANY", "*");
        // A path parameter may be anything.
        let parts = route.path.split('/');
        let path: Vec<&str> =
            parts.map(|part| if part.starts_with('{') { "*" } else { part }).collect();
        let path = path.join("/");
        let to = if path == "$default" { path } else { format!("{method}{path}") };
        let arn = format!(
            "arn:${{AWS::Partition}}:execute-api:${{AWS::Region}}:${{AWS::AccountId}}:{api}/*/{to}"
        );
        let id = format!("{}Permission{at}", route.function);
        let arn = call("Fn::Sub", arn, route.span);
        let function = call("Ref", route.reference.clone(), route.span);
        made.out.push(route_permission(id, function, arn, route.span));
    }
}

/// What comes of writing routes into the APIs' bodies.
struct Bodies<'a> {
    /// Lets authorizers be invoked.
    permissions: Vec<Entry<'a>>,
    gaps: Vec<(String, Span)>,
    /// Routes and APIs that no body here holds.
    unplaced: Vec<Span>,
}

/// Writes the bodies of the APIs.
fn bodies<'a>(made: &mut Made<'a, '_>, routes: &[Route<'a>]) -> Bodies<'a> {
    let placed =
        |route: &&Route<'a>| made.out.iter().any(|entry| entry.key.text == api_of(route).as_str());
    let unplaced = routes.iter().filter(|route| !placed(route)).map(|route| route.span).collect();
    let mut bodies = Bodies { permissions: Vec::new(), gaps: Vec::new(), unplaced };
    for entry in &mut made.out {
        let kind = entry.value.get("Type").and_then(Node::as_str).unwrap_or_default();
        if kind != "AWS::ApiGateway::RestApi" && kind != "AWS::ApiGatewayV2::Api" {
            continue;
        }
        let http = kind == "AWS::ApiGatewayV2::Api";
        let own: Vec<_> = routes.iter().filter(|route| api_of(route) == entry.key.text).collect();
        let Kind::Mapping(lines) = &mut entry.value.kind else { continue };
        for line in lines.iter_mut().filter(|line| line.key.text == "Properties") {
            if let Kind::Mapping(properties) = &mut line.value.kind {
                bodies.write(&entry.key, line.key.span, properties, &own, http);
            }
        }
    }
    bodies
}

impl<'a> Bodies<'a> {
    /// Writes one API's body into its properties.
    fn write(
        &mut self,
        api: &Key<'a>,
        span: Span,
        properties: &mut Vec<Entry<'a>>,
        own: &[&Route<'a>],
        http: bool,
    ) {
        let auth = properties.iter().position(|line| line.key.text == "Auth");
        let auth = auth.map(|at| properties.remove(at).value);
        if own.is_empty() && auth.is_none() {
            return;
        }
        if let Some(auth) = &auth {
            self.permissions.extend(authorizer_permissions(auth, &api.text, span));
        }
        if properties.iter().any(|line| line.key.text == "Body") {
            // With a body of its own, SAM edits that: what comes of it is not known.
            self.unplaced.push(api.span);
            return;
        }
        self.gaps.extend(check(auth.as_ref(), own, http));
        // SAM leaves a document from elsewhere as it is.
        if properties.iter().any(|line| line.key.text == "BodyS3Location") {
            return;
        }
        let value = body(own, auth.as_ref(), span);
        properties.push(Entry { key: Key { text: Cow::Borrowed("Body"), span }, value });
    }
}

fn body<'a>(routes: &[&Route<'a>], auth: Option<&Node<'a>>, span: Span) -> Node<'a> {
    let mut paths: Vec<(Cow<'a, str>, Lines<'a>)> = Vec::new();
    for route in routes {
        let method = match route.method.to_lowercase() {
            any if any == "any" => "x-amazon-apigateway-any-method".to_owned(),
            method => method,
        };
        let operation = (Cow::Owned(method), operation(route, auth));
        match paths.iter_mut().find(|(path, _)| *path == route.path) {
            Some((_, operations)) => operations.push(operation),
            None => paths.push((Cow::Owned(route.path.clone()), vec![operation])),
        }
    }
    let paths = paths.into_iter().map(|(path, all)| (path, Node::mapping(all, span)));
    let mut lines = vec![("paths", Node::mapping(paths, span))];
    lines.extend(schemes(auth, routes, span).map(|all| ("securityDefinitions", all)));
    Node::mapping(lines, span)
}

fn operation<'a>(route: &Route<'a>, auth: Option<&Node<'a>>) -> Node<'a> {
    let span = route.span;
    let uri = format!(
        "arn:${{AWS::Partition}}:apigateway:${{AWS::Region}}:lambda:path/2015-03-31/functions/${{{}}}/invocations",
        route.arn
    );
    let mut integration = vec![
        ("type", Node::string("aws_proxy", span)),
        ("httpMethod", Node::string("POST", span)),
        ("uri", call("Fn::Sub", uri, span)),
    ];
    integration.extend(credentials(route, auth).map(|role| ("credentials", role)));
    let integration = Node::mapping(integration, span);
    let mut lines = vec![("x-amazon-apigateway-integration", integration)];
    lines.extend(operation_auth(route, auth).map(|auth| ("security", auth)));
    Node::mapping(lines, span)
}
