use tenantry_resources::{AuthFlow, Tree, UserPool, UserPoolClient};

use super::Mapped;

pub(super) fn user_pool(pool: &UserPool) -> Mapped {
    let schemas = pool.immutable_attributes.iter().map(|name| {
        Tree::map([
            ("attribute_data_type", "String".into()),
            ("developer_only_attribute", false.into()),
            ("mutable", false.into()),
            ("name", (*name).into()),
            ("required", false.into()),
            (
                "string_attribute_constraints",
                Tree::map([("max_length", "64".into()), ("min_length", "1".into())]),
            ),
        ])
    });
    let recovery = Tree::map([("name", "verified_email".into()), ("priority", 1.into())]);
    Mapped::new(
        "aws_cognito_user_pool",
        [
            (
                "account_recovery_setting",
                Tree::map([("recovery_mechanism", Tree::list([recovery]))]),
            ),
            (
                "admin_create_user_config",
                Tree::map([("allow_admin_create_user_only", true.into())]),
            ),
            ("auto_verified_attributes", Tree::list(["email"])),
            ("deletion_protection", "INACTIVE".into()),
            ("mfa_configuration", "OPTIONAL".into()),
            ("name", pool.name.clone().into()),
            (
                "password_policy",
                Tree::map([
                    ("minimum_length", pool.password_length.into()),
                    ("require_lowercase", true.into()),
                    ("require_numbers", true.into()),
                    ("require_symbols", true.into()),
                    ("require_uppercase", true.into()),
                    ("temporary_password_validity_days", 1.into()),
                ]),
            ),
            ("schema", Tree::list(schemas)),
            ("software_token_mfa_configuration", Tree::map([("enabled", true.into())])),
            (
                "user_attribute_update_settings",
                Tree::map([(
                    "attributes_require_verification_before_update",
                    Tree::list(["email"]),
                )]),
            ),
            ("username_attributes", Tree::list(["email"])),
            ("username_configuration", Tree::map([("case_sensitive", false.into())])),
        ],
    )
}

pub(super) fn user_pool_client(client: &UserPoolClient) -> Mapped {
    let flows = client.auth_flows.iter().map(|flow| match flow {
        AuthFlow::Srp => "ALLOW_USER_SRP_AUTH",
        AuthFlow::RefreshToken => "ALLOW_REFRESH_TOKEN_AUTH",
        AuthFlow::AdminUserPassword => "ALLOW_ADMIN_USER_PASSWORD_AUTH",
    });
    Mapped::new(
        "aws_cognito_user_pool_client",
        [
            ("access_token_validity", client.token_minutes.into()),
            ("enable_token_revocation", true.into()),
            ("explicit_auth_flows", Tree::list(flows)),
            ("generate_secret", false.into()),
            ("id_token_validity", client.token_minutes.into()),
            ("name", client.name.clone().into()),
            ("prevent_user_existence_errors", "ENABLED".into()),
            ("read_attributes", Tree::list(client.read_attributes.iter().copied())),
            ("refresh_token_validity", client.refresh_hours.into()),
            (
                "token_validity_units",
                Tree::map([
                    ("access_token", "minutes".into()),
                    ("id_token", "minutes".into()),
                    ("refresh_token", "hours".into()),
                ]),
            ),
            ("user_pool_id", client.user_pool.id().into()),
            ("write_attributes", Tree::list(client.write_attributes.iter().copied())),
        ],
    )
}
