//! What the reachability of packets depends on, and no more than that.
//!
//! The parts lie in the arenas of [`Network`], and name each other by the ids that these give out.

use tenantry_arena::{Arena, define_id};

use super::packet_set::Range;

/// A place of the input that the caller can find again, such as a statement of a template.
pub type Mark = Option<u32>;

define_id!(
    /// An owner of interfaces.
    pub OwnerId of OwnerKey
);

define_id!(
    /// A VPC.
    pub VpcId of VpcKey
);

define_id!(
    /// A subnet.
    pub SubnetId of SubnetKey
);

define_id!(
    /// A route table.
    pub RouteTableId of RouteTableKey
);

define_id!(
    /// A network ACL.
    pub AclId of AclKey
);

define_id!(
    /// A security group.
    pub GroupId of GroupKey
);

define_id!(
    /// A peering connection.
    pub PeeringId of PeeringKey
);

define_id!(
    /// A transit gateway.
    pub TransitId of TransitKey
);

define_id!(
    /// A network interface.
    pub InterfaceId of InterfaceKey
);

/// All that carries packets.
#[derive(Clone, Debug, Default)]
pub struct Network {
    /// Whose interfaces are, each by a name for people.
    pub owners: Arena<OwnerKey, String>,
    /// The VPCs.
    pub vpcs: Arena<VpcKey, Vpc>,
    /// The subnets.
    pub subnets: Arena<SubnetKey, Subnet>,
    /// The route tables.
    pub route_tables: Arena<RouteTableKey, RouteTable>,
    /// The network ACLs.
    pub acls: Arena<AclKey, Acl>,
    /// The security groups.
    pub groups: Arena<GroupKey, Group>,
    /// The peering connections.
    pub peerings: Arena<PeeringKey, Peering>,
    /// The transit gateways.
    pub transits: Arena<TransitKey, Transit>,
    /// The network interfaces.
    pub interfaces: Arena<InterfaceKey, Interface>,
}

/// A VPC.
#[derive(Clone, Debug, Default)]
pub struct Vpc {
    /// Its name for people.
    pub name: String,
    /// Its address ranges.
    pub blocks: Vec<Block>,
    /// What a subnet without an association uses; `None` lets everything through, as the
    /// default network ACL of a new VPC does.
    pub default_acl: Option<AclId>,
    /// What a subnet without an association uses; `None` has the local route alone.
    pub default_route_table: Option<RouteTableId>,
    /// Whether an internet gateway is attached.
    pub internet_gateway: bool,
    /// Whether it is not known which VPC it is: it may be any other one.
    pub symbolic: bool,
}

/// A subnet.
#[derive(Clone, Debug)]
pub struct Subnet {
    /// Its name for people.
    pub name: String,
    /// Its VPC.
    pub vpc: VpcId,
    /// Its address ranges; empty if they are not known.
    pub blocks: Vec<Block>,
    /// Its route table, if one is associated.
    pub route_table: Choice<RouteTableId>,
    /// Its network ACL, if one is associated.
    pub acl: Choice<AclId>,
    /// Where it is.
    pub mark: Mark,
}

/// What a subnet is associated with.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum Choice<I> {
    /// Nothing: the VPC's default counts.
    #[default]
    Default,
    /// This one.
    One(I),
    /// Something that is not known.
    Unknown,
}

/// Addresses of one family.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Block {
    /// The family.
    pub family: Family,
    /// The addresses, as numbers.
    pub range: Range,
}

/// An address family.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Family {
    /// IPv4: 32 bits.
    V4,
    /// IPv6: 128 bits.
    V6,
}

/// A route table. The local routes of its VPC are always in it.
#[derive(Clone, Debug, Default)]
pub struct RouteTable {
    /// Its name for people.
    pub name: String,
    /// Its routes, in any order: the longest prefix wins.
    pub routes: Vec<Route>,
}

/// A route.
#[derive(Clone, Debug)]
pub struct Route {
    /// The destination; `None` if it is not known.
    pub destination: Option<Block>,
    /// Where packets go.
    pub target: Target,
    /// Whether it is there; else it may be.
    pub certain: bool,
    /// Where it is.
    pub mark: Mark,
}

/// The target of a route.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Target {
    /// The VPC itself.
    Local,
    /// A peering connection.
    Peering(PeeringId),
    /// A transit gateway.
    Transit(TransitId),
    /// An internet gateway: for interfaces with a public address, and for IPv6.
    InternetGateway,
    /// A NAT gateway, behind which there is an internet gateway.
    Nat,
    /// A gateway endpoint, a virtual private gateway and the like: no way to another VPC.
    Elsewhere,
    /// An interface that forwards what it likes, or something that is not known.
    Appliance,
}

/// A network ACL. What no entry matches is denied.
#[derive(Clone, Debug, Default)]
pub struct Acl {
    /// Its name for people.
    pub name: String,
    /// Its entries, in any order: the lowest number is read first.
    pub entries: Vec<Entry>,
}

/// An entry of a network ACL.
#[derive(Clone, Debug)]
pub struct Entry {
    /// When it is read; lower comes first.
    pub number: u32,
    /// Which packets it is for.
    pub direction: Direction,
    /// Whether it lets them through.
    pub allow: bool,
    /// Which packets it matches; `None` if that is not known.
    pub traffic: Option<Traffic>,
    /// The peer's addresses; `None` if they are not known.
    pub peer: Option<Block>,
    /// Whether it is there; else it may be.
    pub certain: bool,
    /// Where it is.
    pub mark: Mark,
}

/// Into a subnet or interface, or out of it.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Direction {
    /// Into it; the peer is the source.
    Ingress,
    /// Out of it; the peer is the destination.
    Egress,
}

/// Protocols and destination ports.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Traffic {
    /// IANA protocol numbers, 0 to 255.
    pub protocols: Range,
    /// Destination ports, 0 to 65535; for ICMP the type times 256 plus the code.
    pub ports: Range,
}

/// A security group. What no rule matches is denied; answers are let through.
#[derive(Clone, Debug, Default)]
pub struct Group {
    /// Its name for people.
    pub name: String,
    /// Its rules.
    pub rules: Vec<Rule>,
    /// Whether it is not known which group it is: it may be any other one.
    pub symbolic: bool,
    /// Where it is.
    pub mark: Mark,
}

/// A rule of a security group.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Which packets it is for.
    pub direction: Direction,
    /// Which packets it lets through; `None` if that is not known.
    pub traffic: Option<Traffic>,
    /// Whom it lets through.
    pub peer: Peer,
    /// Whether it is there; else it may be.
    pub certain: bool,
    /// Where it is.
    pub mark: Mark,
}

/// The other side of a security group's rule.
#[derive(Clone, Debug)]
pub enum Peer {
    /// Addresses; more than one for a prefix list.
    Blocks(Vec<Block>),
    /// The members of a security group.
    Group(GroupId),
    /// A prefix list of AWS: addresses of its services, never of an interface here.
    Service,
    /// Something that is not known.
    Unknown,
}

/// A peering connection.
#[derive(Clone, Debug, Default)]
pub struct Peering {
    /// Its name for people.
    pub name: String,
    /// Its two VPCs; `None` for one that is not here.
    pub vpcs: [Option<VpcId>; 2],
    /// Whether it is there; else it may be.
    pub certain: bool,
}

/// A transit gateway.
#[derive(Clone, Debug, Default)]
pub struct Transit {
    /// Its name for people.
    pub name: String,
    /// The VPCs attached to it.
    pub vpcs: Vec<VpcId>,
    /// Whether its own route tables are left to their defaults, where each attached VPC reaches
    /// each other one. Else what it forwards is taken as unknown.
    pub default_routes: bool,
}

/// One or more network interfaces in one subnet with the same groups.
#[derive(Clone, Debug)]
pub struct Interface {
    /// What it belongs to, for people.
    pub name: String,
    /// The tenant; `None` for a shared one.
    pub owner: Option<OwnerId>,
    /// Its subnet.
    pub subnet: SubnetId,
    /// Its security groups.
    pub groups: Vec<GroupId>,
    /// Whether one of its groups is not known.
    pub unknown_group: bool,
    /// Whether it has a public IPv4 address.
    pub public: bool,
    /// Whether it has no IPv6 address, whatever its subnet has.
    pub v4_only: bool,
    /// Whether it is there; else it may be.
    pub certain: bool,
    /// Where it is.
    pub mark: Mark,
}

impl Family {
    /// Both.
    pub const BOTH: [Self; 2] = [Self::V4, Self::V6];

    /// All addresses of the family.
    pub fn all(self) -> Range {
        let high = match self {
            Self::V4 => u128::from(u32::MAX),
            Self::V6 => u128::MAX,
        };
        Range { low: 0, high }
    }
}

impl Block {
    /// Reads `10.0.0.0/16` or `2001:db8::/32`. Bits beyond the prefix do not count.
    pub fn parse(text: &str) -> Option<Self> {
        let (address, length) = text.trim().split_once('/')?;
        let length: u32 = length.parse().ok()?;
        let (family, bits, number) = match address.parse().ok()? {
            std::net::IpAddr::V4(v4) => (Family::V4, 32_u32, u128::from(u32::from(v4))),
            std::net::IpAddr::V6(v6) => (Family::V6, 128, u128::from(v6)),
        };
        let host = u128::MAX.checked_shr(128 - bits.checked_sub(length)?).unwrap_or(0);
        let low = number & !host;
        Some(Self { family, range: Range { low, high: low | host } })
    }

    /// All addresses of a family.
    pub fn all(family: Family) -> Self {
        Self { family, range: family.all() }
    }
}

impl Traffic {
    /// Every protocol and port.
    pub const ALL: Self =
        Self { protocols: Range { low: 0, high: 255 }, ports: Range { low: 0, high: 65535 } };
}
