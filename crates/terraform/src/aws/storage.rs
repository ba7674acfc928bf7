use tenantry_resources::{Attribute, Bucket, BucketPolicy, Index, LogicalId, Table, Tree};

use super::{Mapped, json};

pub(super) fn table(table: &Table, id: &LogicalId) -> Mapped {
    let attributes = table
        .key_attributes()
        .into_iter()
        .map(|name| Tree::map([("name", name.to_owned().into()), ("type", "S".into())]));
    let mut mapped = Mapped::new(
        "aws_dynamodb_table",
        [
            ("attribute", Tree::list(attributes)),
            ("billing_mode", "PAY_PER_REQUEST".into()),
            ("deletion_protection_enabled", false.into()),
            ("hash_key", table.partition_key.to_string().into()),
            ("name", table.name.clone().into()),
            (
                "point_in_time_recovery",
                Tree::map([("enabled", table.point_in_time_recovery.into())]),
            ),
            (
                "server_side_encryption",
                Tree::map([("enabled", true.into()), ("kms_key_arn", table.key.arn().into())]),
            ),
        ],
    );
    if let Some(attribute) = &table.sort_key {
        mapped.add("range_key", attribute.to_string());
    }
    if !table.indexes.is_empty() {
        mapped.add("global_secondary_index", Tree::list(table.indexes.iter().map(index)));
    }
    mapped.arguments.sort_by_key(|(name, _)| *name);
    if let Some(attribute) = &table.time_to_live {
        let ttl =
            Tree::map([("attribute_name", attribute.to_string().into()), ("enabled", true.into())]);
        mapped.add("ttl", ttl);
    }
    mapped.companion(
        "policy",
        "aws_dynamodb_resource_policy",
        [("policy", json(&table.policy)), ("resource_arn", id.attribute(Attribute::Arn).into())],
    );
    mapped
}

fn index(index: &Index) -> Tree {
    let mut arguments = vec![
        ("hash_key".into(), index.partition_key.to_string().into()),
        ("name".into(), index.name.clone().into()),
        ("projection_type".into(), "ALL".into()),
    ];
    if let Some(attribute) = &index.sort_key {
        arguments.push(("range_key".into(), attribute.to_string().into()));
    }
    Tree::Map(arguments)
}

pub(super) fn bucket(bucket: &Bucket, id: &LogicalId) -> Mapped {
    let mut mapped = Mapped::new(
        "aws_s3_bucket",
        [("bucket", bucket.name.clone().into()), ("force_destroy", bucket.force_destroy.into())],
    );
    mapped.companion(
        "versioning",
        "aws_s3_bucket_versioning",
        [
            ("bucket", id.attribute(Attribute::Id).into()),
            ("versioning_configuration", Tree::map([("status", "Enabled".into())])),
        ],
    );
    let by_default = Tree::map([
        ("kms_master_key_id", bucket.key.arn().into()),
        ("sse_algorithm", "aws:kms".into()),
    ]);
    let encryption = Tree::map([
        ("apply_server_side_encryption_by_default", by_default),
        ("bucket_key_enabled", false.into()),
    ]);
    mapped.companion(
        "encryption",
        "aws_s3_bucket_server_side_encryption_configuration",
        [("bucket", id.attribute(Attribute::Id).into()), ("rule", Tree::list([encryption]))],
    );
    let expire = Tree::map([
        ("abort_incomplete_multipart_upload", Tree::map([("days_after_initiation", 7.into())])),
        ("expiration", Tree::map([("days", bucket.expiration_days.into())])),
        ("filter", Tree::map([("prefix", "".into())])),
        ("id", "expire".into()),
        ("noncurrent_version_expiration", Tree::map([("noncurrent_days", 1.into())])),
        ("status", "Enabled".into()),
    ]);
    mapped.companion(
        "lifecycle",
        "aws_s3_bucket_lifecycle_configuration",
        [("bucket", id.attribute(Attribute::Id).into()), ("rule", Tree::list([expire]))],
    );
    mapped.companion(
        "ownership_controls",
        "aws_s3_bucket_ownership_controls",
        [
            ("bucket", id.attribute(Attribute::Id).into()),
            ("rule", Tree::map([("object_ownership", "BucketOwnerEnforced".into())])),
        ],
    );
    mapped.companion(
        "public_access_block",
        "aws_s3_bucket_public_access_block",
        [
            ("block_public_acls", true.into()),
            ("block_public_policy", true.into()),
            ("bucket", id.attribute(Attribute::Id).into()),
            ("ignore_public_acls", true.into()),
            ("restrict_public_buckets", true.into()),
        ],
    );
    mapped
}

pub(super) fn bucket_policy(policy: &BucketPolicy) -> Mapped {
    Mapped::new(
        "aws_s3_bucket_policy",
        [("bucket", policy.bucket.id().into()), ("policy", json(&policy.policy))],
    )
}
