use std::borrow::Cow;

use tenantry_resources::{LogGroup, MetricFilter};

use super::{Mapped, Token};
use crate::input::{Input, map};

pub(super) fn log_group(group: &LogGroup) -> Mapped {
    Mapped::new(
        Token::LogGroup,
        [
            ("kmsKeyId", group.key.arn().into()),
            ("name", group.name.as_str().into()),
            ("retentionInDays", group.retention_days.into()),
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
        Token::LogMetricFilter,
        [
            ("logGroupName", filter.log_group.id().into()),
            (
                "metricTransformation",
                map([
                    ("dimensions", Input::Map(dimensions)),
                    ("name", filter.metric_name.into()),
                    ("namespace", filter.metric_namespace.as_str().into()),
                    ("value", "1".into()),
                ]),
            ),
            ("name", filter.name.as_str().into()),
            ("pattern", filter.pattern.into()),
        ],
    )
}
