//! The ways between two interfaces, and the routes that lead along them.

use super::{Path, Reach, address};
use crate::filter::Bound;
use crate::packet_set::{Range, Set};
use crate::topology::{Block, Choice, Family, Interface, Target, VpcId};

impl Reach<'_> {
    /// The ways that there could be, before any route is looked at.
    pub(super) fn ways(&self, a: &Interface, b: &Interface) -> Vec<Path> {
        if self.without.routes {
            let near = if a.subnet == b.subnet { Path::SameSubnet } else { Path::Joined };
            return if b.public { vec![near, Path::Internet] } else { vec![near] };
        }
        let (from, to) = (self.vpc(a), self.vpc(b));
        let mut ways = Vec::new();
        if a.subnet == b.subnet {
            ways.push(Path::SameSubnet);
        } else if from == to || self.maybe_one(from, to) {
            ways.push(Path::Local);
        } else {
            let both = |vpcs: &[VpcId]| vpcs.contains(&from) && vpcs.contains(&to);
            for (at, peering) in self.network.peerings.entries() {
                if let [Some(one), Some(other)] = peering.vpcs
                    && both(&[one, other])
                {
                    ways.push(Path::Peering(at));
                }
            }
            for (at, transit) in self.network.transits.entries() {
                if both(&transit.vpcs) {
                    ways.push(Path::Transit(at));
                }
            }
        }
        let v4 = b.public && self.sends_out(a, Bound::May);
        let v6 = self.addresses.of(b, Family::V6, Bound::May).next().is_some();
        if self.addresses.internet_gateway(b) && (v4 || v6) {
            ways.push(Path::Internet);
        }
        ways
    }

    /// Which of some destinations the sender's routes send along a way.
    pub(super) fn routed(
        &self,
        a: &Interface,
        b: &Interface,
        way: Path,
        family: Family,
        destination: Range,
        bound: Bound,
    ) -> Vec<Range> {
        let wanted = |target: Target| match (way, target) {
            (Path::Local, Target::Local) => true,
            (Path::Peering(at), Target::Peering(other)) => {
                at == other && (self.network.peerings[at].certain || bound == Bound::May)
            }
            (Path::Transit(at), Target::Transit(other)) => {
                at == other && (self.network.transits[at].default_routes || bound == Bound::May)
            }
            (Path::Internet, Target::InternetGateway) => family == Family::V6 || a.public,
            (Path::Internet, Target::Nat) => family == Family::V4,
            // What an appliance forwards is its own affair.
            (Path::Local | Path::Peering(_) | Path::Transit(_), Target::Appliance) => {
                bound == Bound::May
            }
            _ => false,
        };
        match way {
            Path::SameSubnet | Path::Joined => vec![destination],
            Path::Internet if family == Family::V6 && !self.addresses.internet_gateway(b) => vec![],
            // Two VPCs that may be one.
            Path::Local if bound == Bound::Must && !self.one_vpc(a, b) => vec![],
            Path::Local if !self.one_vpc(a, b) => vec![destination],
            _ => self.targets(a, family, destination, bound, wanted),
        }
    }

    fn one_vpc(&self, a: &Interface, b: &Interface) -> bool {
        self.vpc(a) == self.vpc(b)
    }

    fn vpc(&self, interface: &Interface) -> VpcId {
        self.network.subnets[interface.subnet].vpc
    }

    fn maybe_one(&self, a: VpcId, b: VpcId) -> bool {
        [a, b].iter().any(|vpc| self.network.vpcs[*vpc].symbolic)
    }

    /// Whether the sender's routes lead its IPv4 packets to the internet.
    pub(super) fn sends_out(&self, a: &Interface, bound: Bound) -> bool {
        if self.without.routes {
            return true;
        }
        let wanted = |target| match target {
            Target::InternetGateway => a.public,
            Target::Nat => true,
            Target::Appliance => bound == Bound::May,
            _ => false,
        };
        let mut ranges = address::PUBLIC.iter();
        ranges.any(|range| !self.targets(a, Family::V4, *range, bound, wanted).is_empty())
    }

    /// The destinations that the longest matching prefix sends to a wanted target.
    fn targets(
        &self,
        a: &Interface,
        family: Family,
        destination: Range,
        bound: Bound,
        wanted: impl Fn(Target) -> bool,
    ) -> Vec<Range> {
        let subnet = &self.network.subnets[a.subnet];
        let vpc = &self.network.vpcs[subnet.vpc];
        let table = match subnet.route_table {
            Choice::One(table) => Some(table),
            Choice::Default => vpc.default_route_table,
            Choice::Unknown if bound == Bound::May => return vec![destination],
            Choice::Unknown => return Vec::new(),
        };
        let routes =
            table.map_or(&[][..], |table| self.network.route_tables[table].routes.as_slice());
        // An unknown destination may be this one. Only an appliance's can be more exact than
        // the local route's.
        for route in routes.iter().filter(|route| route.destination.is_none()) {
            match bound {
                Bound::May if wanted(route.target) => return vec![destination],
                Bound::Must if route.target == Target::Appliance => return Vec::new(),
                _ => {}
            }
        }
        // Of a VPC whose range is not known, what is in one of its subnets is in it.
        let anywhere =
            (vpc.blocks.is_empty() && wanted(Target::Local)).then_some(Block::all(family));
        let local = vpc.blocks.iter().copied().chain(anywhere);
        let local = local.map(|block| (block, Target::Local, true));
        let written = routes
            .iter()
            .filter_map(|route| Some((route.destination?, route.target, route.certain)));
        let mut prefixes: Vec<_> =
            written.chain(local).filter(|(block, ..)| block.family == family).collect();
        // A route written for the very range of the VPC replaces the local one.
        prefixes.sort_by_key(|(block, target, _)| {
            let all = anywhere.is_some() && *target == Target::Local;
            (block.range.high - block.range.low, !all)
        });
        let mut rest = Set::one([destination]);
        let mut hits = Vec::new();
        for (block, target, certain) in prefixes {
            if wanted(target) && (certain || bound == Bound::May) {
                hits.extend(rest.within(&[block.range]).boxes().iter().map(|[range]| *range));
            }
            if certain || bound == Bound::Must {
                rest.remove(&[block.range]);
            }
        }
        hits
    }
}
