//! The log plane: what is written and read as evidence.

use super::{Barrier, Claim, Plane};

claims! {
    WRITTEN_BY_OWNER: Claim {
        id: "log/written-by-owner",
        plane: Plane::Log,
        title: "A tenant's log group is written by that tenant alone.",
        why: "Evidence that others can write proves nothing, and a shared group mixes tenants' \
            data.",
        breaks: &[
            "a log group that two tenants' functions write to",
            "`logs:PutLogEvents` on a wildcard, as in `AWSLambdaBasicExecutionRole`",
        ],
        barriers: &[Barrier::IdentityPolicy, Barrier::LogGroup],
        fix: "Name the tenant's own log group in its role's policy.",
        breaking: &[
            "log-another-tenants-group.yaml",
            "log-wide-managed-policy.yaml",
            "log-group-by-the-arn-that-is-returned.yaml",
        ],
        holding: &[
            "log-another-tenants-group-holds.yaml",
            "log-wide-managed-policy-holds.yaml",
            "log-group-by-the-arn-that-is-returned-holds.yaml",
            "log-written-to-an-unknown-group-undecided.yaml",
        ],
    };
    READ_BY_OWNER: Claim {
        id: "log/read-by-owner",
        plane: Plane::Log,
        title: "A tenant's log group is read by no other tenant.",
        why: "Logs carry what requests carried: identifiers, addresses, sometimes data.",
        breaks: &[
            "`logs:GetLogEvents`, `logs:FilterLogEvents` or `logs:StartQuery` on a wildcard",
            "a subscription filter to another tenant's destination",
        ],
        barriers: &[Barrier::IdentityPolicy, Barrier::LogGroup],
        fix: "Grant no reading action on another tenant's group, and send subscriptions to the \
            tenant's own or a shared destination.",
        breaking: &["log-read-on-a-wildcard.yaml", "log-subscription-to-another-tenant.yaml"],
        holding: &[
            "log-read-on-a-wildcard-holds.yaml",
            "log-subscription-to-another-tenant-holds.yaml",
        ],
    };
    ENCRYPTION: Claim {
        id: "log/encryption",
        plane: Plane::Log,
        title: "A tenant's log group is encrypted with that tenant's key.",
        why: "Without the tenant's key, whoever administers logs reads them, and deleting the key \
            no longer deletes the logs.",
        breaks: &[
            "no `KmsKeyId`",
            "another tenant's key",
        ],
        barriers: &[Barrier::KeyAssignment],
        fix: "Set `KmsKeyId` to the tenant's own key.",
        breaking: &["log-on-another-tenants-key.yaml"],
        holding: &["log-on-another-tenants-key-holds.yaml", "log-without-a-key-holds.yaml"],
    };
}
