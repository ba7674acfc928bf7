//! Amazon DynamoDB and Amazon S3.

use std::borrow::Cow;

use crate::reference::{Attribute, without_references};
use crate::resource::resource;
use crate::{Key, Policy, Ref, Text};

resource! {
    /// A DynamoDB table: on-demand, encrypted with the customer's key, deletion protection off. All its key attributes are strings.
    pub struct Table {
        /// Its name, 3 to 255 characters.
        pub name: String,
        /// The attribute that is the partition key.
        pub partition_key: Cow<'static, str>,
        /// The attribute that is the sort key, if it has one.
        pub sort_key: Option<Cow<'static, str>>,
        /// The attribute that holds an item's time of expiry in epoch seconds.
        pub time_to_live: Option<Cow<'static, str>>,
        /// Its global secondary indexes.
        pub indexes: Vec<Index>,
        /// The key that encrypts it.
        pub key: Ref<Key>,
        /// Whether it can be restored to any second of the last 35 days.
        pub point_in_time_recovery: bool,
        /// The resource-based policy, up to 20 KB.
        pub policy: Policy,
    }
}

/// A global secondary index of a table, with all attributes of the items.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Index {
    /// Its name, 3 to 255 characters.
    pub name: String,
    /// The attribute that is its partition key.
    pub partition_key: Cow<'static, str>,
    /// The attribute that is its sort key, if it has one.
    pub sort_key: Option<Cow<'static, str>>,
}

impl Table {
    /// The attributes that are in a key of the table or of an index, each once: the table's own first.
    pub fn key_attributes(&self) -> Vec<&str> {
        let own = [Some(&self.partition_key), self.sort_key.as_ref()];
        let of_indexes =
            self.indexes.iter().flat_map(|one| [Some(&one.partition_key), one.sort_key.as_ref()]);
        let mut attributes: Vec<&str> = Vec::new();
        for attribute in own.into_iter().chain(of_indexes).flatten() {
            if !attributes.contains(&attribute.as_ref()) {
                attributes.push(attribute);
            }
        }
        attributes
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

without_references!(Index);
