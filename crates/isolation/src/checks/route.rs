//! What an API lets through, to which function, and who else may invoke it.

pub(crate) mod cached_decision;
mod invoke;
mod listeners;
mod signed;

use tenantry_template::{Owner, ResourceId, Span, TenantIndex};
use tenantry_verdict::claims::Barrier;
use tenantry_verdict::{Party, Reason};

use self::route::{CACHED_DECISION, INTEGRATION, TENANT_CHECK};
use crate::check::Check;
use crate::claim_set::claim_set;
use crate::explain::breach::Breach;
use crate::facts::Facts;
use crate::facts::owners::Owners;
use crate::facts::routes::{Authorization, Integration, Route, unknown};

pub(crate) use cached_decision::{Decision, cached};
pub(crate) use invoke::{Function, Url, UrlAuthorization, invocation, served};

claim_set!(
    /// The claims of this check.
    pub(crate) Claims {
        route { TENANT_CHECK, FUNCTION_URL, CACHED_DECISION, INTEGRATION, INVOKE }
    }
);

pub(crate) type Findings = crate::findings::Findings<Claims>;

/// All that this plane looks at.
#[derive(Clone)]
pub(crate) struct ApiSurface {
    pub(crate) routes: Vec<Route>,
    pub(crate) decisions: Vec<Decision>,
    pub(crate) functions: Vec<Function>,
    pub(crate) urls: Vec<Url>,
    /// What of the APIs could not be read.
    pub(crate) unreadable: Vec<Reason>,
    /// Whether it is not known of which function a permission is.
    pub(crate) stray_permission: bool,
}

/// What APIs let through, to which functions, and who else may invoke them.
pub(crate) struct RouteCheck;

impl Check for RouteCheck {
    type Claims = Claims;

    fn run(&self, facts: &Facts<'_, '_>) -> Findings {
        let mut found = Findings::new();
        decide(facts, &facts.owners, &mut found);
        found
    }
}

/// Decides the claims of routes.
fn decide<'a>(facts: &Facts<'_, 'a>, owners: &Owners<'_, 'a>, found: &mut Findings) {
    let doors = read(facts, owners);
    for reason in &doors.unreadable {
        for claim in [TENANT_CHECK, INTEGRATION, CACHED_DECISION] {
            found.undecided(claim, reason.clone());
        }
    }
    integrations(facts, &doors.routes, found);
    guarded(facts, &doors.routes, found);
    listeners::decide(facts, found);
    cached(facts, &doors.decisions, found);
    invoke::urls(facts, &doors.urls, found);
    invoke::permissions(facts, &doors, found);
}

/// Reads the APIs, the functions and their URLs.
pub(crate) fn read<'a>(facts: &Facts<'_, 'a>, owners: &Owners<'_, 'a>) -> ApiSurface {
    let (routes, unreadable) = facts.routes().clone();
    ApiSurface {
        decisions: cached_decision::decisions(facts, &routes),
        routes,
        functions: invoke::functions(facts),
        urls: invoke::read_urls(facts, owners),
        unreadable,
        stray_permission: false,
    }
}

/// Decides `route/tenant-check` of every route.
pub(crate) fn guarded(facts: &Facts<'_, '_>, routes: &[Route], found: &mut Findings) {
    signed::asked(facts, routes, found);
    for route in routes {
        let Some(whose) = route.owner(facts.reader.model) else {
            nobodys(facts, route, found);
            continue;
        };
        found.ask(TENANT_CHECK);
        let (says, span) = match route.guard {
            Authorization::Checked | Authorization::Iam => continue,
            Authorization::SignedIn(tokens, span) => {
                signed::in_by_token(facts, route, whose, tokens, span, found);
                continue;
            }
            Authorization::NoAuthorizer(span) => ("no authorizer stands before this method", span),
            Authorization::KeyOnly(span) => ("an API key says nothing of who calls", span),
            Authorization::Unknown(span) => {
                found.undecided(TENANT_CHECK, unknown(facts, "this method's authorizer", span));
                continue;
            }
        };
        let shown = Breach {
            claim: *TENANT_CHECK,
            barrier: Barrier::Authorizer,
            attacker: Owner::Shared,
            victim: whose,
            principal: route.api,
            action: &route.name,
            resource: route.path.clone(),
            says,
            span,
        };
        let mut example = shown.counterexample(facts);
        example.attacker = Party::Outside;
        example.principal = "everyone".to_owned();
        found.breach(TENANT_CHECK, example);
    }
}

/// What of an open route lands in something that is not known, and so may be a tenant's.
fn nobodys(facts: &Facts<'_, '_>, route: &Route, found: &mut Findings) {
    let open = matches!(route.guard, Authorization::NoAuthorizer(_) | Authorization::KeyOnly(_));
    if let Integration::Unknown(span) = route.lands
        && open
    {
        let what = format!("whose it is in which the open route `{}` lands", route.name);
        found.undecided(TENANT_CHECK, unknown(facts, &what, span));
    }
}

fn integrations(facts: &Facts<'_, '_>, routes: &[Route], found: &mut Findings) {
    let model = facts.reader.model;
    for route in routes.iter().filter(|route| route.owner(model).is_some()) {
        found.ask(INTEGRATION);
        let (at, span) = match route.lands {
            Integration::Function(at, span) => (at, span),
            Integration::Nowhere => continue,
            Integration::Service(span) => {
                as_anothers_role(facts, route, span, found);
                continue;
            }
            Integration::Unknown(span) => {
                found.undecided(INTEGRATION, unknown(facts, "where this route lands", span));
                continue;
            }
        };
        let Some(named) = route.named else { continue };
        let lands = route.lands_with(model).filter(|owner| *owner != Owner::Tenant(named));
        let Some(lands) = lands else { continue };
        let says = "the route lands in this function, which is not that tenant's";
        let example = misrouted(route, (at, lands), named, says, span).counterexample(facts);
        found.breach(INTEGRATION, example);
    }
}

/// A tenant's route that calls a service as another tenant's role.
fn as_anothers_role(facts: &Facts<'_, '_>, route: &Route, span: Span, found: &mut Findings) {
    let model = facts.reader.model;
    let (Some(named), Some(role)) = (route.named, route.role) else { return };
    let owner = model.resources[role].owner;
    if let Owner::Tenant(other) = owner
        && other != named
    {
        let says = "the route calls as this role, which is not that tenant's";
        let example = misrouted(route, (role, owner), named, says, span).counterexample(facts);
        found.breach(INTEGRATION, example);
    }
}

/// A tenant's route that lands in a function of somebody else.
pub(crate) fn misrouted<'s>(
    route: &'s Route,
    (function, owner): (ResourceId, Owner),
    named: TenantIndex,
    says: &'s str,
    span: Span,
) -> Breach<'s> {
    Breach {
        claim: *INTEGRATION,
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
