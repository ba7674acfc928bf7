//! Which addresses an interface can have, and which VPCs are joined to which.

use std::collections::HashMap;

use crate::filter::Bound;
use crate::packet_set::Range;
use crate::topology::{Family, Interface, Network, Subnet, VpcId};

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
    joined: HashMap<VpcId, Vec<VpcId>>,
    symbolic: Vec<VpcId>,
    /// The addresses of all subnets, by family, in order and apart.
    everywhere: [Vec<Range>; 2],
}

impl<'n> AddressBook<'n> {
    pub(super) fn new(network: &'n Network) -> Self {
        let mut joined: HashMap<VpcId, Vec<VpcId>> = HashMap::new();
        let mut join = |a: VpcId, b: VpcId| joined.entry(a).or_default().push(b);
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
        let vpcs = network.vpcs.entries();
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
        let subnet = self.subnet(interface);
        let blocks = match bound {
            Bound::May if subnet.blocks.is_empty() => &self.network.vpcs[subnet.vpc].blocks,
            _ => &subnet.blocks,
        };
        let none = interface.v4_only && family == Family::V6;
        let blocks = if none { &[][..] } else { blocks };
        let known = none || !blocks.is_empty() || bound == Bound::Must;
        let anywhere = (!known).then(|| family.all());
        let of_family = blocks.iter().filter(move |b| b.family == family);
        of_family.map(|block| block.range).chain(anywhere)
    }

    /// The VPC of an interface and those that a packet can come from to it.
    pub(super) fn joined(&self, interface: &Interface) -> Vec<VpcId> {
        let vpc = self.subnet(interface).vpc;
        if self.network.vpcs[vpc].symbolic {
            return self.network.vpcs.ids().collect();
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
            let blocks = &self.network.vpcs[vpc].blocks;
            if blocks.is_empty() {
                return vec![family.all()];
            }
            let of_family = blocks.iter().filter(|block| block.family == family);
            ranges.extend(of_family.map(|block| block.range));
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
        self.network.vpcs[self.subnet(interface).vpc].internet_gateway
    }

    fn subnet(&self, interface: &Interface) -> &'n Subnet {
        &self.network.subnets[interface.subnet]
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
