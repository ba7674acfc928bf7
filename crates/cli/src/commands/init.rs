//! `tenantry init`: a platform.toml to start from.

use std::path::Path;

use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::output::Output;
use crate::project::{self, LOCK, PLATFORM, PULUMI, Project};

pub(crate) fn run(folder: Option<&Path>, output: &Output) -> Result<Outcome, Failure> {
    let folder = folder.unwrap_or(Path::new("."));
    let file = folder.join(PLATFORM);
    for name in [PLATFORM, LOCK, PULUMI] {
        let file = folder.join(name);
        if file.exists() {
            return Err(Failure::with_hint(
                format!("{} exists already", file.display()),
                "change it, or choose another folder with --directory",
            ));
        }
    }
    std::fs::create_dir_all(folder).map_err(|error| {
        Failure::new(format!("cannot make the folder {}: {error}", folder.display()))
    })?;
    project::write(&file, tenantry_config::default_platform_toml().as_bytes())?;
    let project = Project::open(Some(folder))?;
    project.write_lock()?;
    let pulumi = tenantry_pulumi::deploy::project_file(project.platform());
    project::write(&folder.join(PULUMI), pulumi.as_bytes())?;
    output.note(&format!(
        "Wrote {} with {} tenants, {LOCK}, which keeps their addresses, and {PULUMI}, by which \
         Pulumi deploys them. Commit all three.\nNext: tenantry up",
        file.display(),
        project.platform().tenants().count()
    ));
    Ok(Outcome::Done)
}
