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
        const NEVER: &str = "this statement never matches";
        let (what, span) = match dead {
            policy::Dead::Key { key, span } => {
                (format!("{NEVER}: no request has the condition key `{key}`"), span)
            }
            policy::Dead::Values { key, span } => {
                (format!("{NEVER}: `{key}` is compared with nothing"), span)
            }
            policy::Dead::Principals { span } => {
                (format!("{NEVER}: nobody is called what its principals are called"), span)
            }
            policy::Dead::Source { span } => {
                (format!("{NEVER}: the source's ARN is of another account than asked for"), span)
            }
            // The list may be older than the service.
            policy::Dead::Actions { span } => {
                ("no list has these actions: they are misspelt, or new".to_owned(), span)
            }
            policy::Dead::Resources { span } => {
                (format!("{NEVER}: none of these actions acts on these resources"), span)
            }
        };
        let Some(span) = facts.reader.places.get(span) else { continue };
        if places.insert((span.file, span.start)) {
            notices.push(Notice {
                what,
                help: Some("correct or remove it: it is no grant and no barrier".to_owned()),
                place: facts.reader.model.place(span),
            });
        }
    }
    notices
}
