//! What comes of it when an interface is put where another tenant's are.

use foldhash::HashSet;
use tenantry_reachability::{Interface, InterfaceId, Without, arrivals};
use tenantry_template::Model;
use tenantry_verdict::{Counterexample, Outcome};

use crate::explain::packet::Teller;
use crate::facts::network::{Read, read};

/// A model's network in which another tenant's interface stands beside each one, once with the
/// groups that it brings and once with those that it finds there.
pub(crate) struct Misplaced<'m, 'a> {
    model: &'m Model<'a>,
    read: Read,
    /// The interfaces that are out of place.
    strays: HashSet<InterfaceId>,
}

impl<'m, 'a> Misplaced<'m, 'a> {
    /// `None` where no two tenants have interfaces.
    pub(crate) fn read(model: &'m Model<'a>) -> Option<Self> {
        let mut read = read(model);
        let interfaces = &read.network.interfaces;
        let of_tenant = |each: &&Interface| each.owner.is_some();
        let one = interfaces.iter().find(of_tenant)?;
        let other = interfaces.iter().filter(of_tenant).find(|each| each.owner != one.owner)?;
        let (one, other) = (one.clone(), other.clone());
        let there = interfaces.iter().filter(of_tenant).flat_map(|at| {
            let stranger = if at.owner == one.owner { &other } else { &one };
            let brings = Interface {
                subnet: at.subnet,
                public: at.public,
                certain: at.certain,
                ..stranger.clone()
            };
            let (groups, unknown_group) = (at.groups.clone(), at.unknown_group);
            [Interface { groups, unknown_group, ..brings.clone() }, brings]
        });
        let there: Vec<_> = there.collect();
        let interfaces = &mut read.network.interfaces;
        let strays = there.into_iter().map(|stray| interfaces.push(stray)).collect();
        Some(Self { model, read, strays })
    }

    /// Whether a packet of an interface that is out of place arrives at another tenant's, and how.
    pub(crate) fn reached(&self, without: Without) -> (Outcome, Option<Counterexample>) {
        let is_stray = |interface: &InterfaceId| self.strays.contains(interface);
        let strays = || {
            arrivals(&self.read.network, without)
                .filter(|each| is_stray(&each.from) && !is_stray(&each.to))
        };
        if let Some(arrival) = strays().find(|arrival| arrival.certain) {
            let teller = Teller { model: self.model, read: &self.read };
            return (Outcome::Breached, Some(teller.counterexample(&arrival)));
        }
        let outcome = if strays().next().is_some() { Outcome::Undecided } else { Outcome::Proven };
        (outcome, None)
    }
}
