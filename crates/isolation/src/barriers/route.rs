//! The ways in through routes: to a tenant's function without its own token.

use tenantry_policy as policy;
use tenantry_policy::{Caller, CallerKind, Context, PolicySet, Request};
use tenantry_template::{Owner, Symbols, TenantIndex, Text};
use tenantry_verdict::Outcome;
use tenantry_verdict::claims::Barrier;
use tenantry_verdict::claims::route::{
    CACHED_DECISION, FUNCTION_URL, INTEGRATION, INVOKE, TENANT_CHECK,
};

use super::policies::{Policies, everything};
use super::{Removed, Scenario, ScenarioResult};
use crate::checks::route::{
    ApiSurface, Findings, Function, Url, UrlAuthorization, cached, guarded, invocation, misrouted,
    served,
};
use crate::explain;
use crate::facts::assets::account;
use crate::facts::routes::{Authorization, Integration, Route};
use crate::facts::{Facts, names};
use crate::findings::breach::{Act, Alias, More, Seen, Shown, Side, Thing};

const API_GATEWAY: &str = "apigateway.amazonaws.com";

/// The ways that a model has at all.
pub(super) fn ways<'w>(
    facts: &'w Facts<'_, '_>,
    doors: &'w ApiSurface,
    policies: &'w Policies<'_, '_>,
) -> Vec<Scenario<'w>> {
    let model = facts.reader.model;
    let of_tenant = |function: &&Function| matches!(function.owner, Owner::Tenant(_));
    let mut ways = Vec::new();
    if doors.routes.iter().any(|route| route.owner(model).is_some()) {
        ways.push(Scenario {
            claim: TENANT_CHECK,
            says: "somebody without a tenant's token calls a tenant's route",
            barriers: vec![Barrier::Authorizer],
            beside: Vec::new(),
            ask: Box::new(|removed| unguarded(facts, doors, removed)),
        });
    }
    if !doors.urls.is_empty() {
        ways.push(Scenario {
            claim: FUNCTION_URL,
            says: "anybody calls a tenant's function by its URL",
            barriers: vec![Barrier::UrlAuthorization, Barrier::InvokePermission],
            beside: Vec::new(),
            ask: Box::new(|removed| by_url(facts, doors, removed)),
        });
    }
    if !doors.decisions.is_empty() {
        let off = doors.decisions.iter().any(|decision| decision.kept == Some(false));
        ways.push(Scenario {
            claim: CACHED_DECISION,
            says: "what was decided for one caller counts for another",
            barriers: std::iter::once(Barrier::IdentitySource)
                .chain(off.then_some(Barrier::CacheTime))
                .collect(),
            beside: Vec::new(),
            ask: Box::new(|removed| reused(facts, doors, removed)),
        });
    }
    if doors.routes.iter().any(|route| route.named.is_some()) {
        ways.push(Scenario {
            claim: INTEGRATION,
            says: "a tenant's route lands in another tenant's function",
            barriers: vec![Barrier::Integration, Barrier::InvokePermission],
            beside: Vec::new(),
            ask: Box::new(|removed| landing(facts, doors, removed)),
        });
    }
    if doors.functions.iter().filter(of_tenant).any(|function| function.policy.is_some()) {
        ways.push(Scenario {
            claim: INVOKE,
            says: "an API of somebody else's account invokes a tenant's function",
            barriers: vec![Barrier::InvokePermission],
            beside: Vec::new(),
            ask: Box::new(|removed| foreign_api(facts, doors, removed)),
        });
    }
    if doors.functions.iter().any(|function| of_tenant(&function)) {
        let (barriers, beside) = policies.of_claim(INVOKE);
        ways.push(Scenario {
            claim: INVOKE,
            says: "another tenant's principal invokes a tenant's function",
            barriers,
            beside,
            ask: Box::new(|removed| {
                ScenarioResult::of(&policies.without(removed), |claim| *claim == INVOKE)
            }),
        });
    }
    ways
}

fn unguarded(facts: &Facts<'_, '_>, doors: &ApiSurface, removed: &Removed) -> ScenarioResult {
    let mut routes = doors.routes.clone();
    if removed.contains(&Barrier::Authorizer) {
        for route in &mut routes {
            // A mock answers everybody the same.
            if !matches!(route.lands, Integration::Nowhere) {
                route.guard = Authorization::NoAuthorizer(route.span);
            }
        }
    }
    let mut found = Findings::new();
    guarded(facts, &routes, &mut found);
    ScenarioResult::of(&explain::told(facts, found), |_| true)
}

fn reused(facts: &Facts<'_, '_>, doors: &ApiSurface, removed: &Removed) -> ScenarioResult {
    let mut decisions = doors.decisions.clone();
    for decision in &mut decisions {
        if removed.contains(&Barrier::IdentitySource) {
            decision.by_caller = Some(false);
        }
        if removed.contains(&Barrier::CacheTime) {
            decision.kept = Some(true);
        }
    }
    let mut found = Findings::new();
    cached(&decisions, &mut found);
    ScenarioResult::of(&explain::told(facts, found), |_| true)
}

/// Whether a request of one tenant's route can arrive in another tenant's function: it must be
/// sent there, and be let in there.
pub(super) fn landing(
    facts: &Facts<'_, '_>,
    doors: &ApiSurface,
    removed: &Removed,
) -> ScenarioResult {
    let model = facts.reader.model;
    let mut worst = ScenarioResult::closed();
    let arrives = |route: &Route, arn: &dyn Fn() -> policy::Text, to: &Function, span| {
        let Some(named) = route.named else { return ScenarioResult::closed() };
        let free = route.as_role || removed.contains(&Barrier::InvokePermission);
        let outcome = match free {
            true => Outcome::Breached,
            false => {
                let source = Some((arn(), account(model)));
                let_in(facts, doors, to, "lambda:InvokeFunction", &gateway(), source)
            }
        };
        let seen = Seen::WouldLandInAnothersFunction;
        let example = || {
            let shown = misrouted(route, (to.at, to.owner), named, seen, span);
            explain::counterexample(facts, INTEGRATION, &shown.into())
        };
        ScenarioResult::with(outcome, example)
    };
    for route in &doors.routes {
        let Integration::Function(at, span) = route.lands else { continue };
        if !is_anothers(model.resources[at].owner, route.named) {
            continue;
        }
        let Some(to) = doors.functions.iter().find(|to| to.at == at) else { continue };
        let arn = || invocation(facts, route);
        worst = worst.or(|| arrives(route, &arn, to, span));
    }
    if !removed.contains(&Barrier::Integration) {
        return worst;
    }
    let served = served(facts, &doors.routes);
    for to in &doors.functions {
        for each in served.iter().flatten().filter(|each| is_anothers(to.owner, each.route.named)) {
            worst = worst.or(|| arrives(each.route, &|| each.arn.clone(), to, each.route.span));
        }
    }
    worst
}

fn is_anothers(owner: Owner, named: Option<TenantIndex>) -> bool {
    matches!((owner, named), (Owner::Tenant(owner), Some(named)) if owner != named)
}

fn foreign_api(facts: &Facts<'_, '_>, doors: &ApiSurface, removed: &Removed) -> ScenarioResult {
    let model = facts.reader.model;
    let mut arn = policy::Text::from("arn:aws:execute-api:");
    arn.push(&names::text(model, &Text::symbol(Symbols::REGION)));
    arn.push_str(":<another account>:<an API there>/<stage>/GET/<path>");
    let source = (arn, policy::Text::from("<another account>"));
    let mut worst = ScenarioResult::closed();
    for function in doors.functions.iter().filter(|each| matches!(each.owner, Owner::Tenant(_))) {
        worst = worst.or(|| {
            let (action, source) = ("lambda:InvokeFunction", Some(source.clone()));
            let outcome = match removed.contains(&Barrier::InvokePermission) {
                true => Outcome::Breached,
                false => let_in(facts, doors, function, action, &gateway(), source),
            };
            let example = || {
                let shown = Shown {
                    barrier: Barrier::InvokePermission,
                    attacker: Side::Outside,
                    victim: function.owner.into(),
                    actor: function.at,
                    act: Act::Action(action),
                    on: Thing::Written(names::readable(model, &function.arn)),
                    seen: Seen::AnyApi,
                    span: facts.span(function.at),
                    more: More { alias: Some(Alias::ApiGateway), ..More::default() },
                };
                explain::counterexample(facts, INVOKE, &shown.into())
            };
            ScenarioResult::with(outcome, example)
        });
    }
    worst
}

/// A URL is called by whom it does not ask for a signature, or by any account's principal, if the
/// function's own policy lets that caller in.
fn by_url(facts: &Facts<'_, '_>, doors: &ApiSurface, removed: &Removed) -> ScenarioResult {
    let mut worst = ScenarioResult::closed();
    for url in &doors.urls {
        let caller = match (removed.contains(&Barrier::UrlAuthorization), url.auth) {
            (true, _) | (_, UrlAuthorization::Unsigned) => stranger(CallerKind::Anonymous, ""),
            (_, UrlAuthorization::Iam) => stranger(CallerKind::Root, "<another account>"),
            (_, UrlAuthorization::Unknown) => {
                worst = worst.or(|| ScenarioResult { outcome: Outcome::Undecided, example: None });
                continue;
            }
        };
        worst = worst.or(|| called(facts, doors, url, &caller, removed));
    }
    worst
}

fn called(
    facts: &Facts<'_, '_>,
    doors: &ApiSurface,
    url: &Url,
    caller: &Caller,
    removed: &Removed,
) -> ScenarioResult {
    let function = doors.functions.iter().find(|function| function.at == url.function);
    let outcome = match (removed.contains(&Barrier::InvokePermission), function) {
        (true, _) => Outcome::Breached,
        (false, None) => Outcome::Undecided,
        (false, Some(function)) => {
            let_in(facts, doors, function, "lambda:InvokeFunctionUrl", caller, None)
        }
    };
    ScenarioResult::with(outcome, || {
        explain::counterexample(facts, FUNCTION_URL, &url.called().into())
    })
}

/// Whether a function's own policy lets a caller in.
fn let_in(
    facts: &Facts<'_, '_>,
    doors: &ApiSurface,
    function: &Function,
    action: &str,
    caller: &Caller,
    source: Option<(policy::Text, policy::Text)>,
) -> Outcome {
    let mut set = PolicySet { resource: function.policy.as_deref(), ..PolicySet::default() };
    // Somebody's own account allows it everything.
    let every = matches!(caller.kind, CallerKind::Root).then(everything).flatten();
    set.identity.extend(every.as_ref());
    let auth = if matches!(caller.kind, CallerKind::Root) { "AWS_IAM" } else { "NONE" };
    let mut context = Context::hostile().having("lambda:FunctionUrlAuthType", auth);
    if let Some((arn, account)) = source {
        context = context.having("aws:SourceArn", arn).having("aws:SourceAccount", account);
    }
    let request = Request {
        caller: caller.clone(),
        action: action.to_owned(),
        resource: function.arn.clone(),
        resource_account: account(facts.reader.model),
        resource_tags: None,
        context,
    };
    match policy::find_witness(&request, &set) {
        Ok(Some(_)) => Outcome::Breached,
        Err(_) => Outcome::Undecided,
        // A permission that is not known may let it in.
        _ if !function.all_known || doors.stray_permission => Outcome::Undecided,
        Ok(None) => Outcome::Proven,
    }
}

fn gateway() -> Caller {
    Caller::service(API_GATEWAY)
}

fn stranger(kind: CallerKind, account: &str) -> Caller {
    Caller { kind, account: account.into(), tags: Vec::new() }
}
