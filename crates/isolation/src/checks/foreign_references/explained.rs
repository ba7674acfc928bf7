//! The references between owners that are understood, each with a direction and a reason.
//!
//! An entry is as narrow as its reason: what is harmless where a tenant speaks of something shared
//! is often a way in where it speaks of another tenant's.

use std::fmt;

use self::Direction::{SharedToTenant, TenantToOther, TenantToShared};
use self::Grounds::{Decided, Harmless, Read};
use crate::facts::runs_as::runs_as;
use crate::registry::{List, stands};

/// Between whom a reference goes: from the resource that holds it to the one that it speaks of.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Direction {
    /// From one tenant's to another tenant's.
    TenantToOther,
    /// From a tenant's to a shared one.
    TenantToShared,
    /// From a shared one to a tenant's.
    SharedToTenant,
}

/// Why a reference leaves nothing open here.
#[derive(Clone, Copy, Debug)]
enum Grounds {
    /// It is in a policy: every principal is asked what it is allowed on every tenant's asset.
    Read,
    /// Another check decides what it comes to: which, and by what question.
    Decided(&'static str),
    /// It opens nothing, because of this.
    Harmless(&'static str),
}

/// References that are understood. In patterns `*` stands for any text.
struct Entry {
    /// The types that hold it.
    from: &'static [&'static str],
    /// The properties, as `Rules[].Destination.Bucket`.
    paths: &'static [&'static str],
    /// The types that it speaks of.
    to: &'static [&'static str],
    directions: &'static [Direction],
    grounds: Grounds,
}

/// Whether an entry explains a reference. What puts a thing's value in a place, and not its name,
/// is explained by none.
pub(super) fn explained(from: &str, path: &str, to: &str, direction: Direction) -> bool {
    // `identity/shared-grant` asks whose things a shared role reaches, and who steers it.
    let steers = direction == TenantToShared && fits(ROLES, to) && runs_as(from, path);
    let explains = |(at, entry): (usize, &Entry)| {
        entry.explains(from, path, to, direction) && stands(List::References, at)
    };
    steers || ENTRIES.iter().enumerate().any(explains)
}

/// The entries as text, one a line: what holds the reference, where, what it speaks of, between
/// whom, and why it leaves nothing open.
pub fn explained_references() -> Vec<String> {
    let line = |entry: &Entry| {
        let directions: Vec<&str> = entry.directions.iter().map(|each| each.name()).collect();
        format!(
            "{} {} -> {} ({}): {}",
            entry.from.join(", "),
            entry.paths.join(", "),
            entry.to.join(", "),
            directions.join(", "),
            entry.grounds
        )
    };
    ENTRIES.iter().map(line).collect()
}

impl Direction {
    fn name(self) -> &'static str {
        match self {
            TenantToOther => "tenant to other tenant",
            TenantToShared => "tenant to shared",
            SharedToTenant => "shared to tenant",
        }
    }
}

impl fmt::Display for Grounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Read => write!(f, "decided, every principal is asked what the policy allows it"),
            Decided(how) => write!(f, "decided, {how}"),
            Harmless(why) => write!(f, "harmless, {why}"),
        }
    }
}

/// Whether a policy in this place is read as one.
pub(super) fn is_read(kind: &str, path: &str) -> bool {
    let mut read = ENTRIES.iter().enumerate().filter(|(_, entry)| matches!(entry.grounds, Read));
    read.any(|(at, entry)| {
        fits(entry.from, kind) && fits(entry.paths, path) && stands(List::References, at)
    })
}

impl Entry {
    fn explains(&self, from: &str, path: &str, to: &str, direction: Direction) -> bool {
        self.directions.contains(&direction)
            && fits(self.from, from)
            && fits(self.to, to)
            && fits(self.paths, path)
    }
}

fn fits(patterns: &[&str], text: &str) -> bool {
    patterns.iter().any(|pattern| matches(pattern, text))
}

/// Whether a text is of a pattern.
fn matches(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let Some(mut rest) = pieces.next().and_then(|first| text.strip_prefix(first)) else {
        return false;
    };
    let pieces: Vec<&str> = pieces.collect();
    let Some((last, between)) = pieces.split_last() else { return rest.is_empty() };
    for piece in between {
        let Some((_, after)) = rest.split_once(piece) else { return false };
        rest = after;
    }
    rest.ends_with(last)
}

const EVERY: &[Direction] = &[TenantToOther, TenantToShared, SharedToTenant];
const ANY: &[&str] = &["*"];
const ROLES: &[&str] = &["AWS::IAM::Role", "AWS::IAM::InstanceProfile"];
const PRINCIPALS: &[&str] = &["AWS::IAM::*"];
const KEYS: &[&str] = &["AWS::KMS::Key", "AWS::KMS::Alias"];

const PACKETS: Grounds = Decided("network/packet follows packets through what it names");
const FLOWS: Grounds = Decided("what flows from one into the other is followed");
const ROUTES: Grounds = Decided("each route is asked who may call it and where it lands");
const NAME: Grounds =
    Harmless("a name gives no right: what its principal may do with it is asked of policies");
const STEERS: Grounds =
    Decided("identity/shared-grant asks whose things that role reaches, and who steers it");

const ENTRIES: &[Entry] = &[
    // Policies.
    Entry {
        from: PRINCIPALS,
        paths: &[
            "*PolicyDocument*",
            "ManagedPolicyArns*",
            "PermissionsBoundary",
            "Roles*",
            "Users*",
            "Groups*",
            "RoleName",
            "UserName",
            "GroupName",
        ],
        to: ANY,
        directions: EVERY,
        grounds: Read,
    },
    Entry {
        from: &["AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable"],
        paths: &["*ResourcePolicy.PolicyDocument*"],
        to: ANY,
        directions: EVERY,
        grounds: Read,
    },
    Entry {
        from: &["AWS::KMS::Key"],
        paths: &["KeyPolicy*"],
        to: ANY,
        directions: EVERY,
        grounds: Read,
    },
    Entry {
        from: &["AWS::ECR::Repository"],
        paths: &["RepositoryPolicyText*"],
        to: ANY,
        directions: EVERY,
        grounds: Read,
    },
    Entry {
        from: &["AWS::EFS::FileSystem"],
        paths: &["FileSystemPolicy*"],
        to: ANY,
        directions: EVERY,
        grounds: Read,
    },
    Entry {
        from: &["AWS::OpenSearchService::Domain", "AWS::Elasticsearch::Domain"],
        paths: &["AccessPolicies*"],
        to: ANY,
        directions: EVERY,
        grounds: Read,
    },
    Entry {
        from: &[
            "AWS::S3::BucketPolicy",
            "AWS::SQS::QueuePolicy",
            "AWS::SQS::QueueInlinePolicy",
            "AWS::SNS::TopicPolicy",
            "AWS::SNS::TopicInlinePolicy",
            "AWS::Kinesis::ResourcePolicy",
            "AWS::SecretsManager::ResourcePolicy",
        ],
        paths: ANY,
        to: ANY,
        directions: EVERY,
        grounds: Read,
    },
    Entry {
        from: &["AWS::Lambda::Permission"],
        paths: &["FunctionName", "Principal"],
        to: ANY,
        directions: EVERY,
        grounds: Read,
    },
    Entry {
        from: &["AWS::Lambda::Permission"],
        paths: &["SourceArn"],
        to: ANY,
        directions: EVERY,
        grounds: Decided("route/invoke asks what each source makes the function do"),
    },
    // Networks.
    Entry {
        from: &["AWS::EC2::*"],
        paths: ANY,
        to: &["AWS::EC2::*"],
        directions: EVERY,
        grounds: PACKETS,
    },
    Entry {
        from: ANY,
        paths: ANY,
        to: &["AWS::EC2::VPC", "AWS::EC2::Subnet", "AWS::EC2::SecurityGroup", "*SubnetGroup"],
        directions: EVERY,
        grounds: PACKETS,
    },
    // Functions.
    Entry {
        from: &["AWS::Lambda::Function"],
        paths: ANY,
        to: ANY,
        directions: &[TenantToOther],
        grounds: Decided("environment/references takes each for a breach"),
    },
    Entry {
        from: &["AWS::Lambda::Function"],
        paths: &["Environment.Variables.*"],
        to: ANY,
        directions: &[TenantToShared, SharedToTenant],
        grounds: NAME,
    },
    Entry {
        from: &["AWS::Lambda::Function"],
        paths: &["Layers[]"],
        to: &["AWS::Lambda::LayerVersion"],
        directions: &[TenantToShared],
        grounds: Harmless("a version of a layer cannot be changed, and it runs as the tenant's"),
    },
    Entry {
        from: &["AWS::Lambda::Function"],
        paths: &["Code.*"],
        to: ANY,
        directions: &[TenantToShared],
        grounds: Decided("escalation/code asks who writes where the code lies"),
    },
    Entry {
        from: &["AWS::Lambda::Function"],
        paths: &["LoggingConfig.LogGroup"],
        to: &["AWS::Logs::LogGroup"],
        directions: &[TenantToShared],
        grounds: Decided("log/written-by-owner asks who writes to one group"),
    },
    // Roles that something runs as.
    Entry {
        from: &["AWS::ECS::TaskDefinition"],
        paths: &["ExecutionRoleArn"],
        to: ROLES,
        directions: &[TenantToShared],
        grounds: Harmless("the agent runs as it; containers are not given its credentials"),
    },
    Entry {
        from: &["AWS::Cognito::IdentityPoolRoleAttachment", "AWS::Cognito::UserPoolGroup"],
        paths: ANY,
        to: ROLES,
        directions: EVERY,
        grounds: Decided("escalation/assume asks which users each rule gives the role"),
    },
    Entry {
        from: &["AWS::Cognito::IdentityPool", "AWS::Cognito::IdentityPoolRoleAttachment"],
        paths: ANY,
        to: &["AWS::Cognito::*"],
        directions: EVERY,
        grounds: Decided("escalation/assume asks whose users the trust policies take"),
    },
    // Keys.
    Entry {
        from: ANY,
        paths: &["*Kms*", "*KMS*"],
        to: KEYS,
        directions: &[TenantToOther, TenantToShared],
        grounds: Decided("key/assignment and log/encryption ask whose key it is"),
    },
    // Flows.
    Entry {
        from: &["AWS::Lambda::EventSourceMapping"],
        paths: &["EventSourceArn", "FunctionName", "DestinationConfig.*"],
        to: ANY,
        directions: EVERY,
        grounds: FLOWS,
    },
    Entry {
        from: &["AWS::Lambda::EventInvokeConfig"],
        paths: ANY,
        to: ANY,
        directions: EVERY,
        grounds: FLOWS,
    },
    Entry {
        from: &["AWS::Lambda::Function"],
        paths: &["DeadLetterConfig.TargetArn"],
        to: ANY,
        directions: EVERY,
        grounds: FLOWS,
    },
    Entry {
        from: &["AWS::SNS::Subscription"],
        paths: &["TopicArn", "Endpoint"],
        to: ANY,
        directions: EVERY,
        grounds: FLOWS,
    },
    Entry {
        from: &["AWS::Pipes::Pipe"],
        paths: &["Source", "Enrichment", "Target"],
        to: ANY,
        directions: EVERY,
        grounds: FLOWS,
    },
    Entry {
        from: &["AWS::SQS::Queue"],
        paths: &["RedrivePolicy*"],
        to: ANY,
        directions: EVERY,
        grounds: FLOWS,
    },
    Entry {
        from: &["AWS::S3::Bucket"],
        paths: &[
            "NotificationConfiguration.*",
            "ReplicationConfiguration.Rules[].Destination.Bucket",
        ],
        to: ANY,
        directions: EVERY,
        grounds: FLOWS,
    },
    Entry {
        from: &["AWS::Events::Rule"],
        paths: &["EventBusName", "Targets[].Arn"],
        to: ANY,
        directions: EVERY,
        grounds: FLOWS,
    },
    Entry {
        from: &["AWS::Scheduler::Schedule"],
        paths: &["Target.Arn"],
        to: ANY,
        directions: EVERY,
        grounds: FLOWS,
    },
    Entry {
        from: &["AWS::Logs::SubscriptionFilter"],
        paths: &["LogGroupName", "DestinationArn"],
        to: ANY,
        directions: EVERY,
        grounds: FLOWS,
    },
    Entry {
        from: &["AWS::DynamoDB::Table"],
        paths: &["KinesisStreamSpecification.StreamArn"],
        to: ANY,
        directions: EVERY,
        grounds: FLOWS,
    },
    Entry {
        from: &["AWS::KinesisFirehose::DeliveryStream"],
        paths: &[
            "ExtendedS3DestinationConfiguration.BucketARN",
            "KinesisStreamSourceConfiguration.KinesisStreamARN",
        ],
        to: ANY,
        directions: EVERY,
        grounds: FLOWS,
    },
    // Routes.
    Entry {
        from: &["AWS::ApiGateway::*", "AWS::ApiGatewayV2::*"],
        paths: ANY,
        to: &["AWS::ApiGateway::*", "AWS::ApiGatewayV2::*"],
        directions: EVERY,
        grounds: ROUTES,
    },
    Entry {
        from: &["AWS::ApiGateway::RestApi", "AWS::ApiGatewayV2::Api"],
        paths: &["Body*"],
        to: &["AWS::Lambda::*", "AWS::Cognito::*"],
        directions: EVERY,
        grounds: ROUTES,
    },
    Entry {
        from: &["AWS::ApiGateway::Method", "AWS::ApiGatewayV2::Integration"],
        paths: &["Integration.Uri", "IntegrationUri"],
        to: &["AWS::Lambda::*"],
        directions: EVERY,
        grounds: ROUTES,
    },
    Entry {
        from: &["AWS::ApiGateway::Authorizer", "AWS::ApiGatewayV2::Authorizer"],
        paths: ANY,
        to: &["AWS::Lambda::*", "AWS::Cognito::*"],
        directions: &[TenantToShared, SharedToTenant],
        grounds: ROUTES,
    },
    Entry {
        from: &["AWS::Lambda::Url"],
        paths: &["TargetFunctionArn"],
        to: ANY,
        directions: EVERY,
        grounds: Decided("route/function-url asks who may call it"),
    },
    Entry {
        from: &["AWS::Cognito::*"],
        paths: &["UserPoolId"],
        to: &["AWS::Cognito::UserPool"],
        directions: EVERY,
        grounds: Decided("the claims of tokens ask what a pool's clients may write"),
    },
    Entry {
        from: &["AWS::Cognito::UserPool"],
        paths: &["LambdaConfig.*"],
        to: &["AWS::Lambda::*"],
        directions: &[TenantToShared],
        grounds: STEERS,
    },
    // What people look at.
    Entry {
        from: ANY,
        paths: &["Tags*", "*.Tags*", "Description", "*.Description"],
        to: ANY,
        directions: EVERY,
        grounds: Harmless("it is for people, and no service acts on it"),
    },
    Entry {
        from: &["AWS::CloudWatch::Dashboard"],
        paths: &["DashboardBody*"],
        to: ANY,
        directions: EVERY,
        grounds: Harmless("a dashboard shows what the rights of whoever looks at it let be read"),
    },
    Entry {
        from: &["AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"],
        paths: &["*Actions[]"],
        to: &["AWS::SNS::Topic"],
        directions: &[TenantToShared],
        grounds: Harmless("what is sent is the state of the tenant's own alarm"),
    },
    Entry {
        from: &["AWS::CloudWatch::Alarm"],
        paths: &["*Dimensions[].Value", "Metrics*"],
        to: ANY,
        directions: &[SharedToTenant],
        grounds: Harmless("a shared alarm counts, and gives a tenant nothing"),
    },
    // Where a tenant's own data go.
    Entry {
        from: &["AWS::EC2::FlowLog"],
        paths: &["LogDestination", "LogGroupName"],
        to: &["AWS::S3::Bucket", "AWS::Logs::LogGroup"],
        directions: &[TenantToShared],
        grounds: Harmless("the tenant's own addresses go there; who reads them is asked there"),
    },
    Entry {
        from: &["AWS::S3::Bucket"],
        paths: &["LoggingConfiguration.DestinationBucketName"],
        to: &["AWS::S3::Bucket"],
        directions: &[TenantToShared],
        grounds: Harmless(
            "who asked for the tenant's own objects goes there; who reads is asked there",
        ),
    },
];
