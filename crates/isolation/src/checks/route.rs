//! What an API lets through, to which function, and who else may invoke it.

pub(crate) mod cached_decision;
mod invoke;
mod listeners;
mod signed;

use tenantry_template::{Owner, ResourceId, Span, TenantIndex};
use tenantry_verdict::Reason;
use tenantry_verdict::claims::Barrier;

use self::route::{CACHED_DECISION, INTEGRATION, TENANT_CHECK};
use crate::check::Check;
use crate::claim_set::claim_set;
use crate::facts::Facts;
use crate::facts::owners::Owners;
use crate::facts::routes::{Authorization, Integration, Route};
use crate::findings::breach::{Act, Alias, More, Seen, Shown, Side, Thing};
use crate::findings::unknown::{RouteUnknown, Unknown};

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
    cached(&doors.decisions, found);
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
            nobodys(route, found);
            continue;
        };
        found.ask(TENANT_CHECK);
        let (seen, span) = match route.guard {
            Authorization::Checked | Authorization::Iam => continue,
            Authorization::SignedIn(tokens, span) => {
                signed::in_by_token(route, whose, tokens, span, found);
                continue;
            }
            Authorization::NoAuthorizer(span) => (Seen::NoAuthorizer, span),
            Authorization::KeyOnly(span) => (Seen::ApiKeyOnly, span),
            Authorization::Unknown(span) => {
                let what = RouteUnknown::Authorizer;
                found.undecided(TENANT_CHECK, Unknown::Route { what, span });
                continue;
            }
        };
        let shown = Shown {
            barrier: Barrier::Authorizer,
            attacker: Side::Outside,
            victim: whose.into(),
            actor: route.api,
            act: Act::Route(route.name.clone()),
            on: Thing::Written(route.path.clone()),
            seen,
            span,
            more: More { alias: Some(Alias::Everyone), ..More::default() },
        };
        found.breach(TENANT_CHECK, shown);
    }
}

/// What of an open route lands in something that is not known, and so may be a tenant's.
fn nobodys(route: &Route, found: &mut Findings) {
    let open = matches!(route.guard, Authorization::NoAuthorizer(_) | Authorization::KeyOnly(_));
    if let Integration::Unknown(span) = route.lands
        && open
    {
        let what = RouteUnknown::OpenRouteLands(route.name.clone());
        found.undecided(TENANT_CHECK, Unknown::Route { what, span });
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
                let what = RouteUnknown::Integration;
                found.undecided(INTEGRATION, Unknown::Route { what, span });
                continue;
            }
        };
        let Some(named) = route.named else { continue };
        let lands = route.lands_with(model).filter(|owner| *owner != Owner::Tenant(named));
        let Some(lands) = lands else { continue };
        let seen = Seen::LandsInAnothersFunction;
        found.breach(INTEGRATION, misrouted(route, (at, lands), named, seen, span));
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
        let seen = Seen::CallsAsAnothersRole;
        found.breach(INTEGRATION, misrouted(route, (role, owner), named, seen, span));
    }
}

/// A tenant's route that lands in a function of somebody else.
pub(crate) fn misrouted(
    route: &Route,
    (function, owner): (ResourceId, Owner),
    named: TenantIndex,
    seen: Seen,
    span: Span,
) -> Shown {
    Shown {
        barrier: Barrier::Integration,
        attacker: owner.into(),
        victim: named.into(),
        actor: function,
        act: Act::Route(route.name.clone()),
        on: Thing::Written(route.path.clone()),
        seen,
        span,
        more: More::default(),
    }
}
