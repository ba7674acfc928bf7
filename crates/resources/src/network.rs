//! Amazon VPC: <https://docs.aws.amazon.com/vpc/latest/userguide/>.

use crate::reference::without_references;
use crate::resource::resource;
use crate::{LogGroup, Policy, Ref, Role};

resource! {
    /// A virtual private cloud, with DNS support and DNS host names. An engine that can takes every
    /// rule out of the default security group that AWS makes with it.
    /// <https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html#ec2-2>
    pub struct Vpc {
        /// Its `Name` tag.
        pub name: String,
        /// Its IPv4 range.
        pub cidr_block: String,
    }
}

resource! {
    /// An internet gateway.
    pub struct InternetGateway {
        /// Its `Name` tag.
        pub name: String,
    }
}

resource! {
    /// The attachment of an internet gateway to a VPC.
    pub struct VpcGatewayAttachment {
        /// The VPC.
        pub vpc: Ref<Vpc>,
        /// The gateway.
        pub internet_gateway: Ref<InternetGateway>,
    }
}

resource! {
    /// A subnet that gives no public addresses.
    pub struct Subnet {
        /// Its `Name` tag.
        pub name: String,
        /// The VPC it is part of.
        pub vpc: Ref<Vpc>,
        /// Its IPv4 range.
        pub cidr_block: String,
        /// The zone it lies in, by its name, such as `us-east-1a`, or by its id, such as `use1-az1`.
        pub availability_zone: String,
    }
}

impl Subnet {
    /// Whether its zone is told by the zone's id.
    pub fn zone_is_an_id(&self) -> bool {
        self.availability_zone.contains("-az")
    }
}

resource! {
    /// A route table; the local route is in it without being written.
    pub struct RouteTable {
        /// Its `Name` tag.
        pub name: String,
        /// The VPC it is part of.
        pub vpc: Ref<Vpc>,
    }
}

resource! {
    /// A route to an internet gateway.
    pub struct Route {
        /// The table it is in.
        pub route_table: Ref<RouteTable>,
        /// Where the packets go, as an IPv4 range.
        pub destination: String,
        /// The gateway they go through.
        pub internet_gateway: Ref<InternetGateway>,
    }
}

resource! {
    /// The use of a route table by a subnet.
    pub struct SubnetRouteTableAssociation {
        /// The subnet.
        pub subnet: Ref<Subnet>,
        /// Its route table.
        pub route_table: Ref<RouteTable>,
    }
}

resource! {
    /// A network ACL; what no entry allows is denied.
    pub struct NetworkAcl {
        /// Its `Name` tag.
        pub name: String,
        /// The VPC it is part of.
        pub vpc: Ref<Vpc>,
    }
}

resource! {
    /// One numbered entry of a network ACL; the first that matches decides.
    pub struct NetworkAclEntry {
        /// The ACL it is in.
        pub network_acl: Ref<NetworkAcl>,
        /// Its place in the order, 1 to 32766.
        pub rule_number: u16,
        /// Which packets it looks at.
        pub direction: Direction,
        /// What becomes of those that match.
        pub action: RuleAction,
        /// The other side, as an IPv4 range.
        pub cidr_block: String,
        /// TCP to these ports; `None` is all traffic of every protocol.
        pub tcp_ports: Option<PortRange>,
    }
}

/// The direction of packets, seen from the subnet.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Direction {
    /// Into the subnet.
    Ingress,
    /// Out of it.
    Egress,
}

/// What an entry of a network ACL does with a packet.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RuleAction {
    /// It passes.
    Allow,
    /// It is dropped.
    Deny,
}

/// Ports from the first to the last, both included.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PortRange {
    /// The first.
    pub from: u16,
    /// The last.
    pub to: u16,
}

resource! {
    /// The use of a network ACL by a subnet.
    pub struct SubnetNetworkAclAssociation {
        /// The subnet.
        pub subnet: Ref<Subnet>,
        /// Its ACL.
        pub network_acl: Ref<NetworkAcl>,
    }
}

resource! {
    /// A security group that lets nothing in.
    pub struct SecurityGroup {
        /// Its name, up to 255 characters, not beginning with `sg-`.
        pub name: String,
        /// What it is for.
        pub description: String,
        /// The VPC it is part of.
        pub vpc: Ref<Vpc>,
        /// What may go out.
        pub egress: Vec<EgressRule>,
    }
}

/// TCP that may go out to the addresses of a prefix list.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EgressRule {
    /// What it is for.
    pub description: String,
    /// The port.
    pub tcp_port: u16,
    /// The id of the prefix list, `pl-...`.
    pub prefix_list: String,
}

resource! {
    /// A gateway endpoint: packets to the service take a route of the listed tables.
    pub struct VpcEndpoint {
        /// Its `Name` tag.
        pub name: String,
        /// The VPC it is part of.
        pub vpc: Ref<Vpc>,
        /// The service, such as `dynamodb`.
        pub service: &'static str,
        /// The tables that get the route.
        pub route_tables: Vec<Ref<RouteTable>>,
        /// What may be done through it, up to 20,480 characters.
        pub policy: Policy,
    }
}

resource! {
    /// A log of the accepted and rejected flows of a VPC.
    pub struct FlowLog {
        /// Its `Name` tag.
        pub name: String,
        /// The VPC.
        pub vpc: Ref<Vpc>,
        /// Where the records go.
        pub log_group: Ref<LogGroup>,
        /// The role by which they are written.
        pub role: Ref<Role>,
    }
}

without_references!(Direction, RuleAction, EgressRule, PortRange);
