//! platform.lock: where every tenant lives, and which places are nobody's any more.

mod merge;
mod read;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use ipnet::Ipv4Net;

use crate::addresses::Slot;
use crate::tenant_id::TenantId;

pub use self::merge::{Conflict, merge};
pub(crate) use self::read::read;

/// The version of the lock's format that this program writes, and the only one that it reads.
pub(crate) const VERSION: u32 = 1;

/// A cell and a slot in it: a tenant's addresses for life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The cell's number, from 1.
    pub cell: u32,
    /// The slot in the cell.
    pub slot: Slot,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cell {}, slot {}", self.cell, self.slot)
    }
}

/// What `platform.lock` records. Its [`Display`](fmt::Display) is the file's text: the same lock
/// is always the same text, a line a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lock {
    pub(crate) vpc_cidr: Ipv4Net,
    /// Nothing in a lock that was written before locks kept them.
    pub(crate) availability_zones: Option<[String; 2]>,
    pub(crate) tenants: BTreeMap<TenantId, Place>,
    pub(crate) retired: BTreeSet<(Place, TenantId)>,
}

impl Lock {
    /// The block that every place's addresses are counted from.
    #[must_use]
    pub fn vpc_cidr(&self) -> Ipv4Net {
        self.vpc_cidr
    }

    /// Where a tenant lives.
    #[must_use]
    pub fn place(&self, id: &TenantId) -> Option<Place> {
        self.tenants.get(id).copied()
    }

    /// Every tenant with its place.
    pub fn tenants(&self) -> impl Iterator<Item = (&TenantId, Place)> {
        self.tenants.iter().map(|(id, place)| (id, *place))
    }

    /// The places of tenants that are gone, with the only tenant that may have each of them again.
    pub fn retired(&self) -> impl Iterator<Item = (Place, &TenantId)> {
        self.retired.iter().map(|(place, id)| (*place, id))
    }
}

impl fmt::Display for Lock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "# Written by tenantry; commit it.")?;
        writeln!(f, "# It keeps every tenant's addresses where they are: do not edit it.")?;
        writeln!(f, "version = {VERSION}")?;
        writeln!(f, "vpc_cidr = \"{}\"", self.vpc_cidr)?;
        if let Some([first, second]) = &self.availability_zones {
            writeln!(f, "availability_zones = [\"{first}\", \"{second}\"]")?;
        }
        let living: BTreeMap<Place, &TenantId> =
            self.tenants.iter().map(|(id, place)| (*place, id)).collect();
        write_places(f, "tenants", living)?;
        write_places(f, "retired", self.retired())
    }
}

fn write_places<'l>(
    f: &mut fmt::Formatter<'_>,
    key: &str,
    places: impl IntoIterator<Item = (Place, &'l TenantId)>,
) -> fmt::Result {
    let mut places = places.into_iter().peekable();
    if places.peek().is_none() {
        return writeln!(f, "{key} = []");
    }
    writeln!(f, "{key} = [")?;
    for (Place { cell, slot }, id) in places {
        writeln!(f, "  {{ id = \"{id}\", cell = {cell}, slot = {slot} }},")?;
    }
    writeln!(f, "]")
}

/// A difference between the lock that was read and the one to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LockChange {
    /// The lock did not say yet which availability zones the subnets are in.
    Zones([String; 2]),
    /// A new tenant got a place that nobody had before.
    Added(TenantId, Place),
    /// A tenant that had been removed is back where it was.
    Restored(TenantId, Place),
    /// A tenant was removed; its place is kept for it.
    Retired(TenantId, Place),
}

impl fmt::Display for LockChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Zones([first, second]) => write!(f, "the subnets are in {first} and {second}"),
            Self::Added(id, place) => write!(f, "{id} is added in {place}"),
            Self::Restored(id, place) => write!(f, "{id} is restored in {place}"),
            Self::Retired(id, place) => write!(f, "{id} is removed from {place}"),
        }
    }
}
