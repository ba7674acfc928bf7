//! Routes before which a token or a signature is checked, and no function that compares the
//! route's tenant with the caller's.

use tenantry_policy as policy;
use tenantry_policy::{Context, Index};
use tenantry_template::{Owner, Span, TenantIndex};
use tenantry_verdict::claims::Barrier;

use super::route::TENANT_CHECK;
use super::{Findings, invocation};
use crate::facts::principals::{Principal, PrincipalId};
use crate::facts::routes::{Authorization, Route, Tokens};
use crate::facts::{Facts, assets};
use crate::findings::breach::{Act, Granted, More, Seen, Shown, Thing};
use crate::findings::unknown::{Then, Unknown};

/// Decides a tenant's route that a token opens.
pub(super) fn in_by_token(
    route: &Route,
    whose: Owner,
    tokens: Tokens,
    span: Span,
    found: &mut Findings,
) {
    // What a shared function does for whom is asked of the role that it runs as.
    let Owner::Tenant(tenant) = whose else { return };
    match tokens {
        Tokens::Of(own) if own == tenant => {}
        Tokens::Of(other) => {
            let shown = Shown {
                barrier: Barrier::Authorizer,
                attacker: other.into(),
                victim: whose.into(),
                actor: route.api,
                act: Act::Route(route.name.clone()),
                on: Thing::Written(route.path.clone()),
                seen: Seen::TokensOfThatTenant,
                span,
                more: More::default(),
            };
            found.breach(TENANT_CHECK, shown);
        }
        Tokens::Anybody => {
            let unknown = Unknown::TokenCompared { route: route.name.clone(), span };
            found.undecided(TENANT_CHECK, unknown);
        }
    }
}

/// Asks of each tenant's route that IAM guards which other tenants' principals may call it.
pub(super) fn asked(facts: &Facts<'_, '_>, routes: &[Route], found: &mut Findings) {
    let model = facts.reader.model;
    let mut theirs = routes.iter().filter_map(|route| match (route.guard, route.owner(model)) {
        (Authorization::Iam, Some(Owner::Tenant(tenant))) => Some((route, tenant)),
        _ => None,
    });
    let Some(first) = theirs.next() else { return };
    let callers = facts.principals.entries().filter(|(_, principal)| {
        matches!(principal.owner, Owner::Tenant(_)) && principal.names("execute-api")
    });
    let filed = callers.flat_map(|(at, each)| each.policies.iter().map(move |own| (at, own)));
    let index = Index::build(filed);
    for (route, tenant) in std::iter::once(first).chain(theirs) {
        let arn = invocation(facts, route);
        for group in index.candidates("execute-api", &arn) {
            for at in &group.owners {
                let principal = &facts.principals[*at];
                if principal.owner != Owner::Tenant(tenant) {
                    call(facts, (*at, principal), route, (tenant, &arn), found);
                }
            }
        }
    }
}

fn call(
    facts: &Facts<'_, '_>,
    (id, principal): (PrincipalId, &Principal),
    route: &Route,
    (tenant, arn): (TenantIndex, &policy::Text),
    found: &mut Findings,
) {
    let account = assets::account(facts.reader.model);
    match principal.may("execute-api:Invoke", arn.clone(), account, Context::hostile()) {
        Ok(None) => {}
        Ok(Some(way)) => {
            let (barrier, arn) = (Barrier::IdentityPolicy, arn.clone());
            let granted = Granted::on_arn(barrier, (id, principal), tenant, arn, way);
            found.record(TENANT_CHECK, principal.doubt(), granted);
        }
        Err(reasons) => {
            let then = Then::Calls { by: principal.at, route: route.name.clone() };
            for unknown in Unknown::each(reasons, then, principal.at) {
                found.undecided(TENANT_CHECK, unknown);
            }
        }
    }
}
