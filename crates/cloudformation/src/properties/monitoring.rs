use tenantry_resources::{Alarm, Dashboard, Statistic, Topic, TopicPolicy, Tree};

use super::{Properties, add, properties_of};

pub(super) fn alarm(alarm: &Alarm) -> Properties {
    let mut properties = properties_of([
        ("AlarmActions", Tree::list([alarm.topic.id()])),
        ("AlarmDescription", alarm.description.clone().into()),
        ("AlarmName", alarm.name.clone().into()),
        ("ComparisonOperator", "GreaterThanOrEqualToThreshold".into()),
    ]);
    if !alarm.dimensions.is_empty() {
        let dimensions = alarm.dimensions.iter().map(|(name, value)| {
            Tree::map([("Name", (*name).into()), ("Value", value.clone().into())])
        });
        add(&mut properties, "Dimensions", Tree::list(dimensions));
    }
    add(&mut properties, "EvaluationPeriods", alarm.periods);
    if let Some(percentile) = alarm.statistic.percentile() {
        add(&mut properties, "ExtendedStatistic", percentile);
    }
    add(&mut properties, "MetricName", alarm.metric_name);
    add(&mut properties, "Namespace", alarm.namespace.clone());
    add(&mut properties, "Period", alarm.period_seconds);
    if alarm.statistic == Statistic::Sum {
        add(&mut properties, "Statistic", "Sum");
    }
    add(&mut properties, "Threshold", alarm.threshold);
    add(&mut properties, "TreatMissingData", "notBreaching");
    properties
}

pub(super) fn topic(topic: &Topic) -> Properties {
    properties_of([
        ("KmsMasterKeyId", topic.key.id().into()),
        ("TopicName", topic.name.clone().into()),
    ])
}

pub(super) fn topic_policy(policy: &TopicPolicy) -> Properties {
    properties_of([
        ("PolicyDocument", (&policy.policy).into()),
        ("Topics", Tree::list([policy.topic.id()])),
    ])
}

pub(super) fn dashboard(dashboard: &Dashboard) -> Properties {
    properties_of([
        ("DashboardBody", dashboard.body.to_json_text().into()),
        ("DashboardName", dashboard.name.clone().into()),
    ])
}
