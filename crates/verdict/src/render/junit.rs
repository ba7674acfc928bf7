//! A verdict as a JUnit report: a suite a plane, a test case a claim. The format has no standard;
//! the elements are those of Jenkins' schema and of what GitLab and others read.
//! <https://github.com/jenkinsci/xunit-plugin/blob/master/src/main/resources/org/jenkinsci/plugins/xunit/types/model/xsd/junit-10.xsd>

use std::fmt::Write as _;

use super::results::{Result, results};
use crate::claims::Plane;
use crate::verdict::{ClaimVerdict, Outcome, Verdict};

/// A report in XML. A breached claim is a failure, and so is a weak one where missing barriers
/// count; an undecided one is an error; one that had nothing to ask is skipped.
pub fn junit(verdict: &Verdict) -> String {
    let results = results(verdict);
    let mut suites = String::new();
    for plane in Plane::ALL {
        let claims: Vec<&ClaimVerdict> =
            verdict.claims.iter().filter(|answer| answer.claim.plane == plane).collect();
        if claims.is_empty() {
            continue;
        }
        let cases: String = claims.iter().map(|one| case(one, &results, verdict.strict)).collect();
        let counts = counts(&claims, verdict.strict);
        let _ = write!(suites, "  <testsuite name=\"{}\" {counts}>\n{cases}", plane.name());
        suites.push_str("  </testsuite>\n");
    }
    let all: Vec<&ClaimVerdict> = verdict.claims.iter().collect();
    let counts = counts(&all, verdict.strict);
    let head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    format!("{head}<testsuites name=\"tenantry\" {counts}>\n{suites}</testsuites>\n")
}

/// What a claim's answer is to a runner of tests: the element's name.
fn element(answer: &ClaimVerdict, strict: bool) -> Option<&'static str> {
    match answer.outcome() {
        Outcome::Breached => Some("failure"),
        Outcome::Weak if strict => Some("failure"),
        Outcome::Undecided => Some("error"),
        Outcome::Nothing => Some("skipped"),
        Outcome::Proven | Outcome::Advice | Outcome::Weak => None,
    }
}

fn counts(claims: &[&ClaimVerdict], strict: bool) -> String {
    let of = |name| claims.iter().filter(|one| element(one, strict) == Some(name)).count();
    let [failures, errors, skipped] = ["failure", "error", "skipped"].map(of);
    let tests = claims.len();
    format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\"")
}

fn case(answer: &ClaimVerdict, results: &[Result<'_>], strict: bool) -> String {
    let claim = answer.claim;
    let plane = claim.plane.name();
    let mut case = format!("    <testcase name=\"{claim}\" classname=\"tenantry.{plane}\">\n");
    let mine: Vec<&Result<'_>> =
        results.iter().filter(|result| result.claims.contains(&claim)).collect();
    let told: Vec<String> = mine.iter().map(|result| told(result)).collect();
    let told = escaped(&told.join("\n"));
    match element(answer, strict) {
        Some("skipped") => {
            case.push_str("      <skipped message=\"the templates hold nothing to ask of\"/>\n");
        }
        Some(element) => {
            let (outcome, title) = (answer.outcome().name(), escaped(claim.title));
            let _ = writeln!(
                case,
                "      <{element} type=\"{outcome}\" message=\"{title}\">{told}</{element}>"
            );
        }
        None if told.is_empty() => {}
        None => {
            let _ = writeln!(case, "      <system-out>{told}</system-out>");
        }
    }
    case + "    </testcase>\n"
}

fn told(result: &Result<'_>) -> String {
    let place = result.place.map(|at| format!("{}:{}:{}: ", at.file, at.line, at.column));
    format!("{}{}: {}", place.unwrap_or_default(), result.outcome.name(), result.says)
}

/// Text for an element or an attribute. What XML 1.0 has no character for becomes a blank.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push('\n'),
            '\u{fffe}' | '\u{ffff}' => out.push(' '),
            control if control.is_control() => out.push(' '),
            other => out.push(other),
        }
    }
    out
}
