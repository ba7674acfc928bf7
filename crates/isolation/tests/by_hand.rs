//! A model that no template was read for: two tenants, written down resource by resource.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test")]

use serde_json::json;
use tenantry_isolation::{VerifyOptions, verify_model};
use tenantry_template::{
    Existence, Key, Model, Owner, ReadOptions, Resource, Span, StackId, Text, Value, ValueKind,
};
use tenantry_verdict::claims::identity::OTHER_TENANTS_ASSET;
use tenantry_verdict::{ClaimVerdict, Outcome, Party};

fn value(json: &serde_json::Value) -> Value<'static> {
    let span = Span::default();
    let kind = match json {
        serde_json::Value::Null => ValueKind::Null,
        serde_json::Value::Bool(value) => ValueKind::Bool(*value),
        serde_json::Value::Number(number) => ValueKind::Number(number.to_string().into()),
        serde_json::Value::String(text) => ValueKind::Text(Text::literal(text.clone())),
        serde_json::Value::Array(items) => ValueKind::List(items.iter().map(value).collect()),
        serde_json::Value::Object(members) => {
            let entry = |(key, item): (&String, &serde_json::Value)| {
                (Key { text: key.clone().into(), span }, value(item))
            };
            ValueKind::Map(members.iter().map(entry).collect())
        }
    };
    Value { kind, span }
}

fn resource(
    kind: &str,
    id: &str,
    arn: String,
    properties: &serde_json::Value,
) -> Resource<'static> {
    Resource {
        stack: StackId(0),
        path: id.to_owned(),
        id: id.to_owned(),
        kind: kind.to_owned(),
        properties: value(properties),
        owner: Owner::Shared,
        span: Span::default(),
        existence: Existence::Always,
        deletion_policy: None,
        update_replace_policy: None,
        metadata: None,
        reference: Text::literal(id.to_owned()),
        arn: Some(Text::literal(arn)),
    }
}

/// A table and a role of each of two tenants; what `a`'s role may read is given.
fn answer(read_by_a: &str) -> ClaimVerdict {
    let table = |tenant: &str| format!("arn:aws:dynamodb:eu-west-1:111122223333:table/{tenant}");
    let tags = |tenant: &str| json!([{"Key": "tenant_id", "Value": tenant}]);
    let mut resources = Vec::new();
    for (tenant, reads) in [("a", read_by_a), ("b", "b")] {
        let properties = json!({"TableName": tenant, "Tags": tags(tenant)});
        resources.push(resource("AWS::DynamoDB::Table", tenant, table(tenant), &properties));
        let role = format!("role-{tenant}");
        let properties = json!({
            "RoleName": role,
            "Tags": tags(tenant),
            "AssumeRolePolicyDocument": {
                "Version": "2012-10-17",
                "Statement": {
                    "Effect": "Allow",
                    "Principal": {"Service": "lambda.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                },
            },
            "Policies": [{
                "PolicyName": "own",
                "PolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": {
                        "Effect": "Allow",
                        "Action": "dynamodb:GetItem",
                        "Resource": table(reads),
                    },
                },
            }],
        });
        let arn = format!("arn:aws:iam::111122223333:role/{role}");
        resources.push(resource("AWS::IAM::Role", &role, arn, &properties));
    }
    let model = Model::of(resources, &ReadOptions::default());
    assert_eq!(model.tenants.len(), 2);
    let verdict = verify_model(&model, &VerifyOptions::default());
    verdict.claims.into_iter().find(|answer| answer.claim == OTHER_TENANTS_ASSET).unwrap()
}

#[test]
fn two_tenants_that_keep_to_their_own_are_proven_without_a_template() {
    let answer = answer("a");
    assert_eq!(answer.outcome(), Outcome::Proven, "{answer:?}");
    assert!(answer.questions >= 4, "{}", answer.questions);
}

#[test]
fn a_grant_on_anothers_table_is_breached_without_a_template_and_without_a_place() {
    let answer = answer("b");
    assert_eq!(answer.outcome(), Outcome::Breached, "{answer:?}");
    let example = answer.counterexamples.first().unwrap();
    assert_eq!(example.attacker, Party::Tenant("a".to_owned()));
    assert_eq!(example.victim, Party::Tenant("b".to_owned()));
    assert_eq!(example.action, "dynamodb:GetItem");
    assert!(example.evidence.is_empty(), "{:?}", example.evidence);
}
