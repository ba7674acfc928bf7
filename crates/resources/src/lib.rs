//! Typed AWS resources, references between them, and the graph that they form.
//!
//! This crate never knows tenants or engines: it has AWS's own terms and nothing of the platform,
//! and what a property is called in CloudFormation or Pulumi is those crates' business. A reference
//! can only be had from [`Graph::add`], so a graph has no dangling ones, and its nodes stand in an
//! order in which they can be created (and, backwards, deleted).

mod api;
mod audit;
mod compute;
mod encryption;
mod graph;
mod identity;
mod logging;
mod monitoring;
mod network;
mod reference;
mod resource;
mod storage;
mod text;
mod tree;

pub use api::{AccessLog, Account, Deployment, MethodSetting, RestApi, Stage};
pub use audit::Trail;
pub use compute::{BucketEmptier, Function, Network, Package, Permission, Role, RolePolicy};
pub use encryption::{Alias, Key};
pub use graph::{Component, Graph, Node, NodeOptions, Output, Waiver};
pub use identity::{AuthFlow, UserPool, UserPoolClient};
pub use logging::{LogGroup, MetricFilter};
pub use monitoring::{Alarm, Dashboard, Statistic, Topic, TopicPolicy};
pub use network::{
    Direction, EgressRule, FlowLog, InternetGateway, NetworkAcl, NetworkAclEntry, PortRange, Route,
    RouteTable, RuleAction, SecurityGroup, Subnet, SubnetNetworkAclAssociation,
    SubnetRouteTableAssociation, Vpc, VpcEndpoint, VpcGatewayAttachment,
};
pub use reference::{Attribute, LogicalId, Ref, References};
pub use resource::Resource;
pub use storage::{Bucket, BucketPolicy, Index, Table};
pub use text::{Part, Pseudo, Text};
pub use tree::Tree;

/// A policy document in which a reference can stand where AWS will see an ARN.
pub type Policy = tenantry_policy::Document<Text>;
