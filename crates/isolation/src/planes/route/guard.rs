//! What stands before a route, and for whom a cached decision counts.

use super::{Guard, Route, unknown};
use crate::claims::Barrier;
use crate::claims::route::CACHED_DECISION;
use crate::model::Owner;
use crate::planes::access::{Facts, Found};
use crate::planes::owners::Shown;
use crate::source::Span;
use crate::value::{Value, ValueKind};
use crate::verdict::Party;

/// The guard of an OpenAPI operation: its own `security`, else the document's.
pub(super) fn of_operation(body: &Value<'_>, operation: &Value<'_>, span: Span) -> Guard {
    let Some(security) = operation.get("security").or_else(|| body.get("security")) else {
        return Guard::Open(span);
    };
    let ValueKind::List(requirements) = &security.kind else {
        return Guard::Unknown(security.span);
    };
    // One requirement is enough to get in, so the weakest counts.
    let mut weakest = None;
    for requirement in requirements {
        let mut strongest = Guard::Open(security.span);
        for (name, value) in requirement.entries() {
            match scheme(body, &name.text, value.span) {
                Guard::Checked => strongest = Guard::Checked,
                other if !matches!(strongest, Guard::Checked) => strongest = other,
                _ => {}
            }
        }
        if !matches!(strongest, Guard::Checked) {
            return strongest;
        }
        weakest = Some(strongest);
    }
    weakest.unwrap_or(Guard::Open(security.span))
}

/// What an authorizer may be, as `x-amazon-apigateway-authorizer` says it.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-authorizer.html>
const KINDS: [&str; 4] = ["token", "request", "cognito_user_pools", "jwt"];

fn scheme(body: &Value<'_>, name: &str, span: Span) -> Guard {
    let scheme = body
        .at(&["components", "securitySchemes", name])
        .or_else(|| body.at(&["securityDefinitions", name]));
    let Some(scheme) = scheme else { return Guard::Open(span) };

    let kind = scheme.get("type").and_then(Value::as_str).unwrap_or_default();
    let auth = scheme.get("x-amazon-apigateway-authtype");
    if let Some(authorizer) = scheme.get("x-amazon-apigateway-authorizer") {
        let has = |key: &str| authorizer.get(key).is_some();
        // An authorizer must say what it asks; AWS need not make one of less.
        let asks = ["authorizerUri", "providerARNs", "jwtConfiguration"].into_iter().any(has);
        let kind = authorizer.get("type").and_then(Value::as_str).unwrap_or_default();
        let says = KINDS.iter().any(|known| known.eq_ignore_ascii_case(kind));
        if asks && says { Guard::Checked } else { Guard::Unknown(authorizer.span) }
    } else if let Some(auth) = auth {
        // IAM checks the signature; every other type needs an authorizer.
        let iam = auth.as_str().is_some_and(|auth| auth.eq_ignore_ascii_case("awsSigv4"));
        if iam { Guard::Checked } else { Guard::Unknown(span) }
    } else if kind.eq_ignore_ascii_case("apiKey") {
        Guard::KeyOnly(span)
    } else if matches!(kind, "oauth2" | "openIdConnect") {
        // An HTTP API takes a JWT authorizer from these; a REST API takes nothing.
        Guard::Unknown(span)
    } else {
        Guard::Open(span)
    }
}

/// Decides `route/cached-decision` for every authorizer.
pub(super) fn cached(facts: &Facts<'_, '_>, routes: &[Route], found: &mut Found) {
    let model = facts.reader.model;
    let mut last = None;
    for route in routes {
        if last != Some(route.api) {
            last = Some(route.api);
            let body = model.resources.get(route.api).and_then(|api| api.properties.get("Body"));
            let schemes = body.and_then(|body| {
                body.at(&["components", "securitySchemes"])
                    .or_else(|| body.get("securityDefinitions"))
            });
            for (name, scheme) in schemes.map(Value::entries).unwrap_or_default() {
                let Some(own) = scheme.get("x-amazon-apigateway-authorizer") else { continue };
                ask(
                    facts,
                    found,
                    route.api,
                    &Authorizer {
                        name: &name.text,
                        kind: own.get("type"),
                        ttl: own.get("authorizerResultTtlInSeconds"),
                        source: own.get("identitySource"),
                        header: scheme.get("name").and_then(Value::as_str).unwrap_or_default(),
                        simple: own.get("enableSimpleResponses"),
                        span: own.span,
                        http: false,
                    },
                );
            }
        }
    }
    for (at, resource) in model.resources.iter().enumerate() {
        let property = |name: &str| resource.properties.get(name);
        match resource.kind.as_str() {
            "AWS::ApiGateway::Authorizer" => ask(
                facts,
                found,
                at,
                &Authorizer {
                    name: &resource.id,
                    kind: property("Type"),
                    ttl: property("AuthorizerResultTtlInSeconds"),
                    source: property("IdentitySource"),
                    header: "",
                    simple: None,
                    span: resource.span,
                    http: false,
                },
            ),
            "AWS::ApiGatewayV2::Authorizer" => ask(
                facts,
                found,
                at,
                &Authorizer {
                    name: &resource.id,
                    kind: property("AuthorizerType"),
                    ttl: property("AuthorizerResultTtlInSeconds"),
                    source: property("IdentitySource"),
                    header: "",
                    simple: property("EnableSimpleResponses"),
                    span: resource.span,
                    http: true,
                },
            ),
            _ => {}
        }
    }
}

struct Authorizer<'v, 'a> {
    name: &'v str,
    kind: Option<&'v Value<'a>>,
    ttl: Option<&'v Value<'a>>,
    source: Option<&'v Value<'a>>,
    /// The header of an OpenAPI scheme.
    header: &'v str,
    simple: Option<&'v Value<'a>>,
    span: Span,
    /// Of an HTTP API, which caches nothing unless it is told to.
    http: bool,
}

fn ask(facts: &Facts<'_, '_>, found: &mut Found, at: usize, authorizer: &Authorizer<'_, '_>) {
    let kind = authorizer.kind.and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase();
    // Cognito's and JWT authorizers decide on the token alone and return no policy.
    if kind.contains("cognito") || kind == "jwt" {
        return;
    }
    found.ask(CACHED_DECISION);
    let ttl = match authorizer.ttl {
        None if authorizer.http => Some("0"),
        None => Some("300"),
        Some(value) => value.as_str(),
    };
    match ttl {
        Some("0") => return,
        Some(_) => {}
        None => {
            let what = "how long the authorizer's decision is kept";
            found.undecided(CACHED_DECISION, unknown(facts, what, authorizer.span));
            return;
        }
    }
    let texts = authorizer.source.map(Value::items).unwrap_or_default();
    let source: Vec<&str> = texts.iter().filter_map(Value::as_str).collect();
    let source = source.join(",").to_ascii_lowercase();
    let span = authorizer.source.map_or(authorizer.span, |value| value.span);
    if source.is_empty() && !texts.is_empty() {
        found.undecided(CACHED_DECISION, unknown(facts, "the identity source", span));
        return;
    }
    let token = (source.is_empty() && (kind == "token" || !authorizer.header.is_empty()))
        || ["request.header.", "request.querystring."].iter().any(|part| source.contains(part));
    let simple = authorizer.simple.and_then(Value::as_bool) == Some(true);
    let route = ["routekey", "context.path", "request.path", "resourcepath"]
        .iter()
        .any(|part| source.contains(part));
    let says = if !token {
        "a decision is kept and reused for callers that this does not tell apart"
    } else if simple && !route {
        "a yes for one route is kept and reused for every other route"
    } else {
        return;
    };
    let shown = Shown {
        claim: CACHED_DECISION,
        barrier: Barrier::Authorizer,
        attacker: Owner::Shared,
        victim: Owner::Shared,
        principal: at,
        action: "reuses a decision",
        resource: authorizer.name.to_owned(),
        says,
        span,
    };
    let mut example = shown.told(facts);
    example.attacker = Party::AnyOtherTenant;
    example.victim = Party::AnyOtherTenant;
    found.claim(CACHED_DECISION).counterexamples.push(example);
}
