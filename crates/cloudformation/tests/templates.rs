//! Whole templates, and what holds for the templates of any platform.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::collections::HashSet;

use proptest::prelude::*;
use serde_json::Value;
use tenantry_blueprint::Emptying;
use tenantry_cloudformation::{TooLarge, template};
use tenantry_testing::{graph, platform};

#[test]
fn the_template_of_one_tenant() {
    insta::assert_snapshot!(text(1, "prod"));
}

#[test]
fn a_cell_beyond_the_limits_of_a_stack_is_refused() {
    let mut platform = platform(30, "prod");
    let second = platform.cells.remove(1);
    platform.cells[0].tenants.extend(second.tenants);
    let graph = graph(&platform, &platform.cells[0], Emptying::ByFunction);
    let refused = template(&graph, "too large").unwrap_err();
    assert_eq!(refused, TooLarge { what: "resources", count: graph.nodes().len(), limit: 500 });
    assert_eq!(
        refused.to_string(),
        "682 resources, where CloudFormation takes 500 a template: \
         make the cells smaller ([cells] size)"
    );
}

#[test]
fn nothing_in_a_template_outlives_its_stack() {
    let template: Value = serde_json::from_str(&text(5, "prod")).unwrap();
    for (id, resource) in template["Resources"].as_object().unwrap() {
        for policy in ["DeletionPolicy", "UpdateReplacePolicy"] {
            let policy = resource.get(policy).and_then(Value::as_str).unwrap_or("Delete");
            assert_eq!(policy, "Delete", "{id}");
        }
        assert_ne!(resource["Properties"]["DeletionProtectionEnabled"], Value::Bool(true), "{id}");
    }
}

#[test]
fn what_holds_data_outlives_its_stack_where_it_is_protected_and_a_tier_may_say_otherwise() {
    let mut protected = platform(2, "prod");
    protected.options.deletion_protection = true;
    protected.cells[0].tenants[1].tier.deletion_protection = Some(false);
    let graph = graph(&protected, &protected.cells[0], Emptying::ByFunction);
    let template: Value = serde_json::from_str(&template(&graph, "").unwrap()).unwrap();
    let resources = template["Resources"].as_object().unwrap();
    let of = |policy: &str| -> Vec<&str> {
        let same = |resource: &Value| resource["DeletionPolicy"] == policy;
        let found = resources.iter().filter(|(_, resource)| same(resource));
        found
            .inspect(|(id, resource)| {
                assert_eq!(resource["UpdateReplacePolicy"], policy, "{id}");
                for (name, on) in [
                    ("DeletionProtectionEnabled", Value::from(true)),
                    ("DeletionProtection", Value::from("ACTIVE")),
                ] {
                    if let Some(value) = resource["Properties"].get(name) {
                        assert_eq!(*value == on, policy == "Retain", "{id} {name}");
                    }
                }
            })
            .map(|(id, _)| id.as_str())
            .collect()
    };
    insta::assert_snapshot!(format!("Retain {:#?}\nDelete {:#?}", of("Retain"), of("Delete")));
}

/// `SourceAccount` is for Amazon S3, whose ARNs name no account; API Gateway is not said to send it,
/// and its ARNs do name the account.
/// <https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html>
#[test]
fn a_permission_names_api_gateways_account_in_the_source_arn_alone() {
    let template: Value = serde_json::from_str(&text(2, "prod")).unwrap();
    let mut permissions = 0;
    for (id, resource) in template["Resources"].as_object().unwrap() {
        if resource["Type"] != "AWS::Lambda::Permission" {
            continue;
        }
        permissions += 1;
        assert_eq!(resource["Properties"]["Principal"], "apigateway.amazonaws.com", "{id}");
        assert_eq!(resource["Properties"]["SourceAccount"], Value::Null, "{id}");
        let source = resource["Properties"]["SourceArn"]["Fn::Sub"].as_str().unwrap();
        assert!(source.contains(":execute-api:${AWS::Region}:${AWS::AccountId}:"), "{source}");
    }
    assert_eq!(permissions, 3);
}

/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudwatch-dashboard.html>
#[test]
fn the_dashboard_has_the_three_tags() {
    let template: Value = serde_json::from_str(&text(1, "prod")).unwrap();
    let tags = template["Resources"]["Dashboard"]["Properties"]["Tags"].as_array().unwrap();
    let keys: Vec<&str> = tags.iter().map(|tag| tag["Key"].as_str().unwrap()).collect();
    assert_eq!(keys, ["tenant_id", "environment", "cost_center"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_template_is_the_same_bytes_each_time(tenants in 1_usize..=20, suffix in "[a-z]{1,12}") {
        prop_assert_eq!(text(tenants, &suffix), text(tenants, &suffix));
    }

    #[test]
    fn everything_a_template_refers_to_is_in_it(tenants in 1_usize..=20, suffix in "[a-z]{1,12}") {
        let template: Value = serde_json::from_str(&text(tenants, &suffix)).unwrap();
        let resources = template["Resources"].as_object().unwrap();
        let mut known: HashSet<String> = resources.keys().cloned().collect();
        known.extend(template["Parameters"].as_object().unwrap().keys().cloned());
        let mut referred = Vec::new();
        referred_to(&template, &mut referred);
        prop_assert!(referred.len() > tenants * 20);
        for name in referred {
            prop_assert!(known.contains(&name) || name.starts_with("AWS::"), "{name}");
        }
    }

    #[test]
    fn a_template_is_within_one_megabyte_and_500_resources(tenants in 1_usize..=20) {
        prop_assert!(with_the_longest_names(tenants).is_ok());
    }
}

#[test]
fn a_full_cell_with_the_longest_names_leaves_a_tenth_of_a_template() {
    let bytes = with_the_longest_names(20).unwrap().len();
    assert!(bytes < 900_000, "{bytes} bytes");
}

/// The template of a cell with ids of 40 characters and a suffix of 16.
fn with_the_longest_names(tenants: usize) -> Result<String, TooLarge> {
    let mut platform = platform(tenants, "abcdefgh-1234567");
    for tenant in &mut platform.cells[0].tenants {
        tenant.id = format!("{}-{}", tenant.id, "x".repeat(23)).parse().unwrap();
    }
    let graph = graph(&platform, &platform.cells[0], Emptying::ByFunction);
    template(&graph, "long names")
}

/// The names that `Ref`, `Fn::GetAtt`, `Fn::Sub` and `DependsOn` name.
fn referred_to(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| referred_to(item, found)),
        Value::Object(entries) => {
            for (key, value) in entries {
                match (key.as_str(), value) {
                    ("Ref", Value::String(name)) => found.push(name.clone()),
                    ("Fn::GetAtt", Value::Array(parts)) => {
                        found.push(parts[0].as_str().unwrap().to_owned());
                    }
                    ("DependsOn", Value::Array(names)) => {
                        found.extend(names.iter().map(|name| name.as_str().unwrap().to_owned()));
                    }
                    ("Fn::Sub", Value::String(text)) => {
                        let names = text.split("${").skip(1).filter(|name| !name.starts_with('!'));
                        found.extend(names.map(|name| {
                            name.split(['}', '.']).next().unwrap_or_default().to_owned()
                        }));
                    }
                    _ => referred_to(value, found),
                }
            }
        }
        _ => {}
    }
}

fn text(tenants: usize, suffix: &str) -> String {
    let platform = platform(tenants, suffix);
    let graph = graph(&platform, &platform.cells[0], Emptying::ByFunction);
    template(&graph, "acme, cell 1").unwrap()
}
