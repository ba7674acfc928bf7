use tenantry_resources::{Bucket, BucketPolicy, Index, Table, Tree};

use super::{Properties, add, properties_of};

pub(super) fn table(table: &Table) -> Properties {
    let attributes = table.key_attributes().into_iter().map(|name| {
        Tree::map([("AttributeName", name.to_owned().into()), ("AttributeType", "S".into())])
    });
    let mut properties = properties_of([
        ("AttributeDefinitions", Tree::list(attributes)),
        ("BillingMode", "PAY_PER_REQUEST".into()),
        ("DeletionProtectionEnabled", false.into()),
        ("KeySchema", key_schema(&table.partition_key, table.sort_key.as_deref())),
        (
            "PointInTimeRecoverySpecification",
            Tree::map([("PointInTimeRecoveryEnabled", table.point_in_time_recovery.into())]),
        ),
        ("ResourcePolicy", Tree::map([("PolicyDocument", (&table.policy).into())])),
        (
            "SSESpecification",
            Tree::map([
                ("KMSMasterKeyId", table.key.arn().into()),
                ("SSEEnabled", true.into()),
                ("SSEType", "KMS".into()),
            ]),
        ),
        ("TableName", table.name.clone().into()),
    ]);
    if !table.indexes.is_empty() {
        add(&mut properties, "GlobalSecondaryIndexes", Tree::list(table.indexes.iter().map(index)));
    }
    if let Some(attribute) = &table.time_to_live {
        let specification =
            Tree::map([("AttributeName", attribute.to_string().into()), ("Enabled", true.into())]);
        add(&mut properties, "TimeToLiveSpecification", specification);
    }
    properties
}

fn index(index: &Index) -> Tree {
    Tree::map([
        ("IndexName", index.name.clone().into()),
        ("KeySchema", key_schema(&index.partition_key, index.sort_key.as_deref())),
        ("Projection", Tree::map([("ProjectionType", "ALL".into())])),
    ])
}

fn key_schema(partition_key: &str, sort_key: Option<&str>) -> Tree {
    let keys = [Some((partition_key, "HASH")), sort_key.map(|name| (name, "RANGE"))];
    Tree::list(keys.into_iter().flatten().map(|(name, role)| {
        Tree::map([("AttributeName", name.to_owned().into()), ("KeyType", role.into())])
    }))
}

pub(super) fn bucket(bucket: &Bucket) -> Properties {
    let encryption = Tree::map([
        ("BucketKeyEnabled", false.into()),
        (
            "ServerSideEncryptionByDefault",
            Tree::map([
                ("KMSMasterKeyID", bucket.key.arn().into()),
                ("SSEAlgorithm", "aws:kms".into()),
            ]),
        ),
    ]);
    let expiration = Tree::map([
        ("AbortIncompleteMultipartUpload", Tree::map([("DaysAfterInitiation", 7.into())])),
        ("ExpirationInDays", bucket.expiration_days.into()),
        ("Id", "expire".into()),
        ("NoncurrentVersionExpiration", Tree::map([("NoncurrentDays", 1.into())])),
        ("Status", "Enabled".into()),
    ]);
    properties_of([
        (
            "BucketEncryption",
            Tree::map([("ServerSideEncryptionConfiguration", Tree::list([encryption]))]),
        ),
        ("BucketName", bucket.name.clone().into()),
        ("LifecycleConfiguration", Tree::map([("Rules", Tree::list([expiration]))])),
        (
            "OwnershipControls",
            Tree::map([(
                "Rules",
                Tree::list([Tree::map([("ObjectOwnership", "BucketOwnerEnforced".into())])]),
            )]),
        ),
        (
            "PublicAccessBlockConfiguration",
            Tree::map([
                ("BlockPublicAcls", true.into()),
                ("BlockPublicPolicy", true.into()),
                ("IgnorePublicAcls", true.into()),
                ("RestrictPublicBuckets", true.into()),
            ]),
        ),
        ("VersioningConfiguration", Tree::map([("Status", "Enabled".into())])),
    ])
}

pub(super) fn bucket_policy(policy: &BucketPolicy) -> Properties {
    properties_of([
        ("Bucket", policy.bucket.id().into()),
        ("PolicyDocument", (&policy.policy).into()),
    ])
}
