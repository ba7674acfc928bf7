//! Ways through as checks find them: who, what, on what, by what. No sentence stands here.

use std::sync::Arc;

use tenantry_policy::{Policy, Text, Witness};
use tenantry_reachability::Arrival;
use tenantry_template::{Owner, ResourceId, Span, TenantIndex};
use tenantry_verdict::claims::Barrier;

use crate::facts::assets::Asset;
use crate::facts::principals::{Principal, PrincipalId};

/// A way through.
#[derive(Clone, Debug)]
pub(crate) enum Breach {
    /// One place of a template shows it.
    Shown(Box<Shown>),
    /// Policies allow a request.
    Granted(Box<Granted>),
    /// Packets arrive.
    Packets(Packets),
    /// A convention does not hold.
    Unkept(Box<Unkept>),
}

/// Who somebody is, as far as the claims care.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Side {
    Owner(Owner),
    AnyOtherTenant,
    /// Outside the account, or on the internet.
    Outside,
}

/// Of how many pairs of tenants a breach is one.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Pairs {
    #[default]
    One,
    /// Of one tenant with each of the others.
    AllOthers,
}

/// A breach that one place shows.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    pub(crate) barrier: Barrier,
    pub(crate) attacker: Side,
    pub(crate) victim: Side,
    /// Who acts.
    pub(crate) actor: ResourceId,
    pub(crate) act: Act,
    /// What is reached.
    pub(crate) on: Thing,
    pub(crate) seen: Seen,
    pub(crate) span: Span,
    pub(crate) more: More,
}

/// What few breaches say besides.
#[derive(Clone, Debug, Default)]
pub(crate) struct More {
    /// Who acts, where it is not the resource itself.
    pub(crate) alias: Option<Alias>,
    pub(crate) step: Option<Step>,
    pub(crate) pairs: Pairs,
}

/// Who acts by a resource.
#[derive(Clone, Debug)]
pub(crate) enum Alias {
    Everyone,
    ApiGateway,
    /// A route, by its name.
    Route(String),
    Resource(ResourceId),
}

/// What is done.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    HoldsCode,
    ServesAs,
    IsGiven,
    Reads,
    Feeds,
    IsEncryptedWith,
    Gives,
    ReusesDecision,
    Accepts,
    Writes,
    /// An action of IAM.
    Action(&'static str),
    /// A call of a route, by its name.
    Route(String),
}

/// What something is done to.
#[derive(Clone, Debug)]
pub(crate) enum Thing {
    Resource(ResourceId),
    /// As it is written, with symbols as `<Name>`.
    Written(String),
    Tenant(TenantIndex),
    NoTenant,
    NoKey,
    AnyAudience,
    AnyIssuersToken,
}

/// What is seen at the place of a breach.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Seen {
    CodeTakenFromHere,
    NothingTellsId,
    AnotherIdIsTold,
    AnotherTenants,
    FlowsHere,
    FlowsOnUnfiltered,
    RuleOnDefaultBus,
    NoOwnKey,
    AnotherTenantsKey,
    SharedKey,
    NameAndKeyOfTwo,
    FunctionWritesToGroup,
    RoleGiven(RoleGiven),
    NoAuthorizer,
    ApiKeyOnly,
    TokensOfThatTenant,
    LandsInAnothersFunction,
    /// The same where a barrier is taken away.
    WouldLandInAnothersFunction,
    CallsAsAnothersRole,
    CallersNotToldApart,
    RoutesNotToldApart,
    AnybodyMayCall,
    SourceTakesInOthers,
    AnyApiOfAccount,
    AnyApi,
    WritableClaimMakesTag,
    UsersWriteClaim,
    ClaimSetAtSignUp,
    AnyAudiencePasses,
    AnyIssuerPasses,
    CallerChoosesTags,
    EnvironmentTaken,
    RoleMayDoAnything,
    ChoiceOfRoleTaken,
}

/// By what a pool gives a tenant's role to somebody else.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum RoleGiven {
    Group,
    ToGuests,
    ByDefault,
    ByWritableClaim,
    ByRule,
}

/// A request that policies allow.
#[derive(Clone, Debug)]
pub(crate) struct Granted {
    pub(crate) barrier: Barrier,
    pub(crate) attacker: Side,
    pub(crate) victim: Side,
    pub(crate) by: Requester,
    pub(crate) on: On,
    pub(crate) witness: Witness,
    pub(crate) advice: Advice,
    pub(crate) steps: Vec<Step>,
    pub(crate) pairs: Pairs,
    /// How many more actions are allowed alike.
    pub(crate) more_actions: usize,
    /// Whether it is told together with others of its principal by the same statements.
    pub(crate) joins: bool,
}

/// Who makes a request.
#[derive(Clone, Debug)]
pub(crate) enum Requester {
    Principal(PrincipalId),
    /// Somebody outside the account.
    Stranger(Stranger),
    /// A user of an identity provider, and what its token says, for people.
    UserOf {
        provider: Text,
        says: String,
    },
}

/// Somebody outside the account.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Stranger {
    Everyone,
    Account(Text),
    /// A service, a user, an identity provider.
    Named(Text),
}

/// What a request is for.
#[derive(Clone, Debug)]
pub(crate) enum On {
    Arn(Text),
    Asset { at: ResourceId, arn: Text, policy: Option<Arc<Policy>> },
}

/// What to write instead.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Advice {
    /// What the claim says.
    Claim,
    /// By which statements let it through.
    Statements,
    /// In a trust policy that takes tokens.
    Trust,
    /// In a policy of a role that users of several tenants share.
    CallersOwn,
}

/// A step that a way takes besides.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) what: Next,
    pub(crate) span: Option<Span>,
}

/// What happens in a step.
#[derive(Clone, Debug)]
pub(crate) enum Next {
    /// This takes its code from there.
    CodeTaken(ResourceId),
    /// This function takes calls from the source.
    SourceAimed(ResourceId),
    /// Something of a tenant's writes to what tenants share.
    WritesToShared { by: ResourceId, tenant: TenantIndex },
    /// A tenant's principal puts events on the default bus.
    PutsEvents { by: ResourceId, tenant: TenantIndex },
    /// A user of a tenant puts there what is asked for, by this action.
    PutsThere { tenant: TenantIndex, action: &'static str },
    /// A tenant makes a shared principal act.
    Acts(Controlled),
}

/// How a tenant gets a shared principal to act.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Controlled {
    /// By something that leads there, for people.
    Door(String),
    CodeRunsAsIt,
    CanBecomeIt,
    MayBecomeIt,
    UsersActAsIt,
    TrustTakesTokens,
    /// This acts for tenants, and can become it.
    BecomesIt(ResourceId),
    FedByTenants,
    /// This acts for tenants, and writes what is fed to its function.
    FedBy(ResourceId),
}

/// A packet that arrives, with how many others like it do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Packets {
    pub(crate) first: Arrival,
    pub(crate) others: Option<OtherSenders>,
}

/// More senders than are told one by one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OtherSenders {
    /// How many, the first one left out.
    pub(crate) count: usize,
    /// How many tenants have them all.
    pub(crate) owners: usize,
}

/// A convention that a resource does not keep.
#[derive(Clone, Debug)]
pub(crate) struct Unkept {
    pub(crate) resource: ResourceId,
    pub(crate) fault: Fault,
    pub(crate) span: Span,
}

/// How a convention is not kept.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    AllActionsBut,
    Allows(String),
    NamedWithout { name: String, suffix: String },
    NotSet(&'static [&'static str]),
    Without(&'static [&'static str]),
    NoTag(String),
    KeptForEver,
    KeptFor { days: String, wanted: u32 },
    Outlives { attribute: &'static str, policy: String },
    SnapshotByDefault,
    Protected(&'static str),
}

impl From<Owner> for Side {
    fn from(owner: Owner) -> Self {
        Self::Owner(owner)
    }
}

impl From<TenantIndex> for Side {
    fn from(tenant: TenantIndex) -> Self {
        Self::Owner(Owner::Tenant(tenant))
    }
}

impl From<Shown> for Breach {
    fn from(shown: Shown) -> Self {
        Self::Shown(Box::new(shown))
    }
}

impl From<Granted> for Breach {
    fn from(granted: Granted) -> Self {
        Self::Granted(Box::new(granted))
    }
}

impl From<Packets> for Breach {
    fn from(packets: Packets) -> Self {
        Self::Packets(packets)
    }
}

impl From<Unkept> for Breach {
    fn from(unkept: Unkept) -> Self {
        Self::Unkept(Box::new(unkept))
    }
}

impl Granted {
    /// What a principal may do to an asset.
    pub(crate) fn on_asset(
        barrier: Barrier,
        (id, principal): (PrincipalId, &Principal),
        asset: &Asset,
        witness: &Witness,
    ) -> Self {
        Self {
            barrier,
            attacker: principal.owner.into(),
            victim: asset.owner.into(),
            by: Requester::Principal(id),
            on: asset.into(),
            witness: witness.clone(),
            advice: Advice::Statements,
            steps: Vec::new(),
            pairs: Pairs::One,
            more_actions: 0,
            joins: false,
        }
    }

    /// What a principal may do to whatever has an ARN.
    pub(crate) fn on_arn(
        barrier: Barrier,
        (id, principal): (PrincipalId, &Principal),
        victim: impl Into<Side>,
        arn: Text,
        witness: Witness,
    ) -> Self {
        Self {
            barrier,
            attacker: principal.owner.into(),
            victim: victim.into(),
            by: Requester::Principal(id),
            on: On::Arn(arn),
            witness,
            advice: Advice::Claim,
            steps: Vec::new(),
            pairs: Pairs::One,
            more_actions: 0,
            joins: false,
        }
    }
}

impl From<&Asset> for On {
    fn from(asset: &Asset) -> Self {
        Self::Asset { at: asset.at, arn: asset.target.arn.clone(), policy: asset.policy.clone() }
    }
}
