//! Two branches change the same lock apart: whatever both did, no place is two tenants', and none is forgotten.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use proptest::prelude::*;
use tenantry_config::{Conflict, Lock, Place, Source, TenantId, load, lock, merge};

fn parsed(entries: &str, retired: &str) -> Lock {
    let text = format!(
        "version = 1\nvpc_cidr = \"10.0.0.0/16\"\navailability_zones = [\"us-east-1a\", \"us-east-1b\"]\n\
         tenants = [{entries}]\nretired = [{retired}]\n"
    );
    lock(Source { name: "platform.lock", text: text.as_bytes() }).unwrap()
}

fn entry(id: &str, slot: u16) -> String {
    format!("{{ id = \"tenant-{id}\", cell = 1, slot = {slot} }},")
}

fn told(base: Option<&Lock>, ours: &Lock, theirs: &Lock) -> String {
    match merge(base, ours, theirs) {
        Ok(lock) => lock.to_string(),
        Err(conflicts) => conflicts.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
    }
}

#[test]
fn what_one_side_changed_is_taken_over() {
    let base = parsed(&(entry("a", 1) + &entry("b", 2)), "");
    let ours = parsed(&(entry("a", 1) + &entry("b", 2) + &entry("c", 3)), "");
    let theirs = parsed(&entry("a", 1), &entry("b", 2));
    insta::assert_snapshot!(told(Some(&base), &ours, &theirs), @r#"
    # Written by tenantry; commit it.
    # It keeps every tenant's addresses where they are: do not edit it.
    version = 1
    vpc_cidr = "10.0.0.0/16"
    availability_zones = ["us-east-1a", "us-east-1b"]
    tenants = [
      { id = "tenant-a", cell = 1, slot = 1 },
      { id = "tenant-c", cell = 1, slot = 3 },
    ]
    retired = [
      { id = "tenant-b", cell = 1, slot = 2 },
    ]
    "#);
}

#[test]
fn a_place_that_both_sides_gave_away_is_told_with_both_tenants() {
    let base = parsed(&entry("a", 1), "");
    let ours = parsed(&(entry("a", 1) + &entry("y", 2)), "");
    let theirs = parsed(&(entry("a", 1) + &entry("x", 2)), "");
    insta::assert_snapshot!(
        told(Some(&base), &ours, &theirs),
        @"cell 1, slot 2 is tenant-y's in ours, tenant-x's in theirs"
    );
    insta::assert_snapshot!(
        told(Some(&base), &theirs, &ours),
        @"cell 1, slot 2 is tenant-x's in ours, tenant-y's in theirs"
    );
    // A place that was retired on one side is nobody else's either.
    let gone = parsed(&entry("a", 1), &entry("x", 2));
    insta::assert_snapshot!(
        told(Some(&base), &ours, &gone),
        @"cell 1, slot 2 is tenant-y's in ours, tenant-x's in theirs"
    );
}

#[test]
fn a_tenant_that_both_sides_put_somewhere_is_told_with_both_places() {
    let ours = parsed(&entry("a", 1), "");
    let theirs = parsed(&entry("a", 4), "");
    insta::assert_snapshot!(
        told(None, &ours, &theirs),
        @"tenant-a has cell 1, slot 1 in ours, cell 1, slot 4 in theirs"
    );
    let base = parsed(&entry("a", 2), "");
    let gone = parsed("", &entry("a", 2));
    insta::assert_snapshot!(
        told(Some(&base), &gone, &theirs),
        @"tenant-a has no place in ours, cell 1, slot 4 in theirs"
    );
}

#[test]
fn a_cell_that_both_sides_filled_is_told() {
    let of = |first: u16, last: u16, letter: &str| -> String {
        (first..=last).map(|slot| entry(&format!("{letter}{slot}"), slot)).collect()
    };
    let base = parsed(&of(1, 10, "a"), "");
    let ours = parsed(&(of(1, 10, "a") + &of(11, 17, "b")), "");
    let theirs = parsed(&(of(1, 10, "a") + &of(18, 24, "c")), "");
    let conflicts = merge(Some(&base), &ours, &theirs).unwrap_err();
    assert_eq!(conflicts, [Conflict::Overfull { cell: 1, tenants: 24 }]);
}

/// The lock after the tenants of the file are these.
fn after(lock: Option<&Lock>, ids: &[u8]) -> Lock {
    let tenants = ids.iter().map(|id| format!("[[tenants]]\nid = \"tenant-{id:03}\"\n"));
    let text = format!("[cells]\nsize = 4\n{}", tenants.collect::<String>());
    let lock = lock.map(ToString::to_string);
    let lock = lock.as_ref().map(|text| Source { name: "platform.lock", text: text.as_bytes() });
    let platform = Source { name: "platform.toml", text: text.as_bytes() };
    load(platform, lock).unwrap().lock
}

fn all(lock: &Lock) -> BTreeMap<Place, TenantId> {
    let living = lock.tenants().map(|(id, place)| (place, id.clone()));
    living.chain(lock.retired().map(|(place, id)| (place, id.clone()))).collect()
}

proptest! {
    #[test]
    fn a_merge_forgets_no_place_and_gives_none_to_two(
        base in proptest::sample::subsequence((0..12_u8).collect::<Vec<_>>(), 1..9),
        ours in proptest::sample::subsequence((0..16_u8).collect::<Vec<_>>(), 1..12),
        theirs in proptest::sample::subsequence((0..16_u8).collect::<Vec<_>>(), 1..12),
    ) {
        let base = after(None, &base);
        let (ours, theirs) = (after(Some(&base), &ours), after(Some(&base), &theirs));
        prop_assert_eq!(&merge(Some(&base), &ours, &ours).unwrap(), &ours);
        prop_assert_eq!(&merge(Some(&base), &ours, &base).unwrap(), &ours);
        let merged = merge(Some(&base), &ours, &theirs);
        prop_assert_eq!(merged.is_ok(), merge(Some(&base), &theirs, &ours).is_ok());
        let (left, right) = (all(&ours), all(&theirs));
        let clash = left.iter().any(|(place, id)| right.get(place).is_some_and(|other| other != id));
        let Ok(merged) = merged else { return Ok(()) };
        prop_assert!(!clash, "a place of two tenants was merged");
        prop_assert_eq!(&merge(Some(&base), &theirs, &ours).unwrap(), &merged);
        let found = all(&merged);
        for (place, id) in left.iter().chain(&right) {
            prop_assert_eq!(found.get(place), Some(id));
        }
        // It can be read again.
        let text = merged.to_string();
        prop_assert_eq!(&lock(Source { name: "platform.lock", text: text.as_bytes() }).unwrap(), &merged);
    }
}
