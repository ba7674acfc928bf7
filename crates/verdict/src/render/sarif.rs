//! A verdict as SARIF 2.1.0.
//! <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tenantry_template::Place;

use super::results::sentence;
use crate::claims::{self, Claim};
use crate::verdict::{Counterexample, Extent, Finding, Notice, Outcome, Reason, Unknown, Verdict};

/// A verdict as SARIF, indented, with a line break at the end. `version` is the tool's.
///
/// # Errors
/// None that data can cause.
pub fn sarif(verdict: &Verdict, version: &str) -> Result<String, serde_json::Error> {
    let mut results = Vec::new();
    results.extend(verdict.findings().iter().map(finding));
    results.extend(verdict.unknowns().iter().map(open));
    for answer in &verdict.claims {
        results.extend(answer.accepted.iter().map(|accepted| {
            let justification = format!("{} (until {})", accepted.reason, accepted.until);
            let found = found(Outcome::Breached, &accepted.counterexample, None);
            suppressed(found, &justification)
        }));
        results.extend(answer.assumed.iter().map(|assumed| {
            let assumption = verdict.assumptions.iter().find(|one| one.id == assumed.assumption);
            let text = assumption.map_or("", |assumption| &assumption.text);
            let reason = &assumed.reason;
            let matters = BTreeSet::from([reason.matters.as_str()]);
            let open = open(&Unknown { reason, claims: vec![answer.claim], matters });
            suppressed(open, &format!("{}: {text}", assumed.assumption))
        }));
    }
    let notices = [&verdict.dead, &verdict.least_privilege, &verdict.warnings];
    for ((kind, _), notices) in NOTES.into_iter().zip(notices) {
        results.extend(notices.iter().map(|notice| note(kind, notice)));
    }
    let rules: Vec<Value> = claims::all().map(|c| rule(&c)).chain(NOTES.map(note_rule)).collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "tenantry",
                "version": version,
                "informationUri": "https://github.com/tenantry/tenantry",
                "rules": rules,
            } },
            "invocations": [{
                "executionSuccessful": verdict.outcome() != Outcome::Undecided,
                "exitCode": verdict.exit_status(),
            }],
            "columnKind": "unicodeCodePoints",
            "results": results,
            "properties": { "tenants": verdict.tenants.len(), "orderedPairs": verdict.pairs },
        }],
    });
    serde_json::to_string_pretty(&log).map(|text| text + "\n")
}

/// What is no claim's counterexample: id and title.
const NOTES: [(&str, &str); 3] = [
    ("dead-statement", "A statement can never match: it is neither a grant nor a barrier."),
    ("least-privilege", "A shared principal that no tenant reaches has wide rights."),
    ("warning", "Something odd was read."),
];

fn rule(claim: &Claim) -> Value {
    let breaks: Vec<String> = claim.breaks.iter().map(|way| format!("- {way}")).collect();
    let breaks = breaks.join("\n");
    json!({
        "id": claim.id,
        "shortDescription": { "text": claim.title },
        "fullDescription": { "text": claim.why },
        "help": {
            "text": format!("How it breaks:\n{breaks}\n\nWhat to write: {}", claim.fix),
            "markdown": format!("How it breaks:\n\n{breaks}\n\nWhat to write: {}", claim.fix),
        },
        "defaultConfiguration": { "level": if claim.is_convention() { "note" } else { "error" } },
        "properties": { "tags": ["security", claim.plane.name()] },
    })
}

fn note_rule((id, title): (&str, &str)) -> Value {
    json!({
        "id": id,
        "shortDescription": { "text": title },
        "defaultConfiguration": { "level": "note" },
    })
}

/// One result a finding, against the first of its claims.
fn finding(finding: &Finding<'_>) -> Value {
    let mut result = found(finding.outcome, finding.example, Some(&finding.extent()));
    if let Some(result) = result.as_object_mut() {
        let claims: Vec<&str> = finding.claims.iter().map(|claim| claim.id).collect();
        let properties = json!({ "claims": claims, "counterexamples": finding.all.len() });
        result.insert("properties".into(), properties);
        if let Some(Value::Array(related)) = result.get_mut("relatedLocations") {
            let known = related.len();
            for (at, place) in finding.elsewhere.iter().enumerate() {
                related.push(told(place, known + at + 1, "the same here"));
            }
        }
    }
    result
}

fn found(outcome: Outcome, example: &Counterexample, extent: Option<&Extent<'_>>) -> Value {
    let steps = example.steps.iter().filter_map(|step| Some((&step.what, step.place.as_ref()?)));
    let evidence = example.evidence.iter().map(|evidence| (&evidence.says, &evidence.place));
    let related = steps.chain(evidence).enumerate();
    let related = related.map(|(at, (says, place))| told(place, at + 1, says));
    let place = example.place();
    json!({
        "ruleId": example.claim.id,
        "kind": "fail",
        "level": level(outcome),
        "message": { "text": sentence(example, extent) },
        "locations": place.map(location).into_iter().collect::<Vec<_>>(),
        "relatedLocations": related.collect::<Vec<_>>(),
        "partialFingerprints": { "counterexample/v1": example.identity().key() },
    })
}

fn level(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Breached => "error",
        Outcome::Weak => "warning",
        _ => "note",
    }
}

/// A place with what is to be said of it.
fn told(place: &Place, id: usize, says: &str) -> Value {
    let mut location = location(place);
    if let Some(location) = location.as_object_mut() {
        location.insert("id".into(), json!(id));
        location.insert("message".into(), json!({ "text": says }));
    }
    location
}

/// One result for each thing that is not known, at the first of the claims that it leaves open.
fn open(unknown: &Unknown<'_>) -> Value {
    let Reason { unknown: what, matters, help, place } = unknown.reason;
    let claims: Vec<&str> = unknown.claims.iter().map(|claim| claim.id).collect();
    json!({
        "ruleId": claims.first(),
        "kind": "open",
        "level": "none",
        "message": { "text": format!("Not known: {what}. {matters}. Help: {help}.") },
        "locations": place.iter().map(location).collect::<Vec<_>>(),
        "properties": { "claims": claims },
    })
}

/// A result that the user set aside, and why: section 3.35.
fn suppressed(mut result: Value, justification: &str) -> Value {
    if let Some(result) = result.as_object_mut() {
        let suppression =
            json!([{ "kind": "external", "status": "accepted", "justification": justification }]);
        result.insert("suppressions".into(), suppression);
    }
    result
}

fn note(kind: &str, notice: &Notice) -> Value {
    let help = notice.help.as_ref().map(|help| format!(" Help: {help}.")).unwrap_or_default();
    json!({
        "ruleId": kind,
        "kind": "fail",
        "level": "note",
        "message": { "text": format!("{}.{help}", notice.what) },
        "locations": notice.place.iter().map(location).collect::<Vec<_>>(),
    })
}

fn location(place: &Place) -> Value {
    json!({
        "physicalLocation": {
            "artifactLocation": { "uri": uri(&place.file) },
            "region": {
                "startLine": place.line,
                "startColumn": place.column,
                "endLine": place.end_line,
                "endColumn": place.end_column,
                "snippet": { "text": place.text },
            },
        },
    })
}

/// A path as a relative or `file` URI: RFC 3986, section 2.
fn uri(path: &str) -> String {
    let path = path.replace('\\', "/");
    let mut uri = String::from(if path.starts_with('/') { "file://" } else { "" });
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(char::from(byte));
            }
            other => uri.push_str(&format!("%{other:02X}")),
        }
    }
    uri
}
