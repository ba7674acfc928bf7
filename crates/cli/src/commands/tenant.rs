//! `tenantry tenant`: the tenants looked at here, and changed in a file a command.

mod add;
mod change;
mod data;
mod erasure;
mod remove;
mod settings;

use serde::Serialize;
use tenantry_config::{Cell, Platform, Tenant};

use crate::arguments;
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::output::{Output, table};
use crate::project::Project;

/// A tenant as it is printed.
#[derive(Serialize)]
struct Row<'a> {
    id: &'a str,
    name: &'a str,
    cell: u32,
    slot: u16,
    subnets: [String; 2],
    tier: &'a str,
    requests_per_second: u32,
    burst: u32,
    suspended: bool,
}

pub(crate) fn run(
    project: &Project,
    command: &arguments::Tenant,
    output: &Output,
) -> Result<Outcome, Failure> {
    let platform = project.platform();
    match command {
        arguments::Tenant::List => {
            let rows: Vec<Row<'_>> =
                platform.tenants().map(|(cell, tenant)| row(platform, cell, tenant)).collect();
            output.data(&rows, || list(platform, &rows))?;
        }
        arguments::Tenant::Show { id } => {
            let (cell, tenant) = find(platform, id)?;
            let row = row(platform, cell, tenant);
            let resources = super::synth::resources_of(platform, cell, id);
            let value = serde_json::json!({ "tenant": row, "resources": resources });
            output.data(&value, || show(&row, &resources))?;
        }
        arguments::Tenant::Add(command) => return add::run(project, command, output),
        arguments::Tenant::Rename { id, name } => {
            return settings::rename(project, id, name, output);
        }
        arguments::Tenant::Tier { id, tier, change } => {
            return settings::tier(project, id, tier, change, output);
        }
        arguments::Tenant::Suspend { id, change } => {
            return settings::suspend(project, id, true, change, output);
        }
        arguments::Tenant::Resume { id, change } => {
            return settings::suspend(project, id, false, change, output);
        }
        arguments::Tenant::Export { id, out } => return data::export(project, id, out, output),
        arguments::Tenant::Import { export } => return data::import(project, export, output),
        arguments::Tenant::Remove(command) => return remove::run(project, command, output),
    }
    Ok(Outcome::Done)
}

/// The tenant with this id, and its cell.
pub(crate) fn find<'a>(
    platform: &'a Platform,
    id: &str,
) -> Result<(&'a Cell, &'a Tenant), Failure> {
    platform.tenant(id).ok_or_else(|| {
        Failure::with_hint(
            format!("there is no tenant {id:?} in platform.toml"),
            "`tenantry tenant list` shows those that there are",
        )
    })
}

fn row<'a>(platform: &Platform, cell: &Cell, tenant: &'a Tenant) -> Row<'a> {
    Row {
        id: tenant.id.as_str(),
        name: &tenant.name,
        cell: cell.number,
        slot: tenant.slot.get(),
        subnets: tenant.subnets(&platform.vpc_cidr).map(|subnet| subnet.to_string()),
        tier: &tenant.tier.name,
        requests_per_second: tenant.tier.requests_per_second,
        burst: tenant.tier.burst,
        suspended: tenant.suspended,
    }
}

fn list(platform: &Platform, rows: &[Row<'_>]) -> String {
    let [zone_a, zone_b] = &platform.availability_zones;
    table(
        &["TENANT", "NAME", "CELL", "SLOT", zone_a, zone_b, "TIER"],
        rows.iter().map(|row| {
            let [subnet_a, subnet_b] = row.subnets.clone();
            vec![
                row.id.to_owned(),
                row.name.to_owned(),
                row.cell.to_string(),
                row.slot.to_string(),
                subnet_a,
                subnet_b,
                with_state(row.tier, row.suspended),
            ]
        }),
    )
}

fn with_state(tier: &str, suspended: bool) -> String {
    if suspended { format!("{tier}, suspended") } else { tier.to_owned() }
}

fn show(row: &Row<'_>, resources: &[super::synth::Named]) -> String {
    let facts = [
        ("Tenant", row.id.to_owned()),
        ("Name", row.name.to_owned()),
        ("Place", format!("cell {}, slot {}", row.cell, row.slot)),
        ("Subnets", row.subnets.join(", ")),
        (
            "Tier",
            format!(
                "{}: {} requests a second on each route, {} at once",
                with_state(row.tier, row.suspended),
                row.requests_per_second,
                row.burst
            ),
        ),
    ];
    let facts = facts.map(|(what, value)| format!("{what:8} {value}")).join("\n");
    let resources = resources.iter().map(|named| {
        vec![named.kind.to_owned(), named.name.clone().unwrap_or_default(), named.id.clone()]
    });
    format!("{facts}\n\n{}", table(&["RESOURCE", "NAME", "LOGICAL ID"], resources))
}
