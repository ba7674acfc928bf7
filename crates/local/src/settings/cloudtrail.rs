//! Trails, which the emulator's CloudFormation does not know: made beside the stack.

use super::resolve::Resource;
use super::{Kind, Maker, Properties};
use crate::client::{ACCOUNT, Client, ClientError, REGION};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Tells the trails of one stack from those of another.
const STACK_TAG: &str = super::ec2::STACK_TAG;
const RESOURCE_TAG: &str = super::ec2::RESOURCE_TAG;

pub(super) const TRAIL: Kind = Kind {
    name: "AWS::CloudTrail::Trail",
    read,
    write: &[
        ("S3BucketName", update),
        ("KMSKeyId", update),
        ("IncludeGlobalServiceEvents", update),
        ("IsMultiRegionTrail", update),
        ("EnableLogFileValidation", update),
        ("Tags", tag),
        ("AdvancedEventSelectors", select),
        ("IsLogging", log),
    ],
    maker: Some(Maker { find, make }),
};

fn call(client: &Client, operation: &str, body: &Value) -> Result<Value, ClientError> {
    let target = format!("com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.{operation}");
    client.json("cloudtrail", &target, body)
}

fn arn(name: &str) -> String {
    format!("arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/{name}")
}

fn trails(client: &Client) -> Result<Vec<Value>, ClientError> {
    let mut answer = call(client, "DescribeTrails", &json!({}))?;
    Ok(match answer.get_mut("trailList").map(Value::take) {
        Some(Value::Array(trails)) => trails,
        _ => Vec::new(),
    })
}

fn tags(client: &Client, name: &str) -> Result<Vec<Value>, ClientError> {
    let mut answer = call(client, "ListTags", &json!({ "ResourceIdList": [arn(name)] }))?;
    Ok(match answer.pointer_mut("/ResourceTagList/0/TagsList").map(Value::take) {
        Some(Value::Array(tags)) => tags,
        _ => Vec::new(),
    })
}

fn find(client: &Client, _: &str, trail: &Resource) -> Result<Option<String>, ClientError> {
    let name = trail.text("TrailName");
    let there =
        trails(client)?.iter().any(|one| one.get("Name").and_then(Value::as_str) == Some(name));
    Ok(there.then(|| name.to_owned()))
}

fn make(client: &Client, stack: &str, trail: &Resource) -> Result<String, ClientError> {
    let name = trail.text("TrailName").to_owned();
    let mut body = settings(trail, &name);
    if let Some(body) = body.as_object_mut() {
        let own = json!([{ "Key": STACK_TAG, "Value": stack }, { "Key": RESOURCE_TAG, "Value": trail.logical_id }]);
        body.insert("TagsList".to_owned(), own);
    }
    call(client, "CreateTrail", &body)?;
    // The emulator takes no tags when it makes a trail.
    if let Some(tags) = body.get("TagsList") {
        call(client, "AddTags", &json!({ "ResourceId": arn(&name), "TagsList": tags }))?;
    }
    Ok(name)
}

/// The members of CreateTrail and UpdateTrail.
/// <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_UpdateTrail.html>
fn settings(trail: &Resource, name: &str) -> Value {
    let mut body = json!({ "Name": name });
    let members = [
        ("S3BucketName", "S3BucketName"),
        ("KMSKeyId", "KmsKeyId"),
        ("IncludeGlobalServiceEvents", "IncludeGlobalServiceEvents"),
        ("IsMultiRegionTrail", "IsMultiRegionTrail"),
        ("EnableLogFileValidation", "EnableLogFileValidation"),
    ];
    for (property, member) in members {
        if let (Some(body), Some(value)) = (body.as_object_mut(), trail.properties.get(property)) {
            body.insert(member.to_owned(), value.clone());
        }
    }
    body
}

fn read(client: &Client, trail: &Resource) -> Result<Properties, ClientError> {
    let name = trail.physical_id.as_str();
    let trails = trails(client)?;
    let said = trails.iter().find(|one| one.get("Name").and_then(Value::as_str) == Some(name));
    let of = |member: &str| said.and_then(|said| said.get(member)).cloned().unwrap_or(Value::Null);
    let status = call(client, "GetTrailStatus", &json!({ "Name": name }))?;
    let selectors = call(client, "GetEventSelectors", &json!({ "TrailName": name }))?;
    let found = [
        ("TrailName", of("Name")),
        ("S3BucketName", of("S3BucketName")),
        ("KMSKeyId", of("KmsKeyId")),
        ("IncludeGlobalServiceEvents", of("IncludeGlobalServiceEvents")),
        ("IsMultiRegionTrail", of("IsMultiRegionTrail")),
        ("EnableLogFileValidation", of("LogFileValidationEnabled")),
        ("IsLogging", status.get("IsLogging").cloned().unwrap_or(Value::Null)),
        (
            "AdvancedEventSelectors",
            selectors.get("AdvancedEventSelectors").cloned().unwrap_or(Value::Null),
        ),
        ("Tags", Value::Array(tags(client, name)?)),
    ];
    Ok(found.into_iter().map(|(property, value)| (property.to_owned(), value)).collect())
}

fn update(client: &Client, trail: &Resource) -> Result<(), ClientError> {
    call(client, "UpdateTrail", &settings(trail, &trail.physical_id)).map(drop)
}

fn tag(client: &Client, trail: &Resource) -> Result<(), ClientError> {
    let body = json!({ "ResourceId": arn(&trail.physical_id), "TagsList": trail.property("Tags") });
    call(client, "AddTags", &body).map(drop)
}

fn select(client: &Client, trail: &Resource) -> Result<(), ClientError> {
    let selectors = trail.property("AdvancedEventSelectors");
    let body = json!({ "TrailName": trail.physical_id, "AdvancedEventSelectors": selectors });
    call(client, "PutEventSelectors", &body).map(drop)
}

fn log(client: &Client, trail: &Resource) -> Result<(), ClientError> {
    let operation = if trail.property("IsLogging") == &Value::Bool(true) {
        "StartLogging"
    } else {
        "StopLogging"
    };
    call(client, operation, &json!({ "Name": trail.physical_id })).map(drop)
}

/// Deletes the trails of a stack that its template does not have.
pub(super) fn remove_unwanted(
    client: &Client,
    stack: &str,
    wanted: &BTreeMap<String, Value>,
) -> Result<(), ClientError> {
    for trail in trails(client)? {
        let Some(name) = trail.get("Name").and_then(Value::as_str) else { continue };
        let tags = tags(client, name)?;
        let of = |key: &str| {
            let tag = tags.iter().find(|tag| tag.get("Key").and_then(Value::as_str) == Some(key));
            tag.and_then(|tag| tag.get("Value")?.as_str()).unwrap_or_default()
        };
        if of(STACK_TAG) != stack {
            continue;
        }
        let stays = wanted.get(of(RESOURCE_TAG)).is_some_and(|body| {
            // A trail whose name changes is another one.
            body.pointer("/Properties/TrailName")
                .and_then(Value::as_str)
                .is_none_or(|own| own == name)
        });
        if !stays {
            call(client, "DeleteTrail", &json!({ "Name": name }))?;
        }
    }
    Ok(())
}

/// The names of all trails.
pub(crate) fn names(client: &Client) -> Result<Vec<String>, ClientError> {
    let names = trails(client)?.into_iter();
    Ok(names.filter_map(|trail| Some(trail.get("Name")?.as_str()?.to_owned())).collect())
}
