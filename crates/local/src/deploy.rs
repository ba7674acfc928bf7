//! Stacks created, updated, mended, and left alone when nothing changed.

use crate::client::{Bucket, Client, ClientError, Stack};
use crate::progress::{Cancel, Progress, Step};
use crate::settings;
use crate::template::{self, LeftOut};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::thread;
use std::time::{Duration, Instant};
use tenantry_packages::Package;

/// The bucket for function code and templates.
pub const CODE_BUCKET: &str = "tenantry-code";

const ASK_EVERY: Duration = Duration::from_millis(20);
/// A stack operation without a new event for this long is taken for one that nobody works on any more.
const STALLED_AFTER: Duration = Duration::from_secs(60);

/// What a stack operation is that was begun before this deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Earlier {
    /// The emulator may still be at it: it is waited for.
    MayGoOn,
    /// The emulator has been started since, so nobody works on it any more.
    IsOver,
}

/// One cell of the platform, as its template says.
#[derive(Clone, Debug)]
pub struct Cell {
    /// The stack's name.
    pub stack: String,
    /// The CloudFormation template, as JSON.
    pub template: String,
    /// Values for the template's parameters.
    pub parameters: BTreeMap<String, String>,
}

/// What a deployment did to one cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployed {
    /// The stack's name.
    pub stack: String,
    /// What was done.
    pub change: Change,
    /// What the emulator cannot make, by name. It is not there; nothing stands in for it.
    pub left_out: Vec<LeftOut>,
    /// The number of resources in the stack.
    pub resources: usize,
    /// The stack's outputs.
    pub outputs: BTreeMap<String, String>,
}

/// What was done to a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It was not there.
    Created,
    /// It was there, half-made: deleted and created.
    Recreated,
    /// Its template or a parameter differed.
    Updated,
    /// It was as it should be; it was not touched.
    Unchanged,
}

impl std::fmt::Display for Change {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(match self {
            Self::Created => "created",
            Self::Recreated => "was half-made, created anew",
            Self::Updated => "updated",
            Self::Unchanged => "unchanged",
        })
    }
}

/// Uploads the archives that are not there yet, under their keys. Returns how many were uploaded.
///
/// # Errors
/// [`ClientError`].
pub(crate) fn upload(client: &Client, packages: &[Package]) -> Result<usize, ClientError> {
    let bucket = Bucket { client, name: CODE_BUCKET };
    bucket.create()?;
    let mut uploaded = 0;
    for package in packages {
        let key = &package.key;
        // The key names the content, so what is there is right.
        if !bucket.has(key)? {
            bucket.put(key, package.bytes.clone())?;
            uploaded += 1;
        }
    }
    Ok(uploaded)
}

/// Brings one cell's stack to its template. A stack that was left half-made by an earlier deployment is mended.
///
/// # Errors
/// [`DeployError`]; the stack is then in a state that the next call mends.
pub fn deploy(
    client: &Client,
    cell: &Cell,
    earlier: Earlier,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<Deployed, DeployError> {
    let (whole, unknown) = read(client, cell)?;
    let (template, left_out) = prepare(&whole, &unknown, client.port());
    let resources =
        template.get("Resources").and_then(Value::as_object).map_or(0, serde_json::Map::len);

    let work = Work { client, cell, progress, cancel, resources };
    let mut change = Change::Created;
    let mut found = client.stack(&cell.stack)?;
    let goes_on = found.as_ref().is_some_and(Stack::is_in_progress);
    if goes_on && earlier == Earlier::MayGoOn {
        found = work.wait(&BTreeSet::new())?;
    }
    if let Some(stack) = &found {
        if is_complete(stack) {
            if stack.parameters == cell.parameters && work.runs(&template)? {
                keep_whole(client, cell)?;
                return Ok(work.deployed(Change::Unchanged, left_out, stack));
            }
            change = Change::Updated;
        } else {
            change = Change::Recreated;
            work.delete()?;
        }
    }
    if cancel.is_cancelled() {
        return Err(DeployError::Cancelled {
            stack: cell.stack.clone(),
            status: "not begun".to_owned(),
        });
    }
    let url = store(client, &format!("{}.json", cell.stack), template.to_string().into_bytes())?;
    let known: BTreeSet<String> = match &found {
        Some(stack) if change == Change::Updated => {
            client.events_of(&stack.id)?.into_iter().map(|event| event.id).collect()
        }
        _ => BTreeSet::new(),
    };
    let operation = if change == Change::Updated { "UpdateStack" } else { "CreateStack" };
    client.write_stack(operation, &cell.stack, &url, &cell.parameters)?;
    let stack = work.wait(&known)?;
    match stack {
        Some(stack) if matches!(stack.status.as_str(), "CREATE_COMPLETE" | "UPDATE_COMPLETE") => {
            keep_whole(client, cell)?;
            Ok(work.deployed(change, left_out, &stack))
        }
        stack => Err(DeployError::Failed {
            stack: cell.stack.clone(),
            status: stack.map_or_else(|| "gone".to_owned(), |stack| stack.status),
            resources: work.failures(&known)?,
        }),
    }
}

/// Deletes a stack and waits until it is gone.
///
/// # Errors
/// [`DeployError`].
pub(crate) fn delete(
    client: &Client,
    stack: &str,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<(), DeployError> {
    let cell =
        Cell { stack: stack.to_owned(), template: String::new(), parameters: BTreeMap::new() };
    Work { client, cell: &cell, progress, cancel, resources: 0 }.delete()
}

/// The template goes through S3: as a request's own text it may have 51,200 bytes at most.
fn store(client: &Client, name: &str, bytes: Vec<u8>) -> Result<String, ClientError> {
    let bucket = Bucket { client, name: CODE_BUCKET };
    bucket.create()?;
    let key = format!("templates/{name}");
    bucket.put(&key, bytes)?;
    Ok(format!("http://127.0.0.1:{}/{CODE_BUCKET}/{key}", client.port()))
}

/// A cell's template, and which of its types the emulator does not know.
fn read(client: &Client, cell: &Cell) -> Result<(Value, BTreeSet<String>), DeployError> {
    let whole: Value = serde_json::from_str(&cell.template).map_err(|error| {
        DeployError::Template { stack: cell.stack.clone(), reason: error.to_string() }
    })?;
    let unknown = client.unknown_types(&template::types(&whole))?;
    Ok((whole, unknown))
}

/// A whole template as it is deployed here, and what it leaves out.
pub(crate) fn prepare(
    whole: &Value,
    unknown: &BTreeSet<String>,
    port: u16,
) -> (Value, Vec<LeftOut>) {
    let mut template = whole.clone();
    let left_out = template::leave_out(&mut template, unknown);
    settings::split_off_gateway_responses(&mut template);
    template::point_to_local_keys(&mut template, port);
    (template, left_out)
}

/// Keeps the whole template of a stack that is deployed: what the stack leaves out is set from it.
fn keep_whole(client: &Client, cell: &Cell) -> Result<(), ClientError> {
    store(client, &whole(&cell.stack), cell.template.clone().into_bytes()).map(drop)
}

/// Waits until no operation goes on that was begun before.
///
/// # Errors
/// [`DeployError`].
pub(crate) fn wait_until_idle(
    client: &Client,
    stack: &str,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<(), DeployError> {
    let cell =
        Cell { stack: stack.to_owned(), template: String::new(), parameters: BTreeMap::new() };
    Work { client, cell: &cell, progress, cancel, resources: 0 }.wait(&BTreeSet::new()).map(drop)
}

fn whole(stack: &str) -> String {
    format!("{stack}.whole.json")
}

/// The whole template that a stack was deployed from last, with what the stack leaves out; `None` when none is kept.
pub(crate) fn whole_template(client: &Client, stack: &str) -> Result<Option<Value>, ClientError> {
    let bucket = Bucket { client, name: CODE_BUCKET };
    let bytes = bucket.get(&format!("templates/{}", whole(stack)))?;
    Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}

pub(crate) fn is_complete(stack: &Stack) -> bool {
    matches!(
        stack.status.as_str(),
        "CREATE_COMPLETE" | "UPDATE_COMPLETE" | "UPDATE_ROLLBACK_COMPLETE"
    )
}

struct Work<'a> {
    client: &'a Client,
    cell: &'a Cell,
    progress: &'a dyn Progress,
    cancel: &'a Cancel,
    resources: usize,
}

impl Work<'_> {
    fn runs(&self, template: &Value) -> Result<bool, DeployError> {
        let text = self.client.template_of(&self.cell.stack)?;
        Ok(serde_json::from_str::<Value>(&text).is_ok_and(|running| running == *template))
    }

    fn deployed(&self, change: Change, left_out: Vec<LeftOut>, stack: &Stack) -> Deployed {
        Deployed {
            stack: stack.name.clone(),
            change,
            left_out,
            resources: self.resources,
            outputs: stack.outputs.clone(),
        }
    }

    /// Asks until no operation is going on. A stalled one gives the stack as it is.
    fn wait(&self, known: &BTreeSet<String>) -> Result<Option<Stack>, DeployError> {
        let step = Step::Deploy(self.cell.stack.clone());
        let mut seen = 0;
        let mut latest = Instant::now();
        loop {
            let Some(stack) = self.client.stack(&self.cell.stack)? else { return Ok(None) };
            if !stack.status.ends_with("_IN_PROGRESS") {
                return Ok(Some(stack));
            }
            if self.cancel.is_cancelled() {
                return Err(DeployError::Cancelled { stack: stack.name, status: stack.status });
            }
            let events = self.client.events_of(&stack.id)?;
            if events.len() > seen {
                seen = events.len();
                latest = Instant::now();
                let new = events.iter().filter(|event| !known.contains(&event.id));
                let done = new.filter(|event| event.status.ends_with("_COMPLETE")).count();
                let what =
                    events.first().map(|event| event.logical_id.as_str()).unwrap_or_default();
                self.progress.advanced(&step, done.min(self.resources), self.resources, what);
            } else if latest.elapsed() > STALLED_AFTER {
                return Ok(Some(stack));
            }
            thread::sleep(ASK_EVERY);
        }
    }

    fn delete(&self) -> Result<(), DeployError> {
        settings::take_away(self.client, &self.cell.stack)?;
        self.client.delete_stack(&self.cell.stack)?;
        let Some(stack) = self.wait(&BTreeSet::new())? else { return Ok(()) };
        Err(DeployError::Failed {
            resources: self.failures(&BTreeSet::new())?,
            stack: stack.name,
            status: stack.status,
        })
    }

    fn failures(&self, known: &BTreeSet<String>) -> Result<Vec<ResourceFailure>, DeployError> {
        let events = match self.client.events_of(&self.cell.stack) {
            Err(ClientError::Refused { .. }) => Vec::new(),
            other => other?,
        };
        let failed = events.into_iter().rev().filter(|event| !known.contains(&event.id));
        Ok(failed
            .filter(|event| event.status.ends_with("_FAILED"))
            .map(|event| ResourceFailure {
                logical_id: event.logical_id,
                kind: event.kind,
                reason: event.reason,
            })
            .collect())
    }
}

/// A resource that could not be made, changed or deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceFailure {
    /// Its logical id.
    pub logical_id: String,
    /// Its type.
    pub kind: String,
    /// What the service said.
    pub reason: String,
}

/// Why a stack is not as it should be.
#[derive(Debug, thiserror::Error)]
pub enum DeployError {
    /// The template is not JSON.
    #[error("the template of {stack} cannot be read: {reason}")]
    Template {
        /// The stack.
        stack: String,
        /// What is wrong.
        reason: String,
    },
    /// The operation ended otherwise than well.
    #[error("{stack} is {status}{}", list(resources))]
    Failed {
        /// The stack.
        stack: String,
        /// Its status.
        status: String,
        /// The resources that failed, the first one first.
        resources: Vec<ResourceFailure>,
    },
    /// Somebody asked to stop.
    #[error("stopped; {stack} is {status}")]
    Cancelled {
        /// The stack.
        stack: String,
        /// Its status when the waiting was given up.
        status: String,
    },
    /// The emulator did not answer or refused.
    #[error(transparent)]
    Client(#[from] ClientError),
}

impl DeployError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Template { .. } => "write it again with `tenantry synth cloudformation`".to_owned(),
            Self::Failed { .. } => {
                "change what the first reason names, then run `tenantry up` again: it begins from what is there".to_owned()
            }
            Self::Cancelled { .. } => "`tenantry up` goes on from here, `tenantry down` takes it away".to_owned(),
            Self::Client(error) => error.hint(),
        }
    }
}

fn list(resources: &[ResourceFailure]) -> String {
    resources.iter().fold(String::new(), |mut text, failure| {
        text.push_str(&format!(
            "\n  {} ({}): {}",
            failure.logical_id, failure.kind, failure.reason
        ));
        text
    })
}
