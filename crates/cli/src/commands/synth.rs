//! `tenantry synth`: what other tools deploy.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;
use serde::Serialize;
use tenantry_blueprint::{Code, Emptying, cell as build};
use tenantry_config::{Cell, Platform};
use tenantry_local::{Home, Search, Tools};
use tenantry_resources::{Graph, Package};

use crate::arguments::Synth;
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::output::Output;
use crate::project::{self, Project};

pub(crate) fn run(project: &Project, command: &Synth, output: &Output) -> Result<Outcome, Failure> {
    first_cell_is_there(project)?;
    match command {
        Synth::Cloudformation { out, packages } => {
            cloudformation(project, out.as_deref(), *packages, output)?;
            if out.is_none() {
                // Somebody looks; what is not written down yet is told.
                for change in &project.loaded.lock_changes {
                    output.note(&format!("platform.lock does not say yet: {change}"));
                }
                return Ok(Outcome::Done);
            }
        }
        Synth::Pulumi { out } => pulumi(project, out, output)?,
        Synth::Terraform { out } => terraform(project, out, output)?,
    }
    for change in project.write_lock()? {
        output.note(&format!("platform.lock: {change}"));
    }
    Ok(Outcome::Done)
}

/// What the first cell has for all must not go while others live.
pub(super) fn first_cell_is_there(project: &Project) -> Result<(), Failure> {
    tenantry_blueprint::check_first_cell(project.platform())
        .map_err(|gone| Failure::with_hint(gone.to_string(), gone.hint()))
}

fn cloudformation(
    project: &Project,
    out: Option<&Path>,
    packages: bool,
    output: &Output,
) -> Result<(), Failure> {
    let platform = project.platform();
    match out {
        Some(folder) => {
            write_templates(platform, folder, output)?;
            if packages {
                write_packages(project, &|_| true, output, |package| folder.join(&package.key))?;
            }
        }
        None => match platform.cells.as_slice() {
            [cell] => output.text(template(platform, cell)?.trim_end())?,
            cells => {
                return Err(Failure::with_hint(
                    format!("the platform has {} cells, a template each", cells.len()),
                    "name a folder for them with --out",
                ));
            }
        },
    }
    Ok(())
}

/// A folder a cell, each a Pulumi project of its own with the archives of the function code.
fn pulumi(project: &Project, out: &Path, output: &Output) -> Result<(), Failure> {
    const ARCHIVES: &str = "packages";
    let platform = project.platform();
    for cell in &platform.cells {
        let name = stack_name(platform, cell);
        let folder = out.join(&name);
        let plan = tenantry_pulumi::plan(platform, cell);
        let description = description(platform, cell);
        let program = tenantry_pulumi::yaml(&plan, &name, &description, Path::new(ARCHIVES));
        make_folder(&folder)?;
        let file = folder.join(project::PULUMI);
        project::write(&file, program.as_bytes())?;
        output.note(&format!("Wrote {}", file.display()));
        write_packages(project, &|_| true, output, |package| {
            folder.join(ARCHIVES).join(&package.file_name)
        })?;
    }
    Ok(())
}

/// A folder a cell, each a Terraform root module with the archives of the function code.
fn terraform(project: &Project, out: &Path, output: &Output) -> Result<(), Failure> {
    let platform = project.platform();
    for cell in &platform.cells {
        let folder = out.join(stack_name(platform, cell));
        let graph = build(platform, cell, &CODE, Emptying::ByEngine);
        let description = description(platform, cell);
        let module = tenantry_terraform::root_module(&graph, &platform.region, &description);
        make_folder(&folder)?;
        let file = folder.join(tenantry_terraform::FILE);
        project::write(&file, module.as_bytes())?;
        output.note(&format!("Wrote {}", file.display()));
        let needed = tenantry_terraform::packages(&graph);
        let needed = |key: &str| needed.iter().any(|package| package.key == key);
        write_packages(project, &needed, output, |package| {
            folder.join(tenantry_terraform::PACKAGES).join(&package.file_name)
        })?;
    }
    Ok(())
}

fn description(platform: &Platform, cell: &Cell) -> String {
    format!("{}, cell {}: {} tenants", platform.name, cell.number, cell.tenants.len())
}

/// The name of a cell's stack: `acme-cell-1-prod`.
pub(crate) fn stack_name(platform: &Platform, cell: &Cell) -> String {
    format!("{}-cell-{}-{}", platform.name, cell.number, platform.environment_suffix)
}

/// The template of one cell.
pub(crate) fn template(platform: &Platform, cell: &Cell) -> Result<String, Failure> {
    tenantry_cloudformation::template(&graph(platform, cell), &description(platform, cell))
        .map_err(|too_large| Failure::new(format!("cell {}: {too_large}", cell.number)))
}

/// A resource by its names.
#[derive(Serialize)]
pub(crate) struct Named {
    pub(crate) id: String,
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    pub(crate) name: Option<String>,
}

/// The resources that a tenant alone has.
pub(crate) fn resources_of(platform: &Platform, cell: &Cell, tenant: &str) -> Vec<Named> {
    graph(platform, cell)
        .nodes()
        .iter()
        .filter(|node| node.component.name == tenant)
        .map(|node| Named {
            id: node.id.to_string(),
            kind: tenantry_cloudformation::type_name(&node.resource),
            name: node.resource.name().and_then(|name| name.as_literal().map(str::to_owned)),
        })
        .collect()
}

/// The names of what holds each tenant's items, by the tenant's id.
pub(super) fn stores(platform: &Platform, cell: &Cell) -> BTreeMap<String, Vec<String>> {
    let mut stores: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for node in graph(platform, cell).nodes() {
        if tenantry_cloudformation::type_name(&node.resource) == "AWS::DynamoDB::Table" {
            let name = node.resource.name().and_then(|name| name.as_literal().map(str::to_owned));
            stores.entry(node.component.name.clone()).or_default().extend(name);
        }
    }
    stores
}

fn graph(platform: &Platform, cell: &Cell) -> Graph {
    build(platform, cell, &CODE, Emptying::ByFunction)
}

/// The packages by their names; which they are is known without building them.
static CODE: LazyLock<Code> = LazyLock::new(|| {
    let package =
        |code: tenantry_packages::Code| Package { name: code.name().into(), key: code.key() };
    Code {
        api: package(tenantry_packages::Code::Api),
        authorizer: package(tenantry_packages::Code::Authorizer),
        empty_bucket: package(tenantry_packages::Code::EmptyBucket),
    }
});

/// Cell by cell on all cores: what is in memory at a time is a template a core.
fn write_templates(platform: &Platform, folder: &Path, output: &Output) -> Result<(), Failure> {
    make_folder(folder)?;
    let bytes = AtomicU64::new(0);
    platform.cells.par_iter().try_for_each(|cell| {
        let template = template(platform, cell)?;
        bytes.fetch_add(template.len() as u64, Ordering::Relaxed);
        let file = folder.join(format!("{}.template.json", stack_name(platform, cell)));
        project::write(&file, template.as_bytes())
    })?;
    output.note(&format!(
        "Wrote {} to {} ({:.1} MB, {} tenants)",
        match platform.cells.len() {
            1 => "1 template".to_owned(),
            cells => format!("{cells} templates"),
        },
        folder.display(),
        bytes.into_inner() as f64 / 1e6,
        platform.tenants().count()
    ));
    Ok(())
}

/// The archives of function code whose keys are needed, each in its `place`.
fn write_packages(
    project: &Project,
    is_needed: &dyn Fn(&str) -> bool,
    output: &Output,
    place: impl Fn(&tenantry_packages::Package) -> PathBuf,
) -> Result<(), Failure> {
    let tools = Tools::find(&Search::from_environment())
        .map_err(|error| Failure::with_hint(error.to_string(), error.hint()))?;
    let (npm, cache) = (tools.npm(), Home::of_project(&project.folder).packages());
    // The API that comes with tenantry is of no use beside services of the user's.
    let is_used = |code: &tenantry_packages::Code| {
        *code != tenantry_packages::Code::Api || project.code.is_empty()
    };
    let ours = tenantry_packages::Code::ALL.into_iter().filter(is_used);
    let ours = ours.filter(|code| is_needed(&code.key())).map(|code| code.package(&npm, &cache));
    let own = project.code.iter().filter(|code| is_needed(&code.key()));
    for package in ours.chain(own.map(|code| code.package(&npm, &cache))) {
        let package =
            package.map_err(|error| Failure::with_hint(error.to_string(), error.hint()))?;
        let file = place(&package);
        if let Some(folder) = file.parent() {
            make_folder(folder)?;
        }
        project::write(&file, &package.bytes)?;
        output.note(&format!(
            "Wrote {} ({} KB)",
            file.display(),
            package.bytes.len().div_ceil(1000)
        ));
    }
    Ok(())
}

fn make_folder(folder: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(folder).map_err(|error| {
        Failure::new(format!("cannot make the folder {}: {error}", folder.display()))
    })
}
