//! What a check asked and found, claim by claim.

use std::collections::{BTreeMap, BTreeSet};

use tenantry_verdict::claims::ClaimId;
use tenantry_verdict::{Assumption, ClaimVerdict, Counterexample, Notice, Reason};

use crate::facts::principals::PrincipalId;

/// What was asked and found of some claims, and what is worth saying besides.
#[derive(Debug)]
pub(crate) struct Findings {
    /// The claims that it may speak of.
    decides: &'static [ClaimId],
    claims: BTreeMap<ClaimId, ClaimVerdict>,
    /// Statements that can never match.
    pub(crate) dead: Vec<Notice>,
    /// Rights that are wider than needed and that no tenant can reach.
    pub(crate) least_privilege: Vec<Notice>,
    /// The shared principals that have them.
    pub(crate) uncontrolled: BTreeSet<PrincipalId>,
    /// Conventions that nobody asked for and that do not hold.
    pub(crate) advice: Vec<Notice>,
    /// What the answers rest on.
    pub(crate) assumptions: Vec<Assumption>,
}

impl Findings {
    /// Of these claims, of which nothing is found yet.
    pub(crate) fn of(decides: &'static [ClaimId]) -> Self {
        Self {
            decides,
            claims: BTreeMap::new(),
            dead: Vec::new(),
            least_privilege: Vec::new(),
            uncontrolled: BTreeSet::new(),
            advice: Vec::new(),
            assumptions: Vec::new(),
        }
    }

    /// The answer to a claim. One that is not among those that are decided here is a fault of the
    /// check, which a test meets; what was found is never lost.
    fn answer(&mut self, claim: ClaimId) -> &mut ClaimVerdict {
        debug_assert!(self.decides.contains(&claim), "{claim} is not decided here");
        self.claims.entry(claim).or_insert_with(|| ClaimVerdict::new(claim))
    }

    /// One more thing that the claim was asked of.
    pub(crate) fn ask(&mut self, claim: ClaimId) {
        self.count(claim, 1);
    }

    /// So many more things that the claim was asked of.
    pub(crate) fn count(&mut self, claim: ClaimId, questions: u64) {
        self.answer(claim).questions += questions;
    }

    /// A way through.
    pub(crate) fn breach(&mut self, example: Counterexample) {
        self.answer(example.claim).counterexamples.push(example);
    }

    /// A way through, unless something that is not known decides whether it is one.
    pub(crate) fn record(&mut self, open: Option<&Reason>, example: Counterexample) {
        match open {
            Some(reason) => self.undecided(example.claim, reason.clone()),
            None => self.breach(example),
        }
    }

    /// The ways through that were found.
    pub(crate) fn breaches(&mut self, claim: ClaimId) -> &mut Vec<Counterexample> {
        &mut self.answer(claim).counterexamples
    }

    /// Something that is not known and could matter; the same one counts once.
    pub(crate) fn undecided(&mut self, claim: ClaimId, reason: Reason) {
        let known = &mut self.answer(claim).undecided;
        if !known.contains(&reason) {
            known.push(reason);
        }
    }

    /// A whole answer to a claim.
    pub(crate) fn decided(&mut self, answer: ClaimVerdict) {
        debug_assert!(self.decides.contains(&answer.claim), "{} is not decided here", answer.claim);
        self.claims.insert(answer.claim, answer);
    }

    /// Adds what else was found of the same claims.
    pub(crate) fn add(&mut self, other: Self) {
        for (claim, answer) in other.claims {
            let known = self.answer(claim);
            known.questions += answer.questions;
            known.counterexamples.extend(answer.counterexamples);
            answer.undecided.into_iter().for_each(|reason| self.undecided(claim, reason));
        }
    }

    /// All that several checks found, in their order. Every claim that one of them decides is
    /// answered, also where there was nothing to ask.
    pub(crate) fn all(of_checks: impl IntoIterator<Item = Self>) -> Self {
        let mut all = Self::of(&[]);
        for mut other in of_checks {
            for claim in other.decides {
                other.answer(*claim);
            }
            for (claim, answer) in other.claims {
                match all.claims.get_mut(&claim) {
                    None => {
                        all.claims.insert(claim, answer);
                    }
                    Some(known) => {
                        known.questions += answer.questions;
                        known.counterexamples.extend(answer.counterexamples);
                        for reason in answer.undecided {
                            if !known.undecided.contains(&reason) {
                                known.undecided.push(reason);
                            }
                        }
                    }
                }
            }
            all.dead.extend(other.dead);
            all.least_privilege.extend(other.least_privilege);
            all.uncontrolled.extend(other.uncontrolled);
            all.advice.extend(other.advice);
            all.assumptions.extend(other.assumptions);
        }
        all
    }

    /// The answers so far.
    pub(crate) fn claims(&self) -> impl Iterator<Item = &ClaimVerdict> {
        self.claims.values()
    }

    /// The answers.
    pub(crate) fn into_claims(self) -> impl Iterator<Item = ClaimVerdict> {
        self.claims.into_values()
    }
}
