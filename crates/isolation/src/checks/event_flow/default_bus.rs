//! The default event bus of the account, which no template makes: whoever may put events there feeds
//! every rule on it.

use tenantry_policy::{Context, Witness};
use tenantry_template::{Owner, PartRef, Resource, ResourceId, Span, Value};
use tenantry_verdict::claims::Barrier;

use super::Findings;
use super::escalation::FEED;
use super::shared::{filters, tells};
use crate::facts::Facts;
use crate::facts::forms::Forms;
use crate::facts::principals::Principal;
use crate::findings::breach::{Act, More, Next, Seen, Shown, Step, Thing};

const BUS: &str = "arn:${Partition}:events:${Region}:${Account}:event-bus/default";
const PUTS: &str = "events:PutEvents";

/// Decides what of `escalation/feed` goes over the default bus.
pub(super) fn decide(facts: &Facts<'_, '_>, found: &mut Findings) {
    let model = facts.reader.model;
    let rules: Vec<&Resource<'_>> = model.of_kind("AWS::Events::Rule").collect();
    let rules = rules.into_iter().filter(|rule| listens(rule));
    let ends: Vec<_> = rules.flat_map(|rule| ends(facts, rule)).collect();
    if ends.is_empty() {
        return;
    }
    let writers: Vec<_> = writers(facts).collect();
    for (rule, target, taker) in ends {
        found.ask(FEED);
        let Owner::Tenant(tenant) = taker else { continue };
        if filters(rule).into_iter().any(|filter| tells(&facts.owners, filter, tenant)) {
            continue;
        }
        let other = writers.iter().find(|(principal, _)| principal.owner != taker);
        let Some((principal, way)) = other else { continue };
        let Owner::Tenant(giver) = principal.owner else { continue };
        let said = way.decision.statements.first();
        let place = said.and_then(|said| facts.reader.places.get(said.span));
        let what = Next::PutsEvents { by: principal.at, tenant: giver };
        let shown = Shown {
            barrier: Barrier::IdentityPolicy,
            attacker: giver.into(),
            victim: tenant.into(),
            actor: principal.at,
            act: Act::Action(PUTS),
            on: Thing::Resource(target.0),
            seen: Seen::RuleOnDefaultBus,
            span: target.1,
            more: More { step: Some(Step { what, span: place }), ..More::default() },
        };
        found.record(FEED, principal.doubt(), shown);
    }
}

/// The tenants' principals that may put events on the default bus.
fn writers<'f>(facts: &'f Facts<'_, '_>) -> impl Iterator<Item = (&'f Principal, Witness)> {
    let forms = Forms::of(facts.reader.model);
    let bus = forms.filled(BUS, None);
    let theirs = facts.principals.iter().filter(|each| matches!(each.owner, Owner::Tenant(_)));
    theirs.filter(|each| each.names("events")).filter_map(move |each| {
        let way = each.may(PUTS, bus.clone(), forms.account.clone(), Context::hostile());
        Some((each, way.ok()??))
    })
}

/// Whether a tenant may put events on the default bus.
pub(crate) fn any(facts: &Facts<'_, '_>) -> bool {
    writers(facts).next().is_some()
}

/// Whether a rule is one of the default bus and takes what is put there: what AWS's own services say
/// nobody can put, and a schedule listens to nothing.
/// <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsRequestEntry.html>
fn listens(rule: &Resource<'_>) -> bool {
    let bus = rule.properties.get("EventBusName").and_then(Value::to_text);
    let of_default = bus.is_none_or(|bus| match bus.parts().last() {
        Some(PartRef::Literal(name)) => name == "default" || name.ends_with("event-bus/default"),
        _ => false,
    });
    let pattern = rule.properties.get("EventPattern");
    let sources = pattern.and_then(|pattern| pattern.get("source")).map(Value::items);
    let of_aws = sources.is_some_and(|sources| {
        let is = |value: &Value<'_>| value.as_str().is_some_and(|name| name.starts_with("aws."));
        !sources.is_empty() && sources.iter().all(is)
    });
    let in_text = pattern.and_then(Value::as_str).is_some_and(of_aws_alone);
    of_default && pattern.is_some() && !of_aws && !in_text
}

/// The same of a pattern that is written as text.
fn of_aws_alone(pattern: &str) -> bool {
    let json: Option<serde_json::Value> = serde_json::from_str(pattern).ok();
    let sources = json.as_ref().and_then(|json| json.get("source")?.as_array());
    sources.is_some_and(|sources| {
        let is = |value: &serde_json::Value| value.as_str().is_some_and(|s| s.starts_with("aws."));
        !sources.is_empty() && sources.iter().all(is)
    })
}

type End<'f, 'a> = (&'f Resource<'a>, (ResourceId, Span), Owner);

/// The tenants' things to which a rule leads.
fn ends<'f, 'a>(facts: &'f Facts<'_, 'a>, rule: &'f Resource<'a>) -> Vec<End<'f, 'a>> {
    let mut targets = Vec::new();
    rule.properties.at_path_all(&["Targets", "Arn"], &mut targets);
    let ends = targets.into_iter().filter_map(|value| {
        let (at, owner) = facts.owners.of(value)?;
        matches!(owner, Owner::Tenant(_)).then_some((rule, (at, value.span), owner))
    });
    ends.collect()
}
