//! How long a name may be, from the names that AWS makes of it.

/// The longest environment suffix, in characters.
///
/// The tightest shared name is the audit bucket's, `audit-{account}-cell-{n}-{suffix}`: S3 takes
/// 63 characters, 12 are the account's and at most 5 the cell's.
pub(crate) const LONGEST_SUFFIX: usize = 16;

/// The highest cell, so that its number has at most 5 digits.
pub(crate) const LAST_CELL: u32 = 99_999;

/// A name that AWS limits, made of a tenant's slug and the suffix.
pub(crate) struct Name {
    /// What has the name, in AWS's terms.
    pub(crate) resource: &'static str,
    kind: String,
    /// AWS's limit, in characters.
    pub(crate) limit: usize,
}

/// The tenant's names that can be too long. Its other names have limits above 200 characters
/// (table 255, alias 256, log group 512), which the role's rules out.
///
/// Role: IAM `CreateRole`, `RoleName`. Function: Lambda `CreateFunction`, `FunctionName`.
fn tenant_names(service: Option<&str>) -> [Name; 2] {
    let (role, function) = match service {
        Some(service) => (format!("{service}-role"), service.to_owned()),
        None => ("role".to_owned(), "api".to_owned()),
    };
    [
        Name { resource: "IAM role", kind: role, limit: 64 },
        Name { resource: "Lambda function", kind: function, limit: 64 },
    ]
}

/// What stands in a tenant's names behind its id.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Naming<'a> {
    /// The environment's suffix.
    pub(crate) suffix: &'a str,
    /// The longest name of a service, if the application is the user's.
    pub(crate) service: Option<&'a str>,
}

impl Name {
    /// The name as the tenant's resource has it.
    pub(crate) fn physical(&self, id: &str, suffix: &str) -> String {
        format!("{id}-{}-{suffix}", self.kind)
    }

    /// By how many characters the name is over the limit; 0 when it fits.
    pub(crate) fn excess(&self, id: &str, suffix: &str) -> usize {
        let fixed = "--".len() + self.kind.len();
        (id.len() + fixed + suffix.len()).saturating_sub(self.limit)
    }
}

/// The names of the tenant that are too long, the longest first.
pub(crate) fn too_long(id: &str, naming: Naming<'_>) -> Vec<Name> {
    let Naming { suffix, service } = naming;
    let mut names = Vec::from(tenant_names(service));
    names.retain(|name| name.excess(id, suffix) > 0);
    names.sort_by_key(|name| std::cmp::Reverse(name.excess(id, suffix)));
    names
}

/// First words of a suffix that would let one platform's name be another's: `tenant-a-role-prod`
/// would be a name of the tenant `tenant-a` in one and of `tenant-a-role` in the other.
pub(crate) const RESERVED_WORDS: [&str; 14] = [
    "alarms",
    "api",
    "cell",
    "data",
    "errors",
    "isolation",
    "key",
    "log",
    "logs",
    "role",
    "security",
    "subnet",
    "throttles",
    "users",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn excess_is_what_the_written_name_has_too_much() {
        let id = format!("tenant-{}", "a".repeat(50));
        for name in tenant_names(None).iter().chain(&tenant_names(Some("orders"))) {
            for suffix in ["p", "prod", "a-very-long-one"] {
                let written = name.physical(&id, suffix).len();
                assert_eq!(name.excess(&id, suffix), written.saturating_sub(name.limit));
            }
        }
    }

    #[test]
    fn a_role_has_the_longest_name() {
        let id = format!("tenant-{}", "a".repeat(47));
        let naming = Naming { suffix: "prod", service: None };
        assert_eq!(too_long(&id, naming).len(), 0);
        let id = format!("tenant-{}", "a".repeat(48));
        assert_eq!(too_long(&id, naming).first().map(|name| name.resource), Some("IAM role"));
    }

    #[test]
    fn the_longest_suffix_and_the_last_cell_fit_the_audit_bucket() {
        let suffix = "s".repeat(LONGEST_SUFFIX);
        let bucket = format!("audit-{}-cell-{LAST_CELL}-{suffix}", "1".repeat(12));
        assert!(bucket.len() <= 63, "{bucket}");
    }
}
