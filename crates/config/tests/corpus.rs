//! Every file of the corpus, and all that tenantry says about it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme};
use tenantry_config::{Faults, Loaded, Source, load};

fn load_pair(platform: &Path) -> Result<Loaded, Faults> {
    let text = fs::read(platform).unwrap();
    let lock = fs::read(platform.with_extension("lock")).ok();
    load(
        Source { name: "platform.toml", text: &text },
        lock.as_ref().map(|text| Source { name: "platform.lock", text }),
    )
}

fn render(diagnostic: &dyn Diagnostic) -> String {
    let mut report = String::new();
    GraphicalReportHandler::new_themed(GraphicalTheme::none())
        .with_width(100)
        .render_report(&mut report, diagnostic)
        .unwrap();
    report.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_invalid_file_is_refused_with_a_report() {
    insta::glob!("../corpus/invalid", "*.toml", |path| {
        let Err(faults) = load_pair(path) else { panic!("{} was accepted", path.display()) };
        let one_fault = path.file_stem().unwrap() != "several-faults";
        let count = faults.iter().count();
        assert_eq!(count == 1, one_fault, "{}:\n{}", path.display(), render(&faults));
        for fault in faults.iter() {
            assert!(fault.help_text().is_some(), "{} has no help", fault.code());
        }
        insta::with_settings!({ omit_expression => true }, {
            insta::assert_snapshot!(render(&faults));
        });
    });
}

#[test]
fn every_valid_file_is_a_platform_and_a_lock() {
    insta::glob!("../corpus/valid", "*.toml", |path| {
        let loaded = load_pair(path).unwrap_or_else(|faults| {
            panic!("{} was refused:\n{}", path.display(), render(&faults))
        });
        insta::with_settings!({ omit_expression => true }, {
            insta::assert_snapshot!(describe(&loaded));
        });
    });
}

#[test]
fn every_lock_of_the_corpus_belongs_to_a_platform_file() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for folder in ["valid", "invalid"] {
        for entry in fs::read_dir(corpus.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            assert!(path.with_extension("toml").exists(), "{} is never read", path.display());
        }
    }
}

fn describe(loaded: &Loaded) -> String {
    let mut text = String::new();
    for change in &loaded.lock_changes {
        writeln!(text, "{change}").unwrap();
    }
    writeln!(text, "---\n{}---\n{:#?}", loaded.lock, loaded.platform).unwrap();
    text
}
