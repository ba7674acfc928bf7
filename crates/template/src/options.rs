//! What is known besides the templates.

use std::collections::BTreeMap;

/// A tenant that templates are deployed for.
#[derive(Clone, Debug, Default)]
pub struct Tenant {
    /// Its name, for messages.
    pub name: String,
    /// Its values of parameters.
    pub parameters: BTreeMap<String, String>,
}

/// Tenants that no template need speak of: whose users' tokens alone say whose they are.
#[derive(Clone, Debug, Default)]
pub struct Pooled {
    /// Their ids, as the claim says them.
    pub tenants: Vec<String>,
    /// The claim that says a user's tenant, such as `custom:tenant_id`; `None` where it is not known.
    pub claim: Option<String>,
}

/// Whose the things are whose logical id, path or name a pattern takes in.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OwnerRule {
    /// A name in which `*` stands for any characters and `?` for one.
    pub pattern: String,
    /// The tenant, or a value of [`ReadOptions::shared`].
    pub tenant: String,
}

/// A file with a policy of the organization.
#[derive(Clone, Debug)]
pub struct OrganizationFile {
    /// The name for messages.
    pub name: String,
    /// The level at which it is attached, counted from 0.
    pub level: usize,
    /// The file's bytes.
    pub bytes: Vec<u8>,
}

/// What is known besides the templates.
#[derive(Clone, Debug)]
pub struct ReadOptions {
    /// Values of parameters, in every template that has them.
    pub parameters: BTreeMap<String, String>,
    /// The tenants: a template with a parameter that some tenant sets is deployed once a tenant.
    /// When no tenant sets any, every template with a parameter that has no value is.
    pub tenants: Vec<Tenant>,
    /// Tenants that exist in tokens alone.
    pub pooled: Pooled,
    /// Whose things are, by their names: the first rule that takes in one counts, before its tags.
    pub owners: Vec<OwnerRule>,
    /// The organization's policies: outer limits of whatever the templates allow.
    pub organization: Vec<OrganizationFile>,
    /// The tags that say whose a resource is: the first that it has counts.
    pub tenant_tags: Vec<String>,
    /// Values of the tag that say that a resource is nobody's own.
    pub shared: Vec<String>,
    /// `AWS::AccountId`; a symbol without it.
    pub account: Option<String>,
    /// `AWS::Region`; a symbol without it.
    pub region: Option<String>,
    /// `AWS::Partition`.
    pub partition: String,
    /// `AWS::URLSuffix`.
    pub url_suffix: String,
    /// How many bytes a file may have.
    pub max_bytes: usize,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self {
            parameters: BTreeMap::new(),
            tenants: Vec::new(),
            pooled: Pooled::default(),
            owners: Vec::new(),
            organization: Vec::new(),
            tenant_tags: vec!["tenant_id".to_owned()],
            shared: vec!["shared".to_owned()],
            account: None,
            region: None,
            partition: "aws".to_owned(),
            url_suffix: "amazonaws.com".to_owned(),
            max_bytes: 16 << 20,
        }
    }
}
