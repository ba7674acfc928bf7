//! Log groups: one a tenant under the tenant's key, and those of what is shared.

use tenantry_policy::Statement;
use tenantry_resources::{
    Key, LogGroup, LogicalId, NodeOptions, Policy, Pseudo, Ref, Role, RolePolicy, Text, Waiver,
};

use crate::arns::{SharedLog, log_group_arn, log_group_name};
use crate::builder::{Builder, Tenant};
use crate::service_role::service_trust;

/// Days that logs are kept.
const RETENTION_DAYS: u16 = 30;

const RETENTION: Waiver = Waiver {
    rule: "CKV_AWS_338",
    reason: "30 days are what the platform promises; the audit trail keeps a year",
};

pub(crate) fn shared(b: &mut Builder<'_>, log: SharedLog, key: &Ref<Key>) -> Ref<LogGroup> {
    let group = log_group(log.name(b), key);
    b.graph.add_with(&b.shared("Logging"), log.id(), group, waived())
}

/// The log groups of the tenant's services, in their order.
pub(crate) fn tenant(
    b: &mut Builder<'_>,
    tenant: &Tenant<'_>,
    key: &Ref<Key>,
) -> Vec<Ref<LogGroup>> {
    let mut groups = Vec::with_capacity(b.application.services.len());
    for service in &b.application.services {
        let group = log_group(log_group_name(b, tenant, service), key);
        let id = tenant.id(&service.id("LogGroup"));
        groups.push(b.graph.add_with(&tenant.component, id, group, waived()));
    }
    groups
}

/// A statement by which a function writes to this log group and no other. The group itself stands
/// in the template, so nobody needs `logs:CreateLogGroup`. The service authorization reference has
/// the group's ARN for `CreateLogStream` and its streams' for `PutLogEvents`.
pub(crate) fn writes_to(log_group: &str) -> Statement<Text> {
    Statement::allow("WriteItsLog", &["logs:CreateLogStream", "logs:PutLogEvents"])
        .on(vec![log_group_arn(log_group), log_group_arn(log_group).then(":*")])
}

/// <https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html>
///
/// With the role comes what its policy is called: a flow log that is there before the policy has nowhere
/// to write.
pub(crate) fn flow_log_role(b: &mut Builder<'_>) -> (Ref<Role>, LogicalId) {
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
    let policy = b.graph.add(&component, "FlowLogPolicy", policy);
    (role, policy.logical_id().clone())
}

fn log_group(name: String, key: &Ref<Key>) -> LogGroup {
    LogGroup { name, retention_days: RETENTION_DAYS, key: key.clone() }
}

fn waived() -> NodeOptions {
    NodeOptions { waivers: vec![RETENTION], ..NodeOptions::default() }
}
