//! Breaches that need no policy to be told.

use tenantry_template::{Owner, ResourceId, Span};
use tenantry_verdict::claims::{Barrier, ClaimId};
use tenantry_verdict::{Counterexample, Evidence};

use crate::facts::Facts;
use crate::facts::reasons::party;

/// A breach that one place shows.
pub(crate) struct Breach<'s> {
    pub(crate) claim: ClaimId,
    pub(crate) barrier: Barrier,
    pub(crate) attacker: Owner,
    pub(crate) victim: Owner,
    /// Who acts.
    pub(crate) principal: ResourceId,
    pub(crate) action: &'s str,
    /// What is reached.
    pub(crate) resource: String,
    pub(crate) says: &'s str,
    pub(crate) span: Span,
}

impl Breach<'_> {
    pub(crate) fn counterexample(self, facts: &Facts<'_, '_>) -> Counterexample {
        let (attacker, victim) = (party(facts, self.attacker), party(facts, self.victim));
        let mut example = Counterexample::new(self.claim, attacker, victim, self.barrier);
        example.principal = facts.path(self.principal);
        example.action = self.action.to_owned();
        example.resource = self.resource;
        if let Some(place) = facts.reader.model.place(self.span) {
            let says = self.says.to_owned();
            example.evidence.push(Evidence { says, allows: true, place });
        }
        example.fix = self.claim.fix.to_owned();
        example
    }
}
