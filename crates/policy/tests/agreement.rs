//! Random policies and requests: the two evaluators agree, what is reached can be replayed, what
//! is not reached cannot be sampled, and the index misses nothing.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod support;

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value as Json, json};
use support::{ACCOUNT, ROLE, identity, on_resource, request, worker};
use tenantry_policy::{
    Caller, CallerKind, Context, Form, Index, Outcome, Policy, PolicySet, Request, ResourceKind,
    Sure, Symbol, Target, Text, Value, allowed_concretely, applies, evaluate, reach,
};

const ACTIONS: [&str; 6] = [
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "dynamodb:DeleteTable",
    "kms:Decrypt",
    "kms:Encrypt",
    "s3:GetObject",
];
const PATTERNS: [&str; 8] = [
    "dynamodb:GetItem",
    "dynamodb:*",
    "DynamoDB:?etItem",
    "*",
    "kms:*crypt",
    "s3:*",
    "kms:D*",
    "*:*",
];
const RESOURCES: [&str; 5] = [
    "arn:aws:dynamodb:us-east-1:111122223333:table/t1",
    "arn:aws:dynamodb:us-east-1:111122223333:table/t10",
    "arn:aws:dynamodb:us-east-1:111122223333:table/red",
    "arn:aws:kms:us-east-1:111122223333:key/k",
    "arn:aws:s3:::bucket/a:b",
];
const TARGETS: [&str; 10] = [
    "arn:aws:dynamodb:us-east-1:111122223333:table/t1",
    "arn:aws:dynamodb:us-east-1:111122223333:table/t1*",
    "arn:aws:dynamodb:*:table/t?",
    "arn:aws:dynamodb:us-*:table/*",
    "arn:aws:dynamodb:us-east-1:*:table/${aws:PrincipalTag/team}",
    "arn:aws:dynamodb:us-east-1:*:table/${aws:RequestTag/team, 'red'}",
    "arn:aws:kms:*:*:key/?",
    "arn:aws:s3:::bucket/*b",
    "arn:aws:s3:::*:b",
    "*",
];
const KEYS: [&str; 5] = [
    "aws:PrincipalTag/team",
    "aws:RequestTag/team",
    "aws:SourceIp",
    "aws:UserAgent",
    "aws:PrincipalArn",
];
const OPERATORS: [&str; 16] = [
    "StringEquals",
    "StringNotEquals",
    "StringLike",
    "StringNotLike",
    "StringEqualsIfExists",
    "StringEqualsIgnoreCase",
    "NumericLessThan",
    "NumericGreaterThanEquals",
    "DateGreaterThan",
    "IpAddress",
    "NotIpAddress",
    "ArnLike",
    "ArnNotEquals",
    "Null",
    "ForAllValues:StringLike",
    "ForAnyValue:StringNotEquals",
];
const VALUES: [&str; 9] = [
    "red",
    "r*",
    "RED",
    "10.0.0.0/8",
    "10.1.2.3",
    "2024-02-29T00:00:00Z",
    "true",
    "${aws:PrincipalTag/team}",
    "arn:aws:iam::*:role/app/*",
];
const PRINCIPALS: [&str; 5] = [
    ROLE,
    ACCOUNT,
    "arn:aws:iam::111122223333:root",
    "arn:aws:sts::111122223333:assumed-role/worker/s",
    "arn:aws:iam::444455556666:root",
];

fn condition() -> impl Strategy<Value = Json> {
    let values = proptest::collection::vec(select(&VALUES[..]), 0..3);
    (select(&OPERATORS[..]), select(&KEYS[..]), values)
        .prop_map(|(operator, key, values)| json!({operator: {key: values}}))
}

fn statement() -> impl Strategy<Value = Json> {
    let list = |from: &'static [&'static str]| proptest::collection::vec(select(from), 1..3);
    (
        prop_oneof![3 => Just("Allow"), 1 => Just("Deny")],
        prop_oneof![4 => Just("Action"), 1 => Just("NotAction")],
        list(&PATTERNS),
        prop_oneof![4 => Just("Resource"), 1 => Just("NotResource")],
        list(&TARGETS),
        proptest::option::of(condition()),
    )
        .prop_map(|(effect, action, actions, resource, resources, condition)| {
            let mut statement = json!({"Effect": effect, action: actions, resource: resources});
            if let Some(condition) = condition {
                statement["Condition"] = condition;
            }
            statement
        })
}

fn policy() -> impl Strategy<Value = Policy> {
    proptest::collection::vec(statement(), 1..4).prop_map(|list| identity(Json::Array(list)))
}

fn resource_policy() -> impl Strategy<Value = Policy> {
    let principal = prop_oneof![
        1 => Just(json!("*")),
        4 => proptest::collection::vec(select(&PRINCIPALS[..]), 1..4)
            .prop_map(|list| json!({"AWS": list})),
        1 => Just(json!({"Service": "sns.amazonaws.com"})),
    ];
    let element = prop_oneof![5 => Just("Principal"), 1 => Just("NotPrincipal")];
    let one = (statement(), element, principal).prop_map(|(mut statement, element, principal)| {
        statement[element] = principal;
        statement
    });
    proptest::collection::vec(one, 1..4).prop_map(|list| on_resource(Json::Array(list)))
}

#[derive(Clone, Debug)]
struct Policies {
    identity: Policy,
    boundary: Option<Policy>,
    session: Option<Policy>,
    resource: Option<Policy>,
    gatekeeper: bool,
}

impl Policies {
    fn set(&self) -> PolicySet<'_> {
        PolicySet {
            identity: vec![&self.identity],
            boundary: self.boundary.as_ref(),
            session: self.session.iter().collect(),
            resource: self.resource.as_ref(),
            resource_kind: match self.gatekeeper {
                true => ResourceKind::Gatekeeper,
                false => ResourceKind::Ordinary,
            },
            ..PolicySet::default()
        }
    }
}

fn policies() -> impl Strategy<Value = Policies> {
    let rarely = |of| proptest::option::weighted(0.2, of);
    (
        policy(),
        rarely(policy().boxed()),
        rarely(policy().boxed()),
        proptest::option::of(resource_policy()),
        proptest::bool::weighted(0.2),
    )
        .prop_map(|(identity, boundary, session, resource, gatekeeper)| Policies {
            identity,
            boundary,
            session,
            resource,
            gatekeeper,
        })
}

fn caller() -> impl Strategy<Value = Caller> {
    let root = Caller { kind: CallerKind::Root, account: ACCOUNT.into(), tags: Vec::new() };
    prop_oneof![
        6 => Just(worker()),
        2 => Just(worker().tagged("team", "red")),
        1 => Just(Caller::user(&"arn:aws:iam::111122223333:user/ann".into())),
        1 => Just(Caller::service("sns.amazonaws.com")),
        1 => Just(root),
        1 => Just(Caller { kind: CallerKind::Anonymous, account: Text::default(), tags: Vec::new() }),
    ]
}

fn context() -> impl Strategy<Value = Context> {
    let value = prop_oneof![
        3 => select(&VALUES[..]).prop_map(|text| Value::Present(vec![text.into()])),
        1 => Just(Value::Present(vec!["red".into(), "blue".into()])),
        1 => Just(Value::Present(Vec::new())),
    ];
    proptest::collection::vec((select(&KEYS[..]), value), 0..4).prop_map(|entries| {
        entries.into_iter().fold(Context::exact(), |context, (key, value)| context.with(key, value))
    })
}

fn any_request() -> impl Strategy<Value = Request> {
    let account = prop_oneof![4 => Just(ACCOUNT), 1 => Just("444455556666")];
    (caller(), select(&ACTIONS[..]), select(&RESOURCES[..]), account, context()).prop_map(
        |(caller, action, resource, account, context)| Request {
            caller,
            resource_account: account.into(),
            context,
            ..request(action, resource)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_two_evaluators_agree_on_every_concrete_request(
        policies in policies(), request in any_request()
    ) {
        let set = policies.set();
        let allowed = allowed_concretely(&request, &set);
        let outcome = evaluate(&request, &set).outcome;
        match outcome {
            // What a policy's value that cannot be read means is left open; the second evaluator
            // lets it match nothing.
            Outcome::Undecided(_) => {}
            decided => prop_assert_eq!(Some(decided == Outcome::Allow), allowed),
        }
    }

    #[test]
    fn what_is_reached_can_be_replayed_and_what_is_not_cannot_be_sampled(
        policies in policies(), request in any_request(),
    ) {
        let set = policies.set();
        let target = Target {
            arn: request.resource.clone(),
            account: request.resource_account.clone(),
            tags: Some(Vec::new()),
        };
        let reached = reach(&request.caller, &set, &target, &Context::hostile());
        for way in &reached.allowed {
            prop_assert_eq!(allowed_concretely(&way.request, &set), Some(true), "{:?}", way.request);
        }
        // The sample may only choose what a caller may choose.
        let chosen = ["aws:requesttag/team", "aws:sourceip", "aws:useragent"];
        let only = request.context.entries().filter(|(key, _)| chosen.contains(key));
        let context = only.fold(Context::exact(), |all, (key, value)| all.with(key, value.clone()));
        let sample = Request { context, ..request.clone() };
        let acts = reached.allowed.iter().any(|way| way.request.action == sample.action)
            || reached.undecided.iter().any(|(action, _)| *action == sample.action);
        let modelled = tenantry_policy::Reference::get().actions_on(&sample.resource);
        if modelled.iter().any(|(name, _)| *name == sample.action) && !acts {
            prop_assert_eq!(allowed_concretely(&sample, &set), Some(false), "{:?}", sample);
        }
    }

    #[test]
    fn the_index_misses_no_statement_that_fits(
        policies in proptest::collection::vec(policy(), 1..6), request in any_request()
    ) {
        let index = Index::build(policies.iter().enumerate());
        let service = request.action.split(':').next().unwrap();
        let found: Vec<usize> = index
            .candidates(service, &request.resource)
            .into_iter()
            .flat_map(|group| group.owners.clone())
            .collect();
        let request = Request { context: Context::hostile(), ..request };
        for (owner, policy) in policies.iter().enumerate() {
            let fits = policy.statements.iter().any(|statement| {
                statement.effect == tenantry_policy::Effect::Allow
                    && applies(statement, &request).can_hold != Sure::No
            });
            prop_assert!(!fits || found.contains(&owner));
        }
    }
}

#[test]
fn a_thousand_roles_with_exact_names_do_not_meet_each_others_tables() {
    let account = Symbol { id: 0, form: Form::digits() };
    let arn = |tenant: usize| {
        let mut arn = Text::from("arn:aws:dynamodb:us-east-1:");
        arn.push_symbol(account);
        arn.push_str(&format!(":table/tenant-{tenant:04}"));
        arn
    };
    let policies: Vec<Policy> = (0..1000)
        .map(|tenant| {
            let mut policy = identity(json!([
                {"Effect": "Allow", "Action": "dynamodb:*", "Resource": "arn:aws:x"},
                {"Effect": "Allow", "Action": "xray:*", "Resource": "*"},
            ]));
            let template = tenantry_policy::Template::read(&arn(tenant), true);
            policy.statements[0].resources.as_mut().unwrap().items[0].template = template;
            policy
        })
        .collect();
    let index = Index::build(policies.iter().enumerate());
    assert_eq!(index.groups().len(), 1001, "the statement that all share is one group");
    for tenant in 0..1000 {
        let candidates = index.candidates("dynamodb", &arn(tenant));
        assert_eq!(candidates.len(), 1);
        assert_eq!(candidates[0].owners, [tenant]);
    }
}

#[test]
fn a_name_that_is_another_symbol_is_not_missed() {
    let name = |id: u32| {
        let mut arn = Text::from("arn:aws:sqs:r:1:");
        arn.push_symbol(Symbol { id, form: Form::name() });
        arn
    };
    let mut policy = identity(json!({"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}));
    let template = tenantry_policy::Template::read(&name(1), true);
    policy.statements[0].resources.as_mut().unwrap().items[0].template = template;
    let index = Index::build([((), &policy)]);
    for arn in [name(1), name(2), "arn:aws:sqs:r:1:queue".into()] {
        assert_eq!(index.candidates("sqs", &arn).len(), 1, "{arn}");
    }
    assert_eq!(index.candidates("sqs", &"arn:aws:sqs:r:2:queue".into()).len(), 0);
}

#[test]
fn a_way_shows_what_the_caller_must_send() {
    let policy = identity(json!([
        {"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": "*",
         "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}},
        {"Effect": "Deny", "Action": "*", "Resource": "*",
         "Condition": {"StringNotLike": {"aws:UserAgent": "our-app/*"}}},
    ]));
    let set = PolicySet { identity: vec![&policy], ..PolicySet::default() };
    let target =
        Target { arn: support::TABLE.into(), account: ACCOUNT.into(), tags: Some(Vec::new()) };
    let reached = reach(&worker(), &set, &target, &Context::hostile());
    assert_eq!(reached.allowed.len(), 1);
    let context: Vec<String> = reached.allowed[0]
        .request
        .context
        .entries()
        .map(|(key, value)| format!("{key}: {value:?}"))
        .collect();
    insta::assert_snapshot!(context.join("\n"));
}
