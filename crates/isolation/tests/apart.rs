//! Templates that are decided apart give the verdict on all of them together, and those that have
//! to do with each other are read together.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

mod mutants;
mod support;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use tenantry_isolation::{VerifyOptions, verify, verify_each};
use tenantry_template::{NoLoader, ReadError, ReadOptions, Source};
use tenantry_verdict::{Outcome, Verdict};

use support::cell;

/// The verdict, and whether each template was decided apart: then each is loaded once.
fn each(templates: &[String]) -> (Result<Verdict, ReadError>, bool) {
    let (verdict, loads) = loading(templates);
    (verdict, loads == templates.len())
}

/// The verdict, and how often a template was loaded.
fn loading(templates: &[String]) -> (Result<Verdict, ReadError>, usize) {
    let loads = AtomicUsize::new(0);
    let load = |at: usize| {
        loads.fetch_add(1, Ordering::Relaxed);
        Ok((format!("{at}.json"), templates[at].clone().into_bytes()))
    };
    let options = ReadOptions::default();
    let verdict =
        verify_each(templates.len(), load, &options, &NoLoader, &VerifyOptions::default());
    (verdict, loads.into_inner())
}

fn together(templates: &[String]) -> Result<Verdict, ReadError> {
    let names: Vec<String> = (0..templates.len()).map(|at| format!("{at}.json")).collect();
    let sources: Vec<Source<'_>> = names
        .iter()
        .zip(templates)
        .map(|(name, text)| Source { name, bytes: text.as_bytes() })
        .collect();
    verify(&sources, &ReadOptions::default(), &NoLoader, &VerifyOptions::default())
}

/// All that a verdict says, in an order of its own.
fn said(verdict: &Verdict) -> BTreeSet<String> {
    let mut said = BTreeSet::from([format!("{:?} {}", verdict.tenants, verdict.pairs)]);
    for answer in &verdict.claims {
        said.insert(format!("{} {:?} {}", answer.claim, answer.outcome(), answer.questions));
        said.extend(answer.counterexamples.iter().map(|example| format!("{example:?}")));
        said.extend(answer.undecided.iter().map(|reason| format!("{reason:?}")));
    }
    let notices = verdict.least_privilege.iter().chain(&verdict.dead).chain(&verdict.warnings);
    said.extend(notices.map(|notice| format!("{notice:?}")));
    said.extend(verdict.assumptions.iter().map(|assumption| format!("{assumption:?}")));
    said
}

#[test]
fn the_cells_of_a_platform_are_decided_apart_with_the_verdict_of_all_together() {
    let cells: Vec<String> = (0..4).map(|number| cell(number, 3)).collect();
    let (verdict, apart) = each(&cells);
    let verdict = verdict.unwrap();
    assert!(apart);
    assert_eq!(verdict.outcome(), Outcome::Proven);
    assert_eq!(verdict.pairs, 12 * 11);
    assert_eq!(said(&verdict), said(&together(&cells).unwrap()));
}

#[test]
fn tenants_that_are_alone_in_their_templates_are_decided_in_company() {
    // Of 2, 1, 2: the one goes with the first. Of 1, 1, 1: all of them go together.
    for (cells, company) in [
        (vec![cell(0, 2), cell(4, 1), cell(1, 2)], 2),
        (vec![cell(0, 1), cell(1, 1), cell(2, 1)], 3),
        (vec![cell(0, 1), cell(1, 1), cell(2, 1), cell(3, 1)], 4),
    ] {
        let (verdict, loads) = loading(&cells);
        assert_eq!(loads, cells.len() + company);
        assert_eq!(said(&verdict.unwrap()), said(&together(&cells).unwrap()));
    }
}

#[test]
fn a_tenant_in_two_templates_is_read_with_the_others() {
    let cells = [cell(0, 3), cell(1, 2)];
    let (verdict, apart) = each(&cells);
    assert!(!apart);
    assert_eq!(verdict.unwrap().tenants, ["tenant-001", "tenant-002", "tenant-003", "tenant-004"]);
}

/// A cell whose first tenant's role has one more policy.
fn with_policy(statement: Value) -> String {
    let mut template: Value = serde_json::from_str(&cell(0, 2)).unwrap();
    let policy = &mut template["Resources"]["Tenant001RolePolicy"]["Properties"]["PolicyDocument"];
    let statements = policy["Statement"].as_array_mut().unwrap();
    statements.extend(statement.as_array().unwrap().iter().cloned());
    template.to_string()
}

#[test]
fn a_grant_that_spares_the_tenants_of_its_own_template_alone_is_found() {
    let tables = |tenant: &str| json!([format!("arn:aws:dynamodb:*:*:table/{tenant}-*")]);
    // A denylist of those who were there when it was written.
    let spares = with_policy(json!([
        {"Effect": "Allow", "Action": "dynamodb:DescribeTable", "Resource": "*"},
        {"Effect": "Deny", "Action": "dynamodb:DescribeTable", "Resource": tables("tenant-002")},
    ]));
    assert_eq!(together(std::slice::from_ref(&spares)).unwrap().outcome(), Outcome::Proven);
    let (verdict, apart) = each(&[spares, cell(1, 2)]);
    assert!(!apart);
    assert_eq!(verdict.unwrap().outcome(), Outcome::Breached);
}

#[test]
fn a_pattern_that_takes_in_a_tenant_of_another_template_is_found() {
    // `tenant-00?-users-prod1` is nothing in this template.
    let pattern = with_policy(json!([{
        "Effect": "Allow",
        "Action": "dynamodb:DescribeTable",
        "Resource": "arn:aws:dynamodb:*:*:table/tenant-00?-users-prod1",
    }]));
    assert_eq!(together(std::slice::from_ref(&pattern)).unwrap().outcome(), Outcome::Proven);
    let (verdict, apart) = each(&[pattern, cell(1, 2)]);
    assert!(!apart);
    assert_eq!(verdict.unwrap().outcome(), Outcome::Breached);
}

#[test]
fn a_wide_grant_on_what_no_template_has_changes_nothing() {
    let grant = with_policy(json!([{
        "Effect": "Allow", "Action": "codecommit:GetRepository", "Resource": "*",
    }]));
    let cells = [grant, cell(1, 2)];
    let (verdict, apart) = each(&cells);
    assert!(apart);
    assert_eq!(said(&verdict.unwrap()), said(&together(&cells).unwrap()));
}

#[test]
fn the_first_template_that_cannot_be_read_is_told() {
    let (verdict, _) = each(&[cell(0, 2), "{".to_owned(), "[".to_owned()]);
    assert!(verdict.unwrap_err().to_string().contains("1.json"));
}

/// Every text in a value that holds one, with another in its place, one at a time.
fn swapped(value: &Value, from: &str, to: &str) -> Vec<Value> {
    match value {
        Value::String(text) if text.contains(from) => vec![json!(text.replace(from, to))],
        Value::Array(items) => (0..items.len())
            .flat_map(|at| {
                swapped(&items[at], from, to).into_iter().map(move |item| {
                    let mut items = items.clone();
                    items[at] = item;
                    Value::Array(items)
                })
            })
            .collect(),
        Value::Object(members) => members
            .iter()
            .flat_map(|(key, member)| {
                swapped(member, from, to).into_iter().map(move |member| {
                    let mut members = members.clone();
                    members[key] = member;
                    Value::Object(members)
                })
            })
            .collect(),
        _ => Vec::new(),
    }
}

#[test]
fn every_mutant_of_a_cell_beside_another_has_the_verdict_of_both_together() {
    let (own, other) = (cell(0, 2), cell(1, 2));
    let template: Value = serde_json::from_str(&own).unwrap();
    let mut changed: Vec<Value> = [("tenant-001", "tenant-003"), ("/001/", "/003/")]
        .iter()
        .flat_map(|(from, to)| swapped(&template, from, to))
        .collect();
    assert!(changed.len() > 50, "{}", changed.len());
    // Some of the others, as they come: all of them take a minute.
    let others = mutants::all(&template);
    changed.extend(others.iter().step_by(4).map(|mutant| mutant.of(&template)));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let size = changed.len().div_ceil(threads);
    let decided_apart = AtomicUsize::new(0);
    let differ = |(at, changed): (usize, &Value)| {
        let cells = [changed.to_string(), other.clone()];
        let ((each, apart), together) = (each(&cells), together(&cells));
        decided_apart.fetch_add(usize::from(apart), Ordering::Relaxed);
        let (Ok(each), Ok(together)) = (each, together) else { return None };
        (said(&each) != said(&together)).then(|| (at, apart, said(&each), said(&together)))
    };
    let found: Vec<_> = std::thread::scope(|scope| {
        let running: Vec<_> = changed
            .chunks(size)
            .enumerate()
            .map(|(part, chunk)| {
                let differ = &differ;
                scope.spawn(move || {
                    let numbered = chunk.iter().enumerate();
                    numbered
                        .filter_map(|(at, changed)| differ((part * size + at, changed)))
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        running.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    for (at, apart, each, together) in &found {
        println!("{at}, decided apart: {apart}");
        each.difference(together).for_each(|line| println!("  apart: {line}"));
        together.difference(each).for_each(|line| println!("  together: {line}"));
    }
    assert!(found.is_empty());
    // Most of what is changed in one cell does not touch the other.
    let decided_apart = decided_apart.into_inner();
    assert!(decided_apart > changed.len() / 2 && decided_apart < changed.len(), "{decided_apart}");
}
