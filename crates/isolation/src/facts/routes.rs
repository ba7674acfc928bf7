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
    pub(crate) guard: Authorization,
    /// Where it is written.
    pub(crate) span: Span,
}

/// Where a route lands.
#[derive(Clone, Copy)]
pub(crate) enum Integration {
    /// In this function.
    Function(ResourceId, Span),
    /// In nothing that runs code of a tenant: a mock.
    Nowhere,
    /// It is not known.
    Unknown(Span),
}

/// What stands before a route.
#[derive(Clone, Copy)]
pub(crate) enum Authorization {
    /// An authorizer, or IAM.
    Checked,
    /// Nothing.
    NoAuthorizer(Span),
    /// An API key, which anybody may hold.
    KeyOnly(Span),
    /// It is not known.
    Unknown(Span),
}

impl Route {
    /// Whose it is: the tenant's that its path names, else that of the function in which it lands.
    pub(crate) fn owner(&self, model: &Model<'_>) -> Option<Owner> {
        self.named.map(Owner::Tenant).or_else(|| self.lands_with(model))
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
