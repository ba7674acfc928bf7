//! Puts into words what checks found: the only place where a finding's sentences stand.

mod asked;
pub(crate) mod assumptions;
mod convention;
mod dead;
pub(crate) mod packet;
mod pooled;
pub(crate) mod rank;
mod request;
mod seen;
mod shown;
mod spot;
mod stakes;
mod unexplained;
mod unknown;

use std::collections::{BTreeMap, BTreeSet};

use tenantry_verdict::claims::ClaimId;
use tenantry_verdict::{Assumption, ClaimVerdict, Counterexample, Notice, Party, Reason};

use crate::claim_set::{ClaimSet, Listed};
use crate::facts::principals::PrincipalId;
use crate::facts::{Facts, reasons};
use crate::findings::breach::{Breach, Pairs, Side};
use crate::findings::{Answer, Findings};

/// Answers in words.
#[derive(Debug, Default)]
pub(crate) struct Told {
    claims: BTreeMap<ClaimId, ClaimVerdict>,
    /// Statements that can never match.
    pub(crate) dead: Vec<Notice>,
    /// Rights that are wider than needed and that no tenant can reach.
    pub(crate) least_privilege: Vec<Notice>,
    /// The shared principals that have them.
    pub(crate) uncontrolled: BTreeSet<PrincipalId>,
    /// What the answers rest on.
    pub(crate) assumptions: Vec<Assumption>,
}

/// What a check found, in words. Every claim of the set is answered, also where there was nothing
/// to ask.
pub(crate) fn told<S: ClaimSet>(facts: &Facts<'_, '_>, found: Findings<S>) -> Told {
    let mut told = Told {
        claims: Listed::<S>::all().map(|claim| (*claim, ClaimVerdict::new(*claim))).collect(),
        dead: dead::notices(facts, found.dead),
        least_privilege: Vec::new(),
        uncontrolled: BTreeSet::new(),
        assumptions: found.assumed.into_iter().map(assumptions::assumption).collect(),
    };
    for principal in found.uncontrolled {
        told.least_privilege.push(request::beyond_reach(facts, principal));
        told.uncontrolled.insert(principal);
    }
    for (claim, found) in found.answers {
        told.claims.insert(claim, answer(facts, claim, found));
    }
    told
}

fn answer(facts: &Facts<'_, '_>, claim: ClaimId, found: Answer) -> ClaimVerdict {
    let mut answer = ClaimVerdict::new(claim);
    answer.questions = found.questions;
    for breach in &found.breaches {
        let example = counterexample(facts, claim, breach);
        if !joins(breach, &example, &mut answer.counterexamples) {
            answer.counterexamples.push(example);
        }
    }
    let each = |breach: &Breach| counterexample(facts, claim, breach);
    answer.weak = found.weak.iter().map(each).collect();
    answer.advice = found.advice.iter().map(each).collect();
    for unknown in &found.undecided {
        let reason = unknown::reason(facts, claim, unknown);
        // A convention is asked of every place alike, so that two may read the same.
        if claim.is_convention() || !answer.undecided.contains(&reason) {
            answer.undecided.push(reason);
        }
    }
    answer
}

/// Whether a breach was told together with an earlier one of its principal.
fn joins(breach: &Breach, example: &Counterexample, known: &mut [Counterexample]) -> bool {
    let wanted = matches!(breach, Breach::Granted(granted) if granted.joins);
    let own = known.iter_mut().rev().take_while(|known| known.principal == example.principal);
    wanted && own.into_iter().any(|known| known.take_in(example))
}

/// A way through, in words.
pub(crate) fn counterexample(
    facts: &Facts<'_, '_>,
    claim: ClaimId,
    breach: &Breach,
) -> Counterexample {
    match breach {
        Breach::Shown(shown) => shown::counterexample(facts, claim, shown),
        Breach::Granted(granted) => request::counterexample(facts, claim, granted),
        Breach::Packets(packets) => {
            packet::Teller { model: facts.reader.model, read: facts.network() }.packets(packets)
        }
        Breach::Unkept(unkept) => convention::counterexample(facts, claim, unkept),
    }
}

/// Who a side is.
fn party(facts: &Facts<'_, '_>, side: Side) -> Party {
    match side {
        Side::Owner(owner) => reasons::party(facts, owner),
        Side::AnyOtherTenant => Party::AnyOtherTenant,
        Side::Outside => Party::Outside,
    }
}

/// How many ordered pairs of tenants a breach breaks.
fn pairs(facts: &Facts<'_, '_>, pairs: Pairs) -> u64 {
    match pairs {
        Pairs::One => 1,
        Pairs::AllOthers => {
            let others = facts.reader.model.tenants.len().saturating_sub(1);
            u64::try_from(others).unwrap_or(u64::MAX)
        }
    }
}

impl Told {
    /// All that several checks found, in their order.
    pub(crate) fn all(of_checks: impl IntoIterator<Item = Self>) -> Self {
        let mut all = Self::default();
        for other in of_checks {
            other.claims.into_values().for_each(|answer| merge(&mut all.claims, answer));
            all.dead.extend(other.dead);
            all.least_privilege.extend(other.least_privilege);
            all.uncontrolled.extend(other.uncontrolled);
            all.assumptions.extend(other.assumptions);
        }
        all
    }

    /// The answers.
    pub(crate) fn claims(&self) -> impl Iterator<Item = &ClaimVerdict> {
        self.claims.values()
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
            known.weak.extend(answer.weak);
            known.advice.extend(answer.advice);
            let new = |reason: &Reason| !known.undecided.contains(reason);
            let new: Vec<Reason> = answer.undecided.into_iter().filter(new).collect();
            known.undecided.extend(new);
        }
    }
}
