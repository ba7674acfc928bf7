//! Random policies and requests: the two evaluators agree, what is reached can be replayed, what
//! is not reached cannot be sampled, and the index misses nothing.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod support;

use proptest::prelude::*;
use serde_json::json;
use tenantry_policy::{
    Context, Form, Index, Kind, Outcome, Policy, PolicySet, Request, Setter, Symbol, Target, Text,
    Trilean, allowed_concretely, applies, evaluate, key_fact, reach,
};

use support::random::{case, policy};
use support::{ACCOUNT, identity, parse, worker};

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_two_evaluators_agree_on_every_concrete_request(
        case in case()
    ) {
        let (policies, request) = (case.policies(), case.request());
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
        case in case(),
    ) {
        let (policies, request) = (case.policies(), case.request());
        let set = policies.set();
        let target = Target {
            arn: request.resource.clone(),
            account: request.resource_account.clone(),
            tags: request.resource_tags.clone(),
        };
        let reached = reach(&request.caller, &set, &target, &Context::hostile());
        for way in &reached.allowed {
            prop_assert_eq!(allowed_concretely(&way.request, &set), Some(true), "{:?}", way.request);
        }
        // The sample may only choose what a caller may choose.
        let only = request.context.entries().filter(|(key, _)| key_fact(key).setter == Setter::Caller);
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
        policies in proptest::collection::vec(policy(), 1..6), case in case()
    ) {
        let read = |json| parse(&json, Kind::Identity);
        let policies: Vec<Policy> = policies.into_iter().map(read).collect();
        let request = case.request();
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
                    && applies(statement, &request).can_hold != Trilean::No
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
