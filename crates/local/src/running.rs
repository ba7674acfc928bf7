//! What runs on this machine beside what is wanted. Looking changes nothing.

use crate::client::{Client, ClientError, Stack};
use crate::deploy::{Cell, is_complete, prepare, whole_template};
use crate::emulator::{Emulator, EmulatorError};
use crate::home::Home;
use crate::start::is_kept;
use crate::status::StatusError;
use crate::template;
use serde_json::Value;

/// One stack: its template as it was deployed from, and the one it is to have.
#[derive(Clone, Debug, PartialEq)]
pub struct Beside {
    /// The stack's name.
    pub stack: String,
    /// What is there of it.
    pub state: StackState,
    /// The template that it runs from.
    pub running: Option<Value>,
    /// The template that it is to run from; nothing when no cell is called so.
    pub wanted: Option<Value>,
}

/// What is there of a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StackState {
    /// Nothing.
    Missing,
    /// All of it.
    Whole,
    /// Part of it: it cannot be updated, only made anew.
    HalfMade {
        /// It had been whole before, so that something may be kept in it.
        served: bool,
    },
}

/// What this machine keeps of a platform.
#[derive(Clone, Debug, PartialEq)]
pub enum Kept {
    /// Nothing.
    Nothing,
    /// A state on disk, while no emulator runs that could say what is in it.
    Stopped,
    /// This runs.
    Running(Vec<Beside>),
}

/// Asks what runs here beside what is wanted.
///
/// # Errors
/// [`StatusError`].
pub fn kept(home: &Home, wanted: &[Cell]) -> Result<Kept, StatusError> {
    let found = match Emulator::find(home) {
        Err(EmulatorError::Silent { .. } | EmulatorError::Outdated { .. }) => None,
        other => other?,
    };
    if found.is_some() {
        return Ok(Kept::Running(beside(&Client::administrator(home)?, wanted)?));
    }
    Ok(if is_kept(home) { Kept::Stopped } else { Kept::Nothing })
}

/// The wanted stacks in their order, then those that no cell is any more.
pub(crate) fn beside(client: &Client, wanted: &[Cell]) -> Result<Vec<Beside>, ClientError> {
    let stacks = client.all_stacks()?;
    let mut found = Vec::with_capacity(wanted.len());
    for cell in wanted {
        let stack = stacks.iter().find(|stack| stack.name == cell.stack);
        // A template that is no JSON is told when it is deployed.
        let whole = serde_json::from_str(&cell.template).unwrap_or(Value::Null);
        found.push(match stack {
            None => Beside {
                stack: cell.stack.clone(),
                state: StackState::Missing,
                running: None,
                wanted: Some(whole),
            },
            Some(stack) => one(client, stack, Some(whole))?,
        });
    }
    for stack in &stacks {
        if wanted.iter().all(|cell| cell.stack != stack.name) {
            found.push(one(client, stack, None)?);
        }
    }
    Ok(found)
}

/// Both whole templates, if the one that is kept is the one that the stack was made from; else both as they are deployed
/// here.
fn one(client: &Client, stack: &Stack, wanted: Option<Value>) -> Result<Beside, ClientError> {
    let state = if is_complete(stack) {
        StackState::Whole
    } else {
        // A stack of these has never been whole, or its deletion was agreed to before.
        let never = ["CREATE_", "ROLLBACK_", "REVIEW_", "DELETE_"];
        StackState::HalfMade { served: !never.iter().any(|word| stack.status.starts_with(word)) }
    };
    let text = client.template_of(&stack.name)?;
    let deployed: Value = serde_json::from_str(&text).map_err(|error| {
        ClientError::unexpected("cloudformation", "GetTemplate", &error.to_string())
    })?;
    let kept = whole_template(client, &stack.name)?;
    let mut types = template::types(&deployed);
    for template in kept.iter().chain(&wanted) {
        types.extend(template::types(template));
    }
    let unknown = client.unknown_types(&types)?;
    let here = |whole: &Value| prepare(whole, &unknown, client.port()).0;
    let (running, wanted) = match kept.filter(|kept| here(kept) == deployed) {
        Some(kept) => (kept, wanted),
        None => (deployed, wanted.map(|wanted| here(&wanted))),
    };
    Ok(Beside { stack: stack.name.clone(), state, running: Some(running), wanted })
}
