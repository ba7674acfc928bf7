//! What the emulator is known to do with a property, found by trying it on the version that is pinned.
//!
//! `.ci/emulator_differences` reads each property of a deployed platform back and fails where this is not so.

/// Properties that the emulator's CloudFormation carries out and that nobody has to set afterwards.
const BY_CLOUDFORMATION: &[(&str, &[&str])] = &[
    ("AWS::ApiGateway::Account", &["CloudWatchRoleArn"]),
    ("AWS::ApiGateway::Deployment", &["Description", "RestApiId"]),
    (
        "AWS::ApiGateway::RestApi",
        &[
            "Body.components",
            "Body.info",
            "Body.openapi",
            "Body.paths",
            "Description",
            // An instruction to CloudFormation; no service keeps it.
            "FailOnWarnings",
            "Name",
            "Tags",
        ],
    ),
    (
        "AWS::ApiGateway::Stage",
        &["DeploymentId", "MethodSettings", "RestApiId", "StageName", "Tags"],
    ),
    (
        "AWS::CloudWatch::Alarm",
        &[
            "AlarmActions",
            "AlarmDescription",
            "AlarmName",
            "ComparisonOperator",
            "Dimensions",
            "EvaluationPeriods",
            "ExtendedStatistic",
            "MetricName",
            "Namespace",
            "Period",
            "Statistic",
            "Tags",
            "Threshold",
            "TreatMissingData",
        ],
    ),
    ("AWS::CloudWatch::Dashboard", &["DashboardBody", "DashboardName"]),
    (
        "AWS::Cognito::UserPool",
        &[
            "AccountRecoverySetting",
            "AdminCreateUserConfig",
            "AutoVerifiedAttributes",
            "DeletionProtection",
            "EnabledMfas",
            "MfaConfiguration",
            "Policies",
            "Schema",
            "UserAttributeUpdateSettings",
            "UserPoolName",
            "UserPoolTags",
            "UsernameAttributes",
            "UsernameConfiguration",
        ],
    ),
    (
        "AWS::Cognito::UserPoolClient",
        &[
            "AccessTokenValidity",
            "ClientName",
            "EnableTokenRevocation",
            "ExplicitAuthFlows",
            "GenerateSecret",
            "IdTokenValidity",
            "PreventUserExistenceErrors",
            "ReadAttributes",
            "RefreshTokenValidity",
            "TokenValidityUnits",
            "UserPoolId",
            "WriteAttributes",
        ],
    ),
    (
        "AWS::DynamoDB::Table",
        &[
            "AttributeDefinitions",
            "BillingMode",
            "DeletionProtectionEnabled",
            "KeySchema",
            "TableName",
            "Tags",
        ],
    ),
    ("AWS::EC2::InternetGateway", &["Tags"]),
    ("AWS::EC2::Route", &["DestinationCidrBlock", "GatewayId", "RouteTableId"]),
    ("AWS::EC2::RouteTable", &["Tags", "VpcId"]),
    (
        "AWS::EC2::SecurityGroup",
        &["GroupDescription", "GroupName", "SecurityGroupEgress", "Tags", "VpcId"],
    ),
    (
        "AWS::EC2::Subnet",
        &["AvailabilityZone", "CidrBlock", "MapPublicIpOnLaunch", "Tags", "VpcId"],
    ),
    ("AWS::EC2::SubnetRouteTableAssociation", &["RouteTableId", "SubnetId"]),
    ("AWS::EC2::VPC", &["CidrBlock", "EnableDnsHostnames", "EnableDnsSupport", "Tags"]),
    (
        "AWS::EC2::VPCEndpoint",
        &["RouteTableIds", "ServiceName", "Tags", "VpcEndpointType", "VpcId"],
    ),
    ("AWS::EC2::VPCGatewayAttachment", &["InternetGatewayId", "VpcId"]),
    ("AWS::IAM::Policy", &["PolicyDocument", "PolicyName", "Roles"]),
    (
        "AWS::IAM::Role",
        &["AssumeRolePolicyDocument", "Description", "ManagedPolicyArns", "RoleName", "Tags"],
    ),
    ("AWS::KMS::Alias", &["AliasName", "TargetKeyId"]),
    (
        "AWS::KMS::Key",
        // The waiting time shows when the key is deleted.
        &["Description", "EnableKeyRotation", "KeyPolicy", "PendingWindowInDays", "Tags"],
    ),
    (
        "AWS::Lambda::Function",
        &[
            "Architectures",
            "Code",
            "Description",
            "Environment",
            "FunctionName",
            "Handler",
            "LoggingConfig",
            "MemorySize",
            "Role",
            "Runtime",
            "Tags",
            "Timeout",
        ],
    ),
    (
        "AWS::Lambda::Permission",
        &["Action", "FunctionName", "Principal", "SourceAccount", "SourceArn"],
    ),
    ("AWS::Logs::LogGroup", &["KmsKeyId", "LogGroupName", "RetentionInDays", "Tags"]),
    (
        "AWS::Logs::MetricFilter",
        &["FilterName", "FilterPattern", "LogGroupName", "MetricTransformations"],
    ),
    (
        "AWS::S3::Bucket",
        &["BucketName", "PublicAccessBlockConfiguration", "VersioningConfiguration"],
    ),
    ("AWS::S3::BucketPolicy", &["Bucket", "PolicyDocument"]),
    ("AWS::SNS::Topic", &["Tags", "TopicName"]),
    ("AWS::SNS::TopicPolicy", &["PolicyDocument", "Topics"]),
    // The function that carries it out was called, or the stack would not be complete.
    ("Custom::EmptyBucket", &["BucketName", "ServiceToken"]),
];

const NO_PACKETS: &str = "no packet is moved or filtered";

/// What is kept and acted on by nothing: no call that is refused or let through on this machine says anything about it.
const UNENFORCED: &[(&str, &str, &str)] = &[
    ("AWS::CloudTrail::Trail", "IsLogging", "no log file is written"),
    ("AWS::Cognito::UserPool", "AdminCreateUserConfig", "people can sign up by themselves here"),
    ("AWS::Cognito::UserPool", "Schema", "attributes that are not mutable can be changed here"),
    ("AWS::DynamoDB::Table", "ResourcePolicy", "calls are decided without it"),
    ("AWS::DynamoDB::Table", "SSESpecification", "items are kept in clear"),
    ("AWS::EC2::FlowLog", "ResourceId", NO_PACKETS),
    ("AWS::EC2::NetworkAclEntry", "RuleAction", NO_PACKETS),
    ("AWS::EC2::SecurityGroup", "SecurityGroupEgress", NO_PACKETS),
    ("AWS::Lambda::Function", "VpcConfig", "functions are processes with this machine's network"),
    ("AWS::Lambda::Permission", "Principal", "API Gateway calls functions without it"),
    ("AWS::S3::Bucket", "BucketEncryption", "objects are kept in clear"),
    ("AWS::SNS::Topic", "KmsMasterKeyId", "messages are kept in clear"),
];

/// Whether the emulator's CloudFormation is known to carry a property out.
pub(super) fn by_cloudformation(kind: &str, property: &str) -> bool {
    BY_CLOUDFORMATION
        .iter()
        .any(|(name, properties)| *name == kind && properties.contains(&property))
}

/// Why a property that is kept means nothing here, if it does not.
pub(super) fn unenforced(kind: &str, property: &str) -> Option<&'static str> {
    UNENFORCED.iter().find(|one| (one.0, one.1) == (kind, property)).map(|one| one.2)
}

/// What the emulator neither keeps nor shows, so that nothing of it can be drift: by type and property, or by type for all
/// of it.
const NOT_HELD: &[(&str, Option<&str>, &str)] = &[
    ("AWS::EC2::SubnetNetworkAclAssociation", None, "the emulator cannot make it"),
    ("AWS::EC2::NetworkAclEntry", Some("PortRange"), "the emulator does not keep it"),
    ("AWS::EC2::VPCEndpoint", Some("PolicyDocument"), "the emulator does not show it"),
    ("AWS::EC2::FlowLog", Some("DeliverLogsPermissionArn"), "the emulator does not show it"),
];

/// Why something cannot be compared with what is here, if it cannot.
pub(crate) fn not_held(kind: &str, property: Option<&str>) -> Option<&'static str> {
    NOT_HELD.iter().find(|one| (one.0, one.1) == (kind, property)).map(|one| one.2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_property_that_is_set_afterwards_is_not_left_to_cloudformation_as_well() {
        for kind in super::super::KINDS {
            for (property, _) in kind.write {
                assert!(!by_cloudformation(kind.name, property), "{} {property}", kind.name);
            }
        }
    }

    #[test]
    fn a_property_that_nobody_looked_at_is_not_known() {
        assert!(by_cloudformation("AWS::DynamoDB::Table", "TableName"));
        assert!(!by_cloudformation("AWS::DynamoDB::Table", "StreamSpecification"));
        assert!(!by_cloudformation("AWS::EC2::VPCEndpoint", "PolicyDocument"));
        assert!(!by_cloudformation("AWS::SQS::Queue", "QueueName"));
    }
}
