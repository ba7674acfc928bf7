//! REST APIs and stages.
//!
//! The emulator makes an API from its OpenAPI definition and skips what integrations answer by themselves, which is set
//! afterwards: a mock integration would answer 200. It also skips the gateway responses. As resources of the stack
//! it makes them, and in time: what a stage answers with is what was there when its deployment was made.

use super::resolve::Resource;
use super::{Kind, Properties};
use crate::client::{Client, ClientError};
use serde_json::{Map, Value, json};

const RESPONSES: &str = "x-amazon-apigateway-gateway-responses";

pub(super) const REST_API: Kind = Kind {
    name: "AWS::ApiGateway::RestApi",
    read: read_api,
    write: &[("EndpointConfiguration", place), (ANSWERS, answer)],
    maker: None,
};

pub(super) const STAGE: Kind = Kind {
    name: "AWS::ApiGateway::Stage",
    read: read_stage,
    write: &[("AccessLogSetting", log)],
    maker: None,
};

/// Makes the gateway responses of every API's definition resources of their own, before the API's deployments.
pub(crate) fn split_off_gateway_responses(template: &mut Value) {
    let Some(resources) = template.get_mut("Resources").and_then(Value::as_object_mut) else {
        return;
    };
    let is = |body: &Value, kind: &str| body.get("Type").and_then(Value::as_str) == Some(kind);
    let mut split = Vec::new();
    for (id, body) in resources.iter_mut().filter(|(_, body)| is(body, REST_API.name)) {
        let definition = body.pointer_mut("/Properties/Body").and_then(Value::as_object_mut);
        let responses = definition.and_then(|definition| definition.remove(RESPONSES));
        let Some(Value::Object(responses)) = responses else { continue };
        let made = responses.into_iter().map(|(kind, response)| {
            let mut properties = json!({ "RestApiId": { "Ref": id }, "ResponseType": kind });
            let members = [
                ("statusCode", "StatusCode"),
                ("responseParameters", "ResponseParameters"),
                ("responseTemplates", "ResponseTemplates"),
            ];
            for (member, property) in members {
                if let (Some(properties), Some(value)) =
                    (properties.as_object_mut(), response.get(member))
                {
                    properties.insert(property.to_owned(), value.clone());
                }
            }
            let name = format!("{id}Response{}", kind.replace('_', ""));
            (name, json!({ "Type": "AWS::ApiGateway::GatewayResponse", "Properties": properties }))
        });
        split.push((id.clone(), made.collect::<Vec<_>>()));
    }
    for (api, responses) in split {
        let names: Vec<String> = responses.iter().map(|(name, _)| name.clone()).collect();
        let deployments = resources.values_mut().filter(|body| {
            is(body, "AWS::ApiGateway::Deployment")
                && body.pointer("/Properties/RestApiId/Ref").and_then(Value::as_str) == Some(&api)
        });
        for deployment in deployments.filter_map(Value::as_object_mut) {
            let mut after = match deployment.remove("DependsOn") {
                Some(Value::Array(ids)) => ids,
                Some(id) => vec![id],
                None => Vec::new(),
            };
            after.extend(names.iter().map(|name| json!(name)));
            deployment.insert("DependsOn".to_owned(), Value::Array(after));
        }
        resources.extend(responses);
    }
}

/// What the emulator takes of an integration in a definition.
const TAKEN: [&str; 3] = ["type", "httpMethod", "uri"];
const INTEGRATION: &str = "x-amazon-apigateway-integration";

/// Splits an API's definition into properties of its own: its members, and apart what the emulator treats otherwise than the
/// rest: of the paths' operations parameters, responses, and what it does not take of an integration; of the components all
/// but the security schemes.
pub(super) fn split_body(properties: &mut Map<String, Value>) {
    if !properties.get("Body").is_some_and(Value::is_object) {
        return;
    }
    let Some(Value::Object(mut definition)) = properties.remove("Body") else { return };
    let mut apart: Map<String, Value> = Map::new();
    let paths = definition.get_mut("paths").and_then(Value::as_object_mut);
    for (path, operations) in paths.into_iter().flatten() {
        for (verb, operation) in operations.as_object_mut().into_iter().flatten() {
            for (part, value) in split_operation(operation) {
                let all = apart.entry(format!("Body.paths.*.{part}")).or_insert_with(|| json!({}));
                if let Some(all) = all.as_object_mut() {
                    all.insert(format!("{verb} {path}"), value);
                }
            }
        }
    }
    if let Some(components) = definition.get_mut("components").and_then(Value::as_object_mut) {
        let (schemes, others) =
            std::mem::take(components).into_iter().partition(|(name, _)| name == "securitySchemes");
        *components = schemes;
        let others: Map<String, Value> = others;
        apart
            .extend(others.into_iter().map(|(name, all)| (format!("Body.components.{name}"), all)));
    }
    properties.extend(definition.into_iter().map(|(name, value)| (format!("Body.{name}"), value)));
    properties.extend(apart);
}

/// Takes out of an operation what has to be looked at apart.
fn split_operation(operation: &mut Value) -> Vec<(String, Value)> {
    let Some(operation) = operation.as_object_mut() else { return Vec::new() };
    let mut apart = Vec::new();
    for part in ["parameters", "responses"] {
        apart.extend(operation.remove(part).map(|value| (part.to_owned(), value)));
    }
    if let Some(integration) = operation.get_mut(INTEGRATION).and_then(Value::as_object_mut) {
        let (taken, other) = std::mem::take(integration)
            .into_iter()
            .partition::<Map<_, _>, _>(|(name, _)| TAKEN.contains(&name.as_str()));
        *integration = taken;
        apart.extend(
            other.into_iter().map(|(name, value)| (format!("{INTEGRATION}.{name}"), value)),
        );
    }
    apart
}

/// What integrations answer by themselves: `{verb} {path}`, and the response for whatever status the integration has.
const ANSWERS: &str = "Body.paths.*.x-amazon-apigateway-integration.responses";

/// What such an integration makes of a request, by content type.
const TEMPLATES: &str = "Body.paths.*.x-amazon-apigateway-integration.requestTemplates";

/// The operations of which the definition has this member, with where their integrations are, and the member.
fn integrations(
    client: &Client,
    api: &Resource,
    member: &str,
) -> Result<Vec<(String, String, Value)>, ClientError> {
    let Some(wanted) = api.properties.get(member).and_then(Value::as_object) else {
        return Ok(Vec::new());
    };
    let path = format!("/restapis/{}/resources", api.physical_id);
    let said = client.rest("apigateway", "GET", &format!("{path}?limit=500"), None)?;
    let all = said.get("item").and_then(Value::as_array).cloned().unwrap_or_default();
    let text = |one: &Value, name: &str| one.get(name).and_then(Value::as_str).map(str::to_owned);
    let found = wanted.iter().filter_map(|(operation, value)| {
        let (verb, of) = operation.split_once(' ')?;
        let resource = all.iter().find(|one| text(one, "path").as_deref() == Some(of))?;
        let (id, verb) = (text(resource, "id")?, verb.to_uppercase());
        let place = format!("{path}/{id}/methods/{verb}/integration");
        Some((operation.clone(), place, value.clone()))
    });
    Ok(found.collect())
}

/// The operations whose integrations answer by themselves: where their responses are, and the response.
fn answers(client: &Client, api: &Resource) -> Result<Vec<(String, String, Value)>, ClientError> {
    let found = integrations(client, api, ANSWERS)?.into_iter();
    let found = found.filter_map(|(operation, place, responses)| {
        let response = responses.get("default")?.clone();
        let status = response.get("statusCode")?.as_str()?.to_owned();
        Some((operation, format!("{place}/responses/{status}"), response))
    });
    Ok(found.collect())
}

fn read_templates(client: &Client, api: &Resource) -> Result<Value, ClientError> {
    let mut found = Map::new();
    for (operation, place, _) in integrations(client, api, TEMPLATES)? {
        let said = client.rest("apigateway", "GET", &place, None)?;
        found.insert(operation, said.get("requestTemplates").cloned().unwrap_or(Value::Null));
    }
    Ok(Value::Object(found))
}

fn read_answers(client: &Client, api: &Resource) -> Result<Value, ClientError> {
    let mut found = Map::new();
    for (operation, place, wanted) in answers(client, api)? {
        let said = match client.rest("apigateway", "GET", &place, None) {
            Err(ClientError::Refused { status: 404, .. }) => Value::Null,
            said => said?,
        };
        let members = wanted.as_object().into_iter().flatten();
        let members =
            members.map(|(name, _)| (name.clone(), said.get(name).cloned().unwrap_or(Value::Null)));
        found.insert(operation, json!({ "default": Value::Object(members.collect()) }));
    }
    Ok(Value::Object(found))
}

fn answer(client: &Client, api: &Resource) -> Result<(), ClientError> {
    for (_, place, response) in answers(client, api)? {
        client.rest("apigateway", "PUT", &place, Some(&response))?;
    }
    Ok(())
}

fn read_api(client: &Client, api: &Resource) -> Result<Properties, ClientError> {
    let path = format!("/restapis/{}", api.physical_id);
    let said = client.rest("apigateway", "GET", &path, None)?;
    let types = said.pointer("/endpointConfiguration/types").cloned().unwrap_or(Value::Null);
    let mut found =
        Properties::from_iter([("EndpointConfiguration".to_owned(), json!({ "Types": types }))]);
    let name = format!("Body.{RESPONSES}");
    if let Some(wanted) = api.properties.get(&name).and_then(Value::as_object) {
        let said = client.rest("apigateway", "GET", &format!("{path}/gatewayresponses"), None)?;
        found.insert(name, responses(wanted, &said));
    }
    if api.properties.contains_key(ANSWERS) {
        found.insert(ANSWERS.to_owned(), read_answers(client, api)?);
    }
    if api.properties.contains_key(TEMPLATES) {
        found.insert(TEMPLATES.to_owned(), read_templates(client, api)?);
    }
    Ok(found)
}

/// The responses of these types as the service has them, in the members that the definition has of each.
fn responses(wanted: &Map<String, Value>, said: &Value) -> Value {
    let all = said.get("item").and_then(Value::as_array).cloned().unwrap_or_default();
    let of = |kind: &str| {
        all.iter().find(|one| one.get("responseType").and_then(Value::as_str) == Some(kind))
    };
    let found = wanted.iter().map(|(kind, wanted)| {
        let members = wanted.as_object().into_iter().flatten().map(|(member, _)| {
            let value = of(kind).and_then(|said| said.get(member));
            (member.clone(), value.cloned().unwrap_or(Value::Null))
        });
        (kind.clone(), Value::Object(members.collect()))
    });
    Value::Object(found.collect())
}

/// As the emulator takes it: AWS names the old type in the path and the new one as a text.
fn place(client: &Client, api: &Resource) -> Result<(), ClientError> {
    let types = api.property("EndpointConfiguration").get("Types");
    let operations = json!({ "patchOperations": [
        { "op": "replace", "path": "/endpointConfiguration/types", "value": types },
    ] });
    let path = format!("/restapis/{}", api.physical_id);
    client.rest("apigateway", "PATCH", &path, Some(&operations)).map(drop)
}

fn stage_path(stage: &Resource) -> String {
    format!("/restapis/{}/stages/{}", stage.text("RestApiId"), stage.physical_id)
}

fn read_stage(client: &Client, stage: &Resource) -> Result<Properties, ClientError> {
    let said = client.rest("apigateway", "GET", &stage_path(stage), None)?;
    let log = said.get("accessLogSettings");
    let of = |member: &str| log.and_then(|log| log.get(member)).cloned().unwrap_or(Value::Null);
    let log = json!({ "DestinationArn": of("destinationArn"), "Format": of("format") });
    Ok(Properties::from_iter([("AccessLogSetting".to_owned(), log)]))
}

fn log(client: &Client, stage: &Resource) -> Result<(), ClientError> {
    let wanted = stage.property("AccessLogSetting");
    let operation = |member: &str, value: Option<&Value>| json!({ "op": "replace", "path": format!("/accessLogSettings/{member}"), "value": value });
    let operations = json!({ "patchOperations": [
        operation("destinationArn", wanted.get("DestinationArn")),
        operation("format", wanted.get("Format")),
    ] });
    client.rest("apigateway", "PATCH", &stage_path(stage), Some(&operations)).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn api() -> Value {
        json!({ "Resources": {
            "Api": { "Type": "AWS::ApiGateway::RestApi", "Properties": { "Body": {
                "paths": { "/a": { "get": { "parameters": [1], "responses": { "default": {} }, "security": [2],
                    INTEGRATION: { "type": "mock", "passthroughBehavior": "never" } } } },
                "components": { "schemas": { "User": { "type": "object" } }, "securitySchemes": { "tenant": {} } },
                RESPONSES: {
                    "ACCESS_DENIED": { "statusCode": "403", "responseTemplates": { "application/json": "{}" } },
                    "DEFAULT_5XX": { "responseParameters": { "a": "b" } },
                },
            } } },
            "Deployment": { "Type": "AWS::ApiGateway::Deployment", "DependsOn": "Other",
                "Properties": { "RestApiId": { "Ref": "Api" } } },
            "OfAnother": { "Type": "AWS::ApiGateway::Deployment", "Properties": { "RestApiId": { "Ref": "B" } } },
        } })
    }

    #[test]
    fn gateway_responses_become_resources_that_stand_before_the_apis_deployment() {
        let mut template = api();
        split_off_gateway_responses(&mut template);
        insta::assert_json_snapshot!(template);
        let once = template.clone();
        split_off_gateway_responses(&mut template);
        assert_eq!(template, once);
    }

    #[test]
    fn a_definition_is_accounted_for_member_by_member() {
        let template = api();
        let properties = template.pointer("/Resources/Api/Properties").unwrap();
        let mut properties = properties.as_object().unwrap().clone();
        split_body(&mut properties);
        insta::assert_json_snapshot!(properties);
    }

    #[test]
    fn a_response_that_the_service_has_otherwise_differs() {
        let wanted = json!({ "THROTTLED": { "statusCode": "429", "responseParameters": {} } });
        let said = json!({ "item": [{ "responseType": "THROTTLED", "statusCode": "503", "responseTemplates": {} }] });
        assert_eq!(
            responses(wanted.as_object().unwrap(), &said),
            json!({ "THROTTLED": { "statusCode": "503", "responseParameters": null } })
        );
    }
}
