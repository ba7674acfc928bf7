//! What the provider `hashicorp/aws`, version 5, calls each kind of resource and its arguments.
//! The documentation of hashicorp/aws 5.100.0 has each type's arguments; `schema/` has what the provider itself says.

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

use tenantry_resources::{Node, Resource, Tree};

/// The versions of the provider that a module takes: those that it was tried with (5.100.0) and what promises to stay
/// compatible with it.
pub const PROVIDER_VERSION: &str = "~> 5.100";
/// The versions of Terraform that a module takes, from the one that it was tried with.
pub const TERRAFORM_VERSION: &str = ">= 1.11.4, < 2.0.0";

/// Arguments and nested blocks by the provider's name for them, in the order in which they were written.
pub(crate) type Arguments = Vec<(&'static str, Argument)>;

/// The value of an argument.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Argument {
    /// A value; a nested block is a map, several of a kind are a list of maps.
    Value(Tree),
    /// A template as it stands in the file, its sequences included.
    Template(String),
}

impl<T: Into<Tree>> From<T> for Argument {
    fn from(value: T) -> Self {
        Self::Value(value.into())
    }
}

/// A resource of the graph as the provider has it: itself, and what the provider makes a resource of its own of.
pub(crate) struct Mapped {
    /// Its type, such as `aws_vpc`.
    pub(crate) kind: &'static str,
    pub(crate) arguments: Arguments,
    /// Whether what takes its place is there before it goes.
    pub(crate) create_before_destroy: bool,
    /// Whether Terraform refuses to destroy it.
    pub(crate) prevent_destroy: bool,
    pub(crate) companions: Vec<Companion>,
}

/// A part of a resource that the provider makes a resource of its own of.
pub(crate) struct Companion {
    /// What its label has behind the label of the resource that it is a part of.
    pub(crate) suffix: Cow<'static, str>,
    pub(crate) kind: &'static str,
    pub(crate) arguments: Arguments,
}

/// What a VPC has besides, and can be tagged.
const DEFAULT_SECURITY_GROUP: &str = "aws_default_security_group";

/// The node's resources, or none if Terraform itself does its work.
pub(crate) fn mapped(node: &Node) -> Option<Mapped> {
    let id = &node.id;
    let mut mapped = match &node.resource {
        Resource::Account(account) => api::account(account),
        Resource::Alarm(alarm) => monitoring::alarm(alarm),
        Resource::Alias(alias) => encryption::alias(alias),
        Resource::Bucket(bucket) => storage::bucket(bucket, id),
        // The provider empties the bucket: `force_destroy`.
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
    // The provider has no argument for a dashboard's tags.
    if node.resource.taggable() && !matches!(node.resource, Resource::Dashboard(_)) {
        mapped.add("tags", tags(node));
        let taggable = |companion: &&mut Companion| companion.kind == DEFAULT_SECURITY_GROUP;
        for companion in mapped.companions.iter_mut().filter(taggable) {
            companion.arguments.push(("tags", tags(node).into()));
        }
    }
    if node.is_protected() {
        mapped.prevent_destroy = true;
        protect(&mut mapped.arguments);
    }
    Some(mapped)
}

/// Switches on what a service has of its own against deletion.
fn protect(arguments: &mut Arguments) {
    for (name, value) in arguments {
        match *name {
            "deletion_protection_enabled" => *value = true.into(),
            "deletion_protection" => *value = "ACTIVE".into(),
            _ => {}
        }
    }
}

/// The tags of the node's component, and `Name` for kinds that have no argument for their name.
fn tags(node: &Node) -> Tree {
    Tree::Map(node.tags().map(|(key, value)| (Cow::Borrowed(key), value.into())).collect())
}

impl Mapped {
    fn new<const N: usize>(kind: &'static str, arguments: [(&'static str, Tree); N]) -> Self {
        let arguments = arguments.into_iter().map(|(name, value)| (name, value.into())).collect();
        Self {
            kind,
            arguments,
            create_before_destroy: false,
            prevent_destroy: false,
            companions: Vec::new(),
        }
    }

    fn add(&mut self, name: &'static str, value: impl Into<Argument>) {
        self.arguments.push((name, value.into()));
    }

    fn companion<const N: usize>(
        &mut self,
        suffix: impl Into<Cow<'static, str>>,
        kind: &'static str,
        arguments: [(&'static str, Tree); N],
    ) {
        let arguments = arguments.into_iter().map(|(name, value)| (name, value.into())).collect();
        self.companions.push(Companion { suffix: suffix.into(), kind, arguments });
    }
}

/// A document that the provider takes as JSON text.
fn json(document: impl Into<Tree>) -> Tree {
    document.into().to_json_text().into()
}
