use std::borrow::Cow;

use tenantry_resources::{LogGroup, MetricFilter, Tree};

use super::Mapped;

pub(super) fn log_group(group: &LogGroup) -> Mapped {
    Mapped::new(
        "aws_cloudwatch_log_group",
        [
            ("kms_key_id", group.key.arn().into()),
            ("name", group.name.clone().into()),
            ("retention_in_days", group.retention_days.into()),
        ],
    )
}

pub(super) fn metric_filter(filter: &MetricFilter) -> Mapped {
    let dimensions = filter
        .dimensions
        .iter()
        .map(|(name, field)| (Cow::Borrowed(*name), (*field).into()))
        .collect();
    Mapped::new(
        "aws_cloudwatch_log_metric_filter",
        [
            ("log_group_name", filter.log_group.id().into()),
            (
                "metric_transformation",
                Tree::map([
                    ("dimensions", Tree::Map(dimensions)),
                    ("name", filter.metric_name.into()),
                    ("namespace", filter.metric_namespace.clone().into()),
                    ("value", "1".into()),
                ]),
            ),
            ("name", filter.name.clone().into()),
            ("pattern", filter.pattern.into()),
        ],
    )
}
