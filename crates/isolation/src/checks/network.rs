//! The network plane: which packets of one tenant's interfaces reach another tenant's.
//!
//! The reachability works on its own small input and knows neither templates nor verdicts. Sets
//! of packets are exact. What is not modelled: what a shared interface forwards, a transit
//! gateway's own route tables, and the network ACL of a NAT gateway's subnet (taken as open).

mod answer;
mod explain;
mod misplaced;
mod read;

pub use answer::{Answer, verdict};
pub(crate) use misplaced::Misplaced;
pub use read::{Read, read};
