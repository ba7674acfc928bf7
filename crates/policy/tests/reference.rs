//! The data files: read whole, and true in the places that matter most.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use serde_json::{Value as Json, json};
use tenantry_policy::{
    Form, Kind, Node, Policy, Reference, Setter, Symbol, Text, can_carry, dead, impossible,
    key_fact, managed,
};

fn actions_on(arn: &str) -> Vec<String> {
    let actions = Reference::get().actions_on(&arn.into());
    actions.iter().map(|(name, _)| name.clone()).collect()
}

#[test]
fn every_managed_policy_is_read_without_a_fault() {
    let file: Json = serde_json::from_str(include_str!("../data/managed.json")).unwrap();
    let policies = file["policies"].as_object().unwrap();
    assert!(policies.len() >= 60);
    for arn in policies.keys() {
        let entry = managed(arn).unwrap();
        assert!(entry.version.starts_with('v') && entry.updated.len() == 10, "{arn}");
        let policy = Policy::parse(&Node::from_json(&entry.document), Kind::Identity);
        assert!(policy.is_ok(), "{arn}: {policy:?}");
    }
}

#[test]
fn a_managed_policy_is_found_in_every_partition() {
    let name = "iam::aws:policy/service-role/AWSLambdaENIManagementAccess";
    for partition in ["aws", "aws-cn", "aws-us-gov"] {
        assert!(managed(&format!("arn:{partition}:{name}")).is_some());
    }
    assert!(managed("arn:aws:iam::111122223333:policy/AdministratorAccess").is_none());
}

#[test]
fn every_service_has_actions_and_its_forms_of_arns_are_of_their_own_type() {
    let reference = Reference::get();
    assert!(reference.prefixes().count() >= 40);
    for prefix in reference.prefixes() {
        let service = reference.service(prefix).unwrap();
        assert!(!service.actions.is_empty(), "{prefix}");
        for (action, known) in &service.actions {
            for kind in known.on.keys().filter(|kind| !kind.is_empty()) {
                // `*` names types of other services.
                let listed = service.resources.contains_key(kind.trim_end_matches('*'));
                assert!(listed, "{prefix}:{action} acts on an unknown type {kind:?}");
            }
        }
    }
}

#[test]
fn an_arn_gets_the_actions_of_its_own_type_alone() {
    let table = actions_on("arn:aws:dynamodb:us-east-1:111122223333:table/users");
    assert!(table.contains(&"dynamodb:GetItem".to_owned()));
    assert!(table.contains(&"dynamodb:DeleteTable".to_owned()));
    assert!(!table.contains(&"dynamodb:ListTables".to_owned()));
    assert!(!table.contains(&"dynamodb:GetRecords".to_owned()));
    let stream = actions_on("arn:aws:dynamodb:us-east-1:111122223333:table/users/stream/2024");
    assert!(stream.contains(&"dynamodb:GetRecords".to_owned()));
    assert!(!stream.contains(&"dynamodb:PutItem".to_owned()));
    let object = actions_on("arn:aws:s3:::bucket/key");
    assert!(object.contains(&"s3:GetObject".to_owned()));
    assert!(!object.contains(&"s3:ListBucket".to_owned()));
    let role = actions_on("arn:aws:iam::111122223333:role/path/name");
    assert!(role.contains(&"iam:PassRole".to_owned()));
    assert_eq!(actions_on("arn:aws:nosuch:::x"), Vec::<String>::new());
}

#[test]
fn an_arn_whose_name_is_a_symbol_is_of_the_same_type() {
    let mut arn = Text::from("arn:aws:dynamodb:us-east-1:");
    arn.push_symbol(Symbol { id: 1, form: Form::digits() });
    arn.push_str(":table/");
    arn.push_symbol(Symbol { id: 2, form: Form::name() });
    let service = Reference::get().service("dynamodb").unwrap();
    assert_eq!(service.types_of(&arn), ["table"]);
}

#[test]
fn actions_are_found_without_regard_to_case() {
    let action = Reference::get().action("DynamoDB:getitem").unwrap();
    assert_eq!(action.access, "Read");
    assert!(action.on["table"].required);
    assert!(Reference::get().action("dynamodb:NoSuchAction").is_none());
}

#[test]
fn each_key_is_set_by_whom_it_is_set() {
    for (key, setter) in [
        ("aws:SourceIp", Setter::Caller),
        ("aws:UserAgent", Setter::Caller),
        ("aws:RequestTag/tenant_id", Setter::Caller),
        ("dynamodb:LeadingKeys", Setter::Caller),
        ("kms:EncryptionContext:tenant", Setter::Caller),
        ("kms:ViaService", Setter::Caller),
        ("s3:prefix", Setter::Caller),
        ("AWS:PrincipalTag/tenant_id", Setter::Aws),
        ("aws:PrincipalArn", Setter::Aws),
        ("aws:SourceArn", Setter::Aws),
        ("aws:SourceVpce", Setter::Aws),
        ("aws:ResourceTag/tenant_id", Setter::Aws),
        ("kms:CallerAccount", Setter::Aws),
        ("cognito-identity.amazonaws.com:aud", Setter::Aws),
        ("ec2:CreateAction", Setter::Creation),
        ("aws:TenantId", Setter::Nobody),
        ("dynamodb:PartitionKey", Setter::Nobody),
        ("tenant", Setter::Nobody),
    ] {
        assert_eq!(key_fact(key).setter, setter, "{key}");
    }
}

#[test]
fn a_statement_that_can_never_match_says_why() {
    let table = "arn:aws:dynamodb:*:*:table/t";
    let cases = [
        ("alive", json!({"Action": "dynamodb:GetItem", "Resource": table})),
        ("list on a table", json!({"Action": "dynamodb:ListTables", "Resource": table})),
        ("list on all", json!({"Action": "dynamodb:ListTables", "Resource": "*"})),
        (
            "one of two",
            json!({"Action": ["dynamodb:ListTables", "dynamodb:Get*"], "Resource": table}),
        ),
        ("no such action", json!({"Action": "dynamodb:FetchItem", "Resource": "*"})),
        ("another service", json!({"Action": "dynamodb:*", "Resource": "arn:aws:s3:::bucket"})),
        (
            "objects of a bucket",
            json!({"Action": "s3:GetObject", "Resource": "arn:aws:s3:::bucket"}),
        ),
        ("unknown service", json!({"Action": "nosuch:Get", "Resource": "arn:aws:s3:::bucket"})),
        (
            "no such key",
            json!({"Action": "s3:*", "Resource": "*",
            "Condition": {"StringEquals": {"aws:TenantId": "a"}}}),
        ),
        (
            "no such key, negated",
            json!({"Action": "s3:*", "Resource": "*",
            "Condition": {"StringNotEquals": {"aws:TenantId": "a"}}}),
        ),
    ];
    let lines = cases.into_iter().map(|(name, mut statement)| {
        statement["Effect"] = "Allow".into();
        let policy = json!({"Version": "2012-10-17", "Statement": statement});
        let policy = Policy::parse(&Node::from_json(&policy), Kind::Identity).unwrap();
        format!("{name}: {:?}", dead(&policy.statements[0]))
    });
    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"));
}

#[test]
fn a_statement_is_dead_only_where_no_request_can_meet_it() {
    let source = |account: &str| format!("arn:aws:sns:eu-west-1:{account}:t");
    let tied = |arn: &str, account: &str| json!({"ArnLike": {"aws:SourceArn": source(arn)}, "StringEquals": {"aws:SourceAccount": account}});
    let alive = [
        json!({"Condition": {"StringNotEquals": {"aws:SourceVpc": []}}}),
        json!({"Condition": {"StringEqualsIfExists": {"aws:SourceVpc": []}}}),
        json!({"Principal": {"AWS": ["arn:aws:iam::111122223333:root", "nobody"]}}),
        json!({"Principal": {"AWS": "AROAEXAMPLEID1234567"}}),
        json!({"Condition": tied("111122223333", "111122223333")}),
        json!({"Condition": tied("*", "111122223333")}),
        json!({"Condition": tied("", "111122223333")}),
    ];
    let dead_for_sure = [
        json!({"Condition": {"StringEquals": {"aws:SourceVpc": []}}}),
        json!({"Principal": {"AWS": ["nobody", "example.com"]}}),
        json!({"Condition": tied("444455556666", "111122223333")}),
    ];
    for (statements, expected) in [(alive.to_vec(), false), (dead_for_sure.to_vec(), true)] {
        for mut statement in statements {
            statement["Effect"] = "Allow".into();
            statement["Action"] = "sqs:SendMessage".into();
            statement["Resource"] = "*".into();
            if statement.get("Principal").is_none() {
                statement["Principal"] = "*".into();
            }
            let policy = json!({"Version": "2012-10-17", "Statement": statement});
            let policy = Policy::parse(&Node::from_json(&policy), Kind::Resource).unwrap();
            assert_eq!(impossible(&policy.statements[0]), expected, "{statement}");
        }
    }
    let alias = json!({"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "arn:aws:kms:*:*:key/alias/x"});
    let policy = json!({"Version": "2012-10-17", "Statement": alias});
    let policy = Policy::parse(&Node::from_json(&policy), Kind::Identity).unwrap();
    assert!(dead(&policy.statements[0]).is_some());
}

#[test]
fn a_key_of_a_service_is_carried_only_by_its_actions() {
    assert!(can_carry("dynamodb:Query", "dynamodb:leadingkeys"));
    assert!(!can_carry("dynamodb:Scan", "dynamodb:LeadingKeys"));
    assert!(can_carry("kms:Decrypt", "kms:EncryptionContext:tenant"));
    assert!(!can_carry("s3:GetObject", "s3:prefix"));
    assert!(can_carry("s3:GetObject", "aws:SourceIp"));
    assert!(can_carry("nosuch:Action", "s3:prefix"));
}
