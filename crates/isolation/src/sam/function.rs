//! AWS::Serverless::Function: the function, its implicit role, its events and its URL.

use std::borrow::Cow;

use super::policies::{document, policies};
use super::{Made, Route, Serverless, call, list, made as entry};
use crate::source::Span;
use crate::text::{Entry, Kind, Node};

/// Properties that the plain function has under the same name.
const SAME: &[&str] = &[
    "FunctionName",
    "Handler",
    "Runtime",
    "Description",
    "MemorySize",
    "Timeout",
    "Environment",
    "KmsKeyArn",
    "Layers",
    "ReservedConcurrentExecutions",
    "VpcConfig",
    "Architectures",
    "PackageType",
    "EphemeralStorage",
    "LoggingConfig",
    "FileSystemConfigs",
];

pub(super) fn rewrite<'a>(source: &Serverless<'a>, made: &mut Made<'a, '_>) {
    let span = source.span;
    let mut properties: Vec<(Cow<'a, str>, Node<'a>)> = Vec::new();
    for name in SAME {
        if let Some(node) = source.get(name) {
            properties.push((Cow::Borrowed(*name), node.clone()));
        }
    }
    if let Some(tags) = source.tags() {
        properties.push((Cow::Borrowed("Tags"), tags));
    }
    let role = match source.get("Role") {
        Some(role) => role.clone(),
        None => {
            let id = format!("{}Role", source.id);
            let role = implicit_role(source, id.clone(), made);
            made.out.push(role);
            call("Fn::GetAtt", format!("{id}.Arn"), span)
        }
    };
    properties.push((Cow::Borrowed("Role"), role));
    made.out.push(source.resource(source.id.clone(), "AWS::Lambda::Function", properties));
    if let Some(url) = source.get("FunctionUrlConfig") {
        function_url(source, url, made);
    }
    let events = source.get("Events").map(Node::entries).unwrap_or_default();
    for event in events {
        self::event(source, event, made);
    }
}

fn implicit_role<'a>(source: &Serverless<'a>, id: String, made: &mut Made<'a, '_>) -> Entry<'a> {
    let span = source.span;
    let (mut managed, inline) = policies(source, made);
    let basic = match source.get("VpcConfig") {
        Some(_) => "AWSLambdaVPCAccessExecutionRole",
        None => "AWSLambdaBasicExecutionRole",
    };
    let arn = format!("arn:${{AWS::Partition}}:iam::aws:policy/service-role/{basic}");
    managed.insert(0, call("Fn::Sub", arn, span));
    let trust = match source.get("AssumeRolePolicyDocument") {
        Some(document) => document.clone(),
        None => document(&["sts:AssumeRole"], None, Some("lambda.amazonaws.com"), span),
    };
    let mut properties = vec![
        (Cow::Borrowed("AssumeRolePolicyDocument"), trust),
        (Cow::Borrowed("ManagedPolicyArns"), list(managed, span)),
        (Cow::Borrowed("Policies"), list(inline, span)),
    ];
    if let Some(boundary) = source.get("PermissionsBoundary") {
        properties.push((Cow::Borrowed("PermissionsBoundary"), boundary.clone()));
    }
    if let Some(tags) = source.tags() {
        properties.push((Cow::Borrowed("Tags"), tags));
    }
    source.resource(id, "AWS::IAM::Role", properties)
}

fn function_url<'a>(source: &Serverless<'a>, url: &Node<'a>, made: &mut Made<'a, '_>) {
    let span = url.span;
    let mut lines =
        vec![(Cow::Borrowed("TargetFunctionArn"), call("Ref", source.id.clone(), span))];
    lines.extend(url.entries().iter().map(|line| (line.key.text.clone(), line.value.clone())));
    made.out.push(source.resource(format!("{}Url", source.id), "AWS::Lambda::Url", lines));
    if url.get("AuthType").and_then(Node::as_str) == Some("NONE") {
        let lines = vec![
            (Cow::Borrowed("Action"), Node::string("lambda:InvokeFunctionUrl", span)),
            (Cow::Borrowed("FunctionName"), call("Ref", source.id.clone(), span)),
            (Cow::Borrowed("FunctionUrlAuthType"), Node::string("NONE", span)),
            (Cow::Borrowed("Principal"), Node::string("*", span)),
        ];
        let id = format!("{}UrlPublicPermissions", source.id);
        made.out.push(source.resource(id, "AWS::Lambda::Permission", lines));
    }
}

fn event<'a>(source: &Serverless<'a>, event: &Entry<'a>, made: &mut Made<'a, '_>) {
    let span = event.key.span;
    let id = format!("{}{}", source.id, event.key.text);
    let kind = event.value.get("Type").and_then(Node::as_str).unwrap_or_default();
    let properties = event.value.get("Properties");
    let get = |name: &str| properties.and_then(|all| all.get(name));
    match kind {
        "Api" | "HttpApi" => {
            let http = kind == "HttpApi";
            let api = get(if http { "ApiId" } else { "RestApiId" });
            let api = api.map(|api| api.get("Ref").unwrap_or(api));
            let known = api.and_then(Node::as_str).map(str::to_owned);
            if api.is_some() && known.is_none() {
                made.gap("an event on an API that is not named by `Ref`", span);
                return;
            }
            let text = |name: &str, default: &str| {
                get(name).and_then(Node::as_str).unwrap_or(default).to_owned()
            };
            let (path, method) = (text("Path", "$default"), text("Method", "ANY"));
            let (function, auth) = (source.id.clone(), get("Auth").cloned());
            made.routes.push(Route { http, api: known, function, path, method, auth, span });
        }
        "Schedule" => {
            let lines = vec![
                (
                    Cow::Borrowed("ScheduleExpression"),
                    get("Schedule").cloned().unwrap_or_else(|| Node::string("", span)),
                ),
                (Cow::Borrowed("Targets"), target(source, span)),
            ];
            made.out.push(source.resource(id.clone(), "AWS::Events::Rule", lines));
            let arn = call(
                "Fn::Sub",
                format!(
                    "arn:${{AWS::Partition}}:events:${{AWS::Region}}:${{AWS::AccountId}}:rule/${{{id}}}"
                ),
                span,
            );
            made.out.push(permission(source, &id, "events.amazonaws.com", arn, span));
        }
        "SQS" | "DynamoDB" | "Kinesis" => {
            let arn = get(if kind == "SQS" { "Queue" } else { "Stream" }).cloned();
            let mut lines =
                vec![(Cow::Borrowed("FunctionName"), call("Ref", source.id.clone(), span))];
            lines.extend(arn.map(|arn| (Cow::Borrowed("EventSourceArn"), arn)));
            if let Some(filter) = get("FilterCriteria") {
                lines.push((Cow::Borrowed("FilterCriteria"), filter.clone()));
            }
            made.out.push(source.resource(id, "AWS::Lambda::EventSourceMapping", lines));
            if source.get("Role").is_none() {
                attach_poller(source, kind, made);
            }
        }
        _ => made.gap(&format!("the event type `{kind}`"), span),
    }
}

/// The managed policy that SAM adds to the implicit role for a polled source.
fn attach_poller<'a>(source: &Serverless<'a>, kind: &str, made: &mut Made<'a, '_>) {
    let name = match kind {
        "SQS" => "AWSLambdaSQSQueueExecutionRole",
        "DynamoDB" => "AWSLambdaDynamoDBExecutionRole",
        _ => "AWSLambdaKinesisExecutionRole",
    };
    let role = format!("{}Role", source.id);
    let arn = format!("arn:${{AWS::Partition}}:iam::aws:policy/service-role/{name}");
    let arn = call("Fn::Sub", arn, source.span);
    let Some(role) = made.out.iter_mut().find(|entry| entry.key.text == role.as_str()) else {
        return;
    };
    let Kind::Mapping(lines) = &mut role.value.kind else { return };
    for line in lines.iter_mut().filter(|line| line.key.text == "Properties") {
        let Kind::Mapping(properties) = &mut line.value.kind else { continue };
        for line in properties.iter_mut().filter(|line| line.key.text == "ManagedPolicyArns") {
            if let Kind::Sequence(items) = &mut line.value.kind {
                items.push(arn.clone());
            }
        }
    }
}

fn target<'a>(source: &Serverless<'a>, span: Span) -> Node<'a> {
    let arn = call("Fn::GetAtt", format!("{}.Arn", source.id), span);
    let id = Node::string(format!("{}LambdaTarget", source.id), span);
    list(vec![Node::mapping([("Arn", arn), ("Id", id)], span)], span)
}

fn permission<'a>(
    source: &Serverless<'a>,
    id: &str,
    service: &'static str,
    arn: Node<'a>,
    span: Span,
) -> Entry<'a> {
    let lines = vec![
        (Cow::Borrowed("Action"), Node::string("lambda:InvokeFunction", span)),
        (Cow::Borrowed("FunctionName"), call("Ref", source.id.clone(), span)),
        (Cow::Borrowed("Principal"), Node::string(service, span)),
        (Cow::Borrowed("SourceArn"), arn),
    ];
    let mut permission =
        source.resource(format!("{id}Permission"), "AWS::Lambda::Permission", lines);
    permission.key.span = span;
    permission
}

/// An invoke permission for an API's route.
pub(super) fn route_permission<'a>(
    id: String,
    function: &str,
    arn: Node<'a>,
    span: Span,
) -> Entry<'a> {
    let lines = vec![
        ("Action", Node::string("lambda:InvokeFunction", span)),
        ("FunctionName", call("Ref", function.to_owned(), span)),
        ("Principal", Node::string("apigateway.amazonaws.com", span)),
        ("SourceArn", arn),
    ];
    let lines = vec![
        (Cow::Borrowed("Type"), Node::string("AWS::Lambda::Permission", span)),
        (Cow::Borrowed("Properties"), Node::mapping(lines, span)),
    ];
    entry(id, lines, span)
}
