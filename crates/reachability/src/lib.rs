//! Which packets reach which network interface, of a small network given as values.
//!
//! A [`Network`] has interfaces in subnets, with routes, network ACLs and security groups; sets of
//! packets are exact, and what is not known is bounded from both sides. This crate never reads a
//! template and knows no tenant: of an interface's owner it asks only whether it is another's. What
//! is not modelled: what a shared interface forwards, a transit gateway's own route tables, and
//! the network ACL of a NAT gateway's subnet (taken as open).

mod filter;
mod packet_set;
mod reach;
mod topology;

pub use filter::MOST;
pub use packet_set::Range;
pub use reach::{Arrival, Packet, Path, Without, arrivals, packets};
pub use topology::{
    Acl, AclId, AclKey, Block, Choice, Direction, Entry, Family, Group, GroupId, GroupKey,
    Interface, InterfaceId, InterfaceKey, Mark, Network, OwnerId, OwnerKey, Peer, Peering,
    PeeringId, PeeringKey, Route, RouteTable, RouteTableId, RouteTableKey, Rule, Subnet, SubnetId,
    SubnetKey, Target, Traffic, Transit, TransitId, TransitKey, Vpc, VpcId, VpcKey,
};
