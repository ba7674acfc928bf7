use std::borrow::Cow;

use tenantry_resources::{Attribute, Function, LogicalId, Permission, Role, RolePolicy};

use super::{Mapped, Token};
use crate::input::{Input, list, map};

pub(super) fn role(role: &Role, id: &LogicalId) -> Mapped {
    let mut mapped = Mapped::new(
        Token::Role,
        [
            ("assumeRolePolicy", (&role.trust).into()),
            ("description", role.description.as_str().into()),
            ("name", role.name.as_str().into()),
        ],
    );
    for (index, arn) in role.managed_policies.iter().enumerate() {
        mapped.companion(
            format!("ManagedPolicy{}", index + 1),
            Token::RolePolicyAttachment,
            [("policyArn", arn.clone().into()), ("role", id.attribute(Attribute::Id).into())],
        );
    }
    mapped
}

pub(super) fn role_policy(policy: &RolePolicy) -> Mapped {
    Mapped::new(
        Token::RolePolicy,
        [
            ("name", policy.name.as_str().into()),
            ("policy", (&policy.policy).into()),
            ("role", policy.role.id().into()),
        ],
    )
}

pub(super) fn function(function: &Function) -> Mapped {
    let mut mapped = Mapped::new(
        Token::Function,
        [
            ("architectures", list([function.architecture])),
            ("code", Input::Code(function.code.clone())),
            ("description", function.description.as_str().into()),
            ("handler", function.handler.as_ref().into()),
            (
                "loggingConfig",
                map([("logFormat", "Text".into()), ("logGroup", function.log_group.id().into())]),
            ),
            ("memorySize", function.memory_mib.into()),
            ("name", function.name.as_str().into()),
            ("role", function.role.arn().into()),
            ("runtime", function.runtime.as_ref().into()),
            ("timeout", function.timeout_seconds.into()),
        ],
    );
    if !function.environment.is_empty() {
        let variables = function
            .environment
            .iter()
            .map(|(name, value)| (Cow::Owned(name.to_string()), value.clone().into()))
            .collect();
        mapped.add("environment", map([("variables", Input::Map(variables))]));
    }
    if let Some(network) = &function.network {
        let groups = network.security_groups.iter().map(|group| group.id());
        let subnets = network.subnets.iter().map(|subnet| subnet.id());
        mapped.add(
            "vpcConfig",
            map([("securityGroupIds", list(groups)), ("subnetIds", list(subnets))]),
        );
    }
    mapped
}

pub(super) fn permission(permission: &Permission) -> Mapped {
    Mapped::new(
        Token::Permission,
        [
            ("action", "lambda:InvokeFunction".into()),
            ("function", permission.function.arn().into()),
            ("principal", permission.principal.into()),
            ("sourceArn", permission.source_arn.clone().into()),
        ],
    )
}
