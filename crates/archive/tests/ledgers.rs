//! A ledger tells of every change of what it has.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::*;
use serde_json::json;
use tenantry_archive::Ledger;

fn of_three(path: &std::path::Path) -> Vec<String> {
    let mut ledger = Ledger::open(path).unwrap();
    for at in 0..3 {
        ledger
            .append("erased", &format!("tenant-{at}"), json!({ "users": at, "z": 1, "a": 2 }))
            .unwrap();
    }
    std::fs::read_to_string(path).unwrap().lines().map(ToOwned::to_owned).collect()
}

#[test]
fn where_a_chain_breaks_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("platform.ledger");
    let lines = of_three(&path);
    let told = |lines: &[&str]| {
        std::fs::write(&path, lines.iter().map(|line| format!("{line}\n")).collect::<String>())
            .unwrap();
        Ledger::open(&path)
            .map(drop)
            .unwrap_err()
            .to_string()
            .replace(&path.display().to_string(), "LEDGER")
    };
    let kind = |text: String| text.split_whitespace().take(4).collect::<Vec<_>>().join(" ");
    let changed = lines[1].replace("tenant-1", "tenant-9");
    assert_eq!(kind(told(&[&lines[0], &changed, &lines[2]])), "LEDGER: line 2 was");
    assert_eq!(kind(told(&[&lines[0], &lines[2]])), "LEDGER: line 2 follows");
    assert_eq!(kind(told(&[&lines[1], &lines[0], &lines[2]])), "LEDGER: line 1 follows");
    assert_eq!(kind(told(&[&lines[0], &lines[0]])), "LEDGER: line 2 follows");
    assert_eq!(kind(told(&[""])), "LEDGER: line 1 has");
}

#[test]
fn what_was_cut_off_at_the_end_is_seen_by_the_last_hash() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("platform.ledger");
    let lines = of_three(&path);
    let head = Ledger::open(&path).unwrap().head().to_owned();
    std::fs::write(&path, format!("{}\n", lines[0])).unwrap();
    let ledger = Ledger::open(&path).unwrap();
    assert_eq!(ledger.entries().len(), 1);
    assert!(!ledger.has(&head));
}

proptest! {
    #[test]
    fn an_entry_that_a_kill_cut_short_gives_way_to_the_next(cut in any::<prop::sample::Index>()) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("platform.ledger");
        let lines = of_three(&path);
        let whole = lines[..2].iter().map(|line| format!("{line}\n")).collect::<String>();
        let torn = &lines[2].as_bytes()[..1 + cut.index(lines[2].len())];
        std::fs::write(&path, [whole.as_bytes(), torn].concat()).unwrap();
        let mut ledger = Ledger::open(&path).unwrap();
        prop_assert!(ledger.is_torn());
        prop_assert_eq!(ledger.entries().len(), 2);
        ledger.append("erased", "tenant-x", json!({})).unwrap();
        let ledger = Ledger::open(&path).unwrap();
        prop_assert!(!ledger.is_torn());
        prop_assert_eq!(ledger.entries().len(), 3);
    }
}
