//! Platforms to print.

use serde_json::Value;
use tenantry_blueprint::{Code, Emptying};
use tenantry_config::{Loaded, Platform, Source};
use tenantry_resources::{Graph, Package};

pub(crate) fn platform(tenants: u16, suffix: &str) -> Platform {
    let mut text = format!("[platform]\nname = \"acme\"\nenvironment_suffix = \"{suffix}\"\n");
    for tenant in 1..=tenants {
        text.push_str(&format!("[[tenants]]\nid = \"tenant-{tenant:03}\"\nname = \"T{tenant}\"\n"));
    }
    let source = Source { name: "platform.toml", text: text.as_bytes() };
    let Loaded { platform, .. } = tenantry_config::load(source, None).unwrap();
    platform
}

/// The graph of the first cell, whose function code has the same key whatever the code is.
pub(crate) fn graph(platform: &Platform) -> Graph {
    let package = |name| Package { name, key: format!("tenantry/{name}-0123456789abcdef.zip") };
    let code = Code {
        api: package("api"),
        authorizer: package("authorizer"),
        empty_bucket: package("empty-bucket"),
    };
    tenantry_blueprint::cell(platform, &platform.cells[0], &code, Emptying::ByEngine)
}

pub(crate) fn text(tenants: u16, suffix: &str) -> String {
    let platform = platform(tenants, suffix);
    tenantry_terraform::root_module(&graph(&platform), &platform.region, "acme, cell 1")
}

pub(crate) fn module(tenants: u16, suffix: &str) -> Value {
    serde_json::from_str(&text(tenants, suffix)).unwrap()
}
