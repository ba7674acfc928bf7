//! Every fault of the grammar, with what is said of it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use proptest::prelude::*;
use serde_json::{Value as Json, json};
use tenantry_policy::{Kind, Node, Policy};

/// The errors, each with the number of the value at which it stands.
fn faults(kind: Kind, policy: &Json) -> String {
    let errors = Policy::parse(&Node::from_json(policy), kind).unwrap_err();
    let lines = errors.iter().map(|error| format!("{:>2}: {error}", error.span.0));
    lines.collect::<Vec<_>>().join("\n")
}

fn statement(kind: Kind, statement: &Json) -> String {
    faults(kind, &json!({"Version": "2012-10-17", "Statement": statement}))
}

#[test]
fn every_fault_is_named_with_its_place() {
    let allow = json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*"});
    let with = |more: Json| {
        let mut all = allow.clone();
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        all
    };
    let cases = [
        ("no object", faults(Kind::Identity, &json!([]))),
        ("no statement", faults(Kind::Identity, &json!({"Version": "2012-10-17"}))),
        ("version", faults(Kind::Identity, &json!({"Version": "2012-10-18", "Statement": []}))),
        ("unknown element", faults(Kind::Identity, &json!({"Statements": []}))),
        (
            "two sids",
            statement(
                Kind::Identity,
                &json!([with(json!({"Sid": "A"})), with(json!({"Sid": "A"}))]),
            ),
        ),
        ("case of an element", statement(Kind::Identity, &with(json!({"condition": {}})))),
        ("no effect", statement(Kind::Identity, &json!({"Action": "s3:*", "Resource": "*"}))),
        ("effect", statement(Kind::Identity, &with(json!({"Effect": "allow"})))),
        ("no action, no resource", statement(Kind::Identity, &json!({"Effect": "Deny"}))),
        (
            "both",
            statement(Kind::Identity, &with(json!({"NotAction": "s3:Get*", "NotResource": "*"}))),
        ),
        ("empty", statement(Kind::Identity, &with(json!({"Action": []})))),
        (
            "action",
            statement(Kind::Identity, &with(json!({"Action": ["GetObject", "s3:", "s*:Get"]}))),
        ),
        ("resource", statement(Kind::Identity, &with(json!({"Resource": ["bucket", 7]})))),
        ("principal of an identity", statement(Kind::Identity, &with(json!({"Principal": "*"})))),
        ("no principal", statement(Kind::Resource, &allow)),
        ("bare principal", statement(Kind::Resource, &with(json!({"Principal": "111122223333"})))),
        ("kind of principal", statement(Kind::Resource, &with(json!({"Principal": {"Aws": "*"}})))),
        (
            "both principals",
            statement(Kind::Resource, &with(json!({"Principal": "*", "NotPrincipal": "*"}))),
        ),
        ("resource of a trust", statement(Kind::Trust, &with(json!({"Principal": "*"})))),
        (
            "operator",
            statement(Kind::Identity, &with(json!({"Condition": {"StringEqual": {"a": "b"}}}))),
        ),
        (
            "null if exists",
            statement(Kind::Identity, &with(json!({"Condition": {"NullIfExists": {"a": true}}}))),
        ),
        (
            "keys",
            statement(Kind::Identity, &with(json!({"Condition": {"Bool": "aws:SecureTransport"}}))),
        ),
        ("values", statement(Kind::Identity, &with(json!({"Condition": {"Bool": {"a": {}}}})))),
    ];
    let report: Vec<String> =
        cases.iter().map(|(name, faults)| format!("# {name}\n{faults}\n")).collect();
    insta::assert_snapshot!(report.join("\n"));
}

#[test]
fn every_form_that_aws_accepts_is_read() {
    let single = json!({
        "Id": "x",
        "Statement": {
            "Effect": "Deny",
            "NotPrincipal": {"AWS": ["111122223333"], "Service": "a.amazonaws.com",
                "Federated": "cognito-identity.amazonaws.com", "CanonicalUser": "79a5"},
            "NotAction": ["S3:get*", "*:*", "*"],
            "NotResource": "arn:aws:s3:::b/${aws:username}",
            "Condition": {"stringNotLikeIfExists": {"aws:UserAgent": [1, true, "x"]},
                "ForAllValues:StringEquals": {"aws:TagKeys": []}}
        }
    });
    let policy = Policy::parse(&Node::from_json(&single), Kind::Resource).unwrap();
    let statement = &policy.statements[0];
    assert_eq!(statement.principals.as_ref().unwrap().items.len(), 4);
    assert_eq!(statement.conditions.len(), 2);
    assert_eq!(statement.conditions[0].values.len(), 3);
    // Without a version the language is that of 2008, which has no variables.
    assert_eq!(statement.resources.as_ref().unwrap().items[0].template.variables().count(), 0);
}

/// Trees that look like policies here and there.
fn tree() -> impl Strategy<Value = Json> {
    let word = proptest::sample::select(
        &[
            "Version",
            "2012-10-17",
            "Statement",
            "Sid",
            "Effect",
            "Allow",
            "Deny",
            "Principal",
            "NotPrincipal",
            "AWS",
            "Service",
            "*",
            "Action",
            "NotAction",
            "s3:*",
            "Resource",
            "NotResource",
            "arn:aws:s3:::b/${aws:username, 'x'}",
            "${",
            "}",
            "${}",
            "Condition",
            "StringLike",
            "ForAnyValue:NullIfExists",
            "aws:SourceIp",
            "",
        ][..],
    );
    let leaf = prop_oneof![
        4 => word.clone().prop_map(Json::from),
        1 => any::<bool>().prop_map(Json::from),
        1 => any::<i32>().prop_map(Json::from),
        1 => Just(Json::Null),
    ];
    leaf.prop_recursive(6, 60, 6, move |inner| {
        let members = (word.clone().prop_map(str::to_owned), inner.clone());
        prop_oneof![
            1 => proptest::collection::vec(inner, 0..4).prop_map(Json::from),
            3 => proptest::collection::vec(members, 0..7)
                .prop_map(|members| Json::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_tree_is_read_or_refused_with_a_reason(tree in tree(), wrapped in any::<bool>()) {
        let tree = match wrapped {
            true => json!({"Version": "2012-10-17", "Statement": tree}),
            false => tree,
        };
        for kind in [Kind::Identity, Kind::Resource, Kind::Trust] {
            if let Err(errors) = Policy::parse(&Node::from_json(&tree), kind) {
                prop_assert!(!errors.is_empty(), "{}", tree);
            }
        }
    }
}

#[test]
fn what_is_written_can_be_read() {
    use tenantry_policy::{Document, Principal, Statement};
    let document = Document::<String>::new(vec![
        Statement::allow("A", &["kms:Decrypt"])
            .to(vec![Principal::Service("logs.amazonaws.com".into())])
            .on_any()
            .when("ArnLike", "aws:SourceArn", vec!["arn:aws:logs:*:*:log-group:/a".into()]),
        Statement::deny("B", &["kms:*"]).to_everyone().on(vec!["arn:aws:kms:::key/k".into()]),
    ]);
    let json: serde_json::Value = document.to_json();
    let policy = Policy::parse(&Node::from_json(&json), Kind::Resource).unwrap();
    assert_eq!(policy.statements.len(), 2);
    assert_eq!(policy.statements[0].conditions[0].key, "aws:SourceArn");
}
