//! What stands before a route: of an OpenAPI document, or of a resource.

use tenantry_template::{Model, Owner, Resource, Span, TenantIndex, Value, ValueKind};

use super::{Authorization, Tokens};
use crate::facts::owners::Owners;

/// The guard of a method or route that is a resource and has an `AuthorizationType`.
pub(crate) fn of_resource<'a>(
    model: &Model<'a>,
    owners: &Owners<'_, 'a>,
    resource: &Resource<'a>,
    kind: &str,
    span: Span,
) -> Authorization {
    let authorizer = resource.properties.get("AuthorizerId").and_then(|value| owners.of(value));
    let authorizer = authorizer.map(|(at, _)| &model.resources[at]);
    let property = |path: &[&str]| authorizer.and_then(|each| each.properties.at(path));
    match kind {
        "AWS_IAM" => Authorization::Iam,
        "COGNITO_USER_POOLS" => {
            Authorization::SignedIn(tokens(model, owners, property(&["ProviderARNs"]), None), span)
        }
        "JWT" => {
            let issuer = property(&["JwtConfiguration", "Issuer"]);
            let audience = property(&["JwtConfiguration", "Audience"]);
            Authorization::SignedIn(tokens(model, owners, issuer, audience), span)
        }
        _ => Authorization::Checked,
    }
}

/// Whose users have tokens of these issuers, or for these audiences.
fn tokens<'a>(
    model: &Model<'a>,
    owners: &Owners<'_, 'a>,
    issuers: Option<&Value<'a>>,
    audiences: Option<&Value<'a>>,
) -> Tokens {
    let whose = |value: &Value<'a>| {
        let text = value.to_text()?;
        let all = owners.resources(&text).into_iter().map(|at| &model.resources[at]);
        let mut theirs = all.filter_map(|each| match each.owner {
            Owner::Tenant(tenant) if each.kind.starts_with("AWS::Cognito::") => Some(tenant),
            _ => None,
        });
        theirs.next()
    };
    let one = |values: Option<&Value<'a>>| {
        let of_each = values.map(Value::items).unwrap_or_default().iter().map(whose);
        let all: Vec<Option<TenantIndex>> = of_each.collect();
        let first = all.first().copied().flatten();
        first.filter(|first| all.iter().all(|each| each.as_ref() == Some(first)))
    };
    one(issuers).or_else(|| one(audiences)).map_or(Tokens::Anybody, Tokens::Of)
}

/// The guard of an OpenAPI operation: its own `security`, else the document's.
pub(crate) fn of_operation<'a>(
    owners: &Owners<'_, 'a>,
    body: &Value<'a>,
    operation: &Value<'a>,
    span: Span,
) -> Authorization {
    let Some(security) = operation.get("security").or_else(|| body.get("security")) else {
        return Authorization::NoAuthorizer(span);
    };
    let ValueKind::List(requirements) = &security.kind else {
        return Authorization::Unknown(security.span);
    };
    // One requirement is enough to get in, so the weakest counts. But a method has one authorizer,
    // and beside it a flag that asks for an API key: a key in a requirement of its own opens no
    // way past the others.
    // <https://docs.aws.amazon.com/apigateway/latest/api/API_Method.html>
    let guards = requirements.iter().map(|each| of_requirement(owners, body, each, security.span));
    let (keys, others): (Vec<_>, Vec<_>) =
        guards.partition(|guard| matches!(guard, Authorization::KeyOnly(_)));
    let weakest = others.iter().min_by_key(|guard| strength(guard)).or(keys.first());
    weakest.copied().unwrap_or(Authorization::NoAuthorizer(security.span))
}

/// The strongest of the schemes that a requirement asks for, since it asks for all of them.
fn of_requirement<'a>(
    owners: &Owners<'_, 'a>,
    body: &Value<'a>,
    requirement: &Value<'a>,
    span: Span,
) -> Authorization {
    let schemes = requirement.entries().iter();
    let guards = schemes.map(|(name, value)| scheme(owners, body, &name.text, value.span));
    guards.max_by_key(strength).unwrap_or(Authorization::NoAuthorizer(span))
}

/// How much a guard tells of who calls.
fn strength(guard: &Authorization) -> u8 {
    match guard {
        Authorization::NoAuthorizer(_) => 0,
        Authorization::KeyOnly(_) => 1,
        Authorization::Unknown(_) => 2,
        Authorization::SignedIn(Tokens::Anybody, _) => 3,
        Authorization::SignedIn(..) => 4,
        Authorization::Iam => 5,
        Authorization::Checked => 6,
    }
}

/// What an authorizer may be, as `x-amazon-apigateway-authorizer` says it.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-authorizer.html>
const KINDS: [&str; 4] = ["token", "request", "cognito_user_pools", "jwt"];

fn scheme<'a>(owners: &Owners<'_, 'a>, body: &Value<'a>, name: &str, span: Span) -> Authorization {
    let scheme = body
        .at(&["components", "securitySchemes", name])
        .or_else(|| body.at(&["securityDefinitions", name]));
    let Some(scheme) = scheme else { return Authorization::NoAuthorizer(span) };

    let kind = scheme.get("type").and_then(Value::as_str).unwrap_or_default();
    let auth = scheme.get("x-amazon-apigateway-authtype");
    if let Some(authorizer) = scheme.get("x-amazon-apigateway-authorizer") {
        let has = |key: &str| authorizer.get(key).is_some();
        // An authorizer must say what it asks; AWS need not make one of less.
        let asks = ["authorizerUri", "providerARNs", "jwtConfiguration"].into_iter().any(has);
        let kind = authorizer.get("type").and_then(Value::as_str).unwrap_or_default();
        let says = KINDS.iter().any(|known| known.eq_ignore_ascii_case(kind));
        if !asks || !says {
            return Authorization::Unknown(authorizer.span);
        }
        let is = |known: &str| known.eq_ignore_ascii_case(kind);
        let whose = |issuers, audiences| tokens(owners.model(), owners, issuers, audiences);
        if is("cognito_user_pools") {
            Authorization::SignedIn(whose(authorizer.get("providerARNs"), None), span)
        } else if is("jwt") {
            let issuer = authorizer.at(&["jwtConfiguration", "issuer"]);
            let audience = authorizer.at(&["jwtConfiguration", "audience"]);
            Authorization::SignedIn(whose(issuer, audience), span)
        } else {
            Authorization::Checked
        }
    } else if let Some(auth) = auth {
        // IAM checks the signature; every other type needs an authorizer.
        let iam = auth.as_str().is_some_and(|auth| auth.eq_ignore_ascii_case("awsSigv4"));
        if iam { Authorization::Iam } else { Authorization::Unknown(span) }
    } else if kind.eq_ignore_ascii_case("apiKey") {
        Authorization::KeyOnly(span)
    } else if matches!(kind, "oauth2" | "openIdConnect") {
        // An HTTP API takes a JWT authorizer from these; a REST API takes nothing.
        Authorization::Unknown(span)
    } else {
        Authorization::NoAuthorizer(span)
    }
}
