//! The required tags on everything that takes tags.

use tenantry_template::{Resource, Value, ValueKind};

use super::{Answers, Fault, Part, Rules, hygiene, present};

/// Types that take tags in CloudFormation, and the property that holds them.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/>
const TAGGED: &[(&str, &str)] = &[
    ("AWS::ApiGateway::RestApi", "Tags"),
    ("AWS::ApiGateway::Stage", "Tags"),
    ("AWS::ApiGateway::UsagePlan", "Tags"),
    ("AWS::ApiGatewayV2::Api", "Tags"),
    ("AWS::ApiGatewayV2::Stage", "Tags"),
    ("AWS::CloudTrail::Trail", "Tags"),
    ("AWS::CloudWatch::Alarm", "Tags"),
    ("AWS::Cognito::UserPool", "UserPoolTags"),
    ("AWS::DynamoDB::Table", "Tags"),
    ("AWS::EC2::EIP", "Tags"),
    ("AWS::EC2::FlowLog", "Tags"),
    ("AWS::EC2::Instance", "Tags"),
    ("AWS::EC2::InternetGateway", "Tags"),
    ("AWS::EC2::NatGateway", "Tags"),
    ("AWS::EC2::NetworkAcl", "Tags"),
    ("AWS::EC2::NetworkInterface", "Tags"),
    ("AWS::EC2::RouteTable", "Tags"),
    ("AWS::EC2::SecurityGroup", "Tags"),
    ("AWS::EC2::Subnet", "Tags"),
    ("AWS::EC2::TransitGateway", "Tags"),
    ("AWS::EC2::VPC", "Tags"),
    ("AWS::EC2::VPCPeeringConnection", "Tags"),
    ("AWS::EC2::Volume", "Tags"),
    ("AWS::ECS::Cluster", "Tags"),
    ("AWS::ECS::Service", "Tags"),
    ("AWS::ECS::TaskDefinition", "Tags"),
    ("AWS::EFS::FileSystem", "FileSystemTags"),
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", "Tags"),
    ("AWS::ElasticLoadBalancingV2::TargetGroup", "Tags"),
    ("AWS::IAM::Role", "Tags"),
    ("AWS::IAM::User", "Tags"),
    ("AWS::KMS::Key", "Tags"),
    ("AWS::Kinesis::Stream", "Tags"),
    ("AWS::Lambda::Function", "Tags"),
    ("AWS::Logs::LogGroup", "Tags"),
    ("AWS::RDS::DBCluster", "Tags"),
    ("AWS::RDS::DBInstance", "Tags"),
    ("AWS::RDS::DBSubnetGroup", "Tags"),
    ("AWS::S3::Bucket", "Tags"),
    ("AWS::SNS::Topic", "Tags"),
    ("AWS::SQS::Queue", "Tags"),
    ("AWS::SecretsManager::Secret", "Tags"),
    ("AWS::StepFunctions::StateMachine", "Tags"),
];

pub(super) fn check<'a>(answers: &mut Answers<'_, '_, '_>, resource: &Resource<'a>, rules: &Rules) {
    let Some((_, property)) = TAGGED.iter().find(|(kind, _)| *kind == resource.kind) else {
        return;
    };
    answers.asked(hygiene::TAGS);
    let tags = resource.properties.get(property);
    if let Some(tags) = tags
        && matches!(tags.kind, ValueKind::Unknown(_) | ValueKind::Choice(_))
    {
        answers.undecided(hygiene::TAGS, Part::Tags, tags);
        return;
    }
    let list = tags.map(Value::items).unwrap_or_default();
    let unknown = list.iter().find(|tag| matches!(tag.kind, ValueKind::Choice(_)));
    for required in &rules.tags {
        let as_map = tags.and_then(|tags| tags.get(required));
        let mut tags = list.iter();
        let in_list = tags.find(|tag| tag.get("Key").and_then(Value::as_str) == Some(required));
        match (present(as_map.or(in_list.and_then(|tag| tag.get("Value")))), unknown) {
            (Some(true), _) => {}
            (Some(false), None) => {
                let what = Fault::NoTag(required.clone());
                answers.broken(hygiene::TAGS, what, resource.span);
            }
            (None, _) | (Some(false), Some(_)) => {
                let value = unknown.or(in_list).or(as_map).unwrap_or(&resource.properties);
                answers.undecided(hygiene::TAGS, Part::Tag, value);
            }
        }
    }
}
