//! The price table.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// List prices of one region on one day.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Table {
    /// The region's code.
    pub region: String,
    /// The currency, as ISO 4217 calls it.
    pub currency: String,
    /// The day, as ISO 8601 writes it.
    pub date: String,
    /// The first tier of each price.
    pub prices: BTreeMap<Price, Line>,
}

/// What has a price.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum Price {
    Key,
    Alarm,
    Dashboard,
    EndpointHours,
    Storage,
    Recovery,
    ApiRequests,
    Invocations,
    ArmSeconds,
    #[serde(rename = "x86-seconds")]
    X86Seconds,
    Reads,
    Writes,
    KeyRequests,
    LogIngestion,
    LogStorage,
    DataEvents,
}

impl Price {
    /// All of them.
    pub const ALL: [Self; 16] = [
        Self::Key,
        Self::Alarm,
        Self::Dashboard,
        Self::EndpointHours,
        Self::Storage,
        Self::Recovery,
        Self::ApiRequests,
        Self::Invocations,
        Self::ArmSeconds,
        Self::X86Seconds,
        Self::Reads,
        Self::Writes,
        Self::KeyRequests,
        Self::LogIngestion,
        Self::LogStorage,
        Self::DataEvents,
    ];
}

/// A price.
#[derive(Clone, Debug, Deserialize)]
pub struct Line {
    /// What it is for.
    pub what: String,
    /// What is counted.
    pub unit: String,
    /// US dollars for a unit.
    pub usd: f64,
    /// How many of what is used make a unit.
    pub per: f64,
    /// AWS's page.
    pub source: String,
}

impl Line {
    /// What an amount of what is used costs.
    pub(crate) fn usd_of(&self, quantity: f64) -> f64 {
        quantity / self.per * self.usd
    }
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    // A test holds that it can be read and that no price is missing.
    serde_json::from_str(include_str!("../../data/prices.json")).unwrap_or_default()
});

/// The price table that this program has.
#[must_use]
pub fn table() -> &'static Table {
    &TABLE
}
