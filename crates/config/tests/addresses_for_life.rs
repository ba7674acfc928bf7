//! Whatever is done to the tenants of a platform file, nobody's addresses move and nobody gets
//! another's.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet, HashMap};

use proptest::prelude::*;
use tenantry_config::{Loaded, Lock, LockChange, Place, Source, TenantId, load};

/// One edit of the platform file.
#[derive(Debug, Clone)]
enum Edit {
    /// Adds the tenant, which may have been there before, at a position of the file.
    Add(u8, usize),
    Remove(usize),
    Swap(usize, usize),
    Reverse,
    SetSize(u8),
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let edit = prop_oneof![
        5 => (0..40_u8, any::<usize>()).prop_map(|(id, at)| Edit::Add(id, at)),
        3 => any::<usize>().prop_map(Edit::Remove),
        1 => (any::<usize>(), any::<usize>()).prop_map(|(a, b)| Edit::Swap(a, b)),
        1 => Just(Edit::Reverse),
        1 => (1..=20_u8).prop_map(Edit::SetSize),
    ];
    proptest::collection::vec(edit, 1..60)
}

fn read(vpc: &str, size: u8, ids: &[u8], lock: Option<&str>) -> Loaded {
    let settings = format!("vpc_cidr = \"{vpc}\"\n[cells]\nsize = {size}");
    let ids = tenantry_testing::ids(ids.iter().copied().map(usize::from));
    let text = tenantry_testing::platform_toml(&settings, ids);
    let lock = lock.map(|text| Source { name: "platform.lock", text: text.as_bytes() });
    let platform = Source { name: "platform.toml", text: text.as_bytes() };
    load(platform, lock).unwrap_or_else(|faults| {
        let faults: Vec<_> = faults.iter().map(ToString::to_string).collect();
        panic!("{text}\n{faults:?}")
    })
}

fn places(lock: &Lock, ids: &[u8]) -> BTreeMap<TenantId, Place> {
    ids.iter()
        .map(|id| format!("tenant-{id:03}").parse::<TenantId>().unwrap())
        .map(|id| (id.clone(), lock.place(&id).expect("every tenant has a place")))
        .collect()
}

proptest! {
    #[test]
    fn no_edit_moves_a_tenant_or_gives_its_addresses_to_another(
        edits in edits(),
        (vpc, capacity) in prop_oneof![
            Just(("10.0.0.0/16", 20)), Just(("10.8.0.0/20", 7)), Just(("192.168.4.0/22", 1)),
        ],
    ) {
        let mut ids: Vec<u8> = vec![0];
        let mut size = capacity;
        let mut loaded = read(vpc, size, &ids, None);
        let mut owners: HashMap<Place, TenantId> = HashMap::new();
        for edit in edits {
            let before = places(&loaded.lock, &ids);
            match edit {
                Edit::Add(id, at) if !ids.contains(&id) => ids.insert(at % (ids.len() + 1), id),
                Edit::Add(..) => {}
                Edit::Remove(at) if ids.len() > 1 => { ids.remove(at % ids.len()); }
                Edit::Remove(_) => {}
                Edit::Swap(a, b) => { let n = ids.len(); ids.swap(a % n, b % n); }
                Edit::Reverse => ids.reverse(),
                Edit::SetSize(to) => size = to.min(capacity),
            }
            let written = loaded.lock.to_string();
            loaded = read(vpc, size, &ids, Some(&written));
            let after = places(&loaded.lock, &ids);

            for (id, place) in &after {
                if let Some(was) = before.get(id) {
                    prop_assert_eq!(was, place, "{} moved", id);
                }
                let owner = owners.entry(*place).or_insert_with(|| id.clone());
                prop_assert_eq!(&*owner, id, "{} has the addresses of another", place);
            }
            let changed: BTreeSet<_> = loaded.lock_changes.iter().filter_map(|change| match change {
                LockChange::Zones(_) => None,
                LockChange::Added(id, _) | LockChange::Restored(id, _)
                | LockChange::Retired(id, _) => Some(id.clone()),
            }).collect();
            let differs: BTreeSet<_> = before.keys().chain(after.keys())
                .filter(|id| before.get(*id) != after.get(*id)).cloned().collect();
            prop_assert_eq!(changed, differs);

            let platform = &loaded.platform;
            prop_assert_eq!(platform.tenants().count(), ids.len());
            for cell in &platform.cells {
                let mut blocks: Vec<_> = cell.tenants.iter()
                    .flat_map(|tenant| tenant.subnets(&platform.vpc_cidr))
                    .chain(platform.public_subnets()).collect();
                prop_assert!(blocks.iter().all(|block| platform.vpc_cidr.contains(block)));
                let count = blocks.len();
                blocks.sort();
                blocks.dedup();
                prop_assert_eq!(blocks.len(), count, "addresses overlap in cell {}", cell.number);
            }
            let again = read(vpc, size, &ids, Some(&loaded.lock.to_string()));
            prop_assert!(again.lock_changes.is_empty());
            prop_assert_eq!(again.lock.to_string(), loaded.lock.to_string());
            prop_assert_eq!(&again.platform, platform);
        }
    }
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(
        text in proptest::collection::vec(any::<u8>(), 0..200),
        lock in "[a-z0-9=\\[\\]{}\", .\n_-]{0,120}",
    ) {
        let platform = Source { name: "platform.toml", text: &text };
        let lock = Source { name: "platform.lock", text: lock.as_bytes() };
        prop_assert!(load(platform, Some(lock)).is_err());
    }

    #[test]
    fn no_value_makes_the_reader_panic(key in 0..9_usize, value in "\\PC{0,40}") {
        let mut text = String::from("[[tenants]]\nid = \"tenant-001\"\n");
        let keys = ["name", "environment_suffix", "region", "vpc_cidr", "dynamodb_prefix_list"];
        let value = value.replace(['\\', '"'], "");
        match keys.get(key) {
            Some(key) => text.insert_str(0, &format!("platform.{key} = \"{value}\"\n")),
            None => text.push_str(&format!("[[tenants]]\nid = \"{value}\"\n")),
        }
        let source = Source { name: "platform.toml", text: text.as_bytes() };
        if let Ok(loaded) = load(source, None) {
            let lock = loaded.lock.to_string();
            let lock = Source { name: "platform.lock", text: lock.as_bytes() };
            prop_assert!(load(source, Some(lock)).is_ok());
        }
    }
}
