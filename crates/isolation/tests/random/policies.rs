//! Random statements, before it is known whose they are.

use std::ops::Range;

use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::select;

use super::names::{Form, Kind};

/// A statement. Steps count from the tenant that has it: 0 is its own, 3 is what is shared.
#[derive(Clone, Debug)]
pub(super) struct Statement {
    pub(super) deny: bool,
    pub(super) others: bool,
    pub(super) actions: Vec<&'static str>,
    pub(super) besides: bool,
    pub(super) targets: Vec<Target>,
    pub(super) conditions: Vec<Condition>,
    pub(super) whom: Whom,
    /// Whether it hangs on the template's condition: it is there only if it holds, or if it does not.
    pub(super) hangs: Option<bool>,
}

impl Statement {
    /// Speaks of the next one's instead of its own.
    pub(super) fn turn(&mut self) {
        self.targets.iter_mut().filter(|each| each.step == 0).for_each(|each| each.step = 1);
        for who in &mut self.whom.who {
            if let Who::Role(step) | Who::User(step) | Who::Session(step) = who {
                *step = (*step).max(1);
            }
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) kind: Kind,
    pub(super) step: usize,
    pub(super) form: Form,
    pub(super) part: &'static str,
}

#[derive(Clone, Debug)]
pub(super) struct Condition {
    pub(super) operator: &'static str,
    pub(super) key: &'static str,
    pub(super) class: Class,
    pub(super) values: Vec<usize>,
    pub(super) step: usize,
}

/// What a condition key holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Class {
    Id,
    Arn,
    Account,
    Address,
    Flag,
    Date,
    Word,
}

/// Whom a resource's policy names.
#[derive(Clone, Debug)]
pub(super) struct Whom {
    pub(super) not: bool,
    pub(super) who: Vec<Who>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Who {
    Role(usize),
    User(usize),
    /// A role by the ARN that its name gives.
    Named(usize),
    /// The same with the account written out.
    Written(usize),
    Session(usize),
    Root,
    Account,
    Everyone,
    EveryAws,
    Service(&'static str),
    Foreign,
}

const NOBODY: Whom = Whom { not: false, who: Vec::new() };

/// Statements of an identity.
pub(super) fn statements(size: Range<usize>) -> impl Strategy<Value = Vec<Statement>> {
    vec(prop_oneof![4 => own(), 6 => of_identity(), 1 => on_pool()].prop_flat_map(hanging), size)
}

fn hanging(statement: Statement) -> impl Strategy<Value = Statement> {
    weighted(0.05, any::<bool>()).prop_map(move |hangs| Statement { hangs, ..statement.clone() })
}

/// Items of a shared table, by their leading keys.
pub(super) fn on_pool() -> impl Strategy<Value = Statement> {
    const ACTIONS: [&str; 6] = [
        "dynamodb:PutItem",
        "dynamodb:GetItem",
        "dynamodb:Query",
        "dynamodb:BatchGetItem",
        "dynamodb:BatchWriteItem",
        "dynamodb:Scan",
    ];
    const OPERATORS: [&str; 6] = [
        "ForAllValues:StringEquals",
        "ForAnyValue:StringEquals",
        "ForAllValues:StringLike",
        "StringEquals",
        "StringLike",
        "ForAllValues:StringNotEquals",
    ];
    let step = prop_oneof![2 => Just(0), 1 => 1..3usize];
    let values = vec(prop_oneof![2 => Just(1), 1 => 0..6usize], 1..3);
    (vec(select(&ACTIONS[..]), 1..3), select(&OPERATORS[..]), step, values).prop_map(
        |(actions, operator, step, values)| Statement {
            deny: false,
            others: false,
            actions,
            besides: false,
            targets: vec![Target { kind: Kind::Table, step: 3, form: Form::Reference, part: "" }],
            conditions: vec![Condition {
                operator,
                key: "dynamodb:LeadingKeys",
                class: Class::Id,
                values,
                step,
            }],
            whom: NOBODY,
            hangs: None,
        },
    )
}

/// A statement on what the tenant itself has.
pub(super) fn own() -> impl Strategy<Value = Statement> {
    select(&Kind::ALL[..]).prop_flat_map(|kind| {
        let target = (select(&Form::EXACT[..]), select(&kind.parts()[..2]))
            .prop_map(move |(form, part)| Target { kind, step: 0, form, part });
        (vec(select(kind.actions()), 1..3), vec(target, 1..3), conditions()).prop_map(
            |(actions, targets, conditions)| Statement {
                deny: false,
                others: false,
                actions,
                besides: false,
                targets,
                conditions,
                whom: NOBODY,
                hangs: None,
            },
        )
    })
}

fn of_identity() -> impl Strategy<Value = Statement> {
    select(&Kind::ALL[..]).prop_flat_map(|kind| {
        (rarely(4), rarely(12), actions(kind), rarely(12), vec(target(kind), 1..3), conditions())
            .prop_map(|(deny, others, actions, besides, targets, conditions)| Statement {
                deny,
                others,
                actions,
                besides,
                targets,
                conditions,
                whom: NOBODY,
                hangs: None,
            })
    })
}

fn rarely(times: u32) -> impl Strategy<Value = bool> + Clone {
    proptest::bool::weighted(1.0 / f64::from(times))
}

fn actions(kind: Kind) -> impl Strategy<Value = Vec<&'static str>> {
    vec(prop_oneof![12 => select(kind.actions()), 1 => Just("*")], 1..3)
}

fn target(kind: Kind) -> impl Strategy<Value = Target> {
    let step = prop_oneof![6 => Just(0), 3 => 1..4usize];
    let form = prop_oneof![5 => select(&Form::EXACT[..]), 3 => select(&Form::WIDE[..])];
    let kind = prop_oneof![9 => Just(kind), 1 => select(&Kind::ALL[..])];
    (kind, step, form).prop_flat_map(|(kind, step, form)| {
        let part = prop_oneof![2 => Just(""), 1 => select(kind.parts())];
        part.prop_map(move |part| Target { kind, step, form, part })
    })
}

/// The statements of a resource's own policy; none says that it has no policy.
pub(super) fn on_resources(kind: Kind) -> impl Strategy<Value = Vec<Statement>> {
    let none = Just(Vec::new());
    let some = on_resource(kind, Kind::actions(kind)).prop_flat_map(hanging);
    prop_oneof![2 => none, 1 => vec(some, 1..3)]
}

fn on_resource(kind: Kind, known: &'static [&'static str]) -> impl Strategy<Value = Statement> {
    let actions = vec(prop_oneof![12 => select(known), 1 => Just("*")], 1..3);
    let itself = move |part| Target { kind, step: 0, form: Form::Reference, part };
    let target = prop_oneof![
        8 => select(kind.parts()).prop_map(itself),
        1 => target(kind),
    ];
    (rarely(3), rarely(12), actions, rarely(12), vec(target, 1..3), conditions()).prop_flat_map(
        |(deny, others, actions, besides, targets, conditions)| {
            whom(deny).prop_map(move |whom| Statement {
                deny,
                others,
                actions: actions.clone(),
                besides,
                targets: targets.clone(),
                conditions: conditions.clone(),
                whom,
                hangs: None,
            })
        },
    )
}

/// A key's policy: mostly one that delegates to the account, and more.
pub(super) fn key_policies() -> impl Strategy<Value = Vec<Statement>> {
    let delegates = Statement {
        deny: false,
        others: false,
        actions: vec!["kms:*"],
        besides: false,
        targets: vec![Target { kind: Kind::Key, step: 0, form: Form::Everything, part: "" }],
        conditions: Vec::new(),
        whom: Whom { not: false, who: vec![Who::Root] },
        hangs: None,
    };
    let more = vec(on_resource(Kind::Key, Kind::Key.actions()), 0..3);
    (rarely(2), more).prop_map(move |(delegated, mut all)| {
        if delegated {
            all.insert(0, delegates.clone());
        }
        all
    })
}

/// A role's trust: mostly in Lambda.
pub(super) fn trusts() -> impl Strategy<Value = Vec<Statement>> {
    const ACTIONS: &[&str] = &["sts:AssumeRole", "sts:AssumeRole", "sts:*", "sts:TagSession"];
    let service = Statement {
        deny: false,
        others: false,
        actions: vec!["sts:AssumeRole"],
        besides: false,
        targets: Vec::new(),
        conditions: Vec::new(),
        whom: Whom { not: false, who: vec![Who::Service("lambda.amazonaws.com")] },
        hangs: None,
    };
    let more = (rarely(4), vec(select(ACTIONS), 1..2), conditions()).prop_flat_map(
        |(deny, actions, conditions)| {
            whom(deny).prop_map(move |whom| Statement {
                deny,
                others: false,
                actions: actions.clone(),
                besides: false,
                targets: Vec::new(),
                conditions: conditions.clone(),
                whom,
                hangs: None,
            })
        },
    );
    let more = prop_oneof![3 => Just(Vec::new()), 1 => vec(more, 1..3)];
    more.prop_map(move |mut all| {
        all.insert(0, service.clone());
        all
    })
}

fn whom(deny: bool) -> impl Strategy<Value = Whom> {
    const SERVICES: [&str; 6] = [
        "lambda.amazonaws.com",
        "events.amazonaws.com",
        "sns.amazonaws.com",
        "s3.amazonaws.com",
        "logs.us-east-1.amazonaws.com",
        "apigateway.amazonaws.com",
    ];
    let step = prop_oneof![4 => Just(0), 1 => 1..4usize];
    let who = prop_oneof![
        6 => step.clone().prop_map(Who::Role),
        1 => step.clone().prop_map(Who::User),
        1 => step.clone().prop_map(Who::Named),
        1 => step.clone().prop_map(Who::Written),
        1 => step.prop_map(Who::Session),
        2 => Just(Who::Root),
        1 => Just(Who::Account),
        1 => Just(Who::Everyone),
        1 => Just(Who::EveryAws),
        1 => select(&SERVICES[..]).prop_map(Who::Service),
        1 => Just(Who::Foreign),
    ];
    let not = if deny { rarely(2) } else { rarely(30) };
    (not, vec(who, 1..4)).prop_map(|(not, who)| Whom { not, who })
}

const KEYS: &[(&str, Class)] = &[
    ("aws:PrincipalTag/tenant_id", Class::Id),
    ("aws:ResourceTag/tenant_id", Class::Id),
    ("aws:PrincipalArn", Class::Arn),
    ("aws:PrincipalAccount", Class::Account),
    ("aws:PrincipalTag/team", Class::Id),
    ("aws:RequestTag/tenant_id", Class::Id),
    ("dynamodb:LeadingKeys", Class::Id),
    ("kms:EncryptionContext:tenant", Class::Id),
    ("aws:SourceArn", Class::Arn),
    ("aws:SourceAccount", Class::Account),
    ("aws:SourceIp", Class::Address),
    ("aws:UserAgent", Class::Word),
    ("kms:ViaService", Class::Word),
    ("sts:ExternalId", Class::Word),
    ("sts:RoleSessionName", Class::Id),
    ("s3:prefix", Class::Id),
    ("aws:SecureTransport", Class::Flag),
    ("aws:MultiFactorAuthPresent", Class::Flag),
    ("aws:PrincipalIsAWSService", Class::Flag),
    ("aws:CurrentTime", Class::Date),
    ("aws:PrincipalType", Class::Word),
    ("aws:username", Class::Id),
    ("aws:PrincipalOrgID", Class::Word),
    ("aws:SourceVpce", Class::Word),
    ("kms:CallerAccount", Class::Account),
    ("aws:ResourceAccount", Class::Account),
    ("aws:NoSuchKey", Class::Word),
    ("aws:CalledVia", Class::Word),
    ("aws:TagKeys", Class::Word),
];

impl Class {
    fn operators(self) -> &'static [&'static str] {
        match self {
            Self::Id | Self::Word => &[
                "StringEquals",
                "StringLike",
                "StringNotEquals",
                "StringNotLike",
                "StringEqualsIfExists",
                "StringNotEqualsIfExists",
                "StringEqualsIgnoreCase",
                "ForAllValues:StringEquals",
                "ForAllValues:StringLike",
                "ForAnyValue:StringEquals",
                "ForAnyValue:StringNotLike",
                "Null",
            ],
            Self::Arn => &[
                "ArnLike",
                "ArnEquals",
                "ArnNotLike",
                "StringEquals",
                "StringLike",
                "StringNotLike",
                "ArnLikeIfExists",
                "Null",
            ],
            Self::Account => {
                &["StringEquals", "StringNotEquals", "StringLike", "StringEqualsIfExists", "Null"]
            }
            Self::Address => &["IpAddress", "NotIpAddress", "NotIpAddressIfExists", "Null"],
            Self::Flag => &["Bool", "BoolIfExists", "Null"],
            Self::Date => &["DateGreaterThan", "DateLessThan", "DateNotEquals"],
        }
    }
}

fn conditions() -> impl Strategy<Value = Vec<Condition>> {
    let step = prop_oneof![3 => Just(0), 1 => 1..4usize];
    let condition =
        (select(KEYS), step, vec(0..6usize, 1..3)).prop_flat_map(|((key, class), step, values)| {
            select(class.operators()).prop_map(move |operator| Condition {
                operator,
                key,
                class,
                values: values.clone(),
                step,
            })
        });
    weighted(0.3, vec(condition, 1..3)).prop_map(Option::unwrap_or_default)
}
