use tenantry_resources::Resource;

use crate::platforms::{graph, of_kind, read, resource};

#[test]
fn every_log_group_is_kept_30_days_under_its_owners_key() {
    let graph = graph(&["tenant-001", "tenant-002"]);
    let groups: Vec<String> = of_kind(&graph, "LogGroup")
        .filter_map(|node| match &node.resource {
            Resource::LogGroup(group) => {
                Some(format!("{} {} {}", group.name, group.retention_days, group.key.logical_id()))
            }
            _ => None,
        })
        .collect();
    assert_eq!(
        groups,
        [
            "/aws/vpc/flow-log-prod 30 SharedKey",
            "/aws/lambda/authorizer-prod 30 SharedKey",
            "/aws/lambda/empty-bucket-prod 30 SharedKey",
            "/aws/lambda/tenant-001-prod 30 Tenant001Key",
            "/aws/lambda/tenant-002-prod 30 Tenant002Key",
            "/aws/apigateway/api-prod 30 SharedKey",
        ]
    );
}

#[test]
fn the_flow_logs_role_is_for_flow_logs_of_this_account() {
    let graph = graph(&["tenant-001"]);
    let role = resource!(&graph, "FlowLogRole", Role);
    insta::assert_snapshot!(read(&role.trust));
    insta::assert_snapshot!(read(&resource!(&graph, "FlowLogPolicy", RolePolicy).policy));
}
