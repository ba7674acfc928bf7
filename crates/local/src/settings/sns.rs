//! Topics.

use super::resolve::Resource;
use super::{Kind, Properties};
use crate::client::{Client, ClientError, xml_all};
use serde_json::Value;

const VERSION: &str = "2010-03-31";

pub(super) const TOPIC: Kind =
    Kind { name: "AWS::SNS::Topic", read, write: &[("KmsMasterKeyId", encrypt)], maker: None };

fn read(client: &Client, topic: &Resource) -> Result<Properties, ClientError> {
    let fields = [("TopicArn", topic.physical_id.as_str())];
    let answer = client.query("sns", VERSION, "GetTopicAttributes", &fields)?;
    let key = answer.read(|root| {
        let of = |entry: roxmltree::Node<'_, '_>, name: &str| {
            entry
                .children()
                .find(|node| node.tag_name().name() == name)?
                .text()
                .map(ToOwned::to_owned)
        };
        xml_all(root, "entry")
            .find(|entry| of(*entry, "key").as_deref() == Some("KmsMasterKeyId"))
            .and_then(|entry| of(entry, "value"))
    })?;
    Ok(Properties::from_iter([(
        "KmsMasterKeyId".to_owned(),
        key.map_or(Value::Null, Value::String),
    )]))
}

fn encrypt(client: &Client, topic: &Resource) -> Result<(), ClientError> {
    let fields = [
        ("TopicArn", topic.physical_id.as_str()),
        ("AttributeName", "KmsMasterKeyId"),
        ("AttributeValue", topic.text("KmsMasterKeyId")),
    ];
    client.query("sns", VERSION, "SetTopicAttributes", &fields).map(drop)
}
