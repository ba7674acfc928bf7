//! What holds for any platform.

use std::collections::{BTreeSet, HashMap, HashSet};

use proptest::prelude::*;
use tenantry_config::{Platform, Slot, Tenant, Tier};
use tenantry_policy::Effect;
use tenantry_resources::{Graph, Resource};

use crate::platforms::{any_platform, build, platform, policies, shown};

/// How long a name may be: <https://docs.aws.amazon.com/general/latest/gr/aws-service-information.html>
/// and each service's API reference.
fn longest(kind: &str) -> usize {
    match kind {
        "Bucket" => 63,
        "Function" | "Role" => 64,
        "RolePolicy" | "Stage" | "Trail" | "UserPool" | "UserPoolClient" => 128,
        "LogGroup" | "MetricFilter" => 512,
        _ => 255,
    }
}

fn graphs(platform: &Platform) -> Vec<Graph> {
    platform.cells.iter().map(|cell| build(platform, cell)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn names_are_unique_within_their_kind_and_no_longer_than_aws_allows(platform in any_platform()) {
        let mut seen = HashSet::new();
        for graph in graphs(&platform) {
            for node in graph.nodes() {
                let kind = node.resource.kind();
                let Some(name) = node.resource.name() else { continue };
                let name = shown(&name);
                prop_assert!(name.len() <= longest(kind), "{kind} {name}");
                // A stage's name is unique in its API, not in the account.
                if kind != "Stage" {
                    prop_assert!(seen.insert((kind, name.clone())), "{kind} {name} twice");
                }
                prop_assert!(name.ends_with(&platform.environment_suffix), "{kind} {name}");
            }
        }
    }

    #[test]
    fn addresses_of_a_cell_never_overlap(platform in any_platform()) {
        for graph in graphs(&platform) {
            let mut ranges: Vec<ipnet::Ipv4Net> = Vec::new();
            for node in graph.nodes() {
                if let Resource::Subnet(subnet) = &node.resource {
                    let range: ipnet::Ipv4Net = subnet.cidr_block.parse().unwrap();
                    prop_assert!(platform.vpc_cidr.contains(&range));
                    for other in &ranges {
                        prop_assert!(!other.contains(&range) && !range.contains(other));
                    }
                    ranges.push(range);
                }
            }
        }
    }

    #[test]
    fn every_reference_is_to_a_resource_before_it(platform in any_platform()) {
        for graph in graphs(&platform) {
            let mut before = HashSet::new();
            for node in graph.nodes() {
                for id in node.requirements() {
                    prop_assert!(before.contains(&id), "{} needs {id}", node.id);
                }
                prop_assert!(before.insert(node.id.clone()), "{} twice", node.id);
                prop_assert!(node.id.as_str().chars().all(|c| c.is_ascii_alphanumeric()));
            }
        }
    }

    #[test]
    fn every_taggable_resource_has_the_three_tags_of_its_owner(platform in any_platform()) {
        for graph in graphs(&platform) {
            for node in graph.nodes() {
                let tags: HashMap<&str, &str> =
                    node.component.tags.iter().map(|(k, v)| (*k, v.as_str())).collect();
                prop_assert_eq!(tags["environment"], "production");
                prop_assert_eq!(tags["cost_center"], "platform");
                let owner = if node.component.kind == "Tenant" { node.component.name.as_str() } else { "shared" };
                prop_assert_eq!(tags["tenant_id"], owner);
            }
        }
    }

    #[test]
    fn nothing_is_granted_by_a_wildcard_in_an_action(platform in any_platform()) {
        for graph in graphs(&platform) {
            for (id, policy) in policies(&graph) {
                let mut sids = HashSet::new();
                for statement in &policy.statements {
                    prop_assert!(sids.insert(&statement.sid), "{id}: {} twice", statement.sid);
                    prop_assert!(!statement.actions.is_empty(), "{id}");
                    // A refusal may be as wide as it can.
                    if statement.effect == Effect::Deny {
                        continue;
                    }
                    for action in &statement.actions {
                        prop_assert!(!action.contains(['*', '?']), "{id}: {action}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_cell_is_the_same_each_time_it_is_built(platform in any_platform()) {
        for cell in &platform.cells {
            let [first, second] = [build(&platform, cell), build(&platform, cell)];
            prop_assert_eq!(format!("{:?}", first.nodes()), format!("{:?}", second.nodes()));
            prop_assert_eq!(first.outputs(), second.outputs());
        }
    }

    #[test]
    fn another_tenant_changes_the_apis_body_deployment_and_stage_alone(
        platform in any_platform(), slug in "[a-z]{9,12}",
    ) {
        let mut larger = platform.clone();
        let cell = &mut larger.cells[0];
        if cell.tenants.len() == 20 {
            cell.tenants.pop();
        }
        let smaller = larger.clone();
        let slot = larger.cells[0].tenants.last().unwrap().slot.get() + 1;
        larger.cells[0].tenants.push(Tenant {
            id: format!("tenant-{slug}").parse().unwrap(),
            name: "Another".to_owned(),
            slot: Slot::new(slot).unwrap(),
            tier: Tier::default(),
            suspended: false,
        });
        let changed = changes(
            &build(&smaller, &smaller.cells[0]),
            &build(&larger, &larger.cells[0]),
            &format!("tenant-{slug}"),
        );
        prop_assert_eq!(changed, BTreeSet::from(["Deployment", "RestApi", "Stage"]));
    }
}

/// The kinds of the resources that differ, and are not the new tenant's own.
fn changes(before: &Graph, after: &Graph, new: &str) -> BTreeSet<&'static str> {
    let old: HashMap<_, _> =
        before.nodes().iter().map(|node| (node.id.as_str(), &node.resource)).collect();
    let mut kinds = BTreeSet::new();
    for node in after.nodes() {
        let known = old.get(node.id.as_str()) == Some(&&node.resource);
        if node.component.name != new && !known {
            kinds.insert(node.resource.kind());
        }
    }
    let left: HashSet<_> = after.nodes().iter().map(|node| node.id.as_str()).collect();
    for node in before.nodes() {
        if !left.contains(node.id.as_str()) {
            kinds.insert(node.resource.kind());
        }
    }
    kinds
}

#[test]
fn a_tenant_is_the_same_number_of_resources_whichever_it_is() {
    let count = |ids: &[&str]| {
        let platform = platform(ids);
        build(&platform, &platform.cells[0]).nodes().len()
    };
    let one = count(&["tenant-a"]);
    assert_eq!(count(&["tenant-a", "tenant-b"]) - one, 21);
    assert_eq!(count(&["tenant-a", "tenant-b", "tenant-c"]) - one, 42);
}

#[test]
fn twenty_tenants_fit_into_one_stack() {
    let ids: Vec<String> = (1..=20).map(|number| format!("tenant-{number:03}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let platform = platform(&ids);
    let resources = build(&platform, &platform.cells[0]).nodes().len();
    assert!(resources <= 500, "{resources} resources");
}
