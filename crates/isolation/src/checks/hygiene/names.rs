//! The environment's suffix at the end of every physical name.

use tenantry_template::{PartRef, Resource, Value};

use super::{Answers, Fault, Part, Rules, hygiene};

/// Properties that give a physical name, by type. The `Name` tag of EC2's resources counts too.
const NAMED: &[(&str, &str)] = &[
    ("AWS::ApiGateway::RestApi", "Name"),
    ("AWS::ApiGateway::UsagePlan", "UsagePlanName"),
    ("AWS::ApiGatewayV2::Api", "Name"),
    ("AWS::CloudTrail::Trail", "TrailName"),
    ("AWS::CloudWatch::Alarm", "AlarmName"),
    ("AWS::CloudWatch::Dashboard", "DashboardName"),
    ("AWS::Cognito::UserPool", "UserPoolName"),
    ("AWS::Cognito::UserPoolClient", "ClientName"),
    ("AWS::DynamoDB::Table", "TableName"),
    ("AWS::EC2::SecurityGroup", "GroupName"),
    ("AWS::ECS::Cluster", "ClusterName"),
    ("AWS::ECS::Service", "ServiceName"),
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", "Name"),
    ("AWS::Events::Rule", "Name"),
    ("AWS::IAM::ManagedPolicy", "ManagedPolicyName"),
    ("AWS::IAM::Policy", "PolicyName"),
    ("AWS::IAM::Role", "RoleName"),
    ("AWS::IAM::User", "UserName"),
    ("AWS::KMS::Alias", "AliasName"),
    ("AWS::Kinesis::Stream", "Name"),
    ("AWS::Lambda::Function", "FunctionName"),
    ("AWS::Logs::LogGroup", "LogGroupName"),
    ("AWS::Logs::MetricFilter", "FilterName"),
    ("AWS::RDS::DBCluster", "DBClusterIdentifier"),
    ("AWS::RDS::DBInstance", "DBInstanceIdentifier"),
    ("AWS::S3::Bucket", "BucketName"),
    ("AWS::SNS::Topic", "TopicName"),
    ("AWS::SQS::Queue", "QueueName"),
    ("AWS::SecretsManager::Secret", "Name"),
    ("AWS::StepFunctions::StateMachine", "StateMachineName"),
];

pub(super) fn check<'a>(answers: &mut Answers<'_, '_, '_>, resource: &Resource<'a>, rules: &Rules) {
    let Some(suffix) = &rules.suffix else { return };
    let mut properties = NAMED.iter().filter(|(kind, _)| *kind == resource.kind);
    if let Some(name) = properties.find_map(|(_, property)| resource.properties.get(property)) {
        ends(answers, name, suffix);
    }
    if resource.kind.starts_with("AWS::EC2::") {
        let tags = resource.properties.get("Tags").map(Value::items).unwrap_or_default();
        let mut names =
            tags.iter().filter(|tag| tag.get("Key").and_then(Value::as_str) == Some("Name"));
        if let Some(name) = names.next().and_then(|tag| tag.get("Value")) {
            ends(answers, name, suffix);
        }
    }
}

fn ends(answers: &mut Answers<'_, '_, '_>, name: &Value<'_>, suffix: &str) {
    answers.asked(hygiene::SUFFIX);
    // SQS and SNS want their FIFO names to end so.
    let bare = |text: &str| text.strip_suffix(".fifo").unwrap_or(text).to_owned();
    let Some(text) = name.to_text() else {
        answers.undecided(hygiene::SUFFIX, Part::Name, name);
        return;
    };
    match text.parts().next_back() {
        Some(PartRef::Literal(end)) if bare(end).ends_with(&format!("-{suffix}")) => {}
        Some(PartRef::Symbol(_)) => answers.undecided(hygiene::SUFFIX, Part::NameEnd, name),
        Some(PartRef::Literal(_)) | None => {
            let readable = answers.symbols.readable(&text);
            let what = Fault::NamedWithout { name: readable, suffix: suffix.to_owned() };
            answers.broken(hygiene::SUFFIX, what, name.span);
        }
    }
}
