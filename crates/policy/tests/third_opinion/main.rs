//! A third opinion: the evaluator of the local emulator on the same random requests.
//!
//! Where it differs, an [`Explanation`] says how it reads the case, and rewrites the case that way:
//! with every explanation applied, our evaluator must say what the emulator's says, on every case.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout
)]

mod explanations;
#[path = "../support/mod.rs"]
mod support;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::net::IpAddr;
use std::process::{Command, Stdio};

use explanations::{EXPLANATIONS, Explanation};
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;
use serde_json::Value as Json;
use support::random::{Case, Held, Who, case};
use support::seeded::{runner, seed};
use tenantry_policy::{Match, Pattern, Style, allowed_concretely};

const CASES: usize = 20_000;
const BATCH: usize = 10_000;
/// By then every explanation must have been of use.
const AT_MOST: usize = 150_000;
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../.ci/third_opinion.py");

#[test]
#[ignore = "needs the emulator: TENANTRY_EMULATOR_PYTHON names a Python that has ministack"]
fn the_emulators_evaluator_differs_from_ours_only_as_explained() {
    let seed = seed();
    let mut runner = runner(seed);
    let mut counts = Counts::default();
    let mut unexplained = Vec::new();
    while counts.cases < CASES || counts.cases < AT_MOST && !counts.unused().is_empty() {
        let cases = cases(&mut runner);
        for (case, theirs) in cases.iter().zip(emulator(&cases)) {
            if !counts.add(case, theirs) {
                unexplained.push((case.clone(), theirs));
            }
        }
    }
    counts.print(seed);
    unexplained.sort_by_key(|(case, _)| serde_json::to_string(case).unwrap().len());
    for (case, theirs) in unexplained.iter().take(3) {
        let (ours, json) = (allowed(case), serde_json::to_string_pretty(case).unwrap());
        println!("allowed: {ours} by ours, {theirs} by the emulator's: {json}");
    }
    assert!(unexplained.is_empty(), "{} cases are not as explained", unexplained.len());
    assert!(counts.untouched * 2 > counts.cases, "most cases must need no explanation");
    assert!(counts.allowed * 10 > counts.untouched, "too few are allowed to mean much");
    assert!(counts.unused().is_empty(), "these explain nothing alone: {:?}", counts.unused());
}

#[derive(Default)]
struct Counts {
    cases: usize,
    /// No explanation has anything to say on them: ours and theirs must agree on every one.
    untouched: usize,
    /// Of the untouched, those that both allow.
    allowed: usize,
    differences: usize,
    /// Differences that this one explanation accounts for, and no other one does.
    explained_by: BTreeMap<&'static str, usize>,
}

impl Counts {
    /// Whether the emulator's answer is the one to expect.
    fn add(&mut self, case: &Case, theirs: bool) -> bool {
        let ours = allowed(case);
        self.cases += 1;
        let rest = of_what_could_apply(case);
        let touching: Vec<&Explanation> =
            EXPLANATIONS.iter().filter(|each| (each.reads_as)(&rest) != rest).collect();
        if touching.is_empty() {
            self.untouched += 1;
            self.allowed += usize::from(ours);
            return ours == theirs;
        }
        if ours != theirs {
            self.differences += 1;
            let mut alone =
                touching.iter().filter(|each| allowed(&(each.reads_as)(case)) == theirs);
            if let (Some(one), None) = (alone.next(), alone.next()) {
                *self.explained_by.entry(one.name).or_default() += 1;
            }
        }
        allowed(&as_read(case)) == theirs
    }

    fn unused(&self) -> Vec<&str> {
        let names = EXPLANATIONS.iter().map(|each| each.name);
        names.filter(|name| !self.explained_by.contains_key(name)).collect()
    }

    fn print(&self, seed: u64) {
        let Self { cases, untouched, allowed, differences, .. } = self;
        println!("{cases} random requests (TENANTRY_SEED={seed})");
        println!(
            "{untouched} touched by no explanation, {allowed} of them allowed: both must agree"
        );
        println!("{differences} differences, explained by:");
        for Explanation { name, documented: (sentence, page), .. } in EXPLANATIONS {
            let count = self.explained_by.get(name).unwrap_or(&0);
            println!("{count:6} {name}\n       AWS: {sentence} ({page})");
        }
        let several = differences - self.explained_by.values().sum::<usize>();
        println!("{several:6} several of these");
    }
}

/// The case as the emulator reads it, as far as it is explained.
fn as_read(case: &Case) -> Case {
    EXPLANATIONS.iter().fold(case.clone(), |case, each| (each.reads_as)(&case))
}

/// Without the statements whose actions or resources fit in no reading: what an explanation has to
/// say on them cannot count.
fn of_what_could_apply(case: &Case) -> Case {
    let mut rest = case.clone();
    for document in rest.documents_mut() {
        let statements = document["Statement"].as_array_mut().unwrap();
        statements.retain(|statement| {
            fits(statement, "Action", &case.action) && fits(statement, "Resource", &case.resource)
        });
    }
    rest
}

/// Whether an element could fit a text, or its `Not` form could.
fn fits(statement: &Json, element: &str, text: &str) -> bool {
    let holds = |pattern: &str, style| {
        let (pattern, text) = match element {
            "Action" => (pattern.to_lowercase(), text.to_lowercase()),
            _ => (pattern.to_owned(), text.to_owned()),
        };
        Pattern::read(&pattern.as_str().into(), style).matches(&text.as_str().into()) == Match::Yes
    };
    let patterns = |element: &str| {
        let list = statement.get(element)?.as_array()?;
        Some(list.iter().map(|pattern| pattern.as_str().unwrap()))
    };
    if let Some(mut patterns) = patterns(element) {
        return patterns.any(|pattern| pattern.contains("${") || holds(pattern, Style::Glob));
    }
    let strict = if element == "Action" { Style::Glob } else { Style::Resource };
    let mut patterns = patterns(&format!("Not{element}")).unwrap();
    !patterns.any(|pattern| !pattern.contains("${") && holds(pattern, strict))
}

fn allowed(case: &Case) -> bool {
    allowed_concretely(&case.request(), &case.policies().set()).unwrap()
}

fn cases(runner: &mut TestRunner) -> Vec<Case> {
    let strategy = case().prop_filter_map("the emulator lets root do everything", in_its_terms);
    (0..BATCH).map(|_| strategy.new_tree(runner).unwrap().current()).collect()
}

/// Only what the emulator can be asked: no root, no organization and no endpoint, lists only where AWS has them, and nothing in the
/// context that is taken from the caller.
fn in_its_terms(mut case: Case) -> Option<Case> {
    if case.caller == Who::Root {
        return None;
    }
    case.organization.clear();
    case.endpoint = None;
    let from_caller = [
        "aws:PrincipalArn",
        "aws:PrincipalAccount",
        "aws:PrincipalType",
        "aws:PrincipalIsAWSService",
        "aws:ResourceAccount",
    ];
    let held = std::mem::take(&mut case.context).into_iter();
    case.context = held
        .filter(|(key, held)| !from_caller.contains(&key.as_str()) && !is_range(held))
        .filter_map(|(key, held)| match (key.as_str(), held) {
            ("aws:TagKeys", Held::One(value)) => Some((key, Held::List(vec![value]))),
            ("aws:TagKeys", held) => Some((key, held)),
            (_, Held::List(values)) => {
                values.into_iter().next().map(|value| (key, Held::One(value)))
            }
            (_, held) => Some((key, held)),
        })
        .collect();
    Some(case)
}

/// A key holds an address, never a range of them.
fn is_range(held: &Held) -> bool {
    let Held::One(value) = held else { return false };
    let start = value.split_once('/').map(|(start, _)| start.parse::<IpAddr>());
    start.is_some_and(|address| address.is_ok())
}

/// Whether the emulator's evaluator allows each.
fn emulator(cases: &[Case]) -> Vec<bool> {
    let python = std::env::var_os("TENANTRY_EMULATOR_PYTHON")
        .expect("TENANTRY_EMULATOR_PYTHON names a Python that has ministack");
    let mut child = Command::new(python)
        .arg(SCRIPT)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines: Vec<u8> = cases
        .iter()
        .flat_map(|case| [serde_json::to_vec(case).unwrap(), b"\n".to_vec()].concat())
        .collect();
    let mut input = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || input.write_all(&lines));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success());
    let answers: Vec<bool> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| match line {
            "allow" => true,
            "deny" => false,
            other => panic!("{other}"),
        })
        .collect();
    assert_eq!(answers.len(), cases.len());
    answers
}
