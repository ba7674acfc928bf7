//! The network plane: which packets of one tenant's interfaces reach another tenant's.
//!
//! The reachability works on its own small input and knows neither templates nor verdicts. Sets
//! of packets are exact. What is not modelled: what a shared interface forwards, a transit
//! gateway's own route tables, and the network ACL of a NAT gateway's subnet (taken as open).

use std::collections::BTreeMap;

use tenantry_reachability::{Arrival, Without, arrivals};

use self::network::PACKET;
use crate::check::Check;
use crate::claim_set::claim_set;
use crate::facts::Facts;
use crate::facts::network::Read;
use crate::findings::Assumed;
use crate::findings::breach::{OtherSenders, Packets};
use crate::findings::unknown::Unknown;

claim_set!(
    /// The claims of this check.
    pub(crate) Claims {
        network { PACKET }
    }
);

type Findings = crate::findings::Findings<Claims>;

/// Which packets of one tenant's interfaces reach another's.
pub(crate) struct PacketCheck;

impl Check for PacketCheck {
    type Claims = Claims;

    fn run(&self, facts: &Facts<'_, '_>) -> Findings {
        decide(facts)
    }
}

/// More attackers of one victim than this are counted, not listed.
const LISTED: usize = 3;

/// Asks of every tenant's interface which packets of others arrive there.
fn decide(facts: &Facts<'_, '_>) -> Findings {
    let read = facts.network();
    let mut found = Findings::new();
    found.count(PACKET, read.interfaces_of_tenants());
    let mut by_victim: BTreeMap<&str, Vec<Arrival>> = BTreeMap::new();
    for arrival in arrivals(&read.network, Without::default()) {
        let name = read.network.interfaces[arrival.to].name.as_str();
        by_victim.entry(name).or_default().push(arrival);
    }
    for arrivals in by_victim.into_values() {
        let (certain, possible): (Vec<_>, Vec<_>) =
            arrivals.into_iter().partition(|arrival| arrival.certain);
        listed(read, &certain).into_iter().for_each(|each| found.breach(PACKET, each));
        if let (true, Some(first)) = (certain.is_empty(), possible.first()) {
            found.undecided(PACKET, Unknown::Packet(Box::new(*first)));
        }
    }
    found.assumed.push(Assumed::NoOtherJoints);
    found
}

/// One for each attacking resource, or one that counts them if they are many.
fn listed(read: &Read, arrivals: &[Arrival]) -> Vec<Packets> {
    let mut attackers: BTreeMap<&str, &Arrival> = BTreeMap::new();
    for arrival in arrivals {
        let from = &read.network.interfaces[arrival.from];
        attackers.entry(&from.name).or_insert(arrival);
    }
    let each = attackers.values().map(|arrival| Packets { first: **arrival, others: None });
    if attackers.len() <= LISTED {
        return each.collect();
    }
    let mut owners: Vec<_> = attackers
        .values()
        .filter_map(|arrival| read.network.interfaces[arrival.from].owner)
        .collect();
    owners.sort_unstable();
    owners.dedup();
    let others = Some(OtherSenders { count: attackers.len() - 1, owners: owners.len() });
    each.take(1).map(|packets| Packets { others, ..packets }).collect()
}
