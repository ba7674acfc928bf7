//! Small templates of many kinds, each with its right answer in the first line: what others write,
//! what public bug reports describe, and one way in each.
//!
//! `# expected: breached, undecided; why` in the first line: any of these is right.
//! `# options: --tenant a:Id=a --tenant b:Id=b` in one of the next two, as the program takes them.
//! `# names: LogicalId` in one of them: a breach or a reason has to speak of it.
//!
//! What counts is the worst answer of the claims that are no conventions: breached, else undecided,
//! else proven (missing barriers count as proven, for nothing crosses), else nothing. The exit
//! status has to fit, and `undecided` everywhere is no answer.
//!
//! `cases/wrong.txt` lists what is answered wrongly. It only shrinks: a case that is wrong and not
//! listed fails the test, and so does one that is listed and right. `UPDATE_CASES=1` takes those
//! out that became right, and writes the table of `docs/cases.md`; it adds nothing.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use tenantry_isolation::{VerifyOptions, hygiene, verify};
use tenantry_template::{Loader, ReadOptions, Source, Tenant};
use tenantry_verdict::{ClaimVerdict, Outcome, Verdict};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("cases")
}

/// Nested templates beside the one that names them.
struct Beside;

impl Loader for Beside {
    fn load(&self, from: &str, url: &str) -> Result<(String, Vec<u8>), String> {
        let file = Path::new(from).parent().unwrap().join(url);
        let bytes = std::fs::read(&file).map_err(|error| error.to_string())?;
        Ok((file.display().to_string(), bytes))
    }
}

/// A template and what its first lines say.
struct Case {
    /// `reports/05-jwt-of-other-pool`.
    name: String,
    path: PathBuf,
    text: String,
    expected: Vec<String>,
    why: String,
}

fn read(folder: &str, path: PathBuf) -> Case {
    let text = std::fs::read_to_string(&path).unwrap();
    let first = text.lines().next().unwrap_or_default();
    let first = first.strip_prefix("# expected:").unwrap_or_else(|| panic!("{}", path.display()));
    let (expected, why) = first.split_once(';').unwrap_or((first, ""));
    let expected: Vec<String> = expected.split(',').map(|word| word.trim().to_owned()).collect();
    let known = ["breached", "undecided", "proven", "nothing"];
    assert!(expected.iter().all(|word| known.contains(&word.as_str())), "{}", path.display());
    let name = format!("{folder}/{}", path.file_stem().unwrap().to_str().unwrap());
    Case { name, path, expected, why: why.trim().to_owned(), text }
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for folder in ["attacks", "platforms", "reports"] {
        for entry in std::fs::read_dir(root().join(folder)).unwrap() {
            cases.push(read(folder, entry.unwrap().path()));
        }
    }
    cases.sort_by(|one, other| one.name.cmp(&other.name));
    cases
}

impl Case {
    fn told(&self, key: &str) -> &str {
        let head = self.text.lines().take(3);
        head.filter_map(|line| line.strip_prefix(key)).next().unwrap_or_default().trim()
    }

    fn options(&self) -> ReadOptions {
        let mut options = ReadOptions::default();
        let mut words = self.told("# options:").split_whitespace();
        while let Some(word) = words.next() {
            let value = words.next().unwrap();
            assert_eq!(word, "--tenant", "{}: an option that this test does not know", self.name);
            let (name, values) = value.split_once(':').unwrap();
            let pair = |pair: &str| {
                let (key, value) = pair.split_once('=').unwrap();
                (key.to_owned(), value.to_owned())
            };
            let parameters = values.split(',').map(pair).collect();
            options.tenants.push(Tenant { name: name.to_owned(), parameters });
        }
        options
    }

    fn answer(&self) -> String {
        let name = self.path.display().to_string();
        let sources = [Source { name: &name, bytes: self.text.as_bytes() }];
        let mut asked = VerifyOptions::default();
        asked.rules = hygiene::Rules { tags: Vec::new(), required: Vec::new(), ..asked.rules };
        match verify(&sources, &self.options(), &Beside, &asked) {
            Err(_) => "refused".to_owned(),
            Ok(verdict) => self.word(&verdict),
        }
    }

    fn word(&self, verdict: &Verdict) -> String {
        let claims = verdict.claims.iter().filter(|answer| !answer.claim.is_convention());
        let claims: Vec<&ClaimVerdict> = claims.collect();
        let asked: Vec<_> = claims.iter().filter(|answer| answer.questions > 0).collect();
        let of = |outcome| claims.iter().filter(move |answer| answer.outcome() == outcome);
        let (word, status, told) = if of(Outcome::Breached).next().is_some() {
            ("breached", 1, of(Outcome::Breached).collect())
        } else if of(Outcome::Undecided).next().is_some() {
            ("undecided", 2, of(Outcome::Undecided).collect())
        } else if asked.is_empty() {
            ("nothing", 2, Vec::new())
        } else {
            ("proven", 0, Vec::new())
        };
        let names = self.told("# names:");
        let everywhere =
            asked.len() > 3 && asked.iter().all(|answer| answer.outcome() == Outcome::Undecided);
        if word == "undecided" && everywhere {
            "undecided everywhere".to_owned()
        } else if verdict.exit_status() != status {
            format!("{word} with exit status {}", verdict.exit_status())
        } else if !told.is_empty() && !serde_json::to_string(&told).unwrap().contains(names) {
            format!("{word} without a word of {names}")
        } else {
            word.to_owned()
        }
    }
}

/// How a wrong or right answer counts in the table.
fn kind(case: &Case, got: &str) -> &'static str {
    let wanted = |word: &str| case.expected.iter().any(|expected| expected == word);
    match got {
        got if wanted(got) => "right",
        "refused" => "refused",
        "breached" => "false alarm",
        "proven" | "nothing" if wanted("breached") || wanted("undecided") => "missed",
        _ => "undecided",
    }
}

#[test]
fn every_case_has_its_right_answer_but_those_that_are_known_to_be_wrong() {
    let cases = cases();
    assert!(cases.len() > 150, "only {} cases", cases.len());
    let answers: Vec<String> = cases.par_iter().map(Case::answer).collect();
    let list = root().join("wrong.txt");
    let known = std::fs::read_to_string(&list).unwrap_or_default();
    let known: BTreeSet<&str> =
        known.lines().filter_map(|line| Some(line.split_once(": ")?.0)).collect();
    let mut wrong = String::new();
    let mut table: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let mut found: BTreeMap<&str, String> = BTreeMap::new();
    for (case, got) in cases.iter().zip(&answers) {
        let (folder, _) = case.name.split_once('/').unwrap();
        let kind = kind(case, got);
        *table.entry((folder, kind)).or_default() += 1;
        if kind != "right" {
            let line = format!("{got}, not {}; {}", case.expected.join(" or "), case.why);
            if known.contains(case.name.as_str()) {
                let _ = writeln!(wrong, "{}: {line}", case.name);
            }
            found.insert(&case.name, line);
        }
    }
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/cases.md");
    let told = std::fs::read_to_string(&page).unwrap();
    let rows = rows(&table);
    let (head, _) = told.split_once("<!-- measured -->\n").unwrap();
    let measured = format!("{head}<!-- measured -->\n{rows}");
    if std::env::var_os("UPDATE_CASES").is_some() {
        std::fs::write(&list, &wrong).unwrap();
        std::fs::write(&page, &measured).unwrap();
    }
    let news: Vec<_> = found.iter().filter(|(name, _)| !known.contains(*name)).collect();
    assert!(news.is_empty(), "answered wrongly: {news:#?}");
    let right: Vec<_> = known.iter().filter(|name| !found.contains_key(*name)).collect();
    let updated = std::env::var_os("UPDATE_CASES").is_some();
    assert!(right.is_empty() || updated, "right now, take them out of the list: {right:#?}");
    assert!(told == measured || updated, "docs/cases.md differs: UPDATE_CASES=1 writes it");
}

/// The table of the page: a source a line.
fn rows(table: &BTreeMap<(&str, &str), usize>) -> String {
    let columns = ["right", "missed", "false alarm", "undecided", "refused"];
    let mut rows = String::new();
    let mut line = |name: &str, of: &dyn Fn(&str) -> usize| {
        let numbers: Vec<String> = columns.iter().map(|column| of(column).to_string()).collect();
        let all: usize = columns.iter().map(|column| of(column)).sum();
        let _ = writeln!(rows, "| {name} | {all} | {} |", numbers.join(" | "));
    };
    for folder in ["attacks", "platforms", "reports"] {
        line(folder, &|column| table.get(&(folder, column)).copied().unwrap_or_default());
    }
    line("all", &|column| {
        table.iter().filter(|((_, kind), _)| *kind == column).map(|(_, number)| number).sum()
    });
    rows
}
