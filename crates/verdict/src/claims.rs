//! The one registry of claims and hygiene rules. `--explain`, the generated reference, SARIF's
//! rules and the tests all iterate it.

/// Declares a plane's claims as constants, and the list of them.
macro_rules! claims {
    ($($name:ident: $claim:expr;)*) => {
        $(
            #[allow(missing_docs, reason = "the claim's title says what it is")]
            pub const $name: $crate::claims::ClaimId = $crate::claims::ClaimId(&$claim);
        )*
        pub(super) const ALL: &[$crate::claims::ClaimId] = &[$($name),*];
    };
}

pub mod data;
pub mod environment;
pub mod escalation;
mod explain;
pub mod hygiene;
pub mod identity;
pub mod key;
pub mod log;
pub mod network;
pub mod route;
pub mod token;

use std::fmt;
use std::ops::Deref;

pub use explain::{explain, reference};
use serde::{Serialize, Serializer};

/// A way in.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the claims of each plane say what it is")]
pub enum Plane {
    Identity,
    Escalation,
    Key,
    Data,
    Network,
    Route,
    Token,
    Log,
    Environment,
    Hygiene,
}

/// One mechanism that closes a plane.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "`title` says what each is")]
pub enum Barrier {
    IdentityPolicy,
    PermissionsBoundary,
    ServiceControlPolicy,
    ResourceControlPolicy,
    SessionPolicy,
    ResourcePolicy,
    EndpointPolicy,
    TrustPolicy,
    KeyPolicy,
    KeyAssignment,
    Ownership,
    RouteTable,
    NetworkAcl,
    SecurityGroup,
    SubnetAssignment,
    RoleAssignment,
    Authorizer,
    IdentitySource,
    CacheTime,
    Integration,
    InvokePermission,
    UrlAuthorization,
    UserPool,
    ImmutableAttribute,
    WriteAttributes,
    ClosedSignUp,
    LogGroup,
    FunctionEnvironment,
    Convention,
}

/// What the registry knows of one claim.
#[derive(Debug)]
pub struct Claim {
    /// Its id, `plane/what`.
    pub id: &'static str,
    /// Its plane.
    pub plane: Plane,
    /// The claim as a sentence.
    pub title: &'static str,
    /// Why it matters.
    pub why: &'static str,
    /// How it breaks, most common first.
    pub breaks: &'static [&'static str],
    /// The barriers that hold it.
    pub barriers: &'static [Barrier],
    /// What to write.
    pub fix: &'static str,
    /// Corpus files that break it, without `corpus/`.
    pub breaking: &'static [&'static str],
    /// Their nearest ones that do not.
    pub holding: &'static [&'static str],
}

/// What weakens a claim: a barrier is missing, and nothing crosses.
#[derive(Debug)]
pub struct Weakness {
    /// How it comes to that, as a sentence.
    pub says: &'static str,
    /// Corpus files that show it, without `corpus/`.
    pub examples: &'static [&'static str],
}

/// By a claim's id.
const WEAKNESSES: [(&str, Weakness); 4] = [
    (
        "key/assignment",
        Weakness {
            says: "A table under no key of the tenant's own, or a resource under a key that \
                tenants share, is read by nobody else as long as policies hold.",
            examples: &["key-services-own-key-weak.yaml"],
        },
    ),
    (
        "route/invoke",
        Weakness {
            says: "A permission whose source takes in another tenant's routes, such as `/*/*/*`, \
                invokes nothing as long as those routes lead elsewhere.",
            examples: &["route-permission-with-a-wide-source-weak.yaml"],
        },
    ),
    (
        "log/encryption",
        Weakness {
            says: "A log group under no key of the tenant's own is read by nobody else as long \
                as policies hold.",
            examples: &["log-without-a-key-weak.yaml"],
        },
    ),
    (
        "environment/tenant-id",
        Weakness {
            says: "A function that is told no id, where others are told theirs, serves nobody \
                else by it.",
            examples: &["environment-no-id-weak.yaml"],
        },
    ),
];

/// A claim of the registry; there are no others.
#[derive(Clone, Copy)]
pub struct ClaimId(&'static Claim);

impl ClaimId {
    /// Whether it is this one, also in constants.
    pub const fn is(self, other: Self) -> bool {
        let (mut one, mut two) = (self.0.id.as_bytes(), other.0.id.as_bytes());
        loop {
            match (one, two) {
                ([], []) => return true,
                ([a, rest @ ..], [b, others @ ..]) if *a == *b => (one, two) = (rest, others),
                _ => return false,
            }
        }
    }
}

/// Every claim, plane by plane.
pub fn all() -> impl Iterator<Item = ClaimId> {
    Plane::ALL.into_iter().flat_map(|plane| plane.claims().iter().copied())
}

/// The claim with this id.
pub fn find(id: &str) -> Option<ClaimId> {
    all().find(|claim| claim.id == id)
}

impl Claim {
    /// What weakens it without breaking it, if anything does.
    pub fn weakness(&self) -> Option<&'static Weakness> {
        WEAKNESSES.iter().find(|(id, _)| *id == self.id).map(|(_, weakness)| weakness)
    }

    /// Whether it is a convention: advice, unless somebody requires it.
    pub fn is_convention(&self) -> bool {
        self.plane == Plane::Hygiene
    }

    /// Its name within its plane.
    pub fn name(&self) -> &'static str {
        self.id.split_once('/').map_or(self.id, |(_, name)| name)
    }
}

impl Plane {
    /// All of them, in the order in which they are printed.
    pub const ALL: [Self; 10] = [
        Self::Identity,
        Self::Escalation,
        Self::Key,
        Self::Data,
        Self::Network,
        Self::Route,
        Self::Token,
        Self::Log,
        Self::Environment,
        Self::Hygiene,
    ];

    /// Its claims.
    pub const fn claims(self) -> &'static [ClaimId] {
        match self {
            Self::Identity => identity::ALL,
            Self::Escalation => escalation::ALL,
            Self::Key => key::ALL,
            Self::Data => data::ALL,
            Self::Network => network::ALL,
            Self::Route => route::ALL,
            Self::Token => token::ALL,
            Self::Log => log::ALL,
            Self::Environment => environment::ALL,
            Self::Hygiene => hygiene::ALL,
        }
    }

    /// Its name, as claims' ids begin.
    pub fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Escalation => "escalation",
            Self::Key => "key",
            Self::Data => "data",
            Self::Network => "network",
            Self::Route => "route",
            Self::Token => "token",
            Self::Log => "log",
            Self::Environment => "environment",
            Self::Hygiene => "hygiene",
        }
    }
}

impl Barrier {
    /// What it is, as a noun with its article.
    pub fn title(self) -> &'static str {
        match self {
            Self::IdentityPolicy => "the identity policy",
            Self::PermissionsBoundary => "the permissions boundary",
            Self::ServiceControlPolicy => "the service control policy",
            Self::ResourceControlPolicy => "the resource control policy",
            Self::SessionPolicy => "the session policy",
            Self::ResourcePolicy => "the resource policy",
            Self::EndpointPolicy => "the endpoint policy",
            Self::TrustPolicy => "the trust policy",
            Self::KeyPolicy => "the key policy",
            Self::KeyAssignment => "the choice of key",
            Self::Ownership => "the ownership of the resource",
            Self::RouteTable => "the route table",
            Self::NetworkAcl => "the network ACL",
            Self::SecurityGroup => "the security group",
            Self::SubnetAssignment => "the choice of subnet",
            Self::RoleAssignment => "the choice of role",
            Self::Authorizer => "the authorizer",
            Self::IdentitySource => "the authorizer's identity source",
            Self::CacheTime => "the authorizer's cache time of 0",
            Self::Integration => "the integration",
            Self::InvokePermission => "the invoke permission",
            Self::UrlAuthorization => "the function URL's authorization",
            Self::UserPool => "the user pool's attributes and clients",
            Self::ImmutableAttribute => "the attribute's immutability",
            Self::WriteAttributes => "the client's write attributes",
            Self::ClosedSignUp => "the closed sign-up",
            Self::LogGroup => "the log group",
            Self::FunctionEnvironment => "the function's environment",
            Self::Convention => "the platform's convention",
        }
    }
}

impl Deref for ClaimId {
    type Target = Claim;

    fn deref(&self) -> &Claim {
        self.0
    }
}

impl fmt::Debug for ClaimId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id)
    }
}

impl fmt::Display for ClaimId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id)
    }
}

impl PartialEq for ClaimId {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for ClaimId {}

impl PartialOrd for ClaimId {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ClaimId {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.id.cmp(other.id)
    }
}

impl std::hash::Hash for ClaimId {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.id.hash(state);
    }
}

impl Serialize for ClaimId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id)
    }
}

#[cfg(test)]
mod tests;
