//! What may name what inside the crate, and which check decides which claim.
#![allow(
    clippy::unwrap_used,
    clippy::string_slice,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test"
)]

#[path = "house/words.rs"]
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use tenantry_isolation::claims_of_checks;
use tenantry_verdict::claims;

use self::words::is_phrase;

/// Every source file below a folder of a crate, with its path in the crate's `src`.
fn sources(krate: &str) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(krate).join("src");
    let mut folders = vec![root.clone()];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let name = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
                found.push((name, std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

/// The modules that a text names by a path of this crate, by the first two words of the path.
/// `use` lines and paths inside expressions count alike; grouped imports are taken apart.
fn named(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in text.match_indices("crate::") {
        let rest = &text[at + "crate::".len()..];
        let end = rest.find([';', ')', '(', '\n']).unwrap_or(rest.len());
        let line = match rest.find('{') {
            Some(open) if open < end => &rest[..rest.find("};").map_or(rest.len(), |end| end)],
            _ => &rest[..end],
        };
        let (before, group) = line.split_once('{').unwrap_or((line, ""));
        let words: Vec<&str> = before.split("::").filter(|word| !word.trim().is_empty()).collect();
        let word = |nth: usize| words.get(nth).map_or("", |word| word.trim());
        match (words.len(), group) {
            (1, group) if !group.is_empty() => {
                let names = group.split(',').map(|name| name.split("::").next().unwrap().trim());
                found.extend(names.map(|name| format!("{}::{name}", word(0))));
            }
            _ => {
                found.insert(format!("{}::{}", word(0), word(1)));
            }
        }
    }
    found
}

#[test]
fn no_check_names_another_check() {
    for (file, text) in sources("isolation") {
        let Some(own) = file.strip_prefix("checks/") else { continue };
        let own = own.split(['/', '.']).next().unwrap();
        let others = named(&text).into_iter().filter(|name| {
            let other = name.strip_prefix("checks::");
            other.is_some_and(|other| other != own)
        });
        assert_eq!(others.collect::<Vec<_>>(), Vec::<String>::new(), "{file}");
        for (at, _) in text.match_indices("use super::") {
            let top = !file["checks/".len()..].contains('/');
            assert!(!top, "{file} names a sibling: {}", text[at..].lines().next().unwrap());
        }
    }
}

#[test]
fn facts_name_neither_checks_nor_how_breaches_are_told() {
    for (file, text) in sources("isolation") {
        if file != "facts.rs" && !file.starts_with("facts/") {
            continue;
        }
        let above = ["checks::", "check::", "explain::", "findings::", "barriers::", "verify::"];
        let wrong = named(&text).into_iter().filter(|n| above.iter().any(|a| n.starts_with(a)));
        assert_eq!(wrong.collect::<Vec<_>>(), Vec::<String>::new(), "{file}");
    }
}

#[test]
fn template_and_reachability_name_nothing_of_ours_but_lists() {
    for krate in ["template", "reachability"] {
        for (file, text) in sources(krate) {
            let text = text.replace("tenantry_arena", "");
            assert!(!text.contains("tenantry_"), "{krate}/{file}");
        }
    }
}

#[test]
fn names_of_modules_are_found_in_every_form_of_import() {
    let text = "use crate::checks::{network, route};\nuse crate::facts::Facts;\n\
                let a = crate::explain::way(x);\nuse crate::{checks, facts};\n";
    let found: Vec<String> = named(text).into_iter().collect();
    let wanted = ["::", "checks::network", "checks::route", "explain::way", "facts::Facts"];
    for name in &wanted[1..] {
        assert!(found.iter().any(|each| each == name), "{name} of {found:?}");
    }
}

#[test]
fn every_claim_has_a_check() {
    let decided: BTreeSet<_> =
        claims_of_checks().into_iter().flatten().map(|claim| claim.id).collect();
    let without: Vec<_> = claims::all().filter(|claim| !decided.contains(claim.id)).collect();
    assert_eq!(without, Vec::new());
}

/// The phrases of the sources below some paths, as `file:line: "phrase"`.
fn phrases(below: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for (file, text) in sources("isolation") {
        if below.iter().any(|path| file.starts_with(path)) {
            let phrases = words::literals(&text).into_iter().filter(|(_, each)| is_phrase(each));
            found.extend(phrases.map(|(line, each)| format!("{file}:{line}: {each}")));
        }
    }
    found
}

/// Tables of a check whose phrases are no finding's.
const SAYS_WHY: &[(&str, &str)] = &[
    ("checks/foreign_references/explained.rs", "why a reference is harmless, entry by entry"),
    ("checks/foreign_references/grantees.rs", "why a type is not looked at, entry by entry"),
    ("checks/shared_assets/explained.rs", "why an action opens nothing, entry by entry"),
];

#[test]
fn no_check_words_what_it_finds() {
    let mut found = phrases(&["checks", "findings"]);
    for (file, why) in SAYS_WHY {
        let before = found.len();
        found.retain(|each| !each.starts_with(file));
        assert!(found.len() < before, "{file} has no phrases: {why}");
    }
    assert_eq!(found, Vec::<String>::new());
    // Where sentences belong, the same search finds them.
    assert!(phrases(&["explain"]).len() > 200, "{}", phrases(&["explain"]).len());
}

#[test]
fn no_check_makes_what_people_read() {
    // Of a verdict, checks name the claims, and pass on the reasons that facts give.
    const ALLOWED: &[&str] = &["claims", "Reason"];
    let mut files = 0;
    for (file, text) in sources("isolation") {
        // The registry alone hands on what is told.
        if !file.starts_with("checks/") && !file.starts_with("findings") {
            continue;
        }
        files += 1;
        let explained = named(&text).into_iter().filter(|name| name.starts_with("explain"));
        assert_eq!(explained.collect::<Vec<_>>(), Vec::<String>::new(), "{file}");
        for (at, _) in text.match_indices("tenantry_verdict::") {
            let rest = &text[at + "tenantry_verdict::".len()..];
            let name = rest.split(|c: char| !c.is_alphanumeric()).next().unwrap();
            let line = rest.lines().next().unwrap();
            assert!(ALLOWED.contains(&name), "{file} names tenantry_verdict::{line}");
        }
        let made = text.replace("policy::Reason", "");
        assert!(!made.contains("Reason {"), "{file} makes a reason");
    }
    assert!(files > 40, "{files}");
}

#[test]
fn phrases_are_found_in_every_form_of_text() {
    let source = "#[allow(x, reason = \"a reason [of] an attribute\")]\n\
                  // a phrase in a comment \"as it were\"\n\
                  let a = '\"'; let b: &'a str = \"sqs:SendMessage\"; let c = '\\'';\n\
                  format!(\"`{who}` may then do {action}\"); r#\"raw text of words\"#;\n\
                  \"<another tenant's key>\"; \"it says \\\"no\\\" to all\";\n\
                  #[cfg(test)] mod tests { \"a phrase of a test\" }";
    let found: Vec<(usize, String)> =
        words::literals(source).into_iter().filter(|(_, each)| is_phrase(each)).collect();
    let wanted = [
        (4, "\"`{who}` may then do {action}\""),
        (4, "r#\"raw text of words\"#"),
        (5, "\"it says \\\"no\\\" to all\""),
    ];
    assert_eq!(found, wanted.map(|(line, text)| (line, text.to_owned())));
}

/// Public types of one name in two crates, and why each may stand.
const SAME_NAME: &[(&str, &str)] = &[
    ("Accept", "a table of the exceptions' file as it is written, and as a verdict applies it"),
    ("Action", "what a deployment is to do, and an action of IAM"),
    ("Assume", "a table of the exceptions' file as it is written, and as a verdict applies it"),
    ("Cell", "of the platform, and the same as one stack of the emulator"),
    ("Change", "of one resource in a plan, and of a stack by a deployment"),
    ("Choice", "a condition's two values, and the one route table or ACL of a subnet"),
    ("Code", "which archives of code there are, and where a platform's are kept"),
    ("Context", "of a request to AWS, and of a run of the Pulumi engine"),
    ("DeployError", "each engine fails in its own ways"),
    ("Deployed", "a tenant as the lock is recovered from, and what came of a stack"),
    ("Difference", "between the template and the emulator, and between a resource's two states"),
    ("Direction", "of a network ACL's entry as it is written, and as it is followed"),
    ("Entry", "of a network ACL, and of a journal"),
    ("Fault", "what can be wrong with a platform file, a template, a policy, a resource's inputs"),
    ("Group", "statements that name the same, and a security group"),
    ("Kind", "of a policy, and of a resource of the Pulumi engine"),
    ("Lock", "`platform.lock`, and what keeps two commands apart"),
    ("Node", "of a policy's document, and of the graph of resources"),
    ("Outcome", "of one request, and of a claim"),
    ("Output", "of a graph, and a value of the Pulumi engine's that may not be known yet"),
    ("Package", "an archive of code, and the reference to it"),
    ("Part", "of a text: policies and graphs know no template, so each has texts of its own"),
    ("Piece", "of a pattern, and of a text with styles"),
    ("Place", "of a tenant in its cell, and in a file"),
    ("Plan", "what a deployment would change, and what a stack consists of for the Pulumi engine"),
    ("Plane", "a group of claims, and a group of attacks: the emulator knows no verifier"),
    ("Policy", "as it is written in a graph, and as it is read"),
    ("Progress", "of a deployment to the emulator, and by the Pulumi engine"),
    (
        "Reason",
        "what an evaluation does not know, the same told to people, and why a setting does not hold",
    ),
    ("Resource", "of a template, and of the Pulumi engine: each its own form of the graph's"),
    ("Role", "what a piece of text is: a plan and a verdict know nothing of each other"),
    ("Source", "where a statement comes from, and a file's name and bytes"),
    ("Span", "a number of the caller's in a policy, and a range of a file's bytes"),
    ("Step", "of a counterexample, and of `up` and `down`"),
    ("Symbol", "of a text: policies know no template, so both have texts of their own"),
    ("Target", "what a request acts on, where a route leads, and what is attacked"),
    (
        "Tenant",
        "of a platform file, of the emulator, and of the command line for a template without tenants",
    ),
    ("Test", "of a statement's condition, and of a template's"),
    ("Text", "policies and graphs know no template, so each has texts of its own"),
    ("TooLarge", "a template for CloudFormation, and a pattern for its automaton"),
    ("Value", "of a context key, of a template's property, and of the Pulumi engine"),
    ("Verdict", "of the verifier, and on one attack: the emulator knows no verifier"),
];

#[test]
fn no_name_means_two_types_but_for_a_reason() {
    let mut crates: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for krate in std::fs::read_dir(folder).unwrap() {
        let krate = krate.unwrap().file_name().into_string().unwrap();
        for (_, text) in sources(&krate) {
            for line in text.lines() {
                let kinds = ["pub struct ", "pub enum ", "pub trait ", "pub type "];
                let Some(rest) = kinds.iter().find_map(|kind| line.strip_prefix(kind)) else {
                    continue;
                };
                let name = rest.split(|c: char| !c.is_alphanumeric()).next().unwrap();
                crates.entry(name.to_owned()).or_default().insert(krate.clone());
            }
        }
    }
    let several = crates.iter().filter(|(_, crates)| crates.len() > 1);
    let found: Vec<&str> = several.map(|(name, _)| name.as_str()).collect();
    let known: Vec<&str> = SAME_NAME.iter().map(|(name, _)| *name).collect();
    assert_eq!(found, known);
}
