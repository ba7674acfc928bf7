//! `Auth` of serverless APIs and of their events: authorizers as security schemes, the operations
//! that ask for them, and a gap for every other way to guard a route.

use std::borrow::Cow;

use super::function::route_permission;
use super::{Gap, Route, call, list, unknown};
use crate::source::Span;
use crate::syntax::{Entry, Kind, Node};

const AUTHORIZER: &[&str] = &[
    "AuthorizationScopes",
    "AuthorizerPayloadFormatVersion",
    "EnableFunctionDefaultPermissions",
    "EnableSimpleResponses",
    "DisableFunctionDefaultPermissions",
    "FunctionArn",
    "FunctionInvokeRole",
    "FunctionPayloadType",
    "Identity",
    "IdentitySource",
    "JwtConfiguration",
    "UserPoolArn",
];
const IDENTITY: &[&str] = &["Header", "Headers", "QueryStrings", "Context", "StageVariables"];
const IDENTITY_OTHER: &[&str] = &["ReauthorizeEvery", "ValidationExpression"];

/// What an API's `Auth` may say beside its authorizers: keys and usage plans ask for more than the
/// authorizer alone, preflights end in a mock.
const AUTH: &[&str] = &[
    "AddApiKeyRequiredToCorsPreflight",
    "AddDefaultAuthorizerToCorsPreflight",
    "ApiKeyRequired",
    "Authorizers",
    "DefaultAuthorizer",
    "EnableIamAuthorizer",
    "InvokeRole",
    "ResourcePolicy",
    "UsagePlan",
];
/// What a route's `Auth` may say.
const ROUTE: &[&str] =
    &["ApiKeyRequired", "AuthorizationScopes", "Authorizer", "InvokeRole", "ResourcePolicy"];
/// The parts of a resource policy that let in callers of other accounts.
const LETS_IN: &[&str] = &["AwsAccountWhitelist", "CustomStatements"];

/// What an API's `Auth` and its routes' say that is not translated.
pub(super) fn check(auth: Option<&Node<'_>>, routes: &[&Route<'_>], http: bool) -> Vec<Gap> {
    let mut gaps = Vec::new();
    let of = if http { "an HTTP API's `Auth`" } else { "a REST API's `Auth`" };
    let authorizers = auth.and_then(|auth| auth.get("Authorizers"));
    if let Some(auth) = auth {
        gaps.extend(unknown(of, auth, &[AUTH]));
        if let Some(default) = auth.get("DefaultAuthorizer") {
            chosen(default, authorizers, &mut gaps);
        }
    }
    if let Some(authorizers) = authorizers {
        if !matches!(authorizers.kind, Kind::Mapping(_)) {
            gaps.push((format!("`Authorizers` of {of}"), authorizers.span));
        }
        for Entry { key, value } in authorizers.entries() {
            gaps.extend(unknown("an authorizer", value, &[AUTHORIZER]));
            if let Some(identity) = value.get("Identity") {
                let names = [IDENTITY, IDENTITY_OTHER];
                gaps.extend(unknown("an authorizer's `Identity`", identity, &names));
            }
            let kinds = ["FunctionArn", "UserPoolArn", "JwtConfiguration"];
            if kinds.iter().filter(|kind| value.get(kind).is_some()).count() != 1 {
                gaps.push((format!("the authorizer `{}`", key.text), key.span));
            }
        }
    }
    for route in routes {
        let Some(auth) = &route.auth else { continue };
        gaps.extend(unknown("an event's `Auth`", auth, &[ROUTE]));
        if let Some(own) = auth.get("Authorizer") {
            chosen(own, authorizers, &mut gaps);
        }
    }
    // An authorizer asks for its token whatever the policy says; IAM lets in whom the policy names.
    if routes.iter().any(|route| name(route, auth) == Some(IAM)) {
        let all = routes.iter().filter_map(|route| route.auth.as_ref()).chain(auth);
        for policy in all.filter_map(|auth| auth.get("ResourcePolicy")) {
            for part in policy.entries().iter().filter(|part| LETS_IN.contains(&&*part.key.text)) {
                gaps.push((format!("`{}` of a resource policy", part.key.text), part.key.span));
            }
        }
    }
    gaps
}

/// The name for IAM in the place of an authorizer's.
const IAM: &str = "AWS_IAM";
/// The name of the scheme for API keys.
const KEY: &str = "api_key";

/// The authorizer that a route asks.
fn name<'r>(route: &'r Route<'_>, auth: Option<&'r Node<'_>>) -> Option<&'r str> {
    let own = route.auth.as_ref().and_then(|auth| auth.get("Authorizer"));
    let default = auth.and_then(|auth| auth.get("DefaultAuthorizer"));
    own.or(default).and_then(Node::as_str).filter(|name| *name != "NONE")
}

/// The role with which a REST API calls the function of a route that IAM guards; without
/// `InvokeRole` the caller's own.
pub(super) fn credentials<'a>(route: &Route<'a>, auth: Option<&Node<'a>>) -> Option<Node<'a>> {
    if route.http || name(route, auth) != Some(IAM) {
        return None;
    }
    let own = route.auth.as_ref().and_then(|auth| auth.get("InvokeRole"));
    let role = own.or_else(|| auth.and_then(|auth| auth.get("InvokeRole")));
    match role.map(|role| (role, role.as_str())) {
        Some((_, Some("NONE"))) => None,
        Some((role, None)) => Some(role.clone()),
        Some((role, Some(text))) if text != "CALLER_CREDENTIALS" => Some(role.clone()),
        _ => Some(call("Fn::Sub", "arn:${AWS::Partition}:iam::*:user/*", route.span)),
    }
}

/// An authorizer's name must be one of those that are written there; `NONE` is none.
fn chosen(name: &Node<'_>, authorizers: Option<&Node<'_>>, gaps: &mut Vec<Gap>) {
    let known = |name: &str| authorizers.is_some_and(|all| all.get(name).is_some());
    match name.as_str() {
        Some(text) if text == "NONE" || text == IAM || known(text) => {}
        Some(text) => gaps.push((format!("the authorizer `{text}`"), name.span)),
        None => gaps.push(("an authorizer that is not named in plain text".to_owned(), name.span)),
    }
}

/// The `security` of a route's operation.
pub(super) fn operation_auth<'a>(route: &Route<'a>, auth: Option<&Node<'a>>) -> Option<Node<'a>> {
    let key = |auth: &Node<'_>| Some(matches!(auth.get("ApiKeyRequired")?.kind, Kind::Bool(true)));
    let key = route.auth.as_ref().and_then(key).or_else(|| auth.and_then(key)).unwrap_or_default();
    let mut schemes = Vec::new();
    if let Some(name) = name(route, auth) {
        let authorizer =
            auth.and_then(|auth| auth.get("Authorizers")).and_then(|all| all.get(name));
        let scopes = route.auth.as_ref().and_then(|auth| auth.get("AuthorizationScopes"));
        let scopes = scopes.or_else(|| authorizer.and_then(|one| one.get("AuthorizationScopes")));
        let scopes = scopes.cloned().unwrap_or_else(|| list(Vec::new(), route.span));
        schemes.push((name.to_owned(), scopes));
    }
    if key {
        schemes.push((KEY.to_owned(), list(Vec::new(), route.span)));
    }
    (!schemes.is_empty()).then(|| list(vec![Node::mapping(schemes, route.span)], route.span))
}

/// The authorizers as security schemes, and those for IAM and for keys.
pub(super) fn schemes<'a>(
    auth: Option<&Node<'a>>,
    routes: &[&Route<'a>],
    span: Span,
) -> Option<Node<'a>> {
    let authorizers = auth.and_then(|auth| auth.get("Authorizers"));
    let all = authorizers.map(Node::entries).unwrap_or_default().iter();
    let own = all.map(|line| (line.key.text.clone(), authorizer(&line.value)));
    let fixed = [(IAM, "Authorization", Some("awsSigv4")), (KEY, "x-api-key", None)];
    let asked = |name: &str| {
        let of = |route: &&Route<'a>| operation_auth(route, auth);
        routes
            .iter()
            .filter_map(of)
            .any(|security| security.items().iter().any(|schemes| schemes.get(name).is_some()))
    };
    let fixed = fixed.into_iter().filter(|(name, ..)| asked(name)).map(|(name, header, kind)| {
        let mut lines = vec![
            ("type", Node::string("apiKey", span)),
            ("name", Node::string(header, span)),
            ("in", Node::string("header", span)),
        ];
        lines.extend(kind.map(|kind| ("x-amazon-apigateway-authtype", Node::string(kind, span))));
        (Cow::Borrowed(name), Node::mapping(lines, span))
    });
    let all: Vec<_> = own.chain(fixed).collect();
    (!all.is_empty()).then(|| Node::mapping(all, authorizers.map_or(span, |node| node.span)))
}

/// The permissions with which an API calls its authorizers' functions.
pub(super) fn authorizer_permissions<'a>(auth: &Node<'a>, api: &str, span: Span) -> Vec<Entry<'a>> {
    let authorizers = auth.get("Authorizers").map(Node::entries).unwrap_or_default();
    let permission = |line: &Entry<'a>| {
        let function = line.value.get("FunctionArn")?.clone();
        let arn = format!(
            "arn:${{AWS::Partition}}:execute-api:${{AWS::Region}}:${{AWS::AccountId}}:${{{api}}}/authorizers/*"
        );
        let id = format!("{api}{}AuthorizerPermission", line.key.text);
        Some(route_permission(id, function, call("Fn::Sub", arn, span), span))
    };
    authorizers.iter().filter_map(permission).collect()
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
    let mut lines = Vec::new();
    let mut auth_type = "custom";
    if let Some(pool) = node.get("UserPoolArn") {
        let pools = match &pool.kind {
            Kind::Sequence(_) => pool.clone(),
            _ => list(vec![pool.clone()], span),
        };
        auth_type = "cognito_user_pools";
        lines.push(("type", Node::string("cognito_user_pools", span)));
        lines.push(("providerARNs", pools));
    } else if let Some(function) = node.get("FunctionArn") {
        let request = node.get("FunctionPayloadType").and_then(Node::as_str) == Some("REQUEST");
        let request = request || node.get("AuthorizerPayloadFormatVersion").is_some();
        let kind = if request { "request" } else { "token" };
        let text = "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${F}/invocations";
        let variables = Node::mapping([("F", function.clone())], span);
        let uri = list(vec![Node::string(text, span), variables], span);
        let sources = identity.filter(|_| request).map(sources).unwrap_or_default();
        let source = match sources.as_str() {
            "" => format!("method.request.header.{header}"),
            _ => sources,
        };
        lines.push(("type", Node::string(kind, span)));
        lines.push(("authorizerUri", Node::mapping([("Fn::Sub", uri)], span)));
        lines.push(("authorizerResultTtlInSeconds", ttl));
        lines.push(("identitySource", Node::string(source, span)));
        for (from, to) in [
            ("AuthorizerPayloadFormatVersion", "authorizerPayloadFormatVersion"),
            ("EnableSimpleResponses", "enableSimpleResponses"),
        ] {
            lines.extend(node.get(from).map(|node| (to, node.clone())));
        }
    } else {
        let source = node.get("IdentitySource").cloned();
        let source = source.unwrap_or_else(|| Node::string("$request.header.Authorization", span));
        lines.push(("type", Node::string("jwt", span)));
        lines.push(("identitySource", source));
        let configuration = node.get("JwtConfiguration").cloned();
        lines.extend(configuration.map(|node| ("jwtConfiguration", node)));
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

/// What a request authorizer's decision is kept by.
fn sources(identity: &Node<'_>) -> String {
    let of = |name: &str, prefix: &str| {
        let items = identity.get(name).map(Node::items).unwrap_or_default();
        items.iter().filter_map(|item| Some(format!("{prefix}{}", item.as_str()?))).collect()
    };
    let all: [Vec<String>; 4] = [
        of("Headers", "method.request.header."),
        of("QueryStrings", "method.request.querystring."),
        of("StageVariables", "stageVariables."),
        of("Context", "context."),
    ];
    all.concat().join(", ")
}
