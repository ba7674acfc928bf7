//! Driving the user's own `pulumi` for every cell: in parallel, with progress, and so that no stack stays locked.

mod cell;
mod events;
#[cfg(test)]
mod tests;
mod tool;

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use tenantry_blueprint::FIRST_CELL;
use tenantry_config::{Cell, Platform};

use crate::{aws, program};

pub use tool::{MINIMUM_VERSION, Pulumi, Standing, ensure_project};

/// What to do with the stacks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Action {
    /// Show what `Up` would do.
    Preview,
    /// Make them as the platform says.
    Up,
    /// Look at what is there.
    Refresh,
    /// Take them down.
    Destroy,
}

impl Action {
    /// What a cell waits for that is not in the first turn.
    fn waits_for(self) -> &'static str {
        match self {
            Self::Destroy => {
                "the first cell has the audit trail and the role for access logs of all cells, so it goes when the \
                 others are gone"
            }
            _ => {
                "the first cell has the audit trail and the role for access logs of all cells, so the others come when \
                 it is there"
            }
        }
    }
}

/// A deployment of some cells of a platform.
#[derive(Clone, Debug)]
pub struct Deployment<'a> {
    /// The platform's folder, with `platform.toml` in it.
    pub folder: &'a Path,
    /// What to do.
    pub action: Action,
    /// The stacks, one a cell.
    pub stacks: Vec<Stack>,
    /// How many cells are worked on at once.
    pub jobs: NonZeroUsize,
}

/// A cell's stack.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Stack {
    /// The cell's number.
    pub cell: u32,
    /// The stack's name.
    pub name: String,
    /// How many resources of the provider's the cell has.
    pub resources: usize,
}

/// Something that happens while a cell is worked on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Progress {
    /// The work on it begins.
    Started,
    /// A resource is being made, changed or deleted.
    Doing {
        /// What is done: `create`, `update`, `delete`, ...
        operation: String,
        /// The resource's name.
        resource: String,
    },
    /// That is done, or it was found to be as it should.
    Done {
        /// What was done: `same` for nothing.
        operation: String,
        /// The resource's name.
        resource: String,
    },
    /// The engine tells something.
    Told {
        /// `info`, `warning` or `error`.
        severity: String,
        /// What it tells.
        message: String,
        /// The resource it is about.
        resource: Option<String>,
    },
    /// A step of a preview, as the engine's log of events has it (`StepEventMetadata`).
    Planned(Box<serde_json::Value>),
    /// The work on it is over.
    Ended(Ended),
}

/// What became of a cell.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Ended {
    /// All is as it should be; how many resources each operation was done to.
    Done(BTreeMap<String, u64>),
    /// The engine has failed.
    Failed {
        /// Why, as the engine put it.
        reasons: Vec<String>,
        /// What to do, where that is known.
        hint: Option<String>,
    },
    /// It was not begun: the first cell, which has what is there once for all, comes first and goes last.
    Waiting {
        /// For what.
        reason: String,
    },
    /// It was interrupted, or never begun because of that. It may have come to its end all the same: the engine does not
    /// always tell.
    Cancelled,
}

/// Why nothing could be deployed at all.
#[derive(Debug, thiserror::Error)]
pub enum DeployError {
    /// There is no `pulumi` to be found.
    #[error("`pulumi` is not on the PATH")]
    Missing,
    /// Its version is below [`MINIMUM_VERSION`], or cannot be told.
    #[error("`pulumi` is version {found}; {} or newer is needed", MINIMUM_VERSION.join("."))]
    TooOld {
        /// The version it says it has.
        found: String,
    },
    /// `pulumi` refused something that comes before the deployment.
    #[error("`pulumi {command}` failed: {reason}")]
    Refused {
        /// The command.
        command: String,
        /// What it said.
        reason: String,
    },
    /// The machine refused.
    #[error("cannot {action}: {error}")]
    Io {
        /// What was tried.
        action: String,
        /// Why it failed.
        error: io::Error,
    },
}

impl DeployError {
    /// What to do about it.
    pub fn hint(&self) -> String {
        let version = MINIMUM_VERSION.join(".");
        match self {
            Self::Missing | Self::TooOld { .. } => format!(
                "install Pulumi {version} or newer (https://www.pulumi.com/docs/install/), or deploy what \
                 `tenantry synth cloudformation` writes"
            ),
            Self::Refused { reason, .. } => way_back(reason).unwrap_or(
                "choose where Pulumi keeps its state with `pulumi login`, and give its passphrase in \
                 PULUMI_CONFIG_PASSPHRASE if that is not Pulumi's own service",
            )
            .to_owned(),
            Self::Io { .. } => "check that the folder can be written and the disk is not full".to_owned(),
        }
    }
}

/// The stacks of a platform's cells.
pub fn stacks(platform: &Platform) -> Vec<Stack> {
    let stack = |cell: &Cell| Stack {
        cell: cell.number,
        name: program::stack_name(platform, cell),
        resources: program::plan(platform, cell).resource_count(),
    };
    platform.cells.iter().map(stack).collect()
}

/// The number of the cell that a stack of the platform's is, by its name.
pub fn cell_of(platform: &Platform, stack: &str) -> Option<u32> {
    let rest = stack.strip_prefix(&platform.environment_suffix)?;
    if rest.is_empty() { Some(FIRST_CELL) } else { rest.strip_prefix("-cell-")?.parse().ok() }
}

/// The text of the `Pulumi.yaml` that makes a platform's folder a project.
pub fn project_file(platform: &Platform) -> String {
    format!("name: {}\ndescription: A multi-tenant platform\nruntime: tenantry\n", platform.name)
}

impl Deployment<'_> {
    /// Deploys, and returns what became of each stack, in the order of the stacks.
    ///
    /// The first cell goes up before the others and down after them, and if what comes before did not end well, the rest
    /// is not begun.
    ///
    /// `interrupts` counts the user's wishes to end: with the first, what is in flight finishes and the state is saved;
    /// with the second, it is dropped, and the stacks' locks are taken away. `progress` is called with a cell's number, by
    /// several threads.
    ///
    /// # Errors
    /// When nothing could be begun.
    pub fn run(
        &self,
        pulumi: &Pulumi,
        interrupts: &AtomicUsize,
        progress: &(dyn Fn(u32, Progress) + Sync),
    ) -> Result<Vec<(Stack, Ended)>, DeployError> {
        pulumi.ensure_stacks(self.folder, &self.stacks)?;
        let mut ended = BTreeMap::new();
        for turn in self.turns() {
            let unfinished = ended.values().any(|end| !matches!(end, Ended::Done(_)));
            if unfinished && interrupts.load(Ordering::SeqCst) == 0 {
                for (place, stack) in turn {
                    let end = Ended::Waiting { reason: self.action.waits_for().to_owned() };
                    progress(stack.cell, Progress::Ended(end.clone()));
                    ended.insert(place, end);
                }
            } else {
                ended.extend(self.at_once(turn, pulumi, interrupts, progress));
            }
        }
        Ok(self.stacks.iter().cloned().zip(ended.into_values()).collect())
    }

    /// The stacks with their places, in the turns in which they are worked on.
    fn turns(&self) -> Vec<Vec<(usize, &Stack)>> {
        let all = self.stacks.iter().enumerate();
        let (first, others): (Vec<_>, Vec<_>) =
            all.partition(|(_, stack)| stack.cell == FIRST_CELL);
        match self.action {
            Action::Up => vec![first, others],
            Action::Destroy => vec![others, first],
            Action::Preview | Action::Refresh => vec![[first, others].concat()],
        }
    }

    /// Works on stacks, several at once.
    fn at_once(
        &self,
        stacks: Vec<(usize, &Stack)>,
        pulumi: &Pulumi,
        interrupts: &AtomicUsize,
        progress: &(dyn Fn(u32, Progress) + Sync),
    ) -> BTreeMap<usize, Ended> {
        let count = stacks.len();
        let waiting: Mutex<VecDeque<(usize, &Stack)>> = Mutex::new(stacks.into());
        let ended: Mutex<BTreeMap<usize, Ended>> = Mutex::default();
        let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        std::thread::scope(|scope| {
            for _ in 0..self.jobs.get().min(count) {
                scope.spawn(|| {
                    while let Some((place, stack)) = next() {
                        let tell = |event| progress(stack.cell, event);
                        let run =
                            cell::Run { pulumi, folder: self.folder, action: self.action, stack };
                        let end = run.to_its_end(interrupts, &tell);
                        tell(Progress::Ended(end.clone()));
                        ended.lock().unwrap_or_else(PoisonError::into_inner).insert(place, end);
                    }
                });
            }
        });
        ended.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What to do about what the engine says, where that is known.
fn hint(reasons: &[String]) -> Option<String> {
    let said = |text: &str| reasons.iter().any(|reason| reason.contains(text));
    if said("no resource plugin") || said("pulumi-resource-aws") {
        let version = aws::VERSION;
        return Some(format!(
            "install the aws plugin: `pulumi plugin install resource aws {version}`"
        ));
    }
    if said("is currently locked") {
        return Some(
            "somebody else is at work on the stack; if nobody is, take the lock away with `pulumi cancel`"
                .to_owned(),
        );
    }
    // API Gateway's own words, for a region whose settings have no role that may write logs.
    if said("CloudWatch Logs role ARN must be set in account settings") {
        return Some(
            "the account has no role for access logs: say `[api] account_log_role = \"set\"`, and the first cell sets one"
                .to_owned(),
        );
    }
    if let Some(hint) = reasons.iter().find_map(|reason| way_back(reason)) {
        return Some(hint.to_owned());
    }
    if said("already exists") {
        return Some(
            "it was made without the engine hearing of it: take it into the stack with `pulumi import`, or \
             delete it"
                .to_owned(),
        );
    }
    None
}

/// What to do about a state that the engine cannot read, if that is what it says.
fn way_back(reason: &str) -> Option<&'static str> {
    let reason = reason.trim_end();
    // A folder keeps what is to be known of each file in another one, which is not written in one step. The whole text is
    // looked at: connections end with such words too.
    if reason == "error: EOF" || reason.ends_with("failed to load checkpoint: EOF") {
        return Some(
            "an engine that was killed cut short a note beside a stack's state, the state itself is whole: in the \
             folder .pulumi/stacks of the state delete the empty file that ends with .attrs, then `pulumi cancel` and \
             `pulumi refresh`",
        );
    }
    reason.contains("unexpected end of JSON input").then_some(
        "a stack's state is cut short: in the folder .pulumi/stacks of the state copy what was before its last change, \
         STACK.json.bak, to STACK.json, then `pulumi cancel` and `pulumi refresh`",
    )
}

/// A file or folder that could not be made or read.
fn cannot(action: impl Into<String>) -> impl FnOnce(io::Error) -> DeployError {
    let action = action.into();
    move |error| DeployError::Io { action, error }
}
