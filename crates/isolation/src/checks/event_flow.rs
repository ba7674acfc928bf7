//! What flows from one resource into another: streams, events, subscriptions, copies.

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
        found
    }
}

/// Decides what of `data/stream`, `data/copy`, `escalation/feed` and `log/read-by-owner` needs no
/// policy.
fn decide<'a>(facts: &Facts<'_, 'a>, owners: &Owners<'_, 'a>, found: &mut Findings) {
    let model = facts.reader.model;
    for edge in flows(model, owners) {
        let giver @ Owner::Tenant(_) = model.resources[edge.source].owner else { continue };
        if let Some(claim) = edge.read {
            found.ask(claim);
        }
        if edge.feeds {
            found.ask(FEED);
        }
        // What no template here makes is no tenant's here.
        let Some(end) = edge.end else { continue };
        let taker @ Owner::Tenant(_) = model.resources[end].owner else { continue };
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
            let shown = shown(claim, taker, giver, end, "reads", edge.source);
            found.breach(shown.counterexample(facts));
        }
        if edge.feeds {
            let shown = shown(FEED, giver, taker, edge.source, "feeds", end);
            found.breach(shown.counterexample(facts));
        }
    }
    shared::decide(facts, owners, found);
}
