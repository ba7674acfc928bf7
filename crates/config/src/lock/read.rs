//! Reading platform.lock. It is written by tenantry, but merged by git and edited by people, so
//! nothing in it is taken on trust.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use ipnet::Ipv4Net;
use toml::Spanned;
use toml::de::DeTable;

use super::{Lock, Place, VERSION};
use crate::addresses::Slot;
use crate::document::{At, Reader, Table};
use crate::fault::quote;
use crate::file::LARGEST_CELL;
use crate::limits::LAST_CELL;
use crate::tenant_id::TenantId;

/// The lock of a file's tree, and where it says which VPC it is for. What it returns is meaningful
/// only when the reader has no faults.
pub(crate) fn read(reader: &mut Reader, tree: &Spanned<DeTable<'_>>) -> Option<Lock> {
    let root = Table::root(tree);
    version(reader, &root)?;
    root.expect_keys(reader, &["version", "vpc_cidr", "availability_zones", "tenants", "retired"]);
    let vpc_cidr = vpc_cidr(reader, &root);
    let availability_zones = availability_zones(reader, &root);
    let capacity = vpc_cidr.map_or(Slot::MAX, |block| Slot::capacity(&block));

    let living = entries(reader, &root, "tenants", capacity);
    let gone = entries(reader, &root, "retired", capacity);

    let mut tenants: BTreeMap<TenantId, Place> = BTreeMap::new();
    let mut first: HashMap<TenantId, &At<Entry>> = HashMap::new();
    let mut taken: HashMap<Place, &At<Entry>> = HashMap::new();
    let mut in_cell: HashMap<u32, u32> = HashMap::new();
    for entry in &living {
        let Entry { id, place } = &entry.value;
        if let Some(first) = first.get(id) {
            reader.add(
                reader
                    .fault("lock-same-tenant-twice", format!("{} has {id} twice", reader.file()))
                    .at(&first.span, "first here")
                    .at(&entry.span, "and again here")
                    .help("keep the line of the place where the tenant is deployed"),
            );
            continue;
        }
        first.insert(id.clone(), entry);
        tenants.insert(id.clone(), *place);
        occupy(reader, &mut taken, entry);
        let count = in_cell.entry(place.cell).or_default();
        *count += 1;
        if *count == LARGEST_CELL + 1 {
            reader.add(
                reader
                    .fault(
                        "lock-cell-overfull",
                        format!("cell {} has more than {LARGEST_CELL} tenants", place.cell),
                    )
                    .at(&entry.span, format!("this is number {count}"))
                    .help(RESTORE),
            );
        }
    }
    let mut retired = BTreeSet::new();
    for entry in &gone {
        occupy(reader, &mut taken, entry);
        retired.insert((entry.value.place, entry.value.id.clone()));
    }
    Some(Lock { vpc_cidr: vpc_cidr?, availability_zones, tenants, retired })
}

const RESTORE: &str = "the file is tenantry's: restore it from version control";

/// A line of the lock.
#[derive(Debug, Clone)]
struct Entry {
    id: TenantId,
    place: Place,
}

fn version(reader: &mut Reader, root: &Table<'_>) -> Option<()> {
    if !root.has("version") {
        let message = format!("{} does not say its version", reader.file());
        reader.add(reader.fault("lock-version-missing", message).help(RESTORE));
        return None;
    }
    let version = root.integer(reader, "version", 1..=u32::MAX, "")?;
    if version.value != VERSION {
        let message = format!("{} was written by a newer tenantry", reader.file());
        reader.add(
            reader
                .fault("lock-version-future", message)
                .at(&version.span, format!("this tenantry reads version {VERSION}"))
                .help("use the tenantry that wrote it, or a newer one"),
        );
        return None;
    }
    Some(())
}

fn vpc_cidr(reader: &mut Reader, root: &Table<'_>) -> Option<Ipv4Net> {
    if !root.has("vpc_cidr") {
        let message = format!("{} does not say which VPC it is for", reader.file());
        reader.add(reader.fault("lock-vpc-missing", message).help(RESTORE));
        return None;
    }
    let given = root.string(reader, "vpc_cidr")?;
    let block = given.value.parse::<Ipv4Net>().ok().filter(|block| {
        block.to_string() == given.value
            && block.addr() == block.network()
            && (16..=22).contains(&block.prefix_len())
    });
    if block.is_none() {
        reader.add(
            reader
                .fault("lock-bad-vpc", format!("{} is no VPC's block", quote(given.value)))
                .at(&given.span, "not an IPv4 block of /16 to /22")
                .help(RESTORE),
        );
    }
    block
}

/// The two zones, where the lock says them.
fn availability_zones(reader: &mut Reader, root: &Table<'_>) -> Option<[String; 2]> {
    let given = root.strings(reader, "availability_zones")?;
    let plain = |zone: &At<&str>| {
        !zone.value.is_empty()
            && zone.value.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'))
    };
    if let [first, second] = given.value.as_slice()
        && plain(first)
        && plain(second)
    {
        return Some([first.value.to_owned(), second.value.to_owned()]);
    }
    reader.add(
        reader
            .fault("lock-bad-zones", "these are no two availability zones")
            .at(&given.span, "has to be two names or ids of zones")
            .help(RESTORE),
    );
    None
}

fn entries(reader: &mut Reader, root: &Table<'_>, key: &str, capacity: u16) -> Vec<At<Entry>> {
    if !root.has(key) {
        // Taken for an empty list, it would move every tenant.
        let message = format!("{} has no `{key}`", reader.file());
        reader.add(reader.fault("lock-incomplete", message).help(RESTORE));
    }
    let tables = root.array_of_tables(reader, key).unwrap_or_default();
    tables.iter().filter_map(|table| entry(reader, table, capacity)).collect()
}

fn entry(reader: &mut Reader, table: &Table<'_>, capacity: u16) -> Option<At<Entry>> {
    const KEYS: [&str; 3] = ["id", "cell", "slot"];
    table.expect_keys(reader, &KEYS);
    if let Some(missing) = KEYS.iter().find(|key| !table.has(key)) {
        reader.add(
            reader
                .fault("lock-incomplete", format!("a tenant's line has no `{missing}`"))
                .at(&table.span(), "this line")
                .help(RESTORE),
        );
        return None;
    }
    let id = table.string(reader, "id").and_then(|given| match given.value.parse::<TenantId>() {
        Ok(id) => Some(id),
        Err(invalid) => {
            reader.add(
                reader
                    .fault("lock-bad-tenant-id", format!("{} is no tenant id", quote(given.value)))
                    .at(&given.span, invalid.to_string())
                    .help(RESTORE),
            );
            None
        }
    });
    let cell = table.integer(reader, "cell", 1..=LAST_CELL, "");
    let slot = table.integer(reader, "slot", 1..=u32::from(Slot::MAX), "");
    let slot = slot.and_then(|number| {
        let slot = u16::try_from(number.value).ok().and_then(|number| Slot::new(number).ok());
        if slot.is_some_and(|slot| slot.get() > capacity) {
            reader.add(
                reader
                    .fault(
                        "lock-slot-outside-vpc",
                        format!("slot {} is outside the VPC", number.value),
                    )
                    .at(&number.span, format!("the VPC's last slot is {capacity}"))
                    .help(RESTORE),
            );
            return None;
        }
        slot
    });
    let entry = Entry { id: id?, place: Place { cell: cell?.value, slot: slot? } };
    Some(At { value: entry, span: table.span() })
}

/// Takes the place for the entry, and reports when it is another's.
fn occupy<'e>(
    reader: &mut Reader,
    taken: &mut HashMap<Place, &'e At<Entry>>,
    entry: &'e At<Entry>,
) {
    let Entry { id, place } = &entry.value;
    if let Some(other) = taken.insert(*place, entry) {
        let message = format!("two entries have {place}: their addresses overlap");
        reader.add(
            reader
                .fault("lock-slot-twice", message)
                .at(&other.span, other.value.id.to_string())
                .at(&entry.span, id.to_string())
                .help(
                    "if this comes from a merge, remove the line of the tenant that is not \
                     deployed yet: it gets a slot of its own. Otherwise restore the file from \
                     version control",
                ),
        );
    }
}
