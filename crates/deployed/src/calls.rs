//! Every call that is made: nothing else can be asked, and the policy that an auditor needs is this list.

/// How a service is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// A form, of this version of the API; XML comes back.
    Query(&'static str),
    /// A JSON document, of this version of the protocol and with this prefix of the target.
    Json(&'static str, &'static str),
    /// A path; JSON comes back.
    Rest,
    /// A path; XML comes back.
    RestXml,
}

/// A call that changes nothing.
#[derive(Debug, PartialEq, Eq)]
pub struct Call {
    /// The service's name in signatures.
    pub service: &'static str,
    /// The operation's name in the API.
    pub operation: &'static str,
    /// The IAM action that it needs.
    /// <https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>
    pub action: &'static str,
    pub(crate) protocol: Protocol,
}

macro_rules! calls {
    ($($name:ident = $service:literal $protocol:expr, $operation:literal, $action:literal;)*) => {
        $(pub(crate) static $name: Call = Call {
            service: $service, operation: $operation, action: $action, protocol: $protocol,
        };)*
        static ALL: &[&Call] = &[$(&$name),*];
    };
}

const STACKS: Protocol = Protocol::Query("2010-05-15");
const IAM: Protocol = Protocol::Query("2010-05-08");
const EC2: Protocol = Protocol::Query("2016-11-15");
const SNS: Protocol = Protocol::Query("2010-03-31");
const METRICS: Protocol = Protocol::Query("2010-08-01");
const KMS: Protocol = Protocol::Json("1.1", "TrentService");
const TABLES: Protocol = Protocol::Json("1.0", "DynamoDB_20120810");
const LOGS: Protocol = Protocol::Json("1.1", "Logs_20140328");
const USERS: Protocol = Protocol::Json("1.1", "AWSCognitoIdentityProviderService");
const TRAILS: Protocol =
    Protocol::Json("1.1", "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101");
const REST: Protocol = Protocol::Rest;
const S3: Protocol = Protocol::RestXml;

calls! {
    DESCRIBE_STACKS = "cloudformation" STACKS, "DescribeStacks", "cloudformation:DescribeStacks";
    LIST_STACK_RESOURCES = "cloudformation" STACKS, "ListStackResources", "cloudformation:ListStackResources";
    GET_TEMPLATE = "cloudformation" STACKS, "GetTemplate", "cloudformation:GetTemplate";
    AUTHORIZATION_DETAILS = "iam" IAM, "GetAccountAuthorizationDetails", "iam:GetAccountAuthorizationDetails";
    DESCRIBE_KEY = "kms" KMS, "DescribeKey", "kms:DescribeKey";
    GET_KEY_POLICY = "kms" KMS, "GetKeyPolicy", "kms:GetKeyPolicy";
    GET_KEY_ROTATION_STATUS = "kms" KMS, "GetKeyRotationStatus", "kms:GetKeyRotationStatus";
    LIST_RESOURCE_TAGS = "kms" KMS, "ListResourceTags", "kms:ListResourceTags";
    LIST_GRANTS = "kms" KMS, "ListGrants", "kms:ListGrants";
    LIST_ALIASES = "kms" KMS, "ListAliases", "kms:ListAliases";
    LIST_KEYS = "kms" KMS, "ListKeys", "kms:ListKeys";
    DESCRIBE_VPCS = "ec2" EC2, "DescribeVpcs", "ec2:DescribeVpcs";
    DESCRIBE_VPC_ATTRIBUTE = "ec2" EC2, "DescribeVpcAttribute", "ec2:DescribeVpcAttribute";
    DESCRIBE_SUBNETS = "ec2" EC2, "DescribeSubnets", "ec2:DescribeSubnets";
    DESCRIBE_ROUTE_TABLES = "ec2" EC2, "DescribeRouteTables", "ec2:DescribeRouteTables";
    DESCRIBE_NETWORK_ACLS = "ec2" EC2, "DescribeNetworkAcls", "ec2:DescribeNetworkAcls";
    DESCRIBE_SECURITY_GROUPS = "ec2" EC2, "DescribeSecurityGroups", "ec2:DescribeSecurityGroups";
    DESCRIBE_INTERNET_GATEWAYS = "ec2" EC2, "DescribeInternetGateways", "ec2:DescribeInternetGateways";
    DESCRIBE_VPC_ENDPOINTS = "ec2" EC2, "DescribeVpcEndpoints", "ec2:DescribeVpcEndpoints";
    DESCRIBE_PEERINGS = "ec2" EC2, "DescribeVpcPeeringConnections", "ec2:DescribeVpcPeeringConnections";
    DESCRIBE_INSTANCES = "ec2" EC2, "DescribeInstances", "ec2:DescribeInstances";
    DESCRIBE_FLOW_LOGS = "ec2" EC2, "DescribeFlowLogs", "ec2:DescribeFlowLogs";
    LIST_TABLES = "dynamodb" TABLES, "ListTables", "dynamodb:ListTables";
    DESCRIBE_TABLE = "dynamodb" TABLES, "DescribeTable", "dynamodb:DescribeTable";
    DESCRIBE_CONTINUOUS_BACKUPS = "dynamodb" TABLES, "DescribeContinuousBackups", "dynamodb:DescribeContinuousBackups";
    DESCRIBE_TIME_TO_LIVE = "dynamodb" TABLES, "DescribeTimeToLive", "dynamodb:DescribeTimeToLive";
    GET_TABLE_POLICY = "dynamodb" TABLES, "GetResourcePolicy", "dynamodb:GetResourcePolicy";
    LIST_TABLE_TAGS = "dynamodb" TABLES, "ListTagsOfResource", "dynamodb:ListTagsOfResource";
    LIST_FUNCTIONS = "lambda" REST, "ListFunctions", "lambda:ListFunctions";
    LIST_FUNCTION_TAGS = "lambda" REST, "ListTags", "lambda:ListTags";
    GET_FUNCTION_CONFIGURATION = "lambda" REST, "GetFunctionConfiguration", "lambda:GetFunctionConfiguration";
    GET_FUNCTION_POLICY = "lambda" REST, "GetPolicy", "lambda:GetPolicy";
    GET_FUNCTION_URL = "lambda" REST, "GetFunctionUrlConfig", "lambda:GetFunctionUrlConfig";
    LIST_EVENT_SOURCES = "lambda" REST, "ListEventSourceMappings", "lambda:ListEventSourceMappings";
    DESCRIBE_LOG_GROUPS = "logs" LOGS, "DescribeLogGroups", "logs:DescribeLogGroups";
    LIST_LOG_GROUP_TAGS = "logs" LOGS, "ListTagsForResource", "logs:ListTagsForResource";
    DESCRIBE_METRIC_FILTERS = "logs" LOGS, "DescribeMetricFilters", "logs:DescribeMetricFilters";
    DESCRIBE_SUBSCRIPTION_FILTERS = "logs" LOGS, "DescribeSubscriptionFilters", "logs:DescribeSubscriptionFilters";
    DESCRIBE_USER_POOL = "cognito-idp" USERS, "DescribeUserPool", "cognito-idp:DescribeUserPool";
    GET_USER_POOL_MFA = "cognito-idp" USERS, "GetUserPoolMfaConfig", "cognito-idp:GetUserPoolMfaConfig";
    LIST_USER_POOL_CLIENTS = "cognito-idp" USERS, "ListUserPoolClients", "cognito-idp:ListUserPoolClients";
    DESCRIBE_USER_POOL_CLIENT = "cognito-idp" USERS, "DescribeUserPoolClient", "cognito-idp:DescribeUserPoolClient";
    LIST_GROUPS = "cognito-idp" USERS, "ListGroups", "cognito-idp:ListGroups";
    LIST_IDENTITY_PROVIDERS = "cognito-idp" USERS, "ListIdentityProviders", "cognito-idp:ListIdentityProviders";
    // One action for every path that is read.
    GET_API = "apigateway" REST, "GetRestApi", "apigateway:GET";
    LIST_BUCKETS = "s3" S3, "ListBuckets", "s3:ListAllMyBuckets";
    GET_BUCKET_ENCRYPTION = "s3" S3, "GetBucketEncryption", "s3:GetEncryptionConfiguration";
    GET_BUCKET_LIFECYCLE = "s3" S3, "GetBucketLifecycleConfiguration", "s3:GetLifecycleConfiguration";
    GET_BUCKET_OWNERSHIP = "s3" S3, "GetBucketOwnershipControls", "s3:GetBucketOwnershipControls";
    GET_BUCKET_POLICY = "s3" S3, "GetBucketPolicy", "s3:GetBucketPolicy";
    GET_BUCKET_PUBLIC_ACCESS = "s3" S3, "GetPublicAccessBlock", "s3:GetBucketPublicAccessBlock";
    GET_BUCKET_TAGGING = "s3" S3, "GetBucketTagging", "s3:GetBucketTagging";
    GET_BUCKET_VERSIONING = "s3" S3, "GetBucketVersioning", "s3:GetBucketVersioning";
    GET_TOPIC = "sns" SNS, "GetTopicAttributes", "sns:GetTopicAttributes";
    LIST_TOPIC_TAGS = "sns" SNS, "ListTagsForResource", "sns:ListTagsForResource";
    LIST_SUBSCRIPTIONS = "sns" SNS, "ListSubscriptionsByTopic", "sns:ListSubscriptionsByTopic";
    DESCRIBE_ALARMS = "monitoring" METRICS, "DescribeAlarms", "cloudwatch:DescribeAlarms";
    GET_TRAIL = "cloudtrail" TRAILS, "GetTrail", "cloudtrail:GetTrail";
    GET_TRAIL_STATUS = "cloudtrail" TRAILS, "GetTrailStatus", "cloudtrail:GetTrailStatus";
    GET_EVENT_SELECTORS = "cloudtrail" TRAILS, "GetEventSelectors", "cloudtrail:GetEventSelectors";
}

/// Every call that reading can make.
#[must_use]
pub fn calls() -> &'static [&'static Call] {
    ALL
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_only_looks() {
        for call in calls() {
            let operation = call.action.split(':').nth(1).unwrap_or_default();
            let looks = ["Describe", "Get", "List"].iter().any(|verb| operation.starts_with(verb));
            assert!(looks || call.action == "apigateway:GET", "{}", call.action);
        }
    }
}
