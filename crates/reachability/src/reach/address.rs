//! Which addresses an interface can have, and which VPCs are joined to which.

use std::collections::HashMap;

use crate::filter::Bound;
use crate::packet_set::Range;
use crate::topology::{Family, Interface, Network, Subnet};

/// IPv4 unicast addresses of the internet: all but RFC 1918, RFC 6598, loopback and link-local.
pub(super) const PUBLIC: [Range; 8] = [
    v4([1, 0, 0, 0], [9, 255, 255, 255]),
    v4([11, 0, 0, 0], [100, 63, 255, 255]),
    v4([100, 128, 0, 0], [126, 255, 255, 255]),
    v4([128, 0, 0, 0], [169, 253, 255, 255]),
    v4([169, 255, 0, 0], [172, 15, 255, 255]),
    v4([172, 32, 0, 0], [192, 167, 255, 255]),
    v4([192, 169, 0, 0], [198, 17, 255, 255]),
    v4([198, 20, 0, 0], [223, 255, 255, 255]),
];

const fn v4(low: [u8; 4], high: [u8; 4]) -> Range {
    Range { low: u32::from_be_bytes(low) as u128, high: u32::from_be_bytes(high) as u128 }
}

pub(super) struct AddressBook<'n> {
    network: &'n Network,
    joined: HashMap<usize, Vec<usize>>,
    symbolic: Vec<usize>,
    /// The addresses of all subnets, by family, in order and apart.
    everywhere: [Vec<Range>; 2],
}

impl<'n> AddressBook<'n> {
    pub(super) fn new(network: &'n Network) -> Self {
        let mut joined: HashMap<usize, Vec<usize>> = HashMap::new();
        let mut join = |a: usize, b: usize| joined.entry(a).or_default().push(b);
        for peering in &network.peerings {
            if let [Some(a), Some(b)] = peering.vpcs {
                join(a, b);
                join(b, a);
            }
        }
        for transit in &network.transits {
            for a in &transit.vpcs {
                transit.vpcs.iter().filter(|b| *b != a).for_each(|b| join(*a, *b));
            }
        }
        let vpcs = network.vpcs.iter().enumerate();
        let symbolic = vpcs.filter(|(_, vpc)| vpc.symbolic).map(|(at, _)| at).collect();
        let everywhere = Family::BOTH.map(|family| everywhere(network, family));
        Self { network, joined, symbolic, everywhere }
    }

    /// An interface's addresses: any of its subnet's. Where those are not known, any of the
    /// VPC's may be one, and none is for certain.
    pub(super) fn of(
        &self,
        interface: &Interface,
        family: Family,
        bound: Bound,
    ) -> impl Iterator<Item = Range> + use<'n> {
        let subnet = self.network.subnets.get(interface.subnet);
        let blocks = match subnet {
            Some(subnet) if subnet.blocks.is_empty() && bound == Bound::May => {
                self.network.vpcs.get(subnet.vpc).map(|vpc| vpc.blocks.as_slice())
            }
            _ => subnet.map(|subnet| subnet.blocks.as_slice()),
        };
        let none = interface.v4_only && family == Family::V6;
        let blocks = if none { Some(&[][..]) } else { blocks };
        let known = none || blocks.is_some_and(|blocks| !blocks.is_empty()) || bound == Bound::Must;
        let anywhere = (!known).then(|| family.all());
        let of_family = blocks.unwrap_or_default().iter().filter(move |b| b.family == family);
        of_family.map(|block| block.range).chain(anywhere)
    }

    /// The VPC of an interface and those that a packet can come from to it.
    pub(super) fn joined(&self, interface: &Interface) -> Vec<usize> {
        let Some(vpc) = self.subnet(interface).map(|subnet| subnet.vpc) else {
            return vec![usize::MAX];
        };
        if self.network.vpcs.get(vpc).is_none_or(|vpc| vpc.symbolic) {
            return (0..self.network.vpcs.len()).collect();
        }
        let mut vpcs = vec![vpc];
        vpcs.extend(self.joined.get(&vpc).into_iter().flatten());
        vpcs.extend(&self.symbolic);
        vpcs
    }

    /// The addresses in those VPCs.
    pub(super) fn reachable(&self, interface: &Interface, family: Family) -> Vec<Range> {
        let mut ranges = Vec::new();
        for vpc in self.joined(interface) {
            match self.network.vpcs.get(vpc) {
                Some(vpc) if !vpc.blocks.is_empty() => {
                    let blocks = vpc.blocks.iter().filter(|block| block.family == family);
                    ranges.extend(blocks.map(|block| block.range));
                }
                _ => return vec![family.all()],
            }
        }
        ranges
    }

    /// The addresses that any interface can have.
    pub(super) fn everywhere(&self, family: Family) -> Vec<Range> {
        let [v4, v6] = &self.everywhere;
        match family {
            Family::V4 => v4.clone(),
            Family::V6 => v6.clone(),
        }
    }

    pub(super) fn internet_gateway(&self, interface: &Interface) -> bool {
        let vpc = self.subnet(interface).and_then(|subnet| self.network.vpcs.get(subnet.vpc));
        vpc.is_some_and(|vpc| vpc.internet_gateway)
    }

    fn subnet(&self, interface: &Interface) -> Option<&'n Subnet> {
        self.network.subnets.get(interface.subnet)
    }
}

fn everywhere(network: &Network, family: Family) -> Vec<Range> {
    let mut ranges = Vec::new();
    for subnet in &network.subnets {
        if subnet.blocks.is_empty() {
            return vec![family.all()];
        }
        let blocks = subnet.blocks.iter().filter(|block| block.family == family);
        ranges.extend(blocks.map(|block| block.range));
    }
    ranges.sort_unstable_by_key(|range| range.low);
    let mut merged: Vec<Range> = Vec::new();
    for range in ranges {
        match merged.last_mut() {
            Some(last) if range.low <= last.high.saturating_add(1) => {
                last.high = last.high.max(range.high);
            }
            _ => merged.push(range),
        }
    }
    merged
}
