//! Statements that can never match: neither a grant nor a barrier.

use std::sync::Arc;

use rayon::prelude::*;
use tenantry_policy as policy;
use tenantry_policy::{Dead, Policy};

use crate::check::Check;
use crate::claim_set::claim_set;
use crate::facts::Facts;

claim_set!(
    /// The claims of this check.
    pub(crate) Claims {}
);

type Findings = crate::findings::Findings<Claims>;

/// Statements that can never match. It decides no claim.
pub(crate) struct DeadStatements;

impl Check for DeadStatements {
    type Claims = Claims;

    fn run(&self, facts: &Facts<'_, '_>) -> Findings {
        let mut found = Findings::new();
        found.dead = dead(facts);
        found
    }
}

/// The statements that can never match.
fn dead(facts: &Facts<'_, '_>) -> Vec<Dead> {
    let own = facts.principals.iter().flat_map(|principal| &principal.policies);
    let mut assets: Vec<&Arc<Policy>> =
        facts.assets.iter().filter_map(|asset| asset.policy.as_ref()).collect();
    // The parts of a resource share its policy.
    assets.dedup_by(|one, other| Arc::ptr_eq(one, other));
    let assets = assets.into_iter().map(Arc::as_ref);
    let statements: Vec<_> = own.chain(assets).flat_map(|policy| &policy.statements).collect();
    statements.into_par_iter().filter_map(policy::dead).collect()
}
