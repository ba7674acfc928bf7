//! `tenantry up`: the platform on this machine, and a try of it.

use std::fmt::Write as _;

use serde::Serialize;
use tenantry_local::{
    Attempt, Beside, CellUp, Change, DEFAULT_PORT, Home, Listen, Search, TenantOutputs, UpError,
    Wanted, last_port,
};
use tenantry_plan::Plan;

use super::differences::{self, DifferenceReport};
use super::{plan, verify};
use crate::arguments::Up;
use crate::consent::{Question, Said, Terminal, agree};
use crate::failure::Failure;
use crate::outcome::{Outcome, cancel_on_interrupt};
use crate::output::{Output, table};
use crate::planning;
use crate::progress::StepBars;
use crate::project::Project;

pub(crate) fn run(project: &Project, arguments: &Up, output: &Output) -> Result<Outcome, Failure> {
    let wanted = wanted(project)?;
    if verify::before_deployment(project, output)? == Outcome::Findings {
        return Ok(Outcome::Findings);
    }
    let kept = arguments.plan.as_deref().map(plan::kept).transpose()?;
    let home = Home::of_project(&project.folder);
    let progress = StepBars::new(output);
    let cancel = cancel_on_interrupt()?;
    let listen = listen(project, &home, arguments.port);
    let search = Search::from_environment();
    let mut refusal = None;
    let mut agreed = |beside: &[Beside]| {
        let gives_up = || cancel.is_cancelled();
        let terminal = Terminal { output, gives_up: &gives_up };
        let agreed = may_change(project, arguments, kept.as_ref(), beside, &terminal);
        agreed.map_err(|failure| refusal = Some(failure)).is_ok()
    };
    let cells =
        tenantry_local::up(&home, &search, &listen, &wanted, &mut agreed, &progress, &cancel);
    let cells = match (cells, refusal) {
        (Err(UpError::NotAgreed), Some(refusal)) => return Err(refusal),
        (cells, _) => cells.map_err(|error| Failure::with_hint(error.to_string(), error.hint()))?,
    };
    let wrong: Vec<&Attempt> =
        cells.iter().flat_map(|cell| &cell.attempts).filter(|one| !one.is_ok()).collect();
    output.data(&report(&cells), || human(&cells, &home))?;
    if wrong.is_empty() {
        return Ok(Outcome::Done);
    }
    output.note(&format!("{} calls did not go as they must:", wrong.len()));
    for attempt in wrong {
        output.note(&format!("  {}", failed(attempt)));
    }
    Ok(Outcome::Findings)
}

/// Where the platform is to be: on the port that is asked for, or on the one that it had.
pub(super) fn listen(project: &Project, home: &Home, port: Option<u16>) -> Listen {
    Listen {
        port: port.or_else(|| last_port(home)).unwrap_or(DEFAULT_PORT),
        name: project.platform().name.clone(),
        origins: project.loaded.local.origins.clone(),
    }
}

/// Whether what runs may be changed to what is wanted: it was shown, and agreed to. Only then the lock is written.
fn may_change(
    project: &Project,
    arguments: &Up,
    kept: Option<&Plan>,
    beside: &[Beside],
    terminal: &Terminal<'_>,
) -> Result<(), Failure> {
    planning::check_lock(project, beside)?;
    let plan = planning::local(project.platform(), beside);
    if let (Some(kept), Some(file)) = (kept, &arguments.plan) {
        plan::check(kept, file, &plan)?;
    }
    let question = Question::of(&plan, true);
    if question != Question::Nothing {
        planning::show(&plan, terminal.output);
    }
    let yes = arguments.yes || kept.is_some();
    agree(&question, Said { yes, names: &arguments.destroy, flag: "--destroy" }, terminal)?;
    // Once a tenant is deployed its addresses are for life, so they are written down before.
    for change in project.write_lock()? {
        terminal.output.note(&format!("platform.lock: {change}"));
    }
    Ok(())
}

/// What every cell needs to be deployed here.
fn wanted(project: &Project) -> Result<Vec<Wanted>, Failure> {
    let platform = project.platform();
    let cells = planning::cells(platform)?.into_iter().zip(&platform.cells);
    let wanted = cells
        .map(|(cell, of)| Wanted { cell, tenants: of.tenants.iter().map(outputs_of).collect() });
    Ok(wanted.collect())
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
    /// Properties that were read back and are as the template says.
    read_back: usize,
    /// Properties that had to be set beside the stack.
    written: usize,
    differences: Vec<DifferenceReport<'a>>,
    user_pool_id: &'a str,
    user_pool_client_id: &'a str,
}

#[derive(Serialize)]
pub(super) struct TenantReport<'a> {
    pub(super) id: &'a str,
    pub(super) endpoint: &'a str,
    /// The same at the API that serves it now.
    pub(super) api_endpoint: &'a str,
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
    CellReport {
        stack: &deployed.stack,
        change: change(deployed.change),
        resources: deployed.resources,
        read_back: cell.settings.held,
        written: cell.settings.written,
        differences: differences::report(&cell.settings.differences),
        user_pool_id: &cell.endpoint.user_pool,
        user_pool_client_id: &cell.endpoint.app_client,
    }
}

pub(super) fn tenant_report(tenant: &tenantry_local::Tenant) -> TenantReport<'_> {
    TenantReport {
        id: &tenant.id,
        endpoint: &tenant.endpoint,
        api_endpoint: &tenant.api,
        subnets: &tenant.subnets,
    }
}

const fn change(change: Change) -> &'static str {
    match change {
        Change::Created => "created",
        Change::Recreated => "made anew",
        Change::Updated => "updated",
        Change::Unchanged => "unchanged",
    }
}

fn human(cells: &[CellUp], home: &Home) -> String {
    let mut text = String::new();
    for cell in cells {
        let deployed = &cell.deployed;
        let what = match deployed.change {
            Change::Unchanged if cell.settings.written > 0 => {
                format!("no change but {} properties set again", cell.settings.written)
            }
            Change::Unchanged => "no change".to_owned(),
            other => format!("{}, {} resources", change(other), deployed.resources),
        };
        let _ = writeln!(text, "{}: {what}", deployed.stack);
    }
    let tenants: Vec<_> = cells.iter().flat_map(|cell| &cell.tenants).collect();
    let _ = write!(text, "\n{}", addresses(&tenants));
    let differences = differences::human(cells.iter().flat_map(|cell| &cell.settings.differences));
    if !differences.is_empty() {
        let _ = write!(text, "\n\n{differences}");
    }
    if let Some(first) = tenants.first() {
        let _ = write!(text, "\n\n{}", commands(first));
    }
    let _ = write!(
        text,
        "\n\nWith the AWS CLI and the SDKs:\n  export AWS_CONFIG_FILE={} AWS_SHARED_CREDENTIALS_FILE={}",
        home.config().display(),
        home.credentials().display()
    );
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
