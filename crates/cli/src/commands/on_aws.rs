//! `--on aws`: the user's own Pulumi, a stack a cell.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use serde::Serialize;
use serde_json::Value;
use tenantry_config::Platform;
use tenantry_plan::{Located, Place as Against, Plan, compare};
use tenantry_pulumi::deploy::{
    Action, DeployError, Deployment, Ended, Progress, Pulumi, Stack, ensure_project, stacks,
};

use super::{down, plan, synth, verify};
use crate::arguments::{Down, Up};
use crate::consent::{Question, Said, Terminal, agree};
use crate::exceptions::day;
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::output::{Output, table};
use crate::planning;
use crate::project::{PULUMI, Project};

/// `up --on aws`: what the engine's preview says is shown, agreed to and done.
pub(crate) fn up(project: &Project, arguments: &Up, output: &Output) -> Result<Outcome, Failure> {
    let engine = Engine::find(project, arguments.jobs)?;
    synth::first_cell_is_there(project)?;
    if verify::before_deployment(project, output)? == Outcome::Findings {
        return Ok(Outcome::Findings);
    }
    let kept = arguments.plan.as_deref().map(plan::kept).transpose()?;
    let now = engine.plan(output)?;
    if let (Some(kept), Some(file)) = (&kept, &arguments.plan) {
        plan::check(kept, file, &now)?;
    }
    planning::show(&now, output);
    let yes = arguments.yes || kept.is_some();
    let said = Said { yes, names: &arguments.destroy, flag: "--destroy" };
    agree(&Question::of(&now, false), said, &engine.terminal(output))?;
    for change in project.write_lock()? {
        output.note(&format!("platform.lock: {change}"));
    }
    ensure_project(&project.folder, project.platform()).map_err(failed)?;
    engine.deploy(Action::Up, output)
}

/// `down --on aws`: what would go is shown, agreed to by the platform's name, and goes.
pub(crate) fn down(
    project: &Project,
    arguments: &Down,
    output: &Output,
) -> Result<Outcome, Failure> {
    let engine = Engine::find(project, arguments.jobs)?;
    let platform = project.platform();
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

    fn deploy(&self, action: Action, output: &Output) -> Result<Outcome, Failure> {
        let stacks = stacks(self.project.platform());
        let shown = CellBars::new(output, &stacks);
        let deployment =
            Deployment { folder: &self.project.folder, action, stacks, jobs: self.jobs };
        let ended = deployment
            .run(&self.pulumi, &self.interrupts, &|cell, event| shown.tell(cell, event))
            .map_err(failed)?;
        shown.clear();
        output.data(&report(&ended), || human(&ended))?;
        let all_done = ended.iter().all(|(_, ended)| matches!(ended, Ended::Done(_)));
        Ok(if all_done { Outcome::Done } else { Outcome::Undecided })
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

/// Progress of each cell on standard error.
struct CellBars<'a> {
    output: &'a Output,
    bars: MultiProgress,
    cells: Mutex<BTreeMap<u32, (String, ProgressBar)>>,
}

impl<'a> CellBars<'a> {
    fn new(output: &'a Output, stacks: &[Stack]) -> Self {
        let bars = MultiProgress::new();
        let style = ProgressStyle::with_template("{prefix:24} {bar:30} {pos:>4} of {len} {msg}");
        let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = |stack: &Stack| {
            let length = u64::try_from(stack.resources).unwrap_or_default();
            let bar = if output.is_live() {
                bars.add(ProgressBar::new(length).with_style(style.clone()))
            } else {
                ProgressBar::hidden()
            };
            bar.set_prefix(stack.name.clone());
            (stack.cell, (stack.name.clone(), bar))
        };
        let cells = Mutex::new(stacks.iter().map(bar).collect());
        Self { output, bars, cells }
    }

    fn tell(&self, cell: u32, event: Progress) {
        let cells = self.cells.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((name, bar)) = cells.get(&cell) else { return };
        match event {
            Progress::Started => self.line(&format!("{name}: started")),
            Progress::Doing { operation, resource } => {
                bar.set_message(format!("{operation} {resource}"));
            }
            Progress::Done { .. } => bar.inc(1),
            Progress::Told { severity, message, resource } if severity != "info" => {
                let resource = resource.map(|name| format!("{name}: ")).unwrap_or_default();
                self.line(&format!("{name}: {severity}: {resource}{}", message.trim_end()));
            }
            Progress::Told { .. } | Progress::Planned(_) => {}
            // The reasons have been told, and stand once more in what is printed in the end.
            Progress::Ended(Ended::Failed { .. }) => self.line(&format!("{name}: failed")),
            Progress::Ended(ended) => self.line(&format!("{name}: {}", in_words(&ended))),
        }
    }

    /// A line that stays.
    fn line(&self, text: &str) {
        if self.output.is_live() {
            let _ = self.bars.println(text);
        } else {
            self.output.note(text);
        }
    }

    fn clear(&self) {
        let _ = self.bars.clear();
    }
}

#[derive(Serialize)]
struct Report<'a> {
    stack: &'a str,
    cell: u32,
    result: &'static str,
    operations: BTreeMap<&'a str, u64>,
    reasons: &'a [String],
}

fn report(ended: &[(Stack, Ended)]) -> Vec<Report<'_>> {
    ended.iter().map(|(stack, ended)| report_of(stack, ended)).collect()
}

fn report_of<'a>(stack: &'a Stack, ended: &'a Ended) -> Report<'a> {
    let (result, operations, reasons): (_, _, &[String]) = match ended {
        Ended::Done(operations) => {
            let operations = operations.iter().map(|(name, count)| (name.as_str(), *count));
            ("done", operations.collect(), &[])
        }
        Ended::Failed { reasons, .. } => ("failed", BTreeMap::new(), reasons),
        Ended::Waiting { reason } => ("waiting", BTreeMap::new(), std::slice::from_ref(reason)),
        Ended::Cancelled => ("cancelled", BTreeMap::new(), &[]),
    };
    Report { stack: &stack.name, cell: stack.cell, result, operations, reasons }
}

fn human(ended: &[(Stack, Ended)]) -> String {
    table(
        &["STACK", "CELL", "RESULT"],
        ended.iter().map(|(stack, ended)| {
            vec![stack.name.clone(), stack.cell.to_string(), in_words(ended)]
        }),
    )
}

fn in_words(ended: &Ended) -> String {
    match ended {
        Ended::Done(operations) => {
            let counts = operations.iter().filter(|(name, _)| *name != "same");
            let counts: Vec<String> =
                counts.map(|(name, count)| format!("{count} {name}")).collect();
            if counts.is_empty() { "no change".to_owned() } else { counts.join(", ") }
        }
        Ended::Failed { reasons, hint } => {
            let mut text = format!("failed: {}", reasons.join("; "));
            if let Some(hint) = hint {
                text.push_str(&format!(" ({hint})"));
            }
            text
        }
        Ended::Waiting { reason } => format!("not begun: {reason}"),
        Ended::Cancelled => "cancelled".to_owned(),
    }
}
