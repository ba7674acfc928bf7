//! A verdict as SARIF 2.1.0.
//! <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>

use serde_json::{Value, json};
use tenantry_template::Place;

use super::human::likewise;
use crate::claims::{self, Claim};
use crate::verdict::{ClaimVerdict, Counterexample, Notice, Outcome, Reason, Verdict};

/// A verdict as SARIF, indented, with a line break at the end. `version` is the tool's.
///
/// # Errors
/// None that data can cause.
pub fn sarif(verdict: &Verdict, version: &str) -> Result<String, serde_json::Error> {
    let mut results = Vec::new();
    for answer in &verdict.claims {
        results.extend(answer.counterexamples.iter().map(|example| breach(answer, example)));
        results.extend(answer.undecided.iter().map(|reason| open(answer, reason)));
        results.extend(answer.accepted.iter().map(|accepted| {
            let justification = format!("{} (until {})", accepted.reason, accepted.until);
            suppressed(breach(answer, &accepted.counterexample), &justification)
        }));
        results.extend(answer.assumed.iter().map(|assumed| {
            let assumption = verdict.assumptions.iter().find(|one| one.id == assumed.assumption);
            let text = assumption.map_or("", |assumption| &assumption.text);
            suppressed(open(answer, &assumed.reason), &format!("{}: {text}", assumed.assumption))
        }));
    }
    let notices = [&verdict.dead, &verdict.least_privilege, &verdict.advice, &verdict.warnings];
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
const NOTES: [(&str, &str); 4] = [
    ("dead-statement", "A statement can never match: it is neither a grant nor a barrier."),
    ("least-privilege", "A shared principal that no tenant reaches has wide rights."),
    ("advice", "A convention that nobody asked for does not hold."),
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
        "defaultConfiguration": { "level": "error" },
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

fn breach(answer: &ClaimVerdict, example: &Counterexample) -> Value {
    let Counterexample { principal, action, resource, attacker, victim, fix, .. } = example;
    let what = match principal.as_str() {
        "" => format!("{resource}: {action}."),
        _ => format!("{principal} ({attacker}): {action} on {resource} ({victim})."),
    };
    let likewise = likewise(example).map(|more| format!(" Likewise {more}."));
    let what = what + &likewise.unwrap_or_default();
    let steps = example.steps.iter().filter_map(|step| Some((&step.what, step.place.as_ref()?)));
    let evidence = example.evidence.iter().map(|evidence| (&evidence.says, &evidence.place));
    let related: Vec<_> = steps.chain(evidence).collect();
    let allows = example.evidence.iter().find(|evidence| evidence.allows);
    let place = allows.map(|evidence| &evidence.place);
    let place = place.or(related.first().map(|(_, place)| *place));
    let related = related.iter().enumerate().map(|(at, (says, place))| {
        let mut location = location(place);
        if let Some(location) = location.as_object_mut() {
            location.insert("id".into(), json!(at + 1));
            location.insert("message".into(), json!({ "text": says }));
        }
        location
    });
    let barrier = example.barrier.title();
    json!({
        "ruleId": answer.claim.id,
        "kind": "fail",
        "level": "error",
        "message": { "text": format!("{what} Ought to stop it: {barrier}. Instead: {fix}") },
        "locations": place.map(location).into_iter().collect::<Vec<_>>(),
        "relatedLocations": related.collect::<Vec<_>>(),
        "partialFingerprints": { "counterexample/v1": example.identity().key() },
    })
}

fn open(answer: &ClaimVerdict, reason: &Reason) -> Value {
    let Reason { unknown, matters, help, place } = reason;
    json!({
        "ruleId": answer.claim.id,
        "kind": "open",
        "level": "none",
        "message": { "text": format!("Not known: {unknown}. {matters}. Help: {help}.") },
        "locations": place.iter().map(location).collect::<Vec<_>>(),
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
