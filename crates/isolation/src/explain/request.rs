//! A request that policies allow: who, what, on what, by which statements.

use tenantry_policy as policy;
use tenantry_policy::{Effect, Source};
use tenantry_template::Model;
use tenantry_verdict::claims::ClaimId;
use tenantry_verdict::{ContextKey, Counterexample, Evidence, Notice, SetBy};

use super::shown::{construct, step};
use super::{pairs, party, spot};
use crate::facts::principals::{Principal, PrincipalId};
use crate::facts::users::ClaimSource;
use crate::facts::{Facts, names};
use crate::findings::breach::{Advice, Granted, On, Requester, Stranger};

/// A request that policies allow, in words.
pub(super) fn counterexample(
    facts: &Facts<'_, '_>,
    claim: ClaimId,
    granted: &Granted,
) -> Counterexample {
    let (attacker, victim) = (party(facts, granted.attacker), party(facts, granted.victim));
    let mut example = Counterexample::new(claim, attacker, victim, granted.barrier);
    example.principal = match &granted.by {
        Requester::Principal(at) => facts.path(facts.principals[*at].at),
        Requester::Stranger(who) => stranger(facts, who),
        Requester::UserOf { provider, .. } => {
            format!("a user of {}", names::readable(facts.reader.model, provider))
        }
    };
    let principal = match &granted.by {
        Requester::Principal(at) => Some(&facts.principals[*at]),
        Requester::Stranger(_) | Requester::UserOf { .. } => None,
    };
    let by_statements = fill_request(facts, granted, principal, &mut example);
    if let (Some(principal), On::Asset { at, .. }) = (principal, &granted.on) {
        let both = [principal.at, *at].into_iter();
        example.constructs.extend(both.filter_map(|at| construct(facts, at)));
        example.context.extend(session_tags(facts, principal));
    }
    if let Requester::UserOf { says, .. } = &granted.by {
        example.when.push(says.clone());
        // The provider signs what its tokens say.
        example.context.iter_mut().for_each(|key| key.set_by = SetBy::Aws);
    }
    if granted.more_actions > 0 {
        example.when.push(format!("so for {} more actions", granted.more_actions));
    }
    example.steps.extend(granted.steps.iter().map(|each| step(facts, each)));
    example.pairs = pairs(facts, granted.pairs);
    example.fix = match granted.advice {
        Advice::Claim => claim.fix,
        Advice::Statements => by_statements,
        Advice::CallersOwn => {
            "tie the statement to the caller's own: an ARN with `${aws:PrincipalTag/KEY}` and a mark \
             behind it, or a store a tenant"
        }
        Advice::Trust => {
            "in the trust policy, name the tenant's own pool or audience, the subjects that are \
             the tenant's alone, and ask that they have signed in"
        }
    }
    .to_owned();
    example
}

/// What to say of a principal that acts on several tenants' assets and that none can steer.
pub(super) fn beyond_reach(facts: &Facts<'_, '_>, principal: PrincipalId) -> Notice {
    let at = facts.principals[principal].at;
    Notice {
        what: format!(
            "`{}` may act on the assets of several tenants, and no tenant can reach it",
            facts.path(at)
        ),
        help: Some("keep it to what it needs, and to people who sign in with MFA".into()),
        place: facts.reader.model.place(facts.span(at)),
    }
}

/// Somebody outside the account.
pub(super) fn stranger(facts: &Facts<'_, '_>, who: &Stranger) -> String {
    let readable = |text| names::readable(facts.reader.model, text);
    match who {
        Stranger::Everyone => "everyone".to_owned(),
        Stranger::Named(name) => readable(name),
        Stranger::Account(account) => format!("account {}", readable(account)),
    }
}

/// The tags that an identity pool sets on a principal's sessions.
fn session_tags(facts: &Facts<'_, '_>, principal: &Principal) -> Vec<ContextKey> {
    let key = |mapped: &crate::facts::users::Mapped| {
        let tags = &principal.caller.tags;
        let value = tags.iter().find(|(tag, _)| *tag == mapped.tag).map(|(_, value)| value);
        ContextKey {
            key: format!("aws:PrincipalTag/{}", mapped.tag),
            value: value
                .map(|value| names::readable(facts.reader.model, value))
                .unwrap_or_default(),
            set_by: match mapped.says {
                ClaimSource::UserWritable => SetBy::Caller,
                ClaimSource::Tenant
                | ClaimSource::User
                | ClaimSource::Alike
                | ClaimSource::Unknown => SetBy::Aws,
            },
        }
    };
    facts.users.tags_of(principal).map(key).collect()
}

/// Fills in what is asked of what, the context and the statements; gives what to write instead.
fn fill_request(
    facts: &Facts<'_, '_>,
    granted: &Granted,
    principal: Option<&Principal>,
    example: &mut Counterexample,
) -> &'static str {
    let model = facts.reader.model;
    let way = &granted.witness;
    let (arn, asset, policy) = match &granted.on {
        On::Arn(arn) => (arn, None, None),
        On::Asset { at, arn, policy } => (arn, Some(*at), policy.as_deref()),
    };
    example.action.clone_from(&way.request.action);
    example.resource = names::readable(model, arn);
    example.context.extend(context(model, &way.request.context));
    let mut wide = false;
    for said in &way.decision.statements {
        let statement = spot::statement(said, principal, policy);
        let spot = statement.map(|statement| spot::spot(said, statement, arn));
        let spot = spot.and_then(|spot| facts.reader.places.get(spot));
        if let Some(statement) = statement.filter(|_| said.effect == Effect::Allow) {
            let readable = |text: &policy::Text| names::readable(model, text);
            example.conditions.extend(spot::conditions(statement, readable));
        }
        // What no template says, such as a policy put in a removed one's place, has no place, and
        // nor have its parts.
        let Some(whole) = facts.reader.places.get(said.span) else { continue };
        let Some(place) = model.place(spot.unwrap_or(whole)) else { continue };
        let allows = said.effect == Effect::Allow;
        wide |= matches!(said.source, Source::Identity(_)) && allows;
        let whose = whose(&said.source);
        let says = match allows {
            true => format!("{whose} allows it"),
            false => format!("{whose} denies it, but the caller chooses what it looks at"),
        };
        example.evidence.push(Evidence { says, allows, place });
    }
    if let Some(place) = asset.and_then(|at| model.place(facts.span(at))) {
        let says = "nothing here denies it".to_owned();
        example.evidence.push(Evidence { says, allows: false, place });
    }
    example.conditions.sort();
    example.conditions.dedup();
    match wide {
        true => "name exact ARNs of the tenant's own assets, and listed actions",
        false => "name the tenant's own role in the resource's policy, and nobody else",
    }
}

/// The context of a request, with who decides each value.
fn context(model: &Model<'_>, context: &policy::Context) -> Vec<ContextKey> {
    let key = |(key, value): (&str, &policy::Value)| {
        let policy::Value::Present(values) = value else { return None };
        let values: Vec<_> = values.iter().map(|text| names::readable(model, text)).collect();
        let set_by = match policy::key_fact(key).setter {
            policy::Setter::Caller => SetBy::Caller,
            _ => SetBy::Aws,
        };
        Some(ContextKey { key: key.to_owned(), value: values.join(", "), set_by })
    };
    context.entries().filter_map(key).collect()
}

fn whose(source: &Source) -> &'static str {
    match source {
        Source::Identity(_) => "the principal's policy",
        Source::Boundary => "the permissions boundary",
        Source::Session(_) => "the session policy",
        Source::Resource => "the resource's policy",
        Source::Grant(_) => "a grant",
        Source::Organization(_) => "the organization's policy",
        Source::Endpoint => "the endpoint's policy",
    }
}
