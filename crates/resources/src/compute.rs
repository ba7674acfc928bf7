//! AWS Lambda, and the IAM roles that functions and services run under.

use std::borrow::Cow;

use crate::reference::{Attribute, without_references};
use crate::resource::resource;
use crate::{Bucket, LogGroup, Policy, Ref, SecurityGroup, Subnet, Text};

resource! {
    /// An IAM role.
    pub struct Role {
        /// Its name, up to 64 characters.
        pub name: String,
        /// What it is for, up to 1000 characters.
        pub description: String,
        /// Who may assume it.
        pub trust: Policy,
        /// ARNs of managed policies.
        pub managed_policies: Vec<Text>,
    }
}

impl Ref<Role> {
    /// The role's ARN.
    pub fn arn(&self) -> Text {
        self.attribute(Attribute::Arn)
    }
}

resource! {
    /// An inline policy of a role.
    pub struct RolePolicy {
        /// Its name, up to 128 characters.
        pub name: String,
        /// The role.
        pub role: Ref<Role>,
        /// What the role may do.
        pub policy: Policy,
    }
}

resource! {
    /// A Lambda function whose code is a zip archive.
    pub struct Function {
        /// Its name, up to 64 characters.
        pub name: String,
        /// What it does.
        pub description: String,
        /// Its code.
        pub code: Package,
        /// The runtime, such as `nodejs22.x`.
        pub runtime: Cow<'static, str>,
        /// What of its code is called, such as `index.handler`.
        pub handler: Cow<'static, str>,
        /// The processor's architecture: `arm64` or `x86_64`.
        pub architecture: &'static str,
        /// Memory in MiB, 128 to 10,240.
        pub memory_mib: u16,
        /// Seconds after which a call is ended.
        pub timeout_seconds: u16,
        /// The role it runs under.
        pub role: Ref<Role>,
        /// Its environment: name and value.
        pub environment: Vec<(Cow<'static, str>, Text)>,
        /// Where in a VPC it runs, if in one.
        pub network: Option<Network>,
        /// Where its log goes.
        pub log_group: Ref<LogGroup>,
    }
}

impl Ref<Function> {
    /// The function's ARN.
    pub fn arn(&self) -> Text {
        self.attribute(Attribute::Arn)
    }
}

resource! {
    /// A function's place in a VPC.
    pub struct Network {
        /// The subnets of its network interfaces.
        pub subnets: Vec<Ref<Subnet>>,
        /// Their security groups.
        pub security_groups: Vec<Ref<SecurityGroup>>,
    }
}

/// A zip archive with a function's code, by its name and by what is in it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Package {
    /// What it is called among the packages: `api`.
    pub name: Cow<'static, str>,
    /// Its key in the bucket that holds the code; different code has a different key.
    pub key: String,
}

resource! {
    /// A statement of a function's policy: who else may call it.
    pub struct Permission {
        /// The function.
        pub function: Ref<Function>,
        /// The service that may call it, such as `apigateway.amazonaws.com`.
        pub principal: &'static str,
        /// The ARN on whose behalf it has to call.
        pub source_arn: Text,
    }
}

resource! {
    /// A call of a function that empties a bucket before the bucket is deleted.
    pub struct BucketEmptier {
        /// The function, which follows CloudFormation's protocol for custom resources.
        pub function: Ref<Function>,
        /// The bucket.
        pub bucket: Ref<Bucket>,
    }
}

without_references!(Package);
