//! What is emitted, held against what the real provider takes and against the CloudFormation template.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use proptest::prelude::*;
use pulumi_resource_aws::Extraction;
use serde_json::{Map, Value, json};
use tenantry_blueprint::Emptying;
use tenantry_resources::{Component, Part, Resource, Text};
use tenantry_testing::{graph, platform};

use crate::aws;
use crate::input::{Input, Inputs};
use crate::plan::{Plan, Planned};

fn plan_of(tenants: usize, suffix: &str) -> Plan {
    let platform = platform(tenants, suffix);
    Plan::new(&graph(&platform, &platform.cells[0], Emptying::ByEngine), &platform.region)
}

/// An input as the provider sees it, with a text for what only the deployment knows.
fn as_json(input: &Input) -> Value {
    match input {
        Input::Bool(value) => (*value).into(),
        Input::Number(value) => (*value).into(),
        Input::Text(text) => shown(text).into(),
        Input::List(items) => items.iter().map(as_json).collect(),
        Input::Map(entries) => object(entries),
        Input::Code(_) => json!({
            "4dabf18193072939515e22adb298388d": "0def7320c3a5731c473e5ecbe6d01bc7",
            "path": "code.zip",
        }),
    }
}

fn object(inputs: &Inputs) -> Value {
    let entries = inputs.iter().map(|(name, input)| (name.to_string(), as_json(input)));
    Value::Object(entries.collect::<Map<_, _>>())
}

fn shown(text: &Text) -> String {
    let parts = text.parts().iter().map(|part| match part {
        Part::Literal(literal) => Cow::Borrowed(&**literal),
        Part::Attribute(id, attribute) => format!("<{id} {attribute:?}>").into(),
        Part::Pseudo(pseudo) => format!("<{pseudo:?}>").into(),
    });
    parts.collect()
}

fn faults(plan: &Plan) -> Vec<String> {
    let extraction = Extraction::bundled();
    let check = |planned: &Planned| {
        let faults = extraction.check(planned.token.as_str(), &object(&planned.inputs));
        let name = planned.name.clone();
        faults.into_iter().map(move |fault| format!("{name}: {} {}", fault.property, fault.reason))
    };
    plan.resources.iter().flat_map(check).collect()
}

#[test]
fn the_version_is_the_extractions() {
    assert_eq!(aws::VERSION, Extraction::bundled().version);
}

#[test]
fn a_wrong_input_would_be_found() {
    let mut plan = plan_of(1, "prod");
    let table = plan.resources.iter_mut().find(|planned| planned.name == "Tenant001UsersTable");
    table.unwrap().inputs.push(("tableName".into(), "x".into()));
    assert_eq!(faults(&plan), ["Tenant001UsersTable: tableName is no input of it"]);
}

#[test]
fn the_real_provider_takes_every_input_of_an_application_of_the_users() {
    let platform = tenantry_testing::read(include_str!("../../../examples/orders/platform.toml"));
    let graph = graph(&platform, &platform.cells[0], Emptying::ByEngine);
    let plan = Plan::new(&graph, &platform.region);
    assert_eq!(faults(&plan), Vec::<String>::new());
    let table = plan.resources.iter().find(|one| one.name == "TenantAcmeOrdersTable").unwrap();
    let index = object(&table.inputs)["globalSecondaryIndexes"][0].clone();
    assert_eq!(index["keySchemas"][0]["attributeName"], "customer");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_real_provider_takes_every_input(tenants in 1_usize..=20, suffix in "[a-z]{1,12}") {
        prop_assert_eq!(faults(&plan_of(tenants, &suffix)), Vec::<String>::new());
    }

    #[test]
    fn names_are_unique_and_what_is_needed_comes_first(tenants in 1_usize..=20) {
        let plan = plan_of(tenants, "prod");
        let names: BTreeSet<_> = plan.resources.iter().map(|planned| &planned.name).collect();
        prop_assert_eq!(names.len(), plan.resources.len());
        for (place, planned) in plan.resources.iter().enumerate() {
            prop_assert!(planned.refers_to.iter().chain(&planned.depends_on).all(|need| *need < place));
        }
    }

    #[test]
    fn a_tenant_more_changes_the_api_and_nothing_of_the_others(tenants in 1_usize..=19) {
        let by_name = |plan: &Plan| -> BTreeMap<String, Value> {
            let entries = plan.resources.iter();
            entries.map(|planned| (planned.name.clone(), object(&planned.inputs))).collect()
        };
        let (before, after) = (by_name(&plan_of(tenants, "prod")), by_name(&plan_of(tenants + 1, "prod")));
        let is_deployment = |name: &&String| name.starts_with("ApiDeployment");
        let changed: Vec<_> =
            before.iter().filter(|(name, inputs)| after.get(*name) != Some(inputs)).map(|(n, _)| n).collect();
        let others: Vec<_> = changed.iter().filter(|name| !is_deployment(name)).collect();
        prop_assert_eq!(others, [&&"Api".to_owned(), &&"ApiStage".to_owned()]);
        let new = after.keys().filter(|name| !before.contains_key(*name) && !is_deployment(name));
        let number = format!("{:03}", tenants + 1);
        for name in new {
            prop_assert!(name.contains(&number), "{name}");
        }
    }
}

#[test]
fn nothing_is_protected_or_outlives_its_stack() {
    for planned in plan_of(3, "prod").resources {
        let inputs = object(&planned.inputs);
        for name in ["deletionProtectionEnabled", "skipDestroy", "protect", "retainOnDelete"] {
            assert!(!inputs[name].as_bool().unwrap_or(false), "{} {name}", planned.name);
        }
        assert_ne!(inputs["deletionProtection"], "ACTIVE");
    }
}

#[test]
fn what_holds_data_is_protected_where_the_platform_says_so_and_its_bucket_is_not_emptied() {
    let mut platform = platform(2, "prod");
    platform.options.deletion_protection = true;
    platform.cells[0].tenants[1].tier.deletion_protection = Some(false);
    let plan =
        Plan::new(&graph(&platform, &platform.cells[0], Emptying::ByEngine), &platform.region);
    let (mut on, mut off) = (0, 0);
    for planned in &plan.resources {
        let holds =
            ["table:Table", "key:Key", "bucket:Bucket", "userPool:UserPool", "logGroup:LogGroup"];
        let holds = holds.iter().any(|kind| planned.token.as_str().ends_with(&format!("/{kind}")));
        let expected = holds && !planned.name.starts_with("Tenant002");
        assert_eq!(planned.protected, expected, "{}", planned.name);
        (on, off) = (on + usize::from(expected), off + usize::from(holds && !expected));
        let inputs = object(&planned.inputs);
        for name in ["deletionProtectionEnabled", "forceDestroy"] {
            if let Some(value) = inputs[name].as_bool() {
                assert_eq!(value, expected == (name != "forceDestroy"), "{} {name}", planned.name);
            }
        }
    }
    assert_eq!((on, off), (10, 4));
    let yaml = crate::yaml(&plan, "acme", "", Path::new("packages"));
    assert_eq!(yaml.matches("      protect: true\n").count(), on);
}

#[test]
fn every_input_of_a_tenant() {
    let plan = plan_of(1, "prod");
    let resources = plan.resources.iter().map(|planned| {
        let depends_on = planned.depends_on.iter().map(|place| &plan.resources[*place].name);
        json!({
            "name": planned.name,
            "type": planned.token.as_str(),
            "component": plan.components[planned.component].name,
            "dependsOn": depends_on.collect::<Vec<_>>(),
            "inputs": object(&planned.inputs),
        })
    });
    insta::assert_json_snapshot!(resources.collect::<Vec<_>>());
}

#[test]
fn the_program_of_a_tenant_in_yaml() {
    let plan = plan_of(1, "prod");
    insta::assert_snapshot!(crate::yaml(&plan, "acme", "acme, cell 1", Path::new("packages")));
}

/// The CloudFormation template of the same graph, and what the provider's resources say, side by side: physical names, tags
/// and policies.
#[test]
fn names_tags_and_policies_are_those_of_the_cloudformation_template() {
    let platform = platform(5, "prod");
    let graph = graph(&platform, &platform.cells[0], Emptying::ByEngine);
    let plan = Plan::new(&graph, &platform.region);
    let template = tenantry_cloudformation::template(&graph, "compared").unwrap();
    let template: Value = serde_json::from_str(&template).unwrap();
    let resources = template["Resources"].as_object().unwrap();
    assert_eq!(resources.len(), plan.nodes.len(), "each has the resources of the other");

    for node in graph.nodes() {
        let planned = &plan.resources[plan.nodes[&node.id]];
        let ours = object(&planned.inputs);
        let theirs = &resources[node.id.as_str()]["Properties"];
        // CloudFormation takes a dashboard's tags, the provider does not.
        if planned.token == aws::Token::Dashboard {
            assert_eq!((ours.get("tags"), template_tags(theirs).len()), (None, 3));
        } else {
            assert_eq!(tags(&ours["tags"]), template_tags(theirs), "{}", node.id);
        }
        if let Some(name) = node.resource.name() {
            let name = shown(&name);
            let found = ours.as_object().unwrap().values().any(|value| *value == *name)
                || ours["tags"]["Name"] == *name;
            assert!(found, "{} is not called {name}", node.id);
        }
        let companions =
            plan.resources.iter().filter(|other| other.refers_to.contains(&plan.nodes[&node.id]));
        let policies = node.resource.policies();
        for policy in policies {
            let text = shown(&tenantry_resources::Tree::from(policy).to_json_text());
            let here = ours.as_object().unwrap().values().any(|value| *value == *text);
            let beside = companions.clone().any(|other| {
                object(&other.inputs).as_object().unwrap().values().any(|value| *value == *text)
            });
            assert!(here || beside, "{} lost a policy", node.id);
        }
    }
}

fn tags(tags: &Value) -> BTreeMap<String, String> {
    let entries = tags.as_object().into_iter().flatten();
    entries.map(|(key, value)| (key.clone(), value.as_str().unwrap().to_owned())).collect()
}

fn template_tags(properties: &Value) -> BTreeMap<String, String> {
    if let Some(entries) = properties.get("UserPoolTags") {
        return tags(entries);
    }
    let listed = properties.get("Tags").and_then(Value::as_array).into_iter().flatten();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    listed.map(|tag| (text(&tag["Key"]), text(&tag["Value"]))).collect()
}

#[test]
fn a_managed_policy_is_attached_before_what_needs_its_role() {
    let plan = plan_of(1, "prod");
    let place =
        |name: &str| plan.resources.iter().position(|planned| planned.name == name).unwrap();
    let function = &plan.resources[place("Tenant001Function")];
    assert!(function.depends_on.contains(&place("Tenant001RoleManagedPolicy1")));
}

#[test]
fn components_are_the_tenants_and_the_shared_concerns() {
    let plan = plan_of(2, "prod");
    let shown: BTreeSet<String> = plan
        .components
        .iter()
        .map(|component: &std::sync::Arc<Component>| {
            format!("{} {}", component.kind, component.name)
        })
        .collect();
    assert!(
        shown.contains("Tenant tenant-001") && shown.contains("Network network-prod"),
        "{shown:?}"
    );
}

#[test]
fn the_emptier_of_the_template_is_an_input_of_the_bucket_here() {
    let platform = platform(1, "prod");
    let graph = graph(&platform, &platform.cells[0], Emptying::ByEngine);
    assert!(!graph.nodes().iter().any(|node| matches!(node.resource, Resource::BucketEmptier(_))));
    let plan = Plan::new(&graph, &platform.region);
    let bucket = plan.resources.iter().find(|planned| planned.token == aws::Token::Bucket).unwrap();
    assert_eq!(object(&bucket.inputs)["forceDestroy"], true);
}

/// <https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html#ec2-2>
#[test]
fn the_vpcs_default_security_group_loses_its_rules_and_has_the_tags() {
    let plan = plan_of(1, "prod");
    let is_default = |one: &&Planned| one.token == aws::Token::DefaultSecurityGroup;
    let inputs = object(&plan.resources.iter().find(is_default).unwrap().inputs);
    assert_eq!((&inputs["ingress"], &inputs["egress"]), (&json!([]), &json!([])));
    assert_eq!(inputs["tags"]["tenant_id"], "shared");
}
