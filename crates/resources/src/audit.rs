//! AWS CloudTrail: <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/>.

use crate::resource::resource;
use crate::{Bucket, Key, Ref};

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
        /// How the ARNs of the tables end whose data events are kept.
        pub table_arn_ends: Vec<String>,
    }
}
