//! What a check is: some claims, and how they are decided.

use tenantry_verdict::claims::ClaimId;

use crate::claim_set::ClaimSet;
use crate::explain::{self, Told};
use crate::facts::Facts;
use crate::findings::Findings;

/// Decides some claims of what was read of a model. No check knows another; a claim that several
/// decide is as bad as the worst of them finds it.
pub(crate) trait Check: Sync {
    /// The claims of which it says something.
    type Claims: ClaimSet;

    /// Asks, of all that the claims are about, and gives what was found of these claims alone.
    fn run(&self, facts: &Facts<'_, '_>) -> Findings<Self::Claims>;
}

/// A check, whichever claims it decides.
pub(crate) trait AnyCheck: Sync {
    fn claims(&self) -> &'static [ClaimId];

    /// What it finds, in words.
    fn run(&self, facts: &Facts<'_, '_>) -> Told;
}

impl<C: Check> AnyCheck for C {
    fn claims(&self) -> &'static [ClaimId] {
        C::Claims::CLAIMS
    }

    fn run(&self, facts: &Facts<'_, '_>) -> Told {
        explain::told(facts, Check::run(self, facts))
    }
}
