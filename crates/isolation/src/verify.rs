//! One verdict on a model: every check, and what they rest on.

use std::collections::BTreeSet;
use std::mem::take;

use tenantry_template::{Fault, Model};
use tenantry_verdict::claims::{self, Plane};
use tenantry_verdict::{Assumption, ClaimVerdict, Notice, Reason, Removal, Verdict};

use crate::barriers;
use crate::check::AnyCheck as _;
use crate::checks::network::PacketCheck;
use crate::checks::{self, hygiene};
use crate::explain::{assumptions, rank};
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
    let more = take(&mut found.assumptions);
    let uncontrolled = take(&mut found.uncontrolled);
    let assembled = Verdict::assemble(tenants, &Plane::ALL, found.into_claims());
    let mut verdict = Verdict { dead, least_privilege, ..assembled };
    for example in verdict.claims.iter_mut().flat_map(ClaimVerdict::lists).flatten() {
        example.worst_first(rank::rank);
    }
    if asked.barriers {
        verdict.barriers = barriers::removals(model);
        verdict.barriers.extend(barriers::network::removals(facts));
    }
    verdict.assumptions = assumptions::always();
    verdict.assumptions.extend(more);
    for gap in &model.gaps {
        let reason = Reason {
            unknown: gap.fault.to_string(),
            matters: "what it creates could open a way between tenants".into(),
            help: gap.fault.help().unwrap_or_else(|| "write it out in the template".into()),
            place: gap.place.clone().ok(),
        };
        for answer in verdict.claims.iter_mut().filter(|each| may_open(&gap.fault, each.claim)) {
            answer.undecided.push(reason.clone());
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

/// Whether what could not be read may break a claim. Conventions are asked of what is here.
fn may_open(gap: &Fault, claim: claims::ClaimId) -> bool {
    match gap {
        // A route that is not known calls a function that is: it steers, and makes nothing.
        Fault::SamApi { .. } => {
            matches!(claim.plane, Plane::Route | Plane::Token)
                || [claims::identity::SHARED_GRANT, claims::identity::OUTSIDE].contains(&claim)
        }
        _ => !claim.is_convention(),
    }
}

/// What the network plane says of a model.
#[derive(Debug)]
pub struct NetworkResult {
    /// The answer to `network/packet`.
    pub claim: ClaimVerdict,
    /// What removing each barrier does; empty unless it was asked.
    pub barriers: Vec<Removal>,
    /// What the answer rests on.
    pub assumptions: Vec<Assumption>,
}

/// Decides the network plane of a model alone.
pub fn verify_network(model: &Model<'_>, barriers: bool) -> NetworkResult {
    let facts = Facts::read(model);
    let barriers = if barriers { barriers::network::removals(&facts) } else { Vec::new() };
    let mut told = PacketCheck.run(&facts);
    let assumptions = take(&mut told.assumptions);
    let mut claim = ClaimVerdict::new(claims::network::PACKET);
    told.into_claims().for_each(|answer| claim = answer);
    NetworkResult { claim, barriers, assumptions }
}

/// Decides the conventions of a model alone, in the registry's order.
pub fn verify_hygiene(model: &Model<'_>, rules: &hygiene::Rules) -> Vec<ClaimVerdict> {
    let told = hygiene::Hygiene { rules }.run(&Facts::read(model));
    let mut answers: Vec<_> = told.into_claims().collect();
    let place = |answer: &ClaimVerdict| {
        Plane::Hygiene.claims().iter().position(|claim| *claim == answer.claim)
    };
    answers.sort_by_key(place);
    answers
}
