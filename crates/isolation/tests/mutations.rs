//! Every tenant id in the platform's own template is swapped for another tenant's, one place at a
//! time, and so is every reference to a tenant's resource. Each mutant must be caught, or be of a
//! kind that is known not to matter.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod support;

use std::collections::BTreeMap;

use serde_json::Value;
use support::{platform, verdict};
use tenantry_isolation::verdict::Outcome;

/// One place: the path of keys and indexes to a text, and the text that it becomes.
struct Mutant {
    path: Vec<String>,
    becomes: String,
}

/// Where a swapped id opens no way between tenants: a part of the place's path, and why.
const HARMLESS: &[(&str, &str)] = &[
    ("/Description", "for people"),
    ("Alarm/Properties/", "an alarm counts, names or tags something else"),
    ("IsolationViolations/Properties/", "a filter counts another group's events"),
    ("/PolicyName", "a name that nothing refers to"),
    ("/DashboardBody", "for people"),
    ("/GroupDescription", "for people"),
    ("/GroupName", "a name that nothing refers to"),
    ("/DependsOn", "the order of deployment"),
    ("/Tags/3/", "the name tag, for people"),
    ("/EventSelectors", "the audit trail's choice of tables"),
    ("/MethodSettings", "a limit on the rate of requests"),
    ("RouteTable/Properties/SubnetId", "tenants share that route table"),
    (
        "NetworkAcl/Properties/SubnetId",
        "the subnet falls back to the VPC's network ACL, and the \
      security groups hold alone",
    ),
    ("kms:EncryptionContext:aws:logs:arn", "the tenant's own log group loses its key"),
    ("/ResourcePolicy/", "the identity policies hold alone"),
    ("Outputs/", "nothing reads it"),
];

#[test]
fn every_swapped_tenant_is_caught_or_does_not_matter() {
    let template: Value = serde_json::from_str(&platform(2)).unwrap();
    let mut mutants = Vec::new();
    collect(&template, &mut Vec::new(), &mut mutants);
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut missed = Vec::new();
    for mutant in &mutants {
        let mut changed = template.clone();
        *at(&mut changed, &mutant.path) = Value::String(mutant.becomes.clone());
        let outcome = outcome_of(&changed);
        let kind = match outcome {
            Outcome::Breached => "breached",
            Outcome::Undecided => "undecided",
            Outcome::Proven => {
                let path = mutant.path.join("/");
                let harmless = HARMLESS.iter().any(|(part, _)| path.contains(part));
                // Where two barriers hold, the mutant opens one: without the other it shows.
                let alone = without_resource_policies(&changed);
                match (harmless, harmless || outcome_of(&alone) == Outcome::Breached) {
                    (true, _) => "of no matter",
                    (_, true) => "held by another barrier",
                    _ => {
                        missed.push(format!("{path} = {}", mutant.becomes));
                        "missed"
                    }
                }
            }
        };
        *counts.entry(kind).or_default() += 1;
    }
    assert_eq!(missed, Vec::<String>::new(), "{counts:?}");
    insta::assert_debug_snapshot!(counts);
}

#[test]
fn identity_policies_hold_without_any_resource_policy() {
    let template: Value = serde_json::from_str(&platform(2)).unwrap();
    assert_eq!(outcome_of(&without_resource_policies(&template)), Outcome::Proven);
}

fn outcome_of(template: &Value) -> Outcome {
    verdict("mutant.json", &serde_json::to_string(template).unwrap()).outcome()
}

/// The template in which tables have no policy, and keys delegate to the account.
fn without_resource_policies(template: &Value) -> Value {
    let mut template = template.clone();
    for (_, resource) in template["Resources"].as_object_mut().unwrap() {
        match resource["Type"].as_str().unwrap() {
            "AWS::DynamoDB::Table" => {
                resource["Properties"].as_object_mut().unwrap().remove("ResourcePolicy");
            }
            "AWS::KMS::Key" => {
                let root = serde_json::json!({"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:root"});
                resource["Properties"]["KeyPolicy"]["Statement"] = serde_json::json!([{
                    "Effect": "Allow",
                    "Principal": {"AWS": root},
                    "Action": ["kms:Decrypt", "kms:Encrypt", "kms:PutKeyPolicy"],
                    "Resource": "*",
                }]);
            }
            _ => {}
        }
    }
    template
}

fn at<'v>(value: &'v mut Value, path: &[String]) -> &'v mut Value {
    path.iter().fold(value, |value, key| match value {
        Value::Array(items) => &mut items[key.parse::<usize>().unwrap()],
        value => &mut value[key.as_str()],
    })
}

fn collect(value: &Value, path: &mut Vec<String>, mutants: &mut Vec<Mutant>) {
    let mut each = |key: String, value: &Value| {
        path.push(key);
        collect(value, path, mutants);
        path.pop();
    };
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(key, value)| each(key.clone(), value));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, value)| each(at.to_string(), value));
        }
        Value::String(text) => {
            for (from, to) in
                [("tenant-001", "tenant-002"), ("Tenant001", "Tenant002"), ("/001/", "/002/")]
            {
                if text.contains(from) {
                    let becomes = text.replace(from, to);
                    mutants.push(Mutant { path: path.clone(), becomes });
                }
            }
        }
        _ => {}
    }
}
