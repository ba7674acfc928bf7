//! What has to be known of a stack before it is read.

use std::collections::BTreeMap;

/// A stack as CloudFormation shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stack {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub id: String,
    /// The account that it is in, 12 digits.
    pub account: String,
    /// The region that it is in.
    pub region: String,
    /// The values of its parameters.
    pub parameters: BTreeMap<String, String>,
    /// Logical ids to physical ids.
    pub physical: BTreeMap<String, String>,
    /// Keys of archives of function code to their SHA-256, in base64 as Lambda says it.
    pub code: BTreeMap<String, String>,
}
