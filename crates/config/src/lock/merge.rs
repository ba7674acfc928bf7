//! Two changed locks become one, as version control merges branches: a place is one tenant's, whoever wrote it down.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use ipnet::Ipv4Net;

use super::{Lock, Place};
use crate::file::LARGEST_CELL;
use crate::tenant_id::TenantId;

/// What two locks cannot both have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Conflict {
    /// They are for different VPCs.
    Vpc {
        /// Ours.
        ours: Ipv4Net,
        /// Theirs.
        theirs: Ipv4Net,
    },
    /// They are for different availability zones.
    Zones {
        /// Ours.
        ours: [String; 2],
        /// Theirs.
        theirs: [String; 2],
    },
    /// Both changed where a tenant lives, and not alike.
    Tenant {
        /// The tenant.
        id: TenantId,
        /// Its place in ours; nothing where it has none.
        ours: Option<Place>,
        /// Its place in theirs.
        theirs: Option<Place>,
    },
    /// Two tenants have the same place.
    Place {
        /// The place.
        place: Place,
        /// Whose it is in ours.
        ours: TenantId,
        /// Whose it is in theirs.
        theirs: TenantId,
    },
    /// Both filled up a cell, and together there are more tenants than one takes.
    Overfull {
        /// The cell's number.
        cell: u32,
        /// How many tenants it would have.
        tenants: usize,
    },
}

impl fmt::Display for Conflict {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = |place: &Option<Place>| {
            place.map_or_else(|| "no place".to_owned(), |place| place.to_string())
        };
        match self {
            Self::Vpc { ours, theirs } => {
                write!(out, "the VPC is {ours} in ours, {theirs} in theirs")
            }
            Self::Zones { ours, theirs } => write!(
                out,
                "the zones are {} in ours, {} in theirs",
                ours.join(" and "),
                theirs.join(" and ")
            ),
            Self::Tenant { id, ours, theirs } => {
                write!(out, "{id} has {} in ours, {} in theirs", place(ours), place(theirs))
            }
            Self::Place { place, ours, theirs } => {
                write!(out, "{place} is {ours}'s in ours, {theirs}'s in theirs")
            }
            Self::Overfull { cell, tenants } => write!(
                out,
                "cell {cell} would have {tenants} tenants, and takes {LARGEST_CELL}: both sides filled it"
            ),
        }
    }
}

/// One lock of two that come from the same one; `base` is that one, nothing where there was none.
///
/// What one side changed and the other left alone is taken over. A place that any of the three knows is forgotten by none: it
/// stays a tenant's, or retired.
///
/// # Errors
/// Everything that the two cannot both have.
pub fn merge(base: Option<&Lock>, ours: &Lock, theirs: &Lock) -> Result<Lock, Vec<Conflict>> {
    let mut conflicts = Vec::new();
    if ours.vpc_cidr != theirs.vpc_cidr {
        conflicts.push(Conflict::Vpc { ours: ours.vpc_cidr, theirs: theirs.vpc_cidr });
    }
    if let (Some(ours), Some(theirs)) = (&ours.availability_zones, &theirs.availability_zones)
        && ours != theirs
    {
        conflicts.push(Conflict::Zones { ours: ours.clone(), theirs: theirs.clone() });
    }
    let mut tenants: BTreeMap<TenantId, Place> = BTreeMap::new();
    let ids: BTreeSet<&TenantId> = ours.tenants.keys().chain(theirs.tenants.keys()).collect();
    for id in ids {
        let was = base.and_then(|base| base.place(id));
        let (ours, theirs) = (ours.place(id), theirs.place(id));
        let place = match (ours == was, theirs == was) {
            _ if ours == theirs => ours,
            (true, _) => theirs,
            (_, true) => ours,
            (false, false) => {
                conflicts.push(Conflict::Tenant { id: id.clone(), ours, theirs });
                continue;
            }
        };
        tenants.extend(place.map(|place| (id.clone(), place)));
    }
    let retired = retired(base, ours, theirs, &tenants);
    let owners = |lock: &Lock| -> BTreeMap<Place, TenantId> {
        let living = lock.tenants.iter().map(|(id, place)| (*place, id.clone()));
        living.chain(lock.retired.iter().cloned()).collect()
    };
    let (in_ours, in_theirs) = (owners(ours), owners(theirs));
    let mut taken: BTreeMap<Place, &TenantId> = BTreeMap::new();
    let all = tenants.iter().map(|(id, place)| (*place, id));
    for (place, id) in all.chain(retired.iter().map(|(place, id)| (*place, id))) {
        if let Some(other) = taken.insert(place, id)
            && other != id
        {
            let side = |side: &BTreeMap<Place, TenantId>, or: &TenantId| {
                side.get(&place).unwrap_or(or).clone()
            };
            let (ours, theirs) = (side(&in_ours, other), side(&in_theirs, id));
            conflicts.push(Conflict::Place { place, ours, theirs });
        }
    }
    let mut living: BTreeMap<u32, usize> = BTreeMap::new();
    for place in tenants.values() {
        *living.entry(place.cell).or_default() += 1;
    }
    let most = usize::try_from(LARGEST_CELL).unwrap_or(usize::MAX);
    let overfull = living.into_iter().filter(|(_, count)| *count > most);
    conflicts.extend(overfull.map(|(cell, tenants)| Conflict::Overfull { cell, tenants }));
    if !conflicts.is_empty() {
        return Err(conflicts);
    }
    let zones = ours.availability_zones.as_ref().or(theirs.availability_zones.as_ref());
    Ok(Lock { vpc_cidr: ours.vpc_cidr, availability_zones: zones.cloned(), tenants, retired })
}

/// Every place that any of the three has, and that nobody lives in who had it.
fn retired(
    base: Option<&Lock>,
    ours: &Lock,
    theirs: &Lock,
    tenants: &BTreeMap<TenantId, Place>,
) -> BTreeSet<(Place, TenantId)> {
    let mut found = BTreeSet::new();
    for lock in base.into_iter().chain([ours, theirs]) {
        found.extend(lock.tenants.iter().map(|(id, place)| (*place, id.clone())));
        found.extend(lock.retired.iter().cloned());
    }
    found.retain(|(place, id)| tenants.get(id) != Some(place));
    found
}
