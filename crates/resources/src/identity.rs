//! Amazon Cognito user pools: <https://docs.aws.amazon.com/cognito/latest/developerguide/>.

use crate::reference::{Attribute, without_references};
use crate::resource::resource;
use crate::{Ref, Text};

resource! {
    /// A user pool whose users sign in by e-mail address and are created by administrators alone.
    pub struct UserPool {
        /// Its name.
        pub name: String,
        /// String attributes that can be set once, when the user is created, without `custom:`.
        pub immutable_attributes: Vec<&'static str>,
        /// The least length of a password.
        pub password_length: u8,
    }
}

impl Ref<UserPool> {
    /// The pool's ARN.
    pub fn arn(&self) -> Text {
        self.attribute(Attribute::Arn)
    }
}

resource! {
    /// An app client without a secret.
    pub struct UserPoolClient {
        /// Its name.
        pub name: String,
        /// The pool.
        pub user_pool: Ref<UserPool>,
        /// How its users may sign in.
        pub auth_flows: Vec<AuthFlow>,
        /// The attributes that it may read of its user.
        pub read_attributes: Vec<&'static str>,
        /// The attributes that it may write.
        pub write_attributes: Vec<&'static str>,
        /// Minutes that ID and access tokens are valid.
        pub token_minutes: u16,
        /// Hours that refresh tokens are valid.
        pub refresh_hours: u16,
    }
}

/// A way to sign in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AuthFlow {
    /// Secure remote password: the password never leaves the client.
    Srp,
    /// A refresh token for new tokens.
    RefreshToken,
    /// A name and password presented by a caller with IAM credentials for the pool.
    AdminUserPassword,
}

without_references!(AuthFlow);
