//! Templates that are made to be hard: they come to an end, and what is not decided is said.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

mod support;

use serde_json::{Map, Value, json};
use tenantry_verdict::claims::identity;
use tenantry_verdict::{Outcome, Reason, Verdict};

use support::verdict;

fn role(tenant: &str, statements: &Value) -> Value {
    json!({"Type": "AWS::IAM::Role", "Properties": {
        "RoleName": format!("role-{tenant}"),
        "Tags": [{"Key": "tenant_id", "Value": tenant}],
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ]},
        "Policies": [{"PolicyName": "own", "PolicyDocument": {
            "Version": "2012-10-17", "Statement": statements
        }}]
    }})
}

fn table(tenant: &str) -> Value {
    json!({"Type": "AWS::DynamoDB::Table", "Properties": {
        "TableName": format!("table-{tenant}"),
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "Tags": [{"Key": "tenant_id", "Value": tenant}]
    }})
}

fn of(resources: Map<String, Value>) -> Verdict {
    verdict("hard.json", &json!({"Resources": resources}).to_string())
}

/// Every role may do anything that is tagged as it is: each of them comes near everything.
#[test]
fn a_wildcard_under_a_tag_is_decided_for_many_tenants() {
    let all = json!([{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {
        "StringEquals": {"aws:ResourceTag/tenant_id": "${aws:PrincipalTag/tenant_id}"}
    }}]);
    let mut resources = Map::new();
    for number in 0..12 {
        let tenant = format!("t{number:02}");
        resources.insert(format!("Role{number}"), role(&tenant, &all));
        resources.insert(format!("Table{number}"), table(&tenant));
    }
    let verdict = of(resources);
    let answer = verdict.claims.iter().find(|c| c.claim == identity::OTHER_TENANTS_ASSET).unwrap();
    let said: Vec<_> = answer.counterexamples.iter().map(|each| &each.action).collect();
    assert!(said.iter().all(|action| !action.starts_with("dynamodb:Get")), "{said:?}");
}

/// Long patterns on many keys, of which another statement takes every choice away again.
#[test]
fn conditions_without_measure_are_undecided_and_name_a_statement() {
    let keys = (0..12).map(|key| {
        (format!("aws:RequestTag/k{key}"), json!(format!("*{}{key}*", "ab*".repeat(40))))
    });
    let statements = json!([
        {"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*",
            "Condition": {"StringLike": keys.collect::<Map<_, _>>()}},
        {"Effect": "Deny", "Action": "dynamodb:*", "Resource": "*",
            "Condition": {"StringLike": {"aws:RequestTag/k0": "*ab*"}}},
    ]);
    let mut resources = Map::new();
    resources.insert("RoleA".to_owned(), role("a", &statements));
    resources.insert("TableA".to_owned(), table("a"));
    resources.insert("TableB".to_owned(), table("b"));
    let verdict = of(resources);
    assert_ne!(verdict.outcome(), Outcome::Proven);
    let answer = verdict.claims.iter().find(|c| c.claim == identity::OTHER_TENANTS_ASSET).unwrap();
    let named = |reason: &Reason| reason.unknown.contains("too many and too long");
    assert!(answer.undecided.iter().any(|each| named(each) && each.place.is_some()));
}
