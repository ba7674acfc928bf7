//! Network ACLs and security groups as exact sets of (peer address, protocol, port).
//!
//! What is not known is bounded from both sides: [`Bound::May`] is every packet that could pass,
//! [`Bound::Must`] every packet that passes whatever the unknown values are.

use super::packet_set::{Region, Set};
use super::topology::{Acl, Block, Direction, Family, Group, GroupId, Peer, Traffic};

/// Which side an unknown value is taken from.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Bound {
    /// Everything that could pass.
    May,
    /// Only what passes in any case.
    Must,
}

/// What a security group, or several together, let through.
#[derive(Clone, Debug, Default)]
pub(crate) struct GroupFilter {
    /// By the peer's address.
    pub(crate) addresses: Set<3>,
    /// By the peer's group.
    pub(crate) members: Vec<(GroupId, Traffic)>,
}

/// Every packet of a family.
pub(crate) fn everything(family: Family) -> Region<3> {
    region(Block::all(family), Traffic::ALL)
}

/// More entries or rules than this are not looked at: AWS allows 40 and 1,000, and a template
/// must not make this run for ever.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html>
pub const MOST: usize = 1000;

/// What a network ACL lets through in one direction.
pub(crate) fn acl(acl: &Acl, family: Family, direction: Direction, bound: Bound) -> Set<3> {
    let mut order: Vec<_> = acl.entries.iter().filter(|e| e.direction == direction).collect();
    if order.len() > MOST {
        return unknown(family, bound);
    }
    order.sort_by_key(|entry| entry.number);
    let mut rest = Set::one(everything(family));
    let mut passed = Set::empty();
    for entry in order {
        let known = entry.certain && entry.peer.is_some() && entry.traffic.is_some();
        // An entry that is not known counts for whichever side it makes wider.
        if !known && entry.allow != (bound == Bound::May) {
            continue;
        }
        let peer = entry.peer.unwrap_or(Block::all(family));
        if peer.family != family {
            continue;
        }
        let region = region(peer, entry.traffic.unwrap_or(Traffic::ALL));
        if entry.allow {
            rest.within(&region).boxes().iter().for_each(|hit| passed.add(*hit));
        }
        // An allowing entry of which we only know that it may match takes nothing from those
        // that come after it; what it let through is in the set already.
        rest.remove(&region);
    }
    passed
}

/// What several security groups together let through in one direction.
pub(crate) fn groups<'g>(
    groups: impl IntoIterator<Item = &'g Group>,
    family: Family,
    direction: Direction,
    bound: Bound,
) -> GroupFilter {
    let mut filter = GroupFilter::default();
    let rules = groups.into_iter().flat_map(|group| &group.rules);
    let rules: Vec<_> = rules.filter(|rule| rule.direction == direction).collect();
    if rules.len() > MOST {
        return GroupFilter { addresses: unknown(family, bound), members: Vec::new() };
    }
    for rule in rules {
        if !rule.certain && bound == Bound::Must {
            continue;
        }
        let traffic = match (rule.traffic, bound) {
            (Some(traffic), _) => traffic,
            (None, Bound::May) => Traffic::ALL,
            (None, Bound::Must) => continue,
        };
        match &rule.peer {
            Peer::Blocks(blocks) => {
                for block in blocks.iter().filter(|block| block.family == family) {
                    filter.addresses.add(region(*block, traffic));
                }
            }
            Peer::Group(group) => filter.members.push((*group, traffic)),
            Peer::Service => {}
            Peer::Unknown if bound == Bound::May => {
                filter.addresses.add(region(Block::all(family), traffic));
            }
            Peer::Unknown => {}
        }
    }
    filter
}

fn unknown(family: Family, bound: Bound) -> Set<3> {
    match bound {
        Bound::May => Set::one(everything(family)),
        Bound::Must => Set::empty(),
    }
}

fn region(peer: Block, traffic: Traffic) -> Region<3> {
    [peer.range, traffic.protocols, traffic.ports]
}
