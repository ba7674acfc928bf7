//! What each barrier is worth: it is taken away alone, and then left alone.
//!
//! The planes of policies are asked as a whole. The claims of routes, tokens and environments are
//! about single settings, each of which stops some ways in and not others; those planes are asked
//! way by way: what comes of it when the setting is wrong, with what else stands in the way.
//! Nothing here reads a template; what the planes have read is changed, and asked again.

mod environment;
mod misplaced;
pub(crate) mod network;
mod policies;
mod route;
mod token;

use std::collections::BTreeSet;

use tenantry_template::Model;
use tenantry_verdict::claims::route::INVOKE;
use tenantry_verdict::claims::{Barrier, ClaimId};
use tenantry_verdict::{Against, Counterexample, Outcome, Removal};

use crate::check::Check;
use crate::checks::unresolved_attachments::UnresolvedAttachments;
use crate::explain::{self, Told};
use crate::facts::Facts;

/// Barriers that are taken away together.
type Removed = BTreeSet<Barrier>;

/// Removes each barrier in turn, and asks again.
pub(crate) fn removals(model: &Model<'_>) -> Vec<Removal> {
    let facts = Facts::read(model);
    let owners = &facts.owners;
    let policies = policies::Policies::new(model, &facts);
    let mut removals = policies.planes();
    let mut doors = crate::checks::route::read(&facts, owners);
    let unread = explain::told(&facts, UnresolvedAttachments.run(&facts));
    let mut of_permissions = unread.claims().filter(|answer| answer.claim == INVOKE);
    doors.stray_permission = of_permissions.any(|answer| !answer.undecided.is_empty());
    let tokens = token::Tokens::read(&facts, owners);
    let given = environment::Given::read(&facts);
    let mut ways = route::ways(&facts, &doors, &policies);
    ways.extend(token::ways(&facts, &tokens, &policies));
    ways.extend(environment::ways(&facts, &given, &doors, &policies));
    removals.extend(ways.iter().flat_map(Scenario::removals));
    removals
}

/// One way in which a claim breaks, and all that stands in it.
struct Scenario<'w> {
    claim: ClaimId,
    says: &'static str,
    /// The claim's barriers that stand in it.
    barriers: Vec<Barrier>,
    /// Others, which are taken away where one is left alone.
    beside: Vec<Barrier>,
    /// Whether the way is open without these.
    ask: Box<dyn Fn(&Removed) -> ScenarioResult + 'w>,
}

/// Whether something gets through, and how.
struct ScenarioResult {
    outcome: Outcome,
    example: Option<Counterexample>,
}

impl Scenario<'_> {
    fn removals(&self) -> Vec<Removal> {
        let all = || self.barriers.iter().chain(&self.beside).copied();
        let removal = |barrier: &Barrier| {
            let without = (self.ask)(&Removed::from([*barrier]));
            let others = all().filter(|each| each != barrier).collect();
            Removal {
                plane: self.claim.plane,
                against: Some(Against { claim: self.claim, way: self.says }),
                barrier: *barrier,
                alone: (self.ask)(&others).outcome == Outcome::Proven,
                without: without.outcome,
                example: without.example.map(Box::new),
            }
        };
        self.barriers.iter().map(removal).collect()
    }
}

impl ScenarioResult {
    fn closed() -> Self {
        Self { outcome: Outcome::Proven, example: None }
    }

    /// An answer, with a way through where there is one for sure.
    fn with(outcome: Outcome, example: impl FnOnce() -> Counterexample) -> Self {
        Self { outcome, example: (outcome == Outcome::Breached).then(example) }
    }

    /// The worst answer to some claims, and a way through.
    fn of(told: &Told, claims: impl Fn(&ClaimId) -> bool) -> Self {
        let claims = || told.claims().filter(|answer| claims(&answer.claim));
        let worst = claims().map(|answer| answer.outcome().crossing()).max();
        let example = claims().flat_map(|answer| &answer.counterexamples).next();
        Self { outcome: worst.unwrap_or(Outcome::Proven), example: example.cloned() }
    }

    /// Two things that must both be so; the second one tells how.
    fn and(self, other: impl FnOnce() -> Self) -> Self {
        if self.outcome == Outcome::Proven {
            return self;
        }
        let other = other();
        let outcome = self.outcome.min(other.outcome);
        let example = other.example.or(self.example);
        Self { outcome, example: example.filter(|_| outcome == Outcome::Breached) }
    }

    /// The worse of two ways.
    fn or(self, other: impl FnOnce() -> Self) -> Self {
        if self.outcome == Outcome::Breached {
            return self;
        }
        let other = other();
        if other.outcome > self.outcome { other } else { self }
    }
}

/// What gets through where two things must be so, each perhaps not known.
fn both(one: Option<bool>, other: Option<bool>) -> Outcome {
    match (one, other) {
        (Some(true), Some(true)) => Outcome::Breached,
        (Some(false), _) | (_, Some(false)) => Outcome::Proven,
        (None, _) | (_, None) => Outcome::Undecided,
    }
}
