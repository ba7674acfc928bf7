//! AWS::Serverless::Function: the function, its implicit role, its events and its URL.

use std::borrow::Cow;

use super::policies::{document, policies};
use super::{Made, Route, Serverless, call, list, made as entry, properties as known};
use crate::source::Span;
use crate::text::{Entry, Kind, Node};

pub(super) fn rewrite<'a>(source: &Serverless<'a>, made: &mut Made<'a, '_>) {
    let span = source.span;
    let mut properties = source.copied(known::FUNCTION);
    if let Some(mode) = source.get("Tracing") {
        let config = Node::mapping([("Mode", mode.clone())], mode.span);
        properties.push((Cow::Borrowed("TracingConfig"), config));
    }
    if let Some(queue) = source.get("DeadLetterQueue") {
        let target = queue.get("TargetArn").cloned();
        let lines = target.map(|target| ("TargetArn", target));
        let config = Node::mapping(lines, queue.span);
        properties.push((Cow::Borrowed("DeadLetterConfig"), config));
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
    let (mut managed, mut inline) = policies(source, made);
    let basic = match source.get("VpcConfig") {
        Some(_) => "AWSLambdaVPCAccessExecutionRole",
        None => "AWSLambdaBasicExecutionRole",
    };
    let arn = format!("arn:${{AWS::Partition}}:iam::aws:policy/service-role/{basic}");
    managed.insert(0, call("Fn::Sub", arn, span));
    if source.get("Tracing").is_some() {
        let arn = "arn:${AWS::Partition}:iam::aws:policy/AWSXrayWriteOnlyAccess";
        managed.push(call("Fn::Sub", arn, span));
    }
    if let Some(queue) = source.get("DeadLetterQueue") {
        let action = match queue.get("Type").and_then(Node::as_str) {
            Some("SNS") => "sns:Publish",
            _ => "sqs:SendMessage",
        };
        let document = document(&[action], queue.get("TargetArn").cloned(), None, queue.span);
        let name = Node::string("DeadLetterQueue", queue.span);
        let lines = [("PolicyName", name), ("PolicyDocument", document)];
        inline.push(Node::mapping(lines, queue.span));
    }
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
    if let Some(path) = source.get("RolePath") {
        properties.push((Cow::Borrowed("Path"), path.clone()));
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
    let auth = url.get("AuthType");
    if auth.is_none_or(|auth| auth.as_str().is_none()) {
        made.gap("a function URL without an `AuthType` that is written out", span);
    }
    if auth.and_then(Node::as_str) == Some("NONE") {
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
            let id = api.and_then(Node::as_str).map(str::to_owned);
            if api.is_some() && id.is_none() {
                made.gap("an event on an API that is not named by `Ref`", span);
                return;
            }
            let default = |name: &str| if name == "Path" { "$default" } else { "ANY" };
            let [path, method] = ["Path", "Method"].map(|name| match get(name) {
                Some(node) => node.as_str().map(str::to_owned),
                None => Some(default(name).to_owned()),
            });
            let (Some(path), Some(method)) = (path, method) else {
                made.gap("an event whose path or method is not written out", span);
                return;
            };
            if let Some(properties) = properties {
                made.unknown(&format!("an event of type `{kind}`"), properties, &[known::ROUTE]);
            }
            let (function, auth) = (source.id.clone(), get("Auth").cloned());
            made.routes.push(Route { http, api: id, function, path, method, auth, span });
        }
        "Schedule" => {
            let mut lines = vec![(Cow::Borrowed("Targets"), target(source, span))];
            let named = [("Schedule", "ScheduleExpression")].into_iter();
            for (from, to) in named.chain(known::RULE.iter().map(|name| (*name, *name))) {
                lines.extend(get(from).map(|node| (Cow::Borrowed(to), node.clone())));
            }
            if let Some(properties) = properties {
                let names = [known::RULE, known::RULE_HARMLESS];
                made.unknown("an event of type `Schedule`", properties, &names);
            }
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
            let from = if kind == "SQS" { "Queue" } else { "Stream" };
            let arn = get(from).cloned();
            let mut lines =
                vec![(Cow::Borrowed("FunctionName"), call("Ref", source.id.clone(), span))];
            lines.extend(arn.map(|arn| (Cow::Borrowed("EventSourceArn"), arn)));
            for name in known::MAPPING {
                lines.extend(get(name).map(|node| (Cow::Borrowed(*name), node.clone())));
            }
            if let Some(properties) = properties {
                let names = [known::MAPPING, &[from]];
                made.unknown(&format!("an event of type `{kind}`"), properties, &names);
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
    function: Node<'a>,
    arn: Node<'a>,
    span: Span,
) -> Entry<'a> {
    let lines = vec![
        ("Action", Node::string("lambda:InvokeFunction", span)),
        ("FunctionName", function),
        ("Principal", Node::string("apigateway.amazonaws.com", span)),
        ("SourceArn", arn),
    ];
    let lines = vec![
        (Cow::Borrowed("Type"), Node::string("AWS::Lambda::Permission", span)),
        (Cow::Borrowed("Properties"), Node::mapping(lines, span)),
    ];
    entry(id, lines, span)
}
