//! Reads user pools' attributes, what checks tokens, and who may start a session with tags.

use tenantry_policy::{
    ConditionTest, Effect, Item, PolicyStatement, PrincipalItem, PrincipalKind, Test, impossible,
};
use tenantry_template::{Owner, Resource, ResourceId, Span, Value};

use crate::facts::Facts;
use crate::facts::owners::Owners;
use crate::facts::user_pools::{Attribute, attribute, clients};

/// What checks tokens before an API.
#[derive(Clone)]
pub(crate) struct TokenValidator {
    /// The authorizer or its API.
    pub(crate) at: ResourceId,
    /// Whether what it looks at is not in the template: a function, or Cognito's own.
    pub(crate) assumed: bool,
    /// Whether it looks at the audience.
    pub(crate) audience: bool,
    pub(crate) issuer: Issuer,
    pub(crate) span: Span,
}

/// Whose tokens a checker takes.
#[derive(Clone, Copy)]
pub(crate) enum Issuer {
    /// Those of a user pool here, or of what a function is assumed to know.
    Pool,
    /// Those of somebody else.
    Elsewhere,
    /// It is not known.
    Unknown(Span),
}

/// A statement of a role's trust by which people start sessions with tags that policies trust.
#[derive(Clone)]
pub(crate) struct SessionTagGrant {
    /// The role.
    pub(crate) role: ResourceId,
    /// Whether a condition says what the tags may be.
    pub(crate) tied: bool,
    /// Whether it trusts this account as a whole, and so asks for an identity policy besides.
    pub(crate) account: bool,
    pub(crate) span: Span,
}

/// The attributes of every pool, client by client.
pub(crate) fn attributes<'a>(facts: &Facts<'_, 'a>, owners: &Owners<'_, 'a>) -> Vec<Attribute> {
    let model = facts.reader.model;
    let mut found = Vec::new();
    for (pool, resource) in model.resources.entries() {
        if resource.kind != "AWS::Cognito::UserPool" {
            continue;
        }
        let schema = resource.properties.get("Schema").map(Value::items).unwrap_or_default();
        for own in schema {
            let name = own.get("Name").and_then(Value::as_str).unwrap_or_default();
            if !name.to_ascii_lowercase().contains("tenant") && !is_claim(facts, name) {
                continue;
            }
            let of_all = clients(model, owners, pool);
            found.extend(of_all.map(|client| attribute(resource, pool, own, client)));
        }
    }
    found
}

/// Whether an attribute is the claim that is known to say the tenant.
fn is_claim(facts: &Facts<'_, '_>, name: &str) -> bool {
    let plain = |name: &str| name.trim_start_matches("custom:").to_owned();
    facts.claim.as_deref().is_some_and(|claim| plain(claim) == plain(name))
}

/// What checks tokens, API by API.
pub(crate) fn token_validators<'a>(
    facts: &Facts<'_, 'a>,
    owners: &Owners<'_, 'a>,
) -> Vec<TokenValidator> {
    let model = facts.reader.model;
    let mut found = Vec::new();
    for (at, resource) in model.resources.entries() {
        match resource.kind.as_str() {
            "AWS::ApiGateway::RestApi" | "AWS::ApiGatewayV2::Api" => {
                let body = resource.properties.get("Body");
                found.extend(body.into_iter().flat_map(|body| of_body(facts, owners, at, body)));
            }
            "AWS::ApiGateway::Authorizer" => found.push(assumed(at, resource)),
            "AWS::ApiGatewayV2::Authorizer" => {
                let kind = resource.properties.get("AuthorizerType").and_then(Value::as_str);
                found.push(match kind {
                    Some("JWT") => {
                        let jwt = resource.properties.get("JwtConfiguration");
                        let keys = ["Audience", "Issuer"];
                        configured(facts, owners, at, jwt, keys, resource.span)
                    }
                    _ => assumed(at, resource),
                });
            }
            _ => {}
        }
    }
    found
}

/// A function checks what the assumption says, Cognito's own its pools.
fn assumed(at: ResourceId, resource: &Resource<'_>) -> TokenValidator {
    TokenValidator { at, assumed: true, audience: true, issuer: Issuer::Pool, span: resource.span }
}

fn of_body<'a>(
    facts: &Facts<'_, 'a>,
    owners: &Owners<'_, 'a>,
    at: ResourceId,
    body: &Value<'a>,
) -> Vec<TokenValidator> {
    let schemes = body.at(&["components", "securitySchemes"]);
    let schemes = schemes.or_else(|| body.get("securityDefinitions"));
    let schemes = schemes.map(Value::entries).unwrap_or_default();
    let checker = |scheme: &Value<'a>| {
        let own = scheme.get("x-amazon-apigateway-authorizer")?;
        let kind = own.get("type").and_then(Value::as_str).unwrap_or_default();
        if !kind.eq_ignore_ascii_case("jwt") {
            let (audience, issuer) = (true, Issuer::Pool);
            return Some(TokenValidator { at, assumed: true, audience, issuer, span: own.span });
        }
        let jwt = own.get("jwtConfiguration");
        Some(configured(facts, owners, at, jwt, ["audience", "issuer"], own.span))
    };
    schemes.iter().filter_map(|(_, scheme)| checker(scheme)).collect()
}

/// An HTTP API's own check of a token.
fn configured<'a>(
    facts: &Facts<'_, 'a>,
    owners: &Owners<'_, 'a>,
    at: ResourceId,
    jwt: Option<&Value<'a>>,
    [audience, issuer]: [&str; 2],
    span: Span,
) -> TokenValidator {
    let property = |name: &str| jwt.and_then(|jwt| jwt.get(name));
    let model = facts.reader.model;
    let issuer = match property(issuer) {
        None => Issuer::Unknown(span),
        Some(value) => match value.to_text() {
            Some(text) if is_parameter(facts, &text) => Issuer::Unknown(value.span),
            Some(text) => {
                let is_pool =
                    |at: &ResourceId| model.resources[*at].kind == "AWS::Cognito::UserPool";
                match owners.resources(&text).iter().any(is_pool) {
                    true => Issuer::Pool,
                    false => Issuer::Elsewhere,
                }
            }
            None => Issuer::Elsewhere,
        },
    };
    let audience = property(audience).map(Value::items).is_some_and(|items| !items.is_empty());
    TokenValidator { at, assumed: false, audience, issuer, span }
}

fn is_parameter(facts: &Facts<'_, '_>, text: &tenantry_template::Text<'_>) -> bool {
    text.symbols().any(|symbol| {
        matches!(
            facts.reader.model.symbols.origin(symbol),
            Some(tenantry_template::SymbolOrigin::Parameter(..))
        )
    })
}

/// The statements by which people start sessions with tags, if any policy trusts tags.
pub(crate) fn session_tag_grants(facts: &Facts<'_, '_>) -> Vec<SessionTagGrant> {
    if !trusts_tags(facts) {
        return Vec::new();
    }
    let roles = facts.assets.iter().filter(|asset| &*asset.kind == "AWS::IAM::Role");
    let mut found = Vec::new();
    for asset in roles {
        let statements = asset.policy.iter().flat_map(|policy| &policy.statements);
        let starts = |each: &&PolicyStatement| {
            each.effect == Effect::Allow && tags(each) && !impossible(each)
        };
        for statement in statements.filter(starts) {
            let principals = statement.principals.as_ref();
            let items = principals.map(|principals| principals.items.as_slice());
            let mut people = items.unwrap_or_default().iter();
            if people.all(|item| item.kind == PrincipalKind::Service) {
                continue;
            }
            // Where users share everything, what a shared principal's code says of them is asked as
            // its own (`identity/shared-grant`).
            if by_code(facts, items.unwrap_or_default()) {
                continue;
            }
            // The identity pool sets these tags.
            let federated = items.unwrap_or_default().iter().all(|item| {
                item.kind == PrincipalKind::Federated
                    && item.text.as_str() == Some("cognito-identity.amazonaws.com")
            });
            if federated && facts.users.act_as(asset.at) {
                continue;
            }
            let span = facts.reader.places.get(statement.span).unwrap_or(facts.span(asset.at));
            let account = asset.target.arn.segment(4).unwrap_or_default();
            let mut root = tenantry_policy::Text::from("arn:aws:iam::");
            root.push(&account);
            root.push_str(":root");
            let whole = |item: &PrincipalItem| {
                item.kind == PrincipalKind::Service || item.text == account || item.text == root
            };
            found.push(SessionTagGrant {
                role: asset.at,
                tied: statement.conditions.iter().any(|test| {
                    test.key.to_ascii_lowercase().starts_with("aws:requesttag/")
                        && !test.operator.negated
                        && !test.operator.if_exists
                        && test.values.iter().all(says)
                }),
                account: principals.is_some_and(|principals| {
                    !principals.negated && principals.items.iter().all(whole)
                }),
                span,
            });
        }
    }
    found
}

/// Whether users share all that there is, and only shared roles that are here are let in.
fn by_code(facts: &Facts<'_, '_>, items: &[PrincipalItem]) -> bool {
    let is_shared = |item: &PrincipalItem| {
        facts.principals.iter().any(|each| {
            each.arn == item.text && each.owner == Owner::Shared && !facts.users.act_as(each.at)
        })
    };
    !facts.reader.model.pooled.is_empty() && !items.is_empty() && items.iter().all(is_shared)
}

/// Whether a value is less than any text.
fn says(value: &Item) -> bool {
    value.template.source().as_str().is_none_or(|text| !text.chars().all(|c| "*?".contains(c)))
}

fn tags(statement: &PolicyStatement) -> bool {
    statement.actions.items.iter().any(|item| {
        item.template.source().as_str().is_some_and(|action| {
            ["sts:tagsession", "sts:*", "*"].contains(&action.to_ascii_lowercase().as_str())
        })
    }) != statement.actions.negated
}

/// Whether a statement lets somebody in, or keeps somebody out, by a tag of theirs.
pub(crate) fn trusts_tags(facts: &Facts<'_, '_>) -> bool {
    let trusted = facts.principals.iter().flat_map(|principal| &principal.policies);
    let own = facts.assets.iter().filter_map(|asset| asset.policy.as_deref());
    trusted.chain(own).flat_map(|policy| &policy.statements).any(|statement| {
        let tag = |key: &str| key.to_ascii_lowercase().starts_with("aws:principaltag/");
        let lists = statement.resources.iter().flat_map(|list| &list.items);
        let values = statement.conditions.iter().flat_map(|test| &test.values);
        // Who has to be without a tag is let in to no more by carrying one.
        let asks_for_none = |test: &ConditionTest| {
            let is_true = |item: &Item| item.template.source().as_str() == Some("true");
            statement.effect == Effect::Allow
                && test.operator.test == Test::Null
                && test.values.iter().all(is_true)
        };
        statement.conditions.iter().any(|test| tag(&test.key) && !asks_for_none(test))
            || lists.chain(values).any(|item| item.template.variables().any(tag))
    })
}
