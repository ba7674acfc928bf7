//! The network plane's answer, with its counterexamples and what each barrier is worth.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr};

use tenantry_reachability::{
    Arrival, Choice, Family, Interface, Network, OwnerId, Packet, Path, Without, arrivals,
};
use tenantry_template::Model;
use tenantry_verdict::claims::network::PACKET;
use tenantry_verdict::claims::{Barrier, Plane};
use tenantry_verdict::{
    Assumption, ClaimVerdict, ContextKey, Counterexample, Evidence, Outcome, Party, Reason,
    Removal, SetBy,
};

use super::explain::explain;
use super::read::{Note, Read, Thing, read};

/// More attackers of one victim than this are counted, not listed.
const LISTED: usize = 3;

/// What the network plane says of a model.
#[derive(Debug)]
pub struct NetworkResult {
    /// The answer to `network/packet`.
    pub claim: ClaimVerdict,
    /// What removing each barrier does; empty unless it was asked.
    pub barriers: Vec<Removal>,
    /// What the answer rests on.
    pub assumptions: Vec<Assumption>,
}

/// Decides the network plane.
pub fn verdict(model: &Model<'_>, barriers: bool) -> NetworkResult {
    let read = read(model);
    let teller = Teller { model, read: &read };
    let mut claim = ClaimVerdict::new(PACKET);
    claim.questions =
        read.network.interfaces.iter().filter(|interface| interface.owner.is_some()).count() as u64;
    let mut by_victim: BTreeMap<&str, Vec<Arrival>> = BTreeMap::new();
    for arrival in arrivals(&read.network, Without::default()) {
        let name = read.network.interfaces[arrival.to].name.as_str();
        by_victim.entry(name).or_default().push(arrival);
    }
    for arrivals in by_victim.into_values() {
        let (certain, possible): (Vec<_>, Vec<_>) =
            arrivals.into_iter().partition(|arrival| arrival.certain);
        claim.counterexamples.extend(teller.counterexamples(&certain));
        if certain.is_empty() {
            claim.undecided.extend(possible.first().map(|arrival| teller.reason(arrival)));
        }
    }
    // Where nothing is there to reach, every barrier would hold it.
    let barriers = if barriers && claim.questions > 0 { teller.barriers() } else { Vec::new() };
    let assumptions = vec![Assumption {
        id: "network/joined".into(),
        text: "No VPC is joined to another by something that no template here makes, no shared \
               interface forwards packets between tenants, and no endpoint service of one tenant \
               is offered to another."
            .into(),
        added: false,
        claims: vec![PACKET],
    }];
    NetworkResult { claim, barriers, assumptions }
}

pub(super) struct Teller<'r, 'm, 'a> {
    pub(super) model: &'m Model<'a>,
    pub(super) read: &'r Read,
}

impl Teller<'_, '_, '_> {
    /// One for each attacking resource, or one that counts them if they are many.
    fn counterexamples(&self, arrivals: &[Arrival]) -> Vec<Counterexample> {
        let mut attackers: BTreeMap<&str, &Arrival> = BTreeMap::new();
        for arrival in arrivals {
            let from = &self.network().interfaces[arrival.from];
            attackers.entry(&from.name).or_insert(arrival);
        }
        let told = attackers.values().map(|arrival| self.counterexample(arrival));
        if attackers.len() <= LISTED {
            return told.collect();
        }
        let mut told = told.take(1);
        let mut first: Vec<_> = told.next().into_iter().collect();
        for example in &mut first {
            example.principal = format!("{} and {} others", example.principal, attackers.len() - 1);
            let mut owners: Vec<_> = attackers
                .values()
                .filter_map(|arrival| self.network().interfaces[arrival.from].owner)
                .collect();
            owners.sort_unstable();
            owners.dedup();
            example.pairs = owners.len() as u64;
        }
        first
    }

    pub(super) fn counterexample(&self, arrival: &Arrival) -> Counterexample {
        let network = self.network();
        let (from, to) = (&network.interfaces[arrival.from], &network.interfaces[arrival.to]);
        let told = explain(network, arrival);
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

    fn reason(&self, arrival: &Arrival) -> Reason {
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
                Some(note) => note.unknown.clone(),
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

    /// What each barrier is worth: the plane without it, and the plane with it alone.
    fn barriers(&self) -> Vec<Removal> {
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
            let first = arrivals(self.network(), without).next();
            let outcome = match first {
                None => Outcome::Proven,
                Some(arrival) if arrival.certain => Outcome::Breached,
                Some(_) => Outcome::Undecided,
            };
            (outcome, first)
        };
        let removal = |(barrier, without, alone)| {
            let (outcome, arrival) = holds(without);
            let example = arrival.map(|arrival| self.counterexample(&arrival));
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
