use tenantry_resources::{Resource, Tree};

use crate::platforms::{build, graph, of_kind, platform, resource, shown};

#[test]
fn the_body_of_one_tenants_api() {
    let graph = graph(&["tenant-001"]);
    let body = shown(&resource!(&graph, "Api", RestApi).body.to_json_text());
    let body: serde_json::Value = serde_json::from_str(&body).unwrap();
    insta::assert_json_snapshot!(body);
}

#[test]
fn every_route_is_behind_the_authorizer_and_lands_in_its_tenants_function() {
    let graph = graph(&["tenant-1", "tenant-10", "tenant-100"]);
    let body = shown(&resource!(&graph, "Api", RestApi).body.to_json_text());
    let body: serde_json::Value = serde_json::from_str(&body).unwrap();
    let paths = body["paths"].as_object().unwrap();
    assert_eq!(paths.len(), 13);
    for (path, operations) in paths.iter().filter(|(path, _)| *path != "/{proxy+}") {
        let slug = path.split('/').nth(2).unwrap().strip_prefix("tenant-").unwrap();
        for (method, operation) in operations.as_object().unwrap() {
            assert_eq!(
                operation["security"],
                serde_json::json!([{"tenant": []}]),
                "{method} {path}"
            );
            let uri = operation["x-amazon-apigateway-integration"]["uri"].as_str().unwrap();
            assert!(uri.contains(&format!("{{Tenant{slug}Function.Arn}}")), "{path}: {uri}");
        }
    }
}

/// What API Gateway says by itself of a path or a verb would tell which tenants there are.
#[test]
fn what_no_tenant_has_is_behind_the_authorizer_too_and_lands_nowhere() {
    for ids in [&["tenant-1"] as &[&str], &["tenant-1", "tenant-10", "tenant-100"]] {
        let graph = graph(ids);
        let body = shown(&resource!(&graph, "Api", RestApi).body.to_json_text());
        let body: serde_json::Value = serde_json::from_str(&body).unwrap();
        let operations = body["paths"]["/{proxy+}"].as_object().unwrap();
        let verbs: Vec<&String> = operations.keys().collect();
        assert_eq!(verbs, ["delete", "get", "head", "options", "patch", "post", "put"]);
        for (verb, operation) in operations {
            assert_eq!(operation["security"], serde_json::json!([{"tenant": []}]), "{verb}");
            let integration = &operation["x-amazon-apigateway-integration"];
            assert_eq!(integration["type"], "mock", "{verb}");
            assert_eq!(integration["uri"], serde_json::Value::Null, "{verb}");
        }
        let responses = &body["x-amazon-apigateway-gateway-responses"];
        assert_eq!(responses["MISSING_AUTHENTICATION_TOKEN"], responses["UNAUTHORIZED"]);
    }
}

#[test]
fn a_function_is_called_from_its_tenants_routes_alone() {
    let graph = graph(&["tenant-1", "tenant-10"]);
    let sources: Vec<String> = of_kind(&graph, "Permission")
        .filter_map(|node| match &node.resource {
            Resource::Permission(permission) => Some(format!(
                "{} {}",
                permission.function.logical_id(),
                shown(&permission.source_arn)
            )),
            _ => None,
        })
        .collect();
    assert_eq!(
        sources,
        [
            "Tenant1Function arn:aws:execute-api:us-east-1:111122223333:{Api}/prod/*/tenants/tenant-1/*",
            "Tenant10Function arn:aws:execute-api:us-east-1:111122223333:{Api}/prod/*/tenants/tenant-10/*",
            "Authorizer arn:aws:execute-api:us-east-1:111122223333:{Api}/authorizers/*",
        ]
    );
}

#[test]
fn the_stage_throttles_each_method_of_each_tenant_by_its_tier() {
    let mut platform = platform(&["tenant-001", "tenant-002"]);
    platform.cells[0].tenants[1].tier.requests_per_second = 7;
    platform.cells[0].tenants[1].tier.burst = 9;
    let graph = build(&platform, &platform.cells[0]);
    let stage = resource!(&graph, "ApiStage", Stage);
    let [fallback, settings @ ..] = &stage.method_settings[..] else { panic!("a setting for all") };
    assert_eq!((fallback.path.as_str(), fallback.method), ("/*", "*"));
    assert_eq!((fallback.rate_limit, fallback.burst_limit), (50, 100));
    assert_eq!(settings.len(), 18);
    for setting in settings {
        let second = setting.path.starts_with("/tenants/tenant-002/");
        let expected = if second { (7, 9) } else { (50, 100) };
        assert_eq!((setting.rate_limit, setting.burst_limit), expected, "{}", setting.path);
    }
}

#[test]
fn another_body_is_another_deployment() {
    let id =
        |ids: &[&str]| of_kind(&graph(ids), "Deployment").next().unwrap().id.as_str().to_owned();
    assert_eq!(id(&["tenant-001"]), id(&["tenant-001"]));
    assert_ne!(id(&["tenant-001"]), id(&["tenant-002"]));
}

#[test]
fn the_first_cell_alone_sets_the_accounts_log_role() {
    let ids: Vec<String> = (1..=21).map(|number| format!("tenant-{number:03}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let platform = platform(&ids);
    let accounts = platform
        .cells
        .iter()
        .map(|cell| of_kind(&build(&platform, cell), "Account").count())
        .collect::<Vec<_>>();
    assert_eq!(accounts, [1, 0]);
}

#[test]
fn a_deployment_tells_each_tenants_endpoint_subnets_tables_and_log() {
    let graph = graph(&["tenant-001"]);
    let outputs: Vec<String> = graph
        .outputs()
        .iter()
        .map(|output| format!("{}: {}", output.name, shown(&output.value)))
        .collect();
    insta::assert_snapshot!(outputs.join("\n"));
}

#[test]
fn the_access_log_has_neither_tokens_nor_addresses_beyond_the_path() {
    let graph = graph(&["tenant-001"]);
    let Tree::Map(fields) = &resource!(&graph, "ApiStage", Stage).access_log.format else {
        panic!("the format is an object");
    };
    let names: Vec<&str> = fields.iter().map(|(name, _)| name.as_ref()).collect();
    assert!(!names.iter().any(|name| name.to_lowercase().contains("token")));
    assert!(names.contains(&"tenantId"));
}
