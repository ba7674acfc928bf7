//! Buckets. Their settings are XML both ways.

use super::resolve::Resource;
use super::{Kind, Properties};
use crate::client::{Bucket, Client, ClientError};
use roxmltree::{Document, Node};
use serde_json::{Map, Value, json};

pub(super) const BUCKET: Kind = Kind {
    name: "AWS::S3::Bucket",
    read,
    write: &[
        ("BucketEncryption", encrypt),
        ("LifecycleConfiguration", expire),
        ("OwnershipControls", own),
        ("Tags", tag),
    ],
    maker: None,
};

/// What S3 says in XML, in the template's words.
type Translate = fn(Node<'_, '_>) -> Value;

fn read(client: &Client, bucket: &Resource) -> Result<Properties, ClientError> {
    let bucket_of = Bucket { client, name: &bucket.physical_id };
    let mut found = Properties::new();
    let settings: [(&str, &str, Translate); 4] = [
        ("BucketEncryption", "encryption", encryption),
        ("LifecycleConfiguration", "lifecycle", lifecycle),
        ("OwnershipControls", "ownershipControls", ownership),
        ("Tags", "tagging", tags),
    ];
    for (property, setting, translate) in settings {
        if !bucket.properties.contains_key(property) {
            continue;
        }
        let text = bucket_of.setting(setting)?;
        let value = text.map_or(Value::Null, |text| {
            Document::parse(&text)
                .map_or(Value::Null, |document| translate(document.root_element()))
        });
        found.insert(property.to_owned(), value);
    }
    Ok(found)
}

fn children<'a, 'i>(node: Node<'a, 'i>, name: &str) -> Vec<Node<'a, 'i>> {
    node.children().filter(|child| child.tag_name().name() == name).collect()
}

fn child<'a, 'i>(node: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    children(node, name).into_iter().next()
}

fn text<'a>(node: Node<'a, '_>, name: &str) -> Option<&'a str> {
    child(node, name)?.text()
}

/// Adds what is there.
fn members(pairs: impl IntoIterator<Item = (&'static str, Option<Value>)>) -> Value {
    let there = pairs.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(there.collect())
}

fn encryption(root: Node<'_, '_>) -> Value {
    let rules = children(root, "Rule").into_iter().map(|rule| {
        let default = child(rule, "ApplyServerSideEncryptionByDefault").map(|default| {
            members([
                ("KMSMasterKeyID", text(default, "KMSMasterKeyID").map(|key| json!(key))),
                ("SSEAlgorithm", text(default, "SSEAlgorithm").map(|name| json!(name))),
            ])
        });
        members([
            ("BucketKeyEnabled", text(rule, "BucketKeyEnabled").map(|on| json!(on == "true"))),
            ("ServerSideEncryptionByDefault", default),
        ])
    });
    json!({ "ServerSideEncryptionConfiguration": rules.collect::<Vec<_>>() })
}

fn lifecycle(root: Node<'_, '_>) -> Value {
    let days = |rule, part: &str, name: &str| {
        text(child(rule, part)?, name)?.parse::<u64>().ok().map(|days| json!(days))
    };
    let rules = children(root, "Rule").into_iter().map(|rule| {
        let abort = days(rule, "AbortIncompleteMultipartUpload", "DaysAfterInitiation");
        let old = days(rule, "NoncurrentVersionExpiration", "NoncurrentDays");
        let prefix = child(rule, "Filter").and_then(|filter| text(filter, "Prefix"));
        members([
            (
                "AbortIncompleteMultipartUpload",
                abort.map(|days| json!({ "DaysAfterInitiation": days })),
            ),
            ("ExpirationInDays", days(rule, "Expiration", "Days")),
            ("Id", text(rule, "ID").map(|id| json!(id))),
            ("NoncurrentVersionExpiration", old.map(|days| json!({ "NoncurrentDays": days }))),
            ("Prefix", prefix.filter(|prefix| !prefix.is_empty()).map(|prefix| json!(prefix))),
            ("Status", text(rule, "Status").map(|status| json!(status))),
        ])
    });
    json!({ "Rules": rules.collect::<Vec<_>>() })
}

fn ownership(root: Node<'_, '_>) -> Value {
    let rules = children(root, "Rule").into_iter();
    let rules = rules.map(|rule| json!({ "ObjectOwnership": text(rule, "ObjectOwnership") }));
    json!({ "Rules": rules.collect::<Vec<_>>() })
}

fn tags(root: Node<'_, '_>) -> Value {
    let set = child(root, "TagSet").map(|set| children(set, "Tag")).unwrap_or_default();
    let tag =
        |tag| json!({ "Key": text(tag, "Key"), "Value": text(tag, "Value").unwrap_or_default() });
    set.into_iter().map(tag).collect()
}

fn put(
    client: &Client,
    bucket: &Resource,
    setting: &str,
    property: &str,
    body: fn(&Value) -> String,
) -> Result<(), ClientError> {
    let xml = body(bucket.property(property));
    Bucket { client, name: &bucket.physical_id }.put_setting(setting, &xml)
}

fn document(root: &str, inside: &str) -> String {
    format!("<{root} xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{inside}</{root}>")
}

/// One element with its members as elements, in the order given; what is not there is left out.
fn element(name: &str, inside: &str) -> String {
    if inside.is_empty() { String::new() } else { format!("<{name}>{inside}</{name}>") }
}

fn leaf(name: &str, value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => format!("<{name}>{}</{name}>", escaped(text)),
        Some(other) => element(name, &other.to_string()),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn list<'a>(value: &'a Value, member: &str) -> impl Iterator<Item = &'a Map<String, Value>> {
    value.get(member).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object)
}

fn encrypt(client: &Client, bucket: &Resource) -> Result<(), ClientError> {
    put(client, bucket, "encryption", "BucketEncryption", encryption_body)
}

fn expire(client: &Client, bucket: &Resource) -> Result<(), ClientError> {
    put(client, bucket, "lifecycle", "LifecycleConfiguration", lifecycle_body)
}

fn own(client: &Client, bucket: &Resource) -> Result<(), ClientError> {
    put(client, bucket, "ownershipControls", "OwnershipControls", ownership_body)
}

fn tag(client: &Client, bucket: &Resource) -> Result<(), ClientError> {
    put(client, bucket, "tagging", "Tags", tags_body)
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketEncryption.html>
fn encryption_body(wanted: &Value) -> String {
    let rules = list(wanted, "ServerSideEncryptionConfiguration").map(|rule| {
        let default = rule.get("ServerSideEncryptionByDefault").unwrap_or(&Value::Null);
        let default = [
            leaf("SSEAlgorithm", default.get("SSEAlgorithm")),
            leaf("KMSMasterKeyID", default.get("KMSMasterKeyID")),
        ];
        let default = element("ApplyServerSideEncryptionByDefault", &default.concat());
        element("Rule", &[default, leaf("BucketKeyEnabled", rule.get("BucketKeyEnabled"))].concat())
    });
    document("ServerSideEncryptionConfiguration", &rules.collect::<String>())
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLifecycleConfiguration.html>
fn lifecycle_body(wanted: &Value) -> String {
    let rules = list(wanted, "Rules").map(|rule| {
        let of = |part: &str, member: &str| rule.get(part).and_then(|part| part.get(member));
        let prefix = rule.get("Prefix").and_then(Value::as_str).unwrap_or_default();
        let old = leaf("NoncurrentDays", of("NoncurrentVersionExpiration", "NoncurrentDays"));
        let after = of("AbortIncompleteMultipartUpload", "DaysAfterInitiation");
        let members = [
            leaf("ID", rule.get("Id")),
            format!("<Filter><Prefix>{}</Prefix></Filter>", escaped(prefix)),
            leaf("Status", rule.get("Status")),
            element("Expiration", &leaf("Days", rule.get("ExpirationInDays"))),
            element("NoncurrentVersionExpiration", &old),
            element("AbortIncompleteMultipartUpload", &leaf("DaysAfterInitiation", after)),
        ];
        element("Rule", &members.concat())
    });
    document("LifecycleConfiguration", &rules.collect::<String>())
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketOwnershipControls.html>
fn ownership_body(wanted: &Value) -> String {
    let rules = list(wanted, "Rules")
        .map(|rule| element("Rule", &leaf("ObjectOwnership", rule.get("ObjectOwnership"))));
    document("OwnershipControls", &rules.collect::<String>())
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketTagging.html>
fn tags_body(wanted: &Value) -> String {
    let tags = wanted.as_array().into_iter().flatten().map(|tag| {
        element("Tag", &[leaf("Key", tag.get("Key")), leaf("Value", tag.get("Value"))].concat())
    });
    document("Tagging", &element("TagSet", &tags.collect::<String>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn back(xml: &str, translate: fn(Node<'_, '_>) -> Value) -> Value {
        translate(Document::parse(xml).unwrap().root_element())
    }

    #[test]
    fn a_setting_that_was_written_is_read_back_as_the_template_says_it() {
        let wanted = json!({ "ServerSideEncryptionConfiguration": [{
            "BucketKeyEnabled": true,
            "ServerSideEncryptionByDefault": { "KMSMasterKeyID": "arn:key", "SSEAlgorithm": "aws:kms" },
        }] });
        assert_eq!(back(&encryption_body(&wanted), encryption), wanted);
        let plain = json!({ "ServerSideEncryptionConfiguration": [{
            "ServerSideEncryptionByDefault": { "SSEAlgorithm": "AES256" },
        }] });
        assert_eq!(back(&encryption_body(&plain), encryption), plain);
        let wanted = json!({ "Rules": [
            { "Id": "a < b", "Status": "Enabled", "ExpirationInDays": 365 },
            { "Prefix": "logs/&", "Status": "Disabled",
              "NoncurrentVersionExpiration": { "NoncurrentDays": 1 },
              "AbortIncompleteMultipartUpload": { "DaysAfterInitiation": 7 } },
        ] });
        assert_eq!(back(&lifecycle_body(&wanted), lifecycle), wanted);
        let wanted = json!({ "Rules": [{ "ObjectOwnership": "BucketOwnerEnforced" }] });
        assert_eq!(back(&ownership_body(&wanted), ownership), wanted);
        let wanted = json!([{ "Key": "a", "Value": "b & c" }, { "Key": "d", "Value": "" }]);
        assert_eq!(back(&tags_body(&wanted), tags), wanted);
    }

    #[test]
    fn a_part_of_a_rule_that_is_not_written_makes_a_difference() {
        // Storage classes are not written, so a rule with one never reads back as wanted and is told.
        let wanted = json!({ "Rules": [{ "Status": "Enabled", "Transitions": [{ "StorageClass": "GLACIER" }] }] });
        assert_ne!(back(&lifecycle_body(&wanted), lifecycle), wanted);
    }
}
