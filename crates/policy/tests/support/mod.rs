//! What the tests of this crate share.
#![allow(dead_code, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

pub(crate) mod random;
pub(crate) mod seeded;

use serde_json::Value as Json;
use tenantry_policy::{Caller, Context, Kind, Node, Policy, Request, Text};

pub(crate) const ACCOUNT: &str = "111122223333";
pub(crate) const ROLE: &str = "arn:aws:iam::111122223333:role/app/worker";
pub(crate) const TABLE: &str = "arn:aws:dynamodb:us-east-1:111122223333:table/users";

pub(crate) fn parse(json: &Json, kind: Kind) -> Policy {
    Policy::parse(&Node::from_json(json), kind).unwrap_or_else(|errors| panic!("{errors:?}"))
}

pub(crate) fn identity(statement: Json) -> Policy {
    let json = serde_json::json!({"Version": "2012-10-17", "Statement": statement});
    parse(&json, Kind::Identity)
}

pub(crate) fn on_resource(statement: Json) -> Policy {
    let json = serde_json::json!({"Version": "2012-10-17", "Statement": statement});
    parse(&json, Kind::Resource)
}

/// A session of [`ROLE`] under the name `s`.
pub(crate) fn worker() -> Caller {
    Caller::session(&ROLE.into(), &"s".into())
}

pub(crate) fn request(action: &str, resource: &str) -> Request {
    Request {
        caller: worker(),
        action: action.to_owned(),
        resource: Text::from(resource),
        resource_account: ACCOUNT.into(),
        resource_tags: Some(Vec::new()),
        context: Context::exact(),
    }
}
