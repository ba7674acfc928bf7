//! Which property says as whom something runs, whatever its type.

use tenantry_template::Value;

use super::paths::{self, Under};

/// Visits what names a role or an instance profile as which something of a type runs.
pub(crate) fn each<'v, 'a>(
    kind: &str,
    properties: &'v Value<'a>,
    visit: &mut dyn FnMut(&'v Value<'a>),
) {
    let by_value = BY_VALUE.iter().any(|(of, _)| kind.starts_with(of));
    let under = |key: &str| {
        if by_value {
            Under::Yes
        } else if FREE.contains(&key) {
            Under::No
        } else if NAMES.iter().any(|name| key.contains(name)) {
            Under::Yes
        } else {
            Under::Perhaps
        }
    };
    paths::texts_under(properties, &under, &mut |path, value| {
        if runs_as(kind, &path.to_string()) {
            visit(value);
        }
    });
}

/// Whether the property of a type, as in `Config.ExecutionRoleArn`, names a role or an instance
/// profile so that something runs as it. A role that is only named, in an environment say, runs
/// nothing, and what IAM and Cognito make of roles is asked elsewhere.
pub(crate) fn runs_as(kind: &str, path: &str) -> bool {
    if BY_VALUE.iter().any(|(of, ends)| kind.starts_with(of) && path.ends_with(ends)) {
        return true;
    }
    if !NAMES.iter().any(|name| path.contains(name)) {
        return false;
    }
    if kind.starts_with("AWS::Cognito::") || BESIDES.contains(&(kind, path)) {
        return false;
    }
    if kind.starts_with("AWS::IAM::") {
        return kind == "AWS::IAM::InstanceProfile" && path.starts_with("Roles");
    }
    let of_people = |segment: &str| FREE.iter().any(|free| segment.trim_end_matches("[]") == *free);
    let named = |segment: &str| NAMES.iter().any(|name| segment.contains(name));
    path.split('.').any(named) && !path.split('.').any(of_people)
}

/// What such a property is called, or a part of it.
const NAMES: &[&str] = &["Role", "InstanceProfile", "Credentials"];

/// Types, and the ends of properties that hold a role as one setting among others, or under a name
/// of their own.
const BY_VALUE: &[(&str, &str)] = &[
    ("AWS::ElasticBeanstalk::", "OptionSettings[].Value"),
    ("AWS::KinesisFirehose::DeliveryStream", "Parameters[].ParameterValue"),
    ("AWS::DataPipeline::Pipeline", "Fields[].StringValue"),
    ("AWS::EC2::FlowLog", "DeliverLogsPermissionArn"),
];

/// Maps whose keys are whatever somebody wrote.
const FREE: &[&str] = &["Environment", "Variables", "Tags", "Metadata", "Body"];

/// Where the credentials of a role do not reach what runs.
const BESIDES: &[(&str, &str)] = &[
    // The agent pulls images and reads secrets as it.
    // <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html>
    ("AWS::ECS::TaskDefinition", "ExecutionRoleArn"),
];

#[cfg(test)]
mod tests {
    use super::runs_as;

    /// Every property that names a role as which something runs, by CloudFormation's own types.
    const RECORDED: &str = include_str!("../../data/role-properties.txt");

    #[test]
    fn every_recorded_property_of_a_role_is_one_that_something_runs_as() {
        let mut lines = 0;
        for line in RECORDED.lines().filter(|line| !line.starts_with('#')) {
            let (kind, path) = line.split_once(' ').expect(line);
            assert!(runs_as(kind, path), "{line}");
            lines += 1;
        }
        assert!(lines > 500, "{lines}");
    }

    #[test]
    fn a_role_is_run_as_where_a_property_is_called_so_and_not_where_it_is_only_named() {
        for (kind, path) in [
            ("AWS::EC2::Instance", "IamInstanceProfile"),
            ("AWS::EC2::LaunchTemplate", "LaunchTemplateData.IamInstanceProfile.Arn"),
            ("AWS::Transfer::User", "Role"),
            ("AWS::EKS::PodIdentityAssociation", "RoleArn"),
            ("AWS::Events::Rule", "Targets[].RoleArn"),
            ("AWS::IAM::InstanceProfile", "Roles[]"),
        ] {
            assert!(runs_as(kind, path), "{kind} {path}");
        }
        for (kind, path) in [
            ("AWS::Lambda::Function", "Environment.Variables.ROLE_ARN"),
            ("AWS::Lambda::Function", "Environment.Variables.Role"),
            ("AWS::IAM::Policy", "Roles[]"),
            ("AWS::ECS::TaskDefinition", "ExecutionRoleArn"),
            ("AWS::Cognito::UserPoolGroup", "RoleArn"),
        ] {
            assert!(!runs_as(kind, path), "{kind} {path}");
        }
    }
}
