//! The one type that any resource is.

use crate::reference::References;
use crate::*;

/// Declares a resource: the struct as written, and the references that its fields hold.
macro_rules! resource {
    ($(#[$doc:meta])* pub struct $name:ident {
        $($(#[$field_doc:meta])* pub $field:ident: $type:ty,)*
    }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $type,)*
        }

        impl $crate::References for $name {
            fn references(&self, found: &mut dyn FnMut(&$crate::LogicalId)) {
                $($crate::References::references(&self.$field, found);)*
            }
        }
    };
}
pub(crate) use resource;

/// Declares [`Resource`] from the kinds: `taggable` ones carry tags of their own on AWS.
macro_rules! resources {
    ($($kind:ident $taggable:literal,)*) => {
        /// A resource of any kind.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Resource {
            $(
                #[doc = concat!("A [`", stringify!($kind), "`](struct@", stringify!($kind), ").")]
                $kind($kind),
            )*
        }

        $(impl From<$kind> for Resource {
            fn from(resource: $kind) -> Self {
                Self::$kind(resource)
            }
        })*

        impl Resource {
            /// The name of its kind, such as `RouteTable`.
            pub fn kind(&self) -> &'static str {
                match self {
                    $(Self::$kind(_) => stringify!($kind),)*
                }
            }

            /// Whether AWS keeps tags for this kind of resource.
            pub fn taggable(&self) -> bool {
                match self {
                    $(Self::$kind(_) => $taggable,)*
                }
            }
        }

        impl References for Resource {
            fn references(&self, found: &mut dyn FnMut(&LogicalId)) {
                match self {
                    $(Self::$kind(resource) => resource.references(found),)*
                }
            }
        }
    };
}

impl Resource {
    /// The name that its owner gives it, if its kind has one: for some kinds it is the tag `Name`.
    /// A key has none but its aliases.
    pub fn name(&self) -> Option<Text> {
        let name = match self {
            Self::Bucket(bucket) => return Some(bucket.name.clone()),
            Self::Alarm(alarm) => &alarm.name,
            Self::Alias(alias) => &alias.name,
            Self::Dashboard(dashboard) => &dashboard.name,
            Self::FlowLog(flow_log) => &flow_log.name,
            Self::Function(function) => &function.name,
            Self::InternetGateway(gateway) => &gateway.name,
            Self::LogGroup(group) => &group.name,
            Self::MetricFilter(filter) => &filter.name,
            Self::NetworkAcl(acl) => &acl.name,
            Self::RestApi(api) => &api.name,
            Self::Role(role) => &role.name,
            Self::RolePolicy(policy) => &policy.name,
            Self::RouteTable(table) => &table.name,
            Self::SecurityGroup(group) => &group.name,
            Self::Stage(stage) => &stage.name,
            Self::Subnet(subnet) => &subnet.name,
            Self::Table(table) => &table.name,
            Self::Topic(topic) => &topic.name,
            Self::Trail(trail) => &trail.name,
            Self::UserPool(pool) => &pool.name,
            Self::UserPoolClient(client) => &client.name,
            Self::Vpc(vpc) => &vpc.name,
            Self::VpcEndpoint(endpoint) => &endpoint.name,
            Self::Account(_)
            | Self::BucketEmptier(_)
            | Self::BucketPolicy(_)
            | Self::Deployment(_)
            | Self::Key(_)
            | Self::NetworkAclEntry(_)
            | Self::Permission(_)
            | Self::Route(_)
            | Self::SubnetNetworkAclAssociation(_)
            | Self::SubnetRouteTableAssociation(_)
            | Self::TopicPolicy(_)
            | Self::VpcGatewayAttachment(_) => return None,
        };
        Some(name.clone().into())
    }

    /// Whether data is gone with it: what it keeps itself, or what only it opens.
    pub fn holds_data(&self) -> bool {
        matches!(
            self,
            Self::Bucket(_) | Self::Key(_) | Self::LogGroup(_) | Self::Table(_) | Self::UserPool(_)
        )
    }

    /// Whether its name is its tag `Name`: AWS keeps no other for its kind, or one for people.
    pub fn name_is_a_tag(&self) -> bool {
        matches!(
            self,
            Self::FlowLog(_)
                | Self::InternetGateway(_)
                | Self::NetworkAcl(_)
                | Self::RouteTable(_)
                | Self::SecurityGroup(_)
                | Self::Subnet(_)
                | Self::Vpc(_)
                | Self::VpcEndpoint(_)
        )
    }

    /// The policies that are written in it.
    pub fn policies(&self) -> Vec<&Policy> {
        match self {
            Self::BucketPolicy(bucket) => vec![&bucket.policy],
            Self::Key(key) => vec![&key.policy],
            Self::Role(role) => vec![&role.trust],
            Self::RolePolicy(role) => vec![&role.policy],
            Self::Table(table) => vec![&table.policy],
            Self::TopicPolicy(topic) => vec![&topic.policy],
            Self::VpcEndpoint(endpoint) => vec![&endpoint.policy],
            _ => Vec::new(),
        }
    }
}

resources! {
    Account false,
    Alarm true,
    Alias false,
    Bucket true,
    BucketEmptier false,
    BucketPolicy false,
    Dashboard true,
    Deployment false,
    FlowLog true,
    Function true,
    InternetGateway true,
    Key true,
    LogGroup true,
    MetricFilter false,
    NetworkAcl true,
    NetworkAclEntry false,
    Permission false,
    RestApi true,
    Role true,
    RolePolicy false,
    Route false,
    RouteTable true,
    SecurityGroup true,
    Stage true,
    Subnet true,
    SubnetNetworkAclAssociation false,
    SubnetRouteTableAssociation false,
    Table true,
    Topic true,
    TopicPolicy false,
    Trail true,
    UserPool true,
    UserPoolClient false,
    Vpc true,
    VpcEndpoint true,
    VpcGatewayAttachment false,
}
