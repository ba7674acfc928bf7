//! What a platform costs a month on AWS, as it runs and as it is to be: from what is billed in its templates, a price table
//! with its date, and a load that is stated.
//!
//! It is an estimate by list prices, for comparing what is with what would be: no free tier, no discount, no tax. What is not
//! priced is named.

mod billed;
mod load;
mod prices;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

pub use billed::{Billed, Billing, SHARED, Use};
pub use load::Load;
pub use prices::{Line, Price, Table, table};

pub(crate) use billed::{in_state, in_template};

use crate::plan::{CellPlan, Plan};

/// What a platform costs a month, in US dollars.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cost {
    /// The region whose list prices these are.
    pub region: &'static str,
    /// Their currency, as ISO 4217 calls it.
    pub currency: &'static str,
    /// The day of the list prices, as ISO 8601 writes it.
    pub prices_of: &'static str,
    /// The load of each tenant.
    pub load: Load,
    /// All of it.
    pub total: Sides,
    /// By what is paid for; what costs nothing before and after is left out.
    pub items: Vec<Item>,
    /// By tenant: what is the tenant's own, and what its requests cause.
    pub tenants: BTreeMap<String, Sides>,
    /// By stack: what its tenants share, whatever they do.
    pub shared: BTreeMap<String, Sides>,
    /// What is in the platform, as it runs or as it is to be, and has no price here.
    pub not_priced: BTreeSet<String>,
}

/// An amount as the platform runs, and as it is to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Sides {
    /// As it runs.
    pub now: f64,
    /// As it is to be.
    pub then: f64,
}

/// One thing that is paid for.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Item {
    /// What it is.
    pub what: &'static str,
    /// What is counted.
    pub unit: &'static str,
    /// How much of it, in the units.
    pub quantity: Sides,
    /// What that costs.
    pub usd: Sides,
}

/// Of a plan, now and then.
#[derive(Clone, Copy)]
enum Side {
    Now,
    Then,
}

impl Side {
    fn of(self, cell: &CellPlan) -> &Billing {
        match self {
            Self::Now => &cell.billing.now,
            Self::Then => &cell.billing.then,
        }
    }

    const fn set(self, sides: &mut Sides, amount: f64) {
        match self {
            Self::Now => sides.now += amount,
            Self::Then => sides.then += amount,
        }
    }
}

/// What the platform of a plan costs a month at a load.
#[must_use]
pub fn cost(plan: &Plan, load: Load) -> Cost {
    let table = table();
    let mut found = Cost {
        region: &table.region,
        currency: &table.currency,
        prices_of: &table.date,
        load,
        total: Sides::default(),
        items: Vec::new(),
        tenants: BTreeMap::new(),
        shared: BTreeMap::new(),
        not_priced: BTreeSet::new(),
    };
    let mut quantities: BTreeMap<Price, Sides> = BTreeMap::new();
    for side in [Side::Now, Side::Then] {
        // A region has one trail for all cells.
        let records = plan.cells.iter().any(|cell| side.of(cell).records_table_events());
        for cell in &plan.cells {
            let billing = side.of(cell);
            found.not_priced.extend(billing.not_priced.iter().cloned());
            let shared = billing.shared();
            for (owner, own) in &billing.by_owner {
                let mut sum = 0.0;
                let caused = (owner != SHARED).then(|| load.causes(own, &shared, records));
                for (price, quantity) in load.standing(own).chain(caused.into_iter().flatten()) {
                    let Some(line) = table.prices.get(&price) else { continue };
                    sum += line.usd_of(quantity);
                    side.set(quantities.entry(price).or_default(), quantity / line.per);
                }
                side.set(&mut found.total, sum);
                let of = if owner == SHARED {
                    found.shared.entry(cell.stack.clone()).or_default()
                } else {
                    found.tenants.entry(owner.clone()).or_default()
                };
                side.set(of, sum);
            }
        }
    }
    found.items =
        quantities.into_iter().filter_map(|(price, quantity)| item(price, quantity)).collect();
    found.not_priced.extend(load.not_estimated().map(ToOwned::to_owned));
    found.in_cents();
    found
}

fn item(price: Price, quantity: Sides) -> Option<Item> {
    let line = table().prices.get(&price)?;
    let usd = Sides { now: quantity.now * line.usd, then: quantity.then * line.usd };
    (usd != Sides::default()).then_some(Item { what: &line.what, unit: &line.unit, quantity, usd })
}

impl Cost {
    /// Cents are as exact as an estimate gets; sums were made before.
    fn in_cents(&mut self) {
        let amounts = self.tenants.values_mut().chain(self.shared.values_mut());
        let items = self.items.iter_mut();
        let items = items.flat_map(|item| [(&mut item.quantity, 1e6), (&mut item.usd, 100.0)]);
        let all =
            amounts.map(|sides| (sides, 100.0)).chain([(&mut self.total, 100.0)]).chain(items);
        for (sides, parts) in all {
            for amount in [&mut sides.now, &mut sides.then] {
                *amount = (*amount * parts).round() / parts;
            }
        }
    }
}
