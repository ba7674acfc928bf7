//! The planes that are decided from policies, properties and references: identity, escalation,
//! key, data, log, environment, route and token. Packets are `network`'s.
//!
//! The question for every asset of a tenant is who else can do anything to it. Statements are
//! found by the beginning of the ARNs that they name, so the work grows with the statements and
//! not with the pairs of tenants.

mod access;
mod assets;
mod classify;
mod explain;
mod invoke;
mod names;
mod outside;
mod policies;
mod principals;

use crate::claims::Plane;
use crate::model::Model;
use crate::verdict::{ClaimVerdict, Notice, Reason, Verdict};

/// What the planes say of a model.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    /// One or more for each claim that was decided.
    pub(crate) claims: Vec<ClaimVerdict>,
    /// Rights that are wider than needed and that no tenant can reach.
    pub(crate) least_privilege: Vec<Notice>,
    /// What could not be read of policies.
    pub(crate) warnings: Vec<Notice>,
}

/// Decides every plane of a model.
pub fn verify(model: &Model<'_>) -> Verdict {
    let tenants = model.tenants.iter().map(|tenant| model.symbols.readable(tenant)).collect();
    let mut answers = Answers::default();
    access::decide(model, &mut answers);
    let mut verdict = Verdict::assemble(tenants, &Plane::ALL, answers.claims);
    verdict.least_privilege = answers.least_privilege;
    verdict.warnings = answers.warnings;
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
    verdict
}
