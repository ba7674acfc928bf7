//! What stands before a route of an OpenAPI document.

use tenantry_template::{Span, Value, ValueKind};

use super::Authorization;

/// The guard of an OpenAPI operation: its own `security`, else the document's.
pub(crate) fn of_operation(body: &Value<'_>, operation: &Value<'_>, span: Span) -> Authorization {
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
    let guards = requirements.iter().map(|each| of_requirement(body, each, security.span));
    let (keys, others): (Vec<_>, Vec<_>) =
        guards.partition(|guard| matches!(guard, Authorization::KeyOnly(_)));
    let weakest = others.iter().find(|guard| !matches!(guard, Authorization::Checked));
    let weakest = weakest.or(others.first()).or(keys.first());
    weakest.copied().unwrap_or(Authorization::NoAuthorizer(security.span))
}

/// The strongest of the schemes that a requirement asks for, since it asks for all of them.
fn of_requirement(body: &Value<'_>, requirement: &Value<'_>, span: Span) -> Authorization {
    let mut strongest = Authorization::NoAuthorizer(span);
    for (name, value) in requirement.entries() {
        match scheme(body, &name.text, value.span) {
            Authorization::Checked => strongest = Authorization::Checked,
            other if !matches!(strongest, Authorization::Checked) => strongest = other,
            _ => {}
        }
    }
    strongest
}

/// What an authorizer may be, as `x-amazon-apigateway-authorizer` says it.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-authorizer.html>
const KINDS: [&str; 4] = ["token", "request", "cognito_user_pools", "jwt"];

fn scheme(body: &Value<'_>, name: &str, span: Span) -> Authorization {
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
        if asks && says { Authorization::Checked } else { Authorization::Unknown(authorizer.span) }
    } else if let Some(auth) = auth {
        // IAM checks the signature; every other type needs an authorizer.
        let iam = auth.as_str().is_some_and(|auth| auth.eq_ignore_ascii_case("awsSigv4"));
        if iam { Authorization::Checked } else { Authorization::Unknown(span) }
    } else if kind.eq_ignore_ascii_case("apiKey") {
        Authorization::KeyOnly(span)
    } else if matches!(kind, "oauth2" | "openIdConnect") {
        // An HTTP API takes a JWT authorizer from these; a REST API takes nothing.
        Authorization::Unknown(span)
    } else {
        Authorization::NoAuthorizer(span)
    }
}
