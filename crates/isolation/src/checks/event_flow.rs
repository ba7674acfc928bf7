//! What flows from one resource into another: streams, events, subscriptions, copies.

mod shared;

use tenantry_template::{Model, Owner, Span};
use tenantry_verdict::claims::data::{COPY, STREAM};
use tenantry_verdict::claims::escalation::FEED;
use tenantry_verdict::claims::log::READ_BY_OWNER;
use tenantry_verdict::claims::{Barrier, ClaimId};

use crate::check::Check;
use crate::explain::breach::Breach;
use crate::facts::Facts;
use crate::facts::owners::Owners;
use crate::findings::Findings;

/// A type, the paths to where it comes from (empty: itself) and to where it goes.
struct Flow {
    kind: &'static str,
    from: Path,
    to: Path,
    /// What the receiver gets to know, if anything.
    read: Option<ClaimId>,
    /// Whether the receiver acts on what comes.
    feeds: bool,
}

const FLOWS: &[Flow] = &[
    sends("AWS::Lambda::EventSourceMapping", &["EventSourceArn"], &["FunctionName"]),
    sends(
        "AWS::Lambda::EventSourceMapping",
        &["EventSourceArn"],
        &["DestinationConfig", "OnFailure", "Destination"],
    ),
    sends("AWS::SNS::Subscription", &["TopicArn"], &["Endpoint"]),
    sends("AWS::Pipes::Pipe", &["Source"], &["Enrichment"]),
    sends("AWS::Pipes::Pipe", &["Source"], &["Target"]),
    sends(
        "AWS::Lambda::EventInvokeConfig",
        &["FunctionName"],
        &["DestinationConfig", "OnSuccess", "Destination"],
    ),
    sends(
        "AWS::Lambda::EventInvokeConfig",
        &["FunctionName"],
        &["DestinationConfig", "OnFailure", "Destination"],
    ),
    sends("AWS::Lambda::Function", &[], &["DeadLetterConfig", "TargetArn"]),
    sends("AWS::SQS::Queue", &[], &["RedrivePolicy", "deadLetterTargetArn"]),
    sends("AWS::S3::Bucket", &[], &["NotificationConfiguration", "QueueConfigurations", "Queue"]),
    sends("AWS::S3::Bucket", &[], &["NotificationConfiguration", "TopicConfigurations", "Topic"]),
    calls("AWS::S3::Bucket", &["NotificationConfiguration", "LambdaConfigurations", "Function"]),
    calls("AWS::Events::Rule", &["Targets", "Arn"]),
    sends("AWS::Events::Rule", &["EventBusName"], &["Targets", "Arn"]),
    calls("AWS::Scheduler::Schedule", &["Target", "Arn"]),
    keeps("AWS::Logs::SubscriptionFilter", &["LogGroupName"], &["DestinationArn"], READ_BY_OWNER),
    keeps(
        "AWS::S3::Bucket",
        &[],
        &["ReplicationConfiguration", "Rules", "Destination", "Bucket"],
        COPY,
    ),
    keeps("AWS::DynamoDB::Table", &[], &["KinesisStreamSpecification", "StreamArn"], COPY),
    keeps(
        "AWS::KinesisFirehose::DeliveryStream",
        &[],
        &["ExtendedS3DestinationConfiguration", "BucketARN"],
        COPY,
    ),
    keeps(
        "AWS::KinesisFirehose::DeliveryStream",
        &["KinesisStreamSourceConfiguration", "KinesisStreamARN"],
        &["ExtendedS3DestinationConfiguration", "BucketARN"],
        COPY,
    ),
];

type Path = &'static [&'static str];

/// The receiver reads what comes, and acts on it.
const fn sends(kind: &'static str, from: Path, to: Path) -> Flow {
    Flow { kind, from, to, read: Some(STREAM), feeds: true }
}

/// The receiver acts, and gets no data.
const fn calls(kind: &'static str, to: Path) -> Flow {
    Flow { kind, from: &[], to, read: None, feeds: true }
}

/// The receiver keeps what comes.
const fn keeps(kind: &'static str, from: Path, to: Path, read: ClaimId) -> Flow {
    Flow { kind, from, to, read: Some(read), feeds: false }
}

/// What flows from one tenant to another.
pub(crate) struct EventFlow;

impl Check for EventFlow {
    fn claims(&self) -> &'static [ClaimId] {
        &[STREAM, COPY, FEED, READ_BY_OWNER]
    }

    fn run(&self, facts: &Facts<'_, '_>) -> Findings {
        let mut found = Findings::of(self.claims());
        decide(facts, &facts.owners, &mut found);
        found
    }
}

/// Decides what of `data/stream`, `data/copy`, `escalation/feed` and `log/read-by-owner` needs no
/// policy.
fn decide<'a>(facts: &Facts<'_, 'a>, owners: &Owners<'_, 'a>, found: &mut Findings) {
    let model = facts.reader.model;
    let owner = |at: usize| model.resources.get(at).map(|resource| resource.owner);
    for edge in flows(model, owners) {
        let Some(giver @ Owner::Tenant(_)) = owner(edge.source) else { continue };
        if let Some(claim) = edge.read {
            found.ask(claim);
        }
        if edge.feeds {
            found.ask(FEED);
        }
        let Some(taker @ Owner::Tenant(_)) = owner(edge.end) else { continue };
        if giver == taker {
            continue;
        }
        let shown = |claim, attacker, victim, principal, action, resource| Breach {
            claim,
            barrier: Barrier::Ownership,
            attacker,
            victim,
            principal,
            action,
            resource: facts.path(resource),
            says: "it flows here",
            span: edge.span,
        };
        if let Some(claim) = edge.read {
            let shown = shown(claim, taker, giver, edge.end, "reads", edge.source);
            found.breach(shown.counterexample(facts));
        }
        if edge.feeds {
            let shown = shown(FEED, giver, taker, edge.source, "feeds", edge.end);
            found.breach(shown.counterexample(facts));
        }
    }
    shared::decide(facts, owners, found);
}

/// Something flows from one resource into another; both are indexes of the model.
struct Edge {
    source: usize,
    end: usize,
    /// What says so.
    via: usize,
    read: Option<ClaimId>,
    feeds: bool,
    span: Span,
}

/// From where to where something flows, as indexes of the model, and what says so.
pub(crate) fn feeds<'a>(model: &Model<'a>, owners: &Owners<'_, 'a>) -> Vec<(usize, usize, Span)> {
    let all = flows(model, owners).into_iter();
    all.map(|edge| (edge.source, edge.end, edge.span)).collect()
}

/// All that flows, in the order of the model.
fn flows<'a>(model: &Model<'a>, owners: &Owners<'_, 'a>) -> Vec<Edge> {
    let mut found = Vec::new();
    for (via, resource) in model.resources.iter().enumerate() {
        for flow in FLOWS.iter().filter(|flow| flow.kind == resource.kind) {
            let of = |value| owners.of(value).map(|(at, _)| at);
            let source = match flow.from {
                [] => Some(via),
                path => resource.properties.at(path).and_then(of),
            };
            let Some(source) = source else { continue };
            let mut to = Vec::new();
            resource.properties.at_path_all(flow.to, &mut to);
            found.extend(to.into_iter().map(|value| Edge {
                source,
                end: of(value).unwrap_or(usize::MAX),
                via,
                read: flow.read,
                feeds: flow.feeds,
                span: value.span,
            }));
        }
    }
    found
}
