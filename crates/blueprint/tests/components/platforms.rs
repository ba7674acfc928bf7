//! Platforms to test with, and ways to look into their graphs.

use proptest::prelude::*;
use tenantry_blueprint::Emptying;
use tenantry_config::{Cell, Platform, TenantId};
use tenantry_policy::{Condition, Principal, Principals, Statement, Targets};
use tenantry_resources::{Attribute, Graph, LogicalId, Node, Part, Policy, Pseudo, Text};
use tenantry_testing::platform_toml;

/// A platform of these tenants, in cells of 20.
pub(crate) fn platform(ids: &[&str]) -> Platform {
    tenantry_testing::read(&platform_toml("environment_suffix = \"prod\"", ids))
}

/// The graph of the first cell of a platform of these tenants.
pub(crate) fn graph(ids: &[&str]) -> Graph {
    let platform = platform(ids);
    build(&platform, &platform.cells[0])
}

pub(crate) fn build(platform: &Platform, cell: &Cell) -> Graph {
    tenantry_testing::graph(platform, cell, Emptying::ByFunction)
}

/// Platforms of 1 to 100 tenants with random ids, suffixes and ranges.
pub(crate) fn any_platform() -> impl Strategy<Value = Platform> {
    let ids = prop::collection::btree_set("tenant-[a-z0-9]{1,8}(-[a-z0-9]{1,4}){0,2}", 1..=100);
    let suffix = "[a-z][a-z0-9]{0,7}(-[a-z0-9]{1,4})?";
    let range = (0u8..=255, 0u8..8).prop_map(|(b, c)| match b % 3 {
        0 => format!("10.{b}.0.0/16"),
        1 => format!("172.16.0.0/{}", 16 + c % 2),
        _ => format!("10.{b}.{}.0/18", u16::from(c % 4) * 64),
    });
    (ids, suffix, range).prop_map(|(ids, suffix, range)| {
        let ids: Vec<&str> =
            ids.iter().map(String::as_str).filter(|id| id.parse::<TenantId>().is_ok()).collect();
        let ids = if ids.is_empty() { vec!["tenant-1"] } else { ids };
        let mut platform = platform(&ids);
        platform.environment_suffix = suffix;
        platform.vpc_cidr = range.parse().unwrap();
        platform
    })
}

/// The node with this id.
pub(crate) fn node<'a>(graph: &'a Graph, id: &str) -> &'a Node {
    graph
        .nodes()
        .iter()
        .find(|node| node.id.as_str() == id)
        .unwrap_or_else(|| panic!("no resource {id}"))
}

/// The resource with this id, as its kind.
macro_rules! resource {
    ($graph:expr, $id:expr, $kind:ident) => {
        match &crate::platforms::node($graph, $id).resource {
            tenantry_resources::Resource::$kind(resource) => resource,
            other => panic!("{} is a {}", $id, other.kind()),
        }
    };
}
pub(crate) use resource;

/// A text as it would read in account 111122223333, with references as `{Id}` and `{Id.Arn}`.
pub(crate) fn shown(text: &Text) -> String {
    shown_with(text, |id, attribute| match attribute {
        Attribute::Id => format!("{{{id}}}"),
        Attribute::Arn => format!("{{{id}.Arn}}"),
    })
}

/// A text as it would read in account 111122223333, with references as they are written here.
pub(crate) fn shown_with(
    text: &Text,
    reference: impl Fn(&LogicalId, Attribute) -> String,
) -> String {
    text.parts()
        .iter()
        .map(|part| match part {
            Part::Literal(literal) => literal.clone().into_owned(),
            Part::Pseudo(Pseudo::AccountId) => "111122223333".to_owned(),
            Part::Pseudo(Pseudo::Partition) => "aws".to_owned(),
            Part::Pseudo(Pseudo::Region) => "us-east-1".to_owned(),
            Part::Attribute(id, attribute) => reference(id, *attribute),
        })
        .collect()
}

/// A policy as a reviewer would want to read it: a paragraph a statement.
pub(crate) fn read(policy: &Policy) -> String {
    policy.statements.iter().map(statement).collect::<Vec<_>>().join("\n")
}

fn statement(statement: &Statement<Text>) -> String {
    let mut lines = vec![format!("{:?} {}", statement.effect, statement.sid)];
    match &statement.principals {
        None => {}
        Some(Principals::Everyone) => lines.push("  to everyone".to_owned()),
        Some(Principals::Listed(listed)) => {
            for Principal::Aws(name) | Principal::Service(name) in listed {
                lines.push(format!("  to {}", shown(name)));
            }
        }
    }
    lines.push(format!("  do {}", statement.actions.join(", ")));
    match &statement.resources {
        Targets::Implied => {}
        Targets::Any => lines.push("  on *".to_owned()),
        Targets::Listed(arns) => {
            lines.extend(arns.iter().map(|arn| format!("  on {}", shown(arn))));
        }
    }
    for Condition { operator, key, values } in &statement.conditions {
        let values: Vec<String> = values.iter().map(shown).collect();
        lines.push(format!("  when {key} {operator} {}", values.join(" or ")));
    }
    lines.join("\n") + "\n"
}

/// All resources of a kind.
pub(crate) fn of_kind<'a>(graph: &'a Graph, kind: &'a str) -> impl Iterator<Item = &'a Node> {
    graph.nodes().iter().filter(move |node| node.resource.kind() == kind)
}

/// Every policy of a graph, with the id of the resource it is in.
pub(crate) fn policies(graph: &Graph) -> impl Iterator<Item = (&str, &Policy)> {
    graph.nodes().iter().flat_map(|node| {
        node.resource.policies().into_iter().map(|policy| (node.id.as_str(), policy))
    })
}
