//! The one registry of checks, and the only file that names more than one of them.

pub(crate) mod code_source;
pub(crate) mod dead_statements;
pub(crate) mod deployments;
pub(crate) mod environment;
pub(crate) mod escalation;
pub(crate) mod event_flow;
pub(crate) mod external_access;
pub(crate) mod federated_trust;
pub(crate) mod foreign_references;
pub(crate) mod hygiene;
pub(crate) mod identity;
pub(crate) mod key_assignment;
pub(crate) mod name_collisions;
pub(crate) mod named_grants;
pub(crate) mod network;
pub(crate) mod pooled_stores;
pub(crate) mod pooled_tables;
pub(crate) mod role_mapping;
pub(crate) mod route;
pub(crate) mod shared_assets;
pub(crate) mod token;
pub(crate) mod unknown_actions;
pub(crate) mod unrecorded_types;
pub(crate) mod unresolved_attachments;
pub(crate) mod unresolved_ends;

use tenantry_verdict::claims::ClaimId;

use crate::check::AnyCheck;
use crate::checks::identity::unknown_arns;
use crate::explain::Told;
use crate::facts::{Facts, assets};

/// Every check, in the order in which what they find is put together.
fn all(rules: &hygiene::Rules) -> Vec<Box<dyn AnyCheck + '_>> {
    vec![
        Box::new(identity::Identity),
        Box::new(pooled_tables::PooledTables),
        Box::new(pooled_stores::PooledStores),
        Box::new(unresolved_attachments::UnresolvedAttachments),
        Box::new(external_access::ExternalAccess),
        Box::new(foreign_references::ForeignReferences),
        Box::new(foreign_references::unread_policies::UnreadPolicies),
        Box::new(foreign_references::grantees::Grantees),
        Box::new(foreign_references::device_policies::DevicePolicies),
        Box::new(shared_assets::SharedAssets),
        Box::new(named_grants::NamedGrants),
        Box::new(unknown_actions::UnknownActions),
        Box::new(unrecorded_types::UnrecordedTypes),
        Box::new(name_collisions::NameCollisions),
        Box::new(federated_trust::FederatedTrust),
        Box::new(role_mapping::RoleMapping),
        Box::new(code_source::CodeSources),
        Box::new(deployments::Deployments),
        Box::new(environment::Environment),
        Box::new(key_assignment::KeyAssignment),
        Box::new(event_flow::EventFlow),
        Box::new(route::RouteCheck),
        Box::new(escalation::Escalation),
        Box::new(token::Token),
        Box::new(network::PacketCheck),
        Box::new(unresolved_ends::UnresolvedEnds),
        Box::new(hygiene::Hygiene { rules }),
        Box::new(dead_statements::DeadStatements),
    ]
}

/// Runs every check.
pub(crate) fn run(facts: &Facts<'_, '_>, rules: &hygiene::Rules) -> Told {
    Told::all(all(rules).iter().map(|check| check.run(facts)))
}

/// The claims that each check decides, check by check.
pub fn claims() -> Vec<&'static [ClaimId]> {
    all(&hygiene::Rules::default()).iter().map(|check| check.claims()).collect()
}

/// The actions, in lower case, that a principal is asked about on something of the model, its own
/// things included; `service:*` and `*` where they are not known one by one.
pub(crate) fn acting(facts: &Facts<'_, '_>, visit: &mut impl FnMut(&str)) {
    assets::acting(&facts.assets, visit);
    unknown_arns::acting(facts, visit);
}
