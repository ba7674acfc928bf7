//! A verdict as a Code Quality report of GitLab.
//! <https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format>

use serde_json::{Value, json};

use super::results::{Result, results};
use crate::verdict::{Outcome, Verdict};

/// An array with an object for each finding and each thing that is not known, indented, with a
/// line break at the end. What has no place is told of the first line of nothing, since the
/// format wants one.
///
/// # Errors
/// None that data can cause.
pub fn gitlab(verdict: &Verdict) -> std::result::Result<String, serde_json::Error> {
    let issues: Vec<Value> = results(verdict).iter().map(issue).collect();
    serde_json::to_string_pretty(&issues).map(|text| text + "\n")
}

fn issue(result: &Result<'_>) -> Value {
    let severity = match result.outcome {
        Outcome::Breached => "critical",
        Outcome::Undecided => "major",
        Outcome::Weak => "minor",
        Outcome::Advice | Outcome::Proven | Outcome::Nothing => "info",
    };
    let (file, line) = result.place.map_or(("", 1), |place| (place.file.as_str(), place.line));
    json!({
        "description": result.says,
        "check_name": result.claim.map_or("", |claim| claim.id),
        "fingerprint": result.fingerprint,
        "severity": severity,
        "location": { "path": file.trim_start_matches("./"), "lines": { "begin": line } },
    })
}
