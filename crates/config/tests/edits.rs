//! What stands in `platform.toml` beside the tenant that is changed stays as it is written.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::*;
use tenantry_config::{EditError, Edited, Entry, Source, default_platform_toml, entries, load};

const TABLES: &str = r#"# Ours.
[platform]
name = "acme"   # the company

# The tenants.

# The first of all.
[[tenants]]
id = "tenant-a"  # never changes
name = "Anna"    # since 2024

# Two remarks
# on the second.
[[tenants]]
id = "tenant-b"

[[tenants]]
id = "tenant-c"
tier = "gold"

# What more is to come.
[tiers.gold]
requests_per_second = 90
"#;

fn entry(id: &str, name: Option<&str>, tier: Option<&str>) -> Entry {
    Entry { id: id.into(), name: name.map(Into::into), tier: tier.map(Into::into) }
}

fn edited(text: &str, edit: impl FnOnce(&mut Edited)) -> String {
    let mut edited = Edited::new(text.as_bytes()).unwrap();
    edit(&mut edited);
    edited.to_string()
}

#[test]
fn a_tenant_is_added_behind_the_last_one() {
    let name = "Äöü \"quoted\" \\ \u{202e}";
    let text =
        edited(TABLES, |file| file.add(&entry("tenant-d", Some(name), Some("gold"))).unwrap());
    insta::assert_snapshot!(text);
}

#[test]
fn a_name_and_a_tier_are_changed_where_they_stand() {
    let text = edited(TABLES, |file| {
        file.rename("tenant-a", "Bert").unwrap();
        file.rename("tenant-b", "Berta").unwrap();
        file.set_tier("tenant-b", "gold").unwrap();
        file.set_tier("tenant-c", "standard").unwrap();
        file.set_suspended("tenant-a", true).unwrap();
    });
    insta::assert_snapshot!(text);
    let back = edited(&text, |file| file.set_suspended("tenant-a", false).unwrap());
    assert_eq!(text.replace("suspended = true\n", ""), back);
}

#[test]
fn a_tenant_goes_with_the_comment_above_it_and_nothing_else() {
    let removed = ["tenant-a", "tenant-b", "tenant-c"]
        .map(|id| edited(TABLES, |file| file.remove(id).unwrap()));
    insta::assert_snapshot!(removed.join("\n=====\n"));
}

#[test]
fn the_last_thing_of_a_file_goes_without_leaving_blank_lines() {
    let text = "[[tenants]]\nid = \"tenant-a\"\n\n[[tenants]]\nid = \"tenant-b\"";
    let without = edited(text, |file| file.remove("tenant-b").unwrap());
    assert_eq!(without, "[[tenants]]\nid = \"tenant-a\"\n");
}

#[test]
fn tenants_in_one_list_and_lines_as_windows_has_them_are_edited_too() {
    let text = "tenants = [\r\n    { id = \"tenant-a\" },\r\n    { id = \"tenant-b\", name = \"B\" },\r\n]\r\n";
    let text = edited(text, |file| {
        file.add(&entry("tenant-c", None, None)).unwrap();
        file.remove("tenant-a").unwrap();
        file.rename("tenant-b", "Berta").unwrap();
    });
    insta::assert_snapshot!(text.replace('\r', "␍"));
    let text = edited("tenants = [{ id = \"tenant-a\" }]\n", |file| {
        file.add(&entry("tenant-c", None, None)).unwrap();
    });
    assert_eq!(text, "tenants = [{ id = \"tenant-a\" }, { id = \"tenant-c\" }]\n");
}

#[test]
fn a_tenant_that_is_not_there_is_told() {
    let mut file = Edited::new(TABLES.as_bytes()).unwrap();
    let error = EditError::NoSuchTenant { id: "tenant-x".into() };
    assert_eq!(file.remove("tenant-x"), Err(error.clone()));
    assert_eq!(file.rename("tenant-x", "X"), Err(error));
    assert_eq!(file.to_string(), TABLES);
}

#[test]
fn what_is_wrong_with_a_file_of_new_tenants_is_told_with_its_place() {
    let text = "[[tenants]]\nid = \"Tenant-X\"\n[[tenants]]\nid = \"tenant-y\"\ntier = \"golden\"\n[[tenants]]\nid = \"tenant-y\"\n";
    let source = Source { name: "new.toml", text: text.as_bytes() };
    let platform = Source { name: "platform.toml", text: TABLES.as_bytes() };
    let faults = entries(source, platform).unwrap_err();
    let faults: Vec<_> = faults
        .iter()
        .map(|fault| {
            format!(
                "{}: {}: {fault} ({})",
                fault.file(),
                fault.code(),
                fault.help_text().unwrap_or_default()
            )
        })
        .collect();
    insta::assert_snapshot!(faults.join("\n"));
}

proptest! {
    #[test]
    fn what_was_added_is_read_and_goes_again_without_a_trace(
        names in proptest::collection::vec("[^\\p{C}\\p{Zl}\\p{Zp}]{1,20}", 1..5),
        order in any::<prop::sample::Index>(),
    ) {
        let before = default_platform_toml();
        let new: Vec<_> = names.iter().enumerate().map(|(at, name)| Entry {
            id: format!("tenant-new-{at}"), name: Some(name.clone()), tier: None,
        }).collect();
        let mut file = Edited::new(before.as_bytes()).unwrap();
        for entry in &new {
            file.add(entry).unwrap();
        }
        let text = file.to_string();
        prop_assert!(text.starts_with(before));
        for entry in &new {
            let read = file.entry(&entry.id).unwrap();
            prop_assert_eq!(read.as_ref(), Some(entry));
        }
        if names.iter().all(|name| !name.trim().is_empty()) {
            let loaded = load(Source { name: "platform.toml", text: text.as_bytes() }, None);
            prop_assert_eq!(loaded.unwrap().platform.tenants().count(), 5 + new.len());
        }
        let first = order.index(new.len());
        for entry in new.iter().skip(first).chain(new.iter().take(first)) {
            file.remove(&entry.id).unwrap();
        }
        prop_assert_eq!(file.to_string(), before);
    }
}
