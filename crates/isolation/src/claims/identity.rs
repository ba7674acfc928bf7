//! The identity plane: who is allowed what.

use super::{Barrier, Claim, Plane};

claims! {
    OTHER_TENANTS_ASSET: Claim {
        id: "identity/other-tenants-asset",
        plane: Plane::Identity,
        title: "No principal of a tenant is allowed any action on another tenant's asset.",
        why: "A role that can name another tenant's table, key or function needs no exploit: one \
            request is enough. What a principal may do is the sum of its own policies and the \
            asset's, less boundaries and denials, so each has to be read with the others.",
        breaks: &[
            "the ARN of another tenant's asset",
            "a prefix wildcard: `tenant-1*` also matches `tenant-10`",
            "`NotResource` or `NotAction` that leaves the other tenant in",
            "a condition on a key that the caller chooses, such as `aws:UserAgent` or a \
                request tag",
        ],
        barriers: &[
            Barrier::IdentityPolicy,
            Barrier::PermissionsBoundary,
            Barrier::ResourcePolicy,
            Barrier::EndpointPolicy,
        ],
        fix: "Name exact ARNs of the tenant's own assets, and listed actions.",
        breaking: &[
            "identity-action-wildcard.yaml",
            "identity-arn-of-another-tenant.yaml",
            "identity-condition-on-user-agent.yaml",
            "identity-database-of-another-tenant.yaml",
            "identity-denial-compared-with-the-callers-choice.yaml",
            "identity-denial-of-every-ipv4-address.yaml",
            "identity-denial-that-spares-one-action.yaml",
            "identity-mounts-any-file-system.yaml",
            "identity-names-made-by-cloudformation.yaml",
            "identity-not-action.yaml",
            "identity-not-resource.yaml",
            "identity-objects-of-another-tenant.yaml",
            "identity-parameters-by-prefix.yaml",
            "identity-policy-for-everyone.yaml",
            "identity-prefix-wildcard.yaml",
            "identity-search-domain-of-another-tenant.yaml",
            "identity-secret-by-six-question-marks.yaml",
            "identity-secret-of-another-tenant.yaml",
            "identity-user-of-a-group.yaml",
        ],
        holding: &[
            "identity-account-written-out-holds.yaml",
            "identity-account-written-out-undecided.yaml",
            "identity-action-wildcard-holds.yaml",
            "identity-arn-of-another-tenant-holds.yaml",
            "identity-condition-on-user-agent-holds.yaml",
            "identity-custom-resource-holds.yaml",
            "identity-custom-resource-undecided.yaml",
            "identity-database-of-another-tenant-holds.yaml",
            "identity-database-that-is-not-modelled-undecided.yaml",
            "identity-denial-compared-with-the-callers-choice-holds.yaml",
            "identity-denial-of-every-ipv4-address-holds.yaml",
            "identity-denial-that-spares-one-action-holds.yaml",
            "identity-kafka-topics-holds.yaml",
            "identity-kafka-topics-undecided.yaml",
            "identity-load-balancer-holds.yaml",
            "identity-load-balancer-undecided.yaml",
            "identity-mounts-any-file-system-holds.yaml",
            "identity-names-made-by-cloudformation-holds.yaml",
            "identity-not-action-holds.yaml",
            "identity-not-resource-holds.yaml",
            "identity-objects-of-another-tenant-holds.yaml",
            "identity-parameter-in-a-resource-undecided.yaml",
            "identity-parameters-by-prefix-holds.yaml",
            "identity-policy-for-everyone-holds.yaml",
            "identity-policy-on-a-role-of-unknown-name-holds.yaml",
            "identity-policy-on-a-role-of-unknown-name-undecided.yaml",
            "identity-prefix-wildcard-holds.yaml",
            "identity-resource-policy-on-a-condition-holds.yaml",
            "identity-resource-policy-on-a-condition-undecided.yaml",
            "identity-search-domain-of-another-tenant-holds.yaml",
            "identity-secret-by-six-question-marks-holds.yaml",
            "identity-secret-of-another-tenant-holds.yaml",
            "identity-session-of-another-tenant-holds.yaml",
            "identity-session-of-another-tenant-undecided.yaml",
            "identity-shell-on-another-tenants-instance-holds.yaml",
            "identity-shell-on-another-tenants-instance-undecided.yaml",
            "identity-some-objects-of-another-tenant-undecided.yaml",
            "identity-user-of-a-group-holds.yaml",
        ],
    };
    OUTSIDE: Claim {
        id: "identity/outside",
        plane: Plane::Identity,
        title: "Nobody outside the account is allowed any action on a tenant's asset.",
        why: "A policy that trusts everyone, another account or a service without saying for whom \
            it acts lets an attacker in who has no account here at all.",
        breaks: &[
            "`Principal: \"*\"` without a condition that AWS sets",
            "another account's root",
            "a service principal without `aws:SourceArn` or `aws:SourceAccount`",
        ],
        barriers: &[Barrier::ResourcePolicy, Barrier::KeyPolicy, Barrier::TrustPolicy],
        fix: "Name the tenant's role, or tie a service to its source with `aws:SourceArn`.",
        breaking: &[
            "identity-denial-of-the-first-action.yaml",
            "identity-everyone-with-a-wide-source.yaml",
            "identity-index-open-to-everyone.yaml",
            "identity-policy-for-everyone.yaml",
            "identity-service-without-a-source.yaml",
            "identity-source-in-any-account.yaml",
            "identity-trust-in-everybody-by-a-wildcard.yaml",
        ],
        holding: &[
            "identity-denial-of-the-first-action-holds.yaml",
            "identity-everyone-with-a-wide-source-holds.yaml",
            "identity-index-open-to-everyone-holds.yaml",
            "identity-policy-for-everyone-holds.yaml",
            "identity-service-without-a-source-holds.yaml",
            "identity-source-in-any-account-holds.yaml",
            "identity-trust-in-everybody-by-a-wildcard-holds.yaml",
        ],
    };
    SHARED_GRANT: Claim {
        id: "identity/shared-grant",
        plane: Plane::Identity,
        title: "No shared principal that a tenant can steer may act on the assets of more than one \
            tenant.",
        why: "A shared function that serves every tenant acts for whoever calls it; its rights are \
            then every tenant's rights. A shared principal that no tenant reaches is a finding \
            about least privilege, not a breach.",
        breaks: &[
            "a shared worker with access to every table that any tenant can invoke",
            "a queue that all tenants write to and one privileged function reads",
        ],
        barriers: &[Barrier::IdentityPolicy, Barrier::ResourcePolicy, Barrier::SessionPolicy],
        fix: "Give each tenant a principal of its own, or let the shared one assume a role bound \
            to the tenant.",
        breaking: &[
            "identity-shared-worker-fed-by-a-queue.yaml",
            "identity-shared-worker-on-a-route.yaml",
            "identity-two-steps-to-a-shared-role.yaml",
            "identity-function-on-a-shared-role.yaml",
        ],
        holding: &[
            "identity-shared-worker-on-an-open-table-holds.yaml",
            "identity-shared-worker-on-an-open-table-undecided.yaml",
            "identity-shared-role-open-to-mfa-holds.yaml",
            "identity-shared-role-open-to-mfa-undecided.yaml",
            "identity-shared-worker-fed-by-a-queue-holds.yaml",
            "identity-shared-worker-on-a-route-holds.yaml",
            "identity-two-steps-to-a-shared-role-holds.yaml",
            "identity-function-on-a-shared-role-holds.yaml",
        ],
    };
}
