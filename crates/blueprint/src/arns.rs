//! Names and ARNs of what policies name before it exists: log groups and the trail.

use tenantry_resources::Text;

use crate::application::Service;
use crate::builder::{Builder, Tenant};

/// What the platform itself logs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum SharedLog {
    Authorizer,
    Access,
    Flow,
    EmptyBucket,
}

impl SharedLog {
    pub(crate) const ALL: [Self; 4] =
        [Self::Authorizer, Self::Access, Self::Flow, Self::EmptyBucket];

    /// The name of the log group.
    pub(crate) fn name(self, b: &Builder<'_>) -> String {
        match self {
            Self::Authorizer => format!("/aws/lambda/{}", b.name("authorizer")),
            Self::Access => format!("/aws/apigateway/{}", b.name("api")),
            Self::Flow => format!("/aws/vpc/{}", b.name("flow-log")),
            Self::EmptyBucket => format!("/aws/lambda/{}", b.name("empty-bucket")),
        }
    }

    /// The logical id of the log group.
    pub(crate) fn id(self) -> &'static str {
        match self {
            Self::Authorizer => "AuthorizerLogGroup",
            Self::Access => "AccessLogGroup",
            Self::Flow => "FlowLogGroup",
            Self::EmptyBucket => "EmptyBucketLogGroup",
        }
    }
}

/// The name of the log group of a tenant's service.
pub(crate) fn log_group_name(b: &Builder<'_>, tenant: &Tenant<'_>, service: &Service) -> String {
    service.log_group(&tenant.config.id, &b.platform.environment_suffix)
}

/// The ARN of a log group as the log service gives it to KMS: without `:*` behind it.
pub(crate) fn log_group_arn(name: &str) -> Text {
    Text::arn("logs", format!("log-group:{name}"))
}

/// The trail's ARN, for policies that have to be there before it.
pub(crate) fn trail_arn(b: &Builder<'_>) -> Text {
    Text::arn("cloudtrail", format!("trail/{}", trail_name(b)))
}

pub(crate) fn trail_name(b: &Builder<'_>) -> String {
    b.name("audit-trail")
}
