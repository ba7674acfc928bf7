//! Each entry of the lists that say what is understood is taken out in turn. The answer to some template
//! must then change, else nothing shows what the entry is for; and nothing that was breached may be
//! called proven, else a list that lacks something hides a way in.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs, reason = "a test")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::json;
use tenantry_isolation::registry;
use tenantry_policy::Reference;
use tenantry_template::{Model, NoLoader, ReadOptions, Source, read};
use tenantry_verdict::{Outcome, Verdict};

use support::render;

struct Template {
    name: String,
    text: String,
}

/// The corpus and the cases, as far as they are read without an option.
fn written() -> Vec<Template> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = ["corpus", "cases/attacks", "cases/platforms", "cases/reports"];
    let files = folders.iter().flat_map(|folder| std::fs::read_dir(root.join(folder)).unwrap());
    let mut found = Vec::new();
    for path in files.map(|entry| entry.unwrap().path()).filter(|path| path.is_file()) {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        if !text.contains("# options:") {
            found.push(Template { name, text });
        }
    }
    found.sort_by(|one, other| one.name.cmp(&other.name));
    found
}

/// Of each action that an entry explains, or of a reading one of a service: a tenant that may do it to
/// something that tenants share.
fn made_for(line: &str) -> Vec<Template> {
    let actions: Vec<(String, String)> = match line.split_once(": ") {
        Some((patterns, _)) => patterns.split(", ").filter_map(first_action).collect(),
        None => reading_action(line).into_iter().collect(),
    };
    let templates = actions.into_iter().filter_map(|(service, action)| {
        let kind = registry::type_of_service(&service)?;
        let statement = json!({ "Effect": "Allow", "Action": action, "Resource": "*" });
        let role = |tenant: &str, statement: Option<&serde_json::Value>| {
            let trust = json!({ "Version": "2012-10-17", "Statement": [{
                "Effect": "Allow", "Principal": { "Service": "lambda.amazonaws.com" },
                "Action": "sts:AssumeRole",
            }]});
            let document = |one| json!({ "Version": "2012-10-17", "Statement": [one] });
            let policies: Vec<_> = statement.map(document).into_iter().collect();
            let policies: Vec<_> = policies
                .into_iter()
                .map(|document| json!({ "PolicyName": "own", "PolicyDocument": document }))
                .collect();
            json!({ "Type": "AWS::IAM::Role", "Properties": {
                "AssumeRolePolicyDocument": trust, "Policies": policies,
                "Tags": [{ "Key": "tenant_id", "Value": tenant }],
            }})
        };
        let text = json!({ "Resources": {
            "Acme": role("acme", Some(&statement)), "Beta": role("beta", None),
            "Thing": { "Type": kind, "Properties": {} },
        }});
        Some(Template { name: action, text: text.to_string() })
    });
    templates.collect()
}

fn first_action(pattern: &str) -> Option<(String, String)> {
    let (service, name) = pattern.split_once(':')?;
    let start = name.trim_end_matches('*');
    let known = Reference::get().service(service)?.actions.keys();
    let mut fitting = known.filter(|each| {
        let lower = each.to_ascii_lowercase();
        lower == name || name.ends_with('*') && lower.starts_with(start)
    });
    Some((service.to_owned(), format!("{service}:{}", fitting.next()?)))
}

fn reading_action(service: &str) -> Option<(String, String)> {
    let looks = ["Describe", "List", "BatchDescribe", "Head", "Validate", "Estimate"];
    let mut reads = Reference::get().service(service)?.actions.iter().filter(|(name, action)| {
        action.access == "Read" && !looks.iter().any(|start| name.starts_with(start))
    });
    Some((service.to_owned(), format!("{service}:{}", reads.next()?.0)))
}

/// The same of reading actions, one by one, until one shows the entry.
fn model(template: &Template) -> Option<Model<'_>> {
    let sources = [Source { name: &template.name, bytes: template.text.as_bytes() }];
    read(&sources, &ReadOptions::default(), &NoLoader).ok()
}

fn verdict(model: &Model<'_>) -> Verdict {
    tenantry_isolation::verify_model(model, &tenantry_isolation::VerifyOptions::default())
}

#[test]
fn an_entry_that_is_taken_out_changes_an_answer_and_hides_no_way_in() {
    let entries: BTreeMap<usize, String> = registry::entries().into_iter().collect();
    let mut templates = written();
    templates.extend(entries.values().flat_map(|line| made_for(line)));
    let mut shown: BTreeSet<usize> = BTreeSet::new();
    let mut hidden: Vec<String> = Vec::new();
    // `cargo test` asks of each entry the first templates that show it; `REGISTRY=all` asks all.
    let all = std::env::var("REGISTRY").is_ok_and(|value| value == "all");
    let mut asked: BTreeMap<usize, usize> = BTreeMap::new();
    for template in &templates {
        let Some(model) = model(template) else { continue };
        let (known, used) = registry::used(|| verdict(&model));
        let text = render(&known);
        for number in used {
            let times = asked.entry(number).or_default();
            let enough = *times > 20 && shown.contains(&number);
            if !entries.contains_key(&number) || enough && !all {
                continue;
            }
            *times += 1;
            let without = registry::without(number, || verdict(&model));
            if render(&without) != text {
                shown.insert(number);
            }
            let proven = matches!(without.outcome(), Outcome::Proven | Outcome::Nothing);
            if known.outcome() == Outcome::Breached && proven {
                hidden.push(format!("{}: {}", template.name, entries[&number]));
            }
        }
    }
    let unshown = entries.iter().filter(|(number, _)| !shown.contains(number));
    let unshown: Vec<&str> = unshown.map(|(_, line)| line.as_str()).collect();
    assert_eq!(hidden, Vec::<String>::new());
    insta::assert_snapshot!("entries_that_nothing_shows", unshown.join("\n"));
}
