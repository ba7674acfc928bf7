//! What must hold of any bytes, as functions that panic when it does not: the entry points of the
//! fuzz targets, and of the stand-in for machines without a nightly compiler.
//!
//! Nothing here knows how the bytes are made. The random platforms, and the simulation that they
//! are held against, are those of the verifier's own tests.

#[path = "../../crates/isolation/tests/random/mod.rs"]
mod random;
#[path = "../../crates/isolation/tests/simulation/mod.rs"]
mod simulation;

use tenantry_isolation::{Places, document};
use tenantry_policy::{Caller, Content, Context, Kind, Node, Outcome, Policy, PolicySet, Request, Text, allowed_concretely, dead, evaluate};
use tenantry_template::{Existence, Model, NoLoader, ReadOptions, Source, Tenant, Value, ValueKind, read};

/// Reads bytes as a template, in JSON and in YAML, once and for two tenants: whatever comes out,
/// model or message, can be shown, and lies inside the file.
pub fn template(bytes: &[u8]) {
    let tenant = |name: &str| Tenant { name: name.to_owned(), ..Tenant::default() };
    let two = ReadOptions { tenants: vec![tenant("a"), tenant("b")], ..ReadOptions::default() };
    for (name, options) in
        [("t.json", ReadOptions::default()), ("t.yaml", ReadOptions::default()), ("t.yaml", two)]
    {
        match read(&[Source { name, bytes }], &options, &NoLoader) {
            Ok(model) => shown(&model),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
}

fn shown(model: &Model<'_>) {
    for diagnostic in model.warnings.iter().chain(&model.gaps) {
        assert!(!diagnostic.to_string().is_empty());
    }
    for resource in &model.resources {
        if let Existence::When(literal) = resource.existence {
            assert!(!model.conditions.readable(literal, &model.symbols).is_empty());
        }
        assert!(!model.symbols.readable(&resource.reference).is_empty() || resource.arn.is_none());
        resource.properties.walk(&mut |value| {
            let place = model.place(value.span).expect("a value is in some file");
            assert!(place.line >= 1 && place.column >= 1 && !place.to_string().is_empty());
            if matches!(value.kind, ValueKind::Map(_)) {
                policy_of(value);
            }
        });
    }
}

fn policy_of(value: &Value<'_>) {
    let mut places = Places::default();
    let Ok(node) = document(value, &mut places) else { return };
    let Content::Object(members) = &node.content else { return };
    if !members.iter().any(|member| member.name == "Statement".into()) {
        return;
    }
    for kind in [Kind::Identity, Kind::Resource, Kind::Trust] {
        if let Err(errors) = Policy::parse(&node, kind) {
            for error in errors {
                assert!(places.get(error.span).is_some(), "{error:?} is nowhere");
            }
        }
    }
}

/// Makes a platform of bytes, and holds its verdict against the simulation.
pub fn verdict(bytes: &[u8]) {
    let platform = random::from_bytes(bytes);
    if let Err(why) = random::check::check(&platform) {
        panic!("{why}\n{platform:?}");
    }
}

/// Reads bytes as a policy; one that is read is evaluated in two ways that must agree.
pub fn policy(bytes: &[u8]) {
    let Ok(json) = serde_json::from_slice(bytes) else { return };
    let node = Node::from_json(&json);
    for kind in [Kind::Identity, Kind::Resource, Kind::Trust] {
        let policy = match Policy::parse(&node, kind) {
            Ok(policy) => policy,
            Err(errors) => {
                assert!(!errors.is_empty());
                continue;
            }
        };
        for statement in &policy.statements {
            let _ = dead(statement);
        }
        let set = match kind {
            Kind::Identity => PolicySet { identity: vec![&policy], ..PolicySet::default() },
            Kind::Resource | Kind::Trust => {
                PolicySet { resource: Some(&policy), ..PolicySet::default() }
            }
        };
        for (action, resource) in REQUESTS {
            let request = request(action, resource);
            let second = allowed_concretely(&request, &set);
            match evaluate(&request, &set).outcome {
                Outcome::Undecided(_) => {}
                decided => assert_eq!(Some(decided == Outcome::Allow), second, "{request:?}"),
            }
        }
    }
}

const REQUESTS: [(&str, &str); 4] = [
    ("dynamodb:GetItem", "arn:aws:dynamodb:us-east-1:111122223333:table/t1"),
    ("dynamodb:ListTables", "*"),
    ("kms:Decrypt", "arn:aws:kms:us-east-1:111122223333:key/k"),
    ("s3:GetObject", "arn:aws:s3:::bucket/a:b"),
];

fn request(action: &str, resource: &str) -> Request {
    Request {
        caller: Caller::session(
            &"arn:aws:iam::111122223333:role/app/worker".into(),
            &"session".into(),
        ),
        action: action.to_owned(),
        resource: Text::from(resource),
        resource_account: "111122223333".into(),
        resource_tags: Some(Vec::new()),
        context: Context::exact(),
    }
}
