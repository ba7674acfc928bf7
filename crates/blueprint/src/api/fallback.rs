//! The route of every path and verb that no tenant's route has. It is behind the same authorizer, so
//! that a stranger gets the same answer, from the same place, whether a tenant exists or not.
//!
//! Without it API Gateway answers what it has no route for before it asks the authorizer, and says
//! so in a header (`x-amzn-ErrorType`) that a gateway response cannot be relied on to change. With it
//! a request without a token or with a bad one is 401, and one with another tenant's token 403,
//! because no policy of the authorizer names the path. A resource that lacks a verb passes the
//! request on to the greedy one that has it.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-set-up-simple-proxy.html>

use std::borrow::Cow;

use tenantry_resources::{MethodSetting, Tree};

use super::{SECURITY_SCHEME, Served, mock};

/// What is not a more special path: a greedy parameter takes one segment or more.
const PATH: &str = "/{proxy+}";
/// All that a method of a REST API can be, spelled out: not every reader of an OpenAPI body knows
/// `x-amazon-apigateway-any-method`.
const VERBS: [&str; 7] = ["delete", "get", "head", "options", "patch", "post", "put"];

/// The path and its operations.
pub(super) fn path() -> (Cow<'static, str>, Tree) {
    let operations = VERBS.map(|verb| (Cow::Borrowed(verb), operation()));
    (PATH.into(), Tree::Map(operations.into()))
}

/// The limit of whatever has none of its own, which is this route: what the most generous tenant of
/// the cell has. Each request here can cost a call of the authorizer, as on a tenant's routes.
pub(super) fn limit(tenants: &[Served<'_>]) -> Option<MethodSetting> {
    let tiers = || tenants.iter().map(|served| &served.tenant.config.tier);
    Some(MethodSetting {
        path: "/*".to_owned(),
        method: "*",
        rate_limit: tiers().map(|tier| tier.requests_per_second).max()?,
        burst_limit: tiers().map(|tier| tier.burst).max()?,
    })
}

/// Nothing stands behind it. Only a path that a token's own policy has and no route, such as one
/// with a slash at its end, gets as far as this 404.
fn operation() -> Tree {
    let text = || Tree::map([("type", "string".into())]);
    let header = || Tree::map([("schema", text())]);
    let headers = Tree::map([("Content-Type", header()), ("Cache-Control", header())]);
    let not_found = Tree::map([("description", "There is nothing".into()), ("headers", headers)]);
    let proxy = Tree::map([
        ("name", "proxy".into()),
        ("in", "path".into()),
        ("required", true.into()),
        ("schema", text()),
    ]);
    Tree::map([
        ("security", Tree::list([Tree::map([(SECURITY_SCHEME, Tree::List(Vec::new()))])])),
        ("parameters", Tree::list([proxy])),
        ("x-amazon-apigateway-integration", mock::problem(404, "Not Found", None)),
        ("responses", Tree::map([("404", not_found)])),
    ])
}
