use crate::platforms::{graph, node, read, resource};

#[test]
fn no_client_can_write_the_tenant_of_a_user() {
    let graph = graph(&["tenant-001"]);
    let pool = resource!(&graph, "UserPool", UserPool);
    assert_eq!(pool.immutable_attributes, ["tenant_id"]);
    let client = resource!(&graph, "UserPoolClient", UserPoolClient);
    assert_eq!(client.write_attributes, ["email"]);
    assert!(client.read_attributes.contains(&"custom:tenant_id"));
}

#[test]
fn the_operator_signs_in_with_mfa_and_has_no_permissions_of_its_own() {
    let graph = graph(&["tenant-001"]);
    let role = resource!(&graph, "OperatorRole", Role);
    insta::assert_snapshot!(read(&role.trust), @r"
    Allow AccountWithMfa
      to arn:aws:iam::111122223333:root
      do sts:AssumeRole
      when aws:MultiFactorAuthPresent Bool true
    ");
    assert!(role.managed_policies.is_empty());
    let policies = graph.nodes().iter().filter(|node| {
        node.resource.kind() == "RolePolicy"
            && node.requirements().iter().any(|id| id.as_str() == "OperatorRole")
    });
    assert_eq!(policies.count(), 0);
}

#[test]
fn the_authorizer_may_write_its_log_and_nothing_else() {
    let graph = graph(&["tenant-001"]);
    let policy = resource!(&graph, "AuthorizerRolePolicy", RolePolicy);
    insta::assert_snapshot!(read(&policy.policy), @r"
    Allow WriteItsLog
      do logs:CreateLogStream, logs:PutLogEvents
      on arn:aws:logs:us-east-1:111122223333:log-group:/aws/lambda/authorizer-prod
      on arn:aws:logs:us-east-1:111122223333:log-group:/aws/lambda/authorizer-prod:*
    ");
    assert!(resource!(&graph, "AuthorizerRole", Role).managed_policies.is_empty());
    assert!(resource!(&graph, "Authorizer", Function).network.is_none());
    let requirements = node(&graph, "Authorizer").requirements();
    assert!(requirements.iter().any(|id| id.as_str() == "UserPoolClient"));
}
