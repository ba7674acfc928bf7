//! Which packets arrive: attackers against victims, by every way between them.
//!
//! The work is linear in interfaces where barriers hold: what a victim lets in from anywhere in
//! its reach is computed once, and attackers are looked at only while that is not empty.

mod address;
mod paths;

use std::collections::{HashMap, HashSet};

use self::address::AddressBook;
use super::filter::{self, Bound, GroupFilter};
use super::packet_set::{Range, Region, Set};
use super::topology::{
    AclId, Choice, Direction, Family, GroupId, Interface, InterfaceId, Network, PeeringId,
    SubnetId, TransitId, VpcId,
};

/// A way between two interfaces.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Path {
    /// Inside one subnet: no route and no network ACL stands between.
    SameSubnet,
    /// From subnet to subnet of one VPC.
    Local,
    /// Over a peering connection.
    Peering(PeeringId),
    /// Over a transit gateway.
    Transit(TransitId),
    /// Over the internet, from and to public addresses.
    Internet,
    /// As if everything were one network; only where routes are left out of the question.
    Joined,
}

/// A packet, as it leaves. Over the internet an IPv4 address is the interface's private one on
/// its own side; the public one is not known.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Packet {
    /// The address family.
    pub family: Family,
    /// The sender's address.
    pub source: u128,
    /// The receiver's address.
    pub destination: u128,
    /// IANA protocol number.
    pub protocol: u128,
    /// Destination port; for ICMP the type times 256 plus the code.
    pub port: u128,
}

/// A packet of one tenant that arrives at another.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Arrival {
    /// The sender.
    pub from: InterfaceId,
    /// The receiver.
    pub to: InterfaceId,
    /// The way it takes.
    pub way: Path,
    /// The packet.
    pub packet: Packet,
    /// Whether it arrives whatever the unknown values are; else it could arrive.
    pub certain: bool,
    /// Whether the network ACLs let an answer back, so that a connection can be made.
    pub answered: bool,
}

/// Barriers that are left out of the question.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Without {
    /// Everything is taken as one routed network.
    pub routes: bool,
    /// Network ACLs let everything through.
    pub acls: bool,
    /// Security groups let everything through.
    pub groups: bool,
}

/// For each pair of a sending and a receiving interface of different tenants a packet that
/// arrives, if there is one. Interfaces that nothing tells apart are asked once.
pub fn arrivals(network: &Network, without: Without) -> impl Iterator<Item = Arrival> {
    let reach = Reach::new(network, without);
    let victims = reach.classes.clone();
    victims.into_iter().flat_map(move |victim| reach.at(victim))
}

/// Every packet of one interface that surely arrives at another, as disjoint boxes of source,
/// destination, protocol and port. Over the internet the addresses are the private ones.
pub fn packets(
    network: &Network,
    from: InterfaceId,
    to: InterfaceId,
    family: Family,
) -> Vec<[Range; 4]> {
    let (a, b) = (&network.interfaces[from], &network.interfaces[to]);
    let reach = Reach::new(network, Without::default());
    let mut all = Set::empty();
    for way in reach.ways(a, b) {
        let packets = reach.packets(a, b, way, family, Bound::Must);
        packets.boxes().iter().for_each(|region| all.add(*region));
    }
    all.boxes().to_vec()
}

struct Reach<'n> {
    network: &'n Network,
    without: Without,
    addresses: AddressBook<'n>,
    /// One interface of each kind: same owner, subnet, groups, publicity.
    classes: Vec<InterfaceId>,
    by_subnet: HashMap<SubnetId, Vec<InterfaceId>>,
    by_vpc: HashMap<VpcId, Vec<InterfaceId>>,
    acls: HashMap<(AclId, Family, Direction, Bound), Set<3>>,
}

impl<'n> Reach<'n> {
    fn new(network: &'n Network, without: Without) -> Self {
        let mut seen = HashSet::new();
        let mut classes = Vec::new();
        let mut by_subnet: HashMap<_, Vec<_>> = HashMap::new();
        let mut by_vpc: HashMap<_, Vec<_>> = HashMap::new();
        for (at, interface) in network.interfaces.entries() {
            let Interface { owner: Some(owner), subnet, groups, .. } = interface else {
                continue;
            };
            let mut groups = groups.clone();
            groups.sort_unstable();
            let flags =
                [interface.unknown_group, interface.public, interface.v4_only, interface.certain];
            if seen.insert((owner, subnet, groups, flags)) {
                classes.push(at);
                by_subnet.entry(*subnet).or_default().push(at);
                by_vpc.entry(network.subnets[*subnet].vpc).or_default().push(at);
            }
        }
        let mut acls = HashMap::new();
        for (at, acl) in network.acls.entries() {
            for family in Family::BOTH {
                for direction in [Direction::Ingress, Direction::Egress] {
                    for bound in [Bound::May, Bound::Must] {
                        let set = filter::acl(acl, family, direction, bound);
                        acls.insert((at, family, direction, bound), set);
                    }
                }
            }
        }
        let addresses = AddressBook::new(network);
        Self { network, without, addresses, classes, by_subnet, by_vpc, acls }
    }

    /// The arrivals at one victim.
    fn at(&self, victim: InterfaceId) -> Vec<Arrival> {
        let to = &self.network.interfaces[victim];
        let lets_in = Family::BOTH.map(|family| self.lets_in(to, family));
        let mut attackers: Vec<InterfaceId> = Vec::new();
        let inside = lets_in.iter().any(|set| !set.is_empty());
        // Over the internet the sender can be anywhere.
        if (self.without.routes && (inside || to.public)) || self.open_to_internet(to) {
            attackers.clone_from(&self.classes);
        } else {
            attackers.extend(self.by_subnet.get(&to.subnet).into_iter().flatten());
            if inside {
                let vpcs = self.addresses.joined(to);
                attackers.extend(vpcs.iter().filter_map(|vpc| self.by_vpc.get(vpc)).flatten());
            }
        }
        attackers.sort_unstable();
        attackers.dedup();
        let others =
            attackers.into_iter().filter(|from| self.network.interfaces[*from].owner != to.owner);
        others.filter_map(|from| self.between(from, victim, &lets_in)).collect()
    }

    /// Whether a victim may let in anything that comes over the internet.
    fn open_to_internet(&self, to: &Interface) -> bool {
        if !self.addresses.internet_gateway(to) {
            return false;
        }
        if to.public && !self.side(to, Direction::Ingress, Bound::May).is_empty() {
            return true;
        }
        let family = Family::V6;
        if self.addresses.of(to, family, Bound::May).next().is_none() {
            return false;
        }
        let acl = self.acl(to.subnet, family, Direction::Ingress, Bound::May);
        let groups = self.groups(to, family, Direction::Ingress, Bound::May);
        let allowed = acl.meet(&groups.addresses);
        let [_, protocols, ports] = filter::everything(family);
        let mut sources = self.addresses.everywhere(family).into_iter();
        sources.any(|range| !allowed.within(&[range, protocols, ports]).is_empty())
    }

    /// What a victim may let in from another subnet, whoever sends it.
    fn lets_in(&self, to: &Interface, family: Family) -> Set<3> {
        let acl = self.acl(to.subnet, family, Direction::Ingress, Bound::May);
        let groups = self.groups(to, family, Direction::Ingress, Bound::May);
        let mut allowed = acl.meet(&groups.addresses);
        for (_, traffic) in &groups.members {
            let region = [family.all(), traffic.protocols, traffic.ports];
            acl.within(&region).boxes().iter().for_each(|hit| allowed.add(*hit));
        }
        let sources = match self.without.routes {
            true => self.addresses.everywhere(family),
            false => self.addresses.reachable(to, family),
        };
        let mut inside = Set::empty();
        for range in sources {
            let [_, protocols, ports] = filter::everything(family);
            let hits = allowed.within(&[range, protocols, ports]);
            hits.boxes().iter().for_each(|hit| inside.add(*hit));
        }
        inside
    }

    /// A packet from one interface that arrives at another: one that surely does, if there is.
    fn between(
        &self,
        from: InterfaceId,
        to: InterfaceId,
        lets_in: &[Set<3>; 2],
    ) -> Option<Arrival> {
        let (a, b) = (&self.network.interfaces[from], &self.network.interfaces[to]);
        let mut possible = None;
        for (family, lets_in) in Family::BOTH.into_iter().zip(lets_in) {
            for way in self.ways(a, b) {
                let inner = !matches!(way, Path::SameSubnet | Path::Internet);
                if inner && !self.could_send(a, family, lets_in) {
                    continue;
                }
                for bound in [Bound::May, Bound::Must] {
                    let packets = self.packets(a, b, way, family, bound);
                    let Some(packet) = example(&packets, family) else { break };
                    let certain = bound == Bound::Must && a.certain && b.certain;
                    let answered = self.answered(a, b, way, packet);
                    let arrival = Arrival { from, to, way, packet, certain, answered };
                    if certain {
                        return Some(arrival);
                    }
                    possible = possible.or(Some(arrival));
                }
            }
        }
        possible
    }

    fn could_send(&self, a: &Interface, family: Family, lets_in: &Set<3>) -> bool {
        let [_, protocols, ports] = filter::everything(family);
        let mut sources = self.addresses.of(a, family, Bound::May);
        sources.any(|range| !lets_in.within(&[range, protocols, ports]).is_empty())
    }

    /// Every packet (source, destination, protocol, port) that arrives by one way.
    fn packets(
        &self,
        a: &Interface,
        b: &Interface,
        way: Path,
        family: Family,
        bound: Bound,
    ) -> Set<4> {
        if way == Path::Internet && family == Family::V4 {
            return self.public_packets(a, b, bound);
        }
        let mut packets = Set::empty();
        let [_, protocols, ports] = filter::everything(family);
        for source in self.addresses.of(a, family, bound) {
            for target in self.addresses.of(b, family, bound) {
                for destination in self.routed(a, b, way, family, target, bound) {
                    packets.add([source, destination, protocols, ports]);
                }
            }
        }
        if way != Path::SameSubnet {
            let out = self.acl(a.subnet, family, Direction::Egress, bound);
            packets = packets.meet(&by_destination(&out, family));
            let inward = self.acl(b.subnet, family, Direction::Ingress, bound);
            packets = packets.meet(&by_source(&inward, family));
        }
        // Over the internet nobody knows a peer's groups.
        let named = way != Path::Internet;
        let out = self.groups(a, family, Direction::Egress, bound);
        let out = self.with_members(&out, named.then_some(b), family, bound);
        packets = packets.meet(&by_destination(&out, family));
        let inward = self.groups(b, family, Direction::Ingress, bound);
        let inward = self.with_members(&inward, named.then_some(a), family, bound);
        packets.meet(&by_source(&inward, family))
    }

    /// IPv4 over the internet: both sides see a public address of the other's that nobody
    /// knows, so every one of them must pass, or one may.
    fn public_packets(&self, a: &Interface, b: &Interface, bound: Bound) -> Set<4> {
        let (family, mut packets) = (Family::V4, Set::empty());
        if !b.public || !self.sends_out(a, bound) {
            return packets;
        }
        let out = self.side(a, Direction::Egress, bound);
        let inward = self.side(b, Direction::Ingress, bound);
        let traffic = out.meet(&inward);
        for source in self.addresses.of(a, family, bound) {
            for destination in self.addresses.of(b, family, bound) {
                for [protocols, ports] in traffic.boxes() {
                    packets.add([source, destination, *protocols, *ports]);
                }
            }
        }
        packets
    }

    /// What an interface exchanges with public addresses.
    fn side(&self, interface: &Interface, direction: Direction, bound: Bound) -> Set<2> {
        let family = Family::V4;
        let acl = self.acl(interface.subnet, family, direction, bound);
        let groups = self.groups(interface, family, direction, bound);
        let passed = acl.meet(&groups.addresses);
        let [_, protocols, ports] = filter::everything(family);
        let mut some = Set::empty();
        let mut all = Set::one([protocols, ports]);
        for range in address::PUBLIC {
            for [_, protocols, ports] in passed.within(&[range, protocols, ports]).boxes() {
                some.add([*protocols, *ports]);
            }
            let mut refused = Set::one([range, protocols, ports]);
            passed.boxes().iter().for_each(|hit| refused.remove(hit));
            for [_, protocols, ports] in refused.boxes() {
                all.remove(&[*protocols, *ports]);
            }
        }
        if bound == Bound::May { some } else { all }
    }

    /// Whether the network ACLs let an answer from an ephemeral port back.
    fn answered(&self, a: &Interface, b: &Interface, way: Path, packet: Packet) -> bool {
        if way == Path::SameSubnet {
            return true;
        }
        let family = packet.family;
        let ports = Range { low: 1024, high: 65535 };
        let back = |subnet, direction, peer| {
            let acl = self.acl(subnet, family, direction, Bound::May);
            acl.within(&[Range::one(peer), Range::one(packet.protocol), ports])
        };
        let (mut out, mut inward) = (
            back(b.subnet, Direction::Egress, packet.source),
            back(a.subnet, Direction::Ingress, packet.destination),
        );
        if way == Path::Internet && family == Family::V4 {
            let public = |subnet, direction| {
                let acl = self.acl(subnet, family, direction, Bound::May);
                let [first, ..] = address::PUBLIC;
                acl.within(&[first, Range::one(packet.protocol), ports])
            };
            out = public(b.subnet, Direction::Egress);
            inward = public(a.subnet, Direction::Ingress);
        }
        let port = |set: &Set<3>| {
            let mut ports = Set::<1>::empty();
            set.boxes().iter().for_each(|[_, _, range]| ports.add([*range]));
            ports
        };
        !port(&out).meet(&port(&inward)).is_empty()
    }

    fn acl(&self, subnet: SubnetId, family: Family, direction: Direction, bound: Bound) -> Set<3> {
        let all = || Set::one(filter::everything(family));
        let unknown = || if bound == Bound::May { all() } else { Set::empty() };
        if self.without.acls {
            return all();
        }
        let subnet = &self.network.subnets[subnet];
        let acl = match subnet.acl {
            Choice::One(acl) => Some(acl),
            Choice::Default => self.network.vpcs[subnet.vpc].default_acl,
            Choice::Unknown => return unknown(),
        };
        match acl {
            None => all(),
            Some(acl) => {
                self.acls.get(&(acl, family, direction, bound)).cloned().unwrap_or_else(unknown)
            }
        }
    }

    /// What passes when the peer is this interface.
    fn with_members(
        &self,
        filter: &GroupFilter,
        peer: Option<&Interface>,
        family: Family,
        bound: Bound,
    ) -> Set<3> {
        let symbolic = |group: &GroupId| self.network.groups[*group].symbolic;
        let mut passed = filter.addresses.clone();
        for (group, traffic) in &filter.members {
            let member = peer.is_some_and(|peer| {
                let may = symbolic(group) || peer.unknown_group || peer.groups.iter().any(symbolic);
                peer.groups.contains(group) || (may && bound == Bound::May)
            });
            if member {
                passed.add([family.all(), traffic.protocols, traffic.ports]);
            }
        }
        passed
    }

    fn groups(
        &self,
        interface: &Interface,
        family: Family,
        direction: Direction,
        bound: Bound,
    ) -> GroupFilter {
        if self.without.groups || (interface.unknown_group && bound == Bound::May) {
            let addresses = Set::one(filter::everything(family));
            return GroupFilter { addresses, members: Vec::new() };
        }
        let known = interface.groups.iter().map(|group| &self.network.groups[*group]);
        filter::groups(known, family, direction, bound)
    }
}

fn by_source(set: &Set<3>, family: Family) -> Set<4> {
    lift(set, |[peer, protocols, ports]| [peer, family.all(), protocols, ports])
}

fn by_destination(set: &Set<3>, family: Family) -> Set<4> {
    lift(set, |[peer, protocols, ports]| [family.all(), peer, protocols, ports])
}

fn lift(set: &Set<3>, to: impl Fn(Region<3>) -> Region<4>) -> Set<4> {
    let mut lifted = Set::empty();
    set.boxes().iter().for_each(|region| lifted.add(to(*region)));
    lifted
}

/// One packet of a set, TCP to port 443 where that is among them.
fn example(packets: &Set<4>, family: Family) -> Option<Packet> {
    let packet = |region: &Region<4>| {
        let [source, destination, protocols, ports] = region;
        let prefer = |range: &Range, wish| if range.contains(wish) { wish } else { range.low };
        Packet {
            family,
            // The first addresses of a subnet are AWS's own.
            source: prefer(source, source.low.saturating_add(10)),
            destination: prefer(destination, destination.low.saturating_add(10)),
            protocol: prefer(protocols, 6),
            port: prefer(ports, 443),
        }
    };
    let rank = |packet: &Packet| (packet.protocol != 6, packet.port != 443, packet.port);
    packets.boxes().iter().map(packet).min_by_key(rank)
}
