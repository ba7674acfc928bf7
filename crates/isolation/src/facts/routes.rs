//! What an API lets through, and to which function.

mod authorization;
mod read;

use tenantry_template::{Model, Owner, ResourceId, Span, TenantIndex};
use tenantry_verdict::Reason;

use super::Facts;

pub(crate) use read::routes;

/// One method of one path.
#[derive(Clone)]
pub(crate) struct Route {
    /// The API.
    pub(crate) api: ResourceId,
    /// `GET /tenants/b/users`.
    pub(crate) name: String,
    pub(crate) method: String,
    pub(crate) path: String,
    /// The tenant that its path names, if it names one.
    pub(crate) named: Option<TenantIndex>,
    /// Where it lands: a function of the model, or what cannot be known.
    pub(crate) lands: Integration,
    /// Whether the API calls as a role of its own, which needs no permission of the function's.
    pub(crate) as_role: bool,
    /// That role, an index of the model, where a template here makes it.
    pub(crate) role: Option<ResourceId>,
    pub(crate) guard: Authorization,
    /// Where it is written.
    pub(crate) span: Span,
}

/// Where a route lands.
#[derive(Clone, Copy)]
pub(crate) enum Integration {
    /// In this function.
    Function(ResourceId, Span),
    /// In a service of AWS, which does what the request says as the route's role.
    /// <https://docs.aws.amazon.com/apigateway/latest/api/API_Integration.html>
    Service(Span),
    /// In nothing that runs code of a tenant: a mock.
    Nowhere,
    /// It is not known.
    Unknown(Span),
}

/// What stands before a route.
#[derive(Clone, Copy)]
pub(crate) enum Authorization {
    /// An authorizer that is a function: it is assumed to compare the tenants.
    Checked,
    /// A token of a user pool or another provider: it says that somebody signed in there, and
    /// nothing compares the token's tenant with the route's.
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-integrate-with-cognito.html>
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html>
    SignedIn(Tokens, Span),
    /// IAM: whoever is allowed `execute-api:Invoke`.
    Iam,
    /// Nothing.
    NoAuthorizer(Span),
    /// An API key, which anybody may hold.
    KeyOnly(Span),
    /// It is not known.
    Unknown(Span),
}

/// Whose users have the tokens that a route takes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Tokens {
    /// This tenant's: its own pool, or its own client of one.
    Of(TenantIndex),
    /// Several tenants', or it is not known whose.
    Anybody,
}

impl Route {
    /// Whose it is: the tenant's that its path names, else that of the function in which it lands,
    /// else that of the API or of the role as which it calls.
    pub(crate) fn owner(&self, model: &Model<'_>) -> Option<Owner> {
        let tenants = |at: ResourceId| {
            Some(model.resources[at].owner).filter(|owner| matches!(owner, Owner::Tenant(_)))
        };
        let serves = !matches!(self.lands, Integration::Nowhere);
        let apis = || Some(self.api).filter(|_| serves).and_then(tenants);
        let own = self.named.map(Owner::Tenant).or_else(|| self.lands_with(model));
        let theirs = own.filter(|owner| matches!(owner, Owner::Tenant(_)));
        theirs.or_else(apis).or_else(|| self.role.and_then(tenants)).or(own)
    }

    pub(crate) fn lands_with(&self, model: &Model<'_>) -> Option<Owner> {
        match self.lands {
            Integration::Function(at, _) => Some(model.resources[at].owner),
            _ => None,
        }
    }
}

/// Something about a route that cannot be known.
pub(crate) fn unknown(facts: &Facts<'_, '_>, what: &str, span: Span) -> Reason {
    Reason {
        unknown: what.to_owned(),
        matters: "a route may be open, or land elsewhere".to_owned(),
        help: "write it in the template, and give parameters their values".to_owned(),
        place: facts.reader.model.place(span),
    }
}
