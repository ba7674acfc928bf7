//! Statements that can never match: neither a grant nor a barrier.

use std::collections::BTreeSet;
use std::sync::Arc;

use rayon::prelude::*;
use tenantry_policy as policy;
use tenantry_policy::Policy;
use tenantry_verdict::Notice;

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

/// The statements that can never match, each once.
fn dead(facts: &Facts<'_, '_>) -> Vec<Notice> {
    let own = facts.principals.iter().flat_map(|principal| &principal.policies);
    let mut assets: Vec<&Arc<Policy>> =
        facts.assets.iter().filter_map(|asset| asset.policy.as_ref()).collect();
    // The parts of a resource share its policy.
    assets.dedup_by(|one, other| Arc::ptr_eq(one, other));
    let assets = assets.into_iter().map(Arc::as_ref);
    let mut places = BTreeSet::new();
    let mut notices = Vec::new();
    let statements: Vec<_> = own.chain(assets).flat_map(|policy| &policy.statements).collect();
    let dead: Vec<_> = statements.into_par_iter().filter_map(policy::dead).collect();
    for dead in dead {
        let (what, span) = match dead {
            policy::Dead::Key { key, span } => {
                (format!("no request has the condition key `{key}`"), span)
            }
            policy::Dead::Actions { span } => ("no service has these actions".to_owned(), span),
            policy::Dead::Resources { span } => {
                ("none of these actions acts on these resources".to_owned(), span)
            }
        };
        let Some(span) = facts.reader.places.get(span) else { continue };
        if places.insert((span.file, span.start)) {
            notices.push(Notice {
                what: format!("this statement never matches: {what}"),
                help: Some("correct or remove it: it is no grant and no barrier".to_owned()),
                place: facts.reader.model.place(span),
            });
        }
    }
    notices
}
