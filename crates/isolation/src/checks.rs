//! The planes that are decided from policies, properties and references: identity, escalation,
//! key, data, log, environment, route and token. Packets are `network`'s.
//!
//! The question for every asset of a tenant is who else can do anything to it. Statements are
//! found by the beginning of the ARNs that they name, so the work grows with the statements and
//! not with the pairs of tenants.

pub(crate) mod code_source;
pub(crate) mod dead_statements;
pub(crate) mod environment;
pub(crate) mod escalation;
pub(crate) mod event_flow;
pub(crate) mod external_access;
pub(crate) mod federated_trust;
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

use tenantry_verdict::{ClaimVerdict, Notice};

use crate::checks::identity::unknown_arns;
use crate::facts::{Facts, assets};

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

/// The actions, in lower case, that a principal is asked about on something of the model, its own
/// things included; `service:*` and `*` where they are not known one by one.
pub(crate) fn acting(facts: &Facts<'_, '_>, visit: &mut impl FnMut(&str)) {
    assets::acting(&facts.assets, visit);
    unknown_arns::acting(facts, visit);
}
