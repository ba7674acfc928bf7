//! What flows from one resource into another: streams, events, subscriptions, copies.

mod by_permission;
mod shared;

use tenantry_template::Owner;
use tenantry_verdict::claims::data::{COPY, STREAM};
use tenantry_verdict::claims::escalation::FEED;
use tenantry_verdict::claims::log::READ_BY_OWNER;
use tenantry_verdict::claims::{Barrier, ClaimId};

use crate::check::Check;
use crate::explain::breach::Breach;
use crate::facts::Facts;
use crate::facts::flows::flows;
use crate::facts::owners::Owners;
use crate::findings::Findings;

/// What flows from one tenant to another.
pub(crate) struct EventFlow;

impl Check for EventFlow {
    fn claims(&self) -> &'static [ClaimId] {
        &[STREAM, COPY, FEED, READ_BY_OWNER]
    }

    fn run(&self, facts: &Facts<'_, '_>) -> Findings {
        let mut found = Findings::of(self.claims());
        decide(facts, &facts.owners, &mut found);
        by_permission::decide(facts, &mut found);
        found
    }
}

/// Decides what of `data/stream`, `data/copy`, `escalation/feed` and `log/read-by-owner` needs no
/// policy.
fn decide<'a>(facts: &Facts<'_, 'a>, owners: &Owners<'_, 'a>, found: &mut Findings) {
    let model = facts.reader.model;
    let owner = |at: usize| model.resources.get(at).map(|resource| resource.owner);
    for edge in flows(model, owners) {
        let Some(giver @ Owner::Tenant(_)) = owner(edge.source) else { continue };
        if let Some(claim) = edge.read {
            found.ask(claim);
        }
        if edge.feeds {
            found.ask(FEED);
        }
        let Some(taker @ Owner::Tenant(_)) = owner(edge.end) else { continue };
        if giver == taker {
            continue;
        }
        let shown = |claim, attacker, victim, principal, action, resource| Breach {
            claim,
            barrier: Barrier::Ownership,
            attacker,
            victim,
            principal,
            action,
            resource: facts.path(resource),
            says: "it flows here",
            span: edge.span,
        };
        if let Some(claim) = edge.read {
            let shown = shown(claim, taker, giver, edge.end, "reads", edge.source);
            found.breach(shown.counterexample(facts));
        }
        if edge.feeds {
            let shown = shown(FEED, giver, taker, edge.source, "feeds", edge.end);
            found.breach(shown.counterexample(facts));
        }
    }
    shared::decide(facts, owners, found);
}
