//! The VPC: tenants' subnets reach DynamoDB through the gateway endpoint and nothing else.
//!
//! Between tenants stand the network ACL (no packet of the VPC's own range passes, either way) and
//! the security groups (nothing in, HTTPS to DynamoDB out). There is no route to the internet.

use ipnet::Ipv4Net;
use tenantry_policy::Statement;
use tenantry_resources::{
    Direction, EgressRule, FlowLog, Index, InternetGateway, Key, NetworkAcl, NetworkAclEntry,
    NodeOptions, Policy, PortRange, Ref, Route, RouteTable, RuleAction, SecurityGroup, Subnet,
    SubnetNetworkAclAssociation, SubnetRouteTableAssociation, Text, Vpc, VpcEndpoint,
    VpcGatewayAttachment, Waiver,
};

use crate::application::TenantTable;
use crate::arns::SharedLog;
use crate::builder::{Builder, Tenant};
use crate::logging;
use crate::storage::Access;

const ANYWHERE: &str = "0.0.0.0/0";
const HTTPS: u16 = 443;
/// Answers come back to a port that the client chose: "AWS Lambda functions use ports 1024-65535".
/// <https://docs.aws.amazon.com/vpc/latest/userguide/nacl-ephemeral-ports.html>
const EPHEMERAL: PortRange = PortRange { from: 1024, to: 65_535 };

pub(crate) struct SharedNetwork {
    vpc: Ref<Vpc>,
    tenant_route_table: Ref<RouteTable>,
    tenant_acl: Ref<NetworkAcl>,
}

pub(crate) struct TenantNetwork {
    pub(crate) subnets: [Ref<Subnet>; 2],
    pub(crate) security_group: Ref<SecurityGroup>,
}

pub(crate) fn shared(b: &mut Builder<'_>, key: &Ref<Key>) -> SharedNetwork {
    let component = b.shared("Network");
    let vpc = Vpc { name: b.name("vpc"), cidr_block: b.platform.vpc_cidr.to_string() };
    let vpc = b.graph.add(&component, "Vpc", vpc);
    public_subnets(b, &vpc);
    let tenant_route_table = RouteTable { name: b.name("tenant-route-table"), vpc: vpc.clone() };
    let tenant_route_table = b.graph.add(&component, "TenantRouteTable", tenant_route_table);
    let tenant_acl = tenant_network_acl(b, &vpc);
    dynamodb_endpoint(b, &vpc, &tenant_route_table);
    flow_log(b, &vpc, key);
    SharedNetwork { vpc, tenant_route_table, tenant_acl }
}

pub(crate) fn tenant(
    b: &mut Builder<'_>,
    tenant: &Tenant<'_>,
    shared: &SharedNetwork,
) -> TenantNetwork {
    let [range_a, range_b] = tenant.config.subnets(&b.platform.vpc_cidr);
    let [zone_a, zone_b] = &b.platform.availability_zones;
    let subnets = [
        tenant_subnet(b, tenant, shared, "A", zone_a, range_a),
        tenant_subnet(b, tenant, shared, "B", zone_b, range_b),
    ];
    let security_group = SecurityGroup {
        name: b.tenant_name(tenant, "security-group"),
        description: format!("{}: nothing in, HTTPS to DynamoDB out", tenant.config.id),
        vpc: shared.vpc.clone(),
        egress: vec![EgressRule {
            description: "DynamoDB through the gateway endpoint".to_owned(),
            tcp_port: HTTPS,
            prefix_list: b.platform.dynamodb_prefix_list.clone(),
        }],
    };
    let security_group = b.graph.add(&tenant.component, tenant.id("SecurityGroup"), security_group);
    TenantNetwork { subnets, security_group }
}

fn tenant_subnet(
    b: &mut Builder<'_>,
    tenant: &Tenant<'_>,
    shared: &SharedNetwork,
    letter: &str,
    zone: &str,
    range: Ipv4Net,
) -> Ref<Subnet> {
    let subnet = Subnet {
        name: b.tenant_name(tenant, &format!("subnet-{zone}")),
        vpc: shared.vpc.clone(),
        cidr_block: range.to_string(),
        availability_zone: zone.to_owned(),
    };
    let component = &tenant.component;
    let id = tenant.id(&format!("Subnet{letter}"));
    let subnet = b.graph.add_with(component, id, subnet, zone_waived());
    b.graph.add(
        component,
        tenant.id(&format!("Subnet{letter}RouteTable")),
        SubnetRouteTableAssociation {
            subnet: subnet.clone(),
            route_table: shared.tenant_route_table.clone(),
        },
    );
    b.graph.add(
        component,
        tenant.id(&format!("Subnet{letter}NetworkAcl")),
        SubnetNetworkAclAssociation {
            subnet: subnet.clone(),
            network_acl: shared.tenant_acl.clone(),
        },
    );
    subnet
}

/// Subnets with a route to the internet, for what a platform team puts in front of the tenants.
fn public_subnets(b: &mut Builder<'_>, vpc: &Ref<Vpc>) {
    let component = b.shared("Network");
    let gateway = InternetGateway { name: b.name("igw") };
    let gateway = b.graph.add(&component, "InternetGateway", gateway);
    let attachment = b.graph.add(
        &component,
        "InternetGatewayAttachment",
        VpcGatewayAttachment { vpc: vpc.clone(), internet_gateway: gateway.clone() },
    );
    let route_table = RouteTable { name: b.name("public-route-table"), vpc: vpc.clone() };
    let route_table = b.graph.add(&component, "PublicRouteTable", route_table);
    b.graph.add_with(
        &component,
        "PublicRoute",
        Route {
            route_table: route_table.clone(),
            destination: ANYWHERE.to_owned(),
            internet_gateway: gateway,
        },
        NodeOptions { depends_on: vec![attachment.logical_id().clone()], ..NodeOptions::default() },
    );
    let ranges = b.platform.public_subnets();
    let zones = &b.platform.availability_zones;
    for ((letter, zone), range) in ["A", "B"].into_iter().zip(zones).zip(ranges) {
        let subnet = Subnet {
            name: b.name(&format!("public-subnet-{zone}")),
            vpc: vpc.clone(),
            cidr_block: range.to_string(),
            availability_zone: zone.clone(),
        };
        let id = format!("PublicSubnet{letter}");
        let subnet = b.graph.add_with(&component, id, subnet, zone_waived());
        b.graph.add(
            &component,
            format!("PublicSubnet{letter}RouteTable"),
            SubnetRouteTableAssociation { subnet, route_table: route_table.clone() },
        );
    }
}

fn zone_waived() -> NodeOptions {
    let waiver = Waiver {
        rule: "W3010",
        reason: "the zones are the platform's choice: a tenant's addresses are tied to them for life",
    };
    NodeOptions { waivers: vec![waiver], ..NodeOptions::default() }
}

/// Packets within the VPC are dropped first, both ways; of the rest, HTTPS goes out and its answers
/// come back. An ACL keeps no state, so each direction has to say it.
fn tenant_network_acl(b: &mut Builder<'_>, vpc: &Ref<Vpc>) -> Ref<NetworkAcl> {
    let component = b.shared("Network");
    let acl = NetworkAcl { name: b.name("tenant-network-acl"), vpc: vpc.clone() };
    let acl = b.graph.add(&component, "TenantNetworkAcl", acl);
    let within = b.platform.vpc_cidr.to_string();
    let https = PortRange { from: HTTPS, to: HTTPS };
    for (id, direction, rule_number, action, cidr_block, tcp_ports) in [
        ("DenyFromVpc", Direction::Ingress, 100, RuleAction::Deny, within.as_str(), None),
        ("AllowAnswers", Direction::Ingress, 200, RuleAction::Allow, ANYWHERE, Some(EPHEMERAL)),
        ("DenyToVpc", Direction::Egress, 100, RuleAction::Deny, within.as_str(), None),
        ("AllowHttps", Direction::Egress, 200, RuleAction::Allow, ANYWHERE, Some(https)),
    ] {
        b.graph.add(
            &component,
            format!("TenantNetworkAcl{id}"),
            NetworkAclEntry {
                network_acl: acl.clone(),
                rule_number,
                direction,
                action,
                cidr_block: cidr_block.to_owned(),
                tcp_ports,
            },
        );
    }
    acl
}

/// The endpoint's policy ties a caller's tag to the table's name, so its size does not grow with
/// the tenants (it may have 20,480 characters).
fn dynamodb_endpoint(b: &mut Builder<'_>, vpc: &Ref<Vpc>, route_table: &Ref<RouteTable>) {
    let endpoint = VpcEndpoint {
        name: b.name("dynamodb-endpoint"),
        vpc: vpc.clone(),
        service: "dynamodb",
        route_tables: vec![route_table.clone()],
        policy: endpoint_policy(b),
    };
    b.graph.add(&b.shared("Network"), "DynamodbEndpoint", endpoint);
}

fn endpoint_policy(b: &Builder<'_>) -> Policy {
    let suffix = &b.platform.environment_suffix;
    let arns = |table: &TenantTable| {
        let name = format!("${{aws:PrincipalTag/tenant_id}}-{}-{suffix}", table.name);
        let own = Text::arn("dynamodb", format!("table/{name}"));
        let index = |index: &Index| own.clone().then(format!("/index/{}", index.name));
        let indexes: Vec<_> = table.indexes.iter().map(index).collect();
        std::iter::once(own).chain(indexes)
    };
    let access = |table: &TenantTable| {
        let users = b.application.users_of(&table.name);
        users.map(|(_, access)| access).reduce(Access::and)
    };
    let mut statements = Vec::new();
    for wanted in Access::ALL {
        let tables = b.application.tables.iter();
        let own: Vec<Text> =
            tables.filter(|table| access(table) == Some(wanted)).flat_map(arns).collect();
        if !own.is_empty() {
            let statement = Statement::allow(wanted.of_endpoint(), wanted.actions());
            statements.push(statement.to_everyone().on(own));
        }
    }
    if statements.is_empty() {
        // A policy has a statement, and without one of its own an endpoint lets everything through.
        statements.push(Statement::deny("NoTableIsUsed", &["dynamodb:*"]).to_everyone().on_any());
    }
    Policy::new(statements)
}

fn flow_log(b: &mut Builder<'_>, vpc: &Ref<Vpc>, key: &Ref<Key>) {
    let log_group = logging::shared(b, SharedLog::Flow, key);
    let (role, policy) = logging::flow_log_role(b);
    let flow_log = FlowLog { name: b.name("flow-log"), vpc: vpc.clone(), log_group, role };
    let options = NodeOptions { depends_on: vec![policy], ..NodeOptions::default() };
    b.graph.add_with(&b.shared("Logging"), "FlowLog", flow_log, options);
}
