//! Routes before which a token or a signature is checked, and no function that compares the
//! route's tenant with the caller's.

use tenantry_policy as policy;
use tenantry_policy::{Context, Index};
use tenantry_template::{Owner, Span, TenantIndex};
use tenantry_verdict::Reason;
use tenantry_verdict::claims::Barrier;

use super::route::TENANT_CHECK;
use super::{Findings, invocation};
use crate::explain;
use crate::explain::breach::Breach;
use crate::facts::principals::Principal;
use crate::facts::routes::{Authorization, Route, Tokens};
use crate::facts::{Facts, assets, reasons};

/// Decides a tenant's route that a token opens.
pub(super) fn in_by_token(
    facts: &Facts<'_, '_>,
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
            let shown = Breach {
                claim: *TENANT_CHECK,
                barrier: Barrier::Authorizer,
                attacker: Owner::Tenant(other),
                victim: whose,
                principal: route.api,
                action: &route.name,
                resource: route.path.clone(),
                says: "tokens of that tenant's own users open this route",
                span,
            };
            found.breach(TENANT_CHECK, shown.counterexample(facts));
        }
        Tokens::Anybody => {
            let reason = Reason {
                unknown: format!(
                    "what compares the tenant of `{}` with the one in the caller's token",
                    route.name
                ),
                matters:
                    "the authorizer takes the token of every tenant's users, and says no more \
                          than that one of them signed in"
                        .to_owned(),
                help:
                    "use an authorizer function that compares them, or give each tenant a pool or \
                       a client of its own"
                        .to_owned(),
                place: facts.reader.model.place(span),
            };
            found.undecided(TENANT_CHECK, reason);
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
                    call(facts, principal, route, (tenant, &arn), found);
                }
            }
        }
    }
}

fn call(
    facts: &Facts<'_, '_>,
    principal: &Principal,
    route: &Route,
    (tenant, arn): (TenantIndex, &policy::Text),
    found: &mut Findings,
) {
    let account = assets::account(facts.reader.model);
    match principal.may("execute-api:Invoke", arn.clone(), account, Context::hostile()) {
        Ok(None) => {}
        Ok(Some(way)) => {
            let attacker = reasons::party(facts, principal.owner);
            let victim = reasons::party(facts, Owner::Tenant(tenant));
            let mut example = tenantry_verdict::Counterexample::new(
                *TENANT_CHECK,
                attacker,
                victim,
                Barrier::IdentityPolicy,
            );
            example.principal = facts.path(principal.at);
            explain::fill_request_on(facts, &way, arn, Some(principal), None, &mut example);
            TENANT_CHECK.fix.clone_into(&mut example.fix);
            found.record(TENANT_CHECK, principal.doubt(), example);
        }
        Err(reasons) => {
            let matters = format!(
                "`{}` may then call `{}`, which is another tenant's",
                facts.path(principal.at),
                route.name
            );
            for reason in &reasons {
                let reason = reasons::reason(facts, reason, &matters, principal.at);
                found.undecided(TENANT_CHECK, reason);
            }
        }
    }
}
