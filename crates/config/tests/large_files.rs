//! Files that are too large to keep in the corpus.
#![allow(clippy::unwrap_used)]

use miette::{GraphicalReportHandler, GraphicalTheme};
use tenantry_config::{Faults, Loaded, Source, default_platform_toml, load};
use tenantry_testing::{ids, platform_toml};

fn load_text(text: &[u8]) -> Result<Loaded, Faults> {
    load(Source { name: "platform.toml", text }, None)
}

fn render(faults: &Faults) -> String {
    let mut report = String::new();
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::none()).with_width(100);
    handler.render_report(&mut report, faults).unwrap();
    report
}

#[test]
fn fifty_megabytes_are_refused_unread() {
    let faults = load_text(&vec![b'#'; 50_000_000]).unwrap_err();
    insta::assert_snapshot!(render(&faults));
}

#[test]
fn ten_thousand_tenants_fill_five_hundred_cells() {
    let text = platform_toml("", (1..=10_000).map(|number| format!("tenant-{number:05}")));
    let loaded = load_text(text.as_bytes()).unwrap();
    assert_eq!(loaded.platform.cells.len(), 500);
    assert!(loaded.platform.cells.iter().all(|cell| cell.tenants.len() == 20));
}

#[test]
fn of_a_thousand_faults_twenty_are_shown() {
    let text = platform_toml("", 0..1000);
    let faults = load_text(text.as_bytes()).unwrap_err();
    assert_eq!(faults.iter().count(), 1000);
    assert_eq!(faults.to_string(), "platform.toml has 1000 faults; these are the first 20");
    assert_eq!(render(&faults).matches("is no tenant id").count(), Faults::SHOWN);
}

#[test]
fn a_line_of_a_megabyte_is_not_repeated_in_the_report() {
    let line = format!("[[tenants]]\nid = \"tenant-{}\"\n", "a".repeat(1_000_000));
    let faults = load_text(line.as_bytes()).unwrap_err();
    insta::assert_snapshot!(render(&faults));
}

#[test]
fn the_file_of_init_is_a_platform_of_five_tenants_in_one_cell() {
    let loaded = load_text(default_platform_toml().as_bytes()).unwrap();
    insta::assert_snapshot!(loaded.lock.to_string());
    assert_eq!(loaded.platform.cells.len(), 1);
    assert_eq!(loaded.platform.tenants().count(), 5);
}

#[test]
fn the_file_of_init_writes_out_the_defaults() {
    let loaded = load_text(default_platform_toml().as_bytes()).unwrap();
    let short = load_text(platform_toml("", ids([1])).as_bytes()).unwrap();
    let mut platform = short.platform.clone();
    platform.cells.clone_from(&loaded.platform.cells);
    assert_eq!(platform, loaded.platform);
    let tier = |loaded: &Loaded| loaded.platform.tenant("tenant-001").unwrap().1.tier.clone();
    assert_eq!(tier(&short), tier(&loaded));
}

#[test]
fn a_line_of_many_faults_is_read_in_one_pass() {
    let tenants = "{ id = \"A\" }, ".repeat(100_000);
    let faults = load_text(format!("tenants = [{tenants}]").as_bytes()).unwrap_err();
    assert!(faults.iter().count() > Faults::SHOWN);
    let garbage = load_text("= ".repeat(500_000).as_bytes()).unwrap_err();
    assert!(garbage.iter().all(|fault| fault.code() == "syntax"));
}

#[test]
fn deep_nesting_is_refused() {
    let faults = load_text(format!("tenants = {}", "[".repeat(100_000)).as_bytes()).unwrap_err();
    assert!(faults.iter().all(|fault| fault.code() == "syntax"));
}
