//! The exact sets of packets against a simulation of single packets, on random small networks.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

#[path = "network_simulation/mod.rs"]
mod simulation;

use proptest::prelude::*;
use proptest::sample::select;
use tenantry_arena::{Arena, Id};
use tenantry_reachability::{
    Acl, Arrival, Block, Choice, Direction, Entry, Family, Group, Interface, Network, OwnerKey,
    Packet, Peer, Peering, Range, Route, RouteTable, Rule, Subnet, Target, Traffic, Transit, Vpc,
    Without, arrivals, packets,
};

/// 32 addresses: two VPCs of 16, each with two subnets of 4.
const PREFIX: [&str; 9] = [
    "0.0.0.0/28",
    "0.0.0.16/28",
    "0.0.0.0/30",
    "0.0.0.4/30",
    "0.0.0.16/30",
    "0.0.0.20/30",
    "0.0.0.0/0",
    "0.0.0.5/32",
    "0.0.0.0/29",
];

/// The id of the thing at this place of any arena that has so many.
fn id<K: Copy>(at: usize) -> Id<K> {
    let any: Arena<K, usize> = (0..=at).collect();
    any.ids().next_back().unwrap()
}

fn block() -> impl Strategy<Value = Block> {
    select(&PREFIX[..]).prop_map(|text| Block::parse(text).unwrap())
}

fn traffic() -> impl Strategy<Value = Traffic> {
    let protocols = select(vec![(6, 6), (17, 17), (0, 255)]);
    let ports = select(vec![(0, 65535), (1, 2), (2, 3), (3, 3), (0, 1), (4, 65535)]);
    (protocols, ports).prop_map(|((a, b), (c, d))| Traffic {
        protocols: Range { low: a, high: b },
        ports: Range { low: c, high: d },
    })
}

fn direction() -> impl Strategy<Value = Direction> {
    select(vec![Direction::Ingress, Direction::Egress])
}

fn acl() -> impl Strategy<Value = Acl> {
    let entry = (0u32..6, direction(), prop::bool::weighted(0.7), traffic(), block());
    let entry = entry.prop_map(|(number, direction, allow, traffic, peer)| Entry {
        number,
        direction,
        allow,
        traffic: Some(traffic),
        peer: Some(peer),
        certain: true,
        mark: None,
    });
    (prop::collection::vec(entry, 0..6), any::<bool>()).prop_map(|(mut entries, open)| {
        // Without an entry that lets the rest through, most networks would be silent.
        for direction in [Direction::Ingress, Direction::Egress].into_iter().filter(|_| open) {
            let peer = Block::parse("0.0.0.0/0");
            let traffic = Some(Traffic::ALL);
            entries.push(Entry {
                number: 6,
                direction,
                allow: true,
                traffic,
                peer,
                certain: true,
                mark: None,
            });
        }
        // Two entries of one direction cannot have one number.
        let mut seen = Vec::new();
        entries.retain(|e: &Entry| {
            let new = !seen.contains(&(e.number, e.direction));
            seen.push((e.number, e.direction));
            new
        });
        Acl { name: String::new(), entries }
    })
}

fn group() -> impl Strategy<Value = Group> {
    let peer = prop_oneof![
        3 => prop::collection::vec(block(), 1..3).prop_map(Peer::Blocks),
        2 => (0usize..3).prop_map(|group| Peer::Group(id(group))),
        1 => Just(Peer::Service),
    ];
    let rule = (direction(), traffic(), peer);
    let rule = rule.prop_map(|(direction, traffic, peer)| Rule {
        direction,
        traffic: Some(traffic),
        peer,
        certain: true,
        mark: None,
    });
    (prop::collection::vec(rule, 1..5), any::<[bool; 2]>()).prop_map(|(mut rules, open)| {
        let directions = [Direction::Ingress, Direction::Egress].into_iter().zip(open);
        for (direction, _) in directions.filter(|(_, open)| *open) {
            let peer = Peer::Blocks(vec![Block::parse("0.0.0.0/0").unwrap()]);
            let traffic = Some(Traffic::ALL);
            rules.push(Rule { direction, traffic, peer, certain: true, mark: None });
        }
        Group { name: String::new(), rules, symbolic: false, mark: None }
    })
}

fn route_table() -> impl Strategy<Value = RouteTable> {
    let target = select(vec![
        Target::Peering(id(0)),
        Target::Transit(id(0)),
        Target::Elsewhere,
        Target::InternetGateway,
        Target::Local,
    ]);
    // AWS takes one route for a destination.
    prop::collection::btree_map(select(vec![1usize, 0, 4, 6, 3]), target, 0..4).prop_map(|routes| {
        let route = |(at, target): (usize, Target)| Route {
            destination: Block::parse(PREFIX[at]),
            target,
            certain: true,
            mark: None,
        };
        RouteTable { name: String::new(), routes: routes.into_iter().map(route).collect() }
    })
}

fn choice<K: Copy + std::fmt::Debug>() -> impl Strategy<Value = Choice<Id<K>>> {
    prop_oneof![Just(Choice::Default), (0usize..2).prop_map(|at| Choice::One(id(at)))]
}

fn network() -> impl Strategy<Value = Network> {
    let interface = (0usize..4, prop::collection::vec(0usize..3, 1..3));
    (
        prop::collection::vec(acl(), 2),
        prop::collection::vec(group(), 3),
        prop::collection::vec(route_table(), 2),
        prop::collection::vec((choice(), choice()), 4),
        prop::collection::vec(interface, 2..4),
        prop::option::of(Just(0usize)),
        any::<[bool; 2]>(),
    )
        .prop_map(|(acls, groups, route_tables, subnets, interfaces, default_acl, joined)| {
            let vpc = |at: usize| Vpc {
                blocks: vec![Block::parse(PREFIX[at]).unwrap()],
                default_acl: default_acl.map(id),
                ..Vpc::default()
            };
            let subnet = |(at, (acl, route_table))| Subnet {
                name: String::new(),
                vpc: id(at / 2),
                blocks: vec![Block::parse(PREFIX[2 + at]).unwrap()],
                acl,
                route_table,
                mark: None,
            };
            let interface = |(at, (subnet, groups)): (usize, (usize, Vec<usize>))| Interface {
                name: String::new(),
                owner: Some(id(at)),
                subnet: id(subnet),
                groups: groups.into_iter().map(id).collect(),
                unknown_group: false,
                public: false,
                v4_only: false,
                certain: true,
                mark: None,
            };
            // A route may name a connection that joins nothing.
            let [peered, transit] = joined;
            let vpcs = [peered.then(|| id(0)), peered.then(|| id(1))];
            let peering = Peering { name: String::new(), vpcs, certain: true };
            let attached = if transit { vec![id(0), id(1)] } else { vec![] };
            let gateway = Transit { name: String::new(), vpcs: attached, default_routes: true };
            let owners: Arena<OwnerKey, String> =
                interfaces.iter().map(|_| String::new()).collect();
            Network {
                owners,
                vpcs: Arena::from(vec![vpc(0), vpc(1)]),
                subnets: subnets.into_iter().enumerate().map(subnet).collect(),
                route_tables: Arena::from(route_tables),
                acls: Arena::from(acls),
                groups: Arena::from(groups),
                peerings: Arena::from(vec![peering]),
                transits: Arena::from(vec![gateway]),
                interfaces: interfaces.into_iter().enumerate().map(interface).collect(),
            }
        })
}

/// Every packet between two interfaces that the rules above can tell apart.
fn every_packet() -> impl Iterator<Item = Packet> {
    let all = (0..32u128).flat_map(|source| (0..32u128).map(move |to| (source, to)));
    all.flat_map(|(source, destination)| {
        [6, 17, 47].into_iter().flat_map(move |protocol| {
            (0..6).map(move |port| Packet {
                family: Family::V4,
                source,
                destination,
                protocol,
                port,
            })
        })
    })
}

fn found(network: &Network) -> Vec<Arrival> {
    arrivals(network, Without::default()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn the_set_of_packets_is_the_one_that_enumeration_gives(network in network()) {
        for from in network.interfaces.ids() {
            for to in network.interfaces.ids().filter(|to| *to != from) {
                let set = packets(&network, from, to, Family::V4);
                for p in every_packet() {
                    let point = [p.source, p.destination, p.protocol, p.port];
                    let within = set.iter().filter(|region| {
                        region.iter().zip(point).all(|(range, at)| range.contains(at))
                    });
                    let wanted = usize::from(simulation::arrives(&network, from, to, &p));
                    prop_assert_eq!(within.count(), wanted, "{:?} from {:?} to {:?}", p, from, to);
                }
            }
        }
    }

    #[test]
    fn a_packet_is_found_exactly_when_one_of_all_packets_arrives(network in network()) {
        let found = found(&network);
        for from in network.interfaces.ids() {
            for to in network.interfaces.ids() {
                if from == to { continue; }
                let arrival = found.iter().find(|arrival| (arrival.from, arrival.to) == (from, to));
                let any = every_packet().any(|p| simulation::arrives(&network, from, to, &p));
                prop_assert_eq!(arrival.is_some(), any, "from {:?} to {:?}", from, to);
                if let Some(arrival) = arrival {
                    prop_assert!(arrival.certain);
                    prop_assert!(simulation::arrives(&network, from, to, &arrival.packet));
                }
            }
        }
    }

    #[test]
    fn whatever_an_unknown_entry_turns_out_to_be_the_answer_stands(
        mut network in network(),
        hidden in prop::collection::vec((0usize..2, 0usize..6, any::<bool>()), 1..4),
        rules in prop::collection::vec((0usize..3, 0usize..4, any::<bool>()), 0..3),
    ) {
        let real = network.clone();
        for (acl, entry, peer) in hidden {
            if let Some(entry) = network.acls[id(acl)].entries.get_mut(entry) {
                if peer { entry.peer = None } else { entry.traffic = None }
            }
        }
        for (group, rule, peer) in rules {
            if let Some(rule) = network.groups[id(group)].rules.get_mut(rule) {
                if peer { rule.peer = Peer::Unknown } else { rule.traffic = None }
            }
        }
        let (told, truth) = (found(&network), found(&real));
        let pairs = |list: &[Arrival]| -> Vec<_> { list.iter().map(|a| (a.from, a.to)).collect() };
        for arrival in &told {
            prop_assert!(!arrival.certain || pairs(&truth).contains(&(arrival.from, arrival.to)));
        }
        for pair in pairs(&truth) {
            prop_assert!(pairs(&told).contains(&pair), "{:?} is missed", pair);
        }
    }

    #[test]
    fn taking_a_barrier_away_never_closes_a_way(network in network()) {
        let before = found(&network);
        for without in [
            Without { routes: true, ..Without::default() },
            Without { acls: true, ..Without::default() },
            Without { groups: true, ..Without::default() },
        ] {
            let after: Vec<_> = arrivals(&network, without).collect();
            for arrival in &before {
                prop_assert!(after.iter().any(|a| (a.from, a.to) == (arrival.from, arrival.to)));
            }
        }
    }
}
