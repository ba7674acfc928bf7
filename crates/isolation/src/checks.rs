//! The planes that are decided from policies, properties and references: identity, escalation,
//! key, data, log, environment, route and token. Packets are `network`'s.
//!
//! The question for every asset of a tenant is who else can do anything to it. Statements are
//! found by the beginning of the ARNs that they name, so the work grows with the statements and
//! not with the pairs of tenants.

pub(crate) mod code_source;
pub(crate) mod environment;
pub(crate) mod escalation;
pub(crate) mod event_flow;
pub(crate) mod external_access;
pub mod hygiene;
pub(crate) mod identity;
pub(crate) mod key_assignment;
pub mod network;
pub(crate) mod pooled_tables;
pub(crate) mod role_mapping;
pub(crate) mod route;
pub(crate) mod token;
pub(crate) mod unresolved_attachments;

use std::collections::BTreeSet;

use crate::barriers;
use crate::checks::identity::unknown_arns;
use crate::facts::assets;


pub(crate) use code_source::elsewhere;
pub(crate) use identity::Facts;

use tenantry_template::Model;
use tenantry_verdict::claims::{self, Plane};
use tenantry_verdict::{Assumption, ClaimVerdict, Notice, Reason, Verdict};


/// What is asked besides the claims.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Whether to remove each barrier in turn and ask again.
    pub barriers: bool,
    /// What the conventions ask for.
    pub rules: hygiene::Rules,
}

/// What the planes of policies say of a model.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    /// One or more for each claim that was decided.
    pub(crate) claims: Vec<ClaimVerdict>,
    /// Rights that are wider than needed and that no tenant can reach.
    pub(crate) least_privilege: Vec<Notice>,
    /// The shared principals that have them, by their index in the facts.
    pub(crate) unsteered: BTreeSet<usize>,
    /// Statements that can never match.
    pub(crate) dead: Vec<Notice>,
}

/// Decides every plane of a model.
pub fn verify(model: &Model<'_>, asked: &Asked) -> Verdict {
    decide(&Facts::read(model), asked).0
}

/// The actions, in lower case, that a principal is asked about on something of the model, its own
/// things included; `service:*` and `*` where they are not known one by one.
pub(crate) fn acting(facts: &Facts<'_, '_>, visit: &mut impl FnMut(&str)) {
    assets::acting(&facts.assets, visit);
    unknown_arns::acting(facts, visit);
}

/// Decides every plane, once the policies are read. Gives also the shared principals that act on
/// several tenants' things and that no tenant can steer.
pub(crate) fn decide(facts: &Facts<'_, '_>, asked: &Asked) -> (Verdict, BTreeSet<usize>) {
    let model = facts.reader.model;
    let tenants = model.tenants.iter().map(|tenant| model.symbols.readable(tenant)).collect();
    let mut answers = Answers::default();
    identity::decide(facts, &mut answers);
    let network = network::verdict(model, asked.barriers);
    answers.claims.push(network.claim);
    let (conventions, advice) = hygiene::verdicts(model, &asked.rules);
    answers.claims.extend(conventions);
    let mut verdict = Verdict::assemble(tenants, &Plane::ALL, answers.claims);
    verdict.least_privilege = answers.least_privilege;
    verdict.dead = answers.dead;
    verdict.advice = advice;
    if asked.barriers {
        verdict.barriers = barriers::removals(model);
    }
    verdict.barriers.extend(network.barriers);
    verdict.assumptions = assumptions();
    verdict.assumptions.extend(network.assumptions);
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
    (verdict, answers.unsteered)
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
