//! What was asked and found, claim by claim.

use std::collections::BTreeMap;

use tenantry_verdict::claims::ClaimId;
use tenantry_verdict::{ClaimVerdict, Reason};

/// What was asked and found, claim by claim.
#[derive(Default)]
pub(crate) struct Found(BTreeMap<ClaimId, ClaimVerdict>);

impl Found {
    pub(crate) fn claim(&mut self, claim: ClaimId) -> &mut ClaimVerdict {
        self.0.entry(claim).or_insert_with(|| ClaimVerdict::new(claim))
    }

    pub(crate) fn ask(&mut self, claim: ClaimId) {
        self.claim(claim).questions += 1;
    }

    pub(crate) fn undecided(&mut self, claim: ClaimId, reason: Reason) {
        let known = &mut self.claim(claim).undecided;
        if !known.contains(&reason) {
            known.push(reason);
        }
    }

    /// Adds what was found beside it.
    pub(crate) fn merge(&mut self, other: Self) {
        for (claim, answer) in other.0 {
            let known = self.claim(claim);
            known.questions += answer.questions;
            known.counterexamples.extend(answer.counterexamples);
            answer.undecided.into_iter().for_each(|reason| self.undecided(claim, reason));
        }
    }

    pub(crate) fn claims(&self) -> impl Iterator<Item = &ClaimVerdict> {
        self.0.values()
    }

    pub(crate) fn into_claims(self) -> impl Iterator<Item = ClaimVerdict> {
        self.0.into_values()
    }
}
