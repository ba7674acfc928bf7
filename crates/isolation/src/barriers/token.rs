//! The ways in through tokens: who may say to which tenant a request belongs.

use tenantry_policy as policy;
use tenantry_policy::{Context, PolicySet, Request, ResourceKind};
use tenantry_template::Owner;
use tenantry_verdict::claims::token::{AUDIENCE, CLAIM_WRITABLE, SESSION_TAG};
use tenantry_verdict::claims::{Barrier, ClaimId};
use tenantry_verdict::{Counterexample, Outcome};

use super::policies::{Policies, everything};
use super::{Removed, Scenario, ScenarioResult, both};
use crate::checks::token::{
    Issuer, SessionTagGrant, TokenValidator, attributes, session_tag_grants, token_validators,
};
use crate::explain;
use crate::facts::Facts;
use crate::facts::owners::Owners;
use crate::facts::principals::Principal;
use crate::facts::user_pools::Attribute;
use crate::findings::breach::{Alias, Seen, Shown, Thing};

/// All that this plane looks at.
pub(super) struct Tokens {
    attributes: Vec<Attribute>,
    token_validators: Vec<TokenValidator>,
    session_tag_grants: Vec<SessionTagGrant>,
}

impl Tokens {
    pub(super) fn read<'a>(facts: &Facts<'_, 'a>, owners: &Owners<'_, 'a>) -> Self {
        Self {
            attributes: attributes(facts, owners),
            token_validators: token_validators(facts, owners),
            session_tag_grants: session_tag_grants(facts),
        }
    }
}

/// The ways that a model has at all.
pub(super) fn ways<'w>(
    facts: &'w Facts<'_, '_>,
    tokens: &'w Tokens,
    policies: &'w Policies<'_, '_>,
) -> Vec<Scenario<'w>> {
    let model = facts.reader.model;
    let tenants = facts.principals.iter().any(|each| matches!(each.owner, Owner::Tenant(_)));
    let pools = model.of_kind("AWS::Cognito::UserPool").next().is_some();
    let mut ways = Vec::new();
    if !tokens.attributes.is_empty() {
        ways.push(Scenario {
            claim: CLAIM_WRITABLE,
            says: "a user changes the tenant's claim of its own account",
            barriers: vec![Barrier::ImmutableAttribute, Barrier::WriteAttributes],
            beside: Vec::new(),
            ask: Box::new(|removed| changed(facts, tokens, removed)),
        });
        ways.push(Scenario {
            claim: CLAIM_WRITABLE,
            says: "whoever signs up chooses the tenant's claim",
            barriers: vec![Barrier::WriteAttributes, Barrier::ClosedSignUp],
            beside: Vec::new(),
            ask: Box::new(|removed| signed_up(facts, tokens, removed)),
        });
    }
    if pools && tenants {
        let (barriers, beside) = policies.of_claim(CLAIM_WRITABLE);
        ways.push(Scenario {
            claim: CLAIM_WRITABLE,
            says: "a tenant's principal writes the users of a pool",
            barriers,
            beside,
            ask: Box::new(|removed| {
                ScenarioResult::of(&policies.without(removed), |claim| *claim == CLAIM_WRITABLE)
            }),
        });
    }
    if !tokens.token_validators.is_empty() {
        ways.push(Scenario {
            claim: AUDIENCE,
            says: "a token that somebody else issued is taken",
            barriers: vec![Barrier::Authorizer],
            beside: Vec::new(),
            ask: Box::new(|removed| foreign(facts, tokens, removed)),
        });
        let checked = !tokens.attributes.is_empty();
        ways.push(Scenario {
            claim: AUDIENCE,
            says: "a token of the same issuer for another client is taken",
            barriers: std::iter::once(Barrier::Authorizer)
                .chain(checked.then_some(Barrier::UserPool))
                .collect(),
            beside: Vec::new(),
            ask: Box::new(|removed| for_another(facts, tokens, removed)),
        });
    }
    if !tokens.session_tag_grants.is_empty() {
        ways.push(Scenario {
            claim: SESSION_TAG,
            says: "whoever starts a session chooses its tenant's tag",
            barriers: std::iter::once(Barrier::TrustPolicy)
                .chain(tenants.then_some(Barrier::IdentityPolicy))
                .collect(),
            beside: Vec::new(),
            ask: Box::new(|removed| tagged(facts, tokens, removed)),
        });
    }
    if tenants {
        // A trust policy says nothing of who tags the role.
        let tagging = |barrier: &Barrier| *barrier == Barrier::IdentityPolicy;
        let (barriers, beside) = policies.present().partition(tagging);
        ways.push(Scenario {
            claim: SESSION_TAG,
            says: "a tenant's principal tags a role",
            barriers,
            beside,
            ask: Box::new(|removed| {
                ScenarioResult::of(&policies.without(removed), |claim| *claim == SESSION_TAG)
            }),
        });
    }
    ways
}

fn changed(facts: &Facts<'_, '_>, tokens: &Tokens, removed: &Removed) -> ScenarioResult {
    let mut worst = ScenarioResult::closed();
    for attribute in &tokens.attributes {
        let mutable = removed.contains(&Barrier::ImmutableAttribute).then_some(true);
        let writes = removed.contains(&Barrier::WriteAttributes).then_some(true);
        let outcome = both(mutable.or(attribute.mutable), writes.or(attribute.writes));
        worst = worst.or(|| {
            ScenarioResult::with(outcome, || told(facts, CLAIM_WRITABLE, attribute.written()))
        });
    }
    worst
}

fn signed_up(facts: &Facts<'_, '_>, tokens: &Tokens, removed: &Removed) -> ScenarioResult {
    let mut worst = ScenarioResult::closed();
    for attribute in &tokens.attributes {
        let writes = removed.contains(&Barrier::WriteAttributes).then_some(true);
        let sign_up = removed.contains(&Barrier::ClosedSignUp).then_some(true);
        let outcome = both(writes.or(attribute.writes), sign_up.or(attribute.sign_up));
        worst = worst.or(|| {
            ScenarioResult::with(outcome, || told(facts, CLAIM_WRITABLE, attribute.chosen()))
        });
    }
    worst
}

fn foreign(facts: &Facts<'_, '_>, tokens: &Tokens, removed: &Removed) -> ScenarioResult {
    let mut worst = ScenarioResult::closed();
    for checker in &tokens.token_validators {
        let outcome = match (removed.contains(&Barrier::Authorizer), checker.issuer) {
            (true, _) => Outcome::Breached,
            (false, Issuer::Unknown(_)) => Outcome::Undecided,
            (false, Issuer::Pool | Issuer::Elsewhere) => Outcome::Proven,
        };
        let shown = || checker.accepts(Thing::AnyIssuersToken, Seen::AnyIssuerPasses);
        worst = worst.or(|| ScenarioResult::with(outcome, || told(facts, AUDIENCE, shown())));
    }
    worst
}

/// What a pool here says of the tenant is true for each of its clients, as long as no user can
/// write it.
fn for_another(facts: &Facts<'_, '_>, tokens: &Tokens, removed: &Removed) -> ScenarioResult {
    let nothing = Removed::new();
    let written = changed(facts, tokens, &nothing).or(|| signed_up(facts, tokens, &nothing));
    let no_pool = removed.contains(&Barrier::UserPool) || tokens.attributes.is_empty();
    let mut worst = ScenarioResult::closed();
    for checker in &tokens.token_validators {
        let passes = removed.contains(&Barrier::Authorizer) || !checker.audience;
        let of_pool = !no_pool && matches!(checker.issuer, Issuer::Pool);
        let outcome = match (passes, of_pool) {
            (false, _) => Outcome::Proven,
            (true, false) => Outcome::Breached,
            (true, true) => written.outcome,
        };
        let shown = || checker.accepts(Thing::AnyAudience, Seen::AnyAudiencePasses);
        worst = worst.or(|| ScenarioResult::with(outcome, || told(facts, AUDIENCE, shown())));
    }
    worst
}

/// A role that trusts the account asks for an identity policy besides; for whom is known only of
/// the principals here.
fn tagged(facts: &Facts<'_, '_>, tokens: &Tokens, removed: &Removed) -> ScenarioResult {
    let free = removed.contains(&Barrier::TrustPolicy);
    let every = removed.contains(&Barrier::IdentityPolicy).then(everything).flatten();
    let mut worst = ScenarioResult::closed();
    for starter in tokens.session_tag_grants.iter().filter(|starter| free || !starter.tied) {
        let mut tenants = facts
            .principals
            .iter()
            .filter(|each| matches!(each.owner, Owner::Tenant(_)))
            .peekable();
        if !starter.account || tenants.peek().is_none() {
            let example = || told(facts, SESSION_TAG, starter.chosen());
            worst = worst.or(|| ScenarioResult::with(Outcome::Breached, example));
            continue;
        }
        for principal in tenants {
            worst = worst.or(|| {
                let outcome = starts(facts, principal, starter, every.as_ref());
                ScenarioResult::with(outcome, || {
                    let mut shown = starter.chosen();
                    shown.more.alias = Some(Alias::Resource(principal.at));
                    told(facts, SESSION_TAG, shown)
                })
            });
        }
    }
    worst
}

fn told(facts: &Facts<'_, '_>, claim: ClaimId, shown: Shown) -> Counterexample {
    explain::counterexample(facts, claim, &shown.into())
}

/// Whether a principal's own policies let it start the session with tags.
fn starts(
    facts: &Facts<'_, '_>,
    principal: &Principal,
    starter: &SessionTagGrant,
    every: Option<&policy::Policy>,
) -> Outcome {
    let Some(role) = facts.assets.iter().find(|asset| asset.at == starter.role) else {
        return Outcome::Undecided;
    };
    let mut set = PolicySet {
        boundary: principal.boundary.as_ref(),
        resource_kind: ResourceKind::Ordinary,
        ..PolicySet::default()
    };
    match every {
        Some(every) => set.identity.push(every),
        None => set.identity.extend(&principal.policies),
    }
    let asked = ["sts:AssumeRole", "sts:TagSession"].map(|action| {
        let request = Request {
            caller: principal.caller.clone(),
            action: action.to_owned(),
            resource: role.target.arn.clone(),
            resource_account: role.target.account.clone(),
            resource_tags: role.target.tags.clone(),
            context: Context::hostile(),
        };
        match policy::find_witness(&request, &set) {
            Ok(Some(_)) => Outcome::Breached,
            Err(_) => Outcome::Undecided,
            _ if principal.doubt().is_some() => Outcome::Undecided,
            Ok(None) => Outcome::Proven,
        }
    });
    asked.into_iter().min().unwrap_or(Outcome::Undecided)
}
