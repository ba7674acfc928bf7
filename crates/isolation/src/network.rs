//! The network plane: which packets of one tenant's interfaces reach another tenant's.
//!
//! The reachability works on its own small input and knows neither templates nor verdicts. Sets
//! of packets are exact. What is not modelled: what a shared interface forwards, a transit
//! gateway's own route tables, and the network ACL of a NAT gateway's subnet (taken as open).

mod answer;
mod explain;
mod filter;
mod input;
mod misplaced;
mod reach;
mod read;
mod set;

pub use answer::{Answer, verdict};
pub use input::{
    Acl, Block, Choice, Direction, Entry, Family, Group, Interface, Mark, Network, Peer, Peering,
    Route, RouteTable, Rule, Subnet, Target, Traffic, Transit, Vpc,
};
pub(crate) use misplaced::Misplaced;
pub use reach::{Arrival, Packet, Way, Without, arrivals, packets};
pub use read::{Read, read};
pub use set::Range;
