//! A change of tenants in platform.toml, deployed on this machine: made as a whole, or told how far it got.

use std::collections::BTreeSet;

use tenantry_config::{EditError, Edited};
use tenantry_local::{Cancel, CellUp, Home, Kept};
use tenantry_plan::{Plan, State, Touches};

use crate::arguments::Up;
use crate::commands::up::{self, Purpose};
use crate::failure::Failure;
use crate::output::Output;
use crate::planning;
use crate::project::{PLATFORM, Project};

/// What a change asks for.
pub(super) struct Change<'a> {
    pub(super) project: &'a Project,
    /// The tenants that it is about: no other may be touched.
    pub(super) tenants: BTreeSet<String>,
    pub(super) yes: bool,
    /// The plan was shown and agreed to before.
    pub(super) shown: bool,
    /// Whose data may end.
    pub(super) destroy: Vec<String>,
    pub(super) cancel: &'a Cancel,
    pub(super) output: &'a Output,
}

/// What came of it.
pub(super) enum Came {
    /// It is deployed.
    Deployed { project: Box<Project>, cells: Vec<CellUp> },
    /// The platform would be breached: nothing was changed.
    Breached,
}

/// platform.toml, to be edited.
pub(super) fn edited(project: &Project) -> Result<Edited, Failure> {
    let (name, text) = project.file();
    Edited::new(text).map_err(|error| Failure::new(format!("{name}: {error}")))
}

/// An edit that did not go.
pub(super) fn not_edited(project: &Project, error: &EditError) -> Failure {
    let (name, _) = project.file();
    Failure::with_hint(
        format!("{name}: {error}; nothing was changed"),
        "`tenantry tenant list` shows those that there are",
    )
}

/// The files alone.
pub(super) fn write_down(
    project: &Project,
    edited: &Edited,
    output: &Output,
) -> Result<(), Failure> {
    let next = project.with_platform(edited.to_string())?;
    next.write_platform()?;
    for change in next.write_lock()? {
        output.note(&format!("platform.lock: {change}"));
    }
    output.note(&format!("Wrote {PLATFORM}. `tenantry up` deploys it."));
    Ok(())
}

impl Change<'_> {
    /// Deploys what was edited. The files are written once it was agreed to, before anything is changed; when it fails they
    /// are put back if nothing of it is deployed, and otherwise it is told what stands.
    pub(super) fn make(&self, edited: &Edited) -> Result<Came, Failure> {
        let next = self.project.with_platform(edited.to_string())?;
        let before = match self.kept(self.project)? {
            // Nothing is started for what is refused anyway.
            Kept::Nothing => return Err(nothing_runs()),
            Kept::Running(beside) => Some(planning::local(self.project.platform(), &beside)),
            Kept::Stopped => None,
        };
        let arguments = Up {
            plan: None,
            yes: self.yes,
            destroy: self.destroy.clone(),
            on: crate::arguments::Place::Local,
            waves: None,
            jobs: std::num::NonZeroUsize::MIN,
            port: None,
        };
        let mut only = Only { of: self, next: &next, written: false };
        match up::deploy(&next, &arguments, &mut only, self.cancel, self.output) {
            Ok(Some(cells)) => {
                let project = Project::open_with_code(Some(&self.project.folder))?;
                Ok(Came::Deployed { project: Box::new(project), cells })
            }
            Ok(None) => Ok(Came::Breached),
            Err(failure) if !only.written => Err(failure),
            Err(failure) => Err(self.stands(failure, before, &next)),
        }
    }

    /// What lies between a project and what runs; nothing where that cannot be told.
    fn planned(&self, project: &Project) -> Option<Plan> {
        match self.kept(project).ok()? {
            Kept::Running(beside) => Some(planning::local(project.platform(), &beside)),
            Kept::Stopped | Kept::Nothing => None,
        }
    }

    fn kept(&self, project: &Project) -> Result<Kept, Failure> {
        let cells = planning::cells(project.platform())?;
        tenantry_local::kept(&Home::of_project(&self.project.folder), &cells)
            .map_err(|error| Failure::with_hint(error.to_string(), error.hint()))
    }

    /// A failure, and what stands after it.
    fn stands(&self, failure: Failure, before: Option<Plan>, next: &Project) -> Failure {
        let kept = || format!("{PLATFORM} has it, so that the same command again goes on");
        let what = match (before, self.planned(self.project)) {
            (Some(before), Some(now)) if before == now => match self.project.put_back() {
                Ok(()) => {
                    format!(
                        "Nothing of it is deployed: {PLATFORM} and platform.lock are as they were."
                    )
                }
                Err(_) => format!(
                    "Nothing of it is deployed, but {PLATFORM} could not be put back as it was: take it out yourself."
                ),
            },
            (_, None) => format!("What of it is deployed could not be asked; {}.", kept()),
            _ if self.planned(next).is_some_and(|left| left.is_empty()) => {
                format!("It is deployed; what failed came after that. {}.", kept())
            }
            _ => format!("A part of it is deployed; {}.", kept()),
        };
        match failure {
            Failure::Other { message, hint } => {
                Failure::Other { message: format!("{message}\n{what}"), hint }
            }
            other @ Failure::Configuration(_) => other,
        }
    }
}

fn nothing_runs() -> Failure {
    Failure::with_hint(
        "nothing of the platform is deployed on this machine; nothing was changed",
        "deploy it with `tenantry up` first, or say `--no-deploy` to change the files alone",
    )
}

/// The change and nothing else.
struct Only<'a> {
    of: &'a Change<'a>,
    next: &'a Project,
    written: bool,
}

impl Purpose for Only<'_> {
    fn fits(&mut self, plan: &Plan) -> Result<(), Failure> {
        if plan.cells.iter().all(|cell| cell.state == State::New) {
            return Err(nothing_runs());
        }
        let others: BTreeSet<&str> = plan
            .changes()
            .flat_map(|(_, change)| {
                let touches = match &change.touches {
                    Touches::Tenants(tenants) => Some(tenants.iter().map(String::as_str)),
                    // What the cell shares is shown, and asked about.
                    Touches::Everyone => None,
                };
                touches.into_iter().flatten().chain(change.tenant.as_deref())
            })
            .filter(|tenant| !self.of.tenants.contains(*tenant))
            .collect();
        if others.is_empty() {
            return Ok(());
        }
        let others: Vec<&str> = others.into_iter().collect();
        Err(Failure::with_hint(
            format!(
                "this would change {} as well: {PLATFORM} has changes that are not deployed; nothing was changed",
                others.join(", ")
            ),
            "look at them with `tenantry plan`, and deploy them with `tenantry up` first",
        ))
    }

    fn was_shown(&self) -> bool {
        self.of.shown
    }

    fn agreed(&mut self) -> Result<(), Failure> {
        self.written = true;
        self.next.write_platform()
    }
}
