//! What the place of a breach shows.

use crate::findings::breach::{RoleGiven, Seen};

/// What is seen there.
pub(super) fn says(seen: Seen) -> &'static str {
    match seen {
        Seen::CodeTakenFromHere => "the next deployment takes the code from here",
        Seen::NothingTellsId => "nothing tells the function whose it is",
        Seen::AnotherIdIsTold => "the function is told another id",
        Seen::AnotherTenants => "this is another tenant's",
        Seen::FlowsHere => "it flows here",
        Seen::RuleOnDefaultBus => "a rule on the default bus leads here",
        Seen::FlowsOnUnfiltered => "it flows on here, and no filter tells tenants apart",
        Seen::NoOwnKey => "no key of the tenant's own encrypts this",
        Seen::AnotherTenantsKey => "this is another tenant's key",
        Seen::SharedKey => "this is a key that tenants share",
        Seen::NameAndKeyOfTwo => "this name is one tenant's, and the key is another's",
        Seen::FunctionWritesToGroup => "the function writes to this group",
        Seen::RoleGiven(by) => role_given(by),
        Seen::NoAuthorizer => "no authorizer stands before this method",
        Seen::ApiKeyOnly => "an API key says nothing of who calls",
        Seen::TokensOfThatTenant => "tokens of that tenant's own users open this route",
        Seen::LandsInAnothersFunction => {
            "the route lands in this function, which is not that tenant's"
        }
        Seen::WouldLandInAnothersFunction => "this route lands in another tenant's function",
        Seen::CallsAsAnothersRole => "the route calls as this role, which is not that tenant's",
        Seen::CallersNotToldApart => {
            "a decision is kept and reused for callers that this does not tell apart"
        }
        Seen::RoutesNotToldApart => "a yes for one route is kept and reused for every other route",
        Seen::AnybodyMayCall => "anybody on the internet may call this",
        Seen::SourceTakesInOthers => "the source ARN takes in another tenant's routes",
        Seen::AnyApiOfAccount => {
            "any API of the account may invoke it, another tenant's routes too"
        }
        Seen::AnyApi => "any API of any account may invoke it",
        Seen::WritableClaimMakesTag => {
            "users write this claim, and policies trust the tag that is made of it"
        }
        Seen::UsersWriteClaim => "this client's users may write the tenant's claim",
        Seen::ClaimSetAtSignUp => {
            "whoever signs up through this client writes the tenant's claim once"
        }
        Seen::AnyAudiencePasses => "tokens for any audience pass",
        Seen::AnyIssuerPasses => "tokens of any issuer pass",
        Seen::CallerChoosesTags => {
            "whoever starts this session chooses its tags, and policies trust them"
        }
        Seen::EnvironmentTaken => {
            "without its environment this function may be told another tenant's id"
        }
        Seen::RoleMayDoAnything => "its role may do anything",
        Seen::ChoiceOfRoleTaken => "without the choice of role this function may have another's",
    }
}

fn role_given(by: RoleGiven) -> &'static str {
    match by {
        RoleGiven::Group => "the users of this group get another tenant's role",
        RoleGiven::ToGuests => "whoever has not signed in gets this role",
        RoleGiven::ByDefault => "whoever signs in, and for whom no rule speaks, gets this role",
        RoleGiven::ByWritableClaim => "users write the claim on which this rule looks",
        RoleGiven::ByRule => "this rule takes in another tenant's users",
    }
}
