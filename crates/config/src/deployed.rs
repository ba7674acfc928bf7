//! What is deployed held against `platform.lock`: addresses are for life, whatever happens to the file.

use std::collections::BTreeMap;

use ipnet::Ipv4Net;

use crate::addresses::Slot;
use crate::document::{self, Source};
use crate::fault::Faults;
use crate::load::Loaded;
use crate::lock::{self, Lock, LockChange, Place};
use crate::tenant_id::TenantId;

/// A tenant as it is deployed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployed {
    /// The tenant.
    pub id: TenantId,
    /// Where it is.
    pub place: Place,
    /// The block of its cell's VPC.
    pub vpc_cidr: Ipv4Net,
    /// The availability zones of its two subnets.
    pub zones: [String; 2],
}

impl Deployed {
    /// A tenant by its two subnets, each with its zone and its block, the lower block first.
    ///
    /// # Errors
    /// What cannot be: an id that is none, blocks that no slot has.
    pub fn from_subnets(
        id: &str,
        cell: u32,
        vpc: &str,
        subnets: &[(&str, &str)],
    ) -> Result<Self, String> {
        let tenant: TenantId =
            id.parse().map_err(|error| format!("{id:?} is no tenant id: {error}"))?;
        let block = |text: &str| {
            text.parse::<Ipv4Net>().map_err(|_| format!("{id}: {text:?} is no address block"))
        };
        let vpc_cidr = block(vpc)?;
        let [(zone_a, first), (zone_b, second)] = subnets else {
            return Err(format!("{id} has {} subnets, not 2", subnets.len()));
        };
        let blocks = [block(first)?, block(second)?];
        let slot = (1..=Slot::capacity(&vpc_cidr))
            .filter_map(|number| Slot::new(number).ok())
            .find(|slot| slot.subnets(&vpc_cidr) == blocks)
            .ok_or_else(|| format!("{id}: {first} and {second} are no slot of {vpc}"))?;
        let zones = [(*zone_a).to_owned(), (*zone_b).to_owned()];
        Ok(Self { id: tenant, place: Place { cell, slot }, vpc_cidr, zones })
    }
}

/// A tenant that is deployed elsewhere than `platform.lock` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misplaced {
    /// The tenant.
    pub id: TenantId,
    /// Where it is deployed.
    pub runs: Place,
    /// Where the lock has it; nothing when it does not know it.
    pub locked: Option<Place>,
}

/// The deployed tenants that the lock, as it was read, has elsewhere or not at all.
#[must_use]
pub fn misplaced(loaded: &Loaded, deployed: &[Deployed]) -> Vec<Misplaced> {
    let added = |id: &TenantId| {
        loaded
            .lock_changes
            .iter()
            .any(|change| matches!(change, LockChange::Added(new, _) if new == id))
    };
    let locked = |tenant: &Deployed| {
        if !added(&tenant.id)
            && let Some(place) = loaded.lock.place(&tenant.id)
        {
            return Some(place);
        }
        let mut retired =
            loaded.lock.retired().filter(|(_, id)| **id == tenant.id).map(|(place, _)| place);
        let first = retired.next();
        retired.find(|place| *place == tenant.place).or(first)
    };
    deployed
        .iter()
        .map(|tenant| (tenant, locked(tenant)))
        .filter(|(tenant, locked)| *locked != Some(tenant.place) || added(&tenant.id))
        .map(|(tenant, locked)| Misplaced { id: tenant.id.clone(), runs: tenant.place, locked })
        .collect()
}

/// The lock of what is deployed. Of the lock that there is, what contradicts nothing is kept: the places of tenants that are
/// gone, and of those that are not deployed yet.
///
/// # Errors
/// When what is deployed contradicts itself, or nothing is deployed.
pub fn recover(deployed: &[Deployed], old: Option<&Lock>) -> Result<Lock, String> {
    let first = deployed.first().ok_or("nothing is deployed that says where tenants are")?;
    let mut tenants: BTreeMap<TenantId, Place> = BTreeMap::new();
    let mut taken: BTreeMap<Place, &TenantId> = BTreeMap::new();
    for tenant in deployed {
        let Deployed { id, place, vpc_cidr, zones } = tenant;
        if *vpc_cidr != first.vpc_cidr {
            return Err(format!(
                "{} is in a VPC of {}, {id} in one of {vpc_cidr}: these are two platforms",
                first.id, first.vpc_cidr
            ));
        }
        if *zones != first.zones {
            return Err(format!(
                "{} is in the zones {}, {id} in {}: these are two platforms",
                first.id,
                first.zones.join(" and "),
                zones.join(" and ")
            ));
        }
        if let Some(other) = tenants.insert(id.clone(), *place) {
            return Err(format!("{id} is deployed twice, in {other} and in {place}"));
        }
        if let Some(other) = taken.insert(*place, id) {
            return Err(format!("{other} and {id} are both in {place}"));
        }
    }
    let mut retired = std::collections::BTreeSet::new();
    if let Some(old) = old.filter(|old| old.vpc_cidr == first.vpc_cidr) {
        for (id, place) in &old.tenants {
            if !tenants.contains_key(id) && !taken.contains_key(place) {
                tenants.insert(id.clone(), *place);
            }
        }
        let free =
            old.retired.iter().filter(|(place, _)| !tenants.values().any(|other| other == place));
        retired.extend(free.cloned());
    }
    Ok(Lock {
        vpc_cidr: first.vpc_cidr,
        availability_zones: Some(first.zones.clone()),
        tenants,
        retired,
    })
}

/// Reads a `platform.lock` alone.
///
/// # Errors
/// Everything that is wrong with it, at once.
pub fn lock(source: Source<'_>) -> Result<Lock, Faults> {
    let (mut reader, tree) = document::parse(source).map_err(Faults::new)?;
    match lock::read(&mut reader, &tree) {
        Some(lock) if reader.faults.is_empty() => Ok(lock),
        _ => Err(Faults::new(reader.faults)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load;

    const FILE: &str = "[[tenants]]\nid = \"tenant-a\"\n[[tenants]]\nid = \"tenant-b\"\n";

    fn loaded(lock: Option<&str>) -> Loaded {
        let source = |name, text: &'static str| Source { name, text: text.as_bytes() };
        let lock = lock.map(|text| Source { name: "platform.lock", text: text.as_bytes() });
        load(source("platform.toml", FILE), lock).unwrap()
    }

    fn deployed(id: &str, slot: u8) -> Deployed {
        let blocks = [format!("10.0.{}.0/24", 2 * slot), format!("10.0.{}.0/24", 2 * slot + 1)];
        let [a, b] = &blocks;
        let subnets = [("us-east-1a", a.as_str()), ("us-east-1b", b.as_str())];
        Deployed::from_subnets(id, 1, "10.0.0.0/16", &subnets).unwrap()
    }

    #[test]
    fn a_tenant_is_where_its_subnets_are() {
        let found = deployed("tenant-a", 3);
        assert_eq!(found.place.to_string(), "cell 1, slot 3");
        let wrong = [("a", "10.0.3.0/24"), ("b", "10.0.4.0/24")];
        let error = Deployed::from_subnets("tenant-a", 1, "10.0.0.0/16", &wrong).unwrap_err();
        assert_eq!(error, "tenant-a: 10.0.3.0/24 and 10.0.4.0/24 are no slot of 10.0.0.0/16");
    }

    #[test]
    fn without_a_lock_nobody_is_where_it_says_even_if_the_new_one_would_be_the_same() {
        let found = misplaced(&loaded(None), &[deployed("tenant-a", 1), deployed("tenant-b", 2)]);
        assert_eq!(found.iter().map(|one| one.locked).collect::<Vec<_>>(), [None, None]);
    }

    #[test]
    fn a_slot_that_was_edited_is_told_with_the_one_that_runs() {
        let lock = loaded(None).lock.to_string();
        assert_eq!(misplaced(&loaded(Some(&lock)), &[deployed("tenant-a", 1)]), []);
        let lock = lock.replace("slot = 1", "slot = 7");
        let found =
            misplaced(&loaded(Some(&lock)), &[deployed("tenant-a", 1), deployed("tenant-b", 2)]);
        let [one] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((one.runs.slot.get(), one.locked.unwrap().slot.get()), (1, 7));
    }

    #[test]
    fn a_tenant_that_is_being_removed_is_where_its_retired_place_is() {
        let lock = loaded(None).lock.to_string();
        let lock = lock.replace("tenant-b", "tenant-c");
        let gone = loaded(Some(&lock));
        assert_eq!(misplaced(&gone, &[deployed("tenant-a", 1), deployed("tenant-c", 2)]), []);
        assert_eq!(misplaced(&gone, &[deployed("tenant-d", 5)]).len(), 1);
    }

    #[test]
    fn a_recovered_lock_has_what_runs_and_keeps_what_contradicts_nothing() {
        let old = "version = 1\nvpc_cidr = \"10.0.0.0/16\"\n\
                   tenants = [{ id = \"tenant-a\", cell = 1, slot = 9 }, { id = \"tenant-new\", cell = 1, slot = 8 }]\n\
                   retired = [{ id = \"tenant-x\", cell = 1, slot = 2 }, { id = \"tenant-y\", cell = 1, slot = 3 }]\n";
        let old = lock(Source { name: "platform.lock", text: old.as_bytes() }).unwrap();
        let running = [deployed("tenant-a", 1), deployed("tenant-b", 2)];
        let lock = recover(&running, Some(&old)).unwrap();
        insta::assert_snapshot!(lock.to_string(), @r#"
        # Written by tenantry; commit it.
        # It keeps every tenant's addresses where they are: do not edit it.
        version = 1
        vpc_cidr = "10.0.0.0/16"
        availability_zones = ["us-east-1a", "us-east-1b"]
        tenants = [
          { id = "tenant-a", cell = 1, slot = 1 },
          { id = "tenant-b", cell = 1, slot = 2 },
          { id = "tenant-new", cell = 1, slot = 8 },
        ]
        retired = [
          { id = "tenant-y", cell = 1, slot = 3 },
        ]
        "#);
        assert_eq!(misplaced(&loaded(Some(&lock.to_string())), &running), []);
        let twice = recover(&[deployed("tenant-a", 1), deployed("tenant-b", 1)], None).unwrap_err();
        assert_eq!(twice, "tenant-a and tenant-b are both in cell 1, slot 1");
    }
}
