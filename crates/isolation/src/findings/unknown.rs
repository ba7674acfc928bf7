//! What is not known and leaves a claim undecided, as checks find it. No sentence stands here.

use tenantry_policy as policy;
use tenantry_reachability::Arrival;
use tenantry_template::{ResourceId, Span};
use tenantry_verdict::Reason;

use super::breach::{Controlled, Stranger};

/// Something that is not known and could matter.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Unknown {
    /// What could not be read, as it was told when it was read.
    Read(Box<Reason>),
    /// What a policy's answer hangs on, and what is possible if it is so.
    Hangs { on: policy::Reason, then: Then, at: ResourceId },
    /// What a principal has CodeDeploy deploy as a role.
    Deploys { deployer: ResourceId, action: &'static str, role: ResourceId },
    /// Which id a function is told.
    IdTold { value: Option<String>, function: ResourceId, span: Span },
    /// Whether a principal writes only its own tenant's into what a filter looks at.
    WritesOwnOnly { writer: ResourceId, source: ResourceId, end: ResourceId, span: Span },
    /// What a reference between owners means.
    Reference(Box<Reference>),
    /// Whether an ACL lets others in.
    Acl { resource: ResourceId, span: Span },
    /// Whom a statement for everybody lets in.
    StatementForEverybody { resource: ResourceId, path: String, span: Span },
    /// What comes of an action on what runs as a shared principal.
    StepOutcome { from: ResourceId, to: ResourceId, action: String, of: ResourceId },
    /// Who makes a shared principal act.
    WhoCalls { principal: ResourceId, how: Controlled, span: Option<Span> },
    /// Whether tenants can have a shared principal write policies.
    WritesPolicies { principal: ResourceId, action: &'static str, how: Controlled },
    /// The ARN of a resource; another tenant's principal is allowed actions that may be of it.
    Arn { resource: ResourceId, service: Option<&'static str>, allowed: ResourceId },
    /// Whose key encrypts a resource.
    WhoseKey { key: Option<String>, resource: ResourceId, span: Span },
    /// Which of two things has a name.
    NameOfTwo { first: ResourceId, second: ResourceId },
    /// Whose something is that no template makes.
    WhoseName { name: String, span: Span, granted: ResourceId, other: ResourceId, action: String },
    /// Whose items a principal writes.
    WhoseItems { writer: ResourceId, table: ResourceId },
    /// For which of the tenants that share stores a shared principal acts there.
    ForWhichTenant(ByCode),
    /// For which of them it starts sessions of a role that act there.
    SessionsForWhichTenant { role: ResourceId, by: ByCode },
    /// For which of them it acts on what no template here makes, by name.
    ForWhichTenantElsewhere { names: Vec<String>, by: ByCode },
    /// As whom something acts that tenants make act.
    AsWhom { runs: ResourceId, span: Span },
    /// Whose data lie in a shared store that lets somebody outside in.
    WhoseOpen { store: ResourceId, by: Stranger },
    /// Whose rows of a shared database are read.
    WhoseRows { database: ResourceId },
    /// Who is given a tenant's role.
    RoleGiven { what: RoleUnknown, span: Span },
    /// Something about a route.
    Route { what: RouteUnknown, span: Span },
    /// What holds a listener's caller to its own tenant.
    Listener { rule: ResourceId, span: Span },
    /// What compares a route's tenant with the token's.
    TokenCompared { route: String, span: Span },
    /// What comes of a tenant's action on a shared thing.
    OnShared {
        principal: ResourceId,
        /// How many more principals may do it.
        others: usize,
        action: String,
        asset: ResourceId,
        stake: Stake,
        /// Whether conditions may keep tenants apart.
        tied: bool,
    },
    /// What no list explains.
    Unexplained(Unexplained),
    /// Who decides to which tenant a user belongs.
    Token { what: TokenUnknown, span: Span },
    /// What an action does that no list has.
    Action { action: String, principal: ResourceId, asset: ResourceId },
    /// What a policy is attached to.
    Attachment { subject: Option<String>, resource: ResourceId, span: Span },
    /// Whose the end of a joint is.
    End { value: Option<String>, resource: ResourceId, stake: EndStake, span: Span },
    /// Whether a packet arrives.
    Packet(Box<Arrival>),
    /// Whether a convention is kept.
    Convention { part: Part, value: Option<String>, resource: ResourceId, span: Span },
}

/// Something that no list explains.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Unexplained {
    /// What comes of an action on something that is not the tenant's own, which nothing explains.
    Action {
        principal: ResourceId,
        action: String,
        /// Whether there is more that may be done.
        more: bool,
        of: ResourceId,
        /// Whether it is about this thing itself, which is shared, and not about whatever there is.
        itself: bool,
    },
    /// What a principal makes of the stack in which a thing is.
    Stack { principal: ResourceId, action: String, holds: ResourceId },
    /// What becomes of a resource of a type that no list has.
    Type {
        resource: ResourceId,
        /// How many more there are of the type.
        more: usize,
    },
    /// Whom a resource lets in by a property that names principals.
    Grantees { resource: ResourceId, path: String, span: Span },
    /// Whose things devices reach under a policy.
    Devices { policy: ResourceId, span: Span },
}

/// A shared principal whose code alone keeps tenants apart in stores that they share.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ByCode {
    pub(crate) principal: ResourceId,
    pub(crate) stores: Vec<ResourceId>,
    /// How tenants make it act.
    pub(crate) how: Controlled,
    pub(crate) span: Option<Span>,
}

/// What is possible if what a policy's answer hangs on is so.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Then {
    Does { by: ResourceId, action: String },
    DoesTo { by: ResourceId, action: String, asset: ResourceId },
    StrangerDoesTo { by: Stranger, action: String, asset: ResourceId },
    SteeredDoesTo { by: ResourceId, action: String, asset: ResourceId },
    ActingForTenantsDoes { by: ResourceId, action: String },
    ToOthersItems { by: ResourceId, action: String, table: ResourceId },
    FeedsAnother { by: ResourceId, action: String, asset: ResourceId },
    Aims { by: ResourceId, action: String, function: ResourceId },
    Becomes { from: ResourceId, action: String, to: ResourceId },
    Calls { by: ResourceId, route: String },
    WritesCode { by: ResourceId, store: String, runs: ResourceId },
}

/// A kind of reference between owners that nothing explains.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Reference {
    pub(crate) resource: ResourceId,
    pub(crate) path: String,
    /// What it speaks of.
    pub(crate) of: ResourceId,
    /// Whether it is given its value.
    pub(crate) told: bool,
    /// How many more there are of its kind.
    pub(crate) more: usize,
    pub(crate) span: Span,
}

/// Who is given a tenant's role.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum RoleUnknown {
    UsersOfGroup,
    /// On what a rule looks.
    Rule,
    /// Who writes a claim.
    Claim(String),
}

/// Something about a route that cannot be known.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum RouteUnknown {
    Authorizer,
    /// Whose it is in which an open route lands.
    OpenRouteLands(String),
    Integration,
    CacheTime,
    IdentitySource,
    UrlAuthorization,
    SourceArn(String),
}

/// Who decides to which tenant a user belongs.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum TokenUnknown {
    ClaimWriter(String),
    AttributeWriter(String),
    Issuer,
}

/// What an action on a shared thing is good for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Stake {
    RequestsRunTenantsCode,
    CallersOfFunction,
    ExecutionsDoAsTold,
    BuildRunsCommands,
    UsersOfPool,
    KeyOfAll,
    OutsideEncryptionContext,
    ReachOfStore,
    CopyOfTable,
    CopyOfBucket,
    Published,
    Messages,
    Records,
    Objects,
    Indexes,
    RootOfFileSystem,
    Queries,
    Events,
}

/// What hangs on whose the end of a joint is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum EndStake {
    Method,
    Route,
    FunctionUrl,
    EventSource,
    EventTarget,
    LogGroup,
    RoleOfGroup,
    RoleOfPool,
    Packets,
}

/// What of a convention cannot be known.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Part {
    Action,
    Name,
    NameEnd,
    Encrypted,
    Key,
    Retention,
    Deletable,
    Tags,
    Tag,
}

impl From<Reason> for Unknown {
    fn from(reason: Reason) -> Self {
        Self::Read(Box::new(reason))
    }
}

impl From<&Reason> for Unknown {
    fn from(reason: &Reason) -> Self {
        reason.clone().into()
    }
}

impl Unknown {
    /// What each of these hangs on.
    pub(crate) fn each(
        reasons: Vec<policy::Reason>,
        then: Then,
        at: ResourceId,
    ) -> impl Iterator<Item = Self> {
        reasons.into_iter().map(move |on| Self::Hangs { on, then: then.clone(), at })
    }
}
