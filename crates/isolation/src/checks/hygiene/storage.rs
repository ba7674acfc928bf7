//! What stores data: is it deleted with its stack, encrypted, and for how long are logs kept.

use tenantry_template::{Resource, Value};

use super::{Answers, Fault, Part, Rules, hygiene, present};

/// How a type says that it is encrypted: the path to its key, and a switch that must be on.
struct Encryption {
    kind: &'static str,
    key: &'static [&'static str],
    switch: Option<&'static [&'static str]>,
}

const fn by_key(kind: &'static str, key: &'static [&'static str]) -> Encryption {
    Encryption { kind, key, switch: None }
}

const fn switched(
    kind: &'static str,
    key: &'static [&'static str],
    switch: &'static [&'static str],
) -> Encryption {
    Encryption { kind, key, switch: Some(switch) }
}

const ENCRYPTED: &[Encryption] = &[
    by_key("AWS::CloudTrail::Trail", &["KMSKeyId"]),
    switched(
        "AWS::DynamoDB::Table",
        &["SSESpecification", "KMSMasterKeyId"],
        &["SSESpecification", "SSEEnabled"],
    ),
    switched("AWS::EC2::Volume", &["KmsKeyId"], &["Encrypted"]),
    switched("AWS::EFS::FileSystem", &["KmsKeyId"], &["Encrypted"]),
    by_key("AWS::Kinesis::Stream", &["StreamEncryption", "KeyId"]),
    by_key("AWS::Logs::LogGroup", &["KmsKeyId"]),
    switched("AWS::RDS::DBCluster", &["KmsKeyId"], &["StorageEncrypted"]),
    // An instance of a cluster is encrypted with the cluster.
    switched("AWS::RDS::DBInstance", &["KmsKeyId"], &["StorageEncrypted"]),
    // S3 encrypts each bucket; which key is for the claims of the key plane.
    by_key("AWS::S3::Bucket", &["BucketEncryption", "ServerSideEncryptionConfiguration"]),
    by_key("AWS::SNS::Topic", &["KmsMasterKeyId"]),
    by_key("AWS::SQS::Queue", &["KmsMasterKeyId"]),
    by_key("AWS::SecretsManager::Secret", &["KmsKeyId"]),
];

pub(super) fn encrypted<'a>(answers: &mut Answers<'_, '_, '_>, resource: &Resource<'a>) {
    let Some(rule) = ENCRYPTED.iter().find(|rule| rule.kind == resource.kind) else { return };
    if resource.kind == "AWS::RDS::DBInstance"
        && present(resource.properties.get("DBClusterIdentifier")) != Some(false)
    {
        return;
    }
    answers.asked(hygiene::ENCRYPTION);
    let properties = &resource.properties;
    if let Some(path) = rule.switch {
        let switch = properties.at(path);
        match switch.map(Value::as_bool) {
            Some(Some(true)) => {}
            Some(None) => {
                let value = switch.unwrap_or(properties);
                answers.undecided(hygiene::ENCRYPTION, Part::Encrypted, value);
            }
            Some(Some(false)) | None => {
                let span = switch.map_or(resource.span, |value| value.span);
                let what = Fault::NotSet(path);
                answers.broken(hygiene::ENCRYPTION, what, span);
                return;
            }
        }
    }
    let key = properties.at(rule.key);
    match present(key) {
        Some(true) => {}
        Some(false) => {
            let what = Fault::Without(rule.key);
            answers.broken(hygiene::ENCRYPTION, what, resource.span);
        }
        None => {
            let value = key.unwrap_or(properties);
            answers.undecided(hygiene::ENCRYPTION, Part::Key, value);
        }
    }
}

pub(super) fn log_retention<'a>(
    answers: &mut Answers<'_, '_, '_>,
    resource: &Resource<'a>,
    rules: &Rules,
) {
    if resource.kind != "AWS::Logs::LogGroup" {
        return;
    }
    answers.asked(hygiene::LOG_RETENTION);
    let wanted = rules.retention_days;
    match resource.properties.get("RetentionInDays") {
        None => {
            let what = Fault::KeptForEver;
            answers.broken(hygiene::LOG_RETENTION, what, resource.span);
        }
        Some(value) => match value.as_str() {
            Some(text) if text.parse() == Ok(wanted) => {}
            Some(text) => {
                let what = Fault::KeptFor { days: text.to_owned(), wanted };
                answers.broken(hygiene::LOG_RETENTION, what, value.span);
            }
            None => answers.undecided(hygiene::LOG_RETENTION, Part::Retention, value),
        },
    }
}

/// Properties that stop a deletion, and the value that does.
const PROTECTED: [(&str, &str); 4] = [
    ("DeletionProtection", "ACTIVE"),
    ("DeletionProtection", "true"),
    ("DeletionProtectionEnabled", "true"),
    ("DisableApiTermination", "true"),
];

pub(super) fn retained<'a>(answers: &mut Answers<'_, '_, '_>, resource: &Resource<'a>) {
    answers.asked(hygiene::RETAINED);
    let policies = [
        ("DeletionPolicy", &resource.deletion_policy),
        ("UpdateReplacePolicy", &resource.update_replace_policy),
    ];
    for (name, policy) in policies {
        match policy.as_deref() {
            None | Some("Delete") => {}
            Some(policy) => {
                let what = Fault::Outlives { attribute: name, policy: policy.to_owned() };
                answers.broken(hygiene::RETAINED, what, resource.span);
            }
        }
    }
    // CloudFormation's own default for these two is a snapshot.
    let snapshot = match resource.kind.as_str() {
        "AWS::RDS::DBCluster" => true,
        "AWS::RDS::DBInstance" => {
            present(resource.properties.get("DBClusterIdentifier")) == Some(false)
        }
        _ => false,
    };
    if snapshot && resource.deletion_policy.is_none() {
        let what = Fault::SnapshotByDefault;
        answers.broken(hygiene::RETAINED, what, resource.span);
    }
    for (property, stops) in PROTECTED {
        let Some(value) = resource.properties.get(property) else { continue };
        match value.as_str() {
            Some(text) if text.eq_ignore_ascii_case(stops) => {
                let what = Fault::Protected(property);
                answers.broken(hygiene::RETAINED, what, value.span);
            }
            Some(_) => {}
            None if property != "DeletionProtection" || stops == "true" => {
                answers.undecided(hygiene::RETAINED, Part::Deletable, value);
            }
            None => {}
        }
    }
}
