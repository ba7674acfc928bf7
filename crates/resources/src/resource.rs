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

resources! {
    Account false,
    Alarm true,
    Alias false,
    Bucket true,
    BucketEmptier false,
    BucketPolicy false,
    Dashboard false,
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
