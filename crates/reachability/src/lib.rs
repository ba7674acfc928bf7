//! Which packets reach which network interface, of a small network given as values.
//!
//! A [`Network`] has interfaces in subnets, with routes, network ACLs and security groups; sets of
//! packets are exact, and what is not known is bounded from both sides. This crate never reads a
//! template and knows no tenant by name: an interface's owner is a number of the caller's. What
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
    Acl, Block, Choice, Direction, Entry, Family, Group, Interface, Mark, Network, Peer, Peering,
    Route, RouteTable, Rule, Subnet, Target, Traffic, Transit, Vpc,
};
