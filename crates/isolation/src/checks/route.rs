//! What an API lets through, to which function, and who else may invoke it.

pub(crate) mod cached_decision;
mod invoke;

use tenantry_template::{Model, Owner, Span};
use tenantry_verdict::claims::Barrier;
use tenantry_verdict::claims::route::{
    CACHED_DECISION, FUNCTION_URL, INTEGRATION, INVOKE, TENANT_CHECK,
};
use tenantry_verdict::{Party, Reason};

use super::identity::{Facts, Found};
use crate::facts::owners::{Owners, Shown};
use crate::facts::routes::read;

pub(crate) use cached_decision::{Decision, cached};
pub(crate) use invoke::{Auth, Function, Url, invocation, served};

/// All that this plane looks at.
#[derive(Clone)]
pub(crate) struct Doors {
    pub(crate) routes: Vec<Route>,
    pub(crate) decisions: Vec<Decision>,
    pub(crate) functions: Vec<Function>,
    pub(crate) urls: Vec<Url>,
    /// Whether it is not known of which function a permission is.
    pub(crate) stray_permission: bool,
}

/// One method of one path.
#[derive(Clone)]
pub(crate) struct Route {
    /// The API, an index of the model.
    pub(crate) api: usize,
    /// `GET /tenants/b/users`.
    pub(crate) name: String,
    pub(crate) method: String,
    pub(crate) path: String,
    /// The tenant that its path names, if it names one.
    pub(crate) named: Option<usize>,
    /// Where it lands: a function of the model, or what cannot be known.
    pub(crate) lands: Lands,
    /// Whether the API calls as a role of its own, which needs no permission of the function's.
    pub(crate) as_role: bool,
    pub(crate) guard: Guard,
    /// Where it is written.
    pub(crate) span: Span,
}

/// Where a route lands.
#[derive(Clone, Copy)]
pub(crate) enum Lands {
    /// In this function.
    Function(usize, Span),
    /// In nothing that runs code of a tenant: a mock.
    Nowhere,
    /// It is not known.
    Unknown(Span),
}

/// What stands before a route.
#[derive(Clone, Copy)]
pub(crate) enum Guard {
    /// An authorizer, or IAM.
    Checked,
    /// Nothing.
    Open(Span),
    /// An API key, which anybody may hold.
    KeyOnly(Span),
    /// It is not known.
    Unknown(Span),
}

/// Decides the claims of routes, and gives the routes.
pub(crate) fn decide<'a>(
    facts: &Facts<'_, 'a>,
    owners: &Owners<'_, 'a>,
    found: &mut Found,
) -> Vec<Route> {
    for claim in [TENANT_CHECK, FUNCTION_URL, CACHED_DECISION, INTEGRATION, INVOKE] {
        found.claim(claim);
    }
    let doors = read(facts, owners, found);
    integrations(facts, &doors.routes, found);
    guarded(facts, &doors.routes, found);
    cached(facts, &doors.decisions, found);
    invoke::urls(facts, &doors.urls, found);
    invoke::permissions(facts, &doors, found);
    doors.routes
}

/// Reads the APIs, the functions and their URLs.
pub(crate) fn read<'a>(facts: &Facts<'_, 'a>, owners: &Owners<'_, 'a>, found: &mut Found) -> Doors {
    let routes = read::routes(facts, owners, found);
    Doors {
        decisions: cached_decision::decisions(facts, &routes),
        routes,
        functions: invoke::functions(facts),
        urls: invoke::read_urls(facts, owners),
        stray_permission: false,
    }
}

impl Route {
    /// Whose it is: the tenant's that its path names, else that of the function in which it lands.
    pub(crate) fn owner(&self, model: &Model<'_>) -> Option<Owner> {
        self.named.map(Owner::Tenant).or_else(|| self.lands_with(model))
    }

    fn lands_with(&self, model: &Model<'_>) -> Option<Owner> {
        match self.lands {
            Lands::Function(at, _) => model.resources.get(at).map(|resource| resource.owner),
            _ => None,
        }
    }
}

/// Decides `route/tenant-check` of every route.
pub(crate) fn guarded(facts: &Facts<'_, '_>, routes: &[Route], found: &mut Found) {
    for route in routes {
        let Some(whose) = route.owner(facts.reader.model) else { continue };
        found.ask(TENANT_CHECK);
        let (says, span) = match route.guard {
            Guard::Checked => continue,
            Guard::Open(span) => ("no authorizer stands before this method", span),
            Guard::KeyOnly(span) => ("an API key says nothing of who calls", span),
            Guard::Unknown(span) => {
                found.undecided(TENANT_CHECK, unknown(facts, "this method's authorizer", span));
                continue;
            }
        };
        let shown = Shown {
            claim: TENANT_CHECK,
            barrier: Barrier::Authorizer,
            attacker: Owner::Shared,
            victim: whose,
            principal: route.api,
            action: &route.name,
            resource: route.path.clone(),
            says,
            span,
        };
        let mut example = shown.told(facts);
        example.attacker = Party::Outside;
        example.principal = "everyone".to_owned();
        found.claim(TENANT_CHECK).counterexamples.push(example);
    }
}

fn integrations(facts: &Facts<'_, '_>, routes: &[Route], found: &mut Found) {
    let model = facts.reader.model;
    for route in routes.iter().filter(|route| route.owner(model).is_some()) {
        found.ask(INTEGRATION);
        let (at, span) = match route.lands {
            Lands::Function(at, span) => (at, span),
            Lands::Nowhere => continue,
            Lands::Unknown(span) => {
                found.undecided(INTEGRATION, unknown(facts, "where this route lands", span));
                continue;
            }
        };
        let Some(named) = route.named else { continue };
        let lands = route.lands_with(model).filter(|owner| *owner != Owner::Tenant(named));
        let Some(lands) = lands else { continue };
        let says = "the route lands in this function, which is not that tenant's";
        let example = astray(route, (at, lands), named, says, span).told(facts);
        found.claim(INTEGRATION).counterexamples.push(example);
    }
}

/// A tenant's route that lands in a function of somebody else.
pub(crate) fn astray<'s>(
    route: &'s Route,
    (function, owner): (usize, Owner),
    named: usize,
    says: &'s str,
    span: Span,
) -> Shown<'s> {
    Shown {
        claim: INTEGRATION,
        barrier: Barrier::Integration,
        attacker: owner,
        victim: Owner::Tenant(named),
        principal: function,
        action: &route.name,
        resource: route.path.clone(),
        says,
        span,
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
