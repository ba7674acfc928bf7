use tenantry_resources::{Account, Deployment, RestApi, Stage, Tree};

use super::{Mapped, json};

pub(super) fn rest_api(api: &RestApi) -> Mapped {
    Mapped::new(
        "aws_api_gateway_rest_api",
        [
            ("body", json(api.body.clone())),
            ("description", api.description.clone().into()),
            ("endpoint_configuration", Tree::map([("types", Tree::list(["REGIONAL"]))])),
            ("fail_on_warnings", true.into()),
            ("name", api.name.clone().into()),
        ],
    )
}

pub(super) fn deployment(deployment: &Deployment) -> Mapped {
    let mut mapped = Mapped::new(
        "aws_api_gateway_deployment",
        [
            ("description", deployment.description.clone().into()),
            ("rest_api_id", deployment.rest_api.id().into()),
        ],
    );
    // A deployment cannot go while a stage points to it. Terraform keeps this word in the state, and so makes the new
    // deployment, turns the stage to it, and only then takes the old one away.
    mapped.create_before_destroy = true;
    mapped
}

pub(super) fn stage(stage: &Stage) -> Mapped {
    let mut mapped = Mapped::new(
        "aws_api_gateway_stage",
        [
            (
                "access_log_settings",
                Tree::map([
                    ("destination_arn", stage.access_log.log_group.arn().into()),
                    ("format", json(Tree::clone(&stage.access_log.format))),
                ]),
            ),
            ("deployment_id", stage.deployment.id().into()),
            ("rest_api_id", stage.rest_api.id().into()),
            ("stage_name", stage.name.clone().into()),
        ],
    );
    for setting in &stage.method_settings {
        let method = setting.method.to_ascii_uppercase();
        mapped.companion(
            format!("throttle{}_{}", label(&setting.path), label(setting.method)),
            "aws_api_gateway_method_settings",
            [
                ("method_path", format!("{}/{method}", escaped_path(&setting.path)).into()),
                ("rest_api_id", stage.rest_api.id().into()),
                (
                    "settings",
                    Tree::map([
                        ("throttling_burst_limit", setting.burst_limit.into()),
                        ("throttling_rate_limit", setting.rate_limit.into()),
                    ]),
                ),
                ("stage_name", stage.name.clone().into()),
            ],
        );
    }
    mapped
}

pub(super) fn account(account: &Account) -> Mapped {
    Mapped::new(
        "aws_api_gateway_account",
        [("cloudwatch_role_arn", account.cloudwatch_role.arn().into())],
    )
}

/// A path as the provider hands it to API Gateway, and as API Gateway tells it: slashes written `~1` as in a JSON pointer, the
/// first too. <https://github.com/hashicorp/terraform-provider-aws/issues/9738>
fn escaped_path(path: &str) -> String {
    match path {
        "/*" => "*".to_owned(),
        path => path.replace('/', "~1"),
    }
}

/// A path or a method as a part of a label: `/tenants/tenant-001/users/{userId}` is `_tenants_tenant-001_users_user_id`.
fn label(path: &str) -> String {
    let mut label = String::new();
    for character in path.chars() {
        match character {
            '{' | '}' => {}
            '/' => label.push('_'),
            '*' => label.push_str("all"),
            _ if character.is_ascii_uppercase() => {
                label.push('_');
                label.push(character.to_ascii_lowercase());
            }
            _ => label.push(character),
        }
    }
    label
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
    fn the_label_of_a_method_setting_tells_its_path() {
        assert_eq!(label("/tenants/tenant-1/users/{userId}"), "_tenants_tenant-1_users_user_id");
        assert_eq!(label("/*"), "_all");
    }
}
