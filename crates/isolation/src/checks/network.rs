//! The network plane: which packets of one tenant's interfaces reach another tenant's.
//!
//! The reachability works on its own small input and knows neither templates nor verdicts. Sets
//! of packets are exact. What is not modelled: what a shared interface forwards, a transit
//! gateway's own route tables, and the network ACL of a NAT gateway's subnet (taken as open).

mod answer;
mod explain;
mod misplaced;
mod read;

pub use answer::{NetworkResult, verdict};
pub(crate) use misplaced::Misplaced;
pub use read::{Read, read};

use self::network::PACKET;
use crate::check::Check;
use crate::claim_set::claim_set;
use crate::facts::Facts;

claim_set!(
    /// The claims of this check.
    pub(crate) Claims {
        network { PACKET }
    }
);

type Findings = crate::findings::Findings<Claims>;

/// Which packets of one tenant's interfaces reach another's.
pub(crate) struct PacketCheck;

impl Check for PacketCheck {
    type Claims = Claims;

    fn run(&self, facts: &Facts<'_, '_>) -> Findings {
        let mut found = Findings::new();
        let NetworkResult { claim, assumptions, .. } = verdict(facts.reader.model, false);
        found.decided(PACKET, claim);
        found.assumptions = assumptions;
        found
    }
}
