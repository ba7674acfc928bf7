use tenantry_resources::{
    Attribute, Direction, FlowLog, LogicalId, NetworkAcl, NetworkAclEntry, Pseudo, Route,
    RouteTable, RuleAction, SecurityGroup, Subnet, SubnetNetworkAclAssociation,
    SubnetRouteTableAssociation, Text, Vpc, VpcEndpoint, VpcGatewayAttachment,
};

use super::{Mapped, Token};
use crate::input::{Input, list, map};

pub(super) fn vpc(vpc: &Vpc, id: &LogicalId) -> Mapped {
    let mut mapped = Mapped::new(
        Token::Vpc,
        [
            ("cidrBlock", vpc.cidr_block.as_str().into()),
            ("enableDnsHostnames", true.into()),
            ("enableDnsSupport", true.into()),
        ],
    );
    // Taken over, not made: without rules of its own it loses those that AWS gave it.
    mapped.companion(
        "DefaultSecurityGroup",
        Token::DefaultSecurityGroup,
        [
            ("egress", Input::List(Vec::new())),
            ("ingress", Input::List(Vec::new())),
            ("vpcId", id.attribute(Attribute::Id).into()),
        ],
    );
    mapped
}

/// Its attachment is a resource of its own.
pub(super) fn internet_gateway() -> Mapped {
    Mapped::new(Token::InternetGateway, [])
}

pub(super) fn vpc_gateway_attachment(attachment: &VpcGatewayAttachment) -> Mapped {
    Mapped::new(
        Token::InternetGatewayAttachment,
        [
            ("internetGatewayId", attachment.internet_gateway.id().into()),
            ("vpcId", attachment.vpc.id().into()),
        ],
    )
}

pub(super) fn subnet(subnet: &Subnet) -> Mapped {
    let zone = if subnet.zone_is_an_id() { "availabilityZoneId" } else { "availabilityZone" };
    Mapped::new(
        Token::Subnet,
        [
            (zone, subnet.availability_zone.as_str().into()),
            ("cidrBlock", subnet.cidr_block.as_str().into()),
            ("mapPublicIpOnLaunch", false.into()),
            ("vpcId", subnet.vpc.id().into()),
        ],
    )
}

pub(super) fn route_table(route_table: &RouteTable) -> Mapped {
    Mapped::new(Token::RouteTable, [("vpcId", route_table.vpc.id().into())])
}

pub(super) fn route(route: &Route) -> Mapped {
    Mapped::new(
        Token::Route,
        [
            ("destinationCidrBlock", route.destination.as_str().into()),
            ("gatewayId", route.internet_gateway.id().into()),
            ("routeTableId", route.route_table.id().into()),
        ],
    )
}

pub(super) fn subnet_route_table_association(association: &SubnetRouteTableAssociation) -> Mapped {
    Mapped::new(
        Token::RouteTableAssociation,
        [
            ("routeTableId", association.route_table.id().into()),
            ("subnetId", association.subnet.id().into()),
        ],
    )
}

/// Its entries and associations are resources of their own.
pub(super) fn network_acl(acl: &NetworkAcl) -> Mapped {
    Mapped::new(Token::NetworkAcl, [("vpcId", acl.vpc.id().into())])
}

pub(super) fn network_acl_entry(entry: &NetworkAclEntry) -> Mapped {
    // Protocol numbers of IANA: 6 is TCP; -1 is AWS's word for all.
    let protocol = if entry.tcp_ports.is_some() { "6" } else { "-1" };
    let action = match entry.action {
        RuleAction::Allow => "allow",
        RuleAction::Deny => "deny",
    };
    let mut mapped = Mapped::new(
        Token::NetworkAclRule,
        [
            ("cidrBlock", entry.cidr_block.as_str().into()),
            ("egress", (entry.direction == Direction::Egress).into()),
            ("networkAclId", entry.network_acl.id().into()),
            ("protocol", protocol.into()),
            ("ruleAction", action.into()),
            ("ruleNumber", entry.rule_number.into()),
        ],
    );
    if let Some(ports) = entry.tcp_ports {
        mapped.add("fromPort", ports.from);
        mapped.add("toPort", ports.to);
    }
    mapped
}

pub(super) fn subnet_network_acl_association(association: &SubnetNetworkAclAssociation) -> Mapped {
    Mapped::new(
        Token::NetworkAclAssociation,
        [
            ("networkAclId", association.network_acl.id().into()),
            ("subnetId", association.subnet.id().into()),
        ],
    )
}

pub(super) fn security_group(group: &SecurityGroup) -> Mapped {
    let egress = group.egress.iter().map(|rule| {
        map([
            ("description", rule.description.as_str().into()),
            ("fromPort", rule.tcp_port.into()),
            ("prefixListIds", list([rule.prefix_list.as_str()])),
            ("protocol", "tcp".into()),
            ("toPort", rule.tcp_port.into()),
        ])
    });
    Mapped::new(
        Token::SecurityGroup,
        [
            ("description", group.description.as_str().into()),
            ("egress", list(egress)),
            // Said although it is empty: left out, a rule that somebody else adds would stay.
            ("ingress", Input::List(Vec::new())),
            ("name", group.name.as_str().into()),
            ("vpcId", group.vpc.id().into()),
        ],
    )
}

pub(super) fn vpc_endpoint(endpoint: &VpcEndpoint) -> Mapped {
    let service =
        Text::from("com.amazonaws.").then(Pseudo::Region).then(format!(".{}", endpoint.service));
    Mapped::new(
        Token::VpcEndpoint,
        [
            ("policy", (&endpoint.policy).into()),
            ("routeTableIds", list(endpoint.route_tables.iter().map(|table| table.id()))),
            ("serviceName", service.into()),
            ("vpcEndpointType", "Gateway".into()),
            ("vpcId", endpoint.vpc.id().into()),
        ],
    )
}

pub(super) fn flow_log(flow_log: &FlowLog) -> Mapped {
    Mapped::new(
        Token::FlowLog,
        [
            ("iamRoleArn", flow_log.role.arn().into()),
            ("logDestination", flow_log.log_group.arn().into()),
            ("logDestinationType", "cloud-watch-logs".into()),
            ("trafficType", "ALL".into()),
            ("vpcId", flow_log.vpc.id().into()),
        ],
    )
}
