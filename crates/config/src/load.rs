//! From the files' texts to a platform, and to what the verifier is to set aside.

use std::collections::BTreeMap;

use crate::application::Application;
use crate::document::{self, At, Reader, Source, Table};
use crate::exceptions::{self, Exceptions};
use crate::fault::{Fault, Faults};
use crate::file::{self, File, FileTenant, Need};
use crate::lock::{self, Lock, LockChange};
use crate::placement;
use crate::platform::{Cell, Local, Platform, Tenant};

/// What the files say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    /// The platform, each of its tenants in its place.
    pub platform: Platform,
    /// What holds on a developer's machine alone.
    pub local: Local,
    /// What `platform.lock` has to say from now on.
    pub lock: Lock,
    /// How that differs from what it says; empty when it need not be written.
    pub lock_changes: Vec<LockChange>,
}

/// Reads a platform from the text of `platform.toml`, and of `platform.lock` if there is one.
///
/// It reads no file and writes none. Whoever calls it writes [`Loaded::lock`] back before
/// deploying anything, and only then are the new places the tenants' for life.
///
/// # Errors
/// Everything that is wrong with either file, at once.
pub fn load(platform: Source<'_>, lock: Option<Source<'_>>) -> Result<Loaded, Faults> {
    let (mut reader, file, old) = match (read_file(platform), lock.map(read_lock).transpose()) {
        (Ok((reader, file)), Ok(old)) => (reader, file, old),
        (file, lock) => {
            let faults = [file.err(), lock.err()];
            return Err(Faults::new(faults.into_iter().flatten().flatten().collect()));
        }
    };
    if let Some(old) = &old
        && old.vpc_cidr != file.vpc_cidr.value
    {
        reader.add(vpc_changed(&reader, &file, old));
    }
    if let Some(zones) = old.as_ref().and_then(|old| old.availability_zones.as_ref())
        && *zones != file.availability_zones.value
    {
        reader.add(zones_changed(&reader, &file, zones));
    }
    if !reader.faults.is_empty() {
        return Err(Faults::new(reader.faults));
    }
    let application = file.application.clone();
    let loaded = settle(file, old);
    if let Some(application) = &application {
        full_cells(&mut reader, application, &loaded);
    }
    if reader.faults.is_empty() { Ok(loaded) } else { Err(Faults::new(reader.faults)) }
}

/// Reads what a file accepts and assumes. It may be a `platform.toml`, whose other tables are left
/// alone. `claims` are the ids of all claims.
///
/// # Errors
/// Everything that is wrong with the two tables, at once.
pub fn exceptions(source: Source<'_>, claims: &[&str]) -> Result<Exceptions, Faults> {
    let (mut reader, tree) = document::parse(source).map_err(Faults::new)?;
    let root = Table::root(&tree);
    root.expect_keys(&mut reader, file::KEYS);
    let exceptions = exceptions::read(&mut reader, &root, Some(claims));
    if reader.faults.is_empty() { Ok(exceptions) } else { Err(Faults::new(reader.faults)) }
}

pub(crate) fn read_file(source: Source<'_>) -> Result<(Reader, File), Vec<Fault>> {
    let (mut reader, tree) = document::parse(source)?;
    let file = file::read(&mut reader, &tree);
    if reader.faults.is_empty() { Ok((reader, file)) } else { Err(reader.faults) }
}

fn read_lock(source: Source<'_>) -> Result<Lock, Vec<Fault>> {
    let (mut reader, tree) = document::parse(source)?;
    match lock::read(&mut reader, &tree) {
        Some(lock) if reader.faults.is_empty() => Ok(lock),
        _ => Err(reader.faults),
    }
}

fn vpc_changed(reader: &Reader, file: &File, old: &Lock) -> Fault {
    let (new, old) = (file.vpc_cidr.value, old.vpc_cidr);
    let fault = reader
        .fault("vpc-changed", format!("the VPC is {new}, but platform.lock was written for {old}"));
    let fault = if file.vpc_cidr.span.is_empty() {
        fault
    } else {
        fault.at(&file.vpc_cidr.span, "every tenant's addresses would move")
    };
    fault.help(format!(
        "addresses are for life: set `vpc_cidr = \"{old}\"`. To move a platform, take it down with \
         `tenantry down`, and remove platform.lock"
    ))
}

/// A subnet in another zone is another subnet, made before the old one goes: its range is taken.
fn zones_changed(reader: &Reader, file: &File, old: &[String; 2]) -> Fault {
    let in_words = |[first, second]: &[String; 2]| format!("{first} and {second}");
    let (new, was) = (in_words(&file.availability_zones.value), in_words(old));
    let fault = reader.fault(
        "zones-changed",
        format!("the availability zones are {new}, but platform.lock was written for {was}"),
    );
    let fault = if file.availability_zones.span.is_empty() {
        fault
    } else {
        fault.at(&file.availability_zones.span, "every subnet would have to be made anew")
    };
    let [first, second] = old;
    fault.help(format!(
        "a tenant's addresses are tied to its zones for life: set `availability_zones = \
         [\"{first}\", \"{second}\"]`. To move a platform, take it down with `tenantry down`, and \
         remove platform.lock"
    ))
}

/// An application that has grown may leave no room for tenants that are in a cell already. Nobody is moved unasked.
fn full_cells(reader: &mut Reader, application: &At<Application>, loaded: &Loaded) {
    let budget = Need::of(&application.value).budget();
    for cell in &loaded.platform.cells {
        let there = cell.tenants.len();
        if there > budget.tenants {
            let movers: Vec<&str> =
                cell.tenants.iter().skip(budget.tenants).map(|tenant| tenant.id.as_str()).collect();
            let message = format!(
                "cell {} has {there} tenants, and {} of this application fit",
                cell.number, budget.tenants
            );
            reader.add(
                reader
                    .fault("application-outgrew-a-cell", message)
                    .at(&application.span, budget.sum(there))
                    .help(format!(
                        "make the application smaller; or give these tenants, whose data would have to be moved, \
                         new ids, which get places in another cell: {}",
                        movers.join(", ")
                    )),
            );
        }
    }
}

fn settle(file: File, old: Option<Lock>) -> Loaded {
    let ids: Vec<_> = file.tenants.iter().map(|tenant| tenant.id.clone()).collect();
    let (lock, lock_changes) = placement::settle(
        old,
        file.vpc_cidr.value,
        &file.availability_zones.value,
        file.cell_size,
        &ids,
    );
    let mut cells: BTreeMap<u32, Vec<Tenant>> = BTreeMap::new();
    for tenant in file.tenants {
        let Some(place) = lock.place(&tenant.id) else { continue };
        let FileTenant { id, name, tier, suspended } = tenant;
        let tenant = Tenant { id, name, slot: place.slot, tier, suspended };
        cells.entry(place.cell).or_default().push(tenant);
    }
    let cells = cells
        .into_iter()
        .map(|(number, mut tenants)| {
            tenants.sort_by_key(|tenant| tenant.slot);
            Cell { number, tenants }
        })
        .collect();
    let platform = Platform {
        name: file.name,
        environment_suffix: file.environment_suffix,
        region: file.region,
        availability_zones: file.availability_zones.value,
        vpc_cidr: file.vpc_cidr.value,
        tags: file.tags,
        dynamodb_prefix_list: file.dynamodb_prefix_list,
        options: file.options,
        application: file.application.map(|application| application.value),
        cells,
    };
    Loaded { platform, local: file.local, lock, lock_changes }
}
