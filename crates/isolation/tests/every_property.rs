//! Every property that can carry access, of every recorded type: put there what is another tenant's,
//! and the answer must not be that all is proven.
//!
//! `data/access-properties.txt` has the properties, from CloudFormation's own schemas; `data/types.py`
//! makes it anew, and a type or property that comes with it fails here until something looks at it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

mod support;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use rayon::prelude::*;
use serde_json::{Value, json};
use tenantry_isolation::{VerifyOptions, verify_model};
use tenantry_template::{NoLoader, Owner, ReadOptions, Source, read};
use tenantry_verdict::Outcome;
use tenantry_verdict::claims::Plane;

const PROPERTIES: &str = include_str!("../data/access-properties.txt");

/// A property of a type, and what its name or format says that it holds.
struct Property {
    kind: &'static str,
    path: &'static str,
    shape: &'static str,
}

fn properties() -> Vec<Property> {
    let lines = PROPERTIES.lines().filter(|line| !line.starts_with('#'));
    let read = lines.map(|line| {
        let (kind, rest) = line.split_once(' ').unwrap();
        let (path, shape) = rest.split_once(' ').unwrap();
        Property { kind, path, shape }
    });
    read.collect()
}

/// A value at a path such as `Rules[].Destination{}.Bucket`.
fn at(path: &str, value: Value) -> Value {
    let mut value = value;
    for segment in path.rsplit('.') {
        let name = segment.trim_end_matches("[]").trim_end_matches("{}");
        let mut marks = segment.strip_prefix(name).unwrap();
        while !marks.is_empty() {
            let (rest, mark) = marks.split_at(marks.len() - 2);
            value = if mark == "[]" { json!([value]) } else { json!({ "k": value }) };
            marks = rest;
        }
        // `A[]{}.b` has marks between; the name alone stands before them.
        value = json!({ name: value });
    }
    value
}

fn tagged(tenant: &str) -> Value {
    json!([{ "Key": "tenant_id", "Value": tenant }])
}

/// What of acme's is put into a property of this shape.
fn of_acme(shape: &str) -> Value {
    match shape {
        "policy" => json!({ "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*",
        }]}),
        "arn" => json!({ "Fn::GetAtt": ["Table", "Arn"] }),
        _ => json!({ "Fn::GetAtt": ["Role", "Arn"] }),
    }
}

fn template(property: &Property, owner: Option<&str>) -> String {
    let mut properties = at(property.path, of_acme(property.shape));
    if let Some(owner) = owner {
        properties["Tags"] = tagged(owner);
    }
    let trust = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": { "Service": "lambda.amazonaws.com" },
        "Action": "sts:AssumeRole",
    }]});
    let role = |tenant: &str| {
        json!({ "Type": "AWS::IAM::Role", "Properties": {
            "AssumeRolePolicyDocument": trust, "Tags": tagged(tenant),
        }})
    };
    let table = json!({ "Type": "AWS::DynamoDB::Table", "Properties": {
        "AttributeDefinitions": [{ "AttributeName": "pk", "AttributeType": "S" }],
        "KeySchema": [{ "AttributeName": "pk", "KeyType": "HASH" }],
        "BillingMode": "PAY_PER_REQUEST", "Tags": tagged("acme"),
    }});
    json!({ "Resources": {
        "Role": role("acme"), "Other": role("beta"), "Table": table,
        "Thing": { "Type": property.kind, "Properties": properties },
    }})
    .to_string()
}

/// The worst that is said of the template's claims but the conventions'.
fn outcome(text: &str) -> Option<Outcome> {
    let sources = [Source { name: "one.json", bytes: text.as_bytes() }];
    let model = read(&sources, &ReadOptions::default(), &NoLoader).ok()?;
    let verdict = verify_model(&model, &VerifyOptions::default());
    let claims = verdict.claims.iter().filter(|each| each.claim.plane != Plane::Hygiene);
    let all: Vec<Outcome> = claims.map(|each| each.outcome()).collect();
    let worst = [Outcome::Breached, Outcome::Undecided].into_iter().find(|each| all.contains(each));
    Some(worst.unwrap_or(Outcome::Proven))
}

#[test]
fn what_is_another_tenants_is_passed_over_in_no_property_of_any_type() {
    let asked = ["role", "principal", "arn", "policy"];
    let all = properties();
    let all: Vec<&Property> = all.iter().filter(|each| asked.contains(&each.shape)).collect();
    assert!(all.len() > 2500, "{}", all.len());
    let mut passed: Vec<String> = all
        .par_iter()
        .filter(|each| outcome(&template(each, Some("beta"))) == Some(Outcome::Proven))
        .map(|each| format!("{} {} ({})", each.kind, each.path, each.shape))
        .collect();
    passed.sort();
    let mut out = format!("{} passed over\n", passed.len());
    passed.iter().for_each(|each| writeln!(out, "{each}").unwrap());
    insta::assert_snapshot!(out);
}

#[test]
fn tags_say_whose_a_thing_is_wherever_a_type_has_them_for_all_of_it() {
    let all = properties();
    let mut unread: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for property in all.iter().filter(|each| each.shape == "tag" && !each.path.contains('.')) {
        let list = json!([{ "Key": "tenant_id", "Value": "beta" }]);
        let map = json!({ "tenant_id": "beta" });
        let specification = json!([{ "ResourceType": "x", "Tags": list }]);
        let owned = [list, map, specification].into_iter().any(|tags| {
            let properties = json!({ property.path.trim_end_matches("[]"): tags });
            let thing = json!({ "Type": property.kind, "Properties": properties });
            let text = json!({ "Resources": { "Thing": thing } }).to_string();
            let sources = [Source { name: "one.json", bytes: text.as_bytes() }];
            let model = read(&sources, &ReadOptions::default(), &NoLoader);
            model.is_ok_and(|model| {
                model.resources.iter().any(|each| matches!(each.owner, Owner::Tenant(_)))
            })
        });
        if !owned {
            unread.entry(property.kind).or_default().push(property.path);
        }
    }
    let unread: Vec<String> =
        unread.iter().map(|(kind, paths)| format!("{kind} {}", paths.join(" "))).collect();
    insta::assert_snapshot!(unread.join("\n"));
}
