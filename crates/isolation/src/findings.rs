//! What a check asked and found, claim by claim.

use std::collections::{BTreeMap, BTreeSet};
use std::marker::PhantomData;

use tenantry_verdict::claims::ClaimId;
use tenantry_verdict::{Assumption, ClaimVerdict, Counterexample, Notice, Reason};

use crate::claim_set::{ClaimSet, Listed};
use crate::facts::principals::PrincipalId;

/// What was asked and found of the claims of a set, and what is worth saying besides.
#[derive(Debug)]
pub(crate) struct Findings<S> {
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
    set: PhantomData<fn() -> S>,
}

/// Stands for the claims of any check: of them nothing more can be said.
#[derive(Clone, Copy, Debug)]
pub(crate) enum OfAny {}

impl<S> Findings<S> {
    /// Nothing yet.
    pub(crate) fn new() -> Self {
        Self {
            claims: BTreeMap::new(),
            dead: Vec::new(),
            least_privilege: Vec::new(),
            uncontrolled: BTreeSet::new(),
            advice: Vec::new(),
            assumptions: Vec::new(),
            set: PhantomData,
        }
    }

    /// The answers so far.
    pub(crate) fn claims(&self) -> impl Iterator<Item = &ClaimVerdict> {
        self.claims.values()
    }
}

impl<S: ClaimSet> Findings<S> {
    /// The answer to a claim.
    fn answer(&mut self, claim: Listed<S>) -> &mut ClaimVerdict {
        self.claims.entry(*claim).or_insert_with(|| ClaimVerdict::new(*claim))
    }

    /// One more thing that the claim was asked of.
    pub(crate) fn ask(&mut self, claim: Listed<S>) {
        self.count(claim, 1);
    }

    /// So many more things that the claim was asked of.
    pub(crate) fn count(&mut self, claim: Listed<S>, questions: u64) {
        self.answer(claim).questions += questions;
    }

    /// A way through.
    pub(crate) fn breach(&mut self, claim: Listed<S>, example: Counterexample) {
        self.breaches(claim).push(Counterexample { claim: *claim, ..example });
    }

    /// A way through, unless something that is not known decides whether it is one.
    pub(crate) fn record(
        &mut self,
        claim: Listed<S>,
        open: Option<&Reason>,
        example: Counterexample,
    ) {
        match open {
            Some(reason) => self.undecided(claim, reason.clone()),
            None => self.breach(claim, example),
        }
    }

    /// The ways through that were found.
    pub(crate) fn breaches(&mut self, claim: Listed<S>) -> &mut Vec<Counterexample> {
        &mut self.answer(claim).counterexamples
    }

    /// Something that is not known and could matter; the same one counts once.
    pub(crate) fn undecided(&mut self, claim: Listed<S>, reason: Reason) {
        add_reason(self.answer(claim), reason);
    }

    /// A whole answer to a claim.
    pub(crate) fn decided(&mut self, claim: Listed<S>, answer: ClaimVerdict) {
        self.claims.insert(*claim, ClaimVerdict { claim: *claim, ..answer });
    }

    /// Adds what else was found of the same claims.
    pub(crate) fn add(&mut self, other: Self) {
        other.claims.into_values().for_each(|answer| merge(&mut self.claims, answer));
    }

    /// The same of whichever claims. Every claim of the set is answered, also where there was
    /// nothing to ask.
    pub(crate) fn of_any(mut self) -> Findings<OfAny> {
        Listed::all().for_each(|claim| self.count(claim, 0));
        let Self { claims, dead, least_privilege, uncontrolled, advice, assumptions, .. } = self;
        let set = PhantomData;
        Findings { claims, dead, least_privilege, uncontrolled, advice, assumptions, set }
    }
}

impl Findings<OfAny> {
    /// All that several checks found, in their order.
    pub(crate) fn all(of_checks: impl IntoIterator<Item = Self>) -> Self {
        let mut all = Self::new();
        for other in of_checks {
            other.claims.into_values().for_each(|answer| merge(&mut all.claims, answer));
            all.dead.extend(other.dead);
            all.least_privilege.extend(other.least_privilege);
            all.uncontrolled.extend(other.uncontrolled);
            all.advice.extend(other.advice);
            all.assumptions.extend(other.assumptions);
        }
        all
    }

    /// The answers.
    pub(crate) fn into_claims(self) -> impl Iterator<Item = ClaimVerdict> {
        self.claims.into_values()
    }
}

/// Adds an answer to those that there are.
fn merge(known: &mut BTreeMap<ClaimId, ClaimVerdict>, answer: ClaimVerdict) {
    match known.get_mut(&answer.claim) {
        None => {
            known.insert(answer.claim, answer);
        }
        Some(known) => {
            known.questions += answer.questions;
            known.counterexamples.extend(answer.counterexamples);
            answer.undecided.into_iter().for_each(|reason| add_reason(known, reason));
        }
    }
}

fn add_reason(answer: &mut ClaimVerdict, reason: Reason) {
    if !answer.undecided.contains(&reason) {
        answer.undecided.push(reason);
    }
}
