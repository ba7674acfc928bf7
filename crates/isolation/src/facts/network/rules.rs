//! Network ACLs and security groups.

use tenantry_reachability::{
    Acl, AclId, Block, Choice, Direction, Entry, Family, Group, GroupId, Network, Peer, Range,
    Rule, Traffic, VpcId,
};
use tenantry_template::{Text, Value};

use super::{Property, Reader, Thing, certain, items};

impl<'a> Reader<'_, 'a> {
    pub(super) fn acls(&mut self) {
        for (at, resource) in self.of_kind("AWS::EC2::NetworkAcl") {
            let acl = Acl { name: resource.path.clone(), entries: Vec::new() };
            self.acls.insert(at, self.read.network.acls.push(acl));
        }
        for (_, resource) in self.of_kind("AWS::EC2::NetworkAclEntry") {
            let properties = &resource.properties;
            let Some(acl) = self.acl(properties.get("NetworkAclId")) else { continue };
            let mut sure = certain(resource);
            self.note_condition(Thing::Acl(acl), resource);
            let egress = properties.get("Egress");
            let number = properties.get("RuleNumber");
            let action = properties.get("RuleAction");
            let ordered = number.and_then(Value::as_str).and_then(|text| text.parse().ok());
            let allow =
                action.and_then(Value::as_str).map(|text| text.eq_ignore_ascii_case("allow"));
            for (value, known) in [(number, ordered.is_some()), (action, allow.is_some())] {
                if let (Some(value), false) = (value, known) {
                    sure = false;
                    self.note(Thing::Acl(acl), Property::EntryNumberOrAction, value);
                }
            }
            let ranges = ["CidrBlock", "Ipv6CidrBlock"].iter().find_map(|key| properties.get(key));
            let peer = ranges.and_then(|value| self.block(value));
            if let (Some(value), None) = (ranges, peer) {
                self.note(Thing::Acl(acl), Property::EntryRange, value);
            }
            let icmp = properties.get("Icmp").map(|icmp| (icmp.get("Type"), icmp.get("Code")));
            let ports = properties.get("PortRange").map(|p| (p.get("From"), p.get("To")));
            let traffic = traffic(properties.get("Protocol"), ports, icmp);
            if traffic.is_none() {
                self.note(Thing::Acl(acl), Property::EntryTraffic, properties);
            }
            let directions = match egress.map(Value::as_bool) {
                Some(Some(true)) => vec![Direction::Egress],
                Some(None) => {
                    sure = false;
                    vec![Direction::Egress, Direction::Ingress]
                }
                _ => vec![Direction::Ingress],
            };
            let actions = allow.map_or(vec![true, false], |allow| vec![allow]);
            let mark = self.mark(resource.span);
            let entries = directions.iter().flat_map(|direction| {
                actions.iter().map(|allow| Entry {
                    number: ordered.unwrap_or(0),
                    direction: *direction,
                    allow: *allow,
                    traffic,
                    peer,
                    certain: sure,
                    mark,
                })
            });
            self.read.network.acls[acl].entries.extend(entries);
        }
    }

    /// The network ACL that a value names, which may be a VPC's default one.
    pub(super) fn acl(&mut self, value: Option<&Value<'a>>) -> Option<AclId> {
        if let Some((at, "DefaultNetworkAcl")) = self.attribute(value) {
            let Network { vpcs, acls, .. } = &mut self.read.network;
            let vpc = &mut vpcs[*self.vpcs.get(&at)?];
            let name = || format!("the default network ACL of {}", vpc.name);
            let default = || acls.push(Acl { name: name(), entries: default_acl_entries() });
            return Some(*vpc.default_acl.get_or_insert_with(default));
        }
        self.lookup(&self.acls, "AWS::EC2::NetworkAcl", value)
    }

    pub(super) fn security_groups(&mut self) {
        let groups = self.of_kind("AWS::EC2::SecurityGroup");
        for (at, resource) in &groups {
            let mark = self.mark(resource.span);
            let group =
                Group { name: resource.path.clone(), rules: Vec::new(), symbolic: false, mark };
            self.groups.insert(*at, self.read.network.groups.push(group));
        }
        let mut own_egress = Vec::new();
        for direction in [Direction::Ingress, Direction::Egress] {
            let kind = match direction {
                Direction::Ingress => "AWS::EC2::SecurityGroupIngress",
                Direction::Egress => "AWS::EC2::SecurityGroupEgress",
            };
            for (_, resource) in self.of_kind(kind) {
                let named = resource.properties.get("GroupId");
                let named = named.or(resource.properties.get("GroupName"));
                let group = self.group(named);
                let Some(group) = group else { continue };
                self.note_condition(Thing::Group(group), resource);
                if direction == Direction::Egress {
                    own_egress.push(group);
                }
                self.rule(group, direction, &resource.properties, certain(resource));
            }
        }
        for (at, resource) in groups {
            let Some(group) = self.groups.get(&at).copied() else { continue };
            for (property, direction) in [
                ("SecurityGroupIngress", Direction::Ingress),
                ("SecurityGroupEgress", Direction::Egress),
            ] {
                let list = items(resource.properties.get(property), true);
                for (rule, sure) in &list {
                    if !sure {
                        self.note(Thing::Group(group), Property::RuleExistence, rule);
                    }
                    self.rule(group, direction, rule, *sure);
                }
                // CloudFormation leaves EC2's rule that lets everything out, unless there are
                // egress rules in the group itself.
                let written = list.iter().any(|(_, sure)| *sure);
                if direction == Direction::Egress && !written {
                    let mark = self.mark(resource.span);
                    let certain = list.is_empty() && !own_egress.contains(&group);
                    let rules = Family::BOTH.map(|family| Rule {
                        direction,
                        traffic: Some(Traffic::ALL),
                        peer: Peer::Blocks(vec![Block::all(family)]),
                        certain,
                        mark,
                    });
                    self.read.network.groups[group].rules.extend(rules);
                }
            }
        }
    }

    /// The security group that a value names: one of the templates', a VPC's default one, or
    /// one from elsewhere.
    pub(super) fn group(&mut self, value: Option<&Value<'a>>) -> Option<GroupId> {
        if let Some((at, "DefaultSecurityGroup")) = self.attribute(value)
            && let Some(vpc) = self.vpcs.get(&at).copied()
        {
            return Some(self.default_group(vpc));
        }
        if let Some(group) = self.lookup(&self.groups, "AWS::EC2::SecurityGroup", value) {
            return Some(group);
        }
        let value = value?;
        let text = value.to_text()?;
        Some(self.unknown_group(value, text))
    }

    /// The default group of a VPC: its members let each other in, and everything out.
    /// <https://docs.aws.amazon.com/vpc/latest/userguide/default-security-group.html>
    pub(super) fn default_group(&mut self, vpc: VpcId) -> GroupId {
        if let Some(group) = self.default_groups.get(&vpc) {
            return *group;
        }
        let rule = |direction, peer| Rule {
            direction,
            traffic: Some(Traffic::ALL),
            peer,
            certain: true,
            mark: None,
        };
        let out = Peer::Blocks(Family::BOTH.map(Block::all).to_vec());
        let Network { vpcs, groups, .. } = &mut self.read.network;
        let name = format!("the default security group of {}", vpcs[vpc].name);
        let group = groups.push_with(|own| {
            let rules =
                vec![rule(Direction::Ingress, Peer::Group(own)), rule(Direction::Egress, out)];
            Group { name, rules, symbolic: false, mark: None }
        });
        self.default_groups.insert(vpc, group);
        group
    }

    fn rule(&mut self, group: GroupId, direction: Direction, rule: &Value<'a>, certain: bool) {
        let ports = Some((rule.get("FromPort"), rule.get("ToPort")));
        let traffic = traffic(rule.get("IpProtocol"), ports, ports);
        if traffic.is_none() {
            self.note(Thing::Group(group), Property::RuleTraffic, rule);
        }
        let (group_key, list_key) = match direction {
            Direction::Ingress => ("SourceSecurityGroupId", "SourcePrefixListId"),
            Direction::Egress => ("DestinationSecurityGroupId", "DestinationPrefixListId"),
        };
        let range = rule.get("CidrIp").or(rule.get("CidrIpv6"));
        let peer = if let Some(value) = range {
            self.block(value).map(|block| Peer::Blocks(vec![block]))
        } else if let Some(value) = rule.get(group_key).or(rule.get("SourceSecurityGroupName")) {
            self.group(Some(value)).map(Peer::Group)
        } else {
            rule.get(list_key).and_then(|value| self.prefix_list(value))
        };
        let place = range.or(rule.get(group_key)).or(rule.get(list_key)).unwrap_or(rule);
        if peer.is_none() {
            self.note(Thing::Group(group), Property::RulePeer, place);
        }
        let peer = peer.unwrap_or(Peer::Unknown);
        let mark = self.mark(place.span);
        let rule = Rule { direction, traffic, peer, certain, mark };
        self.read.network.groups[group].rules.push(rule);
    }

    /// A prefix list: one of the templates', or one of AWS's own, whose ids have 8 digits where
    /// customers' have 17.
    fn prefix_list(&self, value: &Value<'a>) -> Option<Peer> {
        if let Some(id) = value.as_str().and_then(|text| text.strip_prefix("pl-")) {
            return (id.len() == 8).then_some(Peer::Service);
        }
        let text: Text<'a> = value.to_text()?;
        let list = self.model.find("AWS::EC2::PrefixList", &text)?;
        let entries = self.model.resources[list].properties.get("Entries")?;
        let blocks = entries.items().iter().map(|entry| self.block(entry.get("Cidr")?));
        blocks.collect::<Option<Vec<_>>>().map(Peer::Blocks)
    }

    pub(super) fn associations(&mut self) {
        for (_, resource) in self.of_kind("AWS::EC2::SubnetNetworkAclAssociation") {
            let acl = self.acl(resource.properties.get("NetworkAclId"));
            let choice = match (acl, certain(resource)) {
                (Some(acl), true) => Choice::One(acl),
                _ => Choice::Unknown,
            };
            self.associate(resource, "NetworkAclId", |subnet| subnet.acl = choice);
        }
        for (_, resource) in self.of_kind("AWS::EC2::SubnetRouteTableAssociation") {
            let value = resource.properties.get("RouteTableId");
            let table = self.lookup(&self.tables, "AWS::EC2::RouteTable", value);
            let choice = match (table, certain(resource)) {
                (Some(table), true) => Choice::One(table),
                _ => Choice::Unknown,
            };
            self.associate(resource, "RouteTableId", |subnet| subnet.route_table = choice);
        }
    }
}

/// Protocol and ports; `None` if a value is not known.
fn traffic(
    protocol: Option<&Value<'_>>,
    ports: Option<(Option<&Value<'_>>, Option<&Value<'_>>)>,
    icmp: Option<(Option<&Value<'_>>, Option<&Value<'_>>)>,
) -> Option<Traffic> {
    let number = |value: Option<&Value<'_>>| match value {
        None => Some(None),
        Some(value) => value.as_str()?.trim().parse::<i64>().ok().map(Some),
    };
    let protocol = match protocol?.as_str()?.to_ascii_lowercase().as_str() {
        "tcp" => 6,
        "udp" => 17,
        "icmp" => 1,
        "icmpv6" => 58,
        "-1" | "all" => return Some(Traffic::ALL),
        other => other.parse::<u8>().ok()?,
    };
    let protocols = Range::one(u128::from(protocol));
    let all = Traffic { protocols, ..Traffic::ALL };
    let range = match protocol {
        6 | 17 => {
            let Some((from, to)) = ports else { return Some(all) };
            match (number(from)?, number(to)?) {
                (Some(from), Some(to)) if from >= 0 && to >= 0 => (from, to),
                (Some(from), None) if from >= 0 => (from, from),
                _ => return Some(all),
            }
        }
        // The type and the code; -1 is any.
        1 | 58 => {
            let Some((kind, code)) = icmp else { return Some(all) };
            match (number(kind)?.unwrap_or(-1), number(code)?.unwrap_or(-1)) {
                (kind, _) if kind < 0 => return Some(all),
                (kind, code) if kind > 255 || code > 255 => return None,
                (kind, code) if code < 0 => (kind * 256, kind * 256 + 255),
                (kind, code) => (kind * 256 + code, kind * 256 + code),
            }
        }
        _ => return Some(all),
    };
    let ports = Range::new(u128::try_from(range.0).ok()?, u128::try_from(range.1).ok()?)?;
    Some(Traffic { protocols, ports })
}

/// The entries of a VPC's default network ACL.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/default-network-acl.html>
pub(super) fn default_acl_entries() -> Vec<Entry> {
    let both = [Direction::Ingress, Direction::Egress].into_iter();
    both.flat_map(|direction| {
        Family::BOTH.map(|family| Entry {
            number: if family == Family::V4 { 100 } else { 101 },
            direction,
            allow: true,
            traffic: Some(Traffic::ALL),
            peer: Some(Block::all(family)),
            certain: true,
            mark: None,
        })
    })
    .collect()
}
