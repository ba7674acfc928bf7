//! Log groups: one a tenant under the tenant's key, and those of what is shared.

use tenantry_policy::Statement;
use tenantry_resources::{
    Key, LogGroup, NodeOptions, Policy, Pseudo, Ref, Role, RolePolicy, Text, Waiver,
};

use crate::builder::{Builder, Tenant};
use crate::compute::service_trust;

/// Days that logs are kept.
const RETENTION_DAYS: u16 = 30;

const RETENTION: Waiver = Waiver {
    rule: "CKV_AWS_338",
    reason: "30 days are what the platform promises; the audit trail keeps a year",
};

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

    fn id(self) -> &'static str {
        match self {
            Self::Authorizer => "AuthorizerLogGroup",
            Self::Access => "AccessLogGroup",
            Self::Flow => "FlowLogGroup",
            Self::EmptyBucket => "EmptyBucketLogGroup",
        }
    }
}

pub(crate) fn shared(b: &mut Builder<'_>, log: SharedLog, key: &Ref<Key>) -> Ref<LogGroup> {
    let group = log_group(log.name(b), key);
    b.graph.add_with(&b.shared("Logging"), log.id(), group, waived())
}

pub(crate) fn tenant(b: &mut Builder<'_>, tenant: &Tenant<'_>, key: &Ref<Key>) -> Ref<LogGroup> {
    let group = log_group(tenant_log_group_name(b, tenant), key);
    b.graph.add_with(&tenant.component, tenant.id("LogGroup"), group, waived())
}

/// The name of a tenant's log group: `/aws/lambda/tenant-001-prod`.
pub(crate) fn tenant_log_group_name(b: &Builder<'_>, tenant: &Tenant<'_>) -> String {
    format!("/aws/lambda/{}-{}", tenant.config.id, b.platform.environment_suffix)
}

/// The ARN of a log group as the log service gives it to KMS: without `:*` behind it.
pub(crate) fn log_group_arn(name: &str) -> Text {
    Text::arn("logs", format!("log-group:{name}"))
}

/// A statement by which a function writes to this log group and no other. The group itself stands
/// in the template, so nobody needs `logs:CreateLogGroup`. The service authorization reference has
/// the group's ARN for `CreateLogStream` and its streams' for `PutLogEvents`.
pub(crate) fn writes_to(log_group: &str) -> Statement<Text> {
    Statement::allow("WriteItsLog", &["logs:CreateLogStream", "logs:PutLogEvents"])
        .on(vec![log_group_arn(log_group), log_group_arn(log_group).then(":*")])
}

/// <https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html>
pub(crate) fn flow_log_role(b: &mut Builder<'_>) -> Ref<Role> {
    let component = b.shared("Logging");
    let role = Role {
        name: b.name("flow-log-role"),
        description: "Writes the flow log of the VPC".to_owned(),
        trust: Policy::new(vec![
            service_trust("vpc-flow-logs.amazonaws.com")
                .when("StringEquals", "aws:SourceAccount", vec![Pseudo::AccountId.into()])
                .when("ArnLike", "aws:SourceArn", vec![Text::arn("ec2", "vpc-flow-log/*")]),
        ]),
        managed_policies: Vec::new(),
    };
    let role = b.graph.add(&component, "FlowLogRole", role);
    let group = SharedLog::Flow.name(b);
    let policy = RolePolicy {
        name: b.name("flow-log-policy"),
        role: role.clone(),
        policy: Policy::new(vec![
            writes_to(&group),
            Statement::allow("FindItsLogStreams", &["logs:DescribeLogStreams"])
                .on(vec![log_group_arn(&group).then(":*")]),
            // A list of all log groups is of no one of them.
            Statement::allow("FindLogGroups", &["logs:DescribeLogGroups"]).on_any(),
        ]),
    };
    b.graph.add(&component, "FlowLogPolicy", policy);
    role
}

fn log_group(name: String, key: &Ref<Key>) -> LogGroup {
    LogGroup { name, retention_days: RETENTION_DAYS, key: key.clone() }
}

fn waived() -> NodeOptions {
    NodeOptions { waivers: vec![RETENTION], ..NodeOptions::default() }
}
