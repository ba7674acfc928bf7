use std::borrow::Cow;

use tenantry_resources::{BucketEmptier, Function, Permission, Role, RolePolicy, Tree};

use super::{Properties, add, properties_of};
use crate::CODE_BUCKET;

pub(super) fn role(role: &Role) -> Properties {
    let mut properties = properties_of([
        ("AssumeRolePolicyDocument", (&role.trust).into()),
        ("Description", role.description.clone().into()),
    ]);
    if !role.managed_policies.is_empty() {
        let arns = Tree::list(role.managed_policies.iter().cloned());
        add(&mut properties, "ManagedPolicyArns", arns);
    }
    add(&mut properties, "RoleName", role.name.clone());
    properties
}

pub(super) fn role_policy(policy: &RolePolicy) -> Properties {
    properties_of([
        ("PolicyDocument", (&policy.policy).into()),
        ("PolicyName", policy.name.clone().into()),
        ("Roles", Tree::list([policy.role.id()])),
    ])
}

pub(super) fn function(function: &Function) -> Properties {
    let code = Tree::map([
        ("S3Bucket", Tree::map([("Ref", CODE_BUCKET.into())])),
        ("S3Key", function.code.key.clone().into()),
    ]);
    let mut properties = properties_of([
        ("Architectures", Tree::list([function.architecture])),
        ("Code", code),
        ("Description", function.description.clone().into()),
    ]);
    if !function.environment.is_empty() {
        let variables = function
            .environment
            .iter()
            .map(|(name, value)| (Cow::Owned(name.to_string()), value.clone().into()))
            .collect();
        add(&mut properties, "Environment", Tree::map([("Variables", Tree::Map(variables))]));
    }
    add(&mut properties, "FunctionName", function.name.clone());
    add(&mut properties, "Handler", function.handler.to_string());
    let logging = Tree::map([("LogGroup", function.log_group.id().into())]);
    add(&mut properties, "LoggingConfig", logging);
    add(&mut properties, "MemorySize", function.memory_mib);
    add(&mut properties, "Role", function.role.arn());
    add(&mut properties, "Runtime", function.runtime.to_string());
    add(&mut properties, "Timeout", function.timeout_seconds);
    if let Some(network) = &function.network {
        let groups = network.security_groups.iter().map(|group| group.id());
        let subnets = network.subnets.iter().map(|subnet| subnet.id());
        let config = Tree::map([
            ("SecurityGroupIds", Tree::list(groups)),
            ("SubnetIds", Tree::list(subnets)),
        ]);
        add(&mut properties, "VpcConfig", config);
    }
    properties
}

pub(super) fn permission(permission: &Permission) -> Properties {
    properties_of([
        ("Action", "lambda:InvokeFunction".into()),
        ("FunctionName", permission.function.arn().into()),
        ("Principal", permission.principal.into()),
        ("SourceArn", permission.source_arn.clone().into()),
    ])
}

pub(super) fn bucket_emptier(emptier: &BucketEmptier) -> Properties {
    properties_of([
        ("ServiceToken", emptier.function.arn().into()),
        ("BucketName", emptier.bucket.id().into()),
    ])
}
