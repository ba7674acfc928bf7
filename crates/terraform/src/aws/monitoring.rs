use std::borrow::Cow;

use tenantry_resources::{Alarm, Dashboard, Topic, TopicPolicy, Tree};

use super::{Mapped, json};

pub(super) fn alarm(alarm: &Alarm) -> Mapped {
    let mut mapped = Mapped::new(
        "aws_cloudwatch_metric_alarm",
        [
            ("alarm_actions", Tree::list([alarm.topic.id()])),
            ("alarm_description", alarm.description.clone().into()),
            ("alarm_name", alarm.name.clone().into()),
            ("comparison_operator", "GreaterThanOrEqualToThreshold".into()),
            ("evaluation_periods", alarm.periods.into()),
            ("metric_name", alarm.metric_name.into()),
            ("namespace", alarm.namespace.clone().into()),
            ("period", alarm.period_seconds.into()),
            ("threshold", alarm.threshold.into()),
            ("treat_missing_data", "notBreaching".into()),
        ],
    );
    match alarm.statistic.percentile() {
        Some(percentile) => mapped.add("extended_statistic", percentile),
        None => mapped.add("statistic", "Sum"),
    }
    if !alarm.dimensions.is_empty() {
        let dimensions = alarm
            .dimensions
            .iter()
            .map(|(name, value)| (Cow::Borrowed(*name), value.clone().into()))
            .collect();
        mapped.add("dimensions", Tree::Map(dimensions));
    }
    mapped
}

pub(super) fn topic(topic: &Topic) -> Mapped {
    Mapped::new(
        "aws_sns_topic",
        [("kms_master_key_id", topic.key.id().into()), ("name", topic.name.clone().into())],
    )
}

pub(super) fn topic_policy(policy: &TopicPolicy) -> Mapped {
    Mapped::new(
        "aws_sns_topic_policy",
        [("arn", policy.topic.id().into()), ("policy", json(&policy.policy))],
    )
}

pub(super) fn dashboard(dashboard: &Dashboard) -> Mapped {
    Mapped::new(
        "aws_cloudwatch_dashboard",
        [
            ("dashboard_body", json(dashboard.body.clone())),
            ("dashboard_name", dashboard.name.clone().into()),
        ],
    )
}
