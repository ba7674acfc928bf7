//! What a check is: some claims, and how they are decided.

use tenantry_verdict::claims::ClaimId;

use crate::facts::Facts;
use crate::findings::Findings;

/// Decides some claims of what was read of a model. No check knows another; a claim that several
/// decide is as bad as the worst of them finds it.
pub(crate) trait Check: Sync {
    /// The claims of which it says something.
    fn claims(&self) -> &'static [ClaimId];

    /// Asks, of all that the claims are about, and gives what was found of these claims alone.
    fn run(&self, facts: &Facts<'_, '_>) -> Findings;
}
