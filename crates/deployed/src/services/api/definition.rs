//! An API's definition (OpenAPI 3.0 with API Gateway's extensions) with what is there in it.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html>

use serde_json::{Map, Value, json};

use super::{member, text};

const INTEGRATION: &str = "x-amazon-apigateway-integration";
const AUTHORIZER: &str = "x-amazon-apigateway-authorizer";
const ANY: &str = "x-amazon-apigateway-any-method";

const NO_BARRIER: &str = "it lets nobody in and nothing through";

/// Parts of a definition of which nothing is asked.
pub(super) const NOT_COMPARED: [(&str, &str); 4] = [
    ("Body/paths/*/parameters", NO_BARRIER),
    ("Body/paths/*/responses", NO_BARRIER),
    ("Body/paths/*/x-amazon-apigateway-integration (templates, responses)", NO_BARRIER),
    ("Body/components/schemas", NO_BARRIER),
];

/// Puts methods and authorizers as they are into a definition as it is wanted.
pub(super) fn find(body: &mut Map<String, Value>, resources: &[Value], authorizers: &[Value]) {
    let wanted = body.get("paths").and_then(Value::as_object).cloned().unwrap_or_default();
    let none = Map::new();
    let mut paths = Map::new();
    for resource in resources {
        let path = text(resource, "path");
        let before = wanted.get(path).and_then(Value::as_object).unwrap_or(&none);
        let methods = resource.get("resourceMethods").and_then(Value::as_object);
        let mut operations = Map::new();
        // What belongs to the path itself.
        operations.extend(
            before
                .iter()
                .filter(|(name, _)| !is_verb(name))
                .map(|(name, value)| (name.clone(), value.clone())),
        );
        for (verb, method) in methods.into_iter().flatten() {
            let verb = if verb == "ANY" { ANY.to_owned() } else { verb.to_ascii_lowercase() };
            let before = before.get(&verb).cloned().unwrap_or_else(|| json!({ "responses": {} }));
            operations.insert(verb, operation(before, method, authorizers));
        }
        if !operations.is_empty() || wanted.contains_key(path) {
            paths.insert(path.to_owned(), Value::Object(operations));
        }
    }
    body.insert("paths".to_owned(), Value::Object(paths));
    schemes(body, authorizers);
}

fn is_verb(name: &str) -> bool {
    name == ANY
        || ["get", "put", "post", "delete", "options", "head", "patch", "trace"].contains(&name)
}

fn operation(mut operation: Value, method: &Value, authorizers: &[Value]) -> Value {
    let Some(members) = operation.as_object_mut() else { return operation };
    let security = match text(method, "authorizationType") {
        "NONE" | "" => json!([]),
        "AWS_IAM" => json!([{ "sigv4": [] }]),
        _ => {
            let id = text(method, "authorizerId");
            let authorizer = authorizers.iter().find(|one| text(one, "id") == id);
            let scopes = method.get("authorizationScopes").cloned().unwrap_or_else(|| json!([]));
            let mut by = Map::new();
            by.insert(authorizer.map_or(id, |one| text(one, "name")).to_owned(), scopes);
            json!([by])
        }
    };
    if members.contains_key("security") || security != json!([]) {
        members.insert("security".to_owned(), security);
    }
    let said = method.get("methodIntegration");
    let Some(said) = said else {
        members.remove(INTEGRATION);
        return operation;
    };
    let integration = members.entry(INTEGRATION).or_insert_with(|| json!({}));
    if let Some(integration) = integration.as_object_mut() {
        for name in ["uri", "credentials", "httpMethod", "connectionId"] {
            match said.get(name).filter(|value| *value != "") {
                Some(value) => drop(integration.insert(name.to_owned(), value.clone())),
                None => drop(integration.remove(name)),
            }
        }
        integration.insert("type".to_owned(), json!(text(said, "type").to_ascii_lowercase()));
    }
    operation
}

fn schemes(body: &mut Map<String, Value>, authorizers: &[Value]) {
    let components = body.entry("components").or_insert_with(|| json!({}));
    let Some(components) = components.as_object_mut() else { return };
    let wanted = components.get("securitySchemes").and_then(Value::as_object).cloned();
    let wanted = wanted.unwrap_or_default();
    let mut schemes: Map<String, Value> = wanted
        .iter()
        .filter(|(_, scheme)| scheme.get(AUTHORIZER).is_none())
        .map(|(name, scheme)| (name.clone(), scheme.clone()))
        .collect();
    for said in authorizers {
        let name = text(said, "name");
        let mut scheme = wanted.get(name).cloned().unwrap_or_else(|| {
            json!({
                "type": "apiKey", "in": "header", "name": "Authorization",
                "x-amazon-apigateway-authtype": member(said, "authType"),
                AUTHORIZER: {},
            })
        });
        if let Some(authorizer) = scheme.get_mut(AUTHORIZER).and_then(Value::as_object_mut) {
            let is_new = authorizer.is_empty();
            for name in [
                "authorizerUri",
                "authorizerCredentials",
                "authorizerResultTtlInSeconds",
                "identityValidationExpression",
                "providerARNs",
                "identitySource",
            ] {
                // A token's source stands in the scheme itself.
                if name == "identitySource" && !is_new && !authorizer.contains_key(name) {
                    continue;
                }
                let empty = |value: &&Value| **value != "" && **value != json!([]);
                match said.get(name).filter(empty) {
                    Some(value) => drop(authorizer.insert(name.to_owned(), value.clone())),
                    None => drop(authorizer.remove(name)),
                }
            }
            authorizer.insert("type".to_owned(), json!(text(said, "type").to_ascii_lowercase()));
        }
        schemes.insert(name.to_owned(), scheme);
    }
    if !schemes.is_empty() || components.contains_key("securitySchemes") {
        components.insert("securitySchemes".to_owned(), Value::Object(schemes));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_that_lost_its_authorizer_and_one_that_came_show_in_the_definition() {
        let mut body = json!({
            "paths": { "/a": { "get": {
                "security": [{ "tenant": [] }], "responses": { "200": {} },
                INTEGRATION: { "type": "aws_proxy", "httpMethod": "POST", "uri": "arn:one", "passthroughBehavior": "never" },
            } }, "/gone": { "get": {} } },
            "components": { "schemas": {}, "securitySchemes": { "tenant": {
                "type": "apiKey", AUTHORIZER: { "type": "token", "authorizerUri": "arn:auth", "authorizerResultTtlInSeconds": 300 },
            } } },
        });
        let method = |kind: &str, uri: &str| {
            json!({ "authorizationType": kind, "authorizerId": "i",
                "methodIntegration": { "type": "AWS_PROXY", "httpMethod": "POST", "uri": uri } })
        };
        let resources = [
            json!({ "path": "/" }),
            json!({ "path": "/a", "resourceMethods": { "GET": method("NONE", "arn:two"), "ANY": method("CUSTOM", "arn:one") } }),
        ];
        let authorizers = [
            json!({ "id": "i", "name": "tenant", "type": "TOKEN", "authorizerUri": "arn:auth",
            "identitySource": "method.request.header.Authorization", "authorizerResultTtlInSeconds": 3600 }),
        ];
        find(body.as_object_mut().unwrap(), &resources, &authorizers);
        insta::assert_json_snapshot!(body);
    }
}
