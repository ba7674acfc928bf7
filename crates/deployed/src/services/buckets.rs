//! S3. Settings come as XML, a policy as the document itself.

use serde_json::{Value, json};

use super::{member, number, present, properties, tags, text};
use crate::ask::{Input, ReadError};
use crate::calls::{
    Call, GET_BUCKET_ENCRYPTION, GET_BUCKET_LIFECYCLE, GET_BUCKET_OWNERSHIP, GET_BUCKET_POLICY,
    GET_BUCKET_PUBLIC_ACCESS, GET_BUCKET_TAGGING, GET_BUCKET_VERSIONING, LIST_BUCKETS,
};
use crate::read::{Properties, Reader};

pub(super) fn read(reader: &mut Reader<'_>) -> Result<(), ReadError> {
    let said = reader.once(&LIST_BUCKETS, &Input::Path("/".to_owned()))?.unwrap_or_default();
    let names: Vec<String> = said
        .get("Buckets")
        .map(|buckets| many(buckets, "Bucket"))
        .unwrap_or_default()
        .into_iter()
        .map(|bucket| text(bucket, "Name").to_owned())
        .collect();
    for id in reader.of_kind("AWS::S3::Bucket") {
        let name = reader.physical(&id).unwrap_or_default();
        let found = if names.contains(&name) { Some(one(reader, &name)?) } else { None };
        reader.note(&id, found);
        if let Some(policy) = policy(reader, &name)?
            && !reader
                .of_kind("AWS::S3::BucketPolicy")
                .iter()
                .any(|id| reader.text(id, "Bucket") == name)
        {
            let found = properties([("Bucket", json!(name)), ("PolicyDocument", policy)]);
            reader.stranger("AWS::S3::BucketPolicy", &id, found);
        }
    }
    for id in reader.of_kind("AWS::S3::BucketPolicy") {
        let name = reader.text(&id, "Bucket");
        let found = policy(reader, &name)?
            .map(|policy| properties([("Bucket", json!(name)), ("PolicyDocument", policy)]));
        reader.note(&id, found);
    }
    for name in names.iter().filter(|name| !reader.is_known(name)).collect::<Vec<_>>() {
        let tags = bucket_tags(reader, name)?;
        if reader.marks.on(name, &tags) {
            let mut found = one(reader, name)?;
            found.retain(|_, value| !value.is_null());
            reader.stranger("AWS::S3::Bucket", name, found);
            if let Some(policy) = policy(reader, name)? {
                let found = properties([("Bucket", json!(name)), ("PolicyDocument", policy)]);
                reader.stranger("AWS::S3::BucketPolicy", name, found);
            }
        }
    }
    Ok(())
}

/// One or several elements of a name.
fn many<'v>(of: &'v Value, name: &str) -> Vec<&'v Value> {
    match of.get(name) {
        Some(Value::Array(all)) => all.iter().collect(),
        Some(Value::String(text)) if text.is_empty() => Vec::new(),
        Some(one) => vec![one],
        None => Vec::new(),
    }
}

fn setting(
    reader: &Reader<'_>,
    call: &'static Call,
    bucket: &str,
    name: &str,
) -> Result<Option<Value>, ReadError> {
    reader.once(call, &Input::Path(format!("/{bucket}?{name}")))
}

fn policy(reader: &Reader<'_>, bucket: &str) -> Result<Option<Value>, ReadError> {
    setting(reader, &GET_BUCKET_POLICY, bucket, "policy")
}

fn bucket_tags(reader: &Reader<'_>, bucket: &str) -> Result<Value, ReadError> {
    let said = setting(reader, &GET_BUCKET_TAGGING, bucket, "tagging")?.unwrap_or_default();
    let set = member(&said, "TagSet");
    let all: Vec<Value> = many(&set, "Tag").into_iter().cloned().collect();
    Ok(tags(&all, "Key", "Value"))
}

fn one(reader: &Reader<'_>, bucket: &str) -> Result<Properties, ReadError> {
    let encryption = setting(reader, &GET_BUCKET_ENCRYPTION, bucket, "encryption")?;
    let lifecycle = setting(reader, &GET_BUCKET_LIFECYCLE, bucket, "lifecycle")?;
    let ownership = setting(reader, &GET_BUCKET_OWNERSHIP, bucket, "ownershipControls")?;
    let access = setting(reader, &GET_BUCKET_PUBLIC_ACCESS, bucket, "publicAccessBlock")?;
    let versioning = setting(reader, &GET_BUCKET_VERSIONING, bucket, "versioning")?;
    let versioning = versioning.map(|said| text(&said, "Status").to_owned()).unwrap_or_default();
    let names =
        ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"];
    Ok(properties([
        ("BucketName", json!(bucket)),
        ("BucketEncryption", encryption.as_ref().map(encrypted).unwrap_or_default()),
        ("LifecycleConfiguration", lifecycle.as_ref().map(expiring).unwrap_or_default()),
        (
            "OwnershipControls",
            ownership.map_or(Value::Null, |said| {
                let rules = many(&said, "Rule").into_iter();
                let rules =
                    rules.map(|rule| json!({ "ObjectOwnership": text(rule, "ObjectOwnership") }));
                json!({ "Rules": rules.collect::<Vec<_>>() })
            }),
        ),
        (
            "PublicAccessBlockConfiguration",
            access.map_or(Value::Null, |said| {
                present(names.map(|name| (name, json!(text(&said, name) == "true"))))
            }),
        ),
        (
            "VersioningConfiguration",
            if versioning.is_empty() { Value::Null } else { json!({ "Status": versioning }) },
        ),
        ("Tags", bucket_tags(reader, bucket)?),
    ]))
}

fn encrypted(said: &Value) -> Value {
    let rules = many(said, "Rule").into_iter().map(|rule| {
        let default = member(rule, "ApplyServerSideEncryptionByDefault");
        present([
            ("BucketKeyEnabled", json!(text(rule, "BucketKeyEnabled") == "true")),
            (
                "ServerSideEncryptionByDefault",
                present([
                    ("KMSMasterKeyID", member(&default, "KMSMasterKeyID")),
                    ("SSEAlgorithm", member(&default, "SSEAlgorithm")),
                ]),
            ),
        ])
    });
    json!({ "ServerSideEncryptionConfiguration": rules.collect::<Vec<_>>() })
}

fn expiring(said: &Value) -> Value {
    let rules = many(said, "Rule").into_iter().map(|rule| {
        let days = |part: &str, name: &str| {
            rule.get(part).map_or(Value::Null, |part| number(text(part, name)))
        };
        let abort = days("AbortIncompleteMultipartUpload", "DaysAfterInitiation");
        let old = days("NoncurrentVersionExpiration", "NoncurrentDays");
        let prefix = rule.get("Filter").map_or("", |filter| text(filter, "Prefix"));
        let within = |name: &str, days: Value| {
            if days.is_null() { Value::Null } else { json!({ name: days }) }
        };
        present([
            ("AbortIncompleteMultipartUpload", within("DaysAfterInitiation", abort)),
            ("ExpirationInDays", days("Expiration", "Days")),
            ("Id", member(rule, "ID")),
            ("NoncurrentVersionExpiration", within("NoncurrentDays", old)),
            ("Prefix", if prefix.is_empty() { Value::Null } else { json!(prefix) }),
            ("Status", member(rule, "Status")),
        ])
    });
    json!({ "Rules": rules.collect::<Vec<_>>() })
}
