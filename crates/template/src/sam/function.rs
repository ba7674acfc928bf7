//! AWS::Serverless::Function: the function, its implicit role, its alias and its URL.

use std::borrow::Cow;

use super::events::{Target, destinations, events};
use super::policies::{document, policies};
use super::{Made, Serverless, call, list, made as entry, properties as known};
use crate::source::Span;
use crate::syntax::{Entry, Kind, Node};

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
    let implicit = source.get("Role").is_none().then(|| format!("{}Role", source.id));
    let role = match (source.get("Role"), &implicit) {
        (None, Some(id)) => {
            let role = implicit_role(source, id.clone(), made);
            made.out.push(role);
            call("Fn::GetAtt", format!("{id}.Arn"), span)
        }
        (role, _) => role.cloned().unwrap_or(Node { kind: Kind::Null, span }),
    };
    properties.push((Cow::Borrowed("Role"), role));
    made.out.push(source.resource(source.id.clone(), "AWS::Lambda::Function", properties));
    let alias = alias(source, made);
    let mut target = Target {
        source,
        reference: source.id.clone(),
        arn: format!("{}.Arn", source.id),
        role: implicit,
        machine: false,
    };
    if let Some(alias) = &alias {
        target.reference.clone_from(alias);
        target.arn.clone_from(alias);
    }
    if let Some(url) = source.get("FunctionUrlConfig") {
        function_url(source, url, &target.reference, alias.is_some(), made);
    }
    if let Some(config) = source.get("EventInvokeConfig") {
        event_invoke_config(&target, config, made);
    }
    if let Some(preference) = source.get("DeploymentPreference") {
        deployment(source, preference, made);
    }
    events(&target, made);
}

/// The alias that events start, and the version behind it.
fn alias<'a>(source: &Serverless<'a>, made: &mut Made<'a, '_>) -> Option<String> {
    let name = source.get("AutoPublishAlias")?;
    let span = name.span;
    let id = format!("{}Alias{}", source.id, name.as_str().unwrap_or_default());
    let version = format!("{}Version", source.id);
    let function = (Cow::Borrowed("FunctionName"), call("Ref", source.id.clone(), span));
    let lines = vec![function.clone()];
    made.out.push(source.resource(version.clone(), "AWS::Lambda::Version", lines));
    let number = call("Fn::GetAtt", format!("{version}.Version"), span);
    let lines = vec![
        function,
        (Cow::Borrowed("FunctionVersion"), number),
        (Cow::Borrowed("Name"), name.clone()),
    ];
    made.out.push(source.resource(id.clone(), "AWS::Lambda::Alias", lines));
    made.ids.insert(format!("{}.Alias", source.id), id.clone());
    made.ids.insert(format!("{}.Version", source.id), version);
    Some(id)
}

fn event_invoke_config<'a>(target: &Target<'_, 'a>, config: &Node<'a>, made: &mut Made<'a, '_>) {
    let (source, span) = (target.source, config.span);
    let harmless = ["MaximumEventAgeInSeconds", "MaximumRetryAttempts"];
    made.unknown("`EventInvokeConfig`", config, &[&harmless, &["DestinationConfig"]]);
    let mut lines = vec![(Cow::Borrowed("FunctionName"), call("Ref", source.id.clone(), span))];
    let alias = source.get("AutoPublishAlias").cloned();
    let qualifier = alias.unwrap_or_else(|| Node::string("$LATEST", span));
    lines.push((Cow::Borrowed("Qualifier"), qualifier));
    if let Some(config) = config.get("DestinationConfig") {
        let name = format!("{}EventInvokeConfig", source.id);
        lines.push((Cow::Borrowed("DestinationConfig"), destinations(target, config, &name, made)));
    }
    let id = format!("{}EventInvokeConfig", source.id);
    made.out.push(source.resource(id, "AWS::Lambda::EventInvokeConfig", lines));
}

/// The role with which CodeDeploy moves aliases; one for all functions that name none.
fn deployment<'a>(source: &Serverless<'a>, preference: &Node<'a>, made: &mut Made<'a, '_>) {
    const ROLE: &str = "CodeDeployServiceRole";
    if preference.get("Role").is_some() || made.out.iter().any(|entry| entry.key.text == ROLE) {
        return;
    }
    let span = preference.span;
    let arn =
        "arn:${AWS::Partition}:iam::aws:policy/service-role/AWSCodeDeployRoleForLambdaLimited";
    let trust = document(&["sts:AssumeRole"], None, Some("codedeploy.amazonaws.com"), span);
    let lines = vec![
        (Cow::Borrowed("AssumeRolePolicyDocument"), trust),
        (Cow::Borrowed("ManagedPolicyArns"), list(vec![call("Fn::Sub", arn, span)], span)),
    ];
    made.out.push(source.resource(ROLE.to_owned(), "AWS::IAM::Role", lines));
}

fn implicit_role<'a>(source: &Serverless<'a>, id: String, made: &mut Made<'a, '_>) -> Entry<'a> {
    let span = source.span;
    let basic = match source.get("VpcConfig") {
        Some(_) => "AWSLambdaVPCAccessExecutionRole",
        None => "AWSLambdaBasicExecutionRole",
    };
    let arn = format!("arn:${{AWS::Partition}}:iam::aws:policy/service-role/{basic}");
    let mut managed = vec![call("Fn::Sub", arn, span)];
    managed.extend(tracing(source, "AWSXrayWriteOnlyAccess"));
    let mut inline = Vec::new();
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
    inline_role(source, id, "lambda.amazonaws.com", managed, inline, made)
}

/// The managed policy that a traced resource's role gets.
pub(super) fn tracing<'a>(source: &Serverless<'a>, policy: &str) -> Option<Node<'a>> {
    source.get("Tracing")?;
    let arn = format!("arn:${{AWS::Partition}}:iam::aws:policy/{policy}");
    Some(call("Fn::Sub", arn, source.span))
}

/// The role that SAM makes of `Policies`, with more managed and inline policies.
pub(super) fn inline_role<'a>(
    source: &Serverless<'a>,
    id: String,
    service: &'static str,
    mut managed: Vec<Node<'a>>,
    more: Vec<Node<'a>>,
    made: &mut Made<'a, '_>,
) -> Entry<'a> {
    let span = source.span;
    let (own, mut inline) = policies(source, made);
    managed.splice(managed.len().min(1)..managed.len().min(1), own);
    inline.extend(more);
    let trust = match source.get("AssumeRolePolicyDocument") {
        Some(document) => document.clone(),
        None => document(&["sts:AssumeRole"], None, Some(service), span),
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

fn function_url<'a>(
    source: &Serverless<'a>,
    url: &Node<'a>,
    function: &str,
    aliased: bool,
    made: &mut Made<'a, '_>,
) {
    let span = url.span;
    let mut lines =
        vec![(Cow::Borrowed("TargetFunctionArn"), call("Ref", source.id.clone(), span))];
    let alias = source.get("AutoPublishAlias").filter(|_| aliased);
    lines.extend(alias.map(|name| (Cow::Borrowed("Qualifier"), name.clone())));
    lines.extend(url.entries().iter().map(|line| (line.key.text.clone(), line.value.clone())));
    made.out.push(source.resource(format!("{}Url", source.id), "AWS::Lambda::Url", lines));
    let auth = url.get("AuthType");
    if auth.is_none_or(|auth| auth.as_str().is_none()) {
        made.gap("a function URL without an `AuthType` that is written out", span);
    }
    if auth.and_then(Node::as_str) == Some("NONE") {
        let lines = vec![
            (Cow::Borrowed("Action"), Node::string("lambda:InvokeFunctionUrl", span)),
            (Cow::Borrowed("FunctionName"), call("Ref", function.to_owned(), span)),
            (Cow::Borrowed("FunctionUrlAuthType"), Node::string("NONE", span)),
            (Cow::Borrowed("Principal"), Node::string("*", span)),
        ];
        let id = format!("{}UrlPublicPermissions", source.id);
        made.out.push(source.resource(id, "AWS::Lambda::Permission", lines));
    }
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
