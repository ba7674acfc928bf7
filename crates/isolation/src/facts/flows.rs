//! What flows from one resource into another, as the resources themselves say it.

use tenantry_template::{Model, ResourceId, Span};

use self::data::{COPY, STREAM};
use self::log::READ_BY_OWNER;
use super::owners::Owners;
use crate::claim_set::{Listed, claim_set};

claim_set!(
    /// The claims about what somebody gets to know by a flow.
    pub(crate) OfFlows {
        data { COPY, STREAM }
        log { READ_BY_OWNER }
    }
);

/// A type, the paths to where it comes from (empty: itself) and to where it goes.
struct Flow {
    kind: &'static str,
    from: Path,
    to: Path,
    /// What the receiver gets to know, if anything.
    read: Option<Listed<OfFlows>>,
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
const fn keeps(kind: &'static str, from: Path, to: Path, read: Listed<OfFlows>) -> Flow {
    Flow { kind, from, to, read: Some(read), feeds: false }
}

/// Something flows from one resource into another.
pub(crate) struct Edge {
    pub(crate) source: ResourceId,
    /// Where it goes; `None` for what no template here makes.
    pub(crate) end: Option<ResourceId>,
    /// What says so.
    pub(crate) via: ResourceId,
    pub(crate) read: Option<Listed<OfFlows>>,
    pub(crate) feeds: bool,
    pub(crate) span: Span,
}

/// All that flows, in the order of the model.
pub(crate) fn flows<'a>(model: &Model<'a>, owners: &Owners<'_, 'a>) -> Vec<Edge> {
    let mut found = Vec::new();
    for (via, resource) in model.resources.entries() {
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
                end: of(value),
                via,
                read: flow.read,
                feeds: flow.feeds,
                span: value.span,
            }));
        }
    }
    found
}
