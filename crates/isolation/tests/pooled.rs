//! Platforms on which tenants exist in tokens alone.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod support;

use tenantry_isolation::{VerifyOptions, hygiene, verify};
use tenantry_template::{NoLoader, OwnerRule, ReadOptions, Source, Tenant};
use tenantry_verdict::{Outcome, Verdict};

use support::render;

/// The options in a template's first line: `# options: --tenant acme --claim custom:org_id`.
fn options(text: &str) -> ReadOptions {
    let mut options = ReadOptions::default();
    let first = text.lines().next().unwrap_or_default();
    let mut words = first.strip_prefix("# options:").unwrap_or_default().split_whitespace();
    while let Some(word) = words.next() {
        let value = words.next().unwrap().to_owned();
        match word {
            "--tenant" => match value.split_once(':') {
                None => options.pooled.tenants.push(value),
                Some((name, values)) => {
                    let (key, value) = values.split_once('=').unwrap();
                    let parameters = [(key.to_owned(), value.to_owned())].into();
                    options.tenants.push(Tenant { name: name.to_owned(), parameters });
                }
            },
            "--claim" => options.pooled.claim = Some(value),
            "--owner" => {
                let (pattern, tenant) = value.rsplit_once('=').unwrap();
                let rule = OwnerRule { pattern: pattern.to_owned(), tenant: tenant.to_owned() };
                options.owners.push(rule);
            }
            other => panic!("an option that this test does not know: {other}"),
        }
    }
    options
}

fn asked(name: &str, text: &str) -> Verdict {
    let sources = [Source { name, bytes: text.as_bytes() }];
    let mut asked = VerifyOptions::default();
    asked.rules = hygiene::Rules { tags: Vec::new(), required: Vec::new(), ..asked.rules };
    let mut verdict = verify(&sources, &options(text), &NoLoader, &asked).unwrap();
    verdict
        .claims
        .retain(|answer| !answer.claim.is_convention() && answer.outcome() != Outcome::Nothing);
    verdict
}

#[test]
fn users_who_share_a_platform_are_kept_apart_or_not_as_the_name_says() {
    insta::glob!("../corpus", "{pooled,owners}/*.yaml", |path| {
        let name = path.file_name().unwrap().to_str().unwrap();
        let text = std::fs::read_to_string(path).unwrap();
        let verdict = asked(name, &text);
        let stem = path.file_stem().unwrap().to_str().unwrap();
        let expected = match stem {
            stem if stem.ends_with("-holds") => Outcome::Proven,
            stem if stem.ends_with("-undecided") => Outcome::Undecided,
            _ => Outcome::Breached,
        };
        assert_eq!(verdict.outcome(), expected, "{name}: {}", render(&verdict));
        insta::assert_snapshot!(render(&verdict));
    });
}
