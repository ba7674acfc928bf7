//! DynamoDB.

use serde_json::{Value, json};

use super::{document, list, member, present, properties, tags, text};
use crate::ask::{Input, ReadError};
use crate::calls::{
    DESCRIBE_CONTINUOUS_BACKUPS, DESCRIBE_TABLE, DESCRIBE_TIME_TO_LIVE, GET_TABLE_POLICY,
    LIST_TABLE_TAGS, LIST_TABLES,
};
use crate::read::{Properties, Reader};

pub(super) fn read(reader: &mut Reader<'_>) -> Result<(), ReadError> {
    for id in reader.of_kind("AWS::DynamoDB::Table") {
        let name = reader.physical(&id).unwrap_or_default();
        let found = one(reader, &name)?;
        reader.note(&id, found);
    }
    let token = ("LastEvaluatedTableName", "ExclusiveStartTableName");
    for name in reader.all(&LIST_TABLES, "TableNames", token, &Input::Document(json!({})))? {
        let Some(name) = name.as_str() else { continue };
        if reader.is_known(name) {
            continue;
        }
        let tags = table_tags(reader, name)?;
        if !reader.marks.on(name, &tags) {
            continue;
        }
        if let Some(mut found) = one(reader, name)? {
            found.retain(|_, value| !value.is_null());
            reader.stranger("AWS::DynamoDB::Table", name, found);
        }
    }
    Ok(())
}

fn arn(reader: &Reader<'_>, name: &str) -> String {
    format!("arn:aws:dynamodb:{}:{}:table/{name}", reader.stack.region, reader.stack.account)
}

fn table_tags(reader: &Reader<'_>, name: &str) -> Result<Value, ReadError> {
    let input = Input::Document(json!({ "ResourceArn": arn(reader, name) }));
    let all = reader.all(&LIST_TABLE_TAGS, "Tags", ("NextToken", "NextToken"), &input)?;
    Ok(tags(&all, "Key", "Value"))
}

fn one(reader: &Reader<'_>, name: &str) -> Result<Option<Properties>, ReadError> {
    let input = Input::Document(json!({ "TableName": name }));
    let Some(described) = reader.once(&DESCRIBE_TABLE, &input)? else { return Ok(None) };
    let described = member(&described, "Table");
    let backups = reader.once(&DESCRIBE_CONTINUOUS_BACKUPS, &input)?.unwrap_or_default();
    let status = backups.pointer(
        "/ContinuousBackupsDescription/PointInTimeRecoveryDescription/PointInTimeRecoveryStatus",
    );
    let backed_up = status.and_then(Value::as_str) == Some("ENABLED");
    let expires = reader.once(&DESCRIBE_TIME_TO_LIVE, &input)?.unwrap_or_default();
    let expires = member(&expires, "TimeToLiveDescription");
    let on = matches!(text(&expires, "TimeToLiveStatus"), "ENABLED" | "ENABLING");
    let policy = Input::Document(json!({ "ResourceArn": arn(reader, name) }));
    let policy = reader.once(&GET_TABLE_POLICY, &policy)?;
    let policy = policy.map(|said| json!({ "PolicyDocument": document(text(&said, "Policy")) }));
    let billing = described.pointer("/BillingModeSummary/BillingMode").and_then(Value::as_str);
    let stream = described
        .get("StreamSpecification")
        .filter(|set| set.get("StreamEnabled") == Some(&json!(true)));
    let indexes: Vec<Value> = list(&described, "GlobalSecondaryIndexes")
        .iter()
        .map(|index| {
            present(
                ["IndexName", "KeySchema", "Projection"].map(|name| (name, member(index, name))),
            )
        })
        .collect();
    Ok(Some(properties([
        ("TableName", member(&described, "TableName")),
        ("AttributeDefinitions", member(&described, "AttributeDefinitions")),
        ("KeySchema", member(&described, "KeySchema")),
        ("BillingMode", json!(billing.unwrap_or("PROVISIONED"))),
        (
            "DeletionProtectionEnabled",
            json!(described.get("DeletionProtectionEnabled") == Some(&json!(true))),
        ),
        ("SSESpecification", encryption(&described)),
        (
            "PointInTimeRecoverySpecification",
            if backed_up { json!({ "PointInTimeRecoveryEnabled": true }) } else { Value::Null },
        ),
        (
            "TimeToLiveSpecification",
            if on {
                json!({ "Enabled": true, "AttributeName": member(&expires, "AttributeName") })
            } else {
                Value::Null
            },
        ),
        ("ResourcePolicy", policy.unwrap_or_default()),
        (
            "StreamSpecification",
            stream.map_or(
                Value::Null,
                |set| json!({ "StreamViewType": member(set, "StreamViewType") }),
            ),
        ),
        (
            "GlobalSecondaryIndexes",
            if indexes.is_empty() { Value::Null } else { Value::Array(indexes) },
        ),
        ("Tags", table_tags(reader, name)?),
    ])))
}

/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_SSEDescription.html>
fn encryption(described: &Value) -> Value {
    match described.get("SSEDescription") {
        None | Some(Value::Null) => Value::Null,
        Some(said) if !matches!(text(said, "Status"), "ENABLED" | "ENABLING" | "UPDATING") => {
            Value::Null
        }
        Some(said) => present([
            ("SSEEnabled", json!(true)),
            ("SSEType", member(said, "SSEType")),
            ("KMSMasterKeyId", member(said, "KMSMasterKeyArn")),
        ]),
    }
}
