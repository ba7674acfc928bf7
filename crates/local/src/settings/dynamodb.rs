//! Tables.

use super::resolve::Resource;
use super::{Kind, Properties};
use crate::client::{ACCOUNT, Client, ClientError, REGION};
use serde_json::{Value, json};

pub(super) const TABLE: Kind = Kind {
    name: "AWS::DynamoDB::Table",
    read,
    write: &[
        ("SSESpecification", encrypt),
        ("PointInTimeRecoverySpecification", back_up),
        ("TimeToLiveSpecification", expire),
        ("ResourcePolicy", put_policy),
    ],
    maker: None,
};

fn call(client: &Client, operation: &str, body: &Value) -> Result<Value, ClientError> {
    client.json("dynamodb", &format!("DynamoDB_20120810.{operation}"), body)
}

fn arn(table: &Resource) -> String {
    format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{}", table.physical_id)
}

fn read(client: &Client, table: &Resource) -> Result<Properties, ClientError> {
    let name = json!({ "TableName": table.physical_id });
    let mut found = Properties::new();
    let described = call(client, "DescribeTable", &name)?;
    found.insert("SSESpecification".to_owned(), encryption(&described));
    if table.properties.contains_key("PointInTimeRecoverySpecification") {
        let backups = call(client, "DescribeContinuousBackups", &name)?;
        let status = backups.pointer(
            "/ContinuousBackupsDescription/PointInTimeRecoveryDescription/PointInTimeRecoveryStatus",
        );
        let enabled = status.and_then(Value::as_str) == Some("ENABLED");
        found.insert(
            "PointInTimeRecoverySpecification".to_owned(),
            json!({ "PointInTimeRecoveryEnabled": enabled }),
        );
    }
    if table.properties.contains_key("TimeToLiveSpecification") {
        let described = call(client, "DescribeTimeToLive", &name)?;
        let of = |member: &str| described.pointer(&format!("/TimeToLiveDescription/{member}"));
        let enabled =
            matches!(of("TimeToLiveStatus").and_then(Value::as_str), Some("ENABLED" | "ENABLING"));
        found.insert(
            "TimeToLiveSpecification".to_owned(),
            json!({ "Enabled": enabled, "AttributeName": of("AttributeName") }),
        );
    }
    if table.properties.contains_key("ResourcePolicy") {
        found.insert("ResourcePolicy".to_owned(), policy(client, table)?);
    }
    Ok(found)
}

/// What DescribeTable says, in the members that CloudFormation has.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_SSEDescription.html>
fn encryption(described: &Value) -> Value {
    match described.pointer("/Table/SSEDescription") {
        None | Some(Value::Null) => Value::Null,
        Some(said) => json!({
            "SSEEnabled": said.get("Status").and_then(Value::as_str) == Some("ENABLED"),
            "SSEType": said.get("SSEType"),
            "KMSMasterKeyId": said.get("KMSMasterKeyArn"),
        }),
    }
}

fn policy(client: &Client, table: &Resource) -> Result<Value, ClientError> {
    match call(client, "GetResourcePolicy", &json!({ "ResourceArn": arn(table) })) {
        Err(error) if error.code() == Some("PolicyNotFoundException") => Ok(Value::Null),
        Err(error) => Err(error),
        Ok(answer) => {
            let text = answer.get("Policy").and_then(Value::as_str).unwrap_or_default();
            let document = serde_json::from_str(text).unwrap_or(Value::Null);
            Ok(json!({ "PolicyDocument": document }))
        }
    }
}

fn encrypt(client: &Client, table: &Resource) -> Result<(), ClientError> {
    let wanted = table.property("SSESpecification");
    let mut set = json!({ "Enabled": wanted.get("SSEEnabled") });
    for name in ["SSEType", "KMSMasterKeyId"] {
        if let (Some(set), Some(value)) = (set.as_object_mut(), wanted.get(name)) {
            set.insert(name.to_owned(), value.clone());
        }
    }
    call(client, "UpdateTable", &json!({ "TableName": table.physical_id, "SSESpecification": set }))
        .map(drop)
}

fn back_up(client: &Client, table: &Resource) -> Result<(), ClientError> {
    let body = json!({
        "TableName": table.physical_id,
        "PointInTimeRecoverySpecification": table.property("PointInTimeRecoverySpecification"),
    });
    call(client, "UpdateContinuousBackups", &body).map(drop)
}

fn expire(client: &Client, table: &Resource) -> Result<(), ClientError> {
    let body = json!({
        "TableName": table.physical_id,
        "TimeToLiveSpecification": table.property("TimeToLiveSpecification"),
    });
    call(client, "UpdateTimeToLive", &body).map(drop)
}

fn put_policy(client: &Client, table: &Resource) -> Result<(), ClientError> {
    let document = table.property("ResourcePolicy").get("PolicyDocument").unwrap_or(&Value::Null);
    let body = json!({ "ResourceArn": arn(table), "Policy": document.to_string() });
    call(client, "PutResourcePolicy", &body).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_without_encryption_or_with_it_switched_off_differs_from_one_with_a_key() {
        let said =
            |description: Value| encryption(&json!({ "Table": { "SSEDescription": description } }));
        assert_eq!(said(Value::Null), Value::Null);
        assert_eq!(encryption(&json!({ "Table": {} })), Value::Null);
        // What a stack update that changes the encryption leaves on the emulator.
        assert_eq!(said(json!({ "Status": "DISABLED", "SSEType": "KMS" }))["SSEEnabled"], false);
        assert_eq!(
            said(json!({ "Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": "k" })),
            json!({ "SSEEnabled": true, "SSEType": "KMS", "KMSMasterKeyId": "k" })
        );
    }
}
