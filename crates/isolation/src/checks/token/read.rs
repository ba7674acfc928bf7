//! Reads user pools' attributes, what checks tokens, and who may start a session with tags.

use tenantry_policy::{Effect, PolicyStatement, PrincipalItem, PrincipalKind};
use tenantry_template::{Model, Resource, Span, Value, ValueKind};

use crate::checks::identity::Facts;
use crate::facts::owners::Owners;

/// A user pool's attribute that says the tenant, as one of the pool's clients may write it. What
/// is not known is `None`.
#[derive(Clone)]
pub(crate) struct Attribute {
    /// Its pool, an index of the model.
    pub(crate) pool: usize,
    /// `custom:tenant_id`.
    pub(crate) name: String,
    pub(crate) mutable: Option<bool>,
    /// Whether the client's users may write it.
    pub(crate) writes: Option<bool>,
    /// Whether anybody may sign up.
    pub(crate) sign_up: Option<bool>,
    pub(crate) span: Span,
}

/// What checks tokens before an API.
#[derive(Clone)]
pub(crate) struct Checker {
    /// The authorizer or its API, an index of the model.
    pub(crate) at: usize,
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
pub(crate) struct Starter {
    /// The role, an index of the model.
    pub(crate) role: usize,
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
    for (pool, resource) in model.resources.iter().enumerate() {
        if resource.kind != "AWS::Cognito::UserPool" {
            continue;
        }
        let schema = resource.properties.get("Schema").map(Value::items).unwrap_or_default();
        for own in schema {
            let name = own.get("Name").and_then(Value::as_str).unwrap_or_default();
            if !name.to_ascii_lowercase().contains("tenant") {
                continue;
            }
            let of_all = clients(model, owners, pool);
            found.extend(of_all.map(|client| attribute(resource, pool, own, client)));
        }
    }
    found
}

/// The clients of a user pool.
pub(crate) fn clients<'m, 'a>(
    model: &'m Model<'a>,
    owners: &Owners<'_, 'a>,
    pool: usize,
) -> impl Iterator<Item = &'m Resource<'a>> {
    model.of_kind("AWS::Cognito::UserPoolClient").filter(move |client| {
        let of = client.properties.get("UserPoolId").and_then(|value| owners.of(value));
        of.is_some_and(|(of, _)| of == pool)
    })
}

/// An attribute of a pool's schema, as a client may write it.
pub(crate) fn attribute<'a>(
    resource: &Resource<'a>,
    pool: usize,
    own: &Value<'a>,
    client: &Resource<'a>,
) -> Attribute {
    let name = own.get("Name").and_then(Value::as_str).unwrap_or_default();
    let custom = format!("custom:{}", name.trim_start_matches("custom:"));
    let closed = resource.properties.at(&["AdminCreateUserConfig", "AllowAdminCreateUserOnly"]);
    let writable = client.properties.get("WriteAttributes");
    Attribute {
        pool,
        writes: writes(writable, &[&custom, name]),
        name: custom,
        mutable: match own.get("Mutable") {
            None => Some(true),
            Some(value) => value.as_bool(),
        },
        sign_up: match closed {
            None => Some(true),
            Some(value) => value.as_bool().map(|only| !only),
        },
        span: writable.map_or(client.span, |value| value.span),
    }
}

/// How users write an attribute.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Written {
    /// They do not.
    Never,
    /// In their profile, at any time.
    InProfile,
    /// Once, when they sign up.
    AtSignUp,
    /// It is not known whether.
    Unknown,
}

impl Attribute {
    /// Whether users write it, and when.
    pub(crate) fn written_by_users(&self) -> Written {
        match (self.writes, self.mutable, self.sign_up) {
            (Some(false), ..) | (_, Some(false), Some(false)) => Written::Never,
            (Some(true), Some(true), _) => Written::InProfile,
            (Some(true), _, Some(true)) => Written::AtSignUp,
            _ => Written::Unknown,
        }
    }
}

/// Unset write attributes mean all of them.
pub(crate) fn writes(writable: Option<&Value<'_>>, names: &[&str]) -> Option<bool> {
    match writable {
        None => Some(true),
        Some(Value { kind: ValueKind::List(items), .. }) => {
            let listed: Vec<_> = items.iter().map(Value::as_str).collect();
            if names.iter().any(|name| listed.contains(&Some(name))) {
                Some(true)
            } else {
                listed.iter().all(Option::is_some).then_some(false)
            }
        }
        Some(_) => None,
    }
}

/// What checks tokens, API by API.
pub(crate) fn checkers<'a>(facts: &Facts<'_, 'a>, owners: &Owners<'_, 'a>) -> Vec<Checker> {
    let model = facts.reader.model;
    let mut found = Vec::new();
    for (at, resource) in model.resources.iter().enumerate() {
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
fn assumed(at: usize, resource: &Resource<'_>) -> Checker {
    Checker { at, assumed: true, audience: true, issuer: Issuer::Pool, span: resource.span }
}

fn of_body<'a>(
    facts: &Facts<'_, 'a>,
    owners: &Owners<'_, 'a>,
    at: usize,
    body: &Value<'a>,
) -> Vec<Checker> {
    let schemes = body.at(&["components", "securitySchemes"]);
    let schemes = schemes.or_else(|| body.get("securityDefinitions"));
    let schemes = schemes.map(Value::entries).unwrap_or_default();
    let checker = |scheme: &Value<'a>| {
        let own = scheme.get("x-amazon-apigateway-authorizer")?;
        let kind = own.get("type").and_then(Value::as_str).unwrap_or_default();
        if !kind.eq_ignore_ascii_case("jwt") {
            let (audience, issuer) = (true, Issuer::Pool);
            return Some(Checker { at, assumed: true, audience, issuer, span: own.span });
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
    at: usize,
    jwt: Option<&Value<'a>>,
    [audience, issuer]: [&str; 2],
    span: Span,
) -> Checker {
    let property = |name: &str| jwt.and_then(|jwt| jwt.get(name));
    let model = facts.reader.model;
    let issuer = match property(issuer) {
        None => Issuer::Unknown(span),
        Some(value) => match value.to_text() {
            Some(text) if is_parameter(facts, &text) => Issuer::Unknown(value.span),
            Some(text) => {
                let is_pool = |at: &usize| {
                    model.resources.get(*at).is_some_and(|r| r.kind == "AWS::Cognito::UserPool")
                };
                match owners.resources(&text).iter().any(is_pool) {
                    true => Issuer::Pool,
                    false => Issuer::Elsewhere,
                }
            }
            None => Issuer::Elsewhere,
        },
    };
    let audience = property(audience).map(Value::items).is_some_and(|items| !items.is_empty());
    Checker { at, assumed: false, audience, issuer, span }
}

fn is_parameter(facts: &Facts<'_, '_>, text: &tenantry_template::Text<'_>) -> bool {
    text.symbols().any(|symbol| {
        matches!(
            facts.reader.model.symbols.origin(symbol),
            Some(tenantry_template::Origin::Parameter(..))
        )
    })
}

/// The statements by which people start sessions with tags, if any policy trusts tags.
pub(crate) fn starters(facts: &Facts<'_, '_>) -> Vec<Starter> {
    if !trusts_tags(facts) {
        return Vec::new();
    }
    let roles = facts.assets.iter().filter(|asset| &*asset.kind == "AWS::IAM::Role");
    let mut found = Vec::new();
    for asset in roles {
        let statements = asset.policy.iter().flat_map(|policy| &policy.statements);
        for statement in statements.filter(|each| each.effect == Effect::Allow && tags(each)) {
            let principals = statement.principals.as_ref();
            let items = principals.map(|principals| principals.items.as_slice());
            let mut people = items.unwrap_or_default().iter();
            if people.all(|item| item.kind == PrincipalKind::Service) {
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
            let span = facts.reader.places.get(statement.span).or(facts.span(asset.at));
            let Some(span) = span else { continue };
            let account = asset.target.arn.segment(4).unwrap_or_default();
            let mut root = tenantry_policy::Text::from("arn:aws:iam::");
            root.push(&account);
            root.push_str(":root");
            let whole = |item: &PrincipalItem| {
                item.kind == PrincipalKind::Service || item.text == account || item.text == root
            };
            found.push(Starter {
                role: asset.at,
                tied: statement.conditions.iter().any(|test| {
                    test.key.to_ascii_lowercase().starts_with("aws:requesttag/")
                        && !test.operator.negated
                        && !test.operator.if_exists
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

fn tags(statement: &PolicyStatement) -> bool {
    statement.actions.items.iter().any(|item| {
        item.template.source().as_str().is_some_and(|action| {
            ["sts:tagsession", "sts:*", "*"].contains(&action.to_ascii_lowercase().as_str())
        })
    }) != statement.actions.negated
}

pub(crate) fn trusts_tags(facts: &Facts<'_, '_>) -> bool {
    let trusted = facts.principals.iter().flat_map(|principal| &principal.policies);
    let own = facts.assets.iter().filter_map(|asset| asset.policy.as_deref());
    trusted.chain(own).flat_map(|policy| &policy.statements).any(|statement| {
        let tag = |key: &str| key.to_ascii_lowercase().starts_with("aws:principaltag/");
        let lists = statement.resources.iter().flat_map(|list| &list.items);
        let values = statement.conditions.iter().flat_map(|test| &test.values);
        statement.conditions.iter().any(|test| tag(&test.key))
            || lists.chain(values).any(|item| item.template.variables().any(tag))
    })
}

#[cfg(test)]
mod tests {
    use super::{Attribute, Written};
    use tenantry_template::{FileId, Span};

    fn judged(writes: Option<bool>, mutable: Option<bool>, sign_up: Option<bool>) -> Written {
        let span = Span { file: FileId(0), start: 0, end: 0 };
        Attribute { pool: 0, name: String::new(), mutable, writes, sign_up, span }
            .written_by_users()
    }

    #[test]
    fn nobody_writes_an_immutable_attribute_of_a_closed_pool_whatever_clients_may_write() {
        for writes in [None, Some(true), Some(false)] {
            assert_eq!(judged(writes, Some(false), Some(false)), Written::Never);
        }
        assert_eq!(judged(None, Some(false), None), Written::Unknown);
    }

    #[test]
    fn an_open_pool_lets_whoever_signs_up_write_what_its_client_may() {
        assert_eq!(judged(Some(true), Some(false), Some(true)), Written::AtSignUp);
        assert_eq!(judged(Some(true), Some(true), None), Written::InProfile);
        assert_eq!(judged(Some(false), None, None), Written::Never);
    }
}
