//! Platforms to print.

use serde_json::Value;
use tenantry_blueprint::Emptying;
use tenantry_config::Platform;
use tenantry_resources::Graph;
use tenantry_testing::platform;

/// The graph of the first cell, whose function code has the same key whatever the code is.
pub(crate) fn graph(platform: &Platform) -> Graph {
    tenantry_testing::graph(platform, &platform.cells[0], Emptying::ByEngine)
}

/// A platform with services and a table of its own, which has an index.
pub(crate) fn example() -> Platform {
    tenantry_testing::read(include_str!("../../../../examples/orders/platform.toml"))
}

pub(crate) fn text(tenants: usize, suffix: &str) -> String {
    let platform = platform(tenants, suffix);
    tenantry_terraform::root_module(&graph(&platform), &platform.region, "acme, cell 1")
}

pub(crate) fn module(tenants: usize, suffix: &str) -> Value {
    serde_json::from_str(&text(tenants, suffix)).unwrap()
}
