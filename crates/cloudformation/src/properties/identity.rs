use tenantry_resources::{AuthFlow, Tree, UserPool, UserPoolClient};

use super::{Properties, properties_of};

pub(super) fn user_pool(pool: &UserPool) -> Properties {
    let schema = pool.immutable_attributes.iter().map(|name| {
        Tree::map([
            ("AttributeDataType", "String".into()),
            ("Mutable", false.into()),
            ("Name", (*name).into()),
            ("Required", false.into()),
            (
                "StringAttributeConstraints",
                Tree::map([("MaxLength", "64".into()), ("MinLength", "1".into())]),
            ),
        ])
    });
    let password = Tree::map([
        ("MinimumLength", pool.password_length.into()),
        ("RequireLowercase", true.into()),
        ("RequireNumbers", true.into()),
        ("RequireSymbols", true.into()),
        ("RequireUppercase", true.into()),
        ("TemporaryPasswordValidityDays", 1.into()),
    ]);
    let recovery = Tree::map([("Name", "verified_email".into()), ("Priority", 1.into())]);
    properties_of([
        ("AccountRecoverySetting", Tree::map([("RecoveryMechanisms", Tree::list([recovery]))])),
        ("AdminCreateUserConfig", Tree::map([("AllowAdminCreateUserOnly", true.into())])),
        ("AutoVerifiedAttributes", Tree::list(["email"])),
        ("DeletionProtection", "INACTIVE".into()),
        ("EnabledMfas", Tree::list(["SOFTWARE_TOKEN_MFA"])),
        ("MfaConfiguration", "OPTIONAL".into()),
        ("Policies", Tree::map([("PasswordPolicy", password)])),
        ("Schema", Tree::list(schema)),
        (
            "UserAttributeUpdateSettings",
            Tree::map([("AttributesRequireVerificationBeforeUpdate", Tree::list(["email"]))]),
        ),
        ("UserPoolName", pool.name.clone().into()),
        ("UsernameAttributes", Tree::list(["email"])),
        ("UsernameConfiguration", Tree::map([("CaseSensitive", false.into())])),
    ])
}

pub(super) fn user_pool_client(client: &UserPoolClient) -> Properties {
    let flows = client.auth_flows.iter().map(|flow| match flow {
        AuthFlow::Srp => "ALLOW_USER_SRP_AUTH",
        AuthFlow::RefreshToken => "ALLOW_REFRESH_TOKEN_AUTH",
        AuthFlow::AdminUserPassword => "ALLOW_ADMIN_USER_PASSWORD_AUTH",
    });
    properties_of([
        ("AccessTokenValidity", client.token_minutes.into()),
        ("ClientName", client.name.clone().into()),
        ("EnableTokenRevocation", true.into()),
        ("ExplicitAuthFlows", Tree::list(flows)),
        ("GenerateSecret", false.into()),
        ("IdTokenValidity", client.token_minutes.into()),
        ("PreventUserExistenceErrors", "ENABLED".into()),
        ("ReadAttributes", Tree::list(client.read_attributes.iter().copied())),
        ("RefreshTokenValidity", client.refresh_hours.into()),
        (
            "TokenValidityUnits",
            Tree::map([
                ("AccessToken", "minutes".into()),
                ("IdToken", "minutes".into()),
                ("RefreshToken", "hours".into()),
            ]),
        ),
        ("UserPoolId", client.user_pool.id().into()),
        ("WriteAttributes", Tree::list(client.write_attributes.iter().copied())),
    ])
}
