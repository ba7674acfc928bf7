use tenantry_resources::{
    Direction, FlowLog, InternetGateway, NetworkAcl, NetworkAclEntry, Pseudo, Route, RouteTable,
    RuleAction, SecurityGroup, Subnet, SubnetNetworkAclAssociation, SubnetRouteTableAssociation,
    Text, Tree, Vpc, VpcEndpoint, VpcGatewayAttachment,
};

use super::{Properties, add, properties_of};

pub(super) fn vpc(vpc: &Vpc) -> Properties {
    properties_of([
        ("CidrBlock", vpc.cidr_block.clone().into()),
        ("EnableDnsHostnames", true.into()),
        ("EnableDnsSupport", true.into()),
    ])
}

pub(super) fn internet_gateway(_: &InternetGateway) -> Properties {
    Properties::new()
}

pub(super) fn vpc_gateway_attachment(attachment: &VpcGatewayAttachment) -> Properties {
    properties_of([
        ("InternetGatewayId", attachment.internet_gateway.id().into()),
        ("VpcId", attachment.vpc.id().into()),
    ])
}

pub(super) fn subnet(subnet: &Subnet) -> Properties {
    let zone = if subnet.zone_is_an_id() { "AvailabilityZoneId" } else { "AvailabilityZone" };
    properties_of([
        (zone, subnet.availability_zone.clone().into()),
        ("CidrBlock", subnet.cidr_block.clone().into()),
        ("MapPublicIpOnLaunch", false.into()),
        ("VpcId", subnet.vpc.id().into()),
    ])
}

pub(super) fn route_table(route_table: &RouteTable) -> Properties {
    properties_of([("VpcId", route_table.vpc.id().into())])
}

pub(super) fn route(route: &Route) -> Properties {
    properties_of([
        ("DestinationCidrBlock", route.destination.clone().into()),
        ("GatewayId", route.internet_gateway.id().into()),
        ("RouteTableId", route.route_table.id().into()),
    ])
}

pub(super) fn subnet_route_table_association(
    association: &SubnetRouteTableAssociation,
) -> Properties {
    properties_of([
        ("RouteTableId", association.route_table.id().into()),
        ("SubnetId", association.subnet.id().into()),
    ])
}

pub(super) fn network_acl(acl: &NetworkAcl) -> Properties {
    properties_of([("VpcId", acl.vpc.id().into())])
}

pub(super) fn network_acl_entry(entry: &NetworkAclEntry) -> Properties {
    // Protocol numbers of IANA: 6 is TCP; -1 is AWS's word for all.
    let protocol = if entry.tcp_ports.is_some() { 6 } else { -1 };
    let action = match entry.action {
        RuleAction::Allow => "allow",
        RuleAction::Deny => "deny",
    };
    let mut properties = properties_of([
        ("CidrBlock", entry.cidr_block.clone().into()),
        ("Egress", (entry.direction == Direction::Egress).into()),
        ("NetworkAclId", entry.network_acl.id().into()),
    ]);
    if let Some(ports) = entry.tcp_ports {
        let range = Tree::map([("From", ports.from.into()), ("To", ports.to.into())]);
        add(&mut properties, "PortRange", range);
    }
    add(&mut properties, "Protocol", protocol);
    add(&mut properties, "RuleAction", action);
    add(&mut properties, "RuleNumber", entry.rule_number);
    properties
}

pub(super) fn subnet_network_acl_association(
    association: &SubnetNetworkAclAssociation,
) -> Properties {
    properties_of([
        ("NetworkAclId", association.network_acl.id().into()),
        ("SubnetId", association.subnet.id().into()),
    ])
}

pub(super) fn security_group(group: &SecurityGroup) -> Properties {
    let egress = group.egress.iter().map(|rule| {
        Tree::map([
            ("Description", rule.description.clone().into()),
            ("DestinationPrefixListId", rule.prefix_list.clone().into()),
            ("FromPort", rule.tcp_port.into()),
            ("IpProtocol", "tcp".into()),
            ("ToPort", rule.tcp_port.into()),
        ])
    });
    properties_of([
        ("GroupDescription", group.description.clone().into()),
        ("GroupName", group.name.clone().into()),
        ("SecurityGroupEgress", Tree::list(egress)),
        ("VpcId", group.vpc.id().into()),
    ])
}

pub(super) fn vpc_endpoint(endpoint: &VpcEndpoint) -> Properties {
    let service =
        Text::from("com.amazonaws.").then(Pseudo::Region).then(format!(".{}", endpoint.service));
    properties_of([
        ("PolicyDocument", (&endpoint.policy).into()),
        ("RouteTableIds", Tree::list(endpoint.route_tables.iter().map(|table| table.id()))),
        ("ServiceName", service.into()),
        ("VpcEndpointType", "Gateway".into()),
        ("VpcId", endpoint.vpc.id().into()),
    ])
}

pub(super) fn flow_log(flow_log: &FlowLog) -> Properties {
    properties_of([
        ("DeliverLogsPermissionArn", flow_log.role.arn().into()),
        ("LogDestinationType", "cloud-watch-logs".into()),
        ("LogGroupName", flow_log.log_group.id().into()),
        ("ResourceId", flow_log.vpc.id().into()),
        ("ResourceType", "VPC".into()),
        ("TrafficType", "ALL".into()),
    ])
}
