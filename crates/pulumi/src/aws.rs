//! What the official `aws` provider, version 7, calls each kind of resource and its inputs.
//! <https://www.pulumi.com/registry/packages/aws/api-docs/>

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

use tenantry_resources::{Node, Resource};

use crate::input::{Input, Inputs, inputs};

/// The version of the provider whose inputs these are.
pub(crate) const VERSION: &str = "7.51.1";
/// The provider itself, as a resource.
pub(crate) const PROVIDER: &str = "pulumi:providers:aws";
/// The function that tells the account.
pub(crate) const CALLER_IDENTITY: &str = "aws:index/getCallerIdentity:getCallerIdentity";
/// The function that tells the partition.
pub(crate) const PARTITION: &str = "aws:index/getPartition:getPartition";

/// Declares the types of the provider that are used here.
macro_rules! tokens {
    ($($name:ident $token:literal,)*) => {
        /// A type of the provider.
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub(crate) enum Token {
            $($name,)*
        }

        impl Token {
            /// The type as the engine writes it.
            pub(crate) fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $token,)*
                }
            }
        }
    };
}

tokens! {
    Account "aws:apigateway/account:Account",
    Alias "aws:kms/alias:Alias",
    Bucket "aws:s3/bucket:Bucket",
    BucketLifecycleConfiguration "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
    BucketOwnershipControls "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
    BucketPolicy "aws:s3/bucketPolicy:BucketPolicy",
    BucketPublicAccessBlock "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    BucketServerSideEncryptionConfiguration
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    BucketVersioning "aws:s3/bucketVersioning:BucketVersioning",
    Dashboard "aws:cloudwatch/dashboard:Dashboard",
    DefaultSecurityGroup "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
    Deployment "aws:apigateway/deployment:Deployment",
    FlowLog "aws:ec2/flowLog:FlowLog",
    Function "aws:lambda/function:Function",
    InternetGateway "aws:ec2/internetGateway:InternetGateway",
    InternetGatewayAttachment "aws:ec2/internetGatewayAttachment:InternetGatewayAttachment",
    Key "aws:kms/key:Key",
    LogGroup "aws:cloudwatch/logGroup:LogGroup",
    LogMetricFilter "aws:cloudwatch/logMetricFilter:LogMetricFilter",
    MethodSettings "aws:apigateway/methodSettings:MethodSettings",
    MetricAlarm "aws:cloudwatch/metricAlarm:MetricAlarm",
    NetworkAcl "aws:ec2/networkAcl:NetworkAcl",
    NetworkAclAssociation "aws:ec2/networkAclAssociation:NetworkAclAssociation",
    NetworkAclRule "aws:ec2/networkAclRule:NetworkAclRule",
    Permission "aws:lambda/permission:Permission",
    ResourcePolicy "aws:dynamodb/resourcePolicy:ResourcePolicy",
    RestApi "aws:apigateway/restApi:RestApi",
    Role "aws:iam/role:Role",
    RolePolicy "aws:iam/rolePolicy:RolePolicy",
    RolePolicyAttachment "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    Route "aws:ec2/route:Route",
    RouteTable "aws:ec2/routeTable:RouteTable",
    RouteTableAssociation "aws:ec2/routeTableAssociation:RouteTableAssociation",
    SecurityGroup "aws:ec2/securityGroup:SecurityGroup",
    Stage "aws:apigateway/stage:Stage",
    Subnet "aws:ec2/subnet:Subnet",
    Table "aws:dynamodb/table:Table",
    Topic "aws:sns/topic:Topic",
    TopicPolicy "aws:sns/topicPolicy:TopicPolicy",
    Trail "aws:cloudtrail/trail:Trail",
    UserPool "aws:cognito/userPool:UserPool",
    UserPoolClient "aws:cognito/userPoolClient:UserPoolClient",
    Vpc "aws:ec2/vpc:Vpc",
    VpcEndpoint "aws:ec2/vpcEndpoint:VpcEndpoint",
}

/// A resource of the graph as the provider has it: itself, and what the provider makes a resource of its own of.
pub(crate) struct Mapped {
    pub(crate) token: Token,
    pub(crate) inputs: Inputs,
    pub(crate) companions: Vec<Companion>,
}

/// A part of a resource that the provider makes a resource of its own of.
pub(crate) struct Companion {
    /// What its name has behind the name of the resource that it is a part of.
    pub(crate) suffix: Cow<'static, str>,
    pub(crate) token: Token,
    pub(crate) inputs: Inputs,
}

/// The node's resources, or none if the engine itself does its work.
pub(crate) fn mapped(node: &Node) -> Option<Mapped> {
    let id = &node.id;
    let mut mapped = match &node.resource {
        Resource::Account(account) => api::account(account),
        Resource::Alarm(alarm) => monitoring::alarm(alarm),
        Resource::Alias(alias) => encryption::alias(alias),
        Resource::Bucket(bucket) => storage::bucket(bucket, id),
        // The provider empties the bucket: `forceDestroy`.
        Resource::BucketEmptier(_) => return None,
        Resource::BucketPolicy(policy) => storage::bucket_policy(policy),
        Resource::Dashboard(dashboard) => monitoring::dashboard(dashboard),
        Resource::Deployment(deployment) => api::deployment(deployment),
        Resource::FlowLog(flow_log) => network::flow_log(flow_log),
        Resource::Function(function) => compute::function(function),
        Resource::InternetGateway(_) => network::internet_gateway(),
        Resource::Key(key) => encryption::key(key),
        Resource::LogGroup(group) => logging::log_group(group),
        Resource::MetricFilter(filter) => logging::metric_filter(filter),
        Resource::NetworkAcl(acl) => network::network_acl(acl),
        Resource::NetworkAclEntry(entry) => network::network_acl_entry(entry),
        Resource::Permission(permission) => compute::permission(permission),
        Resource::RestApi(api) => api::rest_api(api),
        Resource::Role(role) => compute::role(role, id),
        Resource::RolePolicy(policy) => compute::role_policy(policy),
        Resource::Route(route) => network::route(route),
        Resource::RouteTable(route_table) => network::route_table(route_table),
        Resource::SecurityGroup(group) => network::security_group(group),
        Resource::Stage(stage) => api::stage(stage),
        Resource::Subnet(subnet) => network::subnet(subnet),
        Resource::SubnetNetworkAclAssociation(association) => {
            network::subnet_network_acl_association(association)
        }
        Resource::SubnetRouteTableAssociation(association) => {
            network::subnet_route_table_association(association)
        }
        Resource::Table(table) => storage::table(table, id),
        Resource::Topic(topic) => monitoring::topic(topic),
        Resource::TopicPolicy(policy) => monitoring::topic_policy(policy),
        Resource::Trail(trail) => audit::trail(trail),
        Resource::UserPool(pool) => identity::user_pool(pool),
        Resource::UserPoolClient(client) => identity::user_pool_client(client),
        Resource::Vpc(vpc) => network::vpc(vpc, id),
        Resource::VpcEndpoint(endpoint) => network::vpc_endpoint(endpoint),
        Resource::VpcGatewayAttachment(attachment) => network::vpc_gateway_attachment(attachment),
    };
    // The provider has no tags for dashboards:
    // <https://www.pulumi.com/registry/packages/aws/api-docs/cloudwatch/dashboard/>.
    let has_tags = node.resource.taggable() && mapped.token != Token::Dashboard;
    if has_tags {
        mapped.inputs.push(("tags".into(), tags(node)));
        let taggable = |companion: &&mut Companion| companion.token == Token::DefaultSecurityGroup;
        for companion in mapped.companions.iter_mut().filter(taggable) {
            companion.inputs.push(("tags".into(), tags(node)));
        }
    }
    if node.is_protected() {
        protect(&mut mapped.inputs);
    }
    Some(mapped)
}

/// Switches on what a service has of its own against deletion.
fn protect(inputs: &mut Inputs) {
    for (name, value) in inputs {
        match name.as_ref() {
            "deletionProtectionEnabled" => *value = true.into(),
            "deletionProtection" => *value = "ACTIVE".into(),
            _ => {}
        }
    }
}

/// The tags of the node's component, and `Name` for kinds that have no input for their name.
fn tags(node: &Node) -> Input {
    Input::Map(node.tags().map(|(key, value)| (Cow::Borrowed(key), value.into())).collect())
}

impl Mapped {
    fn new<const N: usize>(token: Token, pairs: [(&'static str, Input); N]) -> Self {
        Self { token, inputs: inputs(pairs), companions: Vec::new() }
    }

    fn add(&mut self, name: &'static str, value: impl Into<Input>) {
        self.inputs.push((name.into(), value.into()));
    }

    fn companion<const N: usize>(
        &mut self,
        suffix: impl Into<Cow<'static, str>>,
        token: Token,
        pairs: [(&'static str, Input); N],
    ) {
        self.companions.push(Companion { suffix: suffix.into(), token, inputs: inputs(pairs) });
    }
}
