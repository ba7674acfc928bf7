//! What runs on this machine, read as an auditor would who may only look.

use crate::client::{Bucket, Call, Client, ClientError};
use crate::deploy::CODE_BUCKET;
use crate::emulator::Emulator;
use crate::home::Home;
use crate::settings;
use crate::status::StatusError;
use crate::template;
use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use tenantry_deployed::{Answer, Ask, Deployed, Marks, ReadError, Request};

/// A stack as it runs beside the template that it ought to run from.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// The stack's name.
    pub stack: String,
    /// The template that is wanted, with the one address that differs on this machine.
    pub wanted: Value,
    /// What is there; nothing when there is no such stack.
    pub deployed: Option<Deployed>,
}

/// Reads every stack; `None` when no emulator runs. `marks` need not know what the stacks hold.
///
/// # Errors
/// [`ReadingError`].
pub fn read(
    home: &Home,
    wanted: &[(String, Value)],
    marks: &Marks,
) -> Result<Option<Vec<Reading>>, ReadingError> {
    if Emulator::find(home).map_err(StatusError::from)?.is_none() {
        return Ok(None);
    }
    let client = Client::administrator(home).map_err(StatusError::from)?;
    let code = code(&client, wanted).map_err(StatusError::from)?;
    let mut stacks = Vec::new();
    let mut known = BTreeSet::new();
    for stack in client.all_stacks().map_err(StatusError::from)? {
        let mut physical = client.resources_of(&stack.name).map_err(StatusError::from)?;
        physical.extend(settings::made_beside(&client, &stack.name).map_err(StatusError::from)?);
        known.extend(physical.values().cloned());
        let mut stack = stack.as_deployed(physical);
        stack.code.clone_from(&code);
        stacks.push(stack);
    }
    let marks = Marks { known, ..marks.clone() };
    let mut found = Vec::with_capacity(wanted.len());
    for (name, template) in wanted {
        let mut wanted = template.clone();
        template::point_to_local_keys(&mut wanted, client.port());
        let stack = stacks.iter().find(|stack| stack.name == *name);
        let deployed = match stack {
            Some(stack) => {
                Some(tenantry_deployed::read(&client, stack, &wanted, &marks, &settings::not_held)?)
            }
            None => None,
        };
        found.push(Reading { stack: name.clone(), wanted, deployed });
    }
    Ok(Some(found))
}

/// The archives of function code that the templates name, by their hashes.
fn code(
    client: &Client,
    wanted: &[(String, Value)],
) -> Result<BTreeMap<String, String>, ClientError> {
    let resources =
        wanted.iter().filter_map(|(_, template)| template.get("Resources")?.as_object());
    let keys = resources
        .flatten()
        .filter_map(|(_, body)| body.pointer("/Properties/Code/S3Key")?.as_str());
    let bucket = Bucket { client, name: CODE_BUCKET };
    let mut found = BTreeMap::new();
    for key in keys.collect::<BTreeSet<_>>() {
        if let Some(bytes) = bucket.get(key)? {
            found.insert(key.to_owned(), BASE64_STANDARD.encode(Sha256::digest(&bytes)));
        }
    }
    Ok(found)
}

impl Ask for Client {
    fn ask(&self, request: &Request) -> Result<Answer, String> {
        let answer = self.send(Call {
            service: request.service,
            method: request.method,
            path: &request.path,
            headers: request.headers.clone(),
            body: request.body.clone().into_bytes(),
        });
        match answer {
            Ok(answer) => Ok(Answer { status: answer.status, body: answer.text() }),
            Err(ClientError::Unreachable { reason, .. }) => Err(reason),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// Why what runs could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadingError {
    /// What is deployed could not be told.
    #[error(transparent)]
    Status(#[from] StatusError),
    /// A service could not be asked.
    #[error(transparent)]
    Read(#[from] ReadError),
}

impl ReadingError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Status(error) => error.hint(),
            Self::Read(ReadError::Silent { .. }) => {
                "see .tenantry/emulator.log; `tenantry start` starts it again with everything that it has".to_owned()
            }
            Self::Read(ReadError::Refused { .. }) => {
                "`tenantry drift --policy` prints what whoever reads must be allowed to do".to_owned()
            }
            Self::Read(ReadError::Unexpected { .. }) => {
                "this is a fault of tenantry or of the service; please report it with the answer".to_owned()
            }
        }
    }
}
