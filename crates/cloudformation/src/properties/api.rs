use tenantry_resources::{Account, Deployment, RestApi, Stage, Tree};

use super::{Properties, properties_of};

pub(super) fn rest_api(api: &RestApi) -> Properties {
    properties_of([
        ("Body", api.body.clone()),
        ("Description", api.description.clone().into()),
        ("EndpointConfiguration", Tree::map([("Types", Tree::list(["REGIONAL"]))])),
        ("FailOnWarnings", true.into()),
        ("Name", api.name.clone().into()),
    ])
}

pub(super) fn deployment(deployment: &Deployment) -> Properties {
    properties_of([
        ("Description", deployment.description.clone().into()),
        ("RestApiId", deployment.rest_api.id().into()),
    ])
}

pub(super) fn stage(stage: &Stage) -> Properties {
    let settings = stage.method_settings.iter().map(|setting| {
        Tree::map([
            ("HttpMethod", setting.method.to_ascii_uppercase().into()),
            ("ResourcePath", escaped_path(&setting.path).into()),
            ("ThrottlingBurstLimit", setting.burst_limit.into()),
            ("ThrottlingRateLimit", setting.rate_limit.into()),
        ])
    });
    properties_of([
        (
            "AccessLogSetting",
            Tree::map([
                ("DestinationArn", stage.access_log.log_group.arn().into()),
                ("Format", stage.access_log.format.to_json_text().into()),
            ]),
        ),
        ("DeploymentId", stage.deployment.id().into()),
        ("MethodSettings", Tree::list(settings)),
        ("RestApiId", stage.rest_api.id().into()),
        ("StageName", stage.name.clone().into()),
    ])
}

pub(super) fn account(account: &Account) -> Properties {
    properties_of([("CloudWatchRoleArn", account.cloudwatch_role.arn().into())])
}

/// A path as a method setting has it: slashes written `~1` as in a JSON pointer, but the first. All
/// paths are `/*`, as they are.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-apigateway-stage-methodsetting.html>
fn escaped_path(path: &str) -> String {
    match path {
        "/*" => path.to_owned(),
        path => format!("/{}", path.replace('/', "~1")),
    }
}

#[cfg(test)]
mod tests {
    use super::escaped_path;

    #[test]
    fn a_method_setting_is_for_one_path_or_for_all() {
        assert_eq!(escaped_path("/tenants/t/users"), "/~1tenants~1t~1users");
        assert_eq!(escaped_path("/*"), "/*");
    }
}
