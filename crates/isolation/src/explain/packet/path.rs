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
    let acls = match way {
        Path::SameSubnet => AclSteps::default(),
        _ => AclSteps::of(network, packet, [(a, seen_by_a), (b, seen_by_b)]),
    };
    let (barrier, fix) = advice(network, *way, [a, b], &acls);
    let mut steps = Vec::new();
    steps.extend(group_step(network, a, b, Direction::Egress, packet, seen_by_a));
    steps.extend(acls.steps);
    steps.extend(route_step(network, a, *way, packet));
    steps.extend(group_step(network, b, a, Direction::Ingress, packet, seen_by_b));
    Explanation { steps, barrier, fix }
}

/// What the network ACLs on the way do with a packet.
#[derive(Default)]
struct AclSteps {
    steps: Vec<Step>,
    /// Of the last ACL that would deny it too late: its name, and the numbers of the entries that
    /// would deny it and that lets it through.
    late: Option<(String, u32, u32)>,
    /// Whether a subnet has no network ACL of its own.
    unguarded: bool,
}

impl AclSteps {
    /// Out of the first interface's subnet and into the second's; with what each sees of the other.
    fn of(network: &Network, packet: &Packet, [from, to]: [(&Interface, Option<u128>); 2]) -> Self {
        let mut found = Self::default();
        found.add(network, packet, Direction::Egress, from);
        found.add(network, packet, Direction::Ingress, to);
        found
    }

    fn add(
        &mut self,
        network: &Network,
        packet: &Packet,
        direction: Direction,
        (interface, peer): (&Interface, Option<u128>),
    ) {
        let Some((name, acl)) = acl_of(network, interface) else {
            self.unguarded = true;
            self.steps.push(no_association(network, interface));
            return;
        };
        let (hit, after) = entries(acl, direction, packet, peer);
        let Some(hit) = hit else { return };
        let verb = verb(direction);
        let says = format!("entry {} of {name} lets it {verb} the subnet", hit.number);
        self.steps.push(Step { says, allows: true, mark: hit.mark });
        if let Some(after) = after {
            let says = format!("entry {} of {name} would deny it, but is read later", after.number);
            self.steps.push(Step { says, allows: false, mark: after.mark });
            self.late = Some((name.to_owned(), after.number, hit.number));
        }
    }
}

fn verb(direction: Direction) -> &'static str {
    match direction {
        Direction::Egress => "out of",
        Direction::Ingress => "into",
    }
}

/// The barrier that should have stopped a packet, and what to write.
fn advice(
    network: &Network,
    way: Path,
    ends: [&Interface; 2],
    acls: &AclSteps,
) -> (Barrier, String) {
    let in_default_groups = ends.iter().all(|interface| {
        let mut groups = interface.groups.iter().map(|group| &network.groups[*group]);
        groups.any(|group| group.mark.is_none())
    });
    let (barrier, fix) = match (way, &acls.late) {
        (Path::SameSubnet | Path::Local | Path::Joined, None) if in_default_groups => (
            Barrier::SecurityGroup,
            "Give each tenant's interfaces a security group of their own: members of the VPC's \
             default one let each other in.",
        ),
        (_, Some((acl, deny, allow))) => {
            let fix = format!(
                "In {acl}, give the denying entry a number below {allow} instead of {deny}."
            );
            return (Barrier::NetworkAcl, fix);
        }
        (Path::Peering(_) | Path::Transit(_), None) => {
            (Barrier::RouteTable, "Remove the route between the tenants' VPCs, or the connection.")
        }
        (Path::SameSubnet, None) => (
            Barrier::SecurityGroup,
            "Give each tenant subnets of its own, and let nothing of another tenant's into \
             the security group.",
        ),
        (Path::Local | Path::Joined, None) if !acls.unguarded => (
            Barrier::NetworkAcl,
            "Deny the VPC's whole ranges, IPv4 and IPv6, in the tenants' network ACL before any \
             entry that allows, in both directions.",
        ),
        _ if acls.unguarded && way != Path::Internet => (
            Barrier::NetworkAcl,
            "Associate the subnet with a network ACL that denies the VPC's ranges first.",
        ),
        _ => (
            Barrier::SecurityGroup,
            "Let nothing into the tenant's security group, and give its interface no public \
             address.",
        ),
    };
    (barrier, fix.to_owned())
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
        let verb = verb(direction);
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
