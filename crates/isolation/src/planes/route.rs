//! What an API lets through, to which function, and who else may invoke it.

mod guard;
mod read;

use std::collections::{BTreeMap, HashMap};

use tenantry_policy::{Effect, Pattern, PrincipalKind, Style};

use super::access::{Facts, Found};
use super::names;
use super::owners::{Owners, Shown};
use crate::claims::Barrier;
use crate::claims::route::{CACHED_DECISION, FUNCTION_URL, INTEGRATION, INVOKE, TENANT_CHECK};
use crate::model::Owner;
use crate::source::Span;
use crate::value::Value;
use crate::verdict::{Party, Reason};

/// One method of one path.
pub(crate) struct Route {
    /// The API, an index of the model.
    pub(crate) api: usize,
    /// `GET /tenants/b/users`.
    pub(crate) name: String,
    pub(crate) method: String,
    pub(crate) path: String,
    /// The tenant that its path names, if it names one.
    pub(crate) named: Option<usize>,
    /// Where it lands: a function of the model, or what cannot be known.
    pub(crate) lands: Lands,
    pub(crate) guard: Guard,
}

/// Where a route lands.
pub(crate) enum Lands {
    /// In this function.
    Function(usize, Span),
    /// In nothing that runs code of a tenant: a mock.
    Nowhere,
    /// It is not known.
    Unknown(Span),
}

/// What stands before a route.
pub(crate) enum Guard {
    /// An authorizer, or IAM.
    Checked,
    /// Nothing.
    Open(Span),
    /// An API key, which anybody may hold.
    KeyOnly(Span),
    /// It is not known.
    Unknown(Span),
}

/// Decides the claims of routes, and gives the routes.
pub(crate) fn decide<'a>(
    facts: &Facts<'_, 'a>,
    owners: &Owners<'_, 'a>,
    found: &mut Found,
) -> Vec<Route> {
    for claim in [TENANT_CHECK, FUNCTION_URL, CACHED_DECISION, INTEGRATION, INVOKE] {
        found.claim(claim);
    }
    let model = facts.reader.model;
    let routes = read::routes(facts, owners, found);
    let owner = |at: usize| model.resources.get(at).map(|resource| resource.owner);
    for route in &routes {
        let lands = match route.lands {
            Lands::Function(at, _) => owner(at),
            _ => None,
        };
        let whose = match (route.named, lands) {
            (Some(tenant), _) => Owner::Tenant(tenant),
            (None, Some(owner)) => owner,
            (None, None) => continue,
        };
        integration(facts, route, lands, found);
        found.ask(TENANT_CHECK);
        let (says, span) = match route.guard {
            Guard::Checked => continue,
            Guard::Open(span) => ("no authorizer stands before this method", span),
            Guard::KeyOnly(span) => ("an API key says nothing of who calls", span),
            Guard::Unknown(span) => {
                found.undecided(TENANT_CHECK, unknown(facts, "this method's authorizer", span));
                continue;
            }
        };
        let shown = Shown {
            claim: TENANT_CHECK,
            barrier: Barrier::Authorizer,
            attacker: Owner::Shared,
            victim: whose,
            principal: route.api,
            action: &route.name,
            resource: route.path.clone(),
            says,
            span,
        };
        let mut example = shown.told(facts);
        example.attacker = Party::Outside;
        example.principal = "everyone".to_owned();
        found.claim(TENANT_CHECK).counterexamples.push(example);
    }
    guard::cached(facts, &routes, found);
    urls(facts, owners, found);
    invoke(facts, &routes, found);
    routes
}

fn integration(facts: &Facts<'_, '_>, route: &Route, lands: Option<Owner>, found: &mut Found) {
    found.ask(INTEGRATION);
    let (at, span) = match route.lands {
        Lands::Function(at, span) => (at, span),
        Lands::Nowhere => return,
        Lands::Unknown(span) => {
            found.undecided(INTEGRATION, unknown(facts, "where this route lands", span));
            return;
        }
    };
    let Some(named) = route.named else { return };
    let Some(lands) = lands.filter(|owner| *owner != Owner::Tenant(named)) else { return };
    let shown = Shown {
        claim: INTEGRATION,
        barrier: Barrier::Integration,
        attacker: lands,
        victim: Owner::Tenant(named),
        principal: at,
        action: &route.name,
        resource: route.path.clone(),
        says: "the route lands in this function, which is not that tenant's",
        span,
    };
    found.claim(INTEGRATION).counterexamples.push(shown.told(facts));
}

fn urls<'a>(facts: &Facts<'_, 'a>, owners: &Owners<'_, 'a>, found: &mut Found) {
    let model = facts.reader.model;
    for resource in &model.resources {
        if resource.kind == "AWS::Lambda::Function" && matches!(resource.owner, Owner::Tenant(_)) {
            found.ask(FUNCTION_URL);
        }
        if resource.kind != "AWS::Lambda::Url" {
            continue;
        }
        let Some(target) = resource.properties.get("TargetFunctionArn") else { continue };
        let Some((function, owner @ Owner::Tenant(_))) = owners.of(target) else { continue };
        let auth = resource.properties.get("AuthType");
        match auth.and_then(Value::as_str) {
            Some("AWS_IAM") => continue,
            Some(_) => {}
            None => {
                found.undecided(
                    FUNCTION_URL,
                    unknown(facts, "this URL's `AuthType`", resource.span),
                );
                continue;
            }
        }
        let shown = Shown {
            claim: FUNCTION_URL,
            barrier: Barrier::InvokePermission,
            attacker: Owner::Shared,
            victim: owner,
            principal: function,
            action: "lambda:InvokeFunctionUrl",
            resource: facts.path(function),
            says: "anybody on the internet may call this",
            span: auth.map_or(resource.span, |value| value.span),
        };
        let mut example = shown.told(facts);
        example.attacker = Party::Outside;
        example.principal = "everyone".to_owned();
        found.claim(FUNCTION_URL).counterexamples.push(example);
    }
}

/// Permissions that let an API's routes of another tenant, or anything beyond them, invoke.
fn invoke(facts: &Facts<'_, '_>, routes: &[Route], found: &mut Found) {
    let model = facts.reader.model;
    // For each API one route of each tenant that it serves, as the ARN that invokes.
    let mut served: HashMap<usize, BTreeMap<usize, &Route>> = HashMap::new();
    for route in routes {
        let lands = match route.lands {
            Lands::Function(at, _) => model.resources.get(at).map(|resource| resource.owner),
            _ => None,
        };
        let whose = route.named.or(match lands {
            Some(Owner::Tenant(tenant)) => Some(tenant),
            _ => None,
        });
        if let Some(tenant) = whose {
            served.entry(route.api).or_default().entry(tenant).or_insert(route);
        }
    }
    // Three tenants stand for all that an API serves.
    let served: Vec<Vec<(usize, &str, tenantry_policy::Text, String)>> = served
        .iter()
        .map(|(api, tenants)| {
            let stage = stage(facts, *api);
            let some = tenants.iter().take(3);
            some.map(|(tenant, route)| {
                let arn = invocation(facts, *api, &stage, route);
                let written = arn.to_string();
                (*tenant, route.name.as_str(), arn, written)
            })
            .collect()
        })
        .collect();
    for asset in &facts.assets {
        let (Owner::Tenant(victim), "AWS::Lambda::Function") = (asset.owner, &*asset.kind) else {
            continue;
        };
        found.ask(INVOKE);
        for statement in asset.policy.iter().flat_map(|policy| &policy.statements) {
            let Some(principals) = &statement.principals else { continue };
            let service = principals.items.iter().any(|item| {
                item.kind == PrincipalKind::Service
                    && item.text.as_str() == Some("apigateway.amazonaws.com")
            });
            if !service || statement.effect != Effect::Allow {
                continue;
            }
            let span = facts.reader.places.get(statement.span).or(facts.span(asset.at));
            let Some(span) = span else { continue };
            let source = statement.conditions.iter().find(|test| {
                test.key.eq_ignore_ascii_case("aws:SourceArn") && !test.operator.negated
            });
            let patterns = source.map(|test| &test.values);
            let mut wide = None;
            match patterns {
                None => wide = Some((None, "any API of any account may invoke it")),
                Some(items) => {
                    for item in items {
                        let pattern = Pattern::read(item.template.source(), Style::Arn);
                        // Few ARNs begin as the pattern does; only those are compared.
                        let start = item.template.source().to_string();
                        let start = start.split(['*', '?']).next().unwrap_or_default();
                        let through = served.iter().flatten().find(|(tenant, _, arn, written)| {
                            *tenant != victim
                                && written.starts_with(start)
                                && pattern.matches(arn) == tenantry_policy::Answer::Yes
                        });
                        if let Some((tenant, route, ..)) = through {
                            wide = Some((
                                Some((*tenant, (*route).to_owned())),
                                "the source ARN takes in another tenant's routes",
                            ));
                        }
                    }
                }
            }
            let Some((through, says)) = wide else { continue };
            let attacker = through.as_ref().map_or(Owner::Shared, |(at, _)| Owner::Tenant(*at));
            let shown = Shown {
                claim: INVOKE,
                barrier: Barrier::InvokePermission,
                attacker,
                victim: asset.owner,
                principal: asset.at,
                action: "lambda:InvokeFunction",
                resource: names::readable(model, &asset.target.arn),
                says,
                span,
            };
            let mut example = shown.told(facts);
            match through {
                Some((_, route)) => example.principal = route,
                None => {
                    example.attacker = Party::Outside;
                    example.principal = "apigateway.amazonaws.com".to_owned();
                }
            }
            found.claim(INVOKE).counterexamples.push(example);
        }
    }
}

/// The name of an API's first stage.
fn stage(facts: &Facts<'_, '_>, api: usize) -> String {
    let model = facts.reader.model;
    let reference = model.resources.get(api).map(|api| &api.reference);
    let stage = model.of_kind("AWS::ApiGateway::Stage").find(|stage| {
        let of = stage.properties.get("RestApiId").and_then(Value::to_text);
        of.is_some() && of.as_ref() == reference
    });
    let name = stage.and_then(|stage| stage.properties.get("StageName")?.as_str());
    name.unwrap_or("stage").to_owned()
}

/// The source ARN of a route's invocations.
fn invocation(
    facts: &Facts<'_, '_>,
    api: usize,
    stage: &str,
    route: &Route,
) -> tenantry_policy::Text {
    let model = facts.reader.model;
    let pseudo = |symbol| names::text(model, &crate::value::Text::symbol(symbol));
    let mut arn = tenantry_policy::Text::from("arn:aws:execute-api:");
    arn.push(&pseudo(crate::value::Symbols::REGION));
    arn.push_str(":");
    arn.push(&super::assets::account(model));
    arn.push_str(":");
    if let Some(api) = model.resources.get(api) {
        arn.push(&names::text(model, &api.reference));
    }
    arn.push_str(&format!("/{stage}/{}{}", route.method, route.path));
    arn
}

/// Something about a route that cannot be known.
pub(crate) fn unknown(facts: &Facts<'_, '_>, what: &str, span: Span) -> Reason {
    Reason {
        unknown: what.to_owned(),
        matters: "a route may be open, or land elsewhere".to_owned(),
        help: "write it in the template, and give parameters their values".to_owned(),
        place: facts.reader.model.place(span),
    }
}
