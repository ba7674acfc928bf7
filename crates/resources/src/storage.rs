//! Amazon DynamoDB and Amazon S3.

use crate::reference::Attribute;
use crate::resource::resource;
use crate::{Key, Policy, Ref, Text};

resource! {
    /// A DynamoDB table: on-demand, encrypted with the customer's key, deletion protection off. Both parts of its primary key are strings.
    pub struct Table {
        /// Its name, 3 to 255 characters.
        pub name: String,
        /// The attribute that is the partition key.
        pub partition_key: &'static str,
        /// The attribute that is the sort key.
        pub sort_key: &'static str,
        /// The attribute that holds an item's time of expiry in epoch seconds.
        pub time_to_live: Option<&'static str>,
        /// The key that encrypts it.
        pub key: Ref<Key>,
        /// Whether it can be restored to any second of the last 35 days.
        pub point_in_time_recovery: bool,
        /// The resource-based policy, up to 20 KB.
        pub policy: Policy,
    }
}

impl Ref<Table> {
    /// The table's ARN.
    pub fn arn(&self) -> Text {
        self.attribute(Attribute::Arn)
    }
}

resource! {
    /// A versioned S3 bucket without public access, encrypted with the customer's key, without an
    /// S3 bucket key: with one, KMS is told the bucket's ARN as the encryption context, and not what
    /// the service says that writes the objects.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html>
    pub struct Bucket {
        /// Its name, up to 63 characters, unique in the world.
        pub name: Text,
        /// The key that encrypts its objects.
        pub key: Ref<Key>,
        /// Days after which objects and their old versions expire.
        pub expiration_days: u16,
        /// Whether the engine itself empties it before it deletes it.
        pub force_destroy: bool,
    }
}

resource! {
    /// The policy of a bucket.
    pub struct BucketPolicy {
        /// The bucket.
        pub bucket: Ref<Bucket>,
        /// Who may do what with it.
        pub policy: Policy,
    }
}
