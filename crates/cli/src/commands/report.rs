//! `tenantry report`, and `verify --report`: the verdict as one HTML page.

use std::path::Path;
use std::process::Command;

use sha2::{Digest as _, Sha256};
use tenantry_config::Platform;
use tenantry_report::{PlatformView, Report, Template, TenantView, page};
use tenantry_verdict::Verdict;

use super::{synth, verify};
use crate::exceptions;
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::output::Output;
use crate::project::{self, Project};

pub(crate) fn run(
    project: &Project,
    out: Option<&Path>,
    output: &Output,
) -> Result<Outcome, Failure> {
    let platform = project.platform();
    let (verdict, templates) = verify::to_report(project, output)?;
    let text = of_platform(platform, &project.folder, &verdict, &templates)?;
    match out {
        Some(file) => {
            write(file, &text)?;
            output.note(&format!("{} is written: {}", file.display(), verdict.outcome().name()));
        }
        None => output.text(text.trim_end())?,
    }
    Ok(verify::ended(&verdict))
}

pub(super) fn write(file: &Path, text: &str) -> Result<(), Failure> {
    project::write(file, text.as_bytes())
}

/// The page of tenantry's own platform.
pub(super) fn of_platform(
    platform: &Platform,
    folder: &Path,
    verdict: &Verdict,
    templates: &[Template],
) -> Result<String, Failure> {
    let title = format!("{} ({})", platform.name, platform.environment_suffix);
    render(&title, folder, verdict, templates, Some(&view(platform)))
}

/// The page of somebody's templates.
pub(super) fn of_files(verdict: &Verdict, templates: &[Template]) -> Result<String, Failure> {
    let title = match templates {
        [one] => one.name.clone(),
        many => format!("{} templates", many.len()),
    };
    render(&title, Path::new("."), verdict, templates, None)
}

fn render(
    title: &str,
    folder: &Path,
    verdict: &Verdict,
    templates: &[Template],
    platform: Option<&PlatformView>,
) -> Result<String, Failure> {
    let (at, commit) = (exceptions::now()?, commit(folder));
    let version = env!("CARGO_PKG_VERSION");
    let commit = commit.as_deref();
    Ok(page(&Report { title, verdict, at: &at, version, commit, templates, platform }))
}

/// A template by its bytes.
pub(super) fn template(name: String, bytes: &[u8]) -> Template {
    let digest = Sha256::digest(bytes);
    Template { name, sha256: digest.iter().map(|byte| format!("{byte:02x}")).collect() }
}

/// The folder's commit, and whether something was changed since.
fn commit(folder: &Path) -> Option<String> {
    let git = |arguments: &[&str]| {
        let done = Command::new("git").arg("-C").arg(folder).args(arguments).output().ok()?;
        done.status.success().then(|| String::from_utf8_lossy(&done.stdout).trim().to_owned())
    };
    let commit = git(&["rev-parse", "HEAD"])?;
    let changed = git(&["status", "--porcelain", "--", "."])?;
    Some(if changed.is_empty() { commit } else { format!("{commit}, with changes") })
}

fn view(platform: &Platform) -> PlatformView {
    let tenants = platform.cells.iter().flat_map(|cell| {
        let mut stores = synth::stores(platform, cell);
        cell.tenants.iter().map(move |tenant| TenantView {
            id: tenant.id.to_string(),
            name: tenant.name.clone(),
            tier: tenant.tier.name.clone(),
            cell: cell.number,
            subnets: tenant.subnets(&platform.vpc_cidr).map(|subnet| subnet.to_string()),
            stores: stores.remove(tenant.id.as_str()).unwrap_or_default(),
        })
    });
    PlatformView {
        region: platform.region.clone(),
        zones: platform.availability_zones.clone(),
        vpc: platform.vpc_cidr.to_string(),
        public_subnets: platform.public_subnets().map(|subnet| subnet.to_string()),
        tenants: tenants.collect(),
    }
}
