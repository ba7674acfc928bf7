//! What CloudFormation calls the properties of each kind of resource.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html>

mod api;
mod audit;
mod compute;
mod encryption;
mod identity;
mod logging;
mod monitoring;
mod network;
mod storage;

use std::borrow::Cow;

use tenantry_resources::{Resource, Tree};

type Properties = Vec<(Cow<'static, str>, Tree)>;

/// Writes both tables from one list: the type's name, and the function that gives the properties.
macro_rules! types {
    ($($kind:ident => $name:literal, $module:ident::$function:ident;)*) => {
        pub(crate) fn type_name(resource: &Resource) -> &'static str {
            match resource {
                $(Resource::$kind(_) => $name,)*
            }
        }

        pub(crate) fn properties(resource: &Resource) -> Properties {
            match resource {
                $(Resource::$kind(resource) => $module::$function(resource),)*
            }
        }
    };
}

types! {
    Account => "AWS::ApiGateway::Account", api::account;
    Alarm => "AWS::CloudWatch::Alarm", monitoring::alarm;
    Alias => "AWS::KMS::Alias", encryption::alias;
    Bucket => "AWS::S3::Bucket", storage::bucket;
    BucketEmptier => "Custom::EmptyBucket", compute::bucket_emptier;
    BucketPolicy => "AWS::S3::BucketPolicy", storage::bucket_policy;
    Dashboard => "AWS::CloudWatch::Dashboard", monitoring::dashboard;
    Deployment => "AWS::ApiGateway::Deployment", api::deployment;
    FlowLog => "AWS::EC2::FlowLog", network::flow_log;
    Function => "AWS::Lambda::Function", compute::function;
    InternetGateway => "AWS::EC2::InternetGateway", network::internet_gateway;
    Key => "AWS::KMS::Key", encryption::key;
    LogGroup => "AWS::Logs::LogGroup", logging::log_group;
    MetricFilter => "AWS::Logs::MetricFilter", logging::metric_filter;
    NetworkAcl => "AWS::EC2::NetworkAcl", network::network_acl;
    NetworkAclEntry => "AWS::EC2::NetworkAclEntry", network::network_acl_entry;
    Permission => "AWS::Lambda::Permission", compute::permission;
    RestApi => "AWS::ApiGateway::RestApi", api::rest_api;
    Role => "AWS::IAM::Role", compute::role;
    RolePolicy => "AWS::IAM::Policy", compute::role_policy;
    Route => "AWS::EC2::Route", network::route;
    RouteTable => "AWS::EC2::RouteTable", network::route_table;
    SecurityGroup => "AWS::EC2::SecurityGroup", network::security_group;
    Stage => "AWS::ApiGateway::Stage", api::stage;
    Subnet => "AWS::EC2::Subnet", network::subnet;
    SubnetNetworkAclAssociation =>
        "AWS::EC2::SubnetNetworkAclAssociation", network::subnet_network_acl_association;
    SubnetRouteTableAssociation =>
        "AWS::EC2::SubnetRouteTableAssociation", network::subnet_route_table_association;
    Table => "AWS::DynamoDB::Table", storage::table;
    Topic => "AWS::SNS::Topic", monitoring::topic;
    TopicPolicy => "AWS::SNS::TopicPolicy", monitoring::topic_policy;
    Trail => "AWS::CloudTrail::Trail", audit::trail;
    UserPool => "AWS::Cognito::UserPool", identity::user_pool;
    UserPoolClient => "AWS::Cognito::UserPoolClient", identity::user_pool_client;
    Vpc => "AWS::EC2::VPC", network::vpc;
    VpcEndpoint => "AWS::EC2::VPCEndpoint", network::vpc_endpoint;
    VpcGatewayAttachment => "AWS::EC2::VPCGatewayAttachment", network::vpc_gateway_attachment;
}

/// Properties from pairs.
fn properties_of<const N: usize>(pairs: [(&'static str, Tree); N]) -> Properties {
    pairs.into_iter().map(|(name, value)| (Cow::Borrowed(name), value)).collect()
}

/// One more property.
fn add(properties: &mut Properties, name: &'static str, value: impl Into<Tree>) {
    properties.push((name.into(), value.into()));
}
