use std::borrow::Cow;

use tenantry_resources::{Attribute, Function, LogicalId, Permission, Role, RolePolicy, Tree};

use super::{Argument, Mapped, json};
use crate::PACKAGES;
use crate::expression::escaped;

pub(super) fn role(role: &Role, id: &LogicalId) -> Mapped {
    let mut mapped = Mapped::new(
        "aws_iam_role",
        [
            ("assume_role_policy", json(&role.trust)),
            ("description", role.description.clone().into()),
            ("name", role.name.clone().into()),
        ],
    );
    for (index, arn) in role.managed_policies.iter().enumerate() {
        mapped.companion(
            format!("managed_policy{}", index + 1),
            "aws_iam_role_policy_attachment",
            [("policy_arn", arn.clone().into()), ("role", id.attribute(Attribute::Id).into())],
        );
    }
    mapped
}

pub(super) fn role_policy(policy: &RolePolicy) -> Mapped {
    Mapped::new(
        "aws_iam_role_policy",
        [
            ("name", policy.name.clone().into()),
            ("policy", json(&policy.policy)),
            ("role", policy.role.id().into()),
        ],
    )
}

pub(super) fn function(function: &Function) -> Mapped {
    // The last part of the key, which is the archive's name.
    let archive = function.code.key.rsplit('/').next().unwrap_or(&function.code.key);
    let path = format!("${{path.module}}/{PACKAGES}/{}", escaped(archive));
    let mut mapped = Mapped::new(
        "aws_lambda_function",
        [
            ("architectures", Tree::list([function.architecture])),
            ("description", function.description.clone().into()),
            ("function_name", function.name.clone().into()),
            ("handler", function.handler.to_string().into()),
            (
                "logging_config",
                Tree::map([
                    ("log_format", "Text".into()),
                    ("log_group", function.log_group.id().into()),
                ]),
            ),
            ("memory_size", function.memory_mib.into()),
            ("role", function.role.arn().into()),
            ("runtime", function.runtime.to_string().into()),
            ("timeout", function.timeout_seconds.into()),
        ],
    );
    let hash = format!("${{filebase64sha256(\"{path}\")}}");
    mapped.add("filename", Argument::Template(path));
    // So that the code is put back when somebody uploads other code.
    mapped.add("source_code_hash", Argument::Template(hash));
    if !function.environment.is_empty() {
        let variables = function
            .environment
            .iter()
            .map(|(name, value)| (Cow::Owned(name.to_string()), value.clone().into()))
            .collect();
        mapped.add("environment", Tree::map([("variables", Tree::Map(variables))]));
    }
    if let Some(network) = &function.network {
        let groups = network.security_groups.iter().map(|group| group.id());
        let subnets = network.subnets.iter().map(|subnet| subnet.id());
        mapped.add(
            "vpc_config",
            Tree::map([
                ("security_group_ids", Tree::list(groups)),
                ("subnet_ids", Tree::list(subnets)),
            ]),
        );
    }
    mapped
}

pub(super) fn permission(permission: &Permission) -> Mapped {
    Mapped::new(
        "aws_lambda_permission",
        [
            ("action", "lambda:InvokeFunction".into()),
            ("function_name", permission.function.arn().into()),
            ("principal", permission.principal.into()),
            ("source_arn", permission.source_arn.clone().into()),
        ],
    )
}
