//! What a check asked and found, claim by claim: plain data. `explain` puts it into words.

pub(crate) mod breach;
pub(crate) mod unknown;

use std::collections::BTreeMap;
use std::marker::PhantomData;

use tenantry_policy::Dead;
use tenantry_verdict::claims::ClaimId;

use self::breach::Breach;
use self::unknown::Unknown;
use crate::claim_set::{ClaimSet, Listed};
use crate::facts::principals::PrincipalId;

/// What was asked and found of the claims of a set, and what is worth saying besides.
#[derive(Debug)]
pub(crate) struct Findings<S> {
    pub(crate) answers: BTreeMap<ClaimId, Answer>,
    /// Statements that can never match.
    pub(crate) dead: Vec<Dead>,
    /// Shared principals that act on several tenants' things and that no tenant can reach.
    pub(crate) uncontrolled: Vec<PrincipalId>,
    /// What the answers rest on.
    pub(crate) assumed: Vec<Assumed>,
    set: PhantomData<fn() -> S>,
}

/// What was asked and found of one claim.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    /// How many things it was asked of.
    pub(crate) questions: u64,
    /// Ways through.
    pub(crate) breaches: Vec<Breach>,
    /// Barriers that ought to be there and are not, while nothing crosses.
    pub(crate) weak: Vec<Breach>,
    /// Where a convention that nobody asked for does not hold.
    pub(crate) advice: Vec<Breach>,
    /// What is not known and could matter.
    pub(crate) undecided: Vec<Unknown>,
}

/// What an answer takes for true without having asked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Assumed {
    /// That no VPCs are joined by what no template here makes.
    NoOtherJoints,
}

impl<S> Findings<S> {
    /// Nothing yet.
    pub(crate) fn new() -> Self {
        Self {
            answers: BTreeMap::new(),
            dead: Vec::new(),
            uncontrolled: Vec::new(),
            assumed: Vec::new(),
            set: PhantomData,
        }
    }
}

impl<S: ClaimSet> Findings<S> {
    /// The answer to a claim.
    fn answer(&mut self, claim: Listed<S>) -> &mut Answer {
        self.answers.entry(*claim).or_default()
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
    pub(crate) fn breach(&mut self, claim: Listed<S>, breach: impl Into<Breach>) {
        self.answer(claim).breaches.push(breach.into());
    }

    /// A barrier that ought to be there and is not, while nothing crosses.
    pub(crate) fn weak(&mut self, claim: Listed<S>, breach: impl Into<Breach>) {
        self.answer(claim).weak.push(breach.into());
    }

    /// A way through, unless something that is not known decides whether it is one.
    pub(crate) fn record(
        &mut self,
        claim: Listed<S>,
        doubt: Option<impl Into<Unknown>>,
        breach: impl Into<Breach>,
    ) {
        match doubt {
            Some(unknown) => self.undecided(claim, unknown),
            None => self.breach(claim, breach),
        }
    }

    /// Something that is not known and could matter; the same one counts once.
    pub(crate) fn undecided(&mut self, claim: Listed<S>, unknown: impl Into<Unknown>) {
        self.answer(claim).add_unknown(unknown.into());
    }

    /// The same of each place alike, also where two of them say the same.
    pub(crate) fn undecided_each(&mut self, claim: Listed<S>, unknown: Unknown) {
        self.answer(claim).undecided.push(unknown);
    }

    /// Takes what breaks a claim for advice, and what is not known of it for nothing to wait for.
    pub(crate) fn only_advise(&mut self, claim: Listed<S>) {
        let answer = self.answer(claim);
        answer.advice.append(&mut answer.breaches);
        answer.undecided.clear();
    }

    /// Adds what else was found of the same claims.
    pub(crate) fn add(&mut self, other: Self) {
        for (claim, answer) in other.answers {
            let known = self.answers.entry(claim).or_default();
            known.questions += answer.questions;
            known.breaches.extend(answer.breaches);
            known.weak.extend(answer.weak);
            known.advice.extend(answer.advice);
            answer.undecided.into_iter().for_each(|unknown| known.add_unknown(unknown));
        }
    }
}

impl Answer {
    fn add_unknown(&mut self, unknown: Unknown) {
        if !self.undecided.contains(&unknown) {
            self.undecided.push(unknown);
        }
    }
}
