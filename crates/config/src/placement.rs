//! Who lives where: every tenant keeps its place, and a new one gets a place nobody had.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::Ipv4Net;

use crate::addresses::Slot;
use crate::lock::{Lock, LockChange, Place};
use crate::tenant_id::TenantId;

/// Settles the tenants of the file, which are in its order and each there once.
///
/// A tenant that the lock knows stays. One that the file no longer has is retired: its place is
/// kept out of use. A retired tenant that comes back gets its own place again if its cell has
/// room: its data went when it was removed, and whatever still names those addresses (a flow log, a
/// firewall rule) means this very tenant. Everybody else gets the next slot of the first cell with
/// room, where room is counted in living tenants and slots are counted with the retired ones.
pub(crate) fn settle(
    old: Option<Lock>,
    vpc_cidr: Ipv4Net,
    availability_zones: &[String; 2],
    cell_size: usize,
    ids: &[TenantId],
) -> (Lock, Vec<LockChange>) {
    let is_new = old.is_none();
    let empty = Lock {
        vpc_cidr,
        availability_zones: None,
        tenants: BTreeMap::new(),
        retired: BTreeSet::new(),
    };
    let mut lock = old.unwrap_or(empty);
    let mut changes = Vec::new();
    if lock.availability_zones.is_none() {
        if !is_new {
            changes.push(LockChange::Zones(availability_zones.clone()));
        }
        lock.availability_zones = Some(availability_zones.clone());
    }
    changes.extend(retire(&mut lock, ids));
    let mut cells = Cells::of(&lock, cell_size);
    let mut own: BTreeMap<TenantId, Vec<Place>> = BTreeMap::new();
    for (place, id) in &lock.retired {
        own.entry(id.clone()).or_default().push(*place);
    }
    for id in ids {
        if lock.tenants.contains_key(id) {
            continue;
        }
        let places = own.remove(id).unwrap_or_default();
        let restored = places.into_iter().find(|place| cells.has_room(place.cell));
        let place = match restored {
            Some(place) => {
                lock.retired.remove(&(place, id.clone()));
                cells.move_in(place);
                changes.push(LockChange::Restored(id.clone(), place));
                place
            }
            None => {
                let place = cells.next_place();
                changes.push(LockChange::Added(id.clone(), place));
                place
            }
        };
        lock.tenants.insert(id.clone(), place);
    }
    (lock, changes)
}

fn retire(lock: &mut Lock, ids: &[TenantId]) -> Vec<LockChange> {
    let wanted: BTreeSet<&TenantId> = ids.iter().collect();
    let mut changes = Vec::new();
    lock.tenants.retain(|id, place| {
        let stays = wanted.contains(id);
        if !stays {
            lock.retired.insert((*place, id.clone()));
            changes.push(LockChange::Retired(id.clone(), *place));
        }
        stays
    });
    changes
}

/// The cells as they fill up. Room only shrinks while tenants move in, so the search for a cell
/// never has to go back.
struct Cells {
    size: usize,
    last_slot: u16,
    cells: BTreeMap<u32, CellState>,
    first_with_room: u32,
}

#[derive(Default, Clone, Copy)]
struct CellState {
    living: usize,
    highest_slot: u16,
}

impl Cells {
    fn of(lock: &Lock, size: usize) -> Self {
        let last_slot = Slot::capacity(&lock.vpc_cidr);
        let mut cells = Self { size, last_slot, cells: BTreeMap::new(), first_with_room: 1 };
        for place in lock.tenants.values() {
            cells.move_in(*place);
        }
        for (place, _) in &lock.retired {
            cells.note(*place);
        }
        cells
    }

    fn note(&mut self, place: Place) -> &mut CellState {
        let cell = self.cells.entry(place.cell).or_default();
        cell.highest_slot = cell.highest_slot.max(place.slot.get());
        cell
    }

    fn move_in(&mut self, place: Place) {
        self.note(place).living += 1;
    }

    fn has_room(&self, cell: u32) -> bool {
        self.cells.get(&cell).is_none_or(|cell| cell.living < self.size)
    }

    /// Takes the next slot of the first cell with room.
    ///
    /// The next slot is the one after the highest, not the lowest that is missing: a gap means that
    /// somebody removed a line, and the slot may have been a tenant's.
    fn next_place(&mut self) -> Place {
        loop {
            let cell = self.first_with_room;
            let highest = self.cells.get(&cell).map_or(0, |state| state.highest_slot);
            let next = highest + 1;
            if self.has_room(cell)
                && next <= self.last_slot
                && let Ok(slot) = Slot::new(next)
            {
                let place = Place { cell, slot };
                self.move_in(place);
                return place;
            }
            self.first_with_room += 1;
        }
    }
}
