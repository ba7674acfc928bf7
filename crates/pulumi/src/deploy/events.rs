//! The engine's log of events, read while it is written.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::Progress;
use crate::runtime::LANGUAGE_HOST;

/// What the log has told so far, and how far it was read.
pub(super) struct Events {
    path: PathBuf,
    /// Whether each step is told with all that the engine knows of it.
    in_full: bool,
    read: u64,
    /// A line whose end is not written yet.
    rest: Vec<u8>,
    /// What the engine called errors.
    pub(super) errors: Vec<String>,
    /// How many resources each operation was done to, from the summary.
    pub(super) changes: BTreeMap<String, u64>,
}

impl Events {
    pub(super) fn new(path: &Path, in_full: bool) -> Self {
        Self {
            path: path.to_owned(),
            in_full,
            read: 0,
            rest: Vec::new(),
            errors: Vec::new(),
            changes: BTreeMap::new(),
        }
    }

    /// Tells what was written since the last time. A log that cannot be read tells nothing: the deployment goes on.
    pub(super) fn follow(&mut self, tell: &dyn Fn(Progress)) {
        use std::io::{Seek as _, SeekFrom};
        let Ok(mut file) = File::open(&self.path) else { return };
        let mut new = Vec::new();
        if file.seek(SeekFrom::Start(self.read)).is_err() || file.read_to_end(&mut new).is_err() {
            return;
        }
        self.read += new.len() as u64;
        self.rest.append(&mut new);
        while let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.rest.drain(..=end).collect();
            if let Ok(event) = serde_json::from_slice(&line) {
                self.take(&event, tell);
            }
        }
    }

    fn take(&mut self, event: &Value, tell: &dyn Fn(Progress)) {
        if let Some(diagnostic) = event.get("diagnosticEvent") {
            self.take_diagnostic(diagnostic, tell);
        } else if let Some(violation) = event.get("policyEvent") {
            self.take_violation(violation, tell);
        } else if let Some(metadata) = event.pointer("/resourcePreEvent/metadata") {
            if self.in_full {
                tell(Progress::Planned(Box::new(metadata.clone())));
                return;
            }
            let (operation, resource) = step(metadata);
            // What is as it should be is only worth telling once.
            if operation != "same" {
                tell(Progress::Doing { operation, resource });
            }
        } else if let Some(metadata) = event.pointer("/resOutputsEvent/metadata") {
            let (operation, resource) = step(metadata);
            tell(Progress::Done { operation, resource });
        } else if let Some(changes) = event.pointer("/summaryEvent/resourceChanges") {
            let changes = changes.as_object().into_iter().flatten();
            self.changes =
                changes.filter_map(|(name, count)| Some((name.clone(), count.as_u64()?))).collect();
        }
    }

    fn take_diagnostic(&mut self, diagnostic: &Value, tell: &dyn Fn(Progress)) {
        let severity = text(diagnostic, "severity");
        let message = text(diagnostic, "message").trim().to_owned();
        // What follows from another failure, and what belongs to a program that writes on standard error.
        if message.is_empty() || message == "update failed" || severity == "debug" {
            return;
        }
        // Where it comes from is this driver's own doing.
        if message.starts_with("using ") && message.contains(LANGUAGE_HOST) {
            return;
        }
        let resource = diagnostic.get("urn").and_then(Value::as_str).map(name);
        if severity.starts_with("error") {
            self.errors.push(at(resource.as_deref(), &message));
        }
        tell(Progress::Told { severity, message, resource });
    }

    /// What a policy pack has against a resource; what is mandatory ends the run.
    fn take_violation(&mut self, violation: &Value, tell: &dyn Fn(Progress)) {
        let message = text(violation, "message");
        let message = message.lines().map(str::trim).filter(|line| !line.is_empty());
        let message = format!(
            "{} of policy pack {}: {}",
            text(violation, "policyName"),
            text(violation, "policyPackName"),
            message.collect::<Vec<_>>().join(": ")
        );
        let resource = violation.get("resourceUrn").and_then(Value::as_str).map(name);
        let mandatory = text(violation, "enforcementLevel") == "mandatory";
        if mandatory {
            self.errors.push(at(resource.as_deref(), &message));
        }
        let severity = if mandatory { "error" } else { "warning" }.to_owned();
        tell(Progress::Told { severity, message, resource });
    }
}

/// A message with the resource that it is about.
fn at(resource: Option<&str>, message: &str) -> String {
    resource.map_or_else(|| message.to_owned(), |resource| format!("{resource}: {message}"))
}

fn step(metadata: &Value) -> (String, String) {
    (text(metadata, "op"), name(&text(metadata, "urn")))
}

/// A resource's name: the last part of its URN.
fn name(urn: &str) -> String {
    urn.rsplit("::").next().unwrap_or(urn).to_owned()
}

fn text(value: &Value, key: &str) -> String {
    value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::io::Write as _;

    use super::*;

    #[test]
    fn lines_are_taken_when_they_are_whole() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let told = RefCell::new(Vec::new());
        let tell = |event| told.borrow_mut().push(event);
        let mut events = Events::new(file.path(), false);
        file.write_all(br#"{"resOutputsEvent":{"metadata":{"op":"create","urn":"urn:pu"#).unwrap();
        events.follow(&tell);
        assert!(told.borrow().is_empty());
        file.write_all(b"lumi:s::p::t::Vpc\"}}}\nno json\n").unwrap();
        file.write_all(
            br#"{"diagnosticEvent":{"severity":"error","message":"no\n","urn":"a::Vpc"}}"#,
        )
        .unwrap();
        file.write_all(b"\n").unwrap();
        file.write_all(
            br#"{"diagnosticEvent":{"severity":"warning","message":"using pulumi-language-tenantry from $PATH at x"}}"#,
        )
        .unwrap();
        file.write_all(b"\n").unwrap();
        file.write_all(
            br#"{"policyEvent":{"resourceUrn":"a::Vpc","message":"Flow logs.\nnone\n","policyName":"logs","policyPackName":"own","enforcementLevel":"mandatory"}}"#,
        )
        .unwrap();
        file.write_all(b"\n{\"summaryEvent\":{\"resourceChanges\":{\"create\":3}}}\n").unwrap();
        events.follow(&tell);
        assert_eq!(
            told.into_inner(),
            [
                Progress::Done { operation: "create".into(), resource: "Vpc".into() },
                Progress::Told {
                    severity: "error".into(),
                    message: "no".into(),
                    resource: Some("Vpc".into())
                },
                Progress::Told {
                    severity: "error".into(),
                    message: "logs of policy pack own: Flow logs.: none".into(),
                    resource: Some("Vpc".into())
                },
            ]
        );
        assert_eq!(events.errors, ["Vpc: no", "Vpc: logs of policy pack own: Flow logs.: none"]);
        assert_eq!(events.changes, BTreeMap::from([("create".to_owned(), 3)]));
    }
}
