//! What is a barrier by its nature: what lets somebody in, or keeps somebody out.

use tenantry_plan::Change;

/// Types all of whose properties are barriers.
const WHOLE: &[&str] = &[
    "AWS::ApiGateway::Authorizer",
    "AWS::EC2::NetworkAclEntry",
    "AWS::EC2::Route",
    "AWS::EC2::SubnetNetworkAclAssociation",
    "AWS::EC2::SubnetRouteTableAssociation",
    "AWS::EC2::VPCCidrBlock",
    "AWS::EC2::VPCPeeringConnection",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Policy",
    "AWS::IAM::RolePolicy",
    "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::Permission",
    "AWS::Lambda::Url",
    "AWS::Logs::SubscriptionFilter",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::Subscription",
    "AWS::SNS::TopicPolicy",
];

/// Properties, of whatever type, that are barriers.
const PROPERTIES: &[&str] = &[
    "AdminCreateUserConfig",
    "AssumeRolePolicyDocument",
    "BucketEncryption",
    "ExplicitAuthFlows",
    "KeyPolicy",
    "KmsKeyId",
    "LambdaConfig",
    "ManagedPolicyArns",
    "OwnershipControls",
    "PermissionsBoundary",
    "Policies",
    "Policy",
    "PolicyDocument",
    "PublicAccessBlockConfiguration",
    "ResourcePolicy",
    "SSESpecification",
    "Schema",
    "SecurityGroupEgress",
    "SecurityGroupIngress",
    "VpcConfig",
    "WriteAttributes",
];

/// Whether a difference concerns a barrier: it is not to be called harmless because others still hold.
pub(crate) fn concerns_barrier(resource: &Change) -> bool {
    WHOLE.contains(&resource.kind.as_str())
        || resource.properties.iter().any(|place| {
            let property = place.path.split('/').next().unwrap_or_default();
            PROPERTIES.contains(&property) || place.path.contains("/security")
        })
}
