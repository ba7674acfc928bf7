//! AWS::Serverless::Api and HttpApi, and the implicit APIs: an OpenAPI body with a route for each
//! event, its authorizers, a stage, and the permission that lets the API call each function.

use std::borrow::Cow;

use super::function::route_permission;
use super::{Lines, Made, Route, Serverless, call, list, made as entry};
use crate::source::Span;
use crate::text::{Entry, Key, Kind, Node};

pub(super) fn rest<'a>(source: &Serverless<'a>) -> Entry<'a> {
    api(source, "AWS::ApiGateway::RestApi")
}

pub(super) fn http<'a>(source: &Serverless<'a>) -> Entry<'a> {
    api(source, "AWS::ApiGatewayV2::Api")
}

/// The API; `Auth` stays beside the body until the routes are in it.
fn api<'a>(source: &Serverless<'a>, kind: &'static str) -> Entry<'a> {
    let mut lines = Vec::new();
    let names = [("Name", "Name"), ("DefinitionBody", "Body"), ("Auth", "Auth")];
    for (from, to) in names {
        if let Some(node) = source.get(from) {
            lines.push((Cow::Borrowed(to), node.clone()));
        }
    }
    if let Some(tags) = source.tags() {
        lines.push((Cow::Borrowed("Tags"), tags));
    }
    source.resource(source.id.clone(), kind, lines)
}

pub(super) fn stage<'a>(source: &Serverless<'a>) -> Entry<'a> {
    let name = source.get("StageName").cloned();
    let name = name.unwrap_or_else(|| Node::string("Prod", source.span));
    let mut lines = vec![
        (Cow::Borrowed("RestApiId"), call("Ref", source.id.clone(), source.span)),
        (Cow::Borrowed("StageName"), name),
    ];
    for name in ["CacheClusterEnabled", "MethodSettings", "AccessLogSetting", "Variables"] {
        if let Some(node) = source.get(name) {
            lines.push((Cow::Borrowed(name), node.clone()));
        }
    }
    source.resource(format!("{}Stage", source.id), "AWS::ApiGateway::Stage", lines)
}

/// Puts the events' routes into their APIs, and makes the implicit ones.
pub(super) fn routes<'a>(made: &mut Made<'a, '_>, globals: Option<&Node<'a>>) {
    let routes = std::mem::take(&mut made.routes);
    for (http, implicit, kind, global) in [
        (false, "ServerlessRestApi", "AWS::ApiGateway::RestApi", "Api"),
        (true, "ServerlessHttpApi", "AWS::ApiGatewayV2::Api", "HttpApi"),
    ] {
        let first = routes.iter().find(|route| route.http == http && route.api.is_none());
        let Some(first) = first else { continue };
        let mut lines = Vec::new();
        if let Some(auth) = globals.and_then(|all| all.get(global)?.get("Auth")) {
            lines.push((Cow::Borrowed("Auth"), auth.clone()));
        }
        let properties = Node::mapping(lines, first.span);
        let lines = vec![
            (Cow::Borrowed("Type"), Node::string(kind, first.span)),
            (Cow::Borrowed("Properties"), properties),
        ];
        made.out.push(entry(implicit.to_owned(), lines, first.span));
    }
    let implicit = |route: &Route<'a>| match (&route.api, route.http) {
        (Some(api), _) => api.clone(),
        (None, false) => "ServerlessRestApi".to_owned(),
        (None, true) => "ServerlessHttpApi".to_owned(),
    };
    for (at, route) in routes.iter().enumerate() {
        let api = implicit(route);
        let method = route.method.to_uppercase().replace("ANY", "*");
        // A path parameter may be anything.
        let parts = route.path.split('/');
        let path: Vec<&str> =
            parts.map(|part| if part.starts_with('{') { "*" } else { part }).collect();
        let path = path.join("/");
        let arn = format!(
            "arn:${{AWS::Partition}}:execute-api:${{AWS::Region}}:${{AWS::AccountId}}:${{{api}}}/*/{method}{path}"
        );
        let id = format!("{}Permission{at}", route.function);
        let arn = call("Fn::Sub", arn, route.span);
        made.out.push(route_permission(id, &route.function, arn, route.span));
    }
    let mut unplaced: Vec<Span> = routes
        .iter()
        .filter(|route| !made.out.iter().any(|entry| entry.key.text == implicit(route).as_str()))
        .map(|route| route.span)
        .collect();
    for entry in &mut made.out {
        let kind = entry.value.get("Type").and_then(Node::as_str).unwrap_or_default();
        if kind != "AWS::ApiGateway::RestApi" && kind != "AWS::ApiGatewayV2::Api" {
            continue;
        }
        let own: Vec<_> = routes.iter().filter(|route| implicit(route) == entry.key.text).collect();
        let Kind::Mapping(lines) = &mut entry.value.kind else { continue };
        for line in lines.iter_mut().filter(|line| line.key.text == "Properties") {
            let Kind::Mapping(properties) = &mut line.value.kind else { continue };
            let auth = properties.iter().position(|line| line.key.text == "Auth");
            let auth = auth.map(|at| properties.remove(at).value);
            if own.is_empty() && auth.is_none() {
                continue;
            }
            if properties.iter().any(|line| line.key.text == "Body") {
                // With a body of its own, SAM edits that: what comes of it is not known.
                unplaced.push(entry.key.span);
                continue;
            }
            let span = line.key.span;
            let value = body(&own, auth.as_ref(), span);
            properties.push(Entry { key: Key { text: Cow::Borrowed("Body"), span }, value });
        }
    }
    for span in unplaced {
        made.gap("an event or `Auth` on an API with a body of its own, or from elsewhere,", span);
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
    if let Some(authorizers) = auth.and_then(|auth| auth.get("Authorizers")) {
        let schemes = authorizers
            .entries()
            .iter()
            .map(|line| (line.key.text.clone(), authorizer(&line.value)));
        lines.push(("securityDefinitions", Node::mapping(schemes, authorizers.span)));
    }
    Node::mapping(lines, span)
}

fn operation<'a>(route: &Route<'a>, auth: Option<&Node<'a>>) -> Node<'a> {
    let span = route.span;
    let uri = format!(
        "arn:${{AWS::Partition}}:apigateway:${{AWS::Region}}:lambda:path/2015-03-31/functions/${{{}.Arn}}/invocations",
        route.function
    );
    let integration = Node::mapping(
        [
            ("type", Node::string("aws_proxy", span)),
            ("httpMethod", Node::string("POST", span)),
            ("uri", call("Fn::Sub", uri, span)),
        ],
        span,
    );
    let mut lines = vec![("x-amazon-apigateway-integration", integration)];
    let own = route.auth.as_ref().and_then(|auth| auth.get("Authorizer"));
    let default = auth.and_then(|auth| auth.get("DefaultAuthorizer"));
    if let Some(name) = own.or(default).and_then(Node::as_str).filter(|name| *name != "NONE") {
        let scheme = Node::mapping([(name.to_owned(), list(Vec::new(), span))], span);
        lines.push(("security", list(vec![scheme], span)));
    }
    Node::mapping(lines, span)
}

/// An authorizer as a security scheme; without `ReauthorizeEvery` a decision lives 300 seconds.
/// <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-api-lambdatokenauthorizer.html>
fn authorizer<'a>(node: &Node<'a>) -> Node<'a> {
    let span = node.span;
    let identity = node.get("Identity");
    let header = identity.and_then(|all| all.get("Header")).and_then(Node::as_str);
    let header = header.unwrap_or("Authorization").to_owned();
    let ttl = identity.and_then(|all| all.get("ReauthorizeEvery")).cloned();
    let ttl = ttl.unwrap_or(Node { kind: Kind::Number(Cow::Borrowed("300")), span });
    let source = Node::string(format!("method.request.header.{header}"), span);
    let mut lines = Vec::new();
    let mut auth_type = "custom";
    if let Some(pool) = node.get("UserPoolArn") {
        auth_type = "cognito_user_pools";
        lines.push(("type", Node::string("cognito_user_pools", span)));
        lines.push(("providerARNs", list(vec![pool.clone()], span)));
    } else if let Some(function) = node.get("FunctionArn") {
        let request = node.get("FunctionPayloadType").and_then(Node::as_str) == Some("REQUEST");
        let kind = if request { "request" } else { "token" };
        let text = "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${F}/invocations";
        let variables = Node::mapping([("F", function.clone())], span);
        let uri = list(vec![Node::string(text, span), variables], span);
        lines.push(("type", Node::string(kind, span)));
        lines.push(("authorizerUri", Node::mapping([("Fn::Sub", uri)], span)));
        lines.push(("authorizerResultTtlInSeconds", ttl));
        lines.push(("identitySource", source));
    } else {
        lines.extend([("type", Node::string("jwt", span)), ("jwtConfiguration", node.clone())]);
    }
    let scheme = [
        ("type", Node::string("apiKey", span)),
        ("name", Node::string(header, span)),
        ("in", Node::string("header", span)),
        ("x-amazon-apigateway-authtype", Node::string(auth_type, span)),
        ("x-amazon-apigateway-authorizer", Node::mapping(lines, span)),
    ];
    Node::mapping(scheme, span)
}
