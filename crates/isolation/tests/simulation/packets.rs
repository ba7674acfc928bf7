//! Packets between functions' interfaces in one VPC, one at a time, step by step. Peering, gateways
//! and the internet are not simulated.

use serde_json::Value;

use super::access::listed;
use super::resolve::Resource;

/// One function in one subnet.
#[derive(Clone, Debug, PartialEq)]
pub struct Interface {
    pub function: String,
    pub subnet: Subnet,
    pub groups: Vec<String>,
    /// The rules of its groups, the way that they are for first.
    pub rules: Vec<(Way, Value)>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Subnet {
    pub reference: String,
    pub vpc: String,
    pub range: (u32, u32),
    /// In order of their numbers; `None` is the VPC's own network ACL, which allows everything.
    pub acl: Option<Vec<Value>>,
    /// The ranges of its route table, and whether packets stay inside the VPC.
    pub routes: Vec<((u32, u32), bool)>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Way {
    In,
    Out,
}

struct Packet {
    protocol: i64,
    port: i64,
    source: u32,
    destination: u32,
}

/// The interfaces of all functions.
pub fn interfaces(resources: &[Resource]) -> Vec<Interface> {
    let mut found = Vec::new();
    for function in resources.iter().filter(|each| each.kind == "AWS::Lambda::Function") {
        let config = &function.properties["VpcConfig"];
        let groups: Vec<String> = texts(&config["SecurityGroupIds"]);
        let rules: Vec<(Way, Value)> =
            groups.iter().flat_map(|group| rules(group, resources)).collect();
        for subnet in texts(&config["SubnetIds"]) {
            let Some(subnet) = subnet_of(&subnet, resources) else { continue };
            found.push(Interface {
                function: function.id.clone(),
                subnet,
                groups: groups.clone(),
                rules: rules.clone(),
            });
        }
    }
    found
}

fn subnet_of(reference: &str, resources: &[Resource]) -> Option<Subnet> {
    let named = |kind: &str, text: &str| {
        resources.iter().find(|each| each.kind == kind && each.reference == text)
    };
    let subnet = named("AWS::EC2::Subnet", reference)?;
    let joined = |kind: &str, property: &str| {
        let all = resources.iter().filter(|each| each.kind == kind);
        let mut own = all.filter(|each| each.properties["SubnetId"] == *reference);
        own.next().map(|each| each.properties[property].clone())
    };
    let acl = joined("AWS::EC2::SubnetNetworkAclAssociation", "NetworkAclId").map(|acl| {
        let mut entries: Vec<Value> =
            of(resources, "AWS::EC2::NetworkAclEntry", "NetworkAclId", &acl);
        entries.sort_by_key(|entry| entry["RuleNumber"].as_i64());
        entries
    });
    let table = joined("AWS::EC2::SubnetRouteTableAssociation", "RouteTableId");
    let routes = table.map(|table| of(resources, "AWS::EC2::Route", "RouteTableId", &table));
    let routes = routes.unwrap_or_default();
    let ranges = routes.iter().filter_map(|route| range(&route["DestinationCidrBlock"]));
    let vpc = subnet.properties["VpcId"].as_str().unwrap_or_default();
    let own = named("AWS::EC2::VPC", vpc).and_then(|vpc| range(&vpc.properties["CidrBlock"]));
    Some(Subnet {
        reference: reference.to_owned(),
        vpc: vpc.to_owned(),
        range: range(&subnet.properties["CidrBlock"])?,
        acl,
        routes: ranges.map(|range| (range, false)).chain(own.map(|range| (range, true))).collect(),
    })
}

fn of(resources: &[Resource], kind: &str, property: &str, named: &Value) -> Vec<Value> {
    let all = resources.iter().filter(|each| each.kind == kind);
    let own = all.filter(|each| each.properties[property] == *named);
    own.map(|each| each.properties.clone()).collect()
}

fn rules(group: &str, resources: &[Resource]) -> Vec<(Way, Value)> {
    let mut found = Vec::new();
    for resource in resources {
        let properties = &resource.properties;
        match resource.kind.as_str() {
            "AWS::EC2::SecurityGroup" if resource.reference == group => {
                let rules = |name: &str| listed(&properties[name]);
                found.extend(rules("SecurityGroupIngress").into_iter().map(|rule| (Way::In, rule)));
                let out = rules("SecurityGroupEgress");
                if out.is_empty() {
                    // Without a rule a group gets one that lets everything out.
                    found.push((
                        Way::Out,
                        serde_json::json!({"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}),
                    ));
                }
                found.extend(out.into_iter().map(|rule| (Way::Out, rule)));
            }
            "AWS::EC2::SecurityGroupIngress" if properties["GroupId"] == *group => {
                found.push((Way::In, properties.clone()));
            }
            "AWS::EC2::SecurityGroupEgress" if properties["GroupId"] == *group => {
                found.push((Way::Out, properties.clone()));
            }
            _ => {}
        }
    }
    found
}

/// What arrives of a sample of packets, as words.
pub fn arriving(from: &Interface, to: &Interface) -> Option<String> {
    const PORTS: [i64; 8] = [0, 22, 80, 443, 1023, 1024, 5432, 65535];
    for protocol in [6, 17, 1] {
        for port in PORTS {
            let packet = Packet {
                protocol,
                port,
                source: from.subnet.range.0 + 10,
                destination: to.subnet.range.0 + 11,
            };
            if arrives(from, to, &packet) {
                return Some(format!("protocol {protocol}, port {port}"));
            }
        }
    }
    None
}

fn arrives(from: &Interface, to: &Interface, packet: &Packet) -> bool {
    let leaves = group_allows(from, to, Way::Out, packet, packet.destination);
    let enters = group_allows(to, from, Way::In, packet, packet.source);
    if from.subnet.reference == to.subnet.reference {
        return leaves && enters;
    }
    let mut routes: Vec<_> = from.subnet.routes.clone();
    routes.retain(|(range, _)| inside(*range, packet.destination));
    routes.sort_by_key(|(range, _)| range.1 - range.0);
    let stays = routes.first().is_some_and(|(_, stays)| *stays);
    leaves
        && acl_allows(&from.subnet, true, packet, packet.destination)
        && stays
        && from.subnet.vpc == to.subnet.vpc
        && acl_allows(&to.subnet, false, packet, packet.source)
        && enters
}

fn group_allows(
    own: &Interface,
    peer: &Interface,
    way: Way,
    packet: &Packet,
    address: u32,
) -> bool {
    if own.groups.is_empty() {
        // The VPC's default group lets its members talk, and everything out.
        return way == Way::Out || peer.groups.is_empty();
    }
    own.rules.iter().any(|(each, rule)| {
        let protocol = match rule["IpProtocol"].as_str().unwrap_or_default() {
            "-1" => true,
            "tcp" | "6" => packet.protocol == 6,
            "udp" | "17" => packet.protocol == 17,
            "icmp" | "1" => packet.protocol == 1,
            _ => false,
        };
        let all = rule["IpProtocol"] == "-1" || rule["FromPort"].is_null();
        let ports = all || between(&rule["FromPort"], &rule["ToPort"], packet.port);
        let named = |name: &Value| {
            name.as_str().is_some_and(|name| peer.groups.iter().any(|group| group == name))
        };
        let other = range(&rule["CidrIp"]).is_some_and(|range| inside(range, address))
            || named(&rule["SourceSecurityGroupId"])
            || named(&rule["DestinationSecurityGroupId"]);
        *each == way && protocol && ports && other
    })
}

fn acl_allows(subnet: &Subnet, egress: bool, packet: &Packet, address: u32) -> bool {
    let Some(entries) = &subnet.acl else { return true };
    let first = entries.iter().find(|entry| {
        let way = entry["Egress"].as_bool().unwrap_or(false) == egress;
        let protocol = entry["Protocol"].as_i64().unwrap_or(-1);
        let range = range(&entry["CidrBlock"]).is_some_and(|range| inside(range, address));
        let ports = &entry["PortRange"];
        let port = protocol == -1
            || !matches!(protocol, 6 | 17)
            || between(&ports["From"], &ports["To"], packet.port);
        way && range && port && (protocol == -1 || protocol == packet.protocol)
    });
    first.is_some_and(|entry| entry["RuleAction"] == "allow")
}

fn between(from: &Value, to: &Value, port: i64) -> bool {
    from.as_i64().is_some_and(|from| from <= port) && to.as_i64().is_some_and(|to| port <= to)
}

fn inside(range: (u32, u32), address: u32) -> bool {
    range.0 <= address && address <= range.1
}

fn range(block: &Value) -> Option<(u32, u32)> {
    let (start, bits) = block.as_str()?.split_once('/')?;
    let start = u32::from(start.parse::<std::net::Ipv4Addr>().ok()?);
    let free = 32_u32.checked_sub(bits.parse().ok()?)?;
    let size = 1_u64.checked_shl(free)?;
    Some((start, start + u32::try_from(size - 1).ok()?))
}

fn texts(value: &Value) -> Vec<String> {
    listed(value).iter().filter_map(Value::as_str).map(str::to_owned).collect()
}
