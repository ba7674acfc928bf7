//! Who may invoke a function besides its own routes: by its permissions, and by its URL.

use std::collections::BTreeMap;
use std::sync::Arc;

use foldhash::{HashMap, HashMapExt as _};
use tenantry_policy::{
    Effect, Item, Match, Pattern, Policy, PolicyStatement, PrincipalKind, Style, Template, Text,
    lists,
};
use tenantry_template::{Owner, ResourceId, Span, Symbols, TenantIndex, Value};
use tenantry_verdict::claims::Barrier;

use super::route::{FUNCTION_URL, INVOKE};
use super::{ApiSurface, Findings};
use crate::facts::owners::Owners;
use crate::facts::policies::tied;
use crate::facts::routes::Route;
use crate::facts::{Facts, assets, names};
use crate::findings::breach::{Act, Alias, More, Seen, Shown, Side, Thing};
use crate::findings::unknown::{RouteUnknown, Unknown};

/// A function, and whom its own policy lets in.
#[derive(Clone)]
pub(crate) struct Function {
    pub(crate) at: ResourceId,
    pub(crate) owner: Owner,
    pub(crate) arn: Text,
    pub(crate) policy: Option<Arc<Policy>>,
    /// Whether nothing of its policy is hidden.
    pub(crate) all_known: bool,
}

/// The URL of a tenant's function.
#[derive(Clone)]
pub(crate) struct Url {
    pub(crate) function: ResourceId,
    pub(crate) owner: Owner,
    pub(crate) auth: UrlAuthorization,
    pub(crate) span: Span,
}

/// Whom a URL asks for a signature.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(crate) enum UrlAuthorization {
    /// Everybody.
    Iam,
    /// Nobody.
    Unsigned,
    /// It is not known.
    Unknown,
}

/// One route of a tenant, with the source ARN of its invocations.
pub(crate) struct TenantRoute<'r> {
    pub(crate) tenant: TenantIndex,
    pub(crate) route: &'r Route,
    pub(crate) arn: Text,
    written: String,
}

pub(super) fn functions(facts: &Facts<'_, '_>) -> Vec<Function> {
    let functions = facts.assets.iter().filter(|asset| &*asset.kind == "AWS::Lambda::Function");
    let function = |asset: &crate::facts::assets::Asset| Function {
        at: asset.at,
        owner: asset.owner,
        arn: asset.target.arn.clone(),
        policy: asset.policy.clone(),
        all_known: asset.unreadable_policy.is_none(),
    };
    functions.map(function).collect()
}

pub(super) fn read_urls<'a>(facts: &Facts<'_, 'a>, owners: &Owners<'_, 'a>) -> Vec<Url> {
    let mut found = Vec::new();
    for resource in facts.reader.model.of_kind("AWS::Lambda::Url") {
        let Some(target) = resource.properties.get("TargetFunctionArn") else { continue };
        let Some((function, owner @ Owner::Tenant(_))) = owners.of(target) else { continue };
        let auth = resource.properties.get("AuthType");
        let span = auth.map_or(resource.span, |value| value.span);
        let (auth, span) = match auth.and_then(Value::as_str) {
            Some("AWS_IAM") => (UrlAuthorization::Iam, span),
            Some(_) => (UrlAuthorization::Unsigned, span),
            None => (UrlAuthorization::Unknown, resource.span),
        };
        found.push(Url { function, owner, auth, span });
    }
    found
}

/// Decides `route/function-url`.
pub(super) fn urls(facts: &Facts<'_, '_>, urls: &[Url], found: &mut Findings) {
    for function in facts.reader.model.of_kind("AWS::Lambda::Function") {
        if let Owner::Tenant(_) = function.owner {
            found.ask(FUNCTION_URL);
        }
    }
    for url in urls {
        match url.auth {
            UrlAuthorization::Iam => {}
            UrlAuthorization::Unknown => {
                let (what, span) = (RouteUnknown::UrlAuthorization, url.span);
                found.undecided(FUNCTION_URL, Unknown::Route { what, span });
            }
            UrlAuthorization::Unsigned => found.breach(FUNCTION_URL, url.called()),
        }
    }
}

impl Url {
    /// Anybody's call.
    pub(crate) fn called(&self) -> Shown {
        Shown {
            barrier: Barrier::UrlAuthorization,
            attacker: Side::Outside,
            victim: self.owner.into(),
            actor: self.function,
            act: Act::Action("lambda:InvokeFunctionUrl"),
            on: Thing::Resource(self.function),
            seen: Seen::AnybodyMayCall,
            span: self.span,
            more: More { alias: Some(Alias::Everyone), ..More::default() },
        }
    }
}

/// For each API one route of each of three tenants, which stand for all that it serves.
pub(crate) fn served<'r>(facts: &Facts<'_, '_>, routes: &'r [Route]) -> Vec<Vec<TenantRoute<'r>>> {
    let model = facts.reader.model;
    let mut served: HashMap<ResourceId, BTreeMap<TenantIndex, &Route>> = HashMap::new();
    for route in routes {
        if let Some(Owner::Tenant(tenant)) = route.owner(model) {
            served.entry(route.api).or_default().entry(tenant).or_insert(route);
        }
    }
    let mut served: Vec<_> = served.into_iter().collect();
    served.sort_by_key(|(api, _)| *api);
    let of_api = |tenants: BTreeMap<TenantIndex, &'r Route>| {
        let some = tenants.into_iter().take(3);
        some.map(|(tenant, route)| {
            let arn = invocation(facts, route);
            let written = arn.to_string();
            TenantRoute { tenant, route, arn, written }
        })
        .collect()
    };
    served.into_iter().map(|(_, tenants)| of_api(tenants)).collect()
}

/// Decides the part of `route/invoke` that is about APIs: permissions that let an API's routes of
/// another tenant, or anything beyond them, invoke.
pub(super) fn permissions(facts: &Facts<'_, '_>, doors: &ApiSurface, found: &mut Findings) {
    let served = served(facts, &doors.routes);
    let account = assets::account(facts.reader.model);
    for function in &doors.functions {
        let Owner::Tenant(victim) = function.owner else { continue };
        found.ask(INVOKE);
        let statements = function.policy.iter().flat_map(|policy| &policy.statements);
        for statement in statements.filter(|statement| function.lets_apis_in(statement)) {
            let span = facts.reader.places.get(statement.span).unwrap_or(facts.span(function.at));
            let invoker = match Source::of(statement, &account) {
                Source::Anywhere => Some(Invoker::AnyApi),
                Source::Account => others(&served, victim).next().map(Invoker::OfAccount),
                Source::Arns(arns) => by_arns(facts, arns, &served, victim, span, found),
            };
            if let Some(invoker) = invoker {
                let shown = invoker.shown(facts, function, span);
                let asset = facts.assets.iter().find(|asset| asset.at == function.at);
                let open = asset.and_then(|asset| asset.doubt.as_deref());
                match (open.filter(|_| !function.all_known), invoker) {
                    // Where an API's routes lead is in the templates, so another tenant's route
                    // that may invoke the function, and leads elsewhere, does not.
                    (None, Invoker::BySource(_) | Invoker::OfAccount(_)) => {
                        found.weak(INVOKE, shown);
                    }
                    (open, _) => found.record(INVOKE, open, shown),
                }
            }
        }
    }
}

impl Function {
    /// Whether a statement of its policy lets API Gateway invoke it.
    fn lets_apis_in(&self, statement: &PolicyStatement) -> bool {
        let mut callers = statement.principals.iter().flat_map(|list| &list.items);
        let service = callers.any(|item| {
            item.kind == PrincipalKind::Service
                && item.text.as_str() == Some("apigateway.amazonaws.com")
        });
        // The same permissions stand beside a function's versions.
        let mut resources = statement.resources.iter().flat_map(|list| &list.items);
        let mut about = || {
            resources.any(|item| {
                let pattern = Pattern::read(item.template.source(), Style::Resource);
                pattern.matches(&self.arn) != Match::No
            })
        };
        let invokes = || lists(&statement.actions, "lambda:InvokeFunction");
        statement.effect == Effect::Allow && service && invokes() && about()
    }
}

/// For which APIs a permission is.
enum Source<'s> {
    /// For any of any account.
    Anywhere,
    /// For any of this account.
    Account,
    /// For those whose ARNs fit one of these.
    Arns(&'s [Item]),
}

impl<'s> Source<'s> {
    fn of(statement: &'s PolicyStatement, account: &Text) -> Self {
        let arns = statement
            .conditions
            .iter()
            .find(|test| test.key.eq_ignore_ascii_case("aws:SourceArn") && !test.operator.negated);
        match arns {
            Some(test) => Self::Arns(&test.values),
            None if tied(statement, account) => Self::Account,
            None => Self::Anywhere,
        }
    }
}

/// The routes that are served for other tenants.
fn others<'s, 'r>(
    served: &'s [Vec<TenantRoute<'r>>],
    victim: TenantIndex,
) -> impl Iterator<Item = &'s TenantRoute<'r>> {
    served.iter().flatten().filter(move |each| each.tenant != victim)
}

/// The last of the sources of a permission that takes in another tenant's route. What may take one
/// in is left open.
fn by_arns<'s, 'r>(
    facts: &Facts<'_, '_>,
    arns: &[Item],
    served: &'s [Vec<TenantRoute<'r>>],
    victim: TenantIndex,
    span: Span,
    found: &mut Findings,
) -> Option<Invoker<'s, 'r>> {
    let mut invoker = None;
    for item in arns {
        let source = item.template.source();
        let pattern = Pattern::read(source, Style::Arn);
        // Few ARNs begin as the pattern does; only those are compared.
        let start = source.to_string();
        let start = start.split(['*', '?']).next().unwrap_or_default();
        let through = others(served, victim).find(|each| {
            each.written.starts_with(start) && pattern.matches(&each.arn) == Match::Yes
        });
        if let Some(through) = through {
            invoker = Some(Invoker::BySource(through));
        } else if may_take_in(&item.template, &pattern, served, victim) {
            let readable = names::readable(facts.reader.model, source);
            let what = RouteUnknown::SourceArn(readable);
            found.undecided(INVOKE, Unknown::Route { what, span });
        }
    }
    invoker
}

/// Who else than its own routes may invoke a tenant's function.
enum Invoker<'s, 'r> {
    /// Another tenant's route, because the source's ARN takes it in.
    BySource(&'s TenantRoute<'r>),
    /// Another tenant's route, because every API of the account may.
    OfAccount(&'s TenantRoute<'r>),
    /// An API of anybody's.
    AnyApi,
}

impl Invoker<'_, '_> {
    fn shown(&self, facts: &Facts<'_, '_>, function: &Function, span: Span) -> Shown {
        let (route, seen) = match self {
            Self::BySource(route) => (Some(route), Seen::SourceTakesInOthers),
            Self::OfAccount(route) => (Some(route), Seen::AnyApiOfAccount),
            Self::AnyApi => (None, Seen::AnyApi),
        };
        let (attacker, alias) = match route {
            Some(route) => (route.tenant.into(), Alias::Route(route.route.name.clone())),
            None => (Side::Outside, Alias::ApiGateway),
        };
        Shown {
            barrier: Barrier::InvokePermission,
            attacker,
            victim: function.owner.into(),
            actor: function.at,
            act: Act::Action("lambda:InvokeFunction"),
            on: Thing::Written(names::readable(facts.reader.model, &function.arn)),
            seen,
            span,
            more: More { alias: Some(alias), ..More::default() },
        }
    }
}

/// Whether a source that is not all known may take in another tenant's route.
fn may_take_in(
    source: &Template,
    pattern: &Pattern,
    served: &[Vec<TenantRoute<'_>>],
    victim: TenantIndex,
) -> bool {
    others(served, victim).any(|each| {
        // What the region and the account are is not known either, but is the same in both.
        let strange = |symbol| !each.arn.symbols().any(|own| own == symbol);
        source.source().symbols().any(strange)
            && matches!(pattern.matches(&each.arn), Match::Depends(_))
    })
}

/// The name of an API's first stage.
fn stage(facts: &Facts<'_, '_>, api: ResourceId) -> String {
    let model = facts.reader.model;
    let reference = &model.resources[api].reference;
    let stage = model.of_kind("AWS::ApiGateway::Stage").find(|stage| {
        let of = stage.properties.get("RestApiId").and_then(Value::to_text);
        of.as_ref() == Some(reference)
    });
    let name = stage.and_then(|stage| stage.properties.get("StageName")?.as_str());
    name.unwrap_or("stage").to_owned()
}

/// The source ARN of a route's invocations.
pub(crate) fn invocation(facts: &Facts<'_, '_>, route: &Route) -> Text {
    let model = facts.reader.model;
    let stage = stage(facts, route.api);
    let pseudo = |symbol| names::text(model, &tenantry_template::Text::symbol(symbol));
    let mut arn = Text::from("arn:aws:execute-api:");
    arn.push(&pseudo(Symbols::REGION));
    arn.push_str(":");
    arn.push(&crate::facts::assets::account(model));
    arn.push_str(":");
    arn.push(&names::text(model, &model.resources[route.api].reference));
    arn.push_str(&format!("/{stage}/{}{}", route.method, route.path));
    arn
}
