//! A verdict as JSON, as `schema/verdict.schema.json` describes it.

use serde::Serialize;

use crate::claims::ClaimId;
use crate::verdict::{
    Accepted, Assumed, Assumption, Counterexample, Notice, Outcome, Reason, Removal, Verdict,
};

/// The version of the form; it grows with every change that a reader must know.
const FORM: u32 = 1;

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
        claims: claims.collect(),
        barriers: &verdict.barriers,
        dead: &verdict.dead,
        least_privilege: &verdict.least_privilege,
        advice: &verdict.advice,
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
    claims: Vec<Claim<'v>>,
    barriers: &'v [Removal],
    dead: &'v [Notice],
    least_privilege: &'v [Notice],
    advice: &'v [Notice],
    assumptions: &'v [Assumption],
    warnings: &'v [Notice],
}

#[derive(Serialize)]
struct Claim<'v> {
    claim: ClaimId,
    plane: &'static str,
    title: &'static str,
    outcome: Outcome,
    questions: u64,
    counterexamples: Vec<Keyed<'v>>,
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
