//! Decisions as AWS's pages describe them, one row a case.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod support;

use serde_json::{Value as Json, json};
use support::{ACCOUNT, ROLE, TABLE, identity, on_resource, request, worker};
use tenantry_policy::{
    Caller, CallerKind, Context, Grant, Outcome, Policy, PolicySet, Reason, Request, ResourceKind,
    Span, Text, Value, allowed_concretely, evaluate, find_witness,
};

const OTHER_ACCOUNT: &str = "444455556666";
const GET: &str = "dynamodb:GetItem";

/// Decides, and lets the second evaluator decide the same where it can.
fn decide(request: &Request, set: &PolicySet<'_>) -> Outcome {
    let outcome = evaluate(request, set).outcome;
    if let Some(allowed) = allowed_concretely(request, set) {
        assert_eq!(outcome == Outcome::Allow, allowed, "the evaluators disagree on {request:?}");
    }
    outcome
}

fn allow(action: &str, resource: &str) -> Json {
    json!({"Effect": "Allow", "Action": action, "Resource": resource})
}

fn by_identity(policy: &Policy) -> PolicySet<'_> {
    PolicySet { identity: vec![policy], ..PolicySet::default() }
}

fn to(principal: &Json) -> Policy {
    on_resource(json!({"Effect": "Allow", "Principal": principal, "Action": "*", "Resource": "*"}))
}

#[test]
fn nothing_is_allowed_unless_something_allows_it() {
    assert_eq!(decide(&request(GET, TABLE), &PolicySet::default()), Outcome::ImplicitDeny);
}

#[test]
fn actions_match_without_regard_to_case_and_resources_with_it() {
    let policy = identity(allow("DynamoDB:getitem", TABLE));
    assert_eq!(decide(&request(GET, TABLE), &by_identity(&policy)), Outcome::Allow);
    let shouted = TABLE.replace("users", "Users");
    assert_eq!(decide(&request(GET, &shouted), &by_identity(&policy)), Outcome::ImplicitDeny);
}

#[test]
fn an_explicit_deny_wins_wherever_it_stands() {
    let allowed = identity(allow("*", "*"));
    let denied = identity(json!({"Effect": "Deny", "Action": "dynamodb:*", "Resource": "*"}));
    let denies = on_resource(
        json!({"Effect": "Deny", "Principal": "*", "Action": "dynamodb:*", "Resource": "*"}),
    );
    let own = by_identity(&allowed);
    let sets = [
        PolicySet { identity: vec![&allowed, &denied], ..PolicySet::default() },
        PolicySet { boundary: Some(&denied), ..own.clone() },
        PolicySet { session: vec![&allowed, &denied], ..own.clone() },
        PolicySet { resource: Some(&denies), ..own.clone() },
        PolicySet { organization: vec![vec![&allowed, &denied]], ..own.clone() },
        PolicySet { endpoint: Some(&denies), ..own.clone() },
    ];
    for set in &sets {
        assert_eq!(decide(&request(GET, TABLE), set), Outcome::ExplicitDeny, "{set:?}");
    }
}

#[test]
fn each_limit_must_allow_as_well() {
    let allowed = identity(allow("*", "*"));
    let elsewhere = identity(allow("s3:*", "*"));
    let endpoint = on_resource(
        json!({"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}),
    );
    let own = by_identity(&allowed);
    let sets = [
        PolicySet { boundary: Some(&elsewhere), ..own.clone() },
        PolicySet { session: vec![&elsewhere], ..own.clone() },
        PolicySet { organization: vec![vec![&allowed], vec![&elsewhere]], ..own.clone() },
        PolicySet { endpoint: Some(&endpoint), ..own.clone() },
    ];
    for set in &sets {
        assert_eq!(decide(&request(GET, TABLE), set), Outcome::ImplicitDeny, "{set:?}");
    }
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics.html>
#[test]
fn a_boundary_limits_what_a_resource_grants_a_role_but_not_what_it_grants_a_session_or_a_user() {
    let nothing = identity(allow("s3:*", "*"));
    let session = "arn:aws:sts::111122223333:assumed-role/worker/s";
    let user = Caller::user(&"arn:aws:iam::111122223333:user/ann".into());
    for (principal, caller, expected) in [
        (json!({"AWS": ROLE}), worker(), Outcome::ImplicitDeny),
        (json!({"AWS": session}), worker(), Outcome::Allow),
        (json!("*"), worker(), Outcome::Allow),
        (json!({"AWS": "arn:aws:iam::111122223333:user/ann"}), user.clone(), Outcome::Allow),
        (json!({"AWS": ACCOUNT}), user, Outcome::ImplicitDeny),
    ] {
        let resource = to(&principal);
        let set = PolicySet {
            boundary: Some(&nothing),
            resource: Some(&resource),
            ..PolicySet::default()
        };
        let request = Request { caller, ..request(GET, TABLE) };
        assert_eq!(decide(&request, &set), expected, "{principal}");
    }
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html>
#[test]
fn across_accounts_both_sides_must_allow() {
    let own = identity(allow("*", "*"));
    let named = to(&json!({"AWS": ROLE}));
    let root = to(&json!({"AWS": "arn:aws:iam::111122223333:root"}));
    let foreign = Request { resource_account: OTHER_ACCOUNT.into(), ..request(GET, TABLE) };
    let only_own = by_identity(&own);
    let only_named = PolicySet { resource: Some(&named), ..PolicySet::default() };
    let both = PolicySet { resource: Some(&named), ..by_identity(&own) };
    let delegated = PolicySet { resource: Some(&root), ..by_identity(&own) };
    assert_eq!(decide(&foreign, &only_own), Outcome::ImplicitDeny);
    assert_eq!(decide(&foreign, &only_named), Outcome::ImplicitDeny);
    assert_eq!(decide(&foreign, &both), Outcome::Allow);
    assert_eq!(decide(&foreign, &delegated), Outcome::Allow);
    // In one account a role that the resource names needs no policy of its own.
    assert_eq!(decide(&request(GET, TABLE), &only_named), Outcome::Allow);
}

/// <https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html>
#[test]
fn a_key_counts_identity_policies_only_when_its_policy_delegates_to_the_account() {
    let key = "arn:aws:kms:us-east-1:111122223333:key/k";
    let own = identity(allow("kms:Decrypt", key));
    let silent = to(&json!({"Service": "logs.us-east-1.amazonaws.com"}));
    let delegating = to(&json!({"AWS": "arn:aws:iam::111122223333:root"}));
    let naming = to(&json!({"AWS": ROLE}));
    let request = request("kms:Decrypt", key);
    let gate = |identity: Option<&Policy>, resource| -> Outcome {
        let set = PolicySet {
            identity: identity.map_or_else(Vec::new, |policy| vec![policy]),
            resource: Some(resource),
            resource_kind: ResourceKind::Gatekeeper,
            ..PolicySet::default()
        };
        decide(&request, &set)
    };
    let none = Outcome::ImplicitDeny;
    assert_eq!(gate(Some(&own), &silent), none, "no delegation");
    assert_eq!(gate(None, &delegating), none, "delegation is no grant by itself");
    assert_eq!(gate(Some(&own), &delegating), Outcome::Allow);
    assert_eq!(gate(None, &naming), Outcome::Allow);
}

#[test]
fn a_grant_lets_its_grantee_do_what_it_lists() {
    let key = "arn:aws:kms:us-east-1:111122223333:key/k";
    let grants =
        [Grant { span: Span(9), grantee: ROLE.into(), operations: vec!["Decrypt".to_owned()] }];
    let set = PolicySet {
        grants: &grants,
        resource_kind: ResourceKind::Gatekeeper,
        ..PolicySet::default()
    };
    assert_eq!(decide(&request("kms:Decrypt", key), &set), Outcome::Allow);
    assert_eq!(decide(&request("kms:Encrypt", key), &set), Outcome::ImplicitDeny);
}

#[test]
fn a_service_is_allowed_by_the_resource_alone_and_tied_by_its_source() {
    let policy = on_resource(json!({
        "Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage",
        "Resource": "*", "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:111122223333:t"}}
    }));
    let set = PolicySet { resource: Some(&policy), ..PolicySet::default() };
    let queue = "arn:aws:sqs:us-east-1:111122223333:q";
    let from = |name: &str, source: &str| Request {
        caller: Caller::service(name),
        context: Context::exact().having("AWS:SourceArn", source),
        ..request("sqs:SendMessage", queue)
    };
    let own = "arn:aws:sns:us-east-1:111122223333:t";
    assert_eq!(decide(&from("sns.amazonaws.com", own), &set), Outcome::Allow);
    let foreign = "arn:aws:sns:us-east-1:444455556666:t";
    assert_eq!(decide(&from("sns.amazonaws.com", foreign), &set), Outcome::ImplicitDeny);
    assert_eq!(decide(&from("s3.amazonaws.com", own), &set), Outcome::ImplicitDeny);
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html>
#[test]
fn a_deny_with_not_principal_spares_only_a_caller_of_which_every_part_is_listed() {
    let own = identity(allow("*", "*"));
    let session = "arn:aws:sts::111122223333:assumed-role/worker/s";
    let root = "arn:aws:iam::111122223333:root";
    for (listed, expected) in [
        (json!([session, ROLE, root]), Outcome::Allow),
        (json!([ROLE, root]), Outcome::ExplicitDeny),
        (json!([session, ROLE]), Outcome::ExplicitDeny),
    ] {
        let policy = on_resource(json!({
            "Effect": "Deny", "NotPrincipal": {"AWS": listed}, "Action": "*", "Resource": "*"
        }));
        let set = PolicySet { resource: Some(&policy), ..by_identity(&own) };
        assert_eq!(decide(&request(GET, TABLE), &set), expected, "{listed}");
    }
}

#[test]
fn the_not_forms_take_everything_except_what_they_list() {
    let policy = identity(json!({
        "Effect": "Allow", "NotAction": ["iam:*", "dynamodb:Delete*"],
        "NotResource": "arn:aws:dynamodb:*:*:table/secret"
    }));
    let set = by_identity(&policy);
    assert_eq!(decide(&request(GET, TABLE), &set), Outcome::Allow);
    assert_eq!(decide(&request("dynamodb:DeleteItem", TABLE), &set), Outcome::ImplicitDeny);
    let secret = "arn:aws:dynamodb:us-east-1:111122223333:table/secret";
    assert_eq!(decide(&request(GET, secret), &set), Outcome::ImplicitDeny);
}

#[test]
fn variables_take_the_callers_tags_their_defaults_and_literal_wildcards() {
    let table = |name: &str| format!("arn:aws:dynamodb:us-east-1:111122223333:table/{name}");
    let cases = [
        ("${aws:PrincipalTag/team}", Some("red"), "red", Outcome::Allow),
        ("${aws:PrincipalTag/team}", Some("red"), "blue", Outcome::ImplicitDeny),
        ("${aws:PrincipalTag/team}", None, "red", Outcome::ImplicitDeny),
        ("${aws:PrincipalTag/team, 'none'}", None, "none", Outcome::Allow),
        // A wildcard in a value is a character like any other.
        ("${aws:PrincipalTag/team}", Some("*"), "red", Outcome::ImplicitDeny),
        ("a${*}${?}${$}", None, "a*?$", Outcome::Allow),
        ("a${*}", None, "ab", Outcome::ImplicitDeny),
    ];
    for (written, tag, name, expected) in cases {
        let policy = identity(allow("dynamodb:*", &table(written)));
        let mut request = request(GET, &table(name));
        if let Some(tag) = tag {
            request.caller = request.caller.tagged("team", tag);
        }
        assert_eq!(decide(&request, &by_identity(&policy)), expected, "{written} {tag:?} {name}");
    }
}

/// Operator, the policy's value, the request's value, whether it holds.
#[test]
fn every_operator_compares_as_documented() {
    let rows: &[(&str, &str, Option<&str>, bool)] = &[
        ("StringEquals", "a*", Some("a*"), true),
        ("StringEquals", "a*", Some("ab"), false),
        ("StringEquals", "a", None, false),
        ("StringEqualsIfExists", "a", None, true),
        ("StringNotEquals", "a", Some("b"), true),
        ("StringNotEquals", "a", Some("a"), false),
        ("StringNotEquals", "a", None, true),
        ("StringEqualsIgnoreCase", "aB", Some("Ab"), true),
        ("StringNotEqualsIgnoreCase", "aB", Some("Ab"), false),
        ("StringLike", "a?c*", Some("abcd"), true),
        ("StringLike", "a?c*", Some("acd"), false),
        ("StringNotLike", "a*", Some("abc"), false),
        ("NumericEquals", "10", Some("10.0"), true),
        ("NumericNotEquals", "10", Some("11"), true),
        ("NumericLessThan", "10", Some("9"), true),
        ("NumericLessThan", "10", Some("10"), false),
        ("NumericLessThanEquals", "10", Some("10"), true),
        ("NumericGreaterThan", "10", Some("9"), false),
        ("NumericGreaterThanEquals", "10", Some("ten"), false),
        ("DateEquals", "2024-02-29T00:00:00Z", Some("1709164800"), true),
        ("DateLessThan", "2024-01-01", Some("2023-12-31T23:59:59Z"), true),
        ("DateGreaterThan", "2024-01-01T00:00:00+01:00", Some("2023-12-31T23:30:00Z"), true),
        ("DateNotEquals", "2024-01-01", Some("2024-01-01T00:00:00Z"), false),
        ("Bool", "true", Some("TRUE"), true),
        ("Bool", "false", None, false),
        ("BinaryEquals", "QmluYXJ5", Some("QmluYXJ5"), true),
        ("IpAddress", "203.0.113.0/24", Some("203.0.113.9"), true),
        ("IpAddress", "203.0.113.0/24", Some("203.0.114.9"), false),
        ("IpAddress", "2001:db8::/32", Some("2001:db8::1"), true),
        ("IpAddress", "0.0.0.0/0", Some("2001:db8::1"), false),
        ("NotIpAddress", "203.0.113.0/24", Some("203.0.114.9"), true),
        ("NotIpAddress", "203.0.113.0/24", None, true),
        ("ArnEquals", "arn:aws:sns:*:1:t*", Some("arn:aws:sns:us-east-1:1:topic"), true),
        ("ArnLike", "arn:aws:sns:*:t", Some("arn:aws:sns:us-east-1:1:t"), false),
        ("ArnNotLike", "arn:aws:sns:*:1:*", Some("arn:aws:sns:r:2:t"), true),
        ("ArnNotEquals", "arn:aws:sns:r:1:t", None, true),
        ("Null", "true", None, true),
        ("Null", "true", Some("x"), false),
        ("Null", "false", Some("x"), true),
        ("ForAllValues:StringEquals", "a", None, true),
        ("ForAllValues:StringNotEquals", "a", None, true),
        ("ForAnyValue:StringEquals", "a", None, false),
        ("ForAnyValue:StringNotEquals", "a", None, false),
        ("ForAnyValue:StringEqualsIfExists", "a", None, true),
    ];
    for (operator, written, given, expected) in rows {
        let policy = identity(json!({
            "Effect": "Allow", "Action": "*", "Resource": "*",
            "Condition": {*operator: {"custom:Key": written}}
        }));
        let mut request = request(GET, TABLE);
        if let Some(given) = given {
            request.context = Context::exact().having("CUSTOM:key", *given);
        }
        let expected = if *expected { Outcome::Allow } else { Outcome::ImplicitDeny };
        let outcome = decide(&request, &by_identity(&policy));
        assert_eq!(outcome, expected, "{operator} {written} {given:?}");
    }
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html>
#[test]
fn set_operators_look_at_every_value_of_the_request() {
    for (operator, given, expected) in [
        ("ForAllValues:StringEquals", vec!["a", "b"], true),
        ("ForAllValues:StringEquals", vec!["a", "c"], false),
        ("ForAllValues:StringEquals", vec![], true),
        ("ForAnyValue:StringEquals", vec!["c", "b"], true),
        ("ForAnyValue:StringEquals", vec!["c"], false),
        ("ForAllValues:StringNotEquals", vec!["c", "d"], true),
        ("ForAllValues:StringNotEquals", vec!["c", "a"], false),
        ("ForAnyValue:StringNotEquals", vec!["a", "c"], true),
        ("ForAnyValue:StringNotEquals", vec!["a", "b"], false),
    ] {
        let policy = identity(json!({
            "Effect": "Allow", "Action": "*", "Resource": "*",
            "Condition": {operator: {"aws:TagKeys": ["a", "b"]}}
        }));
        let values = given.iter().map(|text| Text::from(*text)).collect();
        let request = Request {
            context: Context::exact().with("aws:TagKeys", Value::Present(values)),
            ..request(GET, TABLE)
        };
        let expected = if expected { Outcome::Allow } else { Outcome::ImplicitDeny };
        assert_eq!(decide(&request, &by_identity(&policy)), expected, "{operator} {given:?}");
    }
}

#[test]
fn all_keys_and_operators_of_a_condition_must_hold() {
    let policy = identity(json!({
        "Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {
            "StringEquals": {"aws:PrincipalTag/a": "1", "aws:PrincipalTag/b": "2"},
            "Bool": {"aws:SecureTransport": true}
        }
    }));
    let set = by_identity(&policy);
    let mut full = request(GET, TABLE);
    full.caller = full.caller.tagged("A", "1").tagged("b", "2");
    full.context = Context::exact().having("aws:SecureTransport", "true");
    assert_eq!(decide(&full, &set), Outcome::Allow);
    let plain = Request { context: Context::exact(), ..full };
    assert_eq!(decide(&plain, &set), Outcome::ImplicitDeny);
}

#[test]
fn a_hostile_caller_gets_past_every_key_that_it_chooses() {
    let cases = [
        ("Allow", "IpAddress", "aws:SourceIp", "10.0.0.0/8", Outcome::Allow),
        ("Deny", "NotIpAddress", "aws:SourceIp", "10.0.0.0/8", Outcome::Allow),
        ("Deny", "StringNotLike", "aws:UserAgent", "*ours*", Outcome::Allow),
        ("Allow", "StringEquals", "aws:RequestTag/tenant", "b", Outcome::Allow),
        ("Allow", "StringEquals", "dynamodb:LeadingKeys", "b", Outcome::Allow),
        ("Allow", "StringEquals", "aws:PrincipalTag/tenant", "b", Outcome::ImplicitDeny),
        ("Allow", "StringEquals", "aws:NoSuchKey", "b", Outcome::ImplicitDeny),
        ("Deny", "StringNotEquals", "aws:PrincipalTag/tenant", "b", Outcome::ExplicitDeny),
        ("Deny", "StringNotEquals", "aws:ResourceAccount", ACCOUNT, Outcome::Allow),
    ];
    let everything = identity(allow("*", "*"));
    for (effect, operator, key, value, expected) in cases {
        let policy = identity(json!({
            "Effect": effect, "Action": "*", "Resource": "*", "Condition": {operator: {key: value}}
        }));
        let mut set = by_identity(&policy);
        if effect == "Deny" {
            set.identity.push(&everything);
        }
        let request = Request { context: Context::hostile(), ..request(GET, TABLE) };
        assert_eq!(decide(&request, &set), expected, "{effect} {operator} {key}");
    }
}

#[test]
fn what_only_aws_knows_leaves_the_decision_open_and_names_the_key() {
    let policy = identity(json!({
        "Effect": "Allow", "Action": "*", "Resource": "*",
        "Condition": {"StringEquals": {"aws:SourceVpce": "vpce-1"}}
    }));
    let request = Request { context: Context::hostile(), ..request(GET, TABLE) };
    let open = Outcome::Undecided(vec![Reason::Key("aws:SourceVpce".to_owned())]);
    assert_eq!(decide(&request, &by_identity(&policy)), open);
}

#[test]
fn anonymous_and_federated_callers_need_a_resource_that_names_them() {
    let everyone = to(&json!("*"));
    let provider = to(&json!({"Federated": "cognito-identity.amazonaws.com"}));
    let caller = |kind| Caller { kind, account: Text::default(), tags: Vec::new() };
    let pool = CallerKind::Federated("cognito-identity.amazonaws.com".into());
    for (kind, policy, expected) in [
        (CallerKind::Anonymous, &everyone, Outcome::Allow),
        (CallerKind::Anonymous, &provider, Outcome::ImplicitDeny),
        (pool.clone(), &provider, Outcome::Allow),
        (pool, &everyone, Outcome::Allow),
    ] {
        let set = PolicySet { resource: Some(policy), ..PolicySet::default() };
        let request = Request { caller: caller(kind), ..request(GET, TABLE) };
        assert_eq!(decide(&request, &set), expected, "{:?}", request.caller.kind);
    }
}

#[test]
fn an_anonymous_request_has_an_account_of_that_name_and_is_neither_of_a_service_nor_not() {
    let caller = Caller { kind: CallerKind::Anonymous, account: Text::default(), tags: Vec::new() };
    let request = Request { caller, ..request(GET, TABLE) };
    for (condition, expected) in [
        (json!({"StringEquals": {"aws:PrincipalAccount": "anonymous"}}), Outcome::Allow),
        (json!({"StringLike": {"aws:PrincipalAccount": "*"}}), Outcome::Allow),
        (json!({"Null": {"aws:PrincipalIsAWSService": "true"}}), Outcome::Allow),
        (json!({"Bool": {"aws:PrincipalIsAWSService": "false"}}), Outcome::ImplicitDeny),
    ] {
        let policy = on_resource(json!({
            "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*",
            "Condition": condition
        }));
        let set = PolicySet { resource: Some(&policy), ..PolicySet::default() };
        assert_eq!(decide(&request, &set), expected, "{condition}");
    }
}

#[test]
fn a_tag_that_the_caller_may_write_is_the_callers_choice() {
    let policy = identity(json!({
        "Effect": "Allow", "Action": "dynamodb:*",
        "Resource": "arn:aws:dynamodb:*:*:table/${aws:PrincipalTag/tenant}"
    }));
    let fixed = Request {
        caller: worker().tagged("tenant", "other"),
        context: Context::hostile(),
        ..request(GET, TABLE)
    };
    assert_eq!(decide(&fixed, &by_identity(&policy)), Outcome::ImplicitDeny);
    let context = Context::hostile().with("aws:PrincipalTag/tenant", Value::Chosen);
    let written = Request { context, ..fixed };
    assert_eq!(decide(&written, &by_identity(&policy)), Outcome::Allow);
}

/// A pooled table: each tenant its own partition keys, by a tag of its session.
#[test]
fn leading_keys_hold_a_tenant_back_until_an_action_escapes_the_key() {
    let bound = |operator: &str| {
        identity(json!({
            "Effect": "Allow", "Action": ["dynamodb:Query", "dynamodb:Scan"], "Resource": TABLE,
            "Condition": {operator: {"dynamodb:LeadingKeys": "${aws:PrincipalTag/tenant}"}}
        }))
    };
    let asking = |action: &str, tenant: &str| Request {
        caller: worker().tagged("tenant", "a"),
        context: Context::hostile().having("dynamodb:LeadingKeys", tenant),
        ..request(action, TABLE)
    };
    for (operator, action, tenant, expected) in [
        ("ForAllValues:StringEquals", "dynamodb:Query", "a", Outcome::Allow),
        ("ForAllValues:StringEquals", "dynamodb:Query", "b", Outcome::ImplicitDeny),
        ("ForAllValues:StringEquals", "dynamodb:Scan", "b", Outcome::Allow),
        ("StringEquals", "dynamodb:Scan", "b", Outcome::ImplicitDeny),
    ] {
        let policy = bound(operator);
        let outcome = decide(&asking(action, tenant), &by_identity(&policy));
        assert_eq!(outcome, expected, "{operator} {action} {tenant}");
    }
}

/// Keys that AWS sets by the way on which a request comes: the caller chooses among the ways.
#[test]
fn a_key_that_holds_one_of_several_values_holds_no_other() {
    let via = |service: &str| {
        Value::Present(vec![format!("{service}.us-east-1.amazonaws.com").as_str().into()])
    };
    let asking = |ways: Vec<Value>| Request {
        context: Context::hostile().with("kms:ViaService", Value::OneOf(ways)),
        ..request("kms:Decrypt", "arn:aws:kms:us-east-1:111122223333:key/k")
    };
    let direct = || Value::Absent;
    for (condition, ways, expected) in [
        (json!({"StringLike": {"kms:ViaService": "rds.*"}}), vec![direct()], false),
        (json!({"StringLike": {"kms:ViaService": "rds.*"}}), vec![direct(), via("s3")], false),
        (json!({"StringLike": {"kms:ViaService": "rds.*"}}), vec![direct(), via("rds")], true),
        (json!({"StringNotLike": {"kms:ViaService": "rds.*"}}), vec![direct(), via("rds")], true),
        (json!({"StringNotLike": {"kms:ViaService": "rds.*"}}), vec![via("rds")], false),
        (json!({"Null": {"kms:ViaService": "false"}}), vec![direct()], false),
        (json!({"Null": {"kms:ViaService": "false"}}), vec![direct(), via("s3")], true),
        // It cannot be two of them at once.
        (
            json!({"StringLike": {"kms:ViaService": "rds.*"}, "StringNotLike": {"kms:ViaService": "*"}}),
            vec![direct(), via("rds")],
            false,
        ),
    ] {
        let policy = identity(json!({
            "Effect": "Allow", "Action": "kms:*", "Resource": "*", "Condition": condition
        }));
        let found = find_witness(&asking(ways), &by_identity(&policy)).unwrap();
        assert_eq!(found.is_some(), expected, "{condition}");
        if let Some(way) = found {
            assert_eq!(allowed_concretely(&way.request, &by_identity(&policy)), Some(true));
        }
    }
}

#[test]
fn what_is_there_already_is_not_being_made() {
    let vpc = "arn:aws:ec2:us-east-1:111122223333:vpc/vpc-1";
    let hostile = Request { context: Context::hostile(), ..request("ec2:CreateTags", vpc) };
    for (operator, expected) in [
        ("StringEquals", Outcome::ImplicitDeny),
        ("StringEqualsIfExists", Outcome::Allow),
        ("StringNotEquals", Outcome::Allow),
    ] {
        let policy = identity(json!({
            "Effect": "Allow", "Action": "ec2:CreateTags", "Resource": "*",
            "Condition": {operator: {"ec2:CreateAction": "RunInstances"}}
        }));
        assert_eq!(decide(&hostile, &by_identity(&policy)), expected, "{operator}");
    }
}

#[test]
fn a_services_own_spelling_of_a_resources_tag_is_that_tag() {
    let tagged = Request {
        resource_tags: Some(vec![("team".to_owned(), "red".into())]),
        ..request("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:r:111122223333:secret:s")
    };
    for (key, value, expected) in [
        ("aws:ResourceTag/team", "red", Outcome::Allow),
        ("secretsmanager:ResourceTag/team", "red", Outcome::Allow),
        ("SecretsManager:resourcetag/Team", "red", Outcome::Allow),
        ("secretsmanager:ResourceTag/team", "blue", Outcome::ImplicitDeny),
        // No key of a service that is not known.
        ("nosuch:ResourceTag/team", "red", Outcome::ImplicitDeny),
    ] {
        let policy = identity(json!({
            "Effect": "Allow", "Action": "secretsmanager:*", "Resource": "*",
            "Condition": {"StringEquals": {key: value}}
        }));
        assert_eq!(decide(&tagged, &by_identity(&policy)), expected, "{key} {value}");
    }
}

/// Every choice suits another statement, so that no few contexts show whether one suits all.
#[test]
fn more_choices_than_are_tried_are_undecided_and_name_the_statement() {
    let conditions = |operator: &str, length: usize| {
        let keys = (0..12).map(|key| {
            let value = format!("*{}{key}*", "ab*".repeat(length));
            (format!("aws:RequestTag/k{key}"), json!(value))
        });
        json!({operator: keys.collect::<serde_json::Map<_, _>>()})
    };
    let statement = |effect: &str, condition: Json| json!({"Effect": effect, "Action": "dynamodb:*", "Resource": "*", "Condition": condition});
    let mut policy = identity(json!([
        statement("Allow", conditions("StringLike", 40)),
        statement("Deny", json!({"StringLike": {"aws:RequestTag/k0": "*ab*"}})),
    ]));
    for (at, statement) in policy.statements.iter_mut().enumerate() {
        statement.span = Span(7 + at as u32);
    }
    let hostile = Request { context: Context::hostile(), ..request(GET, TABLE) };
    let found = find_witness(&hostile, &by_identity(&policy));
    assert_eq!(found, Err(vec![Reason::Steps(7)]));
}
