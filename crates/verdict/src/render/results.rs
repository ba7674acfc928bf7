//! A verdict as a flat list, a result each: what the formats of other tools have room for.

use tenantry_template::Place;

use super::human::likewise;
use crate::claims::ClaimId;
use crate::verdict::{Counterexample, Extent, Finding, Outcome, Unknown, Verdict, some};

/// A finding, or something that is not known.
pub(super) struct Result<'v> {
    pub(super) outcome: Outcome,
    /// The first of the claims that it speaks against.
    pub(super) claim: Option<ClaimId>,
    /// What is so and what to do, without a line break.
    pub(super) says: String,
    pub(super) place: Option<&'v Place>,
    /// What it is known by from one run to the next.
    pub(super) fingerprint: String,
    /// All claims that it speaks against or leaves open.
    pub(super) claims: Vec<ClaimId>,
}

/// What was found, the worst first, and then what is not known.
pub(super) fn results(verdict: &Verdict) -> Vec<Result<'_>> {
    let found = verdict.findings().iter().map(of_finding).collect::<Vec<_>>();
    found.into_iter().chain(verdict.unknowns().into_iter().map(of_unknown)).collect()
}

fn of_finding<'v>(finding: &Finding<'v>) -> Result<'v> {
    Result {
        outcome: finding.outcome,
        claim: finding.claims.first().copied(),
        says: sentence(finding.example, Some(&finding.extent())),
        place: finding.example.place(),
        fingerprint: finding.example.identity().key(),
        claims: finding.claims.clone(),
    }
}

fn of_unknown(unknown: Unknown<'_>) -> Result<'_> {
    let reason = unknown.reason;
    let claim = unknown.claims.first().copied();
    Result {
        outcome: Outcome::Undecided,
        claim,
        says: format!("Not known: {}. {}. Help: {}.", reason.unknown, reason.matters, reason.help),
        place: reason.place.as_ref(),
        fingerprint: format!("{}: {}", claim.map_or("", |claim| claim.id), reason.unknown),
        claims: unknown.claims,
    }
}

/// Who does what to what, what ought to stop it, and what to write instead.
pub(super) fn sentence(example: &Counterexample, extent: Option<&Extent<'_>>) -> String {
    let Counterexample { principal, action, resource, attacker, victim, fix, .. } = example;
    let what = match principal.as_str() {
        "" => format!("{resource}: {action}."),
        _ => format!("{principal} ({attacker}): {action} on {resource} ({victim})."),
    };
    let likewise = match extent {
        None => likewise(example),
        Some(extent) => {
            let others: Vec<&str> =
                extent.actions.iter().copied().filter(|each| each != action).collect();
            (!others.is_empty()).then(|| some(&others))
        }
    };
    let likewise = likewise.map(|more| format!(" Likewise {more}.")).unwrap_or_default();
    format!("{what}{likewise} Ought to stop it: {}. Instead: {fix}", example.barrier.title())
}
