//! Random policies and requests as JSON, so that whoever decides them reads them by itself.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde::Serialize;
use serde_json::{Value as Json, json};
use tenantry_policy::{
    Caller, CallerKind, Context, Kind, Policy, PolicySet, Request, ResourceKind, Text, Value,
};

use super::{ACCOUNT, ROLE, parse, request};

/// One request and every policy that has a say in it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Case {
    pub(crate) identity: Json,
    pub(crate) boundary: Option<Json>,
    pub(crate) session: Option<Json>,
    pub(crate) resource_policy: Option<Json>,
    /// The organization's policies, level by level.
    pub(crate) organization: Vec<Vec<Json>>,
    /// The policy of the VPC endpoint through which the request comes.
    pub(crate) endpoint: Option<Json>,
    /// Whether the resource's policy must allow as well, as a key's must.
    pub(crate) gatekeeper: bool,
    pub(crate) caller: Who,
    /// The caller's account; empty without one.
    pub(crate) account: String,
    pub(crate) principal_tags: BTreeMap<String, String>,
    pub(crate) action: String,
    pub(crate) resource: String,
    pub(crate) resource_account: String,
    pub(crate) resource_tags: BTreeMap<String, String>,
    pub(crate) context: BTreeMap<String, Held>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(crate) enum Who {
    Session { role: String, arn: String },
    User { arn: String },
    Root,
    Service { name: String },
    Anonymous,
}

/// What the request holds under a key.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum Held {
    One(String),
    List(Vec<String>),
}

impl Case {
    pub(crate) fn policies(&self) -> Policies {
        let read = |json: &Json| parse(json, Kind::Identity);
        Policies {
            identity: read(&self.identity),
            boundary: self.boundary.as_ref().map(read),
            session: self.session.as_ref().map(read),
            resource: self.resource_policy.as_ref().map(|json| parse(json, Kind::Resource)),
            organization: self
                .organization
                .iter()
                .map(|level| level.iter().map(read).collect())
                .collect(),
            endpoint: self.endpoint.as_ref().map(|json| parse(json, Kind::Resource)),
            gatekeeper: self.gatekeeper,
        }
    }

    pub(crate) fn request(&self) -> Request {
        let tags = |from: &BTreeMap<String, String>| {
            from.iter().map(|(key, value)| (key.clone(), value.as_str().into())).collect()
        };
        let kind = match &self.caller {
            Who::Session { role, arn } => {
                CallerKind::Session { role: role.as_str().into(), session: arn.as_str().into() }
            }
            Who::User { arn } => CallerKind::User(arn.as_str().into()),
            Who::Root => CallerKind::Root,
            Who::Service { name } => CallerKind::Service(name.as_str().into()),
            Who::Anonymous => CallerKind::Anonymous,
        };
        let account = match self.account.as_str() {
            "" => Text::default(),
            account => account.into(),
        };
        let context = self.context.iter().fold(Context::exact(), |context, (key, held)| {
            let values = match held {
                Held::One(value) => vec![value.as_str().into()],
                Held::List(values) => values.iter().map(|value| value.as_str().into()).collect(),
            };
            context.with(key, Value::Present(values))
        });
        Request {
            caller: Caller { kind, account, tags: tags(&self.principal_tags) },
            resource_account: self.resource_account.as_str().into(),
            resource_tags: Some(tags(&self.resource_tags)),
            context,
            ..request(&self.action, &self.resource)
        }
    }

    pub(crate) fn documents(&self) -> impl Iterator<Item = &Json> {
        let rest = self.boundary.iter().chain(&self.session).chain(&self.resource_policy);
        let outer = self.organization.iter().flatten().chain(&self.endpoint);
        std::iter::once(&self.identity).chain(rest).chain(outer)
    }

    pub(crate) fn documents_mut(&mut self) -> impl Iterator<Item = &mut Json> {
        let limits = self.boundary.iter_mut().chain(&mut self.session);
        let outer = self.organization.iter_mut().flatten().chain(&mut self.endpoint);
        std::iter::once(&mut self.identity)
            .chain(limits)
            .chain(&mut self.resource_policy)
            .chain(outer)
    }
}

/// The policies of a [`Case`], read.
#[derive(Clone, Debug)]
pub(crate) struct Policies {
    identity: Policy,
    boundary: Option<Policy>,
    session: Option<Policy>,
    resource: Option<Policy>,
    organization: Vec<Vec<Policy>>,
    endpoint: Option<Policy>,
    gatekeeper: bool,
}

impl Policies {
    pub(crate) fn set(&self) -> PolicySet<'_> {
        PolicySet {
            identity: vec![&self.identity],
            boundary: self.boundary.as_ref(),
            session: self.session.iter().collect(),
            resource: self.resource.as_ref(),
            resource_kind: match self.gatekeeper {
                true => ResourceKind::Gatekeeper,
                false => ResourceKind::Ordinary,
            },
            organization: self.organization.iter().map(|level| level.iter().collect()).collect(),
            endpoint: self.endpoint.as_ref(),
            ..PolicySet::default()
        }
    }
}

pub(crate) fn case() -> impl Strategy<Value = Case> {
    let rarely = |of| option::weighted(0.2, of);
    let policies = (
        policy(),
        rarely(policy().boxed()),
        rarely(policy().boxed()),
        option::weighted(0.6, resource_policy()),
        proptest::bool::weighted(0.2),
        option::weighted(0.1, vec(vec(policy(), 1..3), 1..3)),
        option::weighted(0.1, resource_policy()),
    );
    let on = (what(), tags());
    (policies, caller(), tags(), on, context()).prop_map(|(policies, who, tags, on, context)| {
        let (identity, boundary, session, resource_policy, gatekeeper, organization, endpoint) =
            policies;
        let (caller, account) = who;
        let ((action, resource), resource_tags) = on;
        Case {
            identity,
            boundary,
            session,
            resource_policy,
            organization: organization.unwrap_or_default(),
            endpoint,
            gatekeeper,
            caller,
            account: account.to_owned(),
            principal_tags: tags,
            action: action.to_owned(),
            resource: resource.to_owned(),
            resource_account: ACCOUNT.to_owned(),
            resource_tags,
            context,
        }
    })
}

/// An identity's policy.
pub(crate) fn policy() -> impl Strategy<Value = Json> {
    (vec(statement(), 1..4), proptest::bool::weighted(0.3)).prop_map(|(mut statements, all)| {
        if all {
            statements.push(json!({"Effect": "Allow", "Action": ["*"], "Resource": ["*"]}));
        }
        document(statements)
    })
}

fn resource_policy() -> impl Strategy<Value = Json> {
    let principal = prop_oneof![
        2 => Just(json!("*")),
        8 => vec(principal(), 1..4).prop_map(|list| json!({"AWS": list})),
        2 => Just(json!({"Service": SERVICE})),
    ];
    let element = prop_oneof![9 => Just("Principal"), 1 => Just("NotPrincipal")];
    let one = (statement(), element, principal).prop_map(|(mut statement, element, principal)| {
        statement[element] = principal;
        statement
    });
    vec(one, 1..4).prop_map(document)
}

fn document(statements: Vec<Json>) -> Json {
    json!({"Version": "2012-10-17", "Statement": statements})
}

fn statement() -> impl Strategy<Value = Json> {
    (
        prop_oneof![4 => Just("Allow"), 1 => Just("Deny")],
        prop_oneof![4 => Just("Action"), 1 => Just("NotAction")],
        vec(select(&PATTERNS[..]), 1..4),
        prop_oneof![4 => Just("Resource"), 1 => Just("NotResource")],
        vec(target(), 1..4),
        prop_oneof![3 => vec(condition(), 0..2), 1 => vec(condition(), 2)],
    )
        .prop_map(|(effect, action, actions, resource, resources, conditions)| {
            let mut statement = json!({"Effect": effect, action: actions, resource: resources});
            for (operator, key, values) in conditions {
                statement["Condition"][operator][key] = json!(values);
            }
            statement
        })
}

/// Mostly an action on a resource of its service.
fn what() -> impl Strategy<Value = (&'static str, &'static str)> {
    let of = |actions: &'static [&'static str], resources: &'static [&'static str]| {
        (select(actions), select(resources))
    };
    prop_oneof![
        3 => of(&ACTIONS[..3], &RESOURCES[..3]),
        1 => of(&ACTIONS[3..5], &RESOURCES[3..4]),
        2 => of(&ACTIONS[5..], &RESOURCES[4..]),
        1 => of(&ACTIONS, &RESOURCES),
    ]
}

fn target() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        12 => select(&TARGETS[..]),
        6 => Just("*"),
        1 => select(&TARGETS_WITH_VARIABLES[..]),
        1 => select(&TARGETS_ACROSS_COLONS[..]),
    ]
}

fn principal() -> impl Strategy<Value = &'static str> {
    prop_oneof![12 => select(&PRINCIPALS[..]), 1 => select(&ODD_PRINCIPALS[..])]
}

type Condition = (&'static str, &'static str, Vec<&'static str>);

/// Mostly one that means something, sometimes any operator on any key with any values.
fn condition() -> impl Strategy<Value = Condition> {
    let of = |operators: &'static [&'static str], keys, values: &'static [&'static str]| {
        (select(operators), select::<&'static str>(keys), vec(select(values), 1..3))
    };
    prop_oneof![
        8 => of(&TEXT_OPERATORS, &TEXT_KEYS[..], &TEXTS),
        4 => of(&TEXT_OPERATORS, &ACCOUNT_KEYS[..], &[ACCOUNT, OTHER]),
        2 => of(&["StringEquals", "StringNotEquals"], &["aws:ResourceAccount"][..], &[ACCOUNT]),
        3 => of(&["IpAddress", "NotIpAddress"], &["aws:SourceIp"][..], &RANGES),
        4 => of(&ARN_OPERATORS, &ARN_KEYS[..], &ARNS),
        3 => of(&SET_OPERATORS, &["aws:TagKeys"][..], &TEXTS),
        2 => of(&["Bool", "BoolIfExists"], &FLAG_KEYS[..], &["true", "false"]),
        2 => of(&NUMERIC_OPERATORS, &["aws:MultiFactorAuthAge"][..], &NUMBERS),
        4 => of(&DATE_OPERATORS, &["aws:TokenIssueTime"][..], &DATES),
        2 => of(&["Null"], &TEXT_KEYS[..], &["true", "false"]),
        3 => of(&TEXT_OPERATORS, &["aws:TagKeys"][..], &TEXTS),
        2 => wild(),
    ]
}

fn wild() -> impl Strategy<Value = Condition> {
    (any_of(&OPERATORS), any_of(&KEYS), vec(any_of(&VALUES), 0..3))
}

fn any_of(lists: &'static [&'static [&'static str]]) -> impl Strategy<Value = &'static str> {
    select(lists.concat())
}

fn caller() -> impl Strategy<Value = (Who, &'static str)> {
    let session = |account: &str| Who::Session {
        role: ROLE.replace(ACCOUNT, account),
        arn: format!("arn:aws:sts::{account}:assumed-role/worker/s"),
    };
    prop_oneof![
        12 => Just((session(ACCOUNT), ACCOUNT)),
        3 => Just((session(OTHER), OTHER)),
        2 => Just((Who::User { arn: ANN.to_owned() }, ACCOUNT)),
        3 => Just((Who::Service { name: SERVICE.to_owned() }, "")),
        2 => Just((Who::Anonymous, "")),
        1 => Just((Who::Root, ACCOUNT)),
    ]
}

fn tags() -> impl Strategy<Value = BTreeMap<String, String>> {
    option::weighted(0.4, select(&["red", "blue"][..]))
        .prop_map(|tag| tag.into_iter().map(|tag| ("team".to_owned(), tag.to_owned())).collect())
}

fn context() -> impl Strategy<Value = BTreeMap<String, Held>> {
    let one = |keys: &'static [&'static str], values: &'static [&'static str]| {
        (select(keys), select(values)).prop_map(|(key, value)| (key, Held::One(value.to_owned())))
    };
    let list = |values: &'static [&'static str]| {
        vec(select(values), 0..3)
            .prop_map(|values| Held::List(values.into_iter().map(str::to_owned).collect()))
    };
    let entry = prop_oneof![
        4 => one(&["aws:RequestTag/team", "aws:UserAgent"], &["red", "blue", "RED", "r*"]),
        3 => one(&["aws:SourceIp"], &["10.1.2.3", "11.0.0.1", "2001:db8::1"]),
        4 => one(&["aws:SourceArn"], &ARNS),
        1 => one(&["aws:SourceAccount"], &[ACCOUNT, OTHER]),
        1 => one(&["aws:ViaAWSService"], &["true", "false"]),
        2 => one(&["aws:MultiFactorAuthAge"], &["5", "10", "3.5"]),
        4 => one(&["aws:TokenIssueTime"], &["2024-02-29T00:00:00Z", "1709164800", "2020-06-01"]),
        2 => list(&["red", "blue", "RED"]).prop_map(|held| ("aws:TagKeys", held)),
        1 => (any_of(&KEYS), any_of(&VALUES))
            .prop_map(|(key, value)| (key, Held::One(value.to_owned()))),
        1 => (any_of(&KEYS), list(&TEXTS)),
    ];
    vec(entry, 0..8)
        .prop_map(|entries| entries.into_iter().map(|(key, held)| (key.to_owned(), held)).collect())
}

const OTHER: &str = "444455556666";
const ANN: &str = "arn:aws:iam::111122223333:user/ann";
const SERVICE: &str = "sns.amazonaws.com";

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
const TARGETS: [&str; 7] = [
    "arn:aws:dynamodb:us-east-1:111122223333:table/t1",
    "arn:aws:dynamodb:us-east-1:111122223333:table/t1*",
    "arn:aws:dynamodb:*:table/t?",
    "arn:aws:dynamodb:us-*:table/*",
    "arn:aws:kms:*:*:key/?",
    "arn:aws:s3:::bucket/*b",
    "arn:aws:s3:::*:b",
];
const TARGETS_WITH_VARIABLES: [&str; 3] = [
    "arn:aws:dynamodb:us-east-1:*:table/${aws:PrincipalTag/team}",
    "arn:aws:dynamodb:us-east-1:*:table/${aws:RequestTag/team, 'red'}",
    "arn:aws:dynamodb:us-east-1:*:table/t${*}",
];
/// A wildcard stands where AWS lets it match no colon.
const TARGETS_ACROSS_COLONS: [&str; 2] = ["arn:aws:d*3:table/t1", "arn:aws:kms:us-east-1?1*"];
const PRINCIPALS: [&str; 7] = [
    ROLE,
    ACCOUNT,
    ANN,
    "arn:aws:iam::111122223333:root",
    "arn:aws:sts::111122223333:assumed-role/worker/s",
    "arn:aws:iam::444455556666:root",
    "arn:aws:iam::444455556666:role/app/worker",
];
/// AWS takes none of these: two hold wildcards, one has a letter in the other case, and the role
/// has another path.
const ODD_PRINCIPALS: [&str; 4] = [
    "arn:aws:iam::111122223333:user/*",
    "arn:aws:sts::111122223333:assumed-role/*/s",
    "arn:aws:sts::111122223333:assumed-role/Worker/s",
    "arn:aws:iam::111122223333:role/worker",
];

const TEXT_KEYS: [&str; 5] = [
    "aws:PrincipalTag/team",
    "aws:RequestTag/team",
    "aws:ResourceTag/team",
    "aws:UserAgent",
    "aws:PrincipalType",
];
const ACCOUNT_KEYS: [&str; 3] =
    ["aws:PrincipalAccount", "aws:ResourceAccount", "aws:SourceAccount"];
const ARN_KEYS: [&str; 2] = ["aws:PrincipalArn", "aws:SourceArn"];
const FLAG_KEYS: [&str; 2] = ["aws:ViaAWSService", "aws:PrincipalIsAWSService"];
const OTHER_KEYS: [&str; 4] =
    ["aws:SourceIp", "aws:TagKeys", "aws:MultiFactorAuthAge", "aws:TokenIssueTime"];
const KEYS: [&[&str]; 5] = [&TEXT_KEYS, &ACCOUNT_KEYS, &ARN_KEYS, &FLAG_KEYS, &OTHER_KEYS];

const TEXT_OPERATORS: [&str; 8] = [
    "StringEquals",
    "StringNotEquals",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    "StringLike",
    "StringNotLike",
    "StringEqualsIfExists",
    "StringNotLikeIfExists",
];
const SET_OPERATORS: [&str; 5] = [
    "ForAllValues:StringEquals",
    "ForAllValues:StringLike",
    "ForAllValues:StringNotEquals",
    "ForAnyValue:StringLike",
    "ForAnyValue:StringNotEquals",
];
const ARN_OPERATORS: [&str; 5] =
    ["ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike", "ArnLikeIfExists"];
const NUMERIC_OPERATORS: [&str; 6] = [
    "NumericEquals",
    "NumericNotEquals",
    "NumericLessThan",
    "NumericLessThanEquals",
    "NumericGreaterThan",
    "NumericGreaterThanEquals",
];
const DATE_OPERATORS: [&str; 6] = [
    "DateEquals",
    "DateNotEquals",
    "DateLessThan",
    "DateLessThanEquals",
    "DateGreaterThan",
    "DateGreaterThanEquals",
];
const OTHER_OPERATORS: [&str; 7] = [
    "Null",
    "Bool",
    "BinaryEquals",
    "IpAddress",
    "NotIpAddress",
    "NumericLessThanIfExists",
    "ForAnyValue:StringLikeIfExists",
];
const OPERATORS: [&[&str]; 6] = [
    &TEXT_OPERATORS,
    &SET_OPERATORS,
    &ARN_OPERATORS,
    &NUMERIC_OPERATORS,
    &DATE_OPERATORS,
    &OTHER_OPERATORS,
];

const TEXTS: [&str; 8] = ["red", "blue", "r*", "?ed", "RED", "AssumedRole", "User", VARIABLE];
const VARIABLE: &str = "${aws:PrincipalTag/team}";
const RANGES: [&str; 5] = ["10.0.0.0/8", "10.1.2.3", "10.1.0.0/16", "0.0.0.0/0", "2001:db8::/32"];
const ARNS: [&str; 5] = [
    ROLE,
    "arn:aws:iam::*:role/app/*",
    "arn:aws:sns:us-east-1:111122223333:topic",
    "arn:aws:s?s:*:topic",
    "arn:aws:*:topic",
];
const NUMBERS: [&str; 5] = ["5", "10", "3.5", "1e1", "five"];
const DATES: [&str; 6] =
    ["2024-02-29T00:00:00Z", "2023", "1709164800", "2024-03-01T01:30:00+02:00", "2024", "later"];
const VALUES: [&[&str]; 6] = [&TEXTS, &RANGES, &ARNS, &NUMBERS, &DATES, &["true", "false"]];
