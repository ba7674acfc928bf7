//! Why one packet arrives: the rule, entry or route at each step that lets it through, and the
//! ones that would have stopped it.

use tenantry_reachability::{
    Acl, Arrival, Block, Choice, Direction, Entry, Interface, Mark, Network, Packet, Path, Peer,
    Rule, Traffic,
};
use tenantry_verdict::claims::Barrier;

/// One step of a packet's way.
pub(super) struct Step {
    pub(super) says: String,
    pub(super) allows: bool,
    pub(super) mark: Mark,
}

/// The steps, the barrier that should have stopped it, and what to write.
pub(super) struct Explanation {
    pub(super) steps: Vec<Step>,
    pub(super) barrier: Barrier,
    pub(super) fix: String,
}

pub(super) fn explain(network: &Network, arrival: &Arrival) -> Explanation {
    let (a, b) = (&network.interfaces[arrival.from], &network.interfaces[arrival.to]);
    let Arrival { packet, way, .. } = arrival;
    let public = *way == Path::Internet && packet.family == tenantry_reachability::Family::V4;
    // Behind the internet each side sees a public address.
    let (seen_by_a, seen_by_b) =
        if public { (None, None) } else { (Some(packet.destination), Some(packet.source)) };
    let mut steps = Vec::new();
    steps.extend(group_step(network, a, b, Direction::Egress, packet, seen_by_a));
    let mut late = None;
    let mut unguarded = false;
    if *way != Path::SameSubnet {
        for (interface, direction, peer) in
            [(a, Direction::Egress, seen_by_a), (b, Direction::Ingress, seen_by_b)]
        {
            let Some((name, acl)) = acl_of(network, interface) else {
                unguarded = true;
                steps.push(no_association(network, interface));
                continue;
            };
            let (hit, after) = entries(acl, direction, packet, peer);
            let verb = match direction {
                Direction::Egress => "out of",
                Direction::Ingress => "into",
            };
            if let Some(entry) = hit {
                let says = format!("entry {} of {name} lets it {verb} the subnet", entry.number);
                steps.push(Step { says, allows: true, mark: entry.mark });
            }
            if let Some(entry) = after {
                let says =
                    format!("entry {} of {name} would deny it, but is read later", entry.number);
                steps.push(Step { says, allows: false, mark: entry.mark });
                late = hit.map(|hit| (name.to_owned(), entry.number, hit.number));
            }
        }
    }
    steps.extend(route_step(network, a, *way, packet));
    steps.extend(group_step(network, b, a, Direction::Ingress, packet, seen_by_b));
    let defaults = [a, b].map(|interface| {
        let mut groups = interface.groups.iter().map(|group| &network.groups[*group]);
        groups.any(|group| group.mark.is_none())
    });
    let (barrier, fix) = match (way, late) {
        (Path::SameSubnet | Path::Local | Path::Joined, None) if defaults == [true, true] => (
            Barrier::SecurityGroup,
            "Give each tenant's interfaces a security group of their own: members of the VPC's \
             default one let each other in."
                .to_owned(),
        ),
        (_, Some((acl, deny, allow))) => (
            Barrier::NetworkAcl,
            format!("In {acl}, give the denying entry a number below {allow} instead of {deny}."),
        ),
        (Path::Peering(_) | Path::Transit(_), None) => (
            Barrier::RouteTable,
            "Remove the route between the tenants' VPCs, or the connection.".to_owned(),
        ),
        (Path::SameSubnet, None) => (
            Barrier::SecurityGroup,
            "Give each tenant subnets of its own, and let nothing of another tenant's into \
             the security group."
                .to_owned(),
        ),
        (Path::Local | Path::Joined, None) if !unguarded => (
            Barrier::NetworkAcl,
            "Deny the VPC's whole ranges, IPv4 and IPv6, in the tenants' network ACL before any \
             entry that allows, in both directions."
                .to_owned(),
        ),
        _ if unguarded && *way != Path::Internet => (
            Barrier::NetworkAcl,
            "Associate the subnet with a network ACL that denies the VPC's ranges first."
                .to_owned(),
        ),
        _ => (
            Barrier::SecurityGroup,
            "Let nothing into the tenant's security group, and give its interface no public \
             address."
                .to_owned(),
        ),
    };
    Explanation { steps, barrier, fix }
}

/// The network ACL of an interface's subnet; `None` for a default one that lets everything pass.
fn acl_of<'n>(network: &'n Network, interface: &Interface) -> Option<(&'n str, &'n Acl)> {
    let subnet = &network.subnets[interface.subnet];
    let acl = match subnet.acl {
        Choice::One(acl) => &network.acls[acl],
        Choice::Default => &network.acls[network.vpcs[subnet.vpc].default_acl?],
        Choice::Unknown => return None,
    };
    Some((acl.name.as_str(), acl))
}

fn no_association(network: &Network, interface: &Interface) -> Step {
    let subnet = &network.subnets[interface.subnet];
    let says = match subnet.acl {
        Choice::Unknown => format!("which network ACL counts in {} is not known", subnet.name),
        _ => format!(
            "{} has no network ACL of its own: the VPC's default one lets everything pass",
            subnet.name
        ),
    };
    Step { says, allows: false, mark: subnet.mark }
}

/// The entry that a packet meets, and the first one after it that would have denied it.
fn entries<'n>(
    acl: &'n Acl,
    direction: Direction,
    packet: &Packet,
    peer: Option<u128>,
) -> (Option<&'n Entry>, Option<&'n Entry>) {
    let fits = |block: &Block| {
        block.family == packet.family
            && peer.map_or(*block == Block::all(block.family), |peer| block.range.contains(peer))
    };
    let mut list: Vec<_> = acl
        .entries
        .iter()
        .filter(|entry| {
            entry.direction == direction
                && entry.traffic.is_none_or(|traffic| carries(&traffic, packet))
                && entry.peer.as_ref().is_none_or(fits)
        })
        .collect();
    list.sort_by_key(|entry| entry.number);
    let hit = list.iter().find(|entry| entry.allow).copied();
    let after = hit.and_then(|hit| {
        // The last entry of every network ACL denies all; a written one like it is no mistake.
        let all = |entry: &Entry| {
            entry.peer == Some(Block::all(packet.family)) && entry.traffic == Some(Traffic::ALL)
        };
        list.iter().find(|e| e.number > hit.number && !e.allow && !all(e)).copied()
    });
    (hit, after)
}

fn group_step(
    network: &Network,
    own: &Interface,
    other: &Interface,
    direction: Direction,
    packet: &Packet,
    peer: Option<u128>,
) -> Option<Step> {
    let fits = |rule: &&Rule| {
        rule.direction == direction
            && rule.traffic.is_none_or(|traffic| carries(&traffic, packet))
            && match &rule.peer {
                Peer::Blocks(blocks) => blocks.iter().any(|block| {
                    block.family == packet.family
                        && peer.is_none_or(|peer| block.range.contains(peer))
                }),
                Peer::Group(group) => peer.is_some() && other.groups.contains(group),
                Peer::Service => false,
                Peer::Unknown => true,
            }
    };
    for group in own.groups.iter().map(|group| &network.groups[*group]) {
        let Some(rule) = group.rules.iter().find(fits) else { continue };
        let verb = match direction {
            Direction::Egress => "out of",
            Direction::Ingress => "into",
        };
        let by = match &rule.peer {
            Peer::Group(of) => format!(", as a member of {}", network.groups[*of].name),
            _ => String::new(),
        };
        let says = format!("{} lets it {verb} {}{by}", group.name, own.name);
        return Some(Step { says, allows: true, mark: rule.mark.or(group.mark).or(own.mark) });
    }
    None
}

/// The most exact route for a packet, where it is a written one.
fn route_step(network: &Network, a: &Interface, way: Path, packet: &Packet) -> Option<Step> {
    if matches!(way, Path::SameSubnet | Path::Local | Path::Joined) {
        return None;
    }
    let subnet = &network.subnets[a.subnet];
    let table = match subnet.route_table {
        Choice::One(table) => &network.route_tables[table],
        _ => return None,
    };
    let public = way == Path::Internet && packet.family == tenantry_reachability::Family::V4;
    let routes = table.routes.iter().filter(|route| {
        route.destination.is_none_or(|block| {
            block.family == packet.family
                && (block.range.contains(packet.destination) || (public && block.range.low == 0))
        })
    });
    let route = routes.min_by_key(|route| {
        route.destination.map_or(u128::MAX, |block| block.range.high - block.range.low)
    })?;
    let says = match way {
        Path::Internet => format!("a route of {} leads to the internet", table.name),
        _ => format!("a route of {} leads to the other tenant's VPC", table.name),
    };
    Some(Step { says, allows: true, mark: route.mark })
}

fn carries(traffic: &Traffic, packet: &Packet) -> bool {
    traffic.protocols.contains(packet.protocol) && traffic.ports.contains(packet.port)
}
