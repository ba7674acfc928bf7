//! Amazon CloudWatch and Amazon SNS.

use crate::reference::without_references;
use crate::resource::resource;
use crate::{Key, Policy, Ref, Text, Tree};

resource! {
    /// An alarm that goes off when the metric is at or above the threshold in some periods in a row;
    /// periods without data are good ones.
    pub struct Alarm {
        /// Its name, up to 255 characters.
        pub name: String,
        /// What it means, and what to do.
        pub description: String,
        /// The metric's namespace.
        pub namespace: String,
        /// The metric.
        pub metric_name: &'static str,
        /// The metric's dimensions: name and value.
        pub dimensions: Vec<(&'static str, Text)>,
        /// How a period's data become one number.
        pub statistic: Statistic,
        /// The length of a period in seconds.
        pub period_seconds: u32,
        /// How many periods in a row.
        pub periods: u8,
        /// The number from which the alarm goes off.
        pub threshold: u32,
        /// Who is told.
        pub topic: Ref<Topic>,
    }
}

/// How the data of a period become one number.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Statistic {
    /// Their sum.
    Sum,
    /// Their 99th percentile.
    P99,
}

impl Statistic {
    /// The percentile, as CloudWatch's `ExtendedStatistic` has it.
    pub fn percentile(self) -> Option<&'static str> {
        match self {
            Self::Sum => None,
            Self::P99 => Some("p99"),
        }
    }
}

resource! {
    /// An SNS topic.
    pub struct Topic {
        /// Its name, up to 256 characters.
        pub name: String,
        /// The key that encrypts its messages.
        pub key: Ref<Key>,
    }
}

resource! {
    /// The policy of a topic.
    pub struct TopicPolicy {
        /// The topic.
        pub topic: Ref<Topic>,
        /// Who may publish.
        pub policy: Policy,
    }
}

resource! {
    /// A dashboard.
    pub struct Dashboard {
        /// Its name.
        pub name: String,
        /// Its widgets, as the service's dashboard body structure.
        pub body: Tree,
    }
}

without_references!(Statistic);
