use crate::platforms::{graph, node, read, resource, shown};

#[test]
fn a_tenants_role_may_use_its_tables_its_key_and_its_log() {
    let graph = graph(&["tenant-001", "tenant-002"]);
    let policy = resource!(&graph, "Tenant001RolePolicy", RolePolicy);
    assert_eq!(policy.role.logical_id().as_str(), "Tenant001Role");
    insta::assert_snapshot!(read(&policy.policy));
}

#[test]
fn a_tenants_role_is_for_lambda_and_for_network_interfaces() {
    let graph = graph(&["tenant-001"]);
    let role = resource!(&graph, "Tenant001Role", Role);
    assert_eq!(role.name, "tenant-001-role-prod");
    insta::assert_snapshot!(read(&role.trust), @r"
    Allow Service
      to lambda.amazonaws.com
      do sts:AssumeRole
    ");
    let managed: Vec<String> = role.managed_policies.iter().map(shown).collect();
    assert_eq!(managed, ["arn:aws:iam::aws:policy/service-role/AWSLambdaENIManagementAccess"]);
}

#[test]
fn a_tenants_function_runs_shared_code_in_the_tenants_place() {
    let graph = graph(&["tenant-001", "tenant-002"]);
    let first = resource!(&graph, "Tenant001Function", Function);
    let second = resource!(&graph, "Tenant002Function", Function);
    assert_eq!(first.code, second.code);
    assert_eq!(first.runtime, "nodejs22.x");
    let environment: Vec<String> =
        second.environment.iter().map(|(name, value)| format!("{name}={}", shown(value))).collect();
    assert_eq!(
        environment,
        [
            "TENANT_ID=tenant-002",
            "TENANT_SUBNET={Tenant002SubnetA},{Tenant002SubnetB}",
            "USERS_TABLE={Tenant002UsersTable}",
            "DATA_TABLE={Tenant002DataTable}",
        ]
    );
    let network = second.network.as_ref().unwrap();
    let subnets: Vec<String> = network.subnets.iter().map(|subnet| shown(&subnet.id())).collect();
    assert_eq!(subnets, ["{Tenant002SubnetA}", "{Tenant002SubnetB}"]);
    assert_eq!(network.security_groups.len(), 1);
    assert_eq!(network.security_groups[0].logical_id().as_str(), "Tenant002SecurityGroup");
    assert_eq!(second.log_group.logical_id().as_str(), "Tenant002LogGroup");
    assert_eq!(second.role.logical_id().as_str(), "Tenant002Role");
}

#[test]
fn a_function_waits_for_its_permissions() {
    let graph = graph(&["tenant-001"]);
    let requirements = node(&graph, "Tenant001Function").requirements();
    assert!(requirements.iter().any(|id| id.as_str() == "Tenant001RolePolicy"));
}
