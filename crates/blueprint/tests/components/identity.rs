use crate::platforms::{build, graph, node, platform, read, resource};

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

/// Sessions from IAM Identity Center never carry `aws:MultiFactorAuthPresent`:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-multifactorauthpresent>
#[test]
fn operators_that_are_named_take_the_role_without_a_question_that_they_cannot_answer() {
    let mut platform = platform(&["tenant-001"]);
    let permission_set =
        "aws-reserved/sso.amazonaws.com/AWSReservedSSO_Platform_0123456789abcdef".to_owned();
    platform.options.operator_roles = vec!["platform-team".to_owned(), permission_set];
    let graph = build(&platform, &platform.cells[0]);
    let role = resource!(&graph, "OperatorRole", Role);
    insta::assert_snapshot!(read(&role.trust), @r"
    Allow Operators
      to arn:aws:iam::111122223333:role/platform-team
      to arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Platform_0123456789abcdef
      do sts:AssumeRole
    ");
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
