//! The hygiene plane: conventions that the other planes rest on.

use super::{Barrier, Claim, Plane};

claims! {
    WILDCARD_ACTION: Claim {
        id: "hygiene/wildcard-action",
        plane: Plane::Hygiene,
        title: "No policy allows an action by wildcard.",
        why: "A wildcard grants what the service adds next year.",
        breaks: &[
            "`*`",
            "`dynamodb:*`",
            "`dynamodb:Get*`",
            "`NotAction` in a statement that allows",
        ],
        barriers: &[Barrier::Convention],
        fix: "List the actions.",
        breaking: &[
            "hygiene-wildcard-action.yaml",
            "hygiene-not-action.yaml",
        ],
        holding: &[
            "hygiene-wildcard-action-holds.yaml",
            "hygiene-not-action-holds.yaml",
        ],
    };
    TAGS: Claim {
        id: "hygiene/tags",
        plane: Plane::Hygiene,
        title: "Every resource that takes tags carries all the required ones.",
        why: "Ownership, cost and the proof itself are read from the tags.",
        breaks: &[
            "a tag that is missing or empty",
        ],
        barriers: &[Barrier::Convention],
        fix: "Add the missing tag.",
        breaking: &[
            "hygiene-missing-tag.yaml",
            "hygiene-empty-tag.yaml",
        ],
        holding: &[
            "hygiene-missing-tag-holds.yaml",
            "hygiene-empty-tag-holds.yaml",
        ],
    };
    SUFFIX: Claim {
        id: "hygiene/suffix",
        plane: Plane::Hygiene,
        title: "Every physical name ends in the environment's suffix.",
        why: "Two environments in one account must not collide, and a name says where it belongs.",
        breaks: &[
            "a name without the suffix",
            "the suffix in the middle of the name",
        ],
        barriers: &[Barrier::Convention],
        fix: "End the name in `-` and the suffix, or leave it to CloudFormation.",
        breaking: &[
            "hygiene-suffix-missing.yaml",
            "hygiene-suffix-in-the-middle.yaml",
            "hygiene-suffix-unknown.yaml",
        ],
        holding: &[
            "hygiene-suffix-missing-holds.yaml",
            "hygiene-suffix-in-the-middle-holds.yaml",
            "hygiene-suffix-unknown-holds.yaml",
        ],
    };
    RETAINED: Claim {
        id: "hygiene/retained",
        plane: Plane::Hygiene,
        title: "Nothing outlives the deletion of its stack.",
        why: "What is left behind costs money, holds data of a tenant that has gone, and blocks \
            the next deployment under the same name.",
        breaks: &[
            "`DeletionPolicy: Retain`, `RetainExceptOnCreate` or `Snapshot`",
            "`UpdateReplacePolicy` of the same kind",
            "deletion protection",
        ],
        barriers: &[Barrier::Convention],
        fix: "Set `DeletionPolicy: Delete`, and leave deletion protection off.",
        breaking: &[
            "hygiene-retained.yaml",
            "hygiene-kept-on-replacement.yaml",
            "hygiene-deletion-protection.yaml",
            "hygiene-snapshot-by-default.yaml",
        ],
        holding: &[
            "hygiene-retained-holds.yaml",
            "hygiene-kept-on-replacement-holds.yaml",
            "hygiene-deletion-protection-holds.yaml",
            "hygiene-snapshot-by-default-holds.yaml",
        ],
    };
    ENCRYPTION: Claim {
        id: "hygiene/encryption",
        plane: Plane::Hygiene,
        title: "Everything that stores data encrypts it with a customer's key.",
        why: "A key of one's own is what makes access visible and revocable.",
        breaks: &[
            "a table without `SSESpecification`",
            "a queue, topic or bucket without a key",
            "`SSEEnabled: false`",
        ],
        barriers: &[Barrier::Convention],
        fix: "Name a key of the template.",
        breaking: &[
            "hygiene-unencrypted-table.yaml",
            "hygiene-encryption-switched-off.yaml",
            "hygiene-unencrypted-queue.yaml",
        ],
        holding: &[
            "hygiene-unencrypted-table-holds.yaml",
            "hygiene-encryption-switched-off-holds.yaml",
            "hygiene-unencrypted-queue-holds.yaml",
        ],
    };
    LOG_RETENTION: Claim {
        id: "hygiene/log-retention",
        plane: Plane::Hygiene,
        title: "Every log group keeps its events for 30 days.",
        why: "The default keeps them for ever.",
        breaks: &[
            "no `RetentionInDays`",
            "another number",
        ],
        barriers: &[Barrier::Convention],
        fix: "Set `RetentionInDays: 30`.",
        breaking: &[
            "hygiene-logs-kept-for-ever.yaml",
            "hygiene-logs-kept-for-a-year.yaml",
        ],
        holding: &[
            "hygiene-logs-kept-for-ever-holds.yaml",
            "hygiene-logs-kept-for-a-year-holds.yaml",
        ],
    };
}
