//! The key plane: who can decrypt.

use super::{Barrier, Claim, Plane};

claims! {
    USE: Claim {
        id: "key/use",
        plane: Plane::Key,
        title: "Only a tenant's own principals can use its key.",
        why: "Where the key is, the data is: a ciphertext that leaks is safe only while nobody \
            else may decrypt it. A key policy that delegates to the account grants nothing by \
            itself, but turns every identity policy into a grant.",
        breaks: &[
            "a key policy that names another tenant's role",
            "delegation to the account, and `kms:Decrypt` on `*` in another tenant's policy",
            "`kms:ViaService` that is missing or names a service that the attacker can drive",
        ],
        barriers: &[Barrier::KeyPolicy, Barrier::IdentityPolicy],
        fix: "List the tenant's role and its actions in the key policy, and tie them with \
            `kms:ViaService`.",
        breaking: &[
            "key-delegation-and-a-wildcard.yaml",
            "key-key-policy-names-another-tenant.yaml",
                "key-through-a-service.yaml",
                "key-by-its-own-alias.yaml",
        ],
        holding: &[
            "key-delegation-and-a-wildcard-holds.yaml",
            "key-key-policy-names-another-tenant-holds.yaml",
            "key-without-the-context-that-others-have-undecided.yaml",
            "key-without-the-context-that-others-have-holds.yaml",
                "key-through-a-service-holds.yaml",
                "key-by-its-own-alias-holds.yaml",
        ],
    };
    ADMINISTER: Claim {
        id: "key/administer",
        plane: Plane::Key,
        title: "No principal of a tenant can change, disable or grant another tenant's key.",
        why: "A grant is a permission that no policy shows; a new key policy replaces every \
            barrier at once; deleting a key deletes the data.",
        breaks: &[
            "`kms:CreateGrant` without `kms:GrantIsForAWSResource`",
            "`kms:PutKeyPolicy`, `kms:ScheduleKeyDeletion` or `kms:DisableKey` in reach of a \
                tenant",
        ],
        barriers: &[Barrier::KeyPolicy, Barrier::IdentityPolicy],
        fix: "Leave the key's administration to the deployment's role and list the tenant's \
            actions without `kms:CreateGrant`.",
        breaking: &["key-grants-on-any-key.yaml"],
        holding: &[
            "key-grants-on-any-key-holds.yaml",
            "key-policy-of-a-shared-key-undecided.yaml",
            "key-policy-of-a-shared-key-holds.yaml",
        ],
    };
    ASSIGNMENT: Claim {
        id: "key/assignment",
        plane: Plane::Key,
        title: "A tenant's assets are encrypted with that tenant's key and no other.",
        why: "A table on another tenant's key is readable wherever that key is usable, and gone \
            when that tenant leaves.",
        breaks: &[
            "a table, log group or queue on another tenant's key",
            "an alias that points to another tenant's key",
            "the service's own key where the others use the tenant's",
        ],
        barriers: &[Barrier::KeyAssignment],
        fix: "Name the tenant's own key.",
        breaking: &[
            "key-alias-of-another-tenant.yaml",
            "key-table-on-another-tenants-key.yaml",
        ],
        holding: &[
            "key-alias-of-another-tenant-holds.yaml",
            "key-services-own-key-holds.yaml",
            "key-table-on-another-tenants-key-holds.yaml",
        ],
    };
}
