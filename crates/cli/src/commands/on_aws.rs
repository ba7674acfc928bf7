//! `--on aws`: the user's own Pulumi, a stack a cell.

mod bars;
mod report;

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;
use tenantry_config::Platform;
use tenantry_plan::{Located, Place as Against, Plan, compare};
use tenantry_pulumi::deploy::{
    Action, DeployError, Deployment, Ended, Progress, Pulumi, Stack, Standing, ensure_project,
    stacks,
};

use bars::CellBars;
use report::{in_words, is_done, told};

use super::waves::Waves;
use super::{down, plan, synth, verify};
use crate::arguments::{Down, Up};
use crate::consent::{Question, Said, Terminal, agree};
use crate::exceptions::day;
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::output::Output;
use crate::planning;
use crate::project::{PULUMI, Project};

/// `up --on aws`: what the engine's preview says is shown, agreed to and done.
pub(crate) fn up(project: &Project, arguments: &Up, output: &Output) -> Result<Outcome, Failure> {
    let engine = Engine::find(project, arguments.jobs)?;
    synth::first_cell_is_there(project)?;
    let _lock = take_lock(project)?;
    if verify::before_deployment(project, output)? == Outcome::Findings {
        return Ok(Outcome::Findings);
    }
    let kept = arguments.plan.as_deref().map(plan::kept).transpose()?;
    let standing = engine.standing()?;
    let now = engine.plan(output)?;
    if let (Some(kept), Some(file)) = (&kept, &arguments.plan) {
        plan::check(kept, file, &now)?;
    }
    planning::show(&now, output);
    let yes = arguments.yes || kept.is_some();
    let said = Said { yes, names: &arguments.destroy, flag: "--destroy" };
    agree(&Question::of(&now, false), said, &engine.terminal(output))?;
    engine.nobody_else_came(&standing)?;
    for change in project.write_lock()? {
        output.note(&format!("platform.lock: {change}"));
    }
    ensure_project(&project.folder, project.platform()).map_err(failed)?;
    match &arguments.waves {
        Some(waves) => engine.roll_out(waves, output),
        None => engine.deploy(Action::Up, output),
    }
}

/// `down --on aws`: what would go is shown, agreed to by the platform's name, and goes.
pub(crate) fn down(
    project: &Project,
    arguments: &Down,
    output: &Output,
) -> Result<Outcome, Failure> {
    let engine = Engine::find(project, arguments.jobs)?;
    let _lock = take_lock(project)?;
    let platform = project.platform();
    let standing = engine.standing()?;
    let (known, _) = engine.known()?;
    let mut cells = Vec::with_capacity(known.len());
    for stack in &known {
        let resources = engine.pulumi.deployed(&project.folder, &stack.name).map_err(failed)?;
        cells.push(tenantry_plan::all_goes(&stack.name, &resources));
    }
    let plan = Plan::new(platform.name.clone(), Against::Aws, cells);
    if !plan.is_empty() {
        planning::show(&plan, output);
        down::nothing_is_protected(&plan)?;
        down::agree_to_all(&platform.name, arguments, &engine.terminal(output))?;
        engine.nobody_else_came(&standing)?;
    }
    ensure_project(&project.folder, platform).map_err(failed)?;
    let outcome = engine.deploy(Action::Destroy, output)?;
    if outcome == Outcome::Done {
        output.note(&what_aws_keeps(platform)?);
    }
    Ok(outcome)
}

/// What `up --on aws` would change.
pub(super) fn plan(
    project: &Project,
    jobs: NonZeroUsize,
    output: &Output,
) -> Result<Plan, Failure> {
    Engine::find(project, jobs)?.plan(output)
}

/// Where the tenants are by the engine's state, each with its cell's number. The stacks are found by their names: which cells
/// there are is what is to be found out.
pub(super) fn located(project: &Project) -> Result<Vec<(u32, Located)>, Failure> {
    let engine = Engine::find(project, NonZeroUsize::MIN)?;
    let mut found = Vec::new();
    for name in engine.pulumi.stacks(&project.folder).map_err(failed)? {
        let Some(cell) = tenantry_pulumi::deploy::cell_of(project.platform(), &name) else {
            continue;
        };
        let state = engine.pulumi.deployed(&project.folder, &name).map_err(failed)?;
        found.extend(tenantry_plan::located_in_state(&state).into_iter().map(|one| (cell, one)));
    }
    Ok(found)
}

/// The lock of this folder: of two commands here one works. Those of other folders and machines are kept apart by the engine's
/// lock of each stack, and by [`Engine::nobody_else_came`].
fn take_lock(project: &Project) -> Result<tenantry_local::Lock, Failure> {
    tenantry_local::Lock::take(&tenantry_local::Home::of_project(&project.folder))
        .map_err(|error| Failure::with_hint(error.to_string(), error.hint()))
}

fn failed(error: DeployError) -> Failure {
    Failure::with_hint(error.to_string(), error.hint())
}

/// The user's Pulumi at a platform.
struct Engine<'p> {
    project: &'p Project,
    pulumi: Pulumi,
    jobs: NonZeroUsize,
    interrupts: Arc<AtomicUsize>,
    gives_up: Box<dyn Fn() -> bool>,
}

impl<'p> Engine<'p> {
    fn find(project: &'p Project, jobs: NonZeroUsize) -> Result<Self, Failure> {
        let program = std::env::current_exe()
            .map_err(|error| Failure::new(format!("cannot tell where tenantry is: {error}")))?;
        let pulumi = Pulumi::find(None, &program).map_err(failed)?;
        let interrupts = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&interrupts);
        ctrlc::set_handler(move || {
            counted.fetch_add(1, Ordering::SeqCst);
        })
        .map_err(|error| Failure::new(format!("cannot watch for Ctrl-C: {error}")))?;
        let asked = Arc::clone(&interrupts);
        let gives_up = Box::new(move || asked.load(Ordering::SeqCst) > 0);
        Ok(Self { project, pulumi, jobs, interrupts, gives_up })
    }

    fn terminal<'a>(&'a self, output: &'a Output) -> Terminal<'a> {
        Terminal { output, gives_up: &self.gives_up }
    }

    /// How the platform's stacks stand. Without a Pulumi.yaml there is none.
    fn standing(&self) -> Result<BTreeMap<String, Standing>, Failure> {
        let folder = &self.project.folder;
        if !folder.join(PULUMI).exists() {
            return Ok(BTreeMap::new());
        }
        let mut standing = self.pulumi.standing(folder).map_err(failed)?;
        let platform = self.project.platform();
        standing.retain(|name, _| tenantry_pulumi::deploy::cell_of(platform, name).is_some());
        Ok(standing)
    }

    /// Whether everything stands as it did when the plan was made: what was agreed to is what is done.
    fn nobody_else_came(&self, before: &BTreeMap<String, Standing>) -> Result<(), Failure> {
        let now = self.standing()?;
        let all: BTreeSet<&String> = before.keys().chain(now.keys()).collect();
        let moved: Vec<&str> = all
            .into_iter()
            .filter(|name| before.get(*name) != now.get(*name))
            .map(String::as_str)
            .collect();
        if moved.is_empty() {
            return Ok(());
        }
        Err(Failure::with_hint(
            format!(
                "somebody else has changed {} since the plan was made; nothing was changed by this command",
                moved.join(", ")
            ),
            "bring platform.toml and platform.lock to what they deployed, and look at the new plan",
        ))
    }

    /// The cells' stacks that are there, and those that are not yet. Without a Pulumi.yaml there is none.
    fn known(&self) -> Result<(Vec<Stack>, Vec<Stack>), Failure> {
        let folder = &self.project.folder;
        let known = if folder.join(PULUMI).exists() {
            self.pulumi.stacks(folder).map_err(failed)?
        } else {
            Vec::new()
        };
        Ok(stacks(self.project.platform())
            .into_iter()
            .partition(|stack| known.contains(&stack.name)))
    }

    /// The plan of what is deployed; the lock is held against it.
    fn plan(&self, output: &Output) -> Result<Plan, Failure> {
        let platform = self.project.platform();
        let (known, new) = self.known()?;
        let steps = self.preview(known, output)?;
        let deployed = steps.iter().flat_map(|(stack, steps)| {
            let located = tenantry_plan::located(steps);
            located.into_iter().map(|tenant| (stack.cell, tenant))
        });
        planning::check_lock_against(self.project, deployed)?;
        let mut cells = Vec::with_capacity(platform.cells.len());
        for cell in &platform.cells {
            let wanted = planning::template(platform, cell)?;
            let found = steps.iter().find(|(stack, _)| stack.cell == cell.number);
            cells.extend(
                found.map(|(stack, steps)| {
                    tenantry_plan::previewed(&stack.name, steps, Some(&wanted))
                }),
            );
            let missing = new.iter().find(|stack| stack.cell == cell.number);
            cells.extend(missing.map(|stack| compare(&stack.name, None, Some(&wanted))));
        }
        Ok(Plan::new(platform.name.clone(), Against::Aws, cells))
    }

    /// What the engine would do to stacks that are there.
    fn preview(
        &self,
        stacks: Vec<Stack>,
        output: &Output,
    ) -> Result<Vec<(Stack, Vec<Value>)>, Failure> {
        if stacks.is_empty() {
            return Ok(Vec::new());
        }
        let steps: Mutex<BTreeMap<u32, Vec<Value>>> = Mutex::default();
        let shown = CellBars::new(output, &stacks);
        let (folder, action) = (&self.project.folder, Action::Preview);
        let deployment = Deployment { folder, action, stacks, jobs: self.jobs };
        let ended = deployment.run(&self.pulumi, &self.interrupts, &|cell, event| match event {
            Progress::Planned(step) => {
                let mut steps = steps.lock().unwrap_or_else(PoisonError::into_inner);
                steps.entry(cell).or_default().push(*step);
            }
            Progress::Ended(Ended::Done(_)) | Progress::Started => {}
            other => shown.tell(cell, other),
        });
        shown.clear();
        let mut steps = steps.into_inner().unwrap_or_else(PoisonError::into_inner);
        let found = ended.map_err(failed)?.into_iter().map(|(stack, ended)| match ended {
            Ended::Done(_) => {
                let steps = steps.remove(&stack.cell).unwrap_or_default();
                Ok((stack, steps))
            }
            ended => Err(Failure::new(format!(
                "the preview of {} did not come to its end: {}; nothing was changed",
                stack.name,
                in_words(&ended)
            ))),
        });
        found.collect()
    }

    /// Deploys wave by wave. A wave begins when all of the one before is done, and the engine finds nothing to change in it.
    fn roll_out(&self, waves: &Waves, output: &Output) -> Result<Outcome, Failure> {
        let mut left = stacks(self.project.platform());
        let mut ended: Vec<(Stack, Ended)> = Vec::with_capacity(left.len());
        let mut stopped: Option<String> = None;
        for size in waves.sizes(left.len()) {
            let wave: Vec<Stack> = left.drain(..size.min(left.len())).collect();
            if let Some(reason) = &stopped {
                let waiting = |stack| (stack, Ended::Waiting { reason: reason.clone() });
                ended.extend(wave.into_iter().map(waiting));
                continue;
            }
            let done = self.work(Action::Up, wave.clone(), output)?;
            let failed = done.iter().find(|(_, ended)| !is_done(ended));
            stopped = match failed {
                Some((stack, _)) => Some(format!("{} of the wave before is not done", stack.name)),
                None => self.not_as_wanted(wave, output)?,
            };
            ended.extend(done);
        }
        let outcome = told(&ended, output)?;
        match stopped {
            Some(reason) if outcome == Outcome::Done => {
                output.note(&format!("The last wave is not clean: {reason}"));
                Ok(Outcome::Findings)
            }
            _ => Ok(outcome),
        }
    }

    /// What the engine would still change in stacks that were deployed just now.
    fn not_as_wanted(&self, wave: Vec<Stack>, output: &Output) -> Result<Option<String>, Failure> {
        let steps = self.preview(wave, output)?;
        let open = steps.iter().find_map(|(stack, steps)| {
            let cell = tenantry_plan::previewed(&stack.name, steps, None);
            let count = cell.changes.len();
            (count > 0).then(|| format!("{count} resources of {} are not as wanted", stack.name))
        });
        Ok(open)
    }

    fn deploy(&self, action: Action, output: &Output) -> Result<Outcome, Failure> {
        let ended = self.work(action, stacks(self.project.platform()), output)?;
        told(&ended, output)
    }

    fn work(
        &self,
        action: Action,
        stacks: Vec<Stack>,
        output: &Output,
    ) -> Result<Vec<(Stack, Ended)>, Failure> {
        let shown = CellBars::new(output, &stacks);
        let deployment =
            Deployment { folder: &self.project.folder, action, stacks, jobs: self.jobs };
        let ended = deployment
            .run(&self.pulumi, &self.interrupts, &|cell, event| shown.tell(cell, event))
            .map_err(failed)?;
        shown.clear();
        Ok(ended)
    }
}

/// What is still there when all stacks are gone, and until when.
fn what_aws_keeps(platform: &Platform) -> Result<String, Failure> {
    let mut text = format!(
        "The stacks are gone. What AWS keeps after that: the keys until {} (KMS takes 7 days at least; until then the \
         deletion can be cancelled)",
        day(KEY_DAYS)?
    );
    // A table is deleted with its recovery as it was last deployed, which may not be what the file says now.
    let backups = if platform.options.point_in_time_recovery {
        format!(
            "a backup of each table until {} (deploy `[tables] point_in_time_recovery = false` before, and there is \
             none)",
            day(BACKUP_DAYS)?
        )
    } else {
        "no backups of the tables, if `point_in_time_recovery = false` was deployed".to_owned()
    };
    text.push_str(&format!("; {backups}; and what somebody exported, such as logs to a bucket."));
    Ok(text)
}

/// Days between a key's deletion and its end.
const KEY_DAYS: u64 = 7;
/// Days that DynamoDB keeps a deleted table's system backup.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/PointInTimeRecovery_Howitworks.html>
const BACKUP_DAYS: u64 = 35;
