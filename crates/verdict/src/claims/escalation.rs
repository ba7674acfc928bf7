//! The escalation plane: what a principal can turn itself or others into.

use super::{Barrier, Claim, Plane};

claims! {
    ASSUME: Claim {
        id: "escalation/assume",
        plane: Plane::Escalation,
        title: "No principal of a tenant can become a principal of another.",
        why: "Rights that can be put on like a coat are rights that one has: whoever may assume a \
            role may do all that the role may.",
        breaks: &[
            "a trust policy that names another tenant's role, or the account together with \
                `sts:AssumeRole` on it",
            "a trust policy tied to a tag that the caller sets",
            "a web identity without a subject, or with a pattern of subjects that takes in \
                another tenant's",
            "an identity pool or SAML provider of another tenant",
            "a user pool's group, or an identity pool's rule or fallback, that gives another \
                tenant's role",
        ],
        barriers: &[Barrier::TrustPolicy, Barrier::IdentityPolicy],
        fix: "Trust the one service or role that needs it, and give nobody `sts:AssumeRole` on it.",
        breaking: &[
                "escalation-external-id-that-is-denied.yaml",
                "escalation-trust-in-another-tenants-role.yaml",
                "escalation-trust-in-the-account.yaml",
                "escalation-identity-pool-of-another-tenant.yaml",
                "escalation-service-accounts-of-any-namespace.yaml",
                "escalation-service-accounts-of-a-longer-namespace.yaml",
                "escalation-any-subject-of-a-shared-provider.yaml",
                "escalation-clients-of-two-tenants.yaml",
                "escalation-saml-provider-of-another-tenant.yaml",
                "escalation-group-with-another-tenants-role.yaml",
                "escalation-rule-on-a-claim-that-users-write.yaml",
                "escalation-rule-that-takes-in-a-longer-id.yaml",
                "escalation-role-for-whom-no-rule-speaks.yaml",
            ],
        holding: &[
                "escalation-trust-in-another-tenants-role-holds.yaml",
                "escalation-trust-in-the-account-holds.yaml",
                "escalation-external-id-that-is-denied-undecided.yaml",
                "escalation-identity-pool-of-another-tenant-holds.yaml",
                "escalation-service-accounts-of-any-namespace-holds.yaml",
                "escalation-service-accounts-of-a-longer-namespace-holds.yaml",
                "escalation-any-subject-of-a-shared-provider-holds.yaml",
                "escalation-clients-of-two-tenants-holds.yaml",
                "escalation-saml-provider-of-another-tenant-holds.yaml",
                "escalation-service-account-of-two-tenants-undecided.yaml",
                "escalation-any-subject-of-an-unknown-provider-undecided.yaml",
                "escalation-group-with-another-tenants-role-holds.yaml",
                "escalation-rule-on-a-claim-that-users-write-holds.yaml",
                "escalation-rule-that-takes-in-a-longer-id-holds.yaml",
                "escalation-role-for-whom-no-rule-speaks-holds.yaml",
                "escalation-group-of-nobody-undecided.yaml",
                "escalation-instance-as-another-tenants-role-undecided.yaml",
                "escalation-instance-as-another-tenants-role-holds.yaml",
            "escalation-group-with-an-unknown-role-undecided.yaml",
        ],
    };
    PASS: Claim {
        id: "escalation/pass",
        plane: Plane::Escalation,
        title: "No principal of a tenant can hand another tenant's role to something that it \
            controls.",
        why: "`iam:PassRole` with a service that runs code is as good as the role itself: the \
            attacker's function runs with the victim's rights.",
        breaks: &[
            "`iam:PassRole` on `*` together with `lambda:CreateFunction`",
            "`iam:PassRole` on another tenant's role",
        ],
        barriers: &[Barrier::IdentityPolicy, Barrier::TrustPolicy],
        fix: "Do not grant `iam:PassRole`; if it must be, name the role and the service with \
            `iam:PassedToService`.",
        breaking: &["escalation-pass-any-role.yaml"],
        holding: &["escalation-pass-any-role-holds.yaml"],
    };
    CODE: Claim {
        id: "escalation/code",
        plane: Plane::Escalation,
        title: "No principal of a tenant can change what another tenant's principal runs.",
        why: "Who writes a function's code, configuration, layer or image acts with the function's \
            role.",
        breaks: &[
            "`lambda:UpdateFunctionCode` or `lambda:UpdateFunctionConfiguration` on another \
                tenant's function",
            "write access to the bucket or repository that the code comes from, which has effect \
                at the next deployment",
        ],
        barriers: &[Barrier::IdentityPolicy, Barrier::ResourcePolicy],
        fix: "Leave changes of code to the deployment's role.",
        breaking: &[
                "escalation-stops-another-tenants-instance.yaml",
                "escalation-updates-another-tenants-code.yaml",
                "escalation-writes-where-anothers-code-lies.yaml",
                "escalation-code-in-another-tenants-bucket.yaml",
                "escalation-pushes-anothers-image.yaml",
            "escalation-writes-the-source-of-a-pipeline.yaml",
            "escalation-writes-the-script-of-a-shared-job.yaml",
        ],
        holding: &[
                "escalation-stops-another-tenants-instance-holds.yaml",
                "escalation-updates-another-tenants-code-holds.yaml",
                "escalation-writes-where-anothers-code-lies-holds.yaml",
                "escalation-code-in-another-tenants-bucket-holds.yaml",
                "escalation-pushes-anothers-image-holds.yaml",
                "escalation-writes-where-code-may-lie-undecided.yaml",
                "escalation-replaces-shared-code-undecided.yaml",
                "escalation-replaces-shared-code-holds.yaml",
                "escalation-starts-a-shared-build-undecided.yaml",
                "escalation-starts-a-shared-build-holds.yaml",
            "escalation-writes-the-source-of-a-pipeline-holds.yaml",
            "escalation-writes-the-script-of-a-shared-job-holds.yaml",
        ],
    };
    POLICY: Claim {
        id: "escalation/policy",
        plane: Plane::Escalation,
        title: "No principal of a tenant can change a policy that guards another tenant.",
        why: "A barrier that the attacker may rewrite is none: a policy put on a role, an older \
            version made the default, a resource policy replaced, a boundary removed.",
        breaks: &[
            "`iam:PutRolePolicy`, `iam:AttachRolePolicy` or `iam:SetDefaultPolicyVersion`",
            "`dynamodb:PutResourcePolicy`, `lambda:AddPermission`, `s3:PutBucketPolicy`",
            "`iam:DeleteRolePermissionsBoundary`, `iam:UpdateAssumeRolePolicy`",
            "a service that tenants call and that may write policies",
        ],
        barriers: &[
            Barrier::IdentityPolicy,
            Barrier::PermissionsBoundary,
            Barrier::ResourcePolicy,
        ],
        fix: "Leave changes of policies to the deployment's role.",
        breaking: &[
            "escalation-rewrites-a-shared-policy.yaml",
            "escalation-rewrites-its-own-policy.yaml",
            "escalation-service-that-writes-policies.yaml",
        ],
        holding: &[
            "escalation-rewrites-a-shared-policy-holds.yaml",
            "escalation-rewrites-its-own-policy-holds.yaml",
            "escalation-service-that-writes-policies-holds.yaml",
            "escalation-service-on-a-route-that-writes-policies-undecided.yaml",
            "escalation-service-on-a-route-that-writes-policies-holds.yaml",
            "escalation-opens-a-shared-layer-undecided.yaml",
            "escalation-opens-a-shared-layer-holds.yaml",
        ],
    };
    FEED: Claim {
        id: "escalation/feed",
        plane: Plane::Escalation,
        title: "No principal of a tenant can feed work to another tenant's principal.",
        why: "An event source, a schedule or a subscription makes somebody else's function act on \
            the attacker's input, with that function's rights.",
        breaks: &[
            "`lambda:CreateEventSourceMapping` for another tenant's function",
            "a queue or topic of one tenant that triggers another's function",
            "a shared topic, bus, queue, stream, table or bucket that one tenant writes to and that \
                feeds another's things",
        ],
        barriers: &[
            Barrier::IdentityPolicy,
            Barrier::ResourcePolicy,
            Barrier::InvokePermission,
        ],
        fix: "Let a tenant's function be triggered by that tenant's own sources alone.",
        breaking: &[
            "escalation-maps-a-source-to-any-function.yaml",
            "escalation-queue-feeds-another-tenant.yaml",
            "escalation-pipe-into-another-tenants-function.yaml",
            "escalation-shared-topic-feeds-another-tenant.yaml",
            "escalation-shared-bus-and-queue-feed-another-tenant.yaml",
            "escalation-aims-a-rule-at-a-function-that-takes-any.yaml",
            "escalation-feeds-over-the-default-bus.yaml",
        ],
        holding: &[
            "escalation-maps-a-source-to-any-function-holds.yaml",
            "escalation-queue-feeds-another-tenant-holds.yaml",
            "escalation-pipe-into-another-tenants-function-holds.yaml",
            "escalation-shared-topic-feeds-another-tenant-holds.yaml",
            "escalation-shared-bus-and-queue-feed-another-tenant-holds.yaml",
            "escalation-shared-topic-with-a-filter-undecided.yaml",
            "escalation-aims-a-rule-at-a-function-that-takes-any-holds.yaml",
            "escalation-fed-by-a-source-elsewhere-holds.yaml",
            "escalation-fed-by-an-unknown-source-undecided.yaml",
            "escalation-feeds-over-the-default-bus-holds.yaml",
        ],
    };
    NETWORK: Claim {
        id: "escalation/network",
        plane: Plane::Escalation,
        title: "No principal of a tenant can change the network that keeps tenants apart.",
        why: "Routes, network ACLs and security groups hold only as long as a tenant cannot edit \
            them or move its interfaces elsewhere.",
        breaks: &[
            "`ec2:AuthorizeSecurityGroupIngress`, `ec2:CreateRoute`, \
                `ec2:ReplaceNetworkAclEntry`",
            "`ec2:ModifyNetworkInterfaceAttribute` or `lambda:UpdateFunctionConfiguration` \
                with another tenant's subnets",
        ],
        barriers: &[Barrier::IdentityPolicy, Barrier::PermissionsBoundary],
        fix: "Grant a tenant's function no EC2 action but those on its own network interfaces.",
        breaking: &[
            "escalation-changes-the-network-by-wildcard.yaml",
            "escalation-edits-a-shared-network-acl.yaml",
            "escalation-edits-security-groups.yaml",
            "escalation-opens-another-tenants-security-group.yaml",
        ],
        holding: &[
            "escalation-changes-the-network-by-wildcard-holds.yaml",
            "escalation-edits-a-shared-network-acl-holds.yaml",
            "escalation-edits-security-groups-holds.yaml",
            "escalation-opens-another-tenants-security-group-holds.yaml",
        ],
    };
}
