//! What is deployed on this machine.

use crate::client::{Client, ClientError, Stack};
use crate::emulator::{Emulator, EmulatorError};
use crate::home::Home;
use crate::settings::{self, Difference};
use std::collections::BTreeMap;

/// A tenant, and the names of the stack outputs that tell where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantOutputs {
    /// The tenant's id.
    pub id: String,
    /// The outputs that hold its subnets' ids.
    pub subnets: Vec<String>,
    /// It is stopped at the door.
    pub suspended: bool,
    /// What is below its path in its address, such as `/users`.
    pub below: &'static str,
}

/// A tenant as deployed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenant {
    /// Its id.
    pub id: String,
    /// Its address on this machine, for as long as the platform has its name and its port.
    pub endpoint: String,
    /// Its address at the API that serves it now.
    pub api: String,
    /// Its subnets' ids, in the order of the zones.
    pub subnets: Vec<String>,
    /// It is stopped at the door: its routes answer 403.
    pub suspended: bool,
}

/// Where a platform is on this machine, whatever its APIs are: displayed as `http://{name}.localhost:{port}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The platform's name.
    pub name: String,
    /// The emulator's port.
    pub port: u16,
}

impl std::fmt::Display for Address {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "http://{}.localhost:{}", self.name, self.port)
    }
}

/// Where a cell's API and its users are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The REST API's id.
    pub api: String,
    /// The stage.
    pub stage: String,
    /// The user pool's id.
    pub user_pool: String,
    /// The app client's id.
    pub app_client: String,
}

impl Endpoint {
    /// Reads the outputs `ApiAddress`, `UserPoolId` and `UserPoolClientId`; `None` when one of them is missing.
    #[must_use]
    pub fn from_outputs(outputs: &BTreeMap<String, String>) -> Option<Self> {
        // https://{api}.execute-api.{region}.amazonaws.com/{stage}
        let (host, stage) = outputs.get("ApiAddress")?.strip_prefix("https://")?.split_once('/')?;
        Some(Self {
            api: host.split('.').next()?.to_owned(),
            stage: stage.to_owned(),
            user_pool: outputs.get("UserPoolId")?.clone(),
            app_client: outputs.get("UserPoolClientId")?.clone(),
        })
    }

    /// The API's own address on this machine, which changes with the API. The name resolves to 127.0.0.1 where the system
    /// follows RFC 6761; elsewhere it goes into the Host header.
    #[must_use]
    pub fn address(&self, port: u16) -> String {
        format!("http://{}.execute-api.localhost:{port}/{}", self.api, self.stage)
    }

    /// The tenants of the cell as deployed, at the platform's address.
    #[must_use]
    pub fn tenants(
        &self,
        platform: &Address,
        outputs: &BTreeMap<String, String>,
        wanted: &[TenantOutputs],
    ) -> Vec<Tenant> {
        let of = |tenant: &TenantOutputs| Tenant {
            id: tenant.id.clone(),
            endpoint: format!("{platform}/tenants/{}{}", tenant.id, tenant.below),
            api: format!("{}/tenants/{}{}", self.address(platform.port), tenant.id, tenant.below),
            subnets: tenant.subnets.iter().filter_map(|name| outputs.get(name).cloned()).collect(),
            suspended: tenant.suspended,
        };
        wanted.iter().map(of).collect()
    }
}

/// A stack as deployed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StackStatus {
    /// Its name.
    pub name: String,
    /// Its status, in CloudFormation's words.
    pub status: String,
    /// Its outputs.
    pub outputs: BTreeMap<String, String>,
}

/// What is going on on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The emulator's process id.
    pub pid: u32,
    /// Its port on 127.0.0.1.
    pub port: u16,
    /// Where the platform is.
    pub address: Address,
    /// What is deployed on it.
    pub stacks: Vec<StackStatus>,
}

/// Asks the running emulator what is deployed; `None` when none runs.
///
/// # Errors
/// [`StatusError`].
pub fn status(home: &Home) -> Result<Option<Status>, StatusError> {
    let Some(emulator) = Emulator::find(home)? else { return Ok(None) };
    let stacks = Client::administrator(home)?.all_stacks()?;
    let read = |stack: Stack| StackStatus {
        name: stack.name,
        status: stack.status,
        outputs: stack.outputs,
    };
    Ok(Some(Status {
        pid: emulator.pid(),
        port: emulator.port(),
        address: Address { name: emulator.name().to_owned(), port: emulator.port() },
        stacks: stacks.into_iter().map(read).collect(),
    }))
}

/// What of each stack is not on this machine as it would be on AWS, asked anew; empty when no emulator runs.
///
/// # Errors
/// [`StatusError`].
pub fn differences(home: &Home) -> Result<BTreeMap<String, Vec<Difference>>, StatusError> {
    if Emulator::find(home)?.is_none() {
        return Ok(BTreeMap::new());
    }
    let client = Client::administrator(home)?;
    let stacks = client.all_stacks()?.into_iter();
    stacks
        .map(|stack| Ok((stack.name.clone(), settings::look(&client, &stack.name)?.differences)))
        .collect()
}

/// Why the state of this machine could not be told.
#[derive(Debug, thiserror::Error)]
pub enum StatusError {
    /// The emulator runs but does not answer.
    #[error(transparent)]
    Emulator(#[from] EmulatorError),
    /// A call failed.
    #[error(transparent)]
    Client(#[from] ClientError),
}

impl StatusError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Emulator(error) => error.hint(),
            Self::Client(error) => error.hint(),
        }
    }
}
