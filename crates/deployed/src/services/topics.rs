//! SNS: topics, their policies and who is subscribed.

use serde_json::{Value, json};

use super::{document, list, member, properties, tags, text};
use crate::ask::{Input, ReadError};
use crate::calls::{GET_TOPIC, LIST_SUBSCRIPTIONS, LIST_TOPIC_TAGS};
use crate::read::Reader;

pub(super) fn read(reader: &mut Reader<'_>) -> Result<(), ReadError> {
    for id in reader.of_kind("AWS::SNS::Topic") {
        let topic = reader.physical(&id).unwrap_or_default();
        let Some(attributes) = attributes(reader, &topic)? else {
            reader.gone(&id);
            continue;
        };
        let said = reader.once(&LIST_TOPIC_TAGS, &Input::fields(&[("ResourceArn", &topic)]))?;
        let said = said.unwrap_or_default();
        let found = properties([
            ("TopicName", json!(topic.rsplit(':').next())),
            ("KmsMasterKeyId", member(&attributes, "KmsMasterKeyId")),
            ("Tags", tags(list(&said, "Tags"), "Key", "Value")),
        ]);
        reader.there(&id, found);
        let input = Input::fields(&[("TopicArn", &topic)]);
        let token = ("NextToken", "NextToken");
        for subscription in reader.all(&LIST_SUBSCRIPTIONS, "Subscriptions", token, &input)? {
            let endpoint = text(&subscription, "Endpoint");
            let wanted = reader.of_kind("AWS::SNS::Subscription");
            if wanted.iter().any(|id| reader.text(id, "Endpoint") == endpoint) {
                continue;
            }
            let found = properties([
                ("TopicArn", json!(topic)),
                ("Protocol", member(&subscription, "Protocol")),
                ("Endpoint", json!(endpoint)),
            ]);
            reader.stranger("AWS::SNS::Subscription", endpoint, found);
        }
    }
    for id in reader.of_kind("AWS::SNS::TopicPolicy") {
        let topics = reader.wanted(&id, "Topics").clone();
        let mut found = None;
        for topic in topics.as_array().into_iter().flatten().filter_map(Value::as_str) {
            let Some(said) = attributes(reader, topic)? else { continue };
            let policy = document(text(&said, "Policy"));
            if found.is_none() || !reader.is_wanted(&id, "PolicyDocument", &policy) {
                found = Some(properties([("PolicyDocument", policy), ("Topics", topics.clone())]));
            }
        }
        reader.note(&id, found);
    }
    Ok(())
}

/// A topic's attributes, which come as a list of pairs.
fn attributes(reader: &Reader<'_>, topic: &str) -> Result<Option<Value>, ReadError> {
    let said = reader.once(&GET_TOPIC, &Input::fields(&[("TopicArn", topic)]))?;
    Ok(said.map(|said| {
        let all = member(&said, "Attributes");
        let entries = match all.get("entry") {
            Some(Value::Array(entries)) => entries.clone(),
            Some(entry) => vec![entry.clone()],
            None => Vec::new(),
        };
        let pairs =
            entries.iter().map(|entry| (text(entry, "key").to_owned(), member(entry, "value")));
        Value::Object(pairs.collect())
    }))
}
