//! What a difference is called, by what a verifier says of the template with it alone.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::cell::Cell;

use serde_json::{Value, json};
use tenantry_drift::{CellDrift, Drift, Meaning, Ought, compare, render};
use tenantry_verdict::claims::{self, Barrier, Plane};
use tenantry_verdict::{Counterexample, Party, Reason, Verdict};

fn table(name: &str, more: &[(&str, Value)]) -> Value {
    let mut properties =
        json!({ "TableName": name, "Tags": [{ "Key": "tenant_id", "Value": "a" }] });
    for (name, value) in more {
        properties[*name] = value.clone();
    }
    json!({ "Type": "AWS::DynamoDB::Table", "Properties": properties })
}

fn wanted() -> Value {
    json!({ "Resources": {
        "Data": table("a-data", &[("ResourcePolicy", json!({ "PolicyDocument": { "Statement": [] } }))]),
        "Role": { "Type": "AWS::IAM::Role", "Properties": { "RoleName": "a-role" } },
        "Code": { "Type": "AWS::Lambda::Function", "Properties": { "Code": { "S3Key": "k" }, "Role": { "Fn::GetAtt": ["Role", "Arn"] } } },
        "Log": { "Type": "AWS::Logs::LogGroup", "Properties": { "LogGroupName": "l", "RetentionInDays": 30 } },
    } })
}

/// A verifier that knows what it is to find by words in the template.
fn judge(template: &Value, _: bool) -> Result<Verdict, String> {
    let text = template.to_string();
    let mut verdict = Verdict::assemble(vec!["a".into(), "b".into()], &Plane::ALL, Vec::new());
    for answer in &mut verdict.claims {
        answer.undecided.clear();
        let mut found = |word: &str, claim: &str, attacker: Party| {
            if text.contains(word) && answer.claim.id == claim {
                let victim = Party::Tenant("a".into());
                let barrier = Barrier::IdentityPolicy;
                let mut example = Counterexample::new(answer.claim, attacker, victim, barrier);
                example.principal = "RoleB".into();
                example.action = "dynamodb:GetItem".into();
                example.resource = "a-data".into();
                example.fix = "take it back".into();
                answer.counterexamples.push(example);
            }
        };
        found("letsin", claims::key::USE.id, Party::Tenant("b".into()));
        found("\"RetentionInDays\":1}", claims::hygiene::LOG_RETENTION.id, Party::Shared);
        if text.contains("unclear") && answer.claim == claims::key::USE {
            answer.undecided.push(Reason {
                unknown: "the import".into(),
                matters: "it could name anybody".into(),
                help: "write it out".into(),
                place: None,
            });
        }
    }
    Ok(verdict)
}

fn meaning_of(change: impl FnOnce(&mut Value)) -> Vec<(String, Ought, Meaning)> {
    let mut deployed = wanted();
    change(&mut deployed);
    let found = compare("cell", &wanted(), &deployed, judge).unwrap();
    found.into_iter().map(|one| (one.resource.id, one.is, one.judgement.meaning)).collect()
}

fn one(id: &str, is: Ought, meaning: Meaning) -> Vec<(String, Ought, Meaning)> {
    vec![(id.to_owned(), is, meaning)]
}

#[test]
fn a_difference_is_called_by_the_gravest_that_a_verifier_finds_with_it() {
    let set = |path: &'static str, value: Value| {
        move |template: &mut Value| *template.pointer_mut(path).unwrap() = value
    };
    let name = "/Resources/Role/Properties/RoleName";
    assert_eq!(meaning_of(|_| ()), []);
    assert_eq!(meaning_of(set(name, json!("x"))), one("Role", Ought::Otherwise, Meaning::Harmless));
    assert_eq!(
        meaning_of(set(name, json!("letsin"))),
        one("Role", Ought::Otherwise, Meaning::Isolation)
    );
    assert_eq!(
        meaning_of(set(name, json!("unclear"))),
        one("Role", Ought::Otherwise, Meaning::Undecided)
    );
    let days = "/Resources/Log/Properties/RetentionInDays";
    assert_eq!(meaning_of(set(days, json!(1))), one("Log", Ought::Otherwise, Meaning::Convention));
}

#[test]
fn a_barrier_that_changed_is_not_harmless_and_other_code_is_never_known() {
    let policy = "/Resources/Data/Properties";
    let gone = meaning_of(|template| {
        template.pointer_mut(policy).unwrap().as_object_mut().unwrap().remove("ResourcePolicy");
    });
    assert_eq!(gone, one("Data", Ought::Otherwise, Meaning::Barrier));
    let code = meaning_of(|template| {
        *template.pointer_mut("/Resources/Code/Properties/Code").unwrap() =
            json!({ "CodeSha256": "x" });
    });
    assert_eq!(code, one("Code", Ought::Otherwise, Meaning::Undecided));
}

#[test]
fn what_is_missing_is_judged_with_what_refers_to_it_as_it_is() {
    let seen = Cell::new(false);
    let mut deployed = wanted();
    let resources = deployed["Resources"].as_object_mut().unwrap();
    resources.remove("Role");
    resources["Code"]["Properties"]["Role"] = json!("arn:role");
    let found = compare("cell", &wanted(), &deployed, |template, barriers| {
        if template["Resources"].get("Role").is_none() {
            assert_eq!(template["Resources"]["Code"]["Properties"]["Role"], "arn:role");
            seen.set(true);
        }
        judge(template, barriers)
    });
    assert!(found.unwrap().iter().any(|one| one.is == Ought::Missing && one.resource.id == "Role"));
    assert!(seen.get());
}

#[test]
fn drift_is_told_to_people_to_a_ticket_and_to_programs() {
    let mut deployed = wanted();
    let resources = deployed["Resources"].as_object_mut().unwrap();
    resources["Log"]["Properties"]["RetentionInDays"] = json!(1);
    resources.insert("FoundTablex".into(), table("letsin|\n\u{1b}[2J", &[]));
    let drift = Drift {
        version: Drift::VERSION,
        platform: "acme".into(),
        isolation: "breached",
        cells: vec![CellDrift {
            stack: "cell".into(),
            deployed: true,
            compared: 9,
            differences: compare("cell", &wanted(), &deployed, judge).unwrap(),
            not_compared: vec![tenantry_drift::NotCompared {
                what: "AWS::CloudWatch::Dashboard".into(),
                why: String::new(),
                resources: 1,
            }],
        }],
    };
    insta::assert_snapshot!("human", render::human(&drift, &|_, text| text.to_owned()));
    insta::assert_snapshot!("markdown", render::markdown(&drift));
    insta::assert_snapshot!("json", render::json(&drift).unwrap());
}
