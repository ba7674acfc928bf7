use tenantry_resources::{LogGroup, MetricFilter, Tree};

use super::{Properties, properties_of};

pub(super) fn log_group(group: &LogGroup) -> Properties {
    properties_of([
        ("KmsKeyId", group.key.arn().into()),
        ("LogGroupName", group.name.clone().into()),
        ("RetentionInDays", group.retention_days.into()),
    ])
}

pub(super) fn metric_filter(filter: &MetricFilter) -> Properties {
    let dimensions = filter
        .dimensions
        .iter()
        .map(|(name, field)| Tree::map([("Key", (*name).into()), ("Value", (*field).into())]));
    let transformation = Tree::map([
        ("Dimensions", Tree::list(dimensions)),
        ("MetricName", filter.metric_name.into()),
        ("MetricNamespace", filter.metric_namespace.clone().into()),
        ("MetricValue", "1".into()),
    ]);
    properties_of([
        ("FilterName", filter.name.clone().into()),
        ("FilterPattern", filter.pattern.into()),
        ("LogGroupName", filter.log_group.id().into()),
        ("MetricTransformations", Tree::list([transformation])),
    ])
}
