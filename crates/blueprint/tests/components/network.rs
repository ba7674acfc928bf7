use tenantry_resources::{Direction, Resource, RuleAction};

use crate::platforms::{graph, node, of_kind, read, resource, shown};

#[test]
fn a_tenant_has_a_slash_24_in_each_zone() {
    let graph = graph(&["tenant-001", "tenant-002"]);
    let a = resource!(&graph, "Tenant002SubnetA", Subnet);
    let b = resource!(&graph, "Tenant002SubnetB", Subnet);
    assert_eq!(
        (a.cidr_block.as_str(), a.availability_zone.as_str()),
        ("10.0.4.0/24", "us-east-1a")
    );
    assert_eq!(
        (b.cidr_block.as_str(), b.availability_zone.as_str()),
        ("10.0.5.0/24", "us-east-1b")
    );
    assert_eq!(a.name, "tenant-002-subnet-us-east-1a-prod");
}

#[test]
fn tenants_subnets_have_no_route_but_the_local_one_and_the_endpoints() {
    let graph = graph(&["tenant-001"]);
    for route in of_kind(&graph, "Route") {
        let Resource::Route(route) = &route.resource else { continue };
        assert_eq!(route.route_table.logical_id().as_str(), "PublicRouteTable");
    }
    for subnet in ["A", "B"] {
        let id = format!("Tenant001Subnet{subnet}RouteTable");
        let association = resource!(&graph, &id, SubnetRouteTableAssociation);
        assert_eq!(association.route_table.logical_id().as_str(), "TenantRouteTable");
    }
    let endpoint = resource!(&graph, "DynamodbEndpoint", VpcEndpoint);
    assert_eq!(endpoint.route_tables.len(), 1);
    assert_eq!(endpoint.route_tables[0].logical_id().as_str(), "TenantRouteTable");
}

#[test]
fn the_network_acl_drops_the_vpcs_own_packets_before_it_lets_any_pass() {
    let graph = graph(&["tenant-001"]);
    let mut entries: Vec<_> = of_kind(&graph, "NetworkAclEntry")
        .filter_map(|node| match &node.resource {
            Resource::NetworkAclEntry(entry) => Some(entry),
            _ => None,
        })
        .collect();
    entries.sort_by_key(|entry| (entry.direction == Direction::Egress, entry.rule_number));
    let rules: Vec<String> = entries
        .iter()
        .map(|entry| {
            let ports = entry.tcp_ports.map(|ports| format!(" tcp {}-{}", ports.from, ports.to));
            format!(
                "{:?} {} {:?} {}{}",
                entry.direction,
                entry.rule_number,
                entry.action,
                entry.cidr_block,
                ports.unwrap_or_default()
            )
        })
        .collect();
    assert_eq!(
        rules,
        [
            "Ingress 100 Deny 10.0.0.0/16",
            "Ingress 200 Allow 0.0.0.0/0 tcp 1024-65535",
            "Egress 100 Deny 10.0.0.0/16",
            "Egress 200 Allow 0.0.0.0/0 tcp 443-443",
        ]
    );
    assert!(entries.iter().any(|entry| entry.action == RuleAction::Deny));
}

#[test]
fn every_subnet_of_a_tenant_uses_the_network_acl() {
    let graph = graph(&["tenant-001", "tenant-002"]);
    let subnets: Vec<&str> = of_kind(&graph, "SubnetNetworkAclAssociation")
        .filter_map(|node| match &node.resource {
            Resource::SubnetNetworkAclAssociation(association) => {
                assert_eq!(association.network_acl.logical_id().as_str(), "TenantNetworkAcl");
                Some(association.subnet.logical_id().as_str())
            }
            _ => None,
        })
        .collect();
    assert_eq!(
        subnets,
        ["Tenant001SubnetA", "Tenant001SubnetB", "Tenant002SubnetA", "Tenant002SubnetB"]
    );
}

#[test]
fn a_security_group_lets_out_https_to_dynamodb_and_nothing_in() {
    let graph = graph(&["tenant-001"]);
    let group = resource!(&graph, "Tenant001SecurityGroup", SecurityGroup);
    assert_eq!(group.name, "tenant-001-security-group-prod");
    assert_eq!(group.egress.len(), 1);
    assert_eq!(
        (group.egress[0].tcp_port, group.egress[0].prefix_list.as_str()),
        (443, "pl-02cd2c6b")
    );
}

#[test]
fn the_endpoint_admits_a_caller_to_the_tables_that_its_tag_names() {
    let graph = graph(&["tenant-001"]);
    let endpoint = resource!(&graph, "DynamodbEndpoint", VpcEndpoint);
    insta::assert_snapshot!(read(&endpoint.policy), @r"
    Allow TenantsReachTheirOwnTables
      to everyone
      do dynamodb:ConditionCheckItem, dynamodb:DeleteItem, dynamodb:GetItem, dynamodb:PutItem, dynamodb:Query, dynamodb:UpdateItem
      on arn:aws:dynamodb:us-east-1:111122223333:table/${aws:PrincipalTag/tenant_id}-users-prod
      on arn:aws:dynamodb:us-east-1:111122223333:table/${aws:PrincipalTag/tenant_id}-data-prod
    ");
}

#[test]
fn the_endpoints_policy_does_not_grow_with_the_tenants() {
    let policy =
        |ids: &[&str]| read(&resource!(&graph(ids), "DynamodbEndpoint", VpcEndpoint).policy);
    assert_eq!(policy(&["tenant-001"]), policy(&["tenant-001", "tenant-002", "tenant-003"]));
}

#[test]
fn the_flow_log_watches_the_vpc() {
    let graph = graph(&["tenant-001"]);
    let flow_log = resource!(&graph, "FlowLog", FlowLog);
    assert_eq!(shown(&flow_log.vpc.id()), "{Vpc}");
    assert_eq!(flow_log.log_group.logical_id().as_str(), "FlowLogGroup");
    let requirements = node(&graph, "FlowLog").requirements();
    assert!(requirements.iter().any(|id| id.as_str() == "FlowLogPolicy"), "it can write at once");
}
