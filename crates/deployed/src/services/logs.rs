//! CloudWatch Logs: groups, metric filters, and who is sent what is logged.

use serde_json::{Value, json};

use super::{list, member, present, properties, tags_of, text};
use crate::ask::{Input, ReadError};
use crate::calls::{
    DESCRIBE_LOG_GROUPS, DESCRIBE_METRIC_FILTERS, DESCRIBE_SUBSCRIPTION_FILTERS,
    LIST_LOG_GROUP_TAGS,
};
use crate::read::{Properties, Reader};

const TOKEN: (&str, &str) = ("nextToken", "nextToken");

pub(super) fn read(reader: &mut Reader<'_>) -> Result<(), ReadError> {
    let all = reader.all(&DESCRIBE_LOG_GROUPS, "logGroups", TOKEN, &Input::Document(json!({})))?;
    for id in reader.of_kind("AWS::Logs::LogGroup") {
        let name = reader.physical(&id).unwrap_or_default();
        let Some(said) = all.iter().find(|group| text(group, "logGroupName") == name) else {
            reader.gone(&id);
            continue;
        };
        let found = group(reader, said)?;
        reader.there(&id, found);
        let input = Input::Document(json!({ "logGroupName": name }));
        for sent in
            reader.all(&DESCRIBE_SUBSCRIPTION_FILTERS, "subscriptionFilters", TOKEN, &input)?
        {
            let found = properties([
                ("LogGroupName", json!(name)),
                ("FilterPattern", member(&sent, "filterPattern")),
                ("DestinationArn", member(&sent, "destinationArn")),
            ]);
            let named = format!("{id}{}", text(&sent, "filterName"));
            reader.stranger("AWS::Logs::SubscriptionFilter", &named, found);
        }
    }
    for said in &all {
        let name = text(said, "logGroupName");
        if reader.is_known(name) {
            continue;
        }
        let mut found = group(reader, said)?;
        if reader.marks.on(name, found.get("Tags").unwrap_or(&Value::Null)) {
            found.retain(|_, value| !value.is_null());
            reader.stranger("AWS::Logs::LogGroup", name, found);
        }
    }
    metric_filters(reader)
}

fn group(reader: &Reader<'_>, said: &Value) -> Result<Properties, ReadError> {
    let (account, region) = (&reader.stack.account, &reader.stack.region);
    let name = text(said, "logGroupName");
    let arn = format!("arn:aws:logs:{region}:{account}:log-group:{name}");
    let input = Input::Document(json!({ "resourceArn": arn }));
    let tags = reader.once(&LIST_LOG_GROUP_TAGS, &input)?.unwrap_or_default();
    Ok(properties([
        ("LogGroupName", json!(name)),
        ("KmsKeyId", member(said, "kmsKeyId")),
        ("RetentionInDays", member(said, "retentionInDays")),
        ("Tags", tags_of(tags.get("tags").unwrap_or(&Value::Null))),
    ]))
}

fn metric_filters(reader: &mut Reader<'_>) -> Result<(), ReadError> {
    for id in reader.of_kind("AWS::Logs::MetricFilter") {
        let (group, name) = (reader.text(&id, "LogGroupName"), reader.text(&id, "FilterName"));
        let input = Input::Document(json!({ "logGroupName": group, "filterNamePrefix": name }));
        let all = reader.all(&DESCRIBE_METRIC_FILTERS, "metricFilters", TOKEN, &input)?;
        let found = all.iter().find(|said| text(said, "filterName") == name).map(|said| {
            let metrics = list(said, "metricTransformations").iter().map(|one| {
                let dimensions: Vec<Value> = one
                    .get("dimensions")
                    .and_then(Value::as_object)
                    .into_iter()
                    .flatten()
                    .map(|(key, value)| json!({ "Key": key, "Value": value }))
                    .collect();
                present([
                    (
                        "Dimensions",
                        if dimensions.is_empty() { Value::Null } else { Value::Array(dimensions) },
                    ),
                    ("MetricName", member(one, "metricName")),
                    ("MetricNamespace", member(one, "metricNamespace")),
                    ("MetricValue", member(one, "metricValue")),
                    ("DefaultValue", member(one, "defaultValue")),
                    (
                        "Unit",
                        one.get("unit").filter(|unit| *unit != "None").cloned().unwrap_or_default(),
                    ),
                ])
            });
            properties([
                ("FilterName", json!(name)),
                ("FilterPattern", member(said, "filterPattern")),
                ("LogGroupName", json!(group)),
                ("MetricTransformations", metrics.collect()),
            ])
        });
        reader.note(&id, found);
    }
    Ok(())
}
