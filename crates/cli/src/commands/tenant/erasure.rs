//! What a removal writes down before it begins, and certifies when it is over.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use tenantry_archive::{
    Certificate, Deleted, Entry, Exported, KeyEnd, Ledger, Trace, Whose, now, time_text,
};
use tenantry_config::{Cell, Platform, Tenant};
use tenantry_local::{Deletions, Home, Stores};

use crate::commands::synth;
use crate::failure::Failure;
use crate::project::{LEDGER, Project};

/// The kinds of entries of the ledger.
pub(super) const BEGUN: &str = "removal-begun";
pub(super) const ERASED: &str = "erased";

/// A removal that was agreed to: all that is needed to end it, also after the tenant is in no file any more.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Removal {
    pub(super) of: Whose,
    pub(super) stack: String,
    pub(super) user_pool: String,
    pub(super) resources: Vec<Resource>,
    pub(super) users: u64,
    pub(super) export: Option<Exported>,
    pub(super) begun: String,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Resource {
    pub(super) id: String,
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) physical_id: String,
}

impl Removal {
    /// What is to go of a tenant that runs.
    pub(super) fn of(
        project: &Project,
        cell: &Cell,
        tenant: &Tenant,
        stores: &Stores,
        export: Option<Exported>,
    ) -> Result<Self, Failure> {
        let platform = project.platform();
        let stack = synth::stack_name(platform, cell);
        let home = Home::of_project(&project.folder);
        let physical = tenantry_local::physical_ids(&home, &stack)
            .map_err(|error| Failure::with_hint(error.to_string(), error.hint()))?;
        let users = tenantry_local::count_users(&home, stores)?;
        let resources = synth::resources_of(platform, cell, tenant.id.as_str());
        Ok(Self {
            of: Whose {
                platform: platform.name.clone(),
                tenant: tenant.id.to_string(),
                name: tenant.name.clone(),
                tier: tenant.tier.name.clone(),
                place: format!("cell {}, slot {}", cell.number, tenant.slot),
            },
            stack,
            user_pool: stores.user_pool.clone(),
            users,
            resources: resources
                .into_iter()
                .map(|one| Resource {
                    // What the emulator cannot make has no physical id.
                    physical_id: physical.get(&one.id).cloned().unwrap_or_default(),
                    kind: one.kind.to_owned(),
                    id: one.id,
                })
                .filter(|one| !one.physical_id.is_empty())
                .collect(),
            export,
            begun: now(),
        })
    }

    /// The removal of a tenant that was begun last and has not ended.
    pub(super) fn pending(ledger: &Ledger, tenant: &str) -> Result<Option<Self>, Failure> {
        let of_tenant = |entry: &&Entry| entry.tenant == tenant;
        match ledger.entries().rev().find(of_tenant) {
            Some(entry) if entry.kind == BEGUN => {
                let read = serde_json::from_value(entry.body.clone());
                read.map(Some).map_err(|error| {
                    let number = entry.number;
                    Failure::new(format!("{LEDGER}: entry {number} cannot be read: {error}"))
                })
            }
            _ => Ok(None),
        }
    }

    pub(super) fn stores(&self) -> Stores {
        Stores {
            tenant: self.of.tenant.clone(),
            tables: Vec::new(),
            user_pool: self.user_pool.clone(),
        }
    }

    /// The certificate, once all is deleted.
    pub(super) fn certificate(&self, project: &Project) -> Result<Certificate, Failure> {
        let home = Home::of_project(&project.folder);
        let ids: BTreeSet<&str> = self.resources.iter().map(|one| one.id.as_str()).collect();
        let keys = self.resources.iter().filter(|one| one.kind == "AWS::KMS::Key");
        let keys: Vec<&str> = keys.map(|one| one.physical_id.as_str()).collect();
        let Deletions { operation, events, left, keys } =
            tenantry_local::deletions(&home, &self.stack, &ids, &keys)
                .map_err(|error| Failure::with_hint(error.to_string(), error.hint()))?;
        if !left.is_empty() {
            return Err(Failure::with_hint(
                format!("{} still has {}: nothing is certified", self.stack, left.join(", ")),
                "run the same command again",
            ));
        }
        let deleted = self.resources.iter().map(|one| {
            let event = events
                .iter()
                .find(|event| event.logical_id == one.id && event.physical_id == one.physical_id);
            Deleted {
                id: one.id.clone(),
                kind: one.kind.clone(),
                physical_id: one.physical_id.clone(),
                event: event.map(|event| event.event.clone()),
                at: event.map(|event| event.at.clone()),
            }
        });
        let keys = keys.into_iter().map(|key| KeyEnd {
            key: key.key,
            state: key.state,
            ends: key.at.map(time_text),
        });
        Ok(Certificate {
            of: self.of.clone(),
            ran_on: "the emulator of this machine".to_owned(),
            begun: self.begun.clone(),
            erased: now(),
            stack: self.stack.clone(),
            operation: operation.map(|(event, at)| [event, at]),
            deleted: deleted.collect(),
            users: self.users,
            keys: keys.collect(),
            export: self.export.clone(),
            traces: traces(project.platform()),
        })
    }
}

/// What holds something of a tenant after it, by the platform's own settings and what AWS keeps.
fn traces(platform: &Platform) -> Vec<Trace> {
    let trace = |place: &str, what: &str, until: &str| Trace {
        r#where: place.to_owned(),
        what: what.to_owned(),
        until: until.to_owned(),
    };
    let mut traces = vec![
        trace(
            "the API's access log and the network's flow log",
            "the tenant's id, its users' subjects and addresses, and its subnets' addresses in lines that are there already",
            "30 days after each line",
        ),
        trace("the stack's events", "names and ids of what was deleted", "90 days on AWS"),
        trace(
            "platform.lock, platform.ledger and their history",
            "the tenant's id and its place",
            "as long as they are kept",
        ),
        trace("CloudWatch's metrics", "names that have the tenant's id", "15 months on AWS"),
    ];
    if platform.options.point_in_time_recovery {
        traces.push(trace(
            "DynamoDB's system backups of tables with point-in-time recovery",
            "the tables' items",
            "35 days on AWS; the emulator keeps none",
        ));
    }
    if platform.options.audit_trail {
        traces.push(trace(
            "the audit trail's files",
            "who called what, with keys of items",
            "as long as the bucket's lifecycle says",
        ));
    }
    traces
}
