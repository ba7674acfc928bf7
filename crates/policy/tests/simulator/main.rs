//! A simulator of others' on the same random requests: `@cloud-copilot/iam-simulate`, which runs as a
//! process of its own.
//!
//! An [`Explanation`] says where the simulator is not a witness, and why. On all cases that none is
//! about both must say the same; those are more than a quarter.
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
use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use explanations::{EXPLANATIONS, Explanation};
use proptest::strategy::{Strategy as _, ValueTree as _};
use serde_json::json;
use support::random::{Case, Who, case};
use support::seeded::{runner, seed};
use tenantry_policy::allowed_concretely;

/// How many requests the simulator has to answer, at least.
const CASES: usize = 20_000;
const BATCH: usize = 2_000;
/// By then every explanation must have been of use.
const AT_MOST: usize = 60_000;
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../.ci/witnesses/iam_simulate.mjs");

#[test]
#[ignore = "needs the simulator: TENANTRY_SIMULATOR names the folder of its node_modules"]
fn the_simulator_differs_from_our_evaluator_only_as_explained() {
    let seed = seed();
    let mut runner = runner(seed);
    let mut counts = Counts::default();
    let mut unexplained = Vec::new();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut simulators: Vec<Simulator> = (0..threads).map(|_| Simulator::start()).collect();
    while counts.cases < CASES || counts.asked < AT_MOST && !counts.unused().is_empty() {
        let strategy = case().prop_filter_map("the simulator cannot be asked", in_its_terms);
        let cases: Vec<Case> =
            (0..BATCH).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect();
        for (case, theirs) in cases.iter().zip(ask(&mut simulators, &cases)) {
            counts.asked += 1;
            match theirs {
                Answer::Refused(why) => *counts.refused.entry(why).or_default() += 1,
                Answer::Decided(theirs) if counts.add(case, theirs) => {}
                Answer::Decided(theirs) => unexplained.push((case.clone(), theirs)),
            }
        }
    }
    simulators.into_iter().for_each(Simulator::end);
    counts.print(seed);
    unexplained.sort_by_key(|(case, _)| serde_json::to_string(case).unwrap().len());
    write_down(&unexplained);
    for (case, theirs) in unexplained.iter().take(3) {
        let (ours, json) = (allowed(case), serde_json::to_string_pretty(case).unwrap());
        println!("allowed: {ours} by ours, {theirs} by the simulator: {json}");
    }
    assert!(unexplained.is_empty(), "{} cases are not as explained", unexplained.len());
    assert!(counts.untouched * 4 > counts.cases, "too many cases need an explanation");
    assert!(counts.allowed * 10 > counts.untouched, "too few are allowed to mean much");
    assert!(counts.unused().is_empty(), "these explain nothing alone: {:?}", counts.unused());
}

#[derive(Default)]
struct Counts {
    asked: usize,
    /// Why the simulator refused to answer, and how often.
    refused: BTreeMap<String, usize>,
    /// What it answered.
    cases: usize,
    /// No explanation is about them: ours and theirs must agree on every one.
    untouched: usize,
    /// Of the untouched, those that both allow.
    allowed: usize,
    differences: usize,
    /// Differences that this explanation alone is about.
    explained_by: BTreeMap<&'static str, usize>,
}

impl Counts {
    /// Whether the simulator's answer is the one to expect.
    fn add(&mut self, case: &Case, theirs: bool) -> bool {
        let ours = allowed(case);
        self.cases += 1;
        let mut about = EXPLANATIONS.iter().filter(|each| (each.concerns)(case));
        let Some(first) = about.next() else {
            self.untouched += 1;
            self.allowed += usize::from(ours);
            return ours == theirs;
        };
        if ours != theirs {
            self.differences += 1;
            if about.next().is_none() {
                *self.explained_by.entry(first.name).or_default() += 1;
            }
        }
        true
    }

    fn unused(&self) -> Vec<&str> {
        let names = EXPLANATIONS.iter().map(|each| each.name);
        names.filter(|name| !self.explained_by.contains_key(name)).collect()
    }

    fn print(&self, seed: u64) {
        let Self { asked, refused, cases, untouched, allowed, differences, .. } = self;
        println!("{asked} random requests (TENANTRY_SEED={seed}), {cases} answered");
        for (why, count) in refused {
            println!("{count:6} refused: {why}");
        }
        println!(
            "{untouched} that no explanation is about, {allowed} of them allowed: both must agree"
        );
        println!("{differences} differences on the others, explained by:");
        for Explanation { name, documented: (sentence, page), .. } in EXPLANATIONS {
            let count = self.explained_by.get(name).unwrap_or(&0);
            println!("{count:6} {name}\n       AWS: {sentence} ({page})");
        }
        let several = differences - self.explained_by.values().sum::<usize>();
        println!("{several:6} several of these");
    }
}

fn allowed(case: &Case) -> bool {
    allowed_concretely(&case.request(), &case.policies().set()).unwrap()
}

/// Only what the simulator can be asked. It decides by the service whether a resource's policy must
/// allow as well: for keys it must. It completes ARNs with fewer than six parts in a way of its own
/// (AWS adds wildcards, <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html>),
/// so that none is asked about.
fn in_its_terms(mut case: Case) -> Option<Case> {
    const WHOLE: &[(&str, &str)] = &[
        ("arn:aws:dynamodb:*:table/t?", "arn:aws:dynamodb:*:*:table/t?"),
        ("arn:aws:dynamodb:us-*:table/*", "arn:aws:dynamodb:us-*:*:table/*"),
        ("arn:aws:d*3:table/t1", "arn:aws:d*:*:*:table/t1"),
        ("arn:aws:kms:us-east-1?1*", "arn:aws:kms:us-*:*:key/*"),
        ("arn:aws:s?s:*:topic", "arn:aws:s?s:*:*:topic"),
        ("arn:aws:*:topic", "arn:aws:*:*:*:topic"),
    ];
    case.gatekeeper = case.action.starts_with("kms:");
    if case.gatekeeper && case.resource_policy.is_none() {
        return None;
    }
    // It takes a session's policy of no user, and a user has one only by a session of its own.
    if !matches!(case.caller, Who::Session { .. }) {
        case.session = None;
    }
    for document in case.documents_mut() {
        let text = WHOLE.iter().fold(document.to_string(), |text, (short, whole)| {
            text.replace(&format!("\"{short}\""), &format!("\"{whole}\""))
        });
        *document = serde_json::from_str(&text).unwrap();
    }
    Some(case)
}

/// Writes what is not explained to the file that `TENANTRY_DIFFERENCES` names, one a line.
fn write_down(unexplained: &[(Case, bool)]) {
    let Some(file) = std::env::var_os("TENANTRY_DIFFERENCES") else { return };
    let line = |(case, theirs): &(Case, bool)| {
        json!({"ours": allowed(case), "theirs": theirs, "case": case}).to_string() + "\n"
    };
    std::fs::write(file, unexplained.iter().map(line).collect::<String>()).unwrap();
}

enum Answer {
    Decided(bool),
    /// Its own rules for what it reads do not let it answer.
    Refused(String),
}

/// What the simulators say of each, in the cases' order.
fn ask(simulators: &mut [Simulator], cases: &[Case]) -> Vec<Answer> {
    let share = cases.len().div_ceil(simulators.len());
    std::thread::scope(|scope| {
        let asked: Vec<_> = simulators
            .iter_mut()
            .zip(cases.chunks(share))
            .map(|(simulator, cases)| scope.spawn(|| simulator.ask(cases)))
            .collect();
        asked.into_iter().flat_map(|answers| answers.join().unwrap()).collect()
    })
}

/// A process that answers a line a request: it is started once, since reading its rules takes it
/// longer than hundreds of answers.
struct Simulator {
    child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Simulator {
    fn start() -> Self {
        let folder = std::env::var_os("TENANTRY_SIMULATOR").expect(
            "TENANTRY_SIMULATOR names the folder in which the simulator's node_modules lies",
        );
        let mut child = Command::new("node")
            .arg(SCRIPT)
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Self { child, input, output: BufReader::new(output).lines() }
    }

    fn ask(&mut self, cases: &[Case]) -> Vec<Answer> {
        let Self { input, output, .. } = self;
        let mut lines = Vec::new();
        for case in cases {
            serde_json::to_writer(&mut lines, case).unwrap();
            lines.push(b'\n');
        }
        std::thread::scope(|scope| {
            let writer = scope.spawn(move || input.write_all(&lines));
            let answers =
                output.by_ref().take(cases.len()).map(|line| answer(&line.unwrap())).collect();
            writer.join().unwrap().unwrap();
            answers
        })
    }

    fn end(self) {
        let Self { mut child, input, output } = self;
        drop(input);
        assert_eq!(output.count(), 0, "an answer for each request, and no more");
        assert!(child.wait().unwrap().success());
    }
}

fn answer(line: &str) -> Answer {
    match line {
        "allow" => Answer::Decided(true),
        "deny" => Answer::Decided(false),
        other => Answer::Refused(other.strip_prefix("refused ").expect(other).to_owned()),
    }
}
