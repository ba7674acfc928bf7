//! What flows from one resource into another: streams, events, subscriptions, copies.

mod by_permission;
mod default_bus;
mod shared;

use tenantry_template::Owner;
use tenantry_verdict::claims::Barrier;

use self::escalation::FEED;
use crate::check::Check;
use crate::claim_set::{Listed, claim_set};
use crate::facts::Facts;
use crate::facts::flows::flows;
use crate::facts::owners::Owners;
use crate::findings::breach::{Act, More, Seen, Shown, Thing};

claim_set!(
    /// The claims of this check.
    pub(crate) Claims {
        data { STREAM, COPY }
        escalation { FEED }
        log { READ_BY_OWNER }
    }
);

type Findings = crate::findings::Findings<Claims>;

/// What flows from one tenant to another.
pub(crate) struct EventFlow;

impl Check for EventFlow {
    type Claims = Claims;

    fn run(&self, facts: &Facts<'_, '_>) -> Findings {
        let mut found = Findings::new();
        decide(facts, &facts.owners, &mut found);
        by_permission::decide(facts, &mut found);
        default_bus::decide(facts, &mut found);
        found
    }
}

/// Whether a tenant may put events on the default bus, where other templates' rules may listen.
pub(crate) fn writes_to_the_default_bus(facts: &Facts<'_, '_>) -> bool {
    default_bus::any(facts)
}

/// Decides what of `data/stream`, `data/copy`, `escalation/feed` and `log/read-by-owner` needs no
/// policy.
fn decide<'a>(facts: &Facts<'_, 'a>, owners: &Owners<'_, 'a>, found: &mut Findings) {
    let model = facts.reader.model;
    for edge in flows(model, owners) {
        let giver @ Owner::Tenant(_) = model.resources[edge.source].owner else { continue };
        let read: Option<Listed<Claims>> = edge.read.map(Listed::within);
        if let Some(claim) = read {
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
        let shown = |attacker: Owner, victim: Owner, actor, act, on| Shown {
            barrier: Barrier::Ownership,
            attacker: attacker.into(),
            victim: victim.into(),
            actor,
            act,
            on: Thing::Resource(on),
            seen: Seen::FlowsHere,
            span: edge.span,
            more: More::default(),
        };
        if let Some(claim) = read {
            found.breach(claim, shown(taker, giver, end, Act::Reads, edge.source));
        }
        if edge.feeds {
            found.breach(FEED, shown(giver, taker, edge.source, Act::Feeds, end));
        }
    }
    shared::decide(facts, owners, found);
}
