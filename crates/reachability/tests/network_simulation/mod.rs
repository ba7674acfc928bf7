//! One packet through one network, step by step, as AWS describes each step. Slow and plain: it
//! shares nothing with the sets that it is compared with. The internet is not simulated.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, unreachable_pub, reason = "a test")]

use tenantry_reachability::{
    Block, Choice, Direction, Family, Interface, InterfaceId, Network, Packet, Peer, SubnetId,
    Target, Traffic,
};

/// Whether a packet of one interface arrives at another.
pub fn arrives(network: &Network, from: InterfaceId, to: InterfaceId, packet: &Packet) -> bool {
    let (a, b) = (&network.interfaces[from], &network.interfaces[to]);
    let has = |interface: &Interface, address| {
        let subnet = &network.subnets[interface.subnet];
        let none = interface.v4_only && packet.family == Family::V6;
        !none && subnet.blocks.iter().any(|block| inside(*block, packet, address))
    };
    if !has(a, packet.source) || !has(b, packet.destination) {
        return false;
    }
    let leaves = group_allows(network, a, b, Direction::Egress, packet, packet.destination);
    let enters = group_allows(network, b, a, Direction::Ingress, packet, packet.source);
    if a.subnet == b.subnet {
        return leaves && enters;
    }
    leaves
        && acl_allows(network, a.subnet, Direction::Egress, packet, packet.destination)
        && routed(network, a, b, packet)
        && acl_allows(network, b.subnet, Direction::Ingress, packet, packet.source)
        && enters
}

fn inside(block: Block, packet: &Packet, address: u128) -> bool {
    block.family == packet.family && block.range.contains(address)
}

fn matches(traffic: &Traffic, packet: &Packet) -> bool {
    traffic.protocols.contains(packet.protocol) && traffic.ports.contains(packet.port)
}

fn acl_allows(n: &Network, subnet: SubnetId, way: Direction, packet: &Packet, peer: u128) -> bool {
    let subnet = &n.subnets[subnet];
    let acl = match subnet.acl {
        Choice::One(acl) => Some(acl),
        _ => n.vpcs[subnet.vpc].default_acl,
    };
    let Some(acl) = acl else { return true };
    let mut entries: Vec<_> = n.acls[acl].entries.iter().filter(|e| e.direction == way).collect();
    entries.sort_by_key(|entry| entry.number);
    let first = entries.into_iter().find(|entry| {
        entry.traffic.as_ref().is_some_and(|traffic| matches(traffic, packet))
            && entry.peer.is_some_and(|block| inside(block, packet, peer))
    });
    first.is_some_and(|entry| entry.allow)
}

fn group_allows(
    n: &Network,
    own: &Interface,
    other: &Interface,
    way: Direction,
    packet: &Packet,
    peer: u128,
) -> bool {
    own.groups.iter().flat_map(|group| &n.groups[*group].rules).any(|rule| {
        rule.direction == way
            && rule.traffic.as_ref().is_some_and(|traffic| matches(traffic, packet))
            && match &rule.peer {
                Peer::Blocks(blocks) => blocks.iter().any(|b| inside(*b, packet, peer)),
                Peer::Group(group) => other.groups.contains(group),
                Peer::Service | Peer::Unknown => false,
            }
    })
}

fn routed(n: &Network, a: &Interface, b: &Interface, packet: &Packet) -> bool {
    let (subnet, far) = (&n.subnets[a.subnet], n.subnets[b.subnet].vpc);
    let mut best: (u128, Option<Target>) = (u128::MAX, None);
    if let Choice::One(table) = subnet.route_table {
        for route in &n.route_tables[table].routes {
            let Some(block) = route.destination else { continue };
            let size = block.range.high - block.range.low;
            if inside(block, packet, packet.destination) && size < best.0 {
                best = (size, Some(route.target));
            }
        }
    }
    for own in &n.vpcs[subnet.vpc].blocks {
        if inside(*own, packet, packet.destination) && own.range.high - own.range.low < best.0 {
            best = (own.range.high - own.range.low, Some(Target::Local));
        }
    }
    let ends = [subnet.vpc, far];
    match best.1 {
        Some(Target::Local) => subnet.vpc == far,
        Some(Target::Peering(at)) => {
            let joined = n.peerings[at].vpcs;
            subnet.vpc != far && ends.iter().all(|vpc| joined.contains(&Some(*vpc)))
        }
        Some(Target::Transit(at)) => {
            let joined = &n.transits[at].vpcs;
            subnet.vpc != far && ends.iter().all(|vpc| joined.contains(vpc))
        }
        _ => false,
    }
}
