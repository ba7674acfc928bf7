//! Breaches that need no policy to be told: one place shows them.

use tenantry_template::ResourceId;
use tenantry_verdict::claims::ClaimId;
use tenantry_verdict::{Counterexample, Evidence, Step};

use super::{pairs, party, seen};
use crate::facts::{Facts, reasons};
use crate::findings::breach;
use crate::findings::breach::{Act, Alias, Controlled, Next, Seen, Shown, Thing};

/// A breach that one place shows, in words.
pub(super) fn counterexample(
    facts: &Facts<'_, '_>,
    claim: ClaimId,
    shown: &Shown,
) -> Counterexample {
    let (attacker, victim) = (party(facts, shown.attacker), party(facts, shown.victim));
    let mut example = Counterexample::new(claim, attacker, victim, shown.barrier);
    example.principal = match &shown.more.alias {
        None => facts.path(shown.actor),
        Some(alias) => actor(facts, alias),
    };
    example.action = act(&shown.act).to_owned();
    example.resource = thing(facts, &shown.on);
    example.constructs.extend(construct(facts, shown.actor));
    if let Some(place) = facts.reader.model.place(shown.span) {
        let says = seen::says(shown.seen).to_owned();
        example.evidence.push(Evidence { says, allows: true, place });
    }
    example.steps.extend(shown.more.step.iter().map(|each| step(facts, each)));
    example.pairs = pairs(facts, shown.more.pairs);
    example.fix = match shown.seen {
        Seen::RoleGiven(_) => {
            "give a tenant's role to that tenant's group or pool alone, by a claim that only \
             administrators write, and deny what no rule speaks of"
        }
        _ => claim.fix,
    }
    .to_owned();
    example
}

/// The construct of the AWS CDK that wrote a resource, as the CDK notes it in the template.
/// <https://docs.aws.amazon.com/cdk/v2/guide/identifiers.html>
pub(super) fn construct(facts: &Facts<'_, '_>, at: ResourceId) -> Option<String> {
    let resource = &facts.reader.model.resources[at];
    resource.metadata.as_ref()?.get("aws:cdk:path")?.as_str().map(str::to_owned)
}

/// A step that a way takes besides.
pub(super) fn step(facts: &Facts<'_, '_>, step: &breach::Step) -> Step {
    let what = match &step.what {
        Next::CodeTaken(runs) => {
            format!("the next deployment of `{}` takes its code from there", facts.path(*runs))
        }
        Next::SourceAimed(function) => format!(
            "`{}` takes calls from that source, which the caller aims at it",
            facts.path(*function)
        ),
        Next::WritesToShared { by, tenant } => {
            let tenant = tenantry_template::Owner::Tenant(*tenant);
            format!(
                "`{}` of {} writes to what tenants share",
                facts.path(*by),
                reasons::party(facts, tenant)
            )
        }
        Next::PutsEvents { by, tenant } => {
            let tenant = tenantry_template::Owner::Tenant(*tenant);
            format!(
                "`{}` of {} may put any event on the default bus",
                facts.path(*by),
                reasons::party(facts, tenant)
            )
        }
        Next::PutsThere { tenant, action } => {
            let tenant = tenantry_template::Owner::Tenant(*tenant);
            format!("a user of {} puts it there by {action}", reasons::party(facts, tenant))
        }
        Next::Acts(how) => controlled(facts, how),
    };
    Step { what, place: step.span.and_then(|span| facts.reader.model.place(span)) }
}

/// How a tenant gets a shared principal to act.
pub(super) fn controlled(facts: &Facts<'_, '_>, how: &Controlled) -> String {
    match how {
        Controlled::Door(how) => return how.clone(),
        Controlled::CodeRunsAsIt => "a tenant's code runs as it",
        Controlled::CanBecomeIt => "a tenant's principal can become it",
        Controlled::MayBecomeIt => "a tenant may become it",
        Controlled::UsersActAsIt => "users who sign in act as it",
        Controlled::TrustTakesTokens => {
            "its trust policy takes tokens that a tenant's users can get"
        }
        Controlled::BecomesIt(by) => {
            return format!("`{}`, which acts for tenants, can become it", facts.path(*by));
        }
        Controlled::FedByTenants => "what a tenant writes is fed to its function",
        Controlled::FedBy(by) => {
            let by = facts.path(*by);
            return format!("`{by}`, which acts for tenants, writes what is fed to its function");
        }
    }
    .to_owned()
}

fn actor(facts: &Facts<'_, '_>, alias: &Alias) -> String {
    match alias {
        Alias::Everyone => "everyone".to_owned(),
        Alias::ApiGateway => "apigateway.amazonaws.com".to_owned(),
        Alias::Route(name) => name.clone(),
        Alias::Resource(at) => facts.path(*at),
    }
}

fn act(act: &Act) -> &str {
    match act {
        Act::HoldsCode => "holds the code of",
        Act::ServesAs => "serves as",
        Act::IsGiven => "is given",
        Act::Reads => "reads",
        Act::Feeds => "feeds",
        Act::IsEncryptedWith => "is encrypted with",
        Act::Gives => "gives",
        Act::ReusesDecision => "reuses a decision",
        Act::Accepts => "accepts",
        Act::Writes => "writes",
        Act::Action(action) => action,
        Act::Route(name) => name,
    }
}

fn thing(facts: &Facts<'_, '_>, thing: &Thing) -> String {
    match thing {
        Thing::Resource(at) => facts.path(*at),
        Thing::Written(text) => text.clone(),
        Thing::Tenant(tenant) => {
            reasons::party(facts, tenantry_template::Owner::Tenant(*tenant)).to_string()
        }
        Thing::NoTenant => "no tenant".to_owned(),
        Thing::NoKey => "no key".to_owned(),
        Thing::AnyAudience => "any audience".to_owned(),
        Thing::AnyIssuersToken => "any issuer's token".to_owned(),
    }
}
