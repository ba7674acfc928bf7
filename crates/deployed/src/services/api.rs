//! API Gateway: REST APIs, their stages, and what answers.
//!
//! The definition is compared by what is there of it: methods, who may call them and what they call, and authorizers. What
//! has been changed and not deployed shows as well; a stage that serves another deployment than its own shows by its id.

mod definition;

use serde_json::{Map, Value, json};

use super::{document, member, project, properties, tags_of, text};
use crate::ask::{Input, ReadError};
use crate::calls::GET_API;
use crate::read::{Properties, Reader};

const TOKEN: (&str, &str) = ("position", "position");
const RESPONSES: &str = "x-amazon-apigateway-gateway-responses";

pub(super) fn read(reader: &mut Reader<'_>) -> Result<(), ReadError> {
    for id in reader.of_kind("AWS::ApiGateway::RestApi") {
        let api = reader.physical(&id).unwrap_or_default();
        let found = one(reader, &id, &api)?;
        reader.note(&id, found);
    }
    for id in reader.of_kind("AWS::ApiGateway::Deployment") {
        let (api, deployment) = (reader.text(&id, "RestApiId"), reader.physical(&id));
        let path = format!("/restapis/{api}/deployments/{}", deployment.unwrap_or_default());
        let found = get(reader, path)?.map(|said| {
            let description = member(&said, "description");
            properties([("Description", description), ("RestApiId", json!(api))])
        });
        reader.note(&id, found);
    }
    stages(reader)?;
    for id in reader.of_kind("AWS::ApiGateway::Account") {
        let found = get(reader, "/account".to_owned())?;
        let found = found
            .map(|said| properties([("CloudWatchRoleArn", member(&said, "cloudwatchRoleArn"))]));
        reader.note(&id, found);
    }
    let path = Input::Path("/restapis?limit=500".to_owned());
    for api in reader.all(&GET_API, "item", TOKEN, &path)? {
        let (id, name) = (text(&api, "id").to_owned(), text(&api, "name"));
        let tags = tags_of(api.get("tags").unwrap_or(&Value::Null));
        if !reader.is_known(&id) && reader.marks.on(name, &tags) {
            let found = properties([("Name", json!(name)), ("Tags", tags)]);
            reader.stranger("AWS::ApiGateway::RestApi", &id, found);
        }
    }
    Ok(())
}

fn get(reader: &Reader<'_>, path: String) -> Result<Option<Value>, ReadError> {
    reader.once(&GET_API, &Input::Path(path))
}

fn one(reader: &mut Reader<'_>, id: &str, api: &str) -> Result<Option<Properties>, ReadError> {
    let Some(said) = get(reader, format!("/restapis/{api}"))? else { return Ok(None) };
    let types = said.pointer("/endpointConfiguration/types").cloned().unwrap_or_default();
    // The text comes with its quotation marks escaped.
    let policy = text(&said, "policy").replace("\\\"", "\"");
    let mut found = properties([
        ("Name", member(&said, "name")),
        ("Description", member(&said, "description")),
        ("EndpointConfiguration", json!({ "Types": types })),
        ("Policy", if policy.is_empty() { Value::Null } else { document(&policy) }),
        ("Tags", tags_of(said.get("tags").unwrap_or(&Value::Null))),
    ]);
    let wanted = reader.wanted(id, "Body").clone();
    if let Value::Object(mut body) = wanted {
        let path = Input::Path(format!("/restapis/{api}/resources?embed=methods&limit=500"));
        let resources = reader.all(&GET_API, "item", TOKEN, &path)?;
        let path = Input::Path(format!("/restapis/{api}/authorizers?limit=500"));
        let authorizers = reader.all(&GET_API, "item", TOKEN, &path)?;
        definition::find(&mut body, &resources, &authorizers);
        if let Some(Value::Object(wanted)) = body.get(RESPONSES).cloned() {
            let path = Input::Path(format!("/restapis/{api}/gatewayresponses?limit=500"));
            let responses = reader.all(&GET_API, "item", TOKEN, &path)?;
            body.insert(RESPONSES.to_owned(), gateway_responses(&wanted, &responses));
        }
        for (part, why) in definition::NOT_COMPARED {
            reader.not_compared(id, part, why);
        }
        found.insert("Body".to_owned(), Value::Object(body));
    }
    Ok(Some(found))
}

fn gateway_responses(wanted: &Map<String, Value>, said: &[Value]) -> Value {
    let found = wanted.iter().filter_map(|(kind, wanted)| {
        let said = said.iter().find(|one| text(one, "responseType") == kind)?;
        Some((kind.clone(), project(said, wanted)))
    });
    Value::Object(found.collect())
}

fn stages(reader: &mut Reader<'_>) -> Result<(), ReadError> {
    for id in reader.of_kind("AWS::ApiGateway::Stage") {
        let (api, name) = (reader.text(&id, "RestApiId"), reader.text(&id, "StageName"));
        let found = get(reader, format!("/restapis/{api}/stages/{name}"))?.map(|said| {
            let log = said.get("accessLogSettings").filter(|log| *log != &json!({}));
            let variables = said.get("variables").filter(|set| *set != &json!({}));
            properties([
                (
                    "AccessLogSetting",
                    log.map_or(Value::Null, |log| {
                        json!({
                            "DestinationArn": member(log, "destinationArn"),
                            "Format": member(log, "format"),
                        })
                    }),
                ),
                ("DeploymentId", member(&said, "deploymentId")),
                ("MethodSettings", method_settings(reader.wanted(&id, "MethodSettings"), &said)),
                ("RestApiId", json!(api)),
                ("StageName", member(&said, "stageName")),
                ("Variables", variables.cloned().unwrap_or_default()),
                ("Tags", tags_of(said.get("tags").unwrap_or(&Value::Null))),
            ])
        });
        reader.note(&id, found);
    }
    Ok(())
}

/// The settings of the methods that the template names, in the members that it has of each.
fn method_settings(wanted: &Value, said: &Value) -> Value {
    let plain = |key: &str| key.replace("~1", "/").trim_start_matches('/').to_owned();
    let said = said.get("methodSettings").and_then(Value::as_object).cloned().unwrap_or_default();
    let all: Map<String, Value> = said.into_iter().map(|(key, set)| (plain(&key), set)).collect();
    let camel = |name: &str| {
        let mut letters = name.chars();
        letters
            .next()
            .map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
    };
    let found = wanted.as_array().into_iter().flatten().filter_map(|wanted| {
        let (path, verb) = (text(wanted, "ResourcePath"), text(wanted, "HttpMethod"));
        let key = if path == "/*" { format!("*/{verb}") } else { plain(&format!("{path}/{verb}")) };
        let set = all.get(&key)?;
        let members = wanted.as_object()?.iter().filter_map(|(name, value)| match name.as_str() {
            "ResourcePath" | "HttpMethod" => Some((name.clone(), value.clone())),
            name => Some((name.to_owned(), set.get(camel(name))?.clone())),
        });
        Some(Value::Object(members.collect()))
    });
    found.collect()
}
