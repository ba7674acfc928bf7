//! A verdict as JSON, as `schema/verdict.schema.json` describes it.

use serde::Serialize;
use tenantry_template::Place;

use crate::claims::ClaimId;
use crate::verdict::{
    Accepted, Assumed, Assumption, Counterexample, Extent, Finding, Notice, Outcome, Reason,
    Removal, Verdict,
};

/// The version of the form; it grows with every change that a reader must know.
const FORM: u32 = 2;

/// A verdict as JSON, indented, with a line break at the end.
///
/// # Errors
/// None that data can cause.
pub fn json(verdict: &Verdict) -> Result<String, serde_json::Error> {
    let claims = verdict.claims.iter().map(|answer| Claim {
        claim: answer.claim,
        plane: answer.claim.plane.name(),
        title: answer.claim.title,
        outcome: answer.outcome(),
        questions: answer.questions,
        counterexamples: answer.counterexamples.iter().map(keyed).collect(),
        weak: answer.weak.iter().map(keyed).collect(),
        advice: answer.advice.iter().map(keyed).collect(),
        accepted: &answer.accepted,
        undecided: &answer.undecided,
        assumed: &answer.assumed,
    });
    let view = View {
        form: FORM,
        outcome: verdict.outcome(),
        exit_status: verdict.exit_status(),
        tenants: &verdict.tenants,
        pairs: verdict.pairs,
        findings: verdict.findings().iter().map(cause).collect(),
        claims: claims.collect(),
        barriers: &verdict.barriers,
        dead: &verdict.dead,
        least_privilege: &verdict.least_privilege,
        assumptions: &verdict.assumptions,
        warnings: &verdict.warnings,
    };
    serde_json::to_string_pretty(&view).map(|text| text + "\n")
}

#[derive(Serialize)]
struct View<'v> {
    form: u32,
    outcome: Outcome,
    exit_status: u8,
    tenants: &'v [String],
    pairs: u64,
    findings: Vec<Cause<'v>>,
    claims: Vec<Claim<'v>>,
    barriers: &'v [Removal],
    dead: &'v [Notice],
    least_privilege: &'v [Notice],
    assumptions: &'v [Assumption],
    warnings: &'v [Notice],
}

/// One finding: what has to change, and how far it reaches.
#[derive(Serialize)]
struct Cause<'v> {
    outcome: Outcome,
    claims: Vec<ClaimId>,
    /// The key of the worst counterexample.
    example: String,
    /// The keys of all of them, the worst first.
    counterexamples: Vec<String>,
    #[serde(flatten)]
    extent: Extent<'v>,
    place: Option<&'v Place>,
    elsewhere: Vec<&'v Place>,
    fix: &'v str,
}

fn cause<'v>(finding: &Finding<'v>) -> Cause<'v> {
    Cause {
        outcome: finding.outcome,
        claims: finding.claims.clone(),
        example: finding.example.identity().key(),
        counterexamples: finding.all.iter().map(|example| example.identity().key()).collect(),
        extent: finding.extent(),
        place: finding.example.place(),
        elsewhere: finding.elsewhere.clone(),
        fix: &finding.example.fix,
    }
}

#[derive(Serialize)]
struct Claim<'v> {
    claim: ClaimId,
    plane: &'static str,
    title: &'static str,
    outcome: Outcome,
    questions: u64,
    counterexamples: Vec<Keyed<'v>>,
    weak: Vec<Keyed<'v>>,
    advice: Vec<Keyed<'v>>,
    accepted: &'v [Accepted],
    undecided: &'v [Reason],
    assumed: &'v [Assumed],
}

#[derive(Serialize)]
struct Keyed<'v> {
    key: String,
    #[serde(flatten)]
    counterexample: &'v Counterexample,
}

fn keyed(counterexample: &Counterexample) -> Keyed<'_> {
    Keyed { key: counterexample.identity().key(), counterexample }
}
