//! A verdict with a memory of what was decided before is the verdict without one.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

mod mutants;
mod support;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use tenantry_isolation::{Memory, MemoryKey, VerifyOptions, verify_each_with};
use tenantry_template::{Loader, NoLoader, ReadError, ReadOptions};
use tenantry_verdict::{Outcome, Verdict};

use support::cell;

/// Remembers everything, and counts.
#[derive(Default)]
struct Everything {
    /// By key, which is the place: the templates, and what was kept of them.
    known: Mutex<Vec<(Templates, Option<Vec<u8>>)>>,
    recalled: AtomicUsize,
}

type Templates = Vec<(String, Vec<u8>)>;

fn place(key: &MemoryKey) -> usize {
    usize::from_le_bytes(*key.first_chunk().unwrap())
}

impl Memory for Everything {
    fn key(&self, templates: &[(String, Vec<u8>)]) -> MemoryKey {
        let mut known = self.known.lock().unwrap();
        let found = known.iter().position(|(own, _)| own == templates);
        let at = found.unwrap_or(known.len());
        if at == known.len() {
            known.push((templates.to_vec(), None));
        }
        let mut key = MemoryKey::default();
        key[..size_of::<usize>()].copy_from_slice(&at.to_le_bytes());
        key
    }

    fn recall(&self, key: &MemoryKey) -> Option<Vec<u8>> {
        let found = self.known.lock().unwrap()[place(key)].1.clone();
        self.recalled.fetch_add(usize::from(found.is_some()), Ordering::Relaxed);
        found
    }

    fn keep(&self, key: &MemoryKey, bytes: &[u8]) {
        self.known.lock().unwrap()[place(key)].1 = Some(bytes.to_vec());
    }
}

fn decide(
    templates: &[String],
    loader: &dyn Loader,
    memory: Option<&dyn Memory>,
) -> Result<Verdict, ReadError> {
    let load = |at: usize| Ok((format!("{at}.json"), templates[at].clone().into_bytes()));
    let (options, asked) = (ReadOptions::default(), VerifyOptions::default());
    verify_each_with(templates.len(), load, &options, loader, &asked, memory)
}

/// All of a verdict, to the byte.
fn told(verdict: &Result<Verdict, ReadError>) -> String {
    match verdict {
        Ok(verdict) => format!("{verdict:#?}"),
        Err(error) => format!("{error:#?}"),
    }
}

#[test]
fn random_changes_to_random_cells_have_the_verdict_that_they_have_without_a_memory() {
    let plain: Vec<String> =
        [(0, 2), (1, 2), (2, 1), (3, 2)].map(|(number, tenants)| cell(number, tenants)).to_vec();
    let changes: Vec<Vec<String>> = plain
        .iter()
        .map(|text| {
            let template: Value = serde_json::from_str(text).unwrap();
            mutants::all(&template).iter().map(|each| each.of(&template).to_string()).collect()
        })
        .collect();
    let memory = Everything::default();
    let (mut asked, mut proven) = (0, 0);
    let step = (0..plain.len(), any::<prop::sample::Index>(), any::<bool>());
    let mut runner = TestRunner::new(Config { cases: 12, ..Config::default() });
    let seen = Mutex::new((&mut asked, &mut proven));
    runner
        .run(&prop::collection::vec(step, 1..4), |steps| {
            let mut cells = plain.clone();
            for (at, which, back) in steps {
                cells[at] = match back {
                    true => plain[at].clone(),
                    false => which.get(&changes[at]).clone(),
                };
                let without = decide(&cells, &NoLoader, None);
                let with = decide(&cells, &NoLoader, Some(&memory));
                prop_assert_eq!(told(&with), told(&without));
                let mut seen = seen.lock().unwrap();
                *seen.0 += 1;
                *seen.1 += usize::from(without.is_ok_and(|it| it.outcome() == Outcome::Proven));
            }
            Ok(())
        })
        .unwrap();
    let recalled = memory.recalled.into_inner();
    assert!(recalled > asked, "{recalled} of {asked}");
    assert!(proven > 0 && proven < asked, "{proven} of {asked}");
}

#[test]
fn cells_that_were_decided_before_are_not_decided_again() {
    let memory = Everything::default();
    let mut cells = [cell(0, 2), cell(1, 2), cell(2, 2)].to_vec();
    let first = decide(&cells, &NoLoader, Some(&memory)).unwrap();
    assert_eq!(first.outcome(), Outcome::Proven);
    assert_eq!(memory.recalled.load(Ordering::Relaxed), 0);
    let mut changed: Value = serde_json::from_str(&cells[1]).unwrap();
    changed["Description"] = json!("another");
    cells[1] = changed.to_string();
    let second = decide(&cells, &NoLoader, Some(&memory)).unwrap();
    assert_eq!(memory.recalled.load(Ordering::Relaxed), 2);
    assert_eq!(told(&Ok(second)), told(&decide(&cells, &NoLoader, None)));
}

#[test]
fn what_is_kept_of_two_cells_that_meet_does_not_make_them_proven() {
    let memory = Everything::default();
    let widened = |text: &str| {
        let mut template: Value = serde_json::from_str(text).unwrap();
        let policy =
            &mut template["Resources"]["Tenant001RolePolicy"]["Properties"]["PolicyDocument"];
        // Nothing of its own cell is called so.
        policy["Statement"].as_array_mut().unwrap().push(json!({
            "Effect": "Allow",
            "Action": "dynamodb:DescribeTable",
            "Resource": "arn:aws:dynamodb:*:*:table/tenant-00?-users-prod1",
        }));
        template.to_string()
    };
    let cells = [widened(&cell(0, 2)), cell(1, 2)];
    for _ in 0..2 {
        let with = decide(&cells, &NoLoader, Some(&memory));
        assert_eq!(told(&with), told(&decide(&cells, &NoLoader, None)));
        assert_eq!(with.unwrap().outcome(), Outcome::Breached);
    }
}

#[test]
fn a_template_that_loads_another_is_read_each_time() {
    struct Nested(AtomicUsize);
    impl Loader for Nested {
        fn load(&self, _: &str, _: &str) -> Result<(String, Vec<u8>), String> {
            self.0.fetch_add(1, Ordering::Relaxed);
            Ok((
                "inner.json".to_owned(),
                br#"{"Resources": {"T": {"Type": "AWS::SNS::Topic"}}}"#.to_vec(),
            ))
        }
    }
    let mut outer: Value = serde_json::from_str(&cell(0, 2)).unwrap();
    outer["Resources"]["Inner"] = json!({
        "Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "inner.json"}
    });
    let cells = [outer.to_string(), cell(1, 2)];
    let memory = Everything::default();
    let loader = Nested(AtomicUsize::new(0));
    let first = told(&decide(&cells, &loader, Some(&memory)));
    let loads = loader.0.load(Ordering::Relaxed);
    assert!(loads > 0);
    assert_eq!(told(&decide(&cells, &loader, Some(&memory))), first);
    assert_eq!(loader.0.load(Ordering::Relaxed), 2 * loads);
}
