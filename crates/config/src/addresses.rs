//! Slots, and the addresses they stand for.

use std::fmt;
use std::net::Ipv4Addr;
use std::num::NonZeroU16;

use ipnet::Ipv4Net;

/// The number that fixes a tenant's addresses for life, from 1.
///
/// Slot n owns the n-th /23 of the VPC. Slot 0 is the public subnets' and can be no tenant's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(NonZeroU16);

impl Slot {
    /// The highest slot of any VPC: a /16, the largest VPC that AWS makes, is 128 /23s.
    pub const MAX: u16 = 127;

    /// The slot with this number.
    ///
    /// # Errors
    /// When the number is 0 or above [`Slot::MAX`].
    pub fn new(number: u16) -> Result<Self, SlotOutOfRange> {
        NonZeroU16::new(number)
            .filter(|number| number.get() <= Self::MAX)
            .map(Self)
            .ok_or(SlotOutOfRange(number))
    }

    /// The slot's number.
    #[must_use]
    pub fn get(self) -> u16 {
        self.0.get()
    }

    /// How many tenants' slots a VPC of this size has: every /23 but the first.
    #[must_use]
    pub fn capacity(vpc_cidr: &Ipv4Net) -> u16 {
        match vpc_cidr.prefix_len() {
            0..=16 => Self::MAX,
            prefix @ 17..=23 => (1 << (23 - prefix)) - 1,
            _ => 0,
        }
    }

    /// The slot's two /24s, the lower one first. They lie in the VPC when the slot is at most its
    /// [`capacity`](Slot::capacity).
    #[must_use]
    pub fn subnets(self, vpc_cidr: &Ipv4Net) -> [Ipv4Net; 2] {
        subnets(vpc_cidr, self.get())
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A number that is no tenant's slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("slot {0} does not exist: slots go from 1 to {max}", max = Slot::MAX)]
pub struct SlotOutOfRange(pub u16);

/// The two /24s of the n-th /23 of a VPC, counted from 0.
pub(crate) fn subnets(vpc_cidr: &Ipv4Net, n: u16) -> [Ipv4Net; 2] {
    let first = u32::from(vpc_cidr.network()).wrapping_add(u32::from(n) << 9);
    [first, first.wrapping_add(1 << 8)]
        .map(|address| Ipv4Net::new_assert(Ipv4Addr::from(address), 24))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vpc(text: &str) -> Ipv4Net {
        text.parse().unwrap()
    }

    #[test]
    fn slot_n_owns_the_nth_slash_23() {
        let subnets = Slot::new(1).unwrap().subnets(&vpc("10.0.0.0/16"));
        assert_eq!(subnets.map(|subnet| subnet.to_string()), ["10.0.2.0/24", "10.0.3.0/24"]);
        let subnets = Slot::new(127).unwrap().subnets(&vpc("10.0.0.0/16"));
        assert_eq!(subnets.map(|subnet| subnet.to_string()), ["10.0.254.0/24", "10.0.255.0/24"]);
    }

    #[test]
    fn the_last_slot_ends_where_the_vpc_ends() {
        for prefix in 16..=22 {
            let vpc = Ipv4Net::new(Ipv4Addr::new(10, 0, 0, 0), prefix).unwrap();
            let last = Slot::new(Slot::capacity(&vpc)).unwrap();
            assert_eq!(last.subnets(&vpc)[1].broadcast(), vpc.broadcast(), "{vpc}");
        }
    }

    #[test]
    fn a_vpc_without_a_second_slash_23_has_no_room_for_a_tenant() {
        assert_eq!(Slot::capacity(&vpc("10.0.0.0/23")), 0);
        assert_eq!(Slot::capacity(&vpc("10.0.0.0/28")), 0);
    }

    #[test]
    fn zero_and_128_are_no_slots() {
        assert_eq!(Slot::new(0), Err(SlotOutOfRange(0)));
        assert_eq!(
            Slot::new(128).unwrap_err().to_string(),
            "slot 128 does not exist: slots go from 1 to 127"
        );
    }
}
