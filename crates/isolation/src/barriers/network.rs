//! What route tables, network ACLs and security groups are worth.

use tenantry_reachability::{Without, arrivals};
use tenantry_verdict::claims::network::PACKET;
use tenantry_verdict::claims::{Barrier, Plane};
use tenantry_verdict::{Outcome, Removal};

use crate::explain;
use crate::facts::Facts;
use crate::findings::breach::Packets;

/// What each barrier is worth: the plane without it, and the plane with it alone.
pub(crate) fn removals(facts: &Facts<'_, '_>) -> Vec<Removal> {
    let read = facts.network();
    // Where nothing is there to reach, every barrier would hold it.
    if read.interfaces_of_tenants() == 0 {
        return Vec::new();
    }
    let all = Without { routes: true, acls: true, groups: true };
    let each = [
        (
            Barrier::RouteTable,
            Without { routes: true, ..Without::default() },
            Without { routes: false, ..all },
        ),
        (
            Barrier::NetworkAcl,
            Without { acls: true, ..Without::default() },
            Without { acls: false, ..all },
        ),
        (
            Barrier::SecurityGroup,
            Without { groups: true, ..Without::default() },
            Without { groups: false, ..all },
        ),
    ];
    let holds = |without| {
        let first = arrivals(&read.network, without).next();
        let outcome = match first {
            None => Outcome::Proven,
            Some(arrival) if arrival.certain => Outcome::Breached,
            Some(_) => Outcome::Undecided,
        };
        (outcome, first)
    };
    let removal = |(barrier, without, alone)| {
        let (outcome, arrival) = holds(without);
        let example = arrival.map(|first| {
            let packets = Packets { first, others: None };
            explain::counterexample(facts, PACKET, &packets.into())
        });
        Removal {
            plane: Plane::Network,
            against: None,
            barrier,
            alone: holds(alone).0 == Outcome::Proven,
            without: outcome,
            example: example.map(Box::new),
        }
    };
    each.into_iter().map(removal).collect()
}
