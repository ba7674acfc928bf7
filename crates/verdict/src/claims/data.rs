//! The data plane: what the stores themselves let in.

use super::{Barrier, Claim, Plane};

claims! {
    RESOURCE_POLICY: Claim {
        id: "data/resource-policy",
        plane: Plane::Data,
        title: "No policy on a tenant's table, index, stream, bucket, queue or secret lets another \
            tenant in.",
        why: "In one account a resource policy grants by itself: an identity policy that says \
            nothing does not stop it.",
        breaks: &[
            "a resource policy that names another tenant's role, or everyone",
            "a denial whose exception is too wide, where it was the only barrier",
        ],
        barriers: &[Barrier::ResourcePolicy],
        fix: "Allow nobody in a resource policy; deny everyone but the tenant's own role.",
        breaking: &[
            "data-index-in-the-tables-policy.yaml",
            "data-resource-policy-names-another-tenant.yaml",
        ],
        holding: &[
            "data-index-in-the-tables-policy-holds.yaml",
            "data-resource-policy-names-another-tenant-holds.yaml",
        ],
    };
    STREAM: Claim {
        id: "data/stream",
        plane: Plane::Data,
        title: "Only a tenant's own consumers read its streams and events.",
        why: "A stream carries every change of a table: who consumes it has the data without a \
            single read of the table.",
        breaks: &[
            "an event source mapping from one tenant's stream to another tenant's function",
            "a pipe, a notification or a function's destination that ends at another tenant",
            "a subscription to a topic that tenants share, a rule on a shared bus, or the stream \
                of a pooled table, without a filter that names the subscriber's tenant alone",
            "`dynamodb:GetRecords` or `dynamodb:GetShardIterator` on another tenant's stream",
        ],
        barriers: &[Barrier::Ownership, Barrier::IdentityPolicy, Barrier::ResourcePolicy],
        fix: "Let the consumer be a principal of the tenant that owns the stream.",
        breaking: &[
                "data-stream-into-another-tenant.yaml",
                "data-stream-read-by-another-tenant.yaml",
                "data-streams-own-policy.yaml",
                "data-notifications-into-another-tenants-queue.yaml",
                "data-results-into-another-tenants-queue.yaml",
                "data-notifications-through-a-shared-topic.yaml",
                "data-filter-that-takes-in-a-longer-id.yaml",
                "data-stream-of-a-pooled-table.yaml",
                "data-stream-by-any-consumer.yaml",
        ],
        holding: &[
                "data-stream-into-another-tenant-holds.yaml",
                "data-stream-read-by-another-tenant-holds.yaml",
                "data-streams-own-policy-holds.yaml",
                "data-notifications-into-another-tenants-queue-holds.yaml",
                "data-results-into-another-tenants-queue-holds.yaml",
                "data-notifications-through-a-shared-topic-holds.yaml",
                "data-filter-that-takes-in-a-longer-id-holds.yaml",
                "data-stream-of-a-pooled-table-holds.yaml",
                "data-stream-by-any-consumer-holds.yaml",
                "data-receives-from-a-shared-queue-undecided.yaml",
                "data-receives-from-a-shared-queue-holds.yaml",
                "data-subscribes-to-a-shared-topic-undecided.yaml",
                "data-subscribes-to-a-shared-topic-holds.yaml",
        ],
    };
    COPY: Claim {
        id: "data/copy",
        plane: Plane::Data,
        title: "No copy of a tenant's data leaves it: backup, export, replica, restore.",
        why: "A copy has its own name and its own policies; the barriers of the original do not \
            follow it.",
        breaks: &[
            "`dynamodb:ExportTableToPointInTime`, `dynamodb:RestoreTableFromBackup` or \
                `dynamodb:CreateBackup` in reach of another tenant",
            "replication into another tenant's bucket",
        ],
        barriers: &[Barrier::IdentityPolicy, Barrier::ResourcePolicy, Barrier::Ownership],
        fix: "List the data actions that the tenant needs, and leave copies to the operator's \
            role.",
        breaking: &[
            "data-export-by-another-tenant.yaml",
            "data-replica-in-another-tenants-bucket.yaml",
        ],
        holding: &[
            "data-export-by-another-tenant-holds.yaml",
            "data-replica-in-another-tenants-bucket-holds.yaml",
        ],
    };
    POOLED: Claim {
        id: "data/pooled",
        plane: Plane::Data,
        title: "In a store that tenants share, each tenant reaches what is its own alone: in a \
            table, the items under its own leading keys.",
        why: "A shared table is as far apart as one condition: `dynamodb:LeadingKeys` tied to \
            something that the caller cannot choose, on actions that carry keys at all.",
        breaks: &[
            "`dynamodb:Scan` or PartiQL beside the condition, which have no leading keys to \
                check",
            "`dynamodb:LeadingKeys` tied to a session tag that the caller sets",
            "`ForAllValues` without `Null`, which an absent key satisfies",
            "`ForAnyValue`, which a key of its own satisfies beside another's in one batch",
            "a wildcard behind the id, which takes in longer ids that begin with it",
            "an index whose keys are not the tenant's",
            "a bucket, queue or stream to which users of several tenants write, and which they \
                read, where no statement is tied to the caller",
        ],
        barriers: &[Barrier::IdentityPolicy, Barrier::SessionPolicy, Barrier::TrustPolicy],
        fix: "Tie `dynamodb:LeadingKeys` to `aws:PrincipalTag`, list the actions that carry keys, \
            and require the key to be there.",
        breaking: &[
            "data-pooled-scan-beside-the-condition.yaml",
            "data-pooled-scan-escapes-the-keys.yaml",
            "data-pooled-without-leading-keys.yaml",
            "data-pooled-another-key-beside-its-own.yaml",
            "data-pooled-key-of-another-tenant.yaml",
            "data-pooled-by-a-tag-that-users-write.yaml",
            "data-pooled-keys-that-begin-as-its-own.yaml",
            "data-pooled-statement-without-a-key.yaml",
            "data-pooled-filled-by-a-shared-role.yaml",
        ],
        holding: &[
            "data-pooled-scan-beside-the-condition-holds.yaml",
            "data-pooled-scan-escapes-the-keys-holds.yaml",
            "data-pooled-without-leading-keys-holds.yaml",
            "data-pooled-another-key-beside-its-own-holds.yaml",
            "data-pooled-key-of-another-tenant-holds.yaml",
            "data-pooled-by-a-tag-that-users-write-holds.yaml",
            "data-pooled-keys-that-begin-as-its-own-holds.yaml",
            "data-pooled-keys-that-hang-on-a-condition-undecided.yaml",
            "data-pooled-keys-that-hang-on-a-condition-holds.yaml",
            "data-objects-of-a-shared-bucket-undecided.yaml",
            "data-objects-of-a-shared-bucket-holds.yaml",
            "data-lists-a-shared-bucket-undecided.yaml",
            "data-lists-a-shared-bucket-holds.yaml",
            "data-pooled-statement-without-a-key-holds.yaml",
            "data-pooled-filled-by-a-shared-role-undecided.yaml",
            "data-pooled-filled-by-a-shared-role-holds.yaml",
            "data-reads-a-series-that-tenants-share-undecided.yaml",
            "data-reads-a-series-that-tenants-share-holds.yaml",
        ],
    };
}
