//! The plan as data.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::cost::Use;
use crate::differences::Difference;

/// What a deployment of a platform would change.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Plan {
    /// The version of this form, 1.
    pub version: u32,
    /// The platform's name.
    pub platform: String,
    /// What it is compared with.
    pub against: Place,
    /// Its cells: first those that are wanted, then those that run and are not wanted any more.
    pub cells: Vec<CellPlan>,
}

/// What a platform is compared with.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// What runs on this machine.
    Local,
    /// What runs on AWS, by the engine's word.
    Aws,
    /// Templates that somebody gave.
    Templates,
}

/// What would become of one cell's stack.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct CellPlan {
    /// The stack.
    pub stack: String,
    /// What is there now.
    pub state: State,
    /// What changes, by logical id.
    pub changes: Vec<Change>,
    /// The stack's outputs whose values change.
    pub outputs: Vec<String>,
    /// The tenants that it has now or is to have.
    pub tenants: BTreeSet<String>,
    /// How many resources of each type it is to have.
    pub counts: BTreeMap<String, usize>,
    /// How much of what holds data is to be protected.
    pub protection: Protection,
    /// What is billed of it.
    #[serde(default)]
    pub billing: Use,
    /// The SHA-256 of what runs, in hexadecimal; nothing for a stack that is not there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub running: Option<String>,
    /// The SHA-256 of what is wanted; nothing for a stack that is to go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wanted: Option<String>,
}

/// How much of what holds data is protected against deletion.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Protection {
    /// How many resources hold data.
    pub holds_data: usize,
    /// How many of them outlive a deployment that would delete them.
    pub protected: usize,
}

/// What there is of a stack before the deployment.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Nothing.
    New,
    /// A stack that is whole.
    Deployed,
    /// A stack that an earlier deployment left half-made: it is deleted and made anew.
    HalfMade,
    /// A stack that no cell of the platform is any more: it is deleted.
    NotWanted,
}

/// What happens to a resource.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// It is deleted.
    Delete,
    /// Another one takes its place.
    Replace,
    /// It is changed where it is.
    Update,
    /// It is made.
    Create,
}

/// One resource that changes.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Change {
    /// Its logical id.
    pub id: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its name, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The tenant whose it is; nothing for what tenants share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// What happens to it.
    pub action: Action,
    /// Where it differs. Nothing for what is created or deleted.
    pub properties: Vec<Difference>,
    /// What it holds that is lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loses: Option<String>,
    /// It stays in the account when it leaves the stack.
    #[serde(default)]
    pub retained: bool,
    /// Whom it touches.
    pub touches: Touches,
}

/// Whom a change touches.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Touches {
    /// These tenants alone, in order. A plan may have hundreds of thousands of these, most of them of one tenant.
    Tenants(Box<[String]>),
    /// What all of the cell's tenants share, without naming any.
    Everyone,
}

impl Plan {
    /// The version of a plan's form that this program writes, and the only one that it reads.
    pub const VERSION: u32 = 1;

    /// A plan of cells.
    #[must_use]
    pub const fn new(platform: String, against: Place, cells: Vec<CellPlan>) -> Self {
        Self { version: Self::VERSION, platform, against, cells }
    }

    /// Every change with its cell.
    pub fn changes(&self) -> impl Iterator<Item = (&CellPlan, &Change)> {
        self.cells.iter().flat_map(|cell| cell.changes.iter().map(move |change| (cell, change)))
    }

    /// Whether a deployment would change nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cells.iter().all(|cell| cell.changes.is_empty() && cell.outputs.is_empty())
    }

    /// Whether a deployment would only create: nothing that runs is touched.
    #[must_use]
    pub fn only_creates(&self) -> bool {
        self.changes().all(|(_, change)| change.action == Action::Create)
    }

    /// What holds data and would go, by what has to be said to agree: the tenant whose it is, or the stack for what its
    /// tenants share.
    #[must_use]
    pub fn at_stake(&self) -> BTreeMap<&str, Vec<&Change>> {
        let mut found: BTreeMap<&str, Vec<&Change>> = BTreeMap::new();
        for (cell, change) in self.changes().filter(|(_, change)| change.loses.is_some()) {
            let owner = change.tenant.as_deref().unwrap_or(&cell.stack);
            found.entry(owner).or_default().push(change);
        }
        found
    }

    /// The tenants that a deployment touches: by a resource of their own, by what is shared and names them, or because
    /// what their cell shares changes for all.
    #[must_use]
    pub fn touched(&self) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        for (cell, change) in self.changes() {
            found.extend(change.tenant.as_deref());
            match &change.touches {
                Touches::Tenants(tenants) => found.extend(tenants.iter().map(String::as_str)),
                Touches::Everyone => found.extend(cell.tenants.iter().map(String::as_str)),
            }
        }
        found
    }

    /// The tenants that a deployment does not touch.
    #[must_use]
    pub fn untouched(&self) -> BTreeSet<&str> {
        let touched = self.touched();
        let all = self.cells.iter().flat_map(|cell| &cell.tenants).map(String::as_str);
        all.filter(|tenant| !touched.contains(tenant)).collect()
    }

    /// How many resources each action is done to.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<Action, usize> {
        let mut counts = BTreeMap::new();
        for (_, change) in self.changes() {
            *counts.entry(change.action).or_default() += 1;
        }
        counts
    }
}
