//! One verdict on a model: every check, and what they rest on.

use std::collections::BTreeSet;
use std::mem::take;

use tenantry_template::Model;
use tenantry_verdict::claims::{self, Plane};
use tenantry_verdict::{Assumption, Notice, Reason, Verdict};

use crate::barriers;
use crate::checks::{self, hygiene, network};
use crate::facts::Facts;
use crate::facts::principals::PrincipalId;

/// What is asked besides the claims.
#[derive(Clone, Debug, Default)]
pub struct VerifyOptions {
    /// Whether to remove each barrier in turn and ask again.
    pub barriers: bool,
    /// What the conventions ask for.
    pub rules: hygiene::Rules,
}

/// Decides every plane of a model.
pub fn verify_model(model: &Model<'_>, asked: &VerifyOptions) -> Verdict {
    decide(&Facts::read(model), asked).0
}

/// Decides every plane, once the policies are read. Gives also the shared principals that act on
/// several tenants' things and that no tenant can steer.
pub(crate) fn decide(
    facts: &Facts<'_, '_>,
    asked: &VerifyOptions,
) -> (Verdict, BTreeSet<PrincipalId>) {
    let model = facts.reader.model;
    let tenants = model.tenants.iter().map(|tenant| model.symbols.readable(tenant)).collect();
    let mut found = checks::run(facts, &asked.rules);
    let (dead, least_privilege) = (take(&mut found.dead), take(&mut found.least_privilege));
    let (advice, more) = (take(&mut found.advice), take(&mut found.assumptions));
    let uncontrolled = take(&mut found.uncontrolled);
    let assembled = Verdict::assemble(tenants, &Plane::ALL, found.into_claims());
    let mut verdict = Verdict { dead, least_privilege, advice, ..assembled };
    if asked.barriers {
        verdict.barriers = barriers::removals(model);
        verdict.barriers.extend(network::verdict(model, true).barriers);
    }
    verdict.assumptions = assumptions();
    verdict.assumptions.extend(more);
    for gap in &model.gaps {
        let reason = Reason {
            unknown: gap.fault.to_string(),
            matters: "what it creates could open a way between tenants".into(),
            help: gap.fault.help().unwrap_or_else(|| "write it out in the template".into()),
            place: gap.place.clone().ok(),
        };
        for claim in &mut verdict.claims {
            claim.undecided.push(reason.clone());
        }
    }
    for warning in &model.warnings {
        verdict.warnings.push(Notice {
            what: warning.fault.to_string(),
            help: warning.fault.help(),
            place: warning.place.clone().ok(),
        });
    }
    (verdict, uncontrolled)
}

/// What the answers of these planes rest on.
fn assumptions() -> Vec<Assumption> {
    let assumption = |id: &str, text: &str, claims: &[claims::ClaimId]| Assumption {
        id: id.into(),
        text: text.into(),
        added: false,
        claims: claims.to_vec(),
    };
    vec![
        assumption(
            "identity/templates-are-all",
            "No policy, role or grant outside these templates gives a tenant's principal more.",
            &[
                claims::identity::OTHER_TENANTS_ASSET,
                claims::key::USE,
                claims::key::ADMINISTER,
                claims::escalation::ASSUME,
            ],
        ),
        assumption(
            "identity/made-up-ids",
            "No policy guesses part of an id that AWS makes up, such as a key's.",
            &[claims::identity::OTHER_TENANTS_ASSET, claims::key::USE],
        ),
        assumption(
            "network/interfaces-of-lambda",
            "ec2:CreateNetworkInterface alone, which Lambda needs for a function in a VPC, reaches \
             nothing in another tenant's subnet: the interface has to be attached, or given to an \
             instance or a function.",
            &[claims::identity::OTHER_TENANTS_ASSET, claims::escalation::NETWORK],
        ),
        assumption(
            "route/authorizers-code",
            "An authorizer that is a function checks issuer, audience and tenant, and the policy \
             that it returns names that tenant's routes alone.",
            &[claims::route::TENANT_CHECK, claims::route::CACHED_DECISION, claims::token::AUDIENCE],
        ),
    ]
}
