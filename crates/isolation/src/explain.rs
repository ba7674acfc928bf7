//! Tells a way through: who, what, on what, by which statements.

pub(crate) mod breach;
pub(crate) mod rank;
mod spot;

use tenantry_policy as policy;
use tenantry_policy::{Effect, Source, Witness};
use tenantry_template::ResourceId;
use tenantry_verdict::claims::{Barrier, ClaimId};
use tenantry_verdict::{ContextKey, Counterexample, Evidence, SetBy};

use super::facts::assets::Asset;
use super::facts::principals::Principal;
use super::facts::users::ClaimSource;
use super::facts::{Facts, names};
use crate::facts::reasons::party;

/// A principal's way to an asset, against a claim.
pub(crate) fn counterexample(
    facts: &Facts<'_, '_>,
    claim: ClaimId,
    barrier: Barrier,
    principal: &Principal,
    asset: &Asset,
    way: &Witness,
) -> Counterexample {
    let (attacker, victim) = (party(facts, principal.owner), party(facts, asset.owner));
    let mut example = Counterexample::new(claim, attacker, victim, barrier);
    example.principal = facts.path(principal.at);
    fill_request(facts, way, Some(principal), asset, &mut example);
    example
        .constructs
        .extend([principal.at, asset.at].into_iter().filter_map(|at| construct(facts, at)));
    for mapped in facts.users.tags_of(principal) {
        let tags = &principal.caller.tags;
        let value = tags.iter().find(|(tag, _)| *tag == mapped.tag).map(|(_, value)| value);
        example.context.push(ContextKey {
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
        });
    }
    example
}

/// The construct of the AWS CDK that wrote a resource, as the CDK notes it in the template.
/// <https://docs.aws.amazon.com/cdk/v2/guide/identifiers.html>
pub(crate) fn construct(facts: &Facts<'_, '_>, at: ResourceId) -> Option<String> {
    let resource = &facts.reader.model.resources[at];
    resource.metadata.as_ref()?.get("aws:cdk:path")?.as_str().map(str::to_owned)
}

/// Fills in what is asked of the asset, the context and the statements.
pub(crate) fn fill_request(
    facts: &Facts<'_, '_>,
    way: &Witness,
    principal: Option<&Principal>,
    asset: &Asset,
    example: &mut Counterexample,
) {
    fill_request_on(facts, way, &asset.target.arn, principal, Some(asset), example);
}

/// The same for any ARN.
pub(crate) fn fill_request_on(
    facts: &Facts<'_, '_>,
    way: &Witness,
    arn: &policy::Text,
    principal: Option<&Principal>,
    asset: Option<&Asset>,
    example: &mut Counterexample,
) {
    let model = facts.reader.model;
    example.action.clone_from(&way.request.action);
    example.resource = names::readable(model, arn);
    for (key, value) in way.request.context.entries() {
        if let policy::Value::Present(values) = value {
            let values: Vec<_> = values.iter().map(|text| names::readable(model, text)).collect();
            let set_by = match policy::key_fact(key).setter {
                policy::Setter::Caller => SetBy::Caller,
                _ => SetBy::Aws,
            };
            example.context.push(ContextKey {
                key: key.to_owned(),
                value: values.join(", "),
                set_by,
            });
        }
    }
    let mut wide = false;
    for said in &way.decision.statements {
        let statement = spot::statement(said, principal, asset);
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
        let whose = match said.source {
            Source::Identity(_) => "the principal's policy",
            Source::Boundary => "the permissions boundary",
            Source::Session(_) => "the session policy",
            Source::Resource => "the resource's policy",
            Source::Grant(_) => "a grant",
            Source::Organization(_) => "the organization's policy",
            Source::Endpoint => "the endpoint's policy",
        };
        wide |= matches!(said.source, Source::Identity(_)) && said.effect == Effect::Allow;
        let allows = said.effect == Effect::Allow;
        let says = if allows {
            format!("{whose} allows it")
        } else {
            format!("{whose} denies it, but the caller chooses what it looks at")
        };
        example.evidence.push(Evidence { says, allows, place });
    }
    if let Some(place) = asset.and_then(|asset| model.place(facts.span(asset.at))) {
        let says = "nothing here denies it".to_owned();
        example.evidence.push(Evidence { says, allows: false, place });
    }
    example.conditions.sort();
    example.conditions.dedup();
    example.fix = match wide {
        true => "name exact ARNs of the tenant's own assets, and listed actions",
        false => "name the tenant's own role in the resource's policy, and nobody else",
    }
    .to_owned();
}
