//! The functions of the user's services, called past the authorizer: with another tenant's claims, and for another tenant's
//! path. The platform lets nobody do this; a service that ignores whom it is called for shows here.

use super::{Attack, Caller, OwnUse, Party, Plane, Verdict, summary};
use crate::client::{ClientError, Response};
use crate::contract::{Contract, Request, ServiceContract};
use serde_json::{Value, json};

/// Each function called as API Gateway calls it, for its own tenant. It also has its credentials from now on.
pub(super) fn use_own(caller: &Caller<'_>, party: &Party<'_>, own: &mut Vec<OwnUse>) {
    for (function, service) in functions(party) {
        let Some((request, right)) = request(service) else { continue };
        let tenant = &party.target.tenant;
        let answer = invoke(caller, party, function, request, tenant, tenant);
        let status = answer.as_ref().ok().and_then(status);
        own.push(OwnUse {
            tenant: tenant.clone(),
            what: format!("{function}: {} {} for itself", request.method, request.path),
            expected: right.map_or_else(|| "an answer".to_owned(), |right| right.to_string()),
            came: summary(&answer),
            works: match right {
                Some(right) => status == Some(right),
                None => status.is_some(),
            },
        });
    }
}

pub(super) fn attack(
    caller: &Caller<'_>,
    attacker: &Party<'_>,
    victim: &Party<'_>,
    attacks: &mut Vec<Attack>,
) {
    let (own, other) = (&attacker.target.tenant, &victim.target.tenant);
    for (function, service) in functions(victim) {
        let Some((request, _)) = request(service) else { continue };
        for (what, path, claims) in [
            ("its own claims", other, own),
            ("its own claims and path", own, own),
            ("its own path", own, other),
        ] {
            let answer = invoke(caller, victim, function, request, path, claims);
            attacks.push(Attack {
                plane: Plane::Identity,
                attacker: own.clone(),
                victim: other.clone(),
                what: format!(
                    "{} {} of {function}, past the authorizer, with {what}",
                    request.method, request.path
                ),
                expected: "401, 403",
                came: summary(&answer),
                verdict: verdict(&answer),
            });
        }
    }
}

fn verdict(answer: &Result<Response, ClientError>) -> Verdict {
    match answer.as_ref().ok().and_then(status) {
        Some(401 | 403) => Verdict::Refused,
        Some(429 | 500..) | None => Verdict::Unclear,
        Some(_) => Verdict::GotThrough,
    }
}

/// The status that the function answered; nothing when it failed.
fn status(answer: &Response) -> Option<u16> {
    let value: Value = serde_json::from_slice(&answer.body).ok()?;
    u16::try_from(value.get("statusCode")?.as_u64()?).ok()
}

fn functions<'a>(
    party: &'a Party<'_>,
) -> impl Iterator<Item = (&'a str, &'a ServiceContract)> + use<'a> {
    let services = match &party.target.contract {
        Contract::UsersAndData => [].as_slice(),
        Contract::Services(services) => services,
    };
    party.target.functions.iter().map(|function| function.function.as_str()).zip(services)
}

/// What a service is asked, and the right answer where it says one.
fn request(service: &ServiceContract) -> Option<(&Request, Option<u16>)> {
    match &service.attempt {
        Some((request, right)) => Some((request, Some(*right))),
        None => service.routes.first().map(|request| (request, None)),
    }
}

/// Calls a function with the event of a REST API's proxy integration.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html#api-gateway-simple-proxy-for-lambda-input-format>
fn invoke(
    caller: &Caller<'_>,
    of: &Party<'_>,
    function: &str,
    request: &Request,
    tenant: &str,
    claims: &str,
) -> Result<Response, ClientError> {
    let Request { method, path } = request;
    let stage = &of.target.endpoint.stage;
    let path = format!("/tenants/{tenant}{path}");
    let event = json!({
        "resource": path, "path": path, "httpMethod": method,
        "headers": {}, "multiValueHeaders": {},
        "queryStringParameters": null, "multiValueQueryStringParameters": null,
        "pathParameters": null, "stageVariables": null, "body": null, "isBase64Encoded": false,
        "requestContext": {
            "resourcePath": path, "path": format!("/{stage}{path}"), "stage": stage,
            "httpMethod": method, "requestId": "probe",
            "authorizer": { "tenantId": claims, "sub": "probe", "principalId": "probe" },
        },
    });
    caller.counts(1);
    caller.client.invoke(function, &event)
}
