use tenantry_resources::{
    Attribute, Direction, FlowLog, LogicalId, NetworkAcl, NetworkAclEntry, Pseudo, Route,
    RouteTable, RuleAction, SecurityGroup, Subnet, SubnetNetworkAclAssociation,
    SubnetRouteTableAssociation, Text, Tree, Vpc, VpcEndpoint, VpcGatewayAttachment,
};

use super::{DEFAULT_SECURITY_GROUP, Mapped, json};

pub(super) fn vpc(vpc: &Vpc, id: &LogicalId) -> Mapped {
    let mut mapped = Mapped::new(
        "aws_vpc",
        [
            ("cidr_block", vpc.cidr_block.clone().into()),
            ("enable_dns_hostnames", true.into()),
            ("enable_dns_support", true.into()),
        ],
    );
    // Taken over, not made: without rules of its own it loses those that AWS gave it.
    mapped.companion(
        "default_security_group",
        DEFAULT_SECURITY_GROUP,
        [("vpc_id", id.attribute(Attribute::Id).into())],
    );
    mapped
}

/// Its attachment is a resource of its own.
pub(super) fn internet_gateway() -> Mapped {
    Mapped::new("aws_internet_gateway", [])
}

pub(super) fn vpc_gateway_attachment(attachment: &VpcGatewayAttachment) -> Mapped {
    Mapped::new(
        "aws_internet_gateway_attachment",
        [
            ("internet_gateway_id", attachment.internet_gateway.id().into()),
            ("vpc_id", attachment.vpc.id().into()),
        ],
    )
}

pub(super) fn subnet(subnet: &Subnet) -> Mapped {
    let zone = if subnet.zone_is_an_id() { "availability_zone_id" } else { "availability_zone" };
    Mapped::new(
        "aws_subnet",
        [
            (zone, subnet.availability_zone.clone().into()),
            ("cidr_block", subnet.cidr_block.clone().into()),
            ("map_public_ip_on_launch", false.into()),
            ("vpc_id", subnet.vpc.id().into()),
        ],
    )
}

pub(super) fn route_table(route_table: &RouteTable) -> Mapped {
    Mapped::new("aws_route_table", [("vpc_id", route_table.vpc.id().into())])
}

pub(super) fn route(route: &Route) -> Mapped {
    Mapped::new(
        "aws_route",
        [
            ("destination_cidr_block", route.destination.clone().into()),
            ("gateway_id", route.internet_gateway.id().into()),
            ("route_table_id", route.route_table.id().into()),
        ],
    )
}

pub(super) fn subnet_route_table_association(association: &SubnetRouteTableAssociation) -> Mapped {
    Mapped::new(
        "aws_route_table_association",
        [
            ("route_table_id", association.route_table.id().into()),
            ("subnet_id", association.subnet.id().into()),
        ],
    )
}

/// Its entries and associations are resources of their own.
pub(super) fn network_acl(acl: &NetworkAcl) -> Mapped {
    Mapped::new("aws_network_acl", [("vpc_id", acl.vpc.id().into())])
}

pub(super) fn network_acl_entry(entry: &NetworkAclEntry) -> Mapped {
    // Protocol numbers of IANA: 6 is TCP; -1 is AWS's word for all.
    let protocol = if entry.tcp_ports.is_some() { "6" } else { "-1" };
    let action = match entry.action {
        RuleAction::Allow => "allow",
        RuleAction::Deny => "deny",
    };
    let mut mapped = Mapped::new(
        "aws_network_acl_rule",
        [
            ("cidr_block", entry.cidr_block.clone().into()),
            ("egress", (entry.direction == Direction::Egress).into()),
            ("network_acl_id", entry.network_acl.id().into()),
            ("protocol", protocol.into()),
            ("rule_action", action.into()),
            ("rule_number", entry.rule_number.into()),
        ],
    );
    if let Some(ports) = entry.tcp_ports {
        mapped.add("from_port", ports.from);
        mapped.add("to_port", ports.to);
    }
    mapped
}

pub(super) fn subnet_network_acl_association(association: &SubnetNetworkAclAssociation) -> Mapped {
    Mapped::new(
        "aws_network_acl_association",
        [
            ("network_acl_id", association.network_acl.id().into()),
            ("subnet_id", association.subnet.id().into()),
        ],
    )
}

pub(super) fn security_group(group: &SecurityGroup) -> Mapped {
    // The rules are an argument and no blocks, so each says all that a rule may say.
    let nothing = || Tree::List(Vec::new());
    let egress = group.egress.iter().map(|rule| {
        Tree::map([
            ("cidr_blocks", nothing()),
            ("description", rule.description.clone().into()),
            ("from_port", rule.tcp_port.into()),
            ("ipv6_cidr_blocks", nothing()),
            ("prefix_list_ids", Tree::list([rule.prefix_list.clone()])),
            ("protocol", "tcp".into()),
            ("security_groups", nothing()),
            ("self", false.into()),
            ("to_port", rule.tcp_port.into()),
        ])
    });
    Mapped::new(
        "aws_security_group",
        [
            ("description", group.description.clone().into()),
            ("egress", Tree::list(egress)),
            // Said although it is empty: left out, a rule that somebody else adds would stay.
            ("ingress", nothing()),
            ("name", group.name.clone().into()),
            ("vpc_id", group.vpc.id().into()),
        ],
    )
}

pub(super) fn vpc_endpoint(endpoint: &VpcEndpoint) -> Mapped {
    let service =
        Text::from("com.amazonaws.").then(Pseudo::Region).then(format!(".{}", endpoint.service));
    Mapped::new(
        "aws_vpc_endpoint",
        [
            ("policy", json(&endpoint.policy)),
            ("route_table_ids", Tree::list(endpoint.route_tables.iter().map(|table| table.id()))),
            ("service_name", service.into()),
            ("vpc_endpoint_type", "Gateway".into()),
            ("vpc_id", endpoint.vpc.id().into()),
        ],
    )
}

pub(super) fn flow_log(flow_log: &FlowLog) -> Mapped {
    Mapped::new(
        "aws_flow_log",
        [
            ("iam_role_arn", flow_log.role.arn().into()),
            ("log_destination", flow_log.log_group.arn().into()),
            ("log_destination_type", "cloud-watch-logs".into()),
            ("traffic_type", "ALL".into()),
            ("vpc_id", flow_log.vpc.id().into()),
        ],
    )
}
