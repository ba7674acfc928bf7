use tenantry_resources::{Account, Deployment, RestApi, Stage, Tree};

use super::{Mapped, Token};
use crate::input::{json, map};

pub(super) fn rest_api(api: &RestApi) -> Mapped {
    Mapped::new(
        Token::RestApi,
        [
            ("body", json(api.body.clone())),
            ("description", api.description.as_str().into()),
            ("endpointConfiguration", map([("types", "REGIONAL".into())])),
            ("failOnWarnings", true.into()),
            ("name", api.name.as_str().into()),
        ],
    )
}

pub(super) fn deployment(deployment: &Deployment) -> Mapped {
    Mapped::new(
        Token::Deployment,
        [
            ("description", deployment.description.as_str().into()),
            ("restApi", deployment.rest_api.id().into()),
        ],
    )
}

pub(super) fn stage(stage: &Stage) -> Mapped {
    let mut mapped = Mapped::new(
        Token::Stage,
        [
            (
                "accessLogSettings",
                map([
                    ("destinationArn", stage.access_log.log_group.arn().into()),
                    ("format", json(Tree::clone(&stage.access_log.format))),
                ]),
            ),
            ("deployment", stage.deployment.id().into()),
            ("restApi", stage.rest_api.id().into()),
            ("stageName", stage.name.as_str().into()),
        ],
    );
    for setting in &stage.method_settings {
        let method = setting.method.to_ascii_uppercase();
        mapped.companion(
            format!("Throttle{}", camel_case(&format!("{}/{method}", setting.path))),
            Token::MethodSettings,
            [
                ("methodPath", format!("{}/{method}", escaped_path(&setting.path)).into()),
                ("restApi", stage.rest_api.id().into()),
                (
                    "settings",
                    map([
                        ("throttlingBurstLimit", setting.burst_limit.into()),
                        ("throttlingRateLimit", setting.rate_limit.into()),
                    ]),
                ),
                ("stageName", stage.name.as_str().into()),
            ],
        );
    }
    mapped
}

pub(super) fn account(account: &Account) -> Mapped {
    Mapped::new(Token::Account, [("cloudwatchRoleArn", account.cloudwatch_role.arn().into())])
}

/// A path as the provider hands it to API Gateway: slashes written `~1` as in a JSON pointer, the first too.
fn escaped_path(path: &str) -> String {
    match path {
        "/*" => "*".to_owned(),
        path => path.replace('/', "~1"),
    }
}

/// The letters and digits of a path, each part with a capital first; a hyphen becomes an underscore, so that different
/// paths stay different. A part that is `*` reads `All`.
fn camel_case(path: &str) -> String {
    let mut name = String::new();
    for part in path.split(['/', '{', '}']) {
        let part = if part == "*" { "all" } else { part };
        let mut characters = part.chars();
        name.extend(characters.next().map(|first| first.to_ascii_uppercase()));
        name.extend(characters.map(|character| if character == '-' { '_' } else { character }));
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_a_method_setting_has_no_slash_of_its_own() {
        assert_eq!(escaped_path("/tenants/t/users/{userId}"), "~1tenants~1t~1users~1{userId}");
        assert_eq!(escaped_path("/*"), "*");
    }

    #[test]
    fn the_name_of_a_method_setting_tells_its_path() {
        assert_eq!(
            camel_case("/tenants/tenant-1/users/{userId}/GET"),
            "TenantsTenant_1UsersUserIdGET"
        );
        assert_eq!(camel_case("/*/*"), "AllAll");
    }
}
