use tenantry_resources::{Attribute, Bucket, BucketPolicy, Index, LogicalId, Table};

use super::{Mapped, Token};
use crate::input::{Input, list, map};

pub(super) fn table(table: &Table, id: &LogicalId) -> Mapped {
    let attributes = table
        .key_attributes()
        .into_iter()
        .map(|name| map([("name", name.into()), ("type", "S".into())]));
    let mut mapped = Mapped::new(
        Token::Table,
        [
            ("attributes", list(attributes)),
            ("billingMode", "PAY_PER_REQUEST".into()),
            ("deletionProtectionEnabled", false.into()),
            ("hashKey", table.partition_key.as_ref().into()),
            ("name", table.name.as_str().into()),
            ("pointInTimeRecovery", map([("enabled", table.point_in_time_recovery.into())])),
            (
                "serverSideEncryption",
                map([("enabled", true.into()), ("kmsKeyArn", table.key.arn().into())]),
            ),
        ],
    );
    if let Some(attribute) = &table.sort_key {
        mapped.add("rangeKey", attribute.as_ref());
    }
    if !table.indexes.is_empty() {
        mapped.add("globalSecondaryIndexes", list(table.indexes.iter().map(index)));
    }
    mapped.inputs.sort_by(|one, other| one.0.cmp(&other.0));
    if let Some(attribute) = &table.time_to_live {
        mapped.add(
            "ttl",
            map([("attributeName", attribute.as_ref().into()), ("enabled", true.into())]),
        );
    }
    mapped.companion(
        "Policy",
        Token::ResourcePolicy,
        [("policy", (&table.policy).into()), ("resourceArn", id.attribute(Attribute::Arn).into())],
    );
    mapped
}

fn index(index: &Index) -> Input {
    let keys =
        [Some((&index.partition_key, "HASH")), index.sort_key.as_ref().map(|key| (key, "RANGE"))];
    let keys = keys.into_iter().flatten().map(|(name, role)| {
        map([("attributeName", name.as_ref().into()), ("keyType", role.into())])
    });
    map([
        ("keySchemas", list(keys)),
        ("name", index.name.as_str().into()),
        ("projectionType", "ALL".into()),
    ])
}

pub(super) fn bucket(bucket: &Bucket, id: &LogicalId) -> Mapped {
    let mut mapped = Mapped::new(
        Token::Bucket,
        [("bucket", bucket.name.clone().into()), ("forceDestroy", bucket.force_destroy.into())],
    );
    mapped.companion(
        "Versioning",
        Token::BucketVersioning,
        [
            ("bucket", id.attribute(Attribute::Id).into()),
            ("versioningConfiguration", map([("status", "Enabled".into())])),
        ],
    );
    let by_default =
        map([("kmsMasterKeyId", bucket.key.arn().into()), ("sseAlgorithm", "aws:kms".into())]);
    let encryption = map([
        ("applyServerSideEncryptionByDefault", by_default),
        ("bucketKeyEnabled", false.into()),
    ]);
    mapped.companion(
        "Encryption",
        Token::BucketServerSideEncryptionConfiguration,
        [("bucket", id.attribute(Attribute::Id).into()), ("rules", list([encryption]))],
    );
    let expire = map([
        ("abortIncompleteMultipartUpload", map([("daysAfterInitiation", 7u8.into())])),
        ("expiration", map([("days", bucket.expiration_days.into())])),
        ("filter", map([("prefix", "".into())])),
        ("id", "expire".into()),
        ("noncurrentVersionExpiration", map([("noncurrentDays", 1u8.into())])),
        ("status", "Enabled".into()),
    ]);
    mapped.companion(
        "Lifecycle",
        Token::BucketLifecycleConfiguration,
        [("bucket", id.attribute(Attribute::Id).into()), ("rules", list([expire]))],
    );
    mapped.companion(
        "OwnershipControls",
        Token::BucketOwnershipControls,
        [
            ("bucket", id.attribute(Attribute::Id).into()),
            ("rule", map([("objectOwnership", "BucketOwnerEnforced".into())])),
        ],
    );
    mapped.companion(
        "PublicAccessBlock",
        Token::BucketPublicAccessBlock,
        [
            ("blockPublicAcls", true.into()),
            ("blockPublicPolicy", true.into()),
            ("bucket", id.attribute(Attribute::Id).into()),
            ("ignorePublicAcls", true.into()),
            ("restrictPublicBuckets", true.into()),
        ],
    );
    mapped
}

pub(super) fn bucket_policy(policy: &BucketPolicy) -> Mapped {
    Mapped::new(
        Token::BucketPolicy,
        [("bucket", policy.bucket.id().into()), ("policy", (&policy.policy).into())],
    )
}
