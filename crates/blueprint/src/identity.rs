//! Who comes in: the users, and the operator.

use tenantry_policy::{Principal, Statement};
use tenantry_resources::{
    AuthFlow, Output, Policy, Pseudo, Ref, Role, Text, UserPool, UserPoolClient,
};

use crate::builder::Builder;

/// The attribute that says whose user it is; in a token it is `custom:tenant_id`.
const TENANT_ATTRIBUTE: &str = "tenant_id";

pub(crate) struct Users {
    pub(crate) pool: Ref<UserPool>,
    pub(crate) client: Ref<UserPoolClient>,
}

/// One pool for all tenants. A user's tenant is set by who creates the user and never changes: the
/// attribute is immutable, no client may write it, and nobody can sign up alone (a sign-up may set
/// immutable attributes).
pub(crate) fn user_pool(b: &mut Builder<'_>) -> Users {
    let component = b.shared("Identity");
    let pool = UserPool {
        name: b.name("user-pool"),
        immutable_attributes: vec![TENANT_ATTRIBUTE],
        password_length: 14,
    };
    let pool = b.graph.add(&component, "UserPool", pool);
    let client = UserPoolClient {
        name: b.name("user-pool-client"),
        user_pool: pool.clone(),
        auth_flows: vec![AuthFlow::Srp, AuthFlow::RefreshToken, AuthFlow::AdminUserPassword],
        read_attributes: vec!["custom:tenant_id", "email"],
        write_attributes: vec!["email"],
        token_minutes: 60,
        refresh_hours: 24,
    };
    let client = b.graph.add(&component, "UserPoolClient", client);
    for (name, description, value) in [
        ("UserPoolId", "The user pool of all tenants", pool.id()),
        ("UserPoolClientId", "The app client; the audience of ID tokens", client.id()),
    ] {
        b.graph.output(Output { name: name.into(), description: description.into(), value });
    }
    Users { pool, client }
}

/// The role that a person of the platform's team takes to look at tenants' data. It has no
/// permissions of its own: each table and key admits it, for reading alone.
///
/// MFA can be asked for where the credentials are a user's: of a role's sessions, those from IAM
/// Identity Center and from SAML never carry the key.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-multifactorauthpresent>
pub(crate) fn operator(b: &mut Builder<'_>) -> Ref<Role> {
    let roles = &b.platform.options.operator_roles;
    let (who, trust) = if roles.is_empty() {
        let trust = Statement::allow("AccountWithMfa", &["sts:AssumeRole"])
            .to(vec![Principal::Aws(Text::account_root())])
            .when("Bool", "aws:MultiFactorAuthPresent", vec!["true".into()]);
        ("people of the account who signed in with MFA", trust)
    } else {
        let arn = |role: &String| {
            Text::from("arn:")
                .then(Pseudo::Partition)
                .then(":iam::")
                .then(Pseudo::AccountId)
                .then(format!(":role/{role}"))
        };
        let roles = roles.iter().map(|role| Principal::Aws(arn(role)));
        let trust = Statement::allow("Operators", &["sts:AssumeRole"]).to(roles.collect());
        ("the roles that the platform's configuration names", trust)
    };
    let role = Role {
        name: b.name("operator-role"),
        description: format!("Reads tenants' tables; for {who}"),
        trust: Policy::new(vec![trust]),
        managed_policies: Vec::new(),
    };
    b.graph.add(&b.shared("Identity"), "OperatorRole", role)
}
