use tenantry_resources::{AuthFlow, UserPool, UserPoolClient};

use super::{Mapped, Token};
use crate::input::{list, map};

pub(super) fn user_pool(pool: &UserPool) -> Mapped {
    let schemas = pool.immutable_attributes.iter().map(|name| {
        map([
            ("attributeDataType", "String".into()),
            ("developerOnlyAttribute", false.into()),
            ("mutable", false.into()),
            ("name", (*name).into()),
            ("required", false.into()),
            (
                "stringAttributeConstraints",
                map([("maxLength", "64".into()), ("minLength", "1".into())]),
            ),
        ])
    });
    let recovery = map([("name", "verified_email".into()), ("priority", 1u8.into())]);
    Mapped::new(
        Token::UserPool,
        [
            ("accountRecoverySetting", map([("recoveryMechanisms", list([recovery]))])),
            ("adminCreateUserConfig", map([("allowAdminCreateUserOnly", true.into())])),
            ("autoVerifiedAttributes", list(["email"])),
            ("deletionProtection", "INACTIVE".into()),
            ("mfaConfiguration", "OPTIONAL".into()),
            ("name", pool.name.as_str().into()),
            (
                "passwordPolicy",
                map([
                    ("minimumLength", pool.password_length.into()),
                    ("requireLowercase", true.into()),
                    ("requireNumbers", true.into()),
                    ("requireSymbols", true.into()),
                    ("requireUppercase", true.into()),
                    ("temporaryPasswordValidityDays", 1u8.into()),
                ]),
            ),
            ("schemas", list(schemas)),
            ("softwareTokenMfaConfiguration", map([("enabled", true.into())])),
            (
                "userAttributeUpdateSettings",
                map([("attributesRequireVerificationBeforeUpdates", list(["email"]))]),
            ),
            ("usernameAttributes", list(["email"])),
            ("usernameConfiguration", map([("caseSensitive", false.into())])),
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
        Token::UserPoolClient,
        [
            ("accessTokenValidity", client.token_minutes.into()),
            ("enableTokenRevocation", true.into()),
            ("explicitAuthFlows", list(flows)),
            ("generateSecret", false.into()),
            ("idTokenValidity", client.token_minutes.into()),
            ("name", client.name.as_str().into()),
            ("preventUserExistenceErrors", "ENABLED".into()),
            ("readAttributes", list(client.read_attributes.iter().copied())),
            ("refreshTokenValidity", client.refresh_hours.into()),
            (
                "tokenValidityUnits",
                map([
                    ("accessToken", "minutes".into()),
                    ("idToken", "minutes".into()),
                    ("refreshToken", "hours".into()),
                ]),
            ),
            ("userPoolId", client.user_pool.id().into()),
            ("writeAttributes", list(client.write_attributes.iter().copied())),
        ],
    )
}
