//! Every network template of the corpus, with its whole verdict.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

#[path = "../../reachability/tests/network_simulation/mod.rs"]
mod simulation;

use tenantry_isolation::network;
use tenantry_reachability::{Network, Packet, Rule, SubnetId, Without, arrivals};
use tenantry_template::{NoLoader, ReadOptions, Source, Tenant, read};
use tenantry_verdict::claims::Plane;
use tenantry_verdict::{Outcome, Verdict, render};

/// `# tenants: a:Name=value b:Name=value` in the first line: the stack is deployed once a tenant.
fn options(text: &str) -> ReadOptions {
    let first = text.lines().next().unwrap_or_default();
    let list = first.strip_prefix("# tenants: ").unwrap_or_default();
    let tenant = |item: &str| {
        let (name, rest) = item.split_once(':').unwrap();
        let pair = |pair: &str| {
            let (key, value) = pair.split_once('=').unwrap();
            (key.to_owned(), value.to_owned())
        };
        Tenant { name: name.into(), parameters: rest.split(',').map(pair).collect() }
    };
    ReadOptions { tenants: list.split_whitespace().map(tenant).collect(), ..ReadOptions::default() }
}

fn verdict(path: &std::path::Path) -> Verdict {
    let text = std::fs::read_to_string(path).unwrap();
    let name = path.file_name().unwrap().to_str().unwrap();
    let sources = [Source { name, bytes: text.as_bytes() }];
    let model =
        read(&sources, &options(&text), &NoLoader).map_err(|error| error.to_string()).unwrap();
    assert!(model.gaps.is_empty(), "{:?}", model.gaps);
    let answer = network::verdict(&model, true);
    let tenants = model.tenants.iter().map(|tenant| model.symbols.readable(tenant)).collect();
    let mut verdict = Verdict::assemble(tenants, &[Plane::Network], [answer.claim]);
    verdict.barriers = answer.barriers;
    verdict
}

fn network(path: &std::path::Path) -> Network {
    let text = std::fs::read_to_string(path).unwrap();
    let sources = [Source { name: "template", bytes: text.as_bytes() }];
    network::read(&read(&sources, &options(&text), &NoLoader).unwrap()).network
}

#[test]
fn every_certain_arrival_is_confirmed_by_the_simulation_of_its_packet() {
    let mut replayed = 0;
    insta::glob!("../corpus", "network-*", |path| {
        let network = network(path);
        for arrival in arrivals(&network, Without::default()) {
            if !arrival.certain || arrival.way == tenantry_reachability::Path::Internet {
                continue;
            }
            let arrives = simulation::arrives(&network, arrival.from, arrival.to, &arrival.packet);
            assert!(arrives, "{}: {arrival:?}", path.display());
            replayed += 1;
        }
    });
    assert!(replayed > 15, "only {replayed} were replayed");
}

#[test]
fn no_sampled_packet_arrives_where_the_network_is_proven() {
    let mut sampled = 0;
    insta::glob!("../corpus", "network-*-holds.*", |path| {
        let network = network(path);
        let ports: Vec<u128> = network
            .groups
            .iter()
            .flat_map(|group| &group.rules)
            .filter_map(|Rule { traffic, .. }| Some(traffic.as_ref()?.ports))
            .flat_map(|ports| [ports.low, ports.high])
            .chain([0, 22, 443, 1024])
            .collect();
        let pairs = network.interfaces.entries().flat_map(|(from, a)| {
            let others = network.interfaces.entries();
            others.filter(move |(_, b)| a.owner != b.owner).map(move |(to, b)| (from, a, to, b))
        });
        for (from, a, to, b) in pairs {
            let blocks = |subnet: SubnetId| &network.subnets[subnet].blocks;
            for (source, destination) in
                blocks(a.subnet).iter().flat_map(|s| blocks(b.subnet).iter().map(move |d| (s, d)))
            {
                for (protocol, port) in
                    [1, 6, 17, 47].iter().flat_map(|p| ports.iter().map(move |port| (*p, *port)))
                {
                    let packet = Packet {
                        family: source.family,
                        source: source.range.low + 10,
                        destination: destination.range.high - 10,
                        protocol,
                        port,
                    };
                    let arrives = simulation::arrives(&network, from, to, &packet);
                    assert!(!arrives, "{}: {packet:?}", path.display());
                    sampled += 1;
                }
            }
        }
    });
    assert!(sampled > 1000, "only {sampled} were sampled");
}

#[test]
fn each_template_has_the_verdict_that_its_name_promises() {
    insta::glob!("../corpus", "network-*", |path| {
        let verdict = verdict(path);
        let name = path.file_stem().unwrap().to_str().unwrap();
        assert_eq!(verdict.outcome() == Outcome::Proven, name.ends_with("-holds"), "{name}");
        insta::assert_snapshot!(render::human(&verdict));
    });
}

#[test]
fn thousands_of_rules_leave_the_answer_open_in_bounded_time() {
    let rule = |at: usize| {
        let cidr = format!("10.{}.{}.0/24", at / 256, at % 256);
        format!("        - {{ IpProtocol: tcp, FromPort: {at}, ToPort: {at}, CidrIp: {cidr} }}\n")
    };
    let rules: String = (0..20_000).map(rule).collect();
    let path =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/network-wide-group.yaml");
    let text = std::fs::read_to_string(path).unwrap();
    let text = text
        .replace("      SecurityGroupIngress:\n", &format!("      SecurityGroupIngress:\n{rules}"));
    let sources = [Source { name: "template.yaml", bytes: text.as_bytes() }];
    let model = read(&sources, &ReadOptions::default(), &NoLoader).unwrap();
    let answer = network::verdict(&model, false);
    assert_eq!(answer.claim.outcome(), Outcome::Undecided);
    assert_eq!(
        answer.claim.undecided[0].unknown,
        "GroupB has 20003 entries, more than the 1000 that are looked at"
    );
}
