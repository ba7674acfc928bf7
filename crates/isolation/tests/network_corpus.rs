//! Every network template of the corpus, with its whole verdict.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test")]

use std::path::Path;

use tenantry_isolation::claims::Plane;
use tenantry_isolation::verdict::{Outcome, Verdict};
use tenantry_isolation::{NoLoader, Options, Source, Tenant, network, read, render};

/// `# tenants: a:Name=value b:Name=value` in the first line: the stack is deployed once a tenant.
fn options(text: &str) -> Options {
    let first = text.lines().next().unwrap_or_default();
    let list = first.strip_prefix("# tenants: ").unwrap_or_default();
    let tenant = |item: &str| {
        let (name, rest) = item.split_once(':').unwrap();
        let pair = |pair: &str| {
            let (key, value) = pair.split_once('=').unwrap();
            (key.to_owned(), value.to_owned())
        };
        Tenant { name: name.into(), parameters: rest.split(',').map(pair).collect() }
    };
    Options { tenants: list.split_whitespace().map(tenant).collect(), ..Options::default() }
}

fn verdict(path: &Path) -> Verdict {
    let text = std::fs::read_to_string(path).unwrap();
    let name = path.file_name().unwrap().to_str().unwrap();
    let sources = [Source { name, bytes: text.as_bytes() }];
    let model =
        read(&sources, &options(&text), &NoLoader).map_err(|error| error.to_string()).unwrap();
    assert!(model.gaps.is_empty(), "{:?}", model.gaps);
    let answer = network::verdict(&model, true);
    let tenants = model.tenants.iter().map(|tenant| model.symbols.readable(tenant)).collect();
    let mut verdict = Verdict::assemble(tenants, &[Plane::Network], [answer.claim]);
    verdict.barriers = answer.barriers;
    verdict
}

#[test]
fn each_template_has_the_verdict_that_its_name_promises() {
    insta::glob!("../corpus", "network-*", |path| {
        let verdict = verdict(path);
        let name = path.file_stem().unwrap().to_str().unwrap();
        assert_eq!(verdict.outcome() == Outcome::Proven, name.ends_with("-holds"), "{name}");
        insta::assert_snapshot!(render::human(&verdict));
    });
}
