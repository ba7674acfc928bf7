//! Exports are whole or not there, go on where they were interrupted, and tell of any change.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use proptest::prelude::*;
use serde_json::{Value, json};
use tenantry_archive::{Checked, Export, Whose};

fn whose(tenant: &str) -> Whose {
    Whose {
        platform: "acme".into(),
        tenant: tenant.into(),
        name: "Globex".into(),
        tier: "standard".into(),
        place: "cell 1, slot 2".into(),
    }
}

fn record(at: usize) -> Value {
    json!({ "pk": { "S": format!("k{at}") }, "n": { "N": at.to_string() } })
}

/// Writes pages of 3 until `pages` are written, from wherever it was.
fn write(folder: &Path, records: usize, pages: usize) -> bool {
    let mut export = Export::begin(folder, whose("tenant-globex")).unwrap();
    let Some(mut file) = export.store("Table", "AWS::DynamoDB::Table", "t").unwrap() else {
        return true;
    };
    for _ in 0..pages {
        let from = file.next().map_or(0, |next| next.as_u64().unwrap() as usize);
        let to = (from + 3).min(records);
        let page: Vec<_> = (from..to).map(record).collect();
        let next = (to < records).then(|| json!(to));
        let last = next.is_none();
        file.page(&page, next).unwrap();
        if last {
            return true;
        }
    }
    false
}

fn whole(folder: &Path) -> Checked {
    write(folder, 7, 100);
    let export = Export::begin(folder, whose("tenant-globex")).unwrap();
    export.finish(vec!["logs".into()]).unwrap()
}

fn told(folder: &Path) -> String {
    let error = Checked::open(folder).unwrap_err();
    format!("{error}\n  {}", error.hint()).replace(&folder.display().to_string(), "DIR")
}

#[test]
fn a_folder_and_its_files_are_for_their_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("a/b");
    whole(&out);
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&out), 0o700);
    for entry in out.read_dir().unwrap() {
        assert_eq!(mode(&entry.unwrap().path()), 0o600);
    }
}

#[test]
fn what_is_no_whole_export_or_was_changed_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    write(&out, 7, 1);
    let mut all = vec![told(&out)];
    whole(&out);
    let (file, manifest) = (out.join("Table.ndjson"), out.join("manifest.json"));
    let good = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, good.replace("k3", "k4")).unwrap();
    all.push(told(&out));
    std::fs::write(&file, good.lines().take(6).map(|line| format!("{line}\n")).collect::<String>())
        .unwrap();
    all.push(told(&out));
    std::fs::write(&file, &good).unwrap();
    let said = std::fs::read_to_string(&manifest).unwrap();
    std::fs::write(&manifest, said.replace("\"Table\"", "\"../Table\"")).unwrap();
    all.push(told(&out));
    std::fs::write(&manifest, said.replace("\"version\": 1", "\"version\": 2")).unwrap();
    all.push(told(&out));
    std::fs::write(&manifest, "{").unwrap();
    all.push(told(&out));
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn a_folder_that_has_something_else_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("mine"), "").unwrap();
    let of = |tenant: &str| Export::begin(folder.path(), whose(tenant)).map(drop);
    let error = of("tenant-globex").unwrap_err();
    assert!(error.to_string().ends_with("it is not empty"), "{error}");
    std::fs::remove_file(folder.path().join("mine")).unwrap();
    of("tenant-globex").unwrap();
    let error = of("tenant-other").unwrap_err();
    assert!(error.to_string().ends_with("an export of tenant-globex was begun there"), "{error}");
    whole(folder.path());
    let error = of("tenant-globex").unwrap_err();
    assert!(error.to_string().ends_with("an export is there already"), "{error}");
}

#[test]
fn an_export_that_is_interrupted_at_its_first_or_last_step_is_ended_by_the_same_command() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    std::fs::create_dir(&out).unwrap();
    std::fs::write(out.join("progress.partial"), "{").unwrap();
    write(&out, 7, 100);
    let progress = std::fs::read(out.join("progress.json")).unwrap();
    let first = whole(&out);
    std::fs::write(out.join("progress.json"), progress).unwrap();
    let again = whole(&out);
    assert_eq!(again.manifest.stores, first.manifest.stores);
    assert!(!out.join("progress.json").exists());
}

proptest! {
    #[test]
    fn an_export_that_is_interrupted_anywhere_ends_as_one_that_was_not(
        records in 0_usize..30, stops in proptest::collection::vec(0_usize..4, 0..6), torn in any::<bool>(),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        for stop in stops {
            write(&out, records, stop);
            let file = out.join("Table.ndjson");
            if torn && let Ok(text) = std::fs::read(&file) && !out.join("manifest.json").exists() {
                // A kill in the middle of a page.
                std::fs::write(&file, [text.as_slice(), b"{\"pk\":{\"S\":"].concat()).unwrap();
            }
        }
        while !write(&out, records, 2) {}
        let mut export = Export::begin(&out, whose("tenant-globex")).unwrap();
        prop_assert!(export.store("Table", "AWS::DynamoDB::Table", "t").unwrap().is_none());
        let checked = export.finish(Vec::new()).unwrap();
        let store = &checked.manifest.stores[0];
        let read: Vec<_> = checked.records(store).unwrap().collect::<Result<_, _>>().unwrap();
        prop_assert_eq!(read, (0..records).map(record).collect::<Vec<_>>());
    }
}
