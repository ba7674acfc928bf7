//! The events of functions and state machines: rules, schedules, subscriptions, mappings, and the
//! permissions that let their sources call.

use std::borrow::Cow;

use super::policies::document;
use super::{Lines, Made, Patch, Route, Serverless, call, list, properties as known};
use crate::source::Span;
use crate::syntax::{Entry, Kind, Node};

/// What an event starts.
pub(super) struct Target<'s, 'a> {
    pub(super) source: &'s Serverless<'a>,
    /// The logical id whose `Ref` names the function, its alias or the state machine.
    pub(super) reference: String,
    /// What `Fn::Sub` takes for its ARN.
    pub(super) arn: String,
    /// The implicit role of a function.
    pub(super) role: Option<String>,
    /// Whether it is a state machine, which is started by a role and not by a permission.
    pub(super) machine: bool,
}

impl<'a> Target<'_, 'a> {
    fn arn(&self, span: Span) -> Node<'a> {
        call("Fn::Sub", format!("${{{}}}", self.arn), span)
    }

    fn name(&self, span: Span) -> Node<'a> {
        call("Ref", self.reference.clone(), span)
    }
}

/// One event, and where its resources go.
struct Event<'t, 's, 'n, 'a> {
    target: &'t Target<'s, 'a>,
    id: String,
    kind: &'n str,
    properties: Option<&'n Node<'a>>,
    span: Span,
}

/// Makes what a serverless resource's events are.
pub(super) fn events<'a>(target: &Target<'_, 'a>, made: &mut Made<'a, '_>) {
    let events = target.source.get("Events").map(Node::entries).unwrap_or_default();
    for line in events {
        let event = Event {
            target,
            id: format!("{}{}", target.source.id, line.key.text),
            kind: line.value.get("Type").and_then(Node::as_str).unwrap_or_default(),
            properties: line.value.get("Properties"),
            span: line.key.span,
        };
        event.rewrite(made);
    }
}

impl<'a> Event<'_, '_, '_, 'a> {
    fn rewrite(&self, made: &mut Made<'a, '_>) {
        match (self.kind, self.target.machine) {
            ("Schedule" | "CloudWatchEvent" | "EventBridgeRule", _) => self.rule(made),
            ("ScheduleV2", _) => self.schedule(made),
            ("Api" | "HttpApi", false) => self.route(made),
            ("SQS" | "DynamoDB" | "Kinesis" | "MSK", false) => self.mapping(made),
            ("S3", false) => self.bucket(made),
            ("SNS", false) => self.topic(made),
            ("CloudWatchLogs", false) => self.log(made),
            ("IoTRule", false) => self.iot(made),
            ("Cognito", false) => self.pool(made),
            ("AlexaSkill", false) => self.skill(made),
            (kind, _) => made.gap(&format!("the event type `{kind}`"), self.span),
        }
    }

    fn get(&self, name: &str) -> Option<&Node<'a>> {
        self.properties.and_then(|all| all.get(name))
    }

    fn known(&self, names: &[&[&str]], made: &mut Made<'a, '_>) {
        if let Some(properties) = self.properties {
            made.unknown(&format!("an event of type `{}`", self.kind), properties, names);
        }
    }

    fn push(&self, id: String, kind: &'static str, lines: Lines<'a>, made: &mut Made<'a, '_>) {
        made.out.push(self.target.source.resource(id, kind, lines));
    }

    /// The permission with which a service calls the function.
    fn permit(&self, service: &'static str, limits: Lines<'a>, made: &mut Made<'a, '_>) {
        let mut lines = vec![
            (Cow::Borrowed("Action"), Node::string("lambda:InvokeFunction", self.span)),
            (Cow::Borrowed("FunctionName"), self.target.name(self.span)),
            (Cow::Borrowed("Principal"), Node::string(service, self.span)),
        ];
        lines.extend(limits);
        let id = format!("{}Permission", self.id);
        let mut entry = self.target.source.resource(id, "AWS::Lambda::Permission", lines);
        entry.key.span = self.span;
        made.out.push(entry);
    }

    fn from(&self, arn: String) -> Lines<'a> {
        vec![(Cow::Borrowed("SourceArn"), call("Fn::Sub", arn, self.span))]
    }

    /// The role with which a service starts the target.
    fn role(&self, service: &'static str, made: &mut Made<'a, '_>) -> Node<'a> {
        let id = format!("{}Role", self.id);
        let action =
            if self.target.machine { "states:StartExecution" } else { "lambda:InvokeFunction" };
        let document_ = document(&[action], Some(self.target.arn(self.span)), None, self.span);
        let name = Node::string("Start", self.span);
        let inline =
            Node::mapping([("PolicyName", name), ("PolicyDocument", document_)], self.span);
        let mut lines = vec![
            (
                Cow::Borrowed("AssumeRolePolicyDocument"),
                document(&["sts:AssumeRole"], None, Some(service), self.span),
            ),
            (Cow::Borrowed("Policies"), list(vec![inline], self.span)),
        ];
        let boundary = self.get("PermissionsBoundary");
        lines.extend(boundary.map(|node| (Cow::Borrowed("PermissionsBoundary"), node.clone())));
        self.push(id.clone(), "AWS::IAM::Role", lines, made);
        call("Fn::GetAtt", format!("{id}.Arn"), self.span)
    }

    fn rule(&self, made: &mut Made<'a, '_>) {
        let renamed: Vec<&str> = known::RULE.iter().map(|(from, _)| *from).collect();
        self.known(&[&renamed, known::RULE_OTHER, &["RoleArn", "PermissionsBoundary"]], made);
        let id = Node::string(format!("{}Target", self.target.source.id), self.span);
        let mut target = vec![("Arn", self.target.arn(self.span)), ("Id", id)];
        if self.target.machine {
            let role = match self.get("RoleArn") {
                Some(role) => role.clone(),
                None => self.role("events.amazonaws.com", made),
            };
            target.push(("RoleArn", role));
        }
        target.extend(self.dead_letters(made).map(|node| ("DeadLetterConfig", node)));
        let target = list(vec![Node::mapping(target, self.span)], self.span);
        let mut lines = vec![(Cow::Borrowed("Targets"), target)];
        for (from, to) in known::RULE {
            lines.extend(self.get(from).map(|node| (Cow::Borrowed(*to), node.clone())));
        }
        self.push(self.id.clone(), "AWS::Events::Rule", lines, made);
        if !self.target.machine {
            let arn = match self.get("EventBusName") {
                Some(_) => call("Fn::GetAtt", format!("{}.Arn", self.id), self.span),
                None => call(
                    "Fn::Sub",
                    format!(
                        "arn:${{AWS::Partition}}:events:${{AWS::Region}}:${{AWS::AccountId}}:rule/${{{}}}",
                        self.id
                    ),
                    self.span,
                ),
            };
            let limits = vec![(Cow::Borrowed("SourceArn"), arn)];
            self.permit("events.amazonaws.com", limits, made);
        }
    }

    /// A queue for what fails. Without an ARN, SAM makes one and lets the rule write to it.
    fn dead_letters(&self, made: &mut Made<'a, '_>) -> Option<Node<'a>> {
        let node = self.get("DeadLetterConfig")?;
        let Some(arn) = node.get("Arn") else {
            made.gap("a `DeadLetterConfig` without `Arn`", node.span);
            return None;
        };
        Some(Node::mapping([("Arn", arn.clone())], node.span))
    }

    fn schedule(&self, made: &mut Made<'a, '_>) {
        self.known(&[known::SCHEDULE, known::SCHEDULE_OTHER], made);
        let role = match self.get("RoleArn") {
            Some(role) => role.clone(),
            None => self.role("scheduler.amazonaws.com", made),
        };
        let mut target = vec![("Arn", self.target.arn(self.span)), ("RoleArn", role)];
        target.extend(self.dead_letters(made).map(|node| ("DeadLetterConfig", node)));
        let mut lines = vec![(Cow::Borrowed("Target"), Node::mapping(target, self.span))];
        for name in known::SCHEDULE {
            lines.extend(self.get(name).map(|node| (Cow::Borrowed(*name), node.clone())));
        }
        self.push(self.id.clone(), "AWS::Scheduler::Schedule", lines, made);
    }

    fn route(&self, made: &mut Made<'a, '_>) {
        let http = self.kind == "HttpApi";
        let api = self.get(if http { "ApiId" } else { "RestApiId" });
        let api = api.map(|api| api.get("Ref").unwrap_or(api));
        let id = api.and_then(Node::as_str).map(str::to_owned);
        if api.is_some() && id.is_none() {
            made.gap_of_api("an event on an API that is not named by `Ref`", self.span);
            return;
        }
        let default = |name: &str| if name == "Path" { "$default" } else { "ANY" };
        let [path, method] = ["Path", "Method"].map(|name| match self.get(name) {
            Some(node) => node.as_str().map(str::to_owned),
            None => Some(default(name).to_owned()),
        });
        let (Some(path), Some(method)) = (path, method) else {
            made.gap_of_api("an event whose path or method is not written out", self.span);
            return;
        };
        self.known(&[known::ROUTE], made);
        made.routes.push(Route {
            http,
            api: id,
            function: self.target.source.id.clone(),
            reference: self.target.reference.clone(),
            arn: self.target.arn.clone(),
            path,
            method,
            auth: self.get("Auth").cloned(),
            span: self.span,
        });
    }

    fn mapping(&self, made: &mut Made<'a, '_>) {
        let from = if self.kind == "SQS" { "Queue" } else { "Stream" };
        let mut lines = vec![(Cow::Borrowed("FunctionName"), self.target.name(self.span))];
        lines.extend(self.get(from).map(|arn| (Cow::Borrowed("EventSourceArn"), arn.clone())));
        for name in known::MAPPING {
            lines.extend(self.get(name).map(|node| (Cow::Borrowed(*name), node.clone())));
        }
        self.known(&[known::MAPPING, &[from, "DestinationConfig"]], made);
        if let Some(config) = self.get("DestinationConfig") {
            let name = format!("{}Destination", self.id);
            let config = destinations(self.target, config, &name, made);
            lines.push((Cow::Borrowed("DestinationConfig"), config));
        }
        self.push(self.id.clone(), "AWS::Lambda::EventSourceMapping", lines, made);
        let poller = match self.kind {
            "SQS" => "AWSLambdaSQSQueueExecutionRole",
            "DynamoDB" => "AWSLambdaDynamoDBExecutionRole",
            "MSK" => "AWSLambdaMSKExecutionRole",
            _ => "AWSLambdaKinesisExecutionRole",
        };
        let arn = format!("arn:${{AWS::Partition}}:iam::aws:policy/service-role/{poller}");
        let arn = call("Fn::Sub", arn, self.target.source.span);
        add(self.target, "ManagedPolicyArns", arn, made);
    }

    /// What another resource of the template gets from the event.
    fn patch(
        &self,
        name: &str,
        path: &'static [&'static str],
        key: Option<String>,
        value: Node<'a>,
        made: &mut Made<'a, '_>,
    ) -> Option<String> {
        let id = self.get(name).and_then(|node| node.get("Ref")).and_then(Node::as_str);
        let Some(id) = id else {
            made.gap(&format!("an event whose `{name}` is not named by `Ref`"), self.span);
            return None;
        };
        made.patches.push(Patch { id: id.to_owned(), path, key, value, span: self.span });
        Some(id.to_owned())
    }

    fn bucket(&self, made: &mut Made<'a, '_>) {
        self.known(&[&["Bucket", "Events", "Filter"]], made);
        let events = match self.get("Events") {
            Some(Node { kind: Kind::Sequence(items), .. }) => items.clone(),
            Some(one) => vec![one.clone()],
            None => Vec::new(),
        };
        for event in events {
            let line = [("Event", event), ("Function", self.target.arn(self.span))];
            let value = Node::mapping(line, self.span);
            let path = &["NotificationConfiguration", "LambdaConfigurations"];
            self.patch("Bucket", path, None, value, made);
        }
        let account = call("Ref", "AWS::AccountId", self.span);
        self.permit("s3.amazonaws.com", vec![(Cow::Borrowed("SourceAccount"), account)], made);
    }

    fn pool(&self, made: &mut Made<'a, '_>) {
        self.known(&[&["UserPool", "Trigger"]], made);
        let trigger = self.get("Trigger");
        let one = trigger.map(std::slice::from_ref).unwrap_or_default();
        let triggers = match trigger.map(|node| &node.kind) {
            Some(Kind::Sequence(items)) => items.as_slice(),
            _ => one,
        };
        let mut pool = None;
        for trigger in triggers {
            let key = trigger.as_str().map(str::to_owned);
            let arn = self.target.arn(self.span);
            pool = self.patch("UserPool", &["LambdaConfig"], key, arn, made);
        }
        if let Some(pool) = pool {
            let arn = self.from(format!("${{{pool}.Arn}}"));
            self.permit("cognito-idp.amazonaws.com", arn, made);
        }
    }

    fn topic(&self, made: &mut Made<'a, '_>) {
        self.known(
            &[&["FilterPolicy", "FilterPolicyScope", "RedrivePolicy", "Region", "Topic"]],
            made,
        );
        let Some(topic) = self.get("Topic") else { return };
        let lines = vec![
            (Cow::Borrowed("Endpoint"), self.target.arn(self.span)),
            (Cow::Borrowed("Protocol"), Node::string("lambda", self.span)),
            (Cow::Borrowed("TopicArn"), topic.clone()),
        ];
        self.push(self.id.clone(), "AWS::SNS::Subscription", lines, made);
        let limits = vec![(Cow::Borrowed("SourceArn"), topic.clone())];
        self.permit("sns.amazonaws.com", limits, made);
    }

    fn log(&self, made: &mut Made<'a, '_>) {
        self.known(&[&["FilterPattern", "LogGroupName"]], made);
        let Some(group) = self.get("LogGroupName") else { return };
        let mut lines = vec![
            (Cow::Borrowed("DestinationArn"), self.target.arn(self.span)),
            (Cow::Borrowed("LogGroupName"), group.clone()),
        ];
        let pattern = self.get("FilterPattern");
        lines.extend(pattern.map(|node| (Cow::Borrowed("FilterPattern"), node.clone())));
        self.push(self.id.clone(), "AWS::Logs::SubscriptionFilter", lines, made);
        let text = "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:${G}:*";
        let variables = Node::mapping([("G", group.clone())], self.span);
        let argument = list(vec![Node::string(text, self.span), variables], self.span);
        let arn = Node::mapping([("Fn::Sub", argument)], self.span);
        self.permit("logs.amazonaws.com", vec![(Cow::Borrowed("SourceArn"), arn)], made);
    }

    fn iot(&self, made: &mut Made<'a, '_>) {
        self.known(&[&["AwsIotSqlVersion", "Sql"]], made);
        let function = Node::mapping([("FunctionArn", self.target.arn(self.span))], self.span);
        let action = Node::mapping([("Lambda", function)], self.span);
        let mut payload = vec![("Actions", list(vec![action], self.span))];
        payload.extend(self.get("Sql").map(|node| ("Sql", node.clone())));
        let payload = Node::mapping(payload, self.span);
        let lines = vec![(Cow::Borrowed("TopicRulePayload"), payload)];
        self.push(self.id.clone(), "AWS::IoT::TopicRule", lines, made);
        let mut limits = self.from(format!(
            "arn:${{AWS::Partition}}:iot:${{AWS::Region}}:${{AWS::AccountId}}:rule/${{{}}}",
            self.id
        ));
        let account = call("Ref", "AWS::AccountId", self.span);
        limits.push((Cow::Borrowed("SourceAccount"), account));
        self.permit("iot.amazonaws.com", limits, made);
    }

    fn skill(&self, made: &mut Made<'a, '_>) {
        self.known(&[&["SkillId"]], made);
        let token = self.get("SkillId");
        let limits = token.map(|node| (Cow::Borrowed("EventSourceToken"), node.clone()));
        self.permit("alexa-appkit.amazon.com", limits.into_iter().collect(), made);
    }
}

/// What a kind of destination takes for the function to write to it.
fn writes(kind: &str) -> Option<&'static [&'static str]> {
    Some(match kind {
        "SQS" => &["sqs:SendMessage"],
        "SNS" => &["sns:Publish"],
        "Lambda" => &["lambda:InvokeFunction"],
        "EventBridge" => &["events:PutEvents"],
        _ => return None,
    })
}

/// A `DestinationConfig` without the types, and the rights that it gives the implicit role.
pub(super) fn destinations<'a>(
    target: &Target<'_, 'a>,
    config: &Node<'a>,
    name: &str,
    made: &mut Made<'a, '_>,
) -> Node<'a> {
    made.unknown("a `DestinationConfig`", config, &[&["OnFailure", "OnSuccess"]]);
    let mut lines: Lines<'a> = Vec::new();
    for line in config.entries() {
        let span = line.key.span;
        let Some(destination) = line.value.get("Destination") else {
            made.gap("a destination without `Destination`, which SAM makes up", span);
            continue;
        };
        let one = Node::mapping([("Destination", destination.clone())], span);
        lines.push((line.key.text.clone(), one));
        let kind = line.value.get("Type").and_then(Node::as_str);
        match (kind, kind.and_then(writes)) {
            (_, Some(actions)) => {
                let document = document(actions, Some(destination.clone()), None, span);
                let name = Node::string(format!("{name}{}", line.key.text), span);
                let inline = [("PolicyName", name), ("PolicyDocument", document)];
                add(target, "Policies", Node::mapping(inline, span), made);
            }
            (Some(kind), None) => made.gap(&format!("a destination of type `{kind}`"), span),
            (None, None) => {}
        }
    }
    Node::mapping(lines, config.span)
}

/// Adds to a list of the implicit role, if there is one.
fn add<'a>(target: &Target<'_, 'a>, name: &str, item: Node<'a>, made: &mut Made<'a, '_>) {
    let Some(id) = &target.role else { return };
    let role = made.out.iter_mut().find(|entry| entry.key.text == id.as_str());
    let properties = role.and_then(|role| line(&mut role.value, "Properties"));
    let Some(Kind::Sequence(items)) =
        properties.and_then(|all| line(all, name)).map(|at| &mut at.kind)
    else {
        return;
    };
    items.push(item);
}

/// The value of a key, to change it.
pub(super) fn line<'n, 'a>(node: &'n mut Node<'a>, name: &str) -> Option<&'n mut Node<'a>> {
    let Kind::Mapping(lines) = &mut node.kind else { return None };
    lines.iter_mut().find(|line: &&mut Entry<'a>| line.key.text == name).map(|line| &mut line.value)
}
