use std::borrow::Cow;

use tenantry_resources::{Alarm, Dashboard, Topic, TopicPolicy};

use super::{Mapped, Token};
use crate::input::{Input, json, list};

pub(super) fn alarm(alarm: &Alarm) -> Mapped {
    let mut mapped = Mapped::new(
        Token::MetricAlarm,
        [
            ("alarmActions", list([alarm.topic.id()])),
            ("alarmDescription", alarm.description.as_str().into()),
            ("comparisonOperator", "GreaterThanOrEqualToThreshold".into()),
            ("evaluationPeriods", alarm.periods.into()),
            ("metricName", alarm.metric_name.into()),
            ("name", alarm.name.as_str().into()),
            ("namespace", alarm.namespace.as_str().into()),
            ("period", alarm.period_seconds.into()),
            ("threshold", alarm.threshold.into()),
            ("treatMissingData", "notBreaching".into()),
        ],
    );
    match alarm.statistic.percentile() {
        Some(percentile) => mapped.add("extendedStatistic", percentile),
        None => mapped.add("statistic", "Sum"),
    }
    if !alarm.dimensions.is_empty() {
        let dimensions = alarm
            .dimensions
            .iter()
            .map(|(name, value)| (Cow::Borrowed(*name), value.clone().into()))
            .collect();
        mapped.add("dimensions", Input::Map(dimensions));
    }
    mapped
}

pub(super) fn topic(topic: &Topic) -> Mapped {
    Mapped::new(
        Token::Topic,
        [("kmsMasterKeyId", topic.key.id().into()), ("name", topic.name.as_str().into())],
    )
}

pub(super) fn topic_policy(policy: &TopicPolicy) -> Mapped {
    Mapped::new(
        Token::TopicPolicy,
        [("arn", policy.topic.id().into()), ("policy", (&policy.policy).into())],
    )
}

pub(super) fn dashboard(dashboard: &Dashboard) -> Mapped {
    Mapped::new(
        Token::Dashboard,
        [
            ("dashboardBody", json(dashboard.body.clone())),
            ("dashboardName", dashboard.name.as_str().into()),
        ],
    )
}
