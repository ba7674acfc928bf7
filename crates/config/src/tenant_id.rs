//! The name that a tenant has everywhere.

use std::fmt;
use std::str::FromStr;

use crate::words::{self, WordFault};

/// A tenant's id, such as `tenant-001`: `tenant-` and a slug.
///
/// A slug is lower-case letters, digits and single hyphens between them. It is short enough for
/// every AWS name that is made of it with the shortest suffix; whether it is short enough for the
/// platform's suffix, [`load`](crate::load) checks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TenantId(String);

impl TenantId {
    /// What every id starts with.
    pub const PREFIX: &str = "tenant-";

    /// The whole id: `tenant-001`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id without its prefix: `001`.
    #[must_use]
    pub fn slug(&self) -> &str {
        self.0.strip_prefix(Self::PREFIX).unwrap_or(&self.0)
    }
}

impl FromStr for TenantId {
    type Err = InvalidTenantId;

    fn from_str(text: &str) -> Result<Self, InvalidTenantId> {
        let slug = text.strip_prefix(Self::PREFIX).ok_or(InvalidTenantId::NoPrefix)?;
        words::check(slug).map_err(|fault| match fault {
            WordFault::Empty => InvalidTenantId::NoSlug,
            WordFault::Character(character) => InvalidTenantId::Character(character),
            WordFault::Hyphen => InvalidTenantId::Hyphen,
        })?;
        if slug == "shared" {
            return Err(InvalidTenantId::Shared);
        }
        if slug.ends_with("-api") {
            return Err(InvalidTenantId::EndsInApi);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for TenantId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// Why a text is no tenant's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTenantId {
    /// It does not start with `tenant-`.
    #[error("it does not start with `tenant-`")]
    NoPrefix,
    /// Nothing follows `tenant-`.
    #[error("nothing follows `tenant-`")]
    NoSlug,
    /// A character that an id cannot have.
    #[error("{0:?} is not a lower-case letter, a digit or a hyphen")]
    Character(char),
    /// A hyphen at the start or the end of the slug, or two in a row.
    #[error("a hyphen may only stand alone between letters and digits")]
    Hyphen,
    /// `shared` is the owner of what belongs to no tenant.
    #[error("`shared` is what resources without a tenant are tagged with")]
    Shared,
    /// The log group of `tenant-x-api` would be named like the default log group of `tenant-x`'s
    /// function.
    #[error("ending in `-api`, it would share a log group's name with another tenant's function")]
    EndsInApi,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_the_prefix_and_a_slug() {
        let id: TenantId = "tenant-a-1".parse().unwrap();
        assert_eq!(
            (id.as_str(), id.slug(), id.to_string().as_str()),
            ("tenant-a-1", "a-1", "tenant-a-1")
        );
    }

    #[test]
    fn what_is_no_id_says_why() {
        for (text, fault) in [
            ("", InvalidTenantId::NoPrefix),
            ("001", InvalidTenantId::NoPrefix),
            ("Tenant-001", InvalidTenantId::NoPrefix),
            ("tenant-", InvalidTenantId::NoSlug),
            ("tenant-A", InvalidTenantId::Character('A')),
            ("tenant-001 ", InvalidTenantId::Character(' ')),
            ("tenant-é", InvalidTenantId::Character('é')),
            ("tenant-١", InvalidTenantId::Character('١')),
            ("tenant-a*", InvalidTenantId::Character('*')),
            ("tenant--a", InvalidTenantId::Hyphen),
            ("tenant-a-", InvalidTenantId::Hyphen),
            ("tenant-a--b", InvalidTenantId::Hyphen),
            ("tenant-shared", InvalidTenantId::Shared),
            ("tenant-a-api", InvalidTenantId::EndsInApi),
        ] {
            assert_eq!(text.parse::<TenantId>(), Err(fault), "{text:?}");
        }
    }
}
