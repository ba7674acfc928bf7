//! AWS CloudTrail: <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/>.

use crate::resource::resource;
use crate::{Bucket, Key, Ref, Text};

resource! {
    /// A trail of all management events and of the data events on tables, with digests by which a
    /// changed log file shows.
    pub struct Trail {
        /// Its name, 3 to 128 characters.
        pub name: String,
        /// Where the log files go.
        pub bucket: Ref<Bucket>,
        /// The key that encrypts them.
        pub key: Ref<Key>,
        /// The beginnings of the ARNs of the tables whose data events are kept.
        pub table_arn_prefixes: Vec<Text>,
    }
}
