//! `tenantry up`: the platform on this machine, and a try of it.

use std::cell::Cell;
use std::fmt::Write as _;

use serde::Serialize;
use tenantry_local::{
    Attempt, Beside, Cancel, CellFailure, CellUp, Change, Contract, DEFAULT_PORT, Home, Listen,
    NotBegun, Request, Rollout, Search, TenantOutputs, UpError, Wanted, WantedCell, last_port,
};
use tenantry_plan::Plan;

use super::differences::{self, DifferenceReport};
use super::{plan, verify, waves};
use crate::application;
use crate::arguments::Up;
use crate::consent::{Question, Said, Terminal, agree};
use crate::failure::Failure;
use crate::outcome::{Outcome, cancel_on_interrupt};
use crate::output::{Output, table};
use crate::planning;
use crate::progress::StepBars;
use crate::project::Project;

/// What a command that deploys wants of it beside that it is made.
pub(super) trait Purpose {
    /// Whether a plan is what the command is for. It is asked before anybody is.
    fn fits(&mut self, plan: &Plan) -> Result<(), Failure> {
        let _ = plan;
        Ok(())
    }

    /// Whether the plan was shown already.
    fn was_shown(&self) -> bool {
        false
    }

    /// It was agreed to: what has to be written down before anything is changed.
    fn agreed(&mut self) -> Result<(), Failure> {
        Ok(())
    }
}

/// `up` wants nothing else.
impl Purpose for () {}

pub(crate) fn run(project: &Project, arguments: &Up, output: &Output) -> Result<Outcome, Failure> {
    let cancel = cancel_on_interrupt()?;
    let Some((cells, left)) = roll_out(project, arguments, &mut (), &cancel, output)? else {
        return Ok(Outcome::Findings);
    };
    let home = Home::of_project(&project.folder);
    let contract = application::of(project).contract;
    output.data(&report(&cells, &left), || human(&cells, &home, &contract))?;
    let tried = told(&cells, output);
    match (left.outcome, left.failure) {
        (Some(outcome), Some(failure)) => {
            output.failure(&failure);
            Ok(outcome)
        }
        (Some(outcome), None) => Ok(outcome),
        (None, Some(failure)) => Err(failure),
        (None, None) => Ok(tried),
    }
}

/// Deploys the platform: verified, shown, agreed to. Nothing when it is breached, and so not
/// deployed. A cell that is not up is a failure.
pub(super) fn deploy(
    project: &Project,
    arguments: &Up,
    purpose: &mut dyn Purpose,
    cancel: &Cancel,
    output: &Output,
) -> Result<Option<Vec<CellUp>>, Failure> {
    match roll_out(project, arguments, purpose, cancel, output)? {
        Some((_, Left { failure: Some(failure), .. })) => Err(failure),
        done => Ok(done.map(|(cells, _)| cells)),
    }
}

/// The same, with the cells that are not up beside those that are.
fn roll_out(
    project: &Project,
    arguments: &Up,
    purpose: &mut dyn Purpose,
    cancel: &Cancel,
    output: &Output,
) -> Result<Option<(Vec<CellUp>, Left)>, Failure> {
    let wanted = wanted(project)?;
    if verify::before_deployment(project, output)? == Outcome::Findings {
        return Ok(None);
    }
    let kept = arguments.plan.as_deref().map(plan::kept).transpose()?;
    let home = Home::of_project(&project.folder);
    let progress = StepBars::new(output);
    let listen = listen(project, &home, arguments.port);
    let search = Search::from_environment();
    let found = Cell::new(None);
    let check = |wave: &[CellUp]| {
        waves::look(project, &home, wave, output, cancel).map_err(|not_clean| {
            found.set(Some(not_clean.outcome));
            not_clean.why
        })
    };
    let sizes = arguments.waves.as_ref().map(|waves| waves.sizes(wanted.cells.len()));
    let rollout = Rollout { jobs: arguments.jobs, waves: sizes.unwrap_or_default(), check: &check };
    let mut refusal = None;
    let mut agreed = |beside: &[Beside]| {
        let gives_up = || cancel.is_cancelled();
        let terminal = Terminal { output, gives_up: &gives_up };
        let agreed = may_change(project, arguments, kept.as_ref(), beside, purpose, &terminal);
        agreed.map_err(|failure| refusal = Some(failure)).is_ok()
    };
    let cells = tenantry_local::up(
        &home,
        &search,
        &listen,
        &wanted,
        &rollout,
        &mut agreed,
        &progress,
        cancel,
    );
    let error = match (cells, refusal) {
        (Err(UpError::NotAgreed), Some(refusal)) => return Err(refusal),
        (Ok(cells), _) => {
            return Ok(Some((cells, Left { outcome: found.get(), ..Left::default() })));
        }
        (Err(error), _) => error,
    };
    let failure = Failure::with_hint(error.to_string(), error.hint());
    match error {
        UpError::Partly { up, failed, not_begun } => {
            let left = Left { failed, not_begun, failure: Some(failure), outcome: found.get() };
            Ok(Some((up, left)))
        }
        _ => Err(failure),
    }
}

/// Tells which calls of the API did not go as they must.
pub(super) fn told(cells: &[CellUp], output: &Output) -> Outcome {
    let wrong: Vec<&Attempt> =
        cells.iter().flat_map(|cell| &cell.attempts).filter(|one| !one.is_ok()).collect();
    if wrong.is_empty() {
        return Outcome::Done;
    }
    output.note(&format!("{} calls did not go as they must:", wrong.len()));
    for attempt in wrong {
        output.note(&format!("  {}", failed(attempt)));
    }
    Outcome::Findings
}

/// What is not up.
#[derive(Default)]
struct Left {
    failed: Vec<CellFailure>,
    not_begun: Vec<NotBegun>,
    failure: Option<Failure>,
    /// How the command ends when a wave was not clean.
    outcome: Option<Outcome>,
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
    purpose: &mut dyn Purpose,
    terminal: &Terminal<'_>,
) -> Result<(), Failure> {
    planning::check_lock(project, beside)?;
    let plan = planning::local(project.platform(), beside);
    if let (Some(kept), Some(file)) = (kept, &arguments.plan) {
        plan::check(kept, file, &plan)?;
    }
    purpose.fits(&plan)?;
    let question = Question::of(&plan, true);
    if question != Question::Nothing && !purpose.was_shown() {
        planning::show(&plan, terminal.output);
    }
    let yes = arguments.yes || kept.is_some();
    agree(&question, Said { yes, names: &arguments.destroy, flag: "--destroy" }, terminal)?;
    purpose.agreed()?;
    // Once a tenant is deployed its addresses are for life, so they are written down before.
    for change in project.write_lock()? {
        terminal.output.note(&format!("platform.lock: {change}"));
    }
    Ok(())
}

/// What every cell needs to be deployed here.
fn wanted(project: &Project) -> Result<Wanted, Failure> {
    let platform = project.platform();
    let cells = planning::cells(platform)?.into_iter().zip(&platform.cells);
    let application = application::of(project);
    let below = application.contract.below();
    let cells = cells.map(|(cell, of)| WantedCell {
        cell,
        tenants: of.tenants.iter().map(|tenant| outputs_of(tenant, below)).collect(),
    });
    Ok(Wanted { cells: cells.collect(), application })
}

/// How a cell's outputs call what is a tenant's.
pub(super) fn outputs_of(tenant: &tenantry_config::Tenant, below: &'static str) -> TenantOutputs {
    let subnets = ["SubnetA", "SubnetB"];
    let subnets = subnets.map(|what| tenantry_blueprint::tenant_output(&tenant.id, what));
    TenantOutputs {
        id: tenant.id.to_string(),
        subnets: subnets.to_vec(),
        suspended: tenant.suspended,
        below,
    }
}

#[derive(Serialize)]
struct Report<'a> {
    cells: Vec<CellReport<'a>>,
    tenants: Vec<TenantReport<'a>>,
    calls: Vec<CallReport<'a>>,
    /// Cells that are not up, and why.
    failed: Vec<LeftReport<'a>>,
    not_begun: Vec<LeftReport<'a>>,
}

#[derive(Serialize)]
struct LeftReport<'a> {
    stack: &'a str,
    reason: String,
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

fn report<'a>(cells: &'a [CellUp], left: &'a Left) -> Report<'a> {
    let reported = |stack: &'a String, reason: String| LeftReport { stack, reason };
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
        failed: left.failed.iter().map(|one| reported(&one.stack, one.error.to_string())).collect(),
        not_begun: left
            .not_begun
            .iter()
            .map(|one| reported(&one.stack, one.reason.clone()))
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

fn human(cells: &[CellUp], home: &Home, contract: &Contract) -> String {
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
        let _ = write!(text, "\n\n{}", commands(first, contract));
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
fn commands(tenant: &tenantry_local::Tenant, contract: &Contract) -> String {
    let (id, endpoint) = (&tenant.id, &tenant.endpoint);
    // As it was called: `tenantry`, or a path such as `target/release/tenantry`.
    let program = std::env::args().next().unwrap_or_else(|| "tenantry".to_owned());
    if let Contract::Services(services) = contract {
        let tried = services.iter().filter_map(|service| service.attempt.as_ref());
        let routes = services.iter().flat_map(|service| &service.routes);
        let Some(request) = tried.map(|(request, _)| request).chain(routes).next() else {
            return String::new();
        };
        let Request { method, path } = request;
        return format!(
            "Try it:\n  \
             TOKEN=$({program} token {id})\n  \
             curl -X {method} -H \"Authorization: Bearer $TOKEN\" {endpoint}{path}"
        );
    }
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
