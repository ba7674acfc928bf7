//! Packets of one tenant that arrive, or may arrive, at another's.

mod path;

use std::net::{Ipv4Addr, Ipv6Addr};

use tenantry_reachability::{Arrival, Choice, Family, Interface, Network, OwnerId, Packet, Path};
use tenantry_template::Model;
use tenantry_verdict::claims::network::PACKET;
use tenantry_verdict::{ContextKey, Counterexample, Evidence, Party, Reason, SetBy};

use crate::facts::network::{Gap, GapValue, Note, Property, Read, Thing};
use crate::findings::breach::Packets;

/// Tells of a network as it was read.
pub(crate) struct Teller<'r, 'm, 'a> {
    pub(crate) model: &'m Model<'a>,
    pub(crate) read: &'r Read,
}

impl Teller<'_, '_, '_> {
    /// One packet, and how many others arrive like it.
    pub(super) fn packets(&self, packets: &Packets) -> Counterexample {
        let mut example = self.counterexample(&packets.first);
        if let Some(others) = packets.others {
            example.principal = format!("{} and {} others", example.principal, others.count);
            example.pairs = others.owners as u64;
        }
        example
    }

    pub(crate) fn counterexample(&self, arrival: &Arrival) -> Counterexample {
        let network = self.network();
        let (from, to) = (&network.interfaces[arrival.from], &network.interfaces[arrival.to]);
        let told = path::explain(network, arrival);
        let (attacker, victim) = (self.party(from.owner), self.party(to.owner));
        let mut example = Counterexample::new(PACKET, attacker, victim, told.barrier);
        example.principal = from.name.clone();
        example.resource = to.name.clone();
        example.action = action(&arrival.packet);
        example.fix = told.fix;
        let key = |key: &str, value: String, set_by| ContextKey { key: key.into(), value, set_by };
        let (source, destination) = addresses(arrival);
        example.context = vec![
            key("source", source, SetBy::Template),
            key("destination", destination, SetBy::Template),
            key("way", self.way(arrival.way), SetBy::Template),
            key("answer", answer(arrival).into(), SetBy::Template),
        ];
        for step in told.steps {
            let place = self.read.span(step.mark).and_then(|span| self.model.place(span));
            let Some(place) = place else { continue };
            example.evidence.push(Evidence { says: step.says, allows: step.allows, place });
        }
        example
    }

    pub(super) fn reason(&self, arrival: &Arrival) -> Reason {
        let network = self.network();
        let (from, to) = (&network.interfaces[arrival.from], &network.interfaces[arrival.to]);
        let mut things = vec![Thing::Interface(arrival.to), Thing::Interface(arrival.from)];
        for interface in [to, from] {
            things.extend(interface.groups.iter().map(|group| Thing::Group(*group)));
            things.push(Thing::Subnet(interface.subnet));
            let subnet = &network.subnets[interface.subnet];
            things.extend(match subnet.acl {
                Choice::One(acl) => Some(Thing::Acl(acl)),
                _ => network.vpcs[subnet.vpc].default_acl.map(Thing::Acl),
            });
            if let Choice::One(table) = subnet.route_table {
                things.push(Thing::RouteTable(table));
            }
        }
        things.push(Thing::Joint);
        let note = things.iter().find_map(|thing| self.read.notes(*thing).first());
        let note: Option<&Note> = note.or_else(|| self.read.all_notes().next());
        let known = |interface: &Interface| !network.subnets[interface.subnet].blocks.is_empty();
        let (source, destination) = addresses(arrival);
        let between = match known(from) && known(to) {
            true => format!(" from {source} to {destination}"),
            false => String::new(),
        };
        let matters = format!(
            "{} of {} could reach {} of {}: {}{between}",
            from.name,
            self.party(from.owner),
            to.name,
            self.party(to.owner),
            action(&arrival.packet),
        );
        Reason {
            unknown: match note {
                Some(note) => gap(&note.gap),
                None => "what an interface on the way forwards".into(),
            },
            matters,
            help: "give the parameter a value, or verify this together with the template that \
                   makes it"
                .into(),
            place: note
                .map(|note| note.span)
                .or(self.read.span(to.mark))
                .and_then(|span| self.model.place(span)),
        }
    }

    fn network(&self) -> &Network {
        &self.read.network
    }

    fn party(&self, owner: Option<OwnerId>) -> Party {
        match owner {
            Some(owner) => Party::Tenant(self.network().owners[owner].clone()),
            None => Party::Shared,
        }
    }

    fn way(&self, way: Path) -> String {
        match way {
            Path::SameSubnet => "inside one subnet".into(),
            Path::Local => "from subnet to subnet of one VPC".into(),
            Path::Peering(at) => {
                format!("over the peering connection {}", self.network().peerings[at].name)
            }
            Path::Transit(at) => {
                format!("over the transit gateway {}", self.network().transits[at].name)
            }
            Path::Internet => "over the internet".into(),
            Path::Joined => "as if all VPCs were one".into(),
        }
    }
}

fn answer(arrival: &Arrival) -> &'static str {
    if arrival.answered { "gets back" } else { "does not get back" }
}

fn addresses(arrival: &Arrival) -> (String, String) {
    let Packet { family, source, destination, .. } = arrival.packet;
    if arrival.way == Path::Internet && family == Family::V4 {
        return ("its public address".into(), "its public address".into());
    }
    (address(family, source), address(family, destination))
}

fn address(family: Family, number: u128) -> String {
    match family {
        Family::V4 => Ipv4Addr::from(number as u32).to_string(),
        Family::V6 => Ipv6Addr::from(number).to_string(),
    }
}

/// `tcp/443`, `icmp/8.0`, `protocol 47`.
fn action(packet: &Packet) -> String {
    let Packet { protocol, port, .. } = packet;
    match protocol {
        6 => format!("tcp/{port}"),
        17 => format!("udp/{port}"),
        1 => format!("icmp/{}.{}", port / 256, port % 256),
        58 => format!("icmpv6/{}.{}", port / 256, port % 256),
        other => format!("protocol {other}"),
    }
}

/// What is not known of a part of the network.
fn gap(gap: &Gap) -> String {
    match gap {
        Gap::Value { property, value } => {
            let what = property_name(*property);
            match value {
                GapValue::Text(text) => format!("{what} is `{text}`"),
                GapValue::Condition => format!("{what} depends on a condition"),
                GapValue::Unknown => format!("{what} is not known here"),
            }
        }
        Gap::ExistsWhen { path, condition } => format!("`{path}` exists only when {condition}"),
        Gap::TooMany { name, count } => {
            format!("{name} has {count} entries, more than the 1000 that are looked at")
        }
    }
}

fn property_name(property: Property) -> &'static str {
    match property {
        Property::Range => "its range",
        Property::Vpc => "the VPC",
        Property::Subnet => "a subnet",
        Property::SecurityGroup => "a security group",
        Property::TransitGateway => "a transit gateway",
        Property::Association => "what it is associated with",
        Property::RouteDestination => "a route's destination",
        Property::EntryNumberOrAction => "an entry's number or action",
        Property::EntryRange => "an entry's range",
        Property::EntryTraffic => "an entry's protocol or ports",
        Property::RuleExistence => "whether there is this rule",
        Property::RuleTraffic => "a rule's protocol or ports",
        Property::RulePeer => "a rule's peer",
    }
}
