//! What the engine asks of the provider: inputs are checked, and what is done is remembered.

use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tenantry_pulumi_host::Urn;
use tenantry_pulumi_host::provider::{
    Created, Difference, Fault, Fields, Provider, Refused, ResourceState, UNKNOWN,
};
use tokio::sync::watch;

use crate::extraction::Extraction;
use crate::faults::Faults;
use crate::identity::{ACCOUNT, identity};
use crate::journal::{Entry, Journal, Operation, token};

/// Inputs whose change makes a new resource.
const IDENTIFYING: [&str; 10] = [
    "availabilityZone",
    "availabilityZoneId",
    "bucket",
    "cidrBlock",
    "dashboardName",
    "name",
    "restApi",
    "stageName",
    "subnetId",
    "vpcId",
];

const PROVIDER: &str = "pulumi:providers:aws";
const REGION: &str = "us-east-1";

pub(crate) struct Aws {
    extraction: Extraction,
    faults: Faults,
    journal: Mutex<Journal>,
    creates: AtomicUsize,
    cancelled: watch::Sender<bool>,
}

impl Aws {
    /// A provider that remembers what it did in the file that `TENANTRY_PROVIDER_JOURNAL` names.
    pub(crate) fn from_environment() -> io::Result<Self> {
        let journal = std::env::var_os("TENANTRY_PROVIDER_JOURNAL").map(PathBuf::from);
        Ok(Self {
            extraction: Extraction::bundled(),
            faults: Faults::from_environment(),
            journal: Mutex::new(Journal::open(journal.as_deref())?),
            creates: AtomicUsize::new(0),
            cancelled: watch::Sender::new(false),
        })
    }
}

impl Provider for Aws {
    fn version(&self) -> &str {
        &self.extraction.version
    }

    fn schema(&self) -> Value {
        self.extraction.schema()
    }

    fn check_configuration(&self, mut inputs: Fields) -> Vec<Fault> {
        // The engine's own word to the plugin, no input of the provider's.
        inputs.remove("version");
        // Only the names are checked: what is no text is JSON in one.
        inputs.values_mut().for_each(|value| *value = UNKNOWN.into());
        self.extraction.check(PROVIDER, &inputs.into())
    }

    fn check(&self, urn: &Urn, inputs: Fields) -> Vec<Fault> {
        self.extraction.check(token(urn.as_str()), &inputs.into())
    }

    fn diff(&self, old: Fields, new: Fields) -> Difference {
        let differs = |(name, value): &(&String, &Value)| old.get(*name) != Some(*value);
        let mut changed: Vec<String> =
            new.iter().filter(differs).map(|(name, _)| name.clone()).collect();
        changed.extend(old.keys().filter(|name| !new.contains_key(*name)).cloned());
        let identifying = |name: &&String| IDENTIFYING.contains(&name.as_str());
        let replacing: Vec<String> = changed.iter().filter(identifying).cloned().collect();
        Difference { changed, delete_first: !replacing.is_empty(), replacing }
    }

    fn preview(&self, urn: &Urn, id: Option<&str>, inputs: Fields) -> Fields {
        let arn = id.map(|_| arn(urn, &inputs));
        self.outputs(urn, inputs, arn.as_deref().unwrap_or(UNKNOWN))
    }

    async fn create(&self, urn: Urn, inputs: Fields) -> Result<Created, Refused> {
        let number = self.creates.fetch_add(1, Ordering::SeqCst) + 1;
        tokio::time::sleep(self.faults.slow).await;
        if self.faults.fail == Some(number) {
            return Err(Refused(format!("create number {number} fails on purpose")));
        }
        if self.faults.hold.is_some_and(|first| first <= number) {
            self.until_released().await;
        }
        if self.faults.hang.is_some_and(|first| first <= number) {
            return Err(self.cancellation().await);
        }
        if self.faults.die == Some(number) {
            std::process::exit(9);
        }
        let made = identity(token(urn.as_str()), urn.as_str(), &inputs.clone().into(), REGION);
        let outputs = self.outputs(&urn, inputs.clone(), &made.arn);
        let entry = entry(Operation::Create, &urn, &made.id);
        self.remember(&Entry { inputs: inputs.into(), outputs: outputs.clone().into(), ..entry })?;
        if self.faults.lose == Some(number) {
            std::process::exit(9);
        }
        if self.faults.withhold.is_some_and(|first| first <= number) {
            return Err(self.cancellation().await);
        }
        Ok(Created { id: made.id, outputs })
    }

    async fn read(&self, urn: Urn, known: ResourceState) -> Result<Option<ResourceState>, Refused> {
        tokio::time::sleep(self.faults.slow).await;
        self.remember(&entry(Operation::Read, &urn, &known.id))?;
        let journal = self.journal();
        if !journal.is_kept() {
            return Ok(Some(known));
        }
        Ok(journal.last(token(urn.as_str()), &known.id).map(|entry| ResourceState {
            id: known.id,
            inputs: fields(&entry.inputs),
            outputs: fields(&entry.outputs),
        }))
    }

    async fn update(&self, urn: Urn, id: String, inputs: Fields) -> Result<Fields, Refused> {
        let outputs = self.outputs(&urn, inputs.clone(), &arn(&urn, &inputs));
        tokio::time::sleep(self.faults.slow).await;
        let entry = entry(Operation::Update, &urn, &id);
        self.remember(&Entry { inputs: inputs.into(), outputs: outputs.clone().into(), ..entry })?;
        Ok(outputs)
    }

    async fn delete(&self, urn: Urn, id: String) -> Result<(), Refused> {
        // At once: the order of deletions is that in which they begin.
        self.remember(&entry(Operation::Delete, &urn, &id))?;
        tokio::time::sleep(self.faults.slow).await;
        if self.faults.hold.is_some() {
            self.until_released().await;
        }
        Ok(())
    }

    fn invoke(&self, token: &str, _: Fields) -> Result<Fields, Refused> {
        let entries = match token {
            "aws:index/getCallerIdentity:getCallerIdentity" => {
                vec![("accountId", ACCOUNT), ("id", ACCOUNT)]
            }
            "aws:index/getPartition:getPartition" => vec![("partition", "aws"), ("id", "aws")],
            token => return Err(Refused(format!("there is no function {token}"))),
        };
        Ok(entries.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect())
    }

    fn cancel(&self) {
        self.cancelled.send_replace(true);
    }
}

impl Aws {
    /// The inputs, and the ARN if the type has one.
    fn outputs(&self, urn: &Urn, mut inputs: Fields, arn: &str) -> Fields {
        if self.extraction.outputs(token(urn.as_str())).any(|output| output == "arn") {
            inputs.entry("arn").or_insert_with(|| arn.into());
        }
        inputs
    }

    async fn until_released(&self) {
        let released = async {
            while !self.faults.release.as_ref().is_some_and(|file| file.exists()) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::select! {
            () = self.until_cancelled() => {}
            () = released => {}
        }
    }

    async fn until_cancelled(&self) {
        let mut cancelled = self.cancelled.subscribe();
        let _ = cancelled.wait_for(|cancelled| *cancelled).await;
    }

    async fn cancellation(&self) -> Refused {
        self.until_cancelled().await;
        Refused("the create was cancelled".to_owned())
    }

    fn remember(&self, entry: &Entry) -> Result<(), Refused> {
        let mut journal = self.journal();
        if entry.operation == Operation::Create && journal.last(entry.token(), &entry.id).is_some()
        {
            return Err(Refused(format!("{} already exists", entry.id)));
        }
        journal.write(entry).map_err(|error| Refused(error.to_string()))
    }

    fn journal(&self) -> MutexGuard<'_, Journal> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn arn(urn: &Urn, inputs: &Fields) -> String {
    identity(token(urn.as_str()), urn.as_str(), &inputs.clone().into(), REGION).arn
}

fn fields(value: &Value) -> Fields {
    value.as_object().cloned().unwrap_or_default()
}

fn entry(operation: Operation, urn: &Urn, id: &str) -> Entry {
    let (urn, id) = (urn.to_string(), id.to_owned());
    Entry { operation, urn, id, inputs: Value::Null, outputs: Value::Null }
}
