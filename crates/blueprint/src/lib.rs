//! A platform as one graph of AWS resources a cell: what tenantry stands for, a file a concern.
//!
//! This crate never emits text and never talks to AWS: CloudFormation, Pulumi and Terraform are
//! printed from its graphs. Everything that closes a way between tenants is decided here.

mod api;
mod application;
mod arns;
mod audit;
mod authorizer;
mod builder;
mod compute;
mod encryption;
mod first_cell;
mod identity;
mod logging;
mod monitoring;
mod names;
mod network;
mod service_role;
mod storage;

use tenantry_config::{Cell, Platform};
use tenantry_resources::{Graph, Package};

use crate::application::Application;
use crate::builder::Builder;

pub use crate::first_cell::{FIRST_CELL, FirstCellGone, check_first_cell};
pub use crate::names::{shared_name, tenant_output, tenant_prefix};

/// The packages of function code that a cell runs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Code {
    /// The tenants' API.
    pub api: Package,
    /// The authorizer.
    pub authorizer: Package,
    /// The function that empties the audit bucket.
    pub empty_bucket: Package,
}

/// How the audit bucket is emptied when the platform goes down: a bucket with objects in it cannot
/// be deleted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Emptying {
    /// A function of the platform's own does it, on the word of CloudFormation.
    ByFunction,
    /// The engine that deploys does it.
    ByEngine,
}

/// The resources of one cell of the platform.
pub fn cell(platform: &Platform, cell: &Cell, code: &Code, emptying: Emptying) -> Graph {
    let application = Application::of(platform, code);
    let mut b = Builder::new(platform, cell, code, &application);

    let access = identity::operator(&mut b);
    let key = encryption::shared_key(&mut b, &access);
    let shared_network = network::shared(&mut b, &key);
    let users = identity::user_pool(&mut b);
    let authorizer = authorizer::function(&mut b, &key, &users);
    let alarms = monitoring::topic(&mut b, &key);
    if b.makes_the_trail() {
        audit::trail(&mut b, &key, &access, emptying);
    }

    let mut tenants = Vec::with_capacity(cell.tenants.len());
    for tenant in &cell.tenants {
        let tenant = b.tenant(tenant);
        let network = network::tenant(&mut b, &tenant, &shared_network);
        let roles = compute::roles(&mut b, &tenant);
        let key = encryption::tenant_key(&mut b, &tenant, &roles, &access);
        let tables = storage::tables(&mut b, &tenant, &key, &roles, &access);
        let logs = logging::tenant(&mut b, &tenant, &key);
        let running = compute::functions(&mut b, &tenant, roles, &key, &tables, &network, logs);
        monitoring::tenant_alarms(&mut b, &tenant, &running, &alarms);
        tenants.push(api::Served { tenant, network, tables, running });
    }

    api::rest_api(&mut b, &key, &authorizer.function, &tenants);
    monitoring::shared_alarms(&mut b, &authorizer.log, &alarms);
    monitoring::dashboard(&mut b);
    b.graph
}
