//! Calls of an API with one tenant's token, one path and method at a time.

use serde_json::Value;

use super::resolve::Resource;

/// One method of one path of a REST API, with what stands before it and where it leads.
#[derive(Clone, Debug, PartialEq)]
pub struct Route {
    pub api: String,
    /// The stage by which it is reached.
    pub stage: String,
    pub method: String,
    pub path: String,
    /// The function that decides, by logical id; `None`: nobody is asked.
    pub authorizer: Option<String>,
    /// Whether the tenant of a token decides; else another caller's decision may be reused.
    pub by_token: bool,
    /// The scheme as it is written.
    pub scheme: Option<Value>,
    /// The function that answers, by logical id.
    pub lands: Option<String>,
}

/// The routes of every API whose body is in the template, by each of its stages.
pub fn routes(resources: &[Resource]) -> Vec<Route> {
    let mut found = Vec::new();
    for api in resources.iter().filter(|each| each.kind == "AWS::ApiGateway::RestApi") {
        let body = &api.properties["Body"];
        let stages = resources.iter().filter(|each| {
            each.kind == "AWS::ApiGateway::Stage" && each.properties["RestApiId"] == *api.reference
        });
        let stages: Vec<&str> = stages
            .map(|stage| stage.properties["StageName"].as_str().unwrap_or_default())
            .collect();
        let paths = body["paths"].as_object().into_iter().flatten();
        for (stage, (path, methods)) in
            paths.flat_map(|path| stages.iter().map(move |stage| (*stage, path)))
        {
            for (method, operation) in methods.as_object().into_iter().flatten() {
                let security = match &operation["security"] {
                    Value::Null => &body["security"],
                    own => own,
                };
                let scheme = security[0].as_object().and_then(|first| first.keys().next());
                let scheme = scheme.map(|name| &body["components"]["securitySchemes"][name]);
                let guard = scheme.map(|scheme| &scheme["x-amazon-apigateway-authorizer"]);
                let decides = guard.and_then(|guard| guard["authorizerUri"].as_str());
                let uri = &operation["x-amazon-apigateway-integration"]["uri"];
                found.push(Route {
                    api: api.reference.clone(),
                    stage: stage.to_owned(),
                    method: method.to_uppercase(),
                    path: path.clone(),
                    authorizer: decides.and_then(|uri| function(uri, resources)),
                    scheme: scheme.cloned(),
                    by_token: guard.is_some_and(keyed_by_token),
                    lands: uri.as_str().and_then(|uri| function(uri, resources)),
                });
            }
        }
    }
    found
}

/// A TOKEN authorizer's decisions are kept by the token itself.
fn keyed_by_token(guard: &Value) -> bool {
    let sources = guard["identitySource"].as_str().unwrap_or_default().to_ascii_lowercase();
    guard["type"] == "token"
        || guard["authorizerResultTtlInSeconds"] == 0
        || sources.contains("method.request.header.authorization")
}

fn function(uri: &str, resources: &[Resource]) -> Option<String> {
    let arn = uri.split_once("/functions/")?.1.strip_suffix("/invocations")?;
    let found =
        resources.iter().find(|each| each.kind == "AWS::Lambda::Function" && each.arn == arn);
    found.map(|each| each.id.clone())
}
