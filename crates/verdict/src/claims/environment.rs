//! The environment plane: what a function is told.

use super::{Barrier, Claim, Plane};

claims! {
    TENANT_ID: Claim {
        id: "environment/tenant-id",
        plane: Plane::Environment,
        title: "A tenant's function carries that tenant's id.",
        why: "The function compares the path and the token with its own `TENANT_ID`; a swapped \
            value serves the wrong tenant and refuses the right one.",
        breaks: &[
            "another tenant's id in `TENANT_ID`",
            "no `TENANT_ID` at all",
        ],
        barriers: &[Barrier::FunctionEnvironment, Barrier::Integration, Barrier::InvokePermission],
        fix: "Set `TENANT_ID` to the tenant that owns the function.",
        breaking: &["environment-another-tenants-id.yaml"],
        holding: &["environment-another-tenants-id-holds.yaml", "environment-no-id-holds.yaml"],
    };
    REFERENCES: Claim {
        id: "environment/references",
        plane: Plane::Environment,
        title: "Whatever a tenant's function is given, by name or reference, is its own or shared.",
        why: "A table's name in the environment is where the data goes; a subnet or group decides \
            which neighbours there are.",
        breaks: &[
            "another tenant's table or subnet in an environment variable",
            "another tenant's subnet, security group, role or key in the function's \
                configuration",
        ],
        barriers: &[
            Barrier::FunctionEnvironment,
            Barrier::RoleAssignment,
            Barrier::SubnetAssignment,
            Barrier::IdentityPolicy,
            Barrier::ResourcePolicy,
            Barrier::KeyPolicy,
            Barrier::NetworkAcl,
            Barrier::SecurityGroup,
        ],
        fix: "Refer to the tenant's own resources.",
        breaking: &[
            "environment-another-tenants-role.yaml",
            "environment-another-tenants-table.yaml", "environment-id-that-begins-with-anothers.yaml",
        ],
        holding: &[
            "environment-another-tenants-role-holds.yaml",
            "environment-another-tenants-table-holds.yaml",
            "environment-id-that-begins-with-anothers-holds.yaml",
            "environment-secret-by-dynamic-reference-undecided.yaml",
            "environment-secret-by-dynamic-reference-holds.yaml",
        ],
    };
}
