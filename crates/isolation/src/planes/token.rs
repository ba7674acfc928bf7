//! Who decides which tenant a request belongs to: user pools, their clients, authorizers, tags of
//! sessions.

use tenantry_policy::{Effect, PrincipalKind};

use super::access::{Facts, Found};
use super::owners::{Owners, Shown};
use crate::claims::token::{AUDIENCE, CLAIM_WRITABLE, SESSION_TAG};
use crate::claims::{Barrier, ClaimId};
use crate::model::{Owner, Resource};
use crate::source::Span;
use crate::value::{Value, ValueKind};
use crate::verdict::{Party, Reason};

/// Decides the claims of tokens.
pub(crate) fn decide<'a>(facts: &Facts<'_, 'a>, owners: &Owners<'_, 'a>, found: &mut Found) {
    for claim in [CLAIM_WRITABLE, AUDIENCE, SESSION_TAG] {
        found.claim(claim);
    }
    let model = facts.reader.model;
    for (at, pool) in model.resources.iter().enumerate() {
        if pool.kind == "AWS::Cognito::UserPool" {
            user_pool(facts, owners, at, pool, found);
        }
    }
    audiences(facts, found);
    sessions(facts, found);
}

fn user_pool<'a>(
    facts: &Facts<'_, 'a>,
    owners: &Owners<'_, 'a>,
    at: usize,
    pool: &Resource<'a>,
    found: &mut Found,
) {
    let model = facts.reader.model;
    let schema = pool.properties.get("Schema").map(Value::items).unwrap_or_default();
    let open = match pool.properties.at(&["AdminCreateUserConfig", "AllowAdminCreateUserOnly"]) {
        None => Some(true),
        Some(value) => value.as_bool().map(|only| !only),
    };
    for attribute in schema {
        let name = attribute.get("Name").and_then(Value::as_str).unwrap_or_default();
        if !name.to_ascii_lowercase().contains("tenant") {
            continue;
        }
        let custom = format!("custom:{}", name.trim_start_matches("custom:"));
        let mutable = match attribute.get("Mutable") {
            None => Some(true),
            Some(value) => value.as_bool(),
        };
        for client in model.of_kind("AWS::Cognito::UserPoolClient") {
            let of = client.properties.get("UserPoolId").and_then(|value| owners.of(value));
            if of.is_none_or(|(of, _)| of != at) {
                continue;
            }
            found.ask(CLAIM_WRITABLE);
            let attributes = client.properties.get("WriteAttributes");
            let writes = match attributes {
                None => Some(true),
                Some(Value { kind: ValueKind::List(items), .. }) => {
                    let names: Vec<_> = items.iter().map(Value::as_str).collect();
                    if names.contains(&Some(custom.as_str())) || names.contains(&Some(name)) {
                        Some(true)
                    } else {
                        names.iter().all(Option::is_some).then_some(false)
                    }
                }
                Some(_) => None,
            };
            let span = attributes.map_or(client.span, |value| value.span);
            let says = match (writes, mutable, open) {
                (Some(false), ..) | (Some(true), Some(false), Some(false)) => continue,
                (Some(true), Some(true), _) => "this client's users may write the tenant's claim",
                (Some(true), _, Some(true)) => {
                    "whoever signs up through this client writes the tenant's claim once"
                }
                _ => {
                    let what = format!("who may write `{custom}`");
                    found.undecided(CLAIM_WRITABLE, unknown(facts, &what, span));
                    continue;
                }
            };
            let example = shown(facts, CLAIM_WRITABLE, Barrier::UserPool, at, &custom, says, span);
            found.claim(CLAIM_WRITABLE).counterexamples.push(example);
        }
    }
}

fn audiences(facts: &Facts<'_, '_>, found: &mut Found) {
    let model = facts.reader.model;
    for (at, resource) in model.resources.iter().enumerate() {
        if resource.kind == "AWS::ApiGateway::RestApi"
            || resource.kind == "AWS::ApiGateway::Authorizer"
        {
            found.ask(AUDIENCE);
        }
        if resource.kind != "AWS::ApiGatewayV2::Authorizer" {
            continue;
        }
        let property = |path: &[&str]| resource.properties.at(path);
        if property(&["AuthorizerType"]).and_then(Value::as_str) != Some("JWT") {
            continue;
        }
        found.ask(AUDIENCE);
        let audience = property(&["JwtConfiguration", "Audience"]).map(Value::items);
        if audience.is_none_or(<[_]>::is_empty) {
            let says = "tokens for any audience pass";
            let example = shown(
                facts,
                AUDIENCE,
                Barrier::Authorizer,
                at,
                "any audience",
                says,
                resource.span,
            );
            found.claim(AUDIENCE).counterexamples.push(example);
        }
        match property(&["JwtConfiguration", "Issuer"]) {
            Some(issuer) if issuer.to_text().is_some_and(|text| is_parameter(facts, &text)) => {
                found.undecided(AUDIENCE, unknown(facts, "the tokens' issuer", issuer.span));
            }
            Some(_) => {}
            None => {
                let span = resource.span;
                found.undecided(AUDIENCE, unknown(facts, "the tokens' issuer", span));
            }
        }
    }
}

fn is_parameter(facts: &Facts<'_, '_>, text: &crate::value::Text<'_>) -> bool {
    text.symbols().any(|symbol| {
        matches!(
            facts.reader.model.symbols.origin(symbol),
            Some(crate::value::Origin::Parameter(..))
        )
    })
}

/// Trust policies that let the caller set its session's tenant tag.
fn sessions(facts: &Facts<'_, '_>, found: &mut Found) {
    let trusted = facts.principals.iter().flat_map(|principal| &principal.policies);
    let own = facts.assets.iter().filter_map(|asset| asset.policy.as_deref());
    let trusts_tags = trusted.chain(own).flat_map(|policy| &policy.statements).any(|statement| {
        let tag = |key: &str| key.to_ascii_lowercase().starts_with("aws:principaltag/");
        let lists = statement.resources.iter().flat_map(|list| &list.items);
        let values = statement.conditions.iter().flat_map(|test| &test.values);
        statement.conditions.iter().any(|test| tag(&test.key))
            || lists.chain(values).any(|item| item.template.variables().any(tag))
    });
    for asset in facts.assets.iter().filter(|asset| &*asset.kind == "AWS::IAM::Role") {
        found.ask(SESSION_TAG);
        let statements = asset.policy.iter().flat_map(|policy| &policy.statements);
        for statement in statements.filter(|each| trusts_tags && each.effect == Effect::Allow) {
            let tags = statement.actions.items.iter().any(|item| {
                item.template.source().as_str().is_some_and(|action| {
                    ["sts:tagsession", "sts:*", "*"].contains(&action.to_ascii_lowercase().as_str())
                })
            }) != statement.actions.negated;
            let people = statement.principals.as_ref().is_some_and(|principals| {
                principals.items.iter().any(|item| item.kind != PrincipalKind::Service)
            });
            let tied = statement.conditions.iter().any(|test| {
                test.key.to_ascii_lowercase().starts_with("aws:requesttag/")
                    && !test.operator.negated
                    && !test.operator.if_exists
            });
            if !tags || !people || tied {
                continue;
            }
            let span = facts.reader.places.get(statement.span).or(facts.span(asset.at));
            let Some(span) = span else { continue };
            let says = "whoever starts this session chooses its tags, and policies trust them";
            let resource = facts.path(asset.at);
            let example =
                shown(facts, SESSION_TAG, Barrier::TrustPolicy, asset.at, &resource, says, span);
            found.claim(SESSION_TAG).counterexamples.push(example);
        }
    }
}

fn shown(
    facts: &Facts<'_, '_>,
    claim: ClaimId,
    barrier: Barrier,
    at: usize,
    resource: &str,
    says: &str,
    span: Span,
) -> crate::verdict::Counterexample {
    let shown = Shown {
        claim,
        barrier,
        attacker: Owner::Shared,
        victim: Owner::Shared,
        principal: at,
        action: match barrier {
            Barrier::TrustPolicy => "sts:TagSession",
            Barrier::Authorizer => "accepts",
            _ => "writes",
        },
        resource: resource.to_owned(),
        says,
        span,
    };
    let mut example = shown.told(facts);
    example.attacker = Party::AnyOtherTenant;
    example.victim = Party::AnyOtherTenant;
    example
}

fn unknown(facts: &Facts<'_, '_>, what: &str, span: Span) -> Reason {
    Reason {
        unknown: what.to_owned(),
        matters: "a user may then decide to which tenant it belongs".to_owned(),
        help: "write it in the template, and give parameters their values".to_owned(),
        place: facts.reader.model.place(span),
    }
}
