//! Amazon CloudWatch Logs: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/>.

use crate::reference::Attribute;
use crate::resource::resource;
use crate::{Key, Ref, Text};

resource! {
    /// A log group.
    pub struct LogGroup {
        /// Its name, up to 512 characters.
        pub name: String,
        /// Days that events are kept; one of the numbers that the service knows.
        pub retention_days: u16,
        /// The key that encrypts it; its policy has to admit the log service for this group.
        pub key: Ref<Key>,
    }
}

impl Ref<LogGroup> {
    /// The group's ARN as the engine tells it, with or without `:*` behind it: for places that take
    /// both, never for policies.
    pub fn arn(&self) -> Text {
        self.attribute(Attribute::Arn)
    }
}

resource! {
    /// A metric made of the events that match a pattern.
    pub struct MetricFilter {
        /// Its name.
        pub name: String,
        /// The log group it watches.
        pub log_group: Ref<LogGroup>,
        /// The pattern, in the service's filter syntax.
        pub pattern: &'static str,
        /// The metric's namespace.
        pub metric_namespace: String,
        /// The metric's name: one event is 1.
        pub metric_name: &'static str,
        /// The metric's dimensions, three at most: name, and the field of the event whose value it
        /// is, such as `$.tenantId`. An event without the field is not counted.
        pub dimensions: Vec<(&'static str, &'static str)>,
    }
}
