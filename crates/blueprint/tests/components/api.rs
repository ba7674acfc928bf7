use tenantry_config::{AccountLogRole, Platform};
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

/// A status code of a method response matches `[1-5]\d\d`, and a warning ends the import.
/// <https://docs.aws.amazon.com/apigateway/latest/api/API_PutMethodResponse.html>
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-import-api-errors-warnings.html>
#[test]
fn every_method_names_its_answers_by_status_and_success_is_among_them() {
    for (place, operation) in operations(&document(&["tenant-001"])) {
        let responses = operation["responses"].as_object().unwrap();
        assert!(responses.keys().any(|status| status.starts_with('2')), "{place}");
        assert!(responses.keys().any(|status| status.starts_with('4')), "{place}");
        for (status, response) in responses {
            let number: u16 = status.parse().unwrap();
            assert!((100..600).contains(&number), "{place}: {status}");
            assert_ne!(response["description"], "", "{place}: {status}");
            if status.starts_with('4') {
                let schema = &response["content"]["application/problem+json"]["schema"];
                assert_eq!(schema["$ref"], "#/components/schemas/Problem", "{place}: {status}");
            }
        }
    }
}

/// What API Gateway's models leave out, a reference to what is no schema, and a schema in a method
/// response that is not an object would each be a warning.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html#api-gateway-known-issues-rest-apis>
#[test]
fn the_document_keeps_to_what_api_gateway_takes_of_openapi() {
    const LEFT_OUT: [&str; 10] = [
        "additionalProperties",
        "anyOf",
        "deprecated",
        "discriminator",
        "example",
        "exclusiveMinimum",
        "format",
        "nullable",
        "oneOf",
        "readOnly",
    ];
    let document = document(&["tenant-001", "tenant-002"]);
    let schemas = document["components"]["schemas"].as_object().unwrap();
    for (name, schema) in schemas {
        assert!(name.chars().all(|character| character.is_ascii_alphanumeric()), "{name}");
        assert_eq!(schema["type"], "object", "{name}");
    }
    let mut referred = std::collections::BTreeSet::new();
    each_entry(&document, &mut |key, value| {
        assert!(!LEFT_OUT.contains(&key), "{key}");
        if key == "$ref" {
            let name = value.as_str().unwrap().strip_prefix("#/components/schemas/").unwrap();
            referred.insert(name.to_owned());
        }
    });
    assert_eq!(referred, schemas.keys().cloned().collect());
}

/// The functions' contract, `functions/node/README.md`, has a row a method: its successes are the
/// document's.
#[test]
fn the_document_has_the_answers_of_the_functions_contract() {
    let contract = include_str!("../../../../functions/node/README.md");
    let mut rows = 0;
    for (place, operation) in operations(&document(&["tenant-001"])) {
        let (method, path) = place.split_once(' ').unwrap();
        let path = path.strip_prefix("/tenants/tenant-001").unwrap();
        let row = contract
            .lines()
            .filter(|line| line.starts_with("| `"))
            .find(|line| {
                let request = line.split('`').nth(1).unwrap();
                let request = request.split('?').next().unwrap();
                request == format!("{} {path}", method.to_uppercase())
            })
            .unwrap_or_else(|| panic!("{place} is not in the contract"));
        let told = row.split('|').nth(2).unwrap();
        let mut expected: Vec<&str> = told
            .split(|character: char| !character.is_ascii_digit())
            .filter(|word| word.len() == 3)
            .collect();
        expected.sort_unstable();
        let responses = operation["responses"].as_object().unwrap();
        let answers: Vec<&str> =
            responses.keys().map(String::as_str).filter(|status| *status < "400").collect();
        assert_eq!(answers, expected, "{place}");
        for header in ["ETag", "Location"] {
            let has = responses.values().any(|response| !response["headers"][header].is_null());
            assert_eq!(has, told.contains(header), "{place}: {header}");
        }
        rows += 1;
    }
    assert_eq!(rows, 9);
}

/// A gateway response's template is no Velocity: a variable stands for itself, and `$context.status`
/// is none that gateway responses have.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-gateway-responses.responseTemplates.html>
#[test]
fn a_gateway_response_says_the_status_that_it_has_in_so_many_digits() {
    let document = document(&["tenant-001"]);
    let responses = document["x-amazon-apigateway-gateway-responses"].as_object().unwrap();
    for (kind, response) in responses {
        let template = response["responseTemplates"]["application/json"].as_str().unwrap();
        let problem: serde_json::Value = serde_json::from_str(template).unwrap();
        let status = problem.get("status").map(ToString::to_string);
        assert_eq!(response.get("statusCode").and_then(|it| it.as_str()), status.as_deref());
        assert_eq!(status.is_none(), kind.starts_with("DEFAULT_"), "{kind}");
        assert_eq!(template.matches('$').count(), 1, "{kind}");
        assert_eq!(problem["requestId"], "$context.requestId", "{kind}");
    }
    // All types that the page gives the status of a server's error.
    for (kind, status) in [
        ("API_CONFIGURATION_ERROR", "500"),
        ("AUTHORIZER_CONFIGURATION_ERROR", "500"),
        ("AUTHORIZER_FAILURE", "500"),
        ("INTEGRATION_FAILURE", "504"),
        ("INTEGRATION_TIMEOUT", "504"),
    ] {
        assert_eq!(responses[kind]["statusCode"], status, "{kind}");
    }
}

fn document(ids: &[&str]) -> serde_json::Value {
    let body = shown(&resource!(&graph(ids), "Api", RestApi).body.to_json_text());
    serde_json::from_str(&body).unwrap()
}

/// The operations of tenants' routes, each with its method and path.
fn operations(document: &serde_json::Value) -> Vec<(String, &serde_json::Value)> {
    let mut operations = Vec::new();
    let paths = document["paths"].as_object().unwrap().iter();
    for (path, methods) in paths.filter(|(path, _)| path.starts_with("/tenants/")) {
        for (method, operation) in methods.as_object().unwrap() {
            operations.push((format!("{method} {path}"), operation));
        }
    }
    operations
}

fn each_entry(value: &serde_json::Value, look: &mut impl FnMut(&str, &serde_json::Value)) {
    match value {
        serde_json::Value::Array(items) => items.iter().for_each(|item| each_entry(item, look)),
        serde_json::Value::Object(entries) => {
            for (key, value) in entries {
                look(key, value);
                each_entry(value, look);
            }
        }
        _ => {}
    }
}

/// A region has one such role: <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html>
#[test]
fn an_account_that_has_a_role_for_access_logs_keeps_it() {
    let mut platform = platform(&["tenant-001"]);
    let accounts =
        |platform: &Platform| of_kind(&build(platform, &platform.cells[0]), "Account").count();
    assert_eq!(accounts(&platform), 1);
    platform.options.account_log_role = AccountLogRole::Keep;
    assert_eq!(accounts(&platform), 0);
    let graph = build(&platform, &platform.cells[0]);
    assert!(!graph.nodes().iter().any(|node| node.id.as_str() == "ApiLogRole"));
}

/// Behind the authorizer, so that a stranger cannot tell that it is suspended.
#[test]
fn a_suspended_tenants_routes_answer_403_by_themselves_and_nobody_elses_change() {
    let mut platform = platform(&["tenant-1", "tenant-10"]);
    let body_of = |platform: &Platform| {
        let graph = build(platform, &platform.cells[0]);
        let body = shown(&resource!(&graph, "Api", RestApi).body.to_json_text());
        serde_json::from_str::<serde_json::Value>(&body).unwrap()
    };
    let before = body_of(&platform);
    platform.cells[0].tenants[0].suspended = true;
    let after = body_of(&platform);
    let paths = after["paths"].as_object().unwrap();
    for (path, operations) in paths {
        if !path.starts_with("/tenants/tenant-1/") {
            assert_eq!(operations, &before["paths"][path], "{path}");
            continue;
        }
        for (method, operation) in operations.as_object().unwrap() {
            assert_eq!(operation["security"], before["paths"][path][method]["security"]);
            assert_eq!(operation["parameters"], before["paths"][path][method]["parameters"]);
        }
    }
    insta::assert_json_snapshot!(paths["/tenants/tenant-1/users/{userId}"]["patch"]);
}
