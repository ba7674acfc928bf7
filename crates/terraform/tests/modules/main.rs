//! Whole modules, and what holds for the modules of any platform.
#![allow(clippy::indexing_slicing, clippy::panic, clippy::string_slice, clippy::unwrap_used)]

mod platforms;
mod printers;
mod schema;

use std::collections::{BTreeMap, BTreeSet};

use platforms::{graph, module, text};
use proptest::prelude::*;
use schema::Extraction;
use serde_json::{Value, json};
use tenantry_resources::{Graph, Resource, Text};
use tenantry_testing::platform;

#[test]
fn the_module_of_one_tenant() {
    insta::assert_snapshot!(text(1, "prod"));
}

#[test]
fn a_module_takes_the_provider_that_its_arguments_were_read_from() {
    // `~> 5.100` is 5.100 and later, below 6.
    let tried = Extraction::bundled().version;
    let (series, _) = tried.rsplit_once('.').unwrap();
    assert_eq!(tenantry_terraform::PROVIDER_VERSION, format!("~> {series}"));
}

#[test]
fn a_wrong_argument_would_be_found() {
    let mut module = module(1, "prod");
    let vpc = &mut module["resource"]["aws_vpc"]["vpc"];
    vpc["cidr"] = "10.0.0.0/16".into();
    vpc["enable_dns_support"] = "10.0.0.0".into();
    vpc.as_object_mut().unwrap().remove("tags");
    let table = &mut module["resource"]["aws_dynamodb_table"]["tenant001_users_table"];
    table.as_object_mut().unwrap().remove("name");
    table["ttl"] = json!([table["ttl"], table["ttl"]]);
    table["attribute"][0]["kind"] = "S".into();
    assert_eq!(
        Extraction::bundled().faults(&module),
        [
            "aws_vpc.vpc: enable_dns_support is no bool",
            "aws_vpc.vpc: cidr is no argument of it",
            "aws_vpc.vpc: tags are missing",
            "aws_dynamodb_table.tenant001_users_table: attribute.kind is no argument of it",
            "aws_dynamodb_table.tenant001_users_table: ttl is there 2 times",
            "aws_dynamodb_table.tenant001_users_table: name is missing",
        ]
    );
}

#[test]
fn the_provider_takes_every_argument_of_an_application_of_the_users() {
    let platform = platforms::example();
    let text =
        tenantry_terraform::root_module(&graph(&platform), &platform.region, "orders, cell 1");
    let module: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(Extraction::bundled().faults(&module), Vec::<String>::new());
    let table = &module["resource"]["aws_dynamodb_table"]["tenant_acme_orders_table"];
    assert_eq!(table["global_secondary_index"][0]["hash_key"], "customer");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn the_provider_takes_every_argument(tenants in 1_usize..=20, suffix in "[a-z]{1,12}") {
        prop_assert_eq!(Extraction::bundled().faults(&module(tenants, &suffix)), Vec::<String>::new());
    }

    #[test]
    fn a_module_is_the_same_bytes_each_time(tenants in 1_usize..=20, suffix in "[a-z]{1,12}") {
        prop_assert_eq!(text(tenants, &suffix), text(tenants, &suffix));
    }

    #[test]
    fn everything_a_module_refers_to_is_in_it_and_nothing_goes_round(tenants in 1_usize..=20) {
        let module = module(tenants, "prod");
        let needs = needs(&module);
        prop_assert!(needs.values().map(BTreeSet::len).sum::<usize>() > tenants * 20);
        let mut done = BTreeSet::new();
        while done.len() < needs.len() {
            let ready: Vec<_> = needs
                .iter()
                .filter(|(address, needs)| !done.contains(*address) && needs.is_subset(&done))
                .map(|(address, _)| address.clone())
                .collect();
            let left: Vec<_> = needs.iter().filter(|(address, _)| !done.contains(*address)).collect();
            prop_assert!(!ready.is_empty(), "{left:#?}");
            done.extend(ready);
        }
    }

    #[test]
    fn a_tenant_more_changes_the_api_and_nothing_of_the_others(tenants in 1_usize..=19) {
        let (before, after) = (resources(&module(tenants, "prod")), resources(&module(tenants + 1, "prod")));
        let is_deployment = |address: &str| address.starts_with("aws_api_gateway_deployment.");
        let changed: Vec<&str> = before
            .iter()
            .filter(|(address, body)| !is_deployment(address) && after.get(*address) != Some(*body))
            .map(|(address, _)| address.as_str())
            .collect();
        prop_assert_eq!(changed, ["aws_api_gateway_rest_api.api", "aws_api_gateway_stage.api_stage"]);
        let number = format!("{:03}", tenants + 1);
        for new in after.keys().filter(|address| !before.contains_key(*address)) {
            prop_assert!(new.contains(&number) || is_deployment(new), "{new}");
        }
    }

    #[test]
    fn no_two_resources_share_an_address(tenants in 1_usize..=20) {
        let platform = platform(tenants, "prod");
        let graph = graph(&platform);
        // A table has a policy beside it, a bucket five settings and a VPC the default security group.
        let beside = |resource: &Resource| match resource {
            Resource::Table(_) => 1,
            Resource::Bucket(_) => 5,
            Resource::Vpc(_) => 1,
            Resource::Stage(stage) => stage.method_settings.len(),
            Resource::Role(role) => role.managed_policies.len(),
            _ => 0,
        };
        let wanted: usize = graph.nodes().iter().map(|node| 1 + beside(&node.resource)).sum();
        let module: Value = serde_json::from_str(&text(tenants, "prod")).unwrap();
        prop_assert_eq!(resources(&module).len(), wanted);
    }

    #[test]
    fn text_of_a_platform_never_becomes_an_expression(name in "[%$]?[${%}a]{0,8}") {
        let template = tenantry_terraform::root_module(&graph_with(&name), "us-east-1", "");
        let module: Value = serde_json::from_str(&template).unwrap();
        let read = module["resource"]["aws_vpc"]["vpc"]["tags"]["Name"].as_str().unwrap();
        prop_assert_eq!(unescaped(read), Some(name));
    }
}

#[test]
fn nothing_is_protected_or_outlives_its_state() {
    for (address, body) in resources(&module(3, "prod")) {
        for name in ["deletion_protection_enabled", "skip_destroy", "prevent_destroy"] {
            assert!(!body[name].as_bool().unwrap_or(false), "{address} {name}");
            assert!(!body["lifecycle"][name].as_bool().unwrap_or(false), "{address} {name}");
        }
        assert_ne!(body["deletion_protection"], "ACTIVE");
    }
}

#[test]
fn what_holds_data_is_not_destroyed_where_the_platform_says_so_and_its_bucket_is_not_emptied() {
    let mut platform = platform(1, "prod");
    platform.options.deletion_protection = true;
    let module = tenantry_terraform::root_module(&graph(&platform), "us-east-1", "");
    let mut protected = 0;
    for (address, body) in resources(&serde_json::from_str(&module).unwrap()) {
        let holds = [
            "aws_dynamodb_table",
            "aws_kms_key",
            "aws_s3_bucket",
            "aws_cognito_user_pool",
            "aws_cloudwatch_log_group",
        ];
        let kind = address.split('.').next().unwrap();
        assert_eq!(
            body["lifecycle"]["prevent_destroy"] == true,
            holds.contains(&kind),
            "{address}"
        );
        protected += usize::from(holds.contains(&kind));
        assert_ne!(body["deletion_protection_enabled"], false, "{address}");
        assert_ne!(body["deletion_protection"], "INACTIVE", "{address}");
        assert_ne!(body["force_destroy"], true, "{address}");
    }
    assert!(protected > 8, "{protected}");
}

#[test]
fn a_deployment_stays_until_the_stage_has_left_it() {
    let module = module(1, "prod");
    let deployments = module["resource"]["aws_api_gateway_deployment"].as_object().unwrap();
    assert!(deployments.values().all(|body| body["lifecycle"]["create_before_destroy"] == true));
}

#[test]
fn a_managed_policy_is_attached_before_what_needs_its_role() {
    let module = module(1, "prod");
    let function = &module["resource"]["aws_lambda_function"]["tenant001_function"];
    let attached = "aws_iam_role_policy_attachment.tenant001_role_managed_policy1";
    assert!(function["depends_on"].as_array().unwrap().contains(&attached.into()));
}

#[test]
fn the_archives_are_those_of_the_functions() {
    let platform = platform(2, "prod");
    let graph = graph(&platform);
    let names: Vec<_> =
        tenantry_terraform::packages(&graph).iter().map(|code| code.name.clone()).collect();
    assert_eq!(names, ["authorizer", "api"]);
    let module = module(2, "prod");
    for (label, function) in module["resource"]["aws_lambda_function"].as_object().unwrap() {
        let file = function["filename"].as_str().unwrap();
        assert!(file.starts_with("${path.module}/packages/"), "{label}: {file}");
        let hash = format!("${{filebase64sha256(\"{file}\")}}");
        assert_eq!(function["source_code_hash"], hash.as_str());
    }
}

/// A graph of one VPC with this name.
fn graph_with(name: &str) -> Graph {
    let mut graph = Graph::default();
    let component = tenantry_resources::Component {
        kind: "Network",
        name: "network".to_owned(),
        tags: Vec::new(),
        protected: false,
    };
    let vpc = tenantry_resources::Vpc { name: name.to_owned(), cidr_block: "10.0.0.0/16".into() };
    let vpc = graph.add(&std::sync::Arc::new(component), "Vpc", vpc);
    graph.output(tenantry_resources::Output {
        name: "Vpc".to_owned(),
        description: String::new(),
        value: Text::from(name.to_owned()).then(vpc.id()),
    });
    graph
}

/// What Terraform makes of a template without sequences; nothing if there is a sequence in it. Written from the language's
/// description: `$${` and `%%{` are `${` and `%{`.
fn unescaped(template: &str) -> Option<String> {
    let (mut text, mut rest) = (String::new(), template);
    while let Some(first) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("$${") {
            text.push_str("${");
            rest = after;
        } else if let Some(after) = rest.strip_prefix("%%{") {
            text.push_str("%{");
            rest = after;
        } else if rest.starts_with("${") || rest.starts_with("%{") {
            return None;
        } else {
            text.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    Some(text)
}

/// Bodies by address.
fn resources(module: &Value) -> BTreeMap<String, Value> {
    let mut resources = BTreeMap::new();
    for (kind, of_kind) in module["resource"].as_object().unwrap() {
        for (label, body) in of_kind.as_object().unwrap() {
            resources.insert(format!("{kind}.{label}"), body.clone());
        }
    }
    resources
}

/// What each resource names, by addresses.
fn needs(module: &Value) -> BTreeMap<String, BTreeSet<String>> {
    let found = resources(module).into_iter().map(|(address, body)| {
        let mut needs = BTreeSet::new();
        named(&body, &mut needs);
        (address, needs)
    });
    found.collect()
}

/// The addresses in a body: in `depends_on`, and in the `${...}` of its strings.
fn named(body: &Value, found: &mut BTreeSet<String>) {
    match body {
        Value::Array(items) => items.iter().for_each(|item| named(item, found)),
        Value::Object(entries) => {
            for (key, value) in entries {
                match value {
                    Value::Array(addresses) if key == "depends_on" => {
                        found.extend(addresses.iter().map(|a| a.as_str().unwrap().to_owned()));
                    }
                    _ => named(value, found),
                }
            }
        }
        Value::String(template) => {
            let template = template.replace("$${", "");
            for sequence in template.split("${").skip(1) {
                let expression = sequence.split('}').next().unwrap();
                if expression.starts_with("aws_") {
                    let (address, _) = expression.rsplit_once('.').unwrap();
                    found.insert(address.to_owned());
                }
            }
        }
        _ => {}
    }
}
