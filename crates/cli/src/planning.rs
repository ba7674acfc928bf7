//! A plan of what is here against what runs, and what has to hold before one is carried out.

use std::collections::BTreeSet;
use std::path::Path;

use rayon::prelude::*;
use serde_json::Value;
use tenantry_config::{Deployed, Misplaced, Platform};
use tenantry_local::{Beside, Cell, StackState};
use tenantry_plan::cost::Load;
use tenantry_plan::{CellPlan, Located, Place, Plan, compare, half_made, locate};

use crate::commands::synth;
use crate::failure::Failure;
use crate::output::{Output, table};
use crate::project::{LOCK, Project};

/// What every cell is to be deployed from on this machine.
pub(crate) fn cells(platform: &Platform) -> Result<Vec<Cell>, Failure> {
    let cells = platform.cells.iter().map(|cell| {
        Ok(Cell {
            stack: synth::stack_name(platform, cell),
            template: synth::template(platform, cell)?,
            parameters: std::collections::BTreeMap::new(),
        })
    });
    cells.collect()
}

/// The plan of what runs on this machine.
pub(crate) fn local(platform: &Platform, beside: &[Beside]) -> Plan {
    Plan::new(platform.name.clone(), Place::Local, beside.iter().map(cell).collect())
}

fn cell(beside: &Beside) -> CellPlan {
    let Beside { stack, state, running, wanted } = beside;
    match (state, running, wanted) {
        (StackState::HalfMade { served }, Some(running), Some(wanted)) => {
            half_made(stack, running, wanted, *served)
        }
        _ => compare(stack, running.as_ref(), wanted.as_ref()),
    }
}

/// The plan of a platform of which nothing is there yet.
pub(crate) fn of_nothing(platform: &Platform, against: Place) -> Result<Plan, Failure> {
    let plan = |cell| {
        let wanted = template(platform, cell)?;
        Ok(compare(&synth::stack_name(platform, cell), None, Some(&wanted)))
    };
    let cells = platform.cells.par_iter().map(plan).collect::<Result<Vec<_>, Failure>>()?;
    Ok(Plan::new(platform.name.clone(), against, cells))
}

/// The plan of templates that somebody gave: a file for a platform of one cell, or a folder with a file a cell, as
/// `synth cloudformation --out` names them.
pub(crate) fn templates(platform: &Platform, against: &Path) -> Result<Plan, Failure> {
    let plan = |cell| {
        let stack = synth::stack_name(platform, cell);
        let file = if against.is_dir() {
            against.join(format!("{stack}{SUFFIX}"))
        } else if platform.cells.len() == 1 {
            against.to_owned()
        } else {
            return Err(Failure::with_hint(
                format!("the platform has {} cells, a template each", platform.cells.len()),
                format!("name a folder with a file STACK{SUFFIX} a cell"),
            ));
        };
        let running = if against.is_dir() && !file.exists() { None } else { Some(read(&file)?) };
        let wanted = template(platform, cell)?;
        Ok(compare(&stack, running.as_ref(), Some(&wanted)))
    };
    // Cell by cell on all cores: what is in memory at a time is two templates a core.
    let mut plans = platform.cells.par_iter().map(plan).collect::<Result<Vec<_>, Failure>>()?;
    let known: BTreeSet<String> = plans.iter().map(|cell| cell.stack.clone()).collect();
    for file in std::fs::read_dir(against).into_iter().flatten().flatten() {
        let name = file.file_name().to_string_lossy().into_owned();
        let Some(stack) = name.strip_suffix(SUFFIX) else { continue };
        if cell_number(platform, stack).is_some() && !known.contains(stack) {
            plans.push(compare(stack, Some(&read(&file.path())?), None));
        }
    }
    Ok(Plan::new(platform.name.clone(), Place::Templates, plans))
}

const SUFFIX: &str = ".template.json";

/// A template in JSON, or the answer of CloudFormation's GetTemplate with one in it.
fn read(file: &Path) -> Result<Value, Failure> {
    let name = file.display();
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::new(format!("cannot read {name}: {error}")))?;
    parse(&text).map_err(|error| {
        Failure::with_hint(
            format!("{name}: {error}"),
            "give a template in JSON, or what `aws cloudformation get-template --stack-name NAME` prints",
        )
    })
}

fn parse(text: &str) -> Result<Value, String> {
    let mut value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if let Some(body) = value.get_mut("TemplateBody") {
        value = body.take();
        if let Value::String(text) = &value {
            value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        }
    }
    if value.get("Resources").is_some_and(Value::is_object) {
        Ok(value)
    } else {
        Err("there are no `Resources` in it".to_owned())
    }
}

/// Templates of what is deployed, each with the stack that it is of: the one that its file is named after, else the
/// platform's only one.
pub(crate) fn given(
    platform: &Platform,
    files: &[std::path::PathBuf],
) -> Result<Vec<(String, Value)>, Failure> {
    let templates = files.iter().map(|file| {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let named =
            name.strip_suffix(SUFFIX).filter(|stack| cell_number(platform, stack).is_some());
        let stack = match (named, platform.cells.as_slice()) {
            (Some(stack), _) => stack.to_owned(),
            (None, [cell]) if files.len() == 1 => synth::stack_name(platform, cell),
            _ => {
                return Err(Failure::with_hint(
                    format!("nothing says which cell {} is of", file.display()),
                    format!("name the files after their stacks: STACK{SUFFIX}"),
                ));
            }
        };
        Ok((stack, read(file)?))
    });
    templates.collect()
}

/// The number of a platform's cell by its stack's name.
pub(crate) fn cell_number(platform: &Platform, stack: &str) -> Option<u32> {
    let rest = stack.strip_prefix(&platform.name)?.strip_prefix("-cell-")?;
    rest.strip_suffix(&platform.environment_suffix)?.strip_suffix('-')?.parse().ok()
}

/// The template of a cell, as a value.
pub(crate) fn template(
    platform: &Platform,
    cell: &tenantry_config::Cell,
) -> Result<Value, Failure> {
    let stack = synth::stack_name(platform, cell);
    parse(&synth::template(platform, cell)?)
        .map_err(|error| Failure::new(format!("{stack}: {error}")))
}

/// Where the tenants are that run from templates, each with its stack.
///
/// # Errors
/// When a tenant's subnets are no slot's.
pub(crate) fn deployed<'t>(
    platform: &Platform,
    templates: impl IntoIterator<Item = (&'t str, &'t Value)>,
) -> Result<Vec<Deployed>, Failure> {
    let of_cells = templates
        .into_iter()
        .filter_map(|(stack, template)| Some((cell_number(platform, stack)?, template)));
    settled(of_cells.flat_map(|(cell, template)| {
        locate(template).into_iter().map(move |tenant| (cell, tenant))
    }))
}

/// The tenants that were found, each with its cell's number.
///
/// # Errors
/// When a tenant's subnets are no slot's.
pub(crate) fn settled(
    located: impl Iterator<Item = (u32, Located)>,
) -> Result<Vec<Deployed>, Failure> {
    let deployed = located.map(|(cell, tenant)| {
        let subnets = tenant.subnets.iter();
        let subnets: Vec<(&str, &str)> =
            subnets.map(|(_, zone, block)| (zone.as_str(), block.as_str())).collect();
        Deployed::from_subnets(&tenant.tenant, cell, &tenant.vpc, &subnets)
            .map_err(|error| Failure::new(format!("what runs of cell {cell}: {error}")))
    });
    deployed.collect()
}

/// Whether `platform.lock` has every tenant where it runs on this machine.
///
/// # Errors
/// When it has not, with both.
pub(crate) fn check_lock(project: &Project, beside: &[Beside]) -> Result<(), Failure> {
    let whole = beside.iter().filter(|one| one.state != StackState::HalfMade { served: false });
    let running = whole.filter_map(|one| Some((one.stack.as_str(), one.running.as_ref()?)));
    told(project, &deployed(project.platform(), running)?)
}

/// Whether `platform.lock` has every tenant where it was found, by its cell's number.
///
/// # Errors
/// When it has not, with both.
pub(crate) fn check_lock_against(
    project: &Project,
    located: impl Iterator<Item = (u32, Located)>,
) -> Result<(), Failure> {
    told(project, &settled(located)?)
}

fn told(project: &Project, deployed: &[Deployed]) -> Result<(), Failure> {
    let misplaced = tenantry_config::misplaced(&project.loaded, deployed);
    if misplaced.is_empty() {
        return Ok(());
    }
    let what = if project.has_lock {
        format!("{LOCK} is not the lock of what runs")
    } else {
        format!("there is no {LOCK}, and these tenants run")
    };
    let rows = misplaced.iter().map(|one| {
        let Misplaced { id, runs, locked } = one;
        let locked =
            locked.map_or_else(|| "does not know it".to_owned(), |place| place.to_string());
        vec![id.to_string(), runs.to_string(), locked]
    });
    Err(Failure::with_hint(
        format!("{what}:\n{}", table(&["TENANT", "RUNS IN", "PLATFORM.LOCK"], rows)),
        format!(
            "addresses are for life: restore {LOCK} from version control, or write it anew from what runs with \
             `tenantry lock recover`"
        ),
    ))
}

/// A plan for people, in colours where `output` has them, with its cost at the load.
pub(crate) fn human(plan: &Plan, load: Load, paint: impl Fn(&str, &str) -> String) -> String {
    tenantry_plan::render::human(plan, load, &|role, text| paint(colour(role), text))
}

/// SGR parameters (ECMA-48) of a role.
const fn colour(role: tenantry_plan::render::Role) -> &'static str {
    use tenantry_plan::render::Role;
    match role {
        Role::Strong => "1",
        Role::Good => "32",
        Role::Bad => "31",
        Role::Open => "33",
        Role::Faint => "2",
    }
}

/// Shows a plan on standard error, before somebody is asked.
pub(crate) fn show(plan: &Plan, output: &Output) {
    output.note(&human(plan, Load::default(), |colour, text| output.noted(colour, text)));
}
