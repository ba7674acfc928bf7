//! `tenantry up`: the platform on this machine, and a try of it.

use std::fmt::Write as _;

use serde::Serialize;
use tenantry_local::{
    Attempt, Cell, CellUp, Change, DEFAULT_PORT, Home, Search, TenantOutputs, Wanted,
};

use super::{synth, verify};
use crate::arguments::Up;
use crate::failure::Failure;
use crate::outcome::{Outcome, cancel_on_interrupt};
use crate::output::{Output, table};
use crate::progress::Shown;
use crate::project::Project;

pub(crate) fn run(project: &Project, arguments: &Up, output: &Output) -> Result<Outcome, Failure> {
    let wanted = wanted(project)?;
    if verify::before_deployment(project, output)? == Outcome::Findings {
        return Ok(Outcome::Findings);
    }
    // Once a tenant is deployed its addresses are for life, so they are written down before.
    for change in project.write_lock()? {
        output.note(&format!("platform.lock: {change}"));
    }
    let home = Home::of_project(&project.folder);
    let progress = Shown::new(output);
    let cancel = cancel_on_interrupt()?;
    let port = arguments.port.unwrap_or(DEFAULT_PORT);
    let search = Search::from_environment();
    let cells = tenantry_local::up(&home, &search, port, &wanted, &progress, &cancel)
        .map_err(|error| Failure::with_hint(error.to_string(), error.hint()))?;
    let wrong: Vec<&Attempt> =
        cells.iter().flat_map(|cell| &cell.attempts).filter(|one| !one.is_ok()).collect();
    output.data(&report(&cells), || human(&cells))?;
    if wrong.is_empty() {
        return Ok(Outcome::Done);
    }
    output.note(&format!("{} calls did not go as they must:", wrong.len()));
    for attempt in wrong {
        output.note(&format!("  {}", failed(attempt)));
    }
    Ok(Outcome::Findings)
}

/// What every cell needs to be deployed here.
fn wanted(project: &Project) -> Result<Vec<Wanted>, Failure> {
    let platform = project.platform();
    let cells = platform.cells.iter().map(|cell| {
        let tenants = cell.tenants.iter().map(outputs_of);
        Ok(Wanted {
            cell: Cell {
                stack: synth::stack_name(platform, cell),
                template: synth::template(platform, cell)?,
                parameters: std::collections::BTreeMap::new(),
            },
            tenants: tenants.collect(),
        })
    });
    cells.collect()
}

/// How a cell's outputs call what is a tenant's.
pub(super) fn outputs_of(tenant: &tenantry_config::Tenant) -> TenantOutputs {
    let subnets = ["SubnetA", "SubnetB"];
    let subnets = subnets.map(|what| tenantry_blueprint::tenant_output(&tenant.id, what));
    TenantOutputs { id: tenant.id.to_string(), subnets: subnets.to_vec() }
}

#[derive(Serialize)]
struct Report<'a> {
    cells: Vec<CellReport<'a>>,
    tenants: Vec<TenantReport<'a>>,
    calls: Vec<CallReport<'a>>,
}

#[derive(Serialize)]
struct CellReport<'a> {
    stack: &'a str,
    change: &'static str,
    resources: usize,
    left_out: Vec<LeftOutReport<'a>>,
    user_pool_id: &'a str,
    user_pool_client_id: &'a str,
}

#[derive(Serialize)]
struct LeftOutReport<'a> {
    id: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
}

#[derive(Serialize)]
pub(super) struct TenantReport<'a> {
    pub(super) id: &'a str,
    pub(super) endpoint: &'a str,
    pub(super) subnets: &'a [String],
}

#[derive(Serialize)]
struct CallReport<'a> {
    tenant: &'a str,
    what: &'a str,
    request: &'a str,
    expected: u16,
    status: u16,
    ok: bool,
}

fn report(cells: &[CellUp]) -> Report<'_> {
    let attempts = cells.iter().flat_map(|cell| &cell.attempts);
    Report {
        cells: cells.iter().map(cell_report).collect(),
        tenants: cells.iter().flat_map(|cell| &cell.tenants).map(tenant_report).collect(),
        calls: attempts
            .map(|one| CallReport {
                tenant: &one.tenant,
                what: &one.what,
                request: &one.request,
                expected: one.expected,
                status: one.status,
                ok: one.is_ok(),
            })
            .collect(),
    }
}

fn cell_report(cell: &CellUp) -> CellReport<'_> {
    let deployed = &cell.deployed;
    let left_out = deployed.left_out.iter();
    CellReport {
        stack: &deployed.stack,
        change: change(deployed.change),
        resources: deployed.resources,
        left_out: left_out
            .map(|one| LeftOutReport { id: &one.logical_id, kind: &one.kind })
            .collect(),
        user_pool_id: &cell.endpoint.user_pool,
        user_pool_client_id: &cell.endpoint.app_client,
    }
}

pub(super) fn tenant_report(tenant: &tenantry_local::Tenant) -> TenantReport<'_> {
    TenantReport { id: &tenant.id, endpoint: &tenant.endpoint, subnets: &tenant.subnets }
}

const fn change(change: Change) -> &'static str {
    match change {
        Change::Created => "created",
        Change::Recreated => "made anew",
        Change::Updated => "updated",
        Change::Unchanged => "unchanged",
    }
}

fn human(cells: &[CellUp]) -> String {
    let mut text = String::new();
    for cell in cells {
        let deployed = &cell.deployed;
        let what = match deployed.change {
            Change::Unchanged => "no change".to_owned(),
            other => format!("{}, {} resources", change(other), deployed.resources),
        };
        let _ = writeln!(text, "{}: {what}", deployed.stack);
    }
    let tenants: Vec<_> = cells.iter().flat_map(|cell| &cell.tenants).collect();
    let _ = write!(text, "\n{}", addresses(&tenants));
    text.push_str(&not_here(cells));
    if let Some(first) = tenants.first() {
        let _ = write!(text, "\n\n{}", commands(first));
    }
    text
}

/// The table of endpoints and subnets.
pub(super) fn addresses(tenants: &[&tenantry_local::Tenant]) -> String {
    table(
        &["TENANT", "ENDPOINT", "SUBNETS"],
        tenants.iter().map(|tenant| {
            vec![tenant.id.clone(), tenant.endpoint.clone(), tenant.subnets.join(" ")]
        }),
    )
}

/// What of the platform is not on this machine, by type and name.
fn not_here(cells: &[CellUp]) -> String {
    let mut by_kind: std::collections::BTreeMap<&str, Vec<&str>> =
        std::collections::BTreeMap::new();
    for one in cells.iter().flat_map(|cell| &cell.deployed.left_out) {
        by_kind.entry(&one.kind).or_default().push(&one.logical_id);
    }
    if by_kind.is_empty() {
        return String::new();
    }
    const NAMED: usize = 3;
    let mut text = String::from("\n\nNot on this machine (the emulator cannot make it):");
    for (kind, ids) in by_kind {
        let mut names = ids.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
        if ids.len() > NAMED {
            let _ = write!(names, " and {} more", ids.len() - NAMED);
        }
        let _ = write!(text, "\n  {kind}: {names}");
    }
    text
}

/// Commands to paste.
fn commands(tenant: &tenantry_local::Tenant) -> String {
    let (id, endpoint) = (&tenant.id, &tenant.endpoint);
    // As it was called: `tenantry`, or a path such as `target/release/tenantry`.
    let program = std::env::args().next().unwrap_or_else(|| "tenantry".to_owned());
    format!(
        "Try it:\n  \
         TOKEN=$({program} token {id})\n  \
         curl -H \"Authorization: Bearer $TOKEN\" {endpoint}\n  \
         curl -H \"Authorization: Bearer $TOKEN\" -H 'Content-Type: application/json' \\\n       \
         -d '{{\"email\":\"ada@example.com\"}}' {endpoint}"
    )
}

fn failed(attempt: &Attempt) -> String {
    let Attempt { tenant, what, request, expected, status, complaint, .. } = attempt;
    format!("{tenant}: {what}: {request} answered {status}, not {expected} {complaint}")
}
