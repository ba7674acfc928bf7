//! What stands before a route, and for whom a cached decision counts.

use tenantry_template::{ResourceId, Span, Value};
use tenantry_verdict::claims::Barrier;

use super::Findings;
use super::route::CACHED_DECISION;
use crate::facts::Facts;
use crate::facts::routes::Route;
use crate::findings::breach::{Act, More, Seen, Shown, Side, Thing};
use crate::findings::unknown::{RouteUnknown, Unknown};

/// What an authorizer decides, and for how long and for whom that counts.
#[derive(Clone)]
pub(crate) struct Decision {
    /// The authorizer or its API.
    at: ResourceId,
    name: String,
    /// Whether it is kept for later requests; `None` if that is not known.
    pub(crate) kept: Option<bool>,
    /// Whether its identity source tells callers apart; `None` if that is not known.
    pub(crate) by_caller: Option<bool>,
    /// Whether its identity source tells routes apart.
    by_route: bool,
    /// Whether it is a yes or a no, and not a policy that names routes.
    simple: bool,
    /// The authorizer.
    span: Span,
    /// Its identity source.
    source: Span,
}

/// The decisions of every authorizer.
pub(crate) fn decisions(facts: &Facts<'_, '_>, routes: &[Route]) -> Vec<Decision> {
    let model = facts.reader.model;
    let mut found = Vec::new();
    let mut last = None;
    for route in routes {
        if last != Some(route.api) {
            last = Some(route.api);
            let body = model.resources[route.api].properties.get("Body");
            let schemes = body.and_then(|body| {
                body.at(&["components", "securitySchemes"])
                    .or_else(|| body.get("securityDefinitions"))
            });
            for (name, scheme) in schemes.map(Value::entries).unwrap_or_default() {
                let Some(own) = scheme.get("x-amazon-apigateway-authorizer") else { continue };
                let authorizer = Authorizer {
                    name: &name.text,
                    kind: own.get("type"),
                    ttl: own.get("authorizerResultTtlInSeconds"),
                    source: own.get("identitySource"),
                    header: scheme.get("name").and_then(Value::as_str).unwrap_or_default(),
                    simple: own.get("enableSimpleResponses"),
                    span: own.span,
                    http: false,
                };
                found.extend(authorizer.decision(route.api));
            }
        }
    }
    for (at, resource) in model.resources.entries() {
        let property = |name: &str| resource.properties.get(name);
        let authorizer = match resource.kind.as_str() {
            "AWS::ApiGateway::Authorizer" => Authorizer {
                name: &resource.id,
                kind: property("Type"),
                ttl: property("AuthorizerResultTtlInSeconds"),
                source: property("IdentitySource"),
                header: "",
                simple: None,
                span: resource.span,
                http: false,
            },
            "AWS::ApiGatewayV2::Authorizer" => Authorizer {
                name: &resource.id,
                kind: property("AuthorizerType"),
                ttl: property("AuthorizerResultTtlInSeconds"),
                source: property("IdentitySource"),
                header: "",
                simple: property("EnableSimpleResponses"),
                span: resource.span,
                http: true,
            },
            _ => continue,
        };
        found.extend(authorizer.decision(at));
    }
    found
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

impl Authorizer<'_, '_> {
    /// Cognito's and JWT authorizers decide on the token alone and return no policy.
    fn decision(&self, at: ResourceId) -> Option<Decision> {
        let kind = self.kind.and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase();
        if kind.contains("cognito") || kind == "jwt" {
            return None;
        }
        let ttl = match self.ttl {
            None if self.http => Some("0"),
            None => Some("300"),
            Some(value) => value.as_str(),
        };
        let texts = self.source.map(Value::items).unwrap_or_default();
        let source: Vec<&str> = texts.iter().filter_map(Value::as_str).collect();
        let source = source.join(",").to_ascii_lowercase();
        let has = |parts: &[&str]| parts.iter().any(|part| source.contains(part));
        let unsaid = source.is_empty() && (kind == "token" || !self.header.is_empty());
        let unknown = source.is_empty() && !texts.is_empty();
        let by_caller = unsaid || has(&["request.header.", "request.querystring."]);
        Some(Decision {
            at,
            name: self.name.to_owned(),
            kept: ttl.map(|ttl| ttl != "0"),
            by_caller: (!unknown).then_some(by_caller),
            by_route: has(&["routekey", "context.path", "request.path", "resourcepath"]),
            simple: self.simple.and_then(Value::as_bool) == Some(true),
            span: self.span,
            source: self.source.map_or(self.span, |value| value.span),
        })
    }
}

/// Decides `route/cached-decision` of every authorizer.
pub(crate) fn cached(decisions: &[Decision], found: &mut Findings) {
    for decision in decisions {
        found.ask(CACHED_DECISION);
        let seen = match (decision.kept, decision.by_caller) {
            (Some(false), _) => continue,
            (None, _) => {
                let (what, span) = (RouteUnknown::CacheTime, decision.span);
                found.undecided(CACHED_DECISION, Unknown::Route { what, span });
                continue;
            }
            (Some(true), None) => {
                let (what, span) = (RouteUnknown::IdentitySource, decision.source);
                found.undecided(CACHED_DECISION, Unknown::Route { what, span });
                continue;
            }
            (Some(true), Some(false)) => Seen::CallersNotToldApart,
            (Some(true), Some(true)) if decision.simple && !decision.by_route => {
                Seen::RoutesNotToldApart
            }
            (Some(true), Some(true)) => continue,
        };
        let shown = Shown {
            barrier: Barrier::IdentitySource,
            attacker: Side::AnyOtherTenant,
            victim: Side::AnyOtherTenant,
            actor: decision.at,
            act: Act::ReusesDecision,
            on: Thing::Written(decision.name.clone()),
            seen,
            span: decision.source,
            more: More::default(),
        };
        found.breach(CACHED_DECISION, shown);
    }
}
