//! AWS KMS: <https://docs.aws.amazon.com/kms/latest/developerguide/>.

use crate::reference::Attribute;
use crate::resource::resource;
use crate::{Policy, Ref, Text};

resource! {
    /// A symmetric key that its customer manages, rotated every year.
    pub struct Key {
        /// What it is for.
        pub description: String,
        /// Who may do what with it: the root of all permissions on the key.
        pub policy: Policy,
        /// Days between the deletion and its taking effect, 7 to 30.
        pub pending_window_days: u8,
    }
}

impl Ref<Key> {
    /// The key's ARN.
    pub fn arn(&self) -> Text {
        self.attribute(Attribute::Arn)
    }
}

resource! {
    /// Another name of a key.
    pub struct Alias {
        /// The name, beginning with `alias/`, up to 256 characters.
        pub name: String,
        /// The key.
        pub key: Ref<Key>,
    }
}
