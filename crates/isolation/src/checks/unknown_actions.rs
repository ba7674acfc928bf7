//! Actions that no list has: they may be newer than what is recorded, and then do anything to
//! whatever their statement takes in.

use std::collections::BTreeSet;

use tenantry_policy as policy;
use tenantry_policy::{Context, Effect, Reference, Request};
use tenantry_template::Owner;

use crate::check::Check;
use crate::claim_set::claim_set;
use crate::facts::Facts;
use crate::facts::assets::Asset;
use crate::facts::principals::Principal;
use crate::findings::unknown::Unknown;

claim_set!(
    /// The claims of this check.
    pub(crate) Claims {
        identity { OTHER_TENANTS_ASSET }
    }
);

type Findings = crate::findings::Findings<Claims>;

/// Grants of actions that are not recorded.
pub(crate) struct UnknownActions;

impl Check for UnknownActions {
    type Claims = Claims;

    fn run(&self, facts: &Facts<'_, '_>) -> Findings {
        let mut found = Findings::new();
        for principal in &facts.principals {
            let Owner::Tenant(_) = principal.owner else { continue };
            for action in unknown(principal) {
                if let Some(asset) = met(facts, principal, action) {
                    let (principal, asset) = (principal.at, asset.at);
                    let unknown = Unknown::Action { action: action.to_owned(), principal, asset };
                    found.undecided(identity::OTHER_TENANTS_ASSET, unknown);
                }
            }
        }
        found
    }
}

/// The actions that a principal's policies allow by their whole names and that no list has.
fn unknown(principal: &Principal) -> BTreeSet<&str> {
    let statements = principal.policies.iter().flat_map(|policy| &policy.statements);
    let allows = statements.filter(|each| each.effect == Effect::Allow && !each.actions.negated);
    let names = allows.flat_map(|statement| &statement.actions.items);
    let names = names.filter_map(|item| item.template.source().as_str());
    let whole = names.filter(|name| name.contains(':') && !name.contains(['*', '?']));
    whole.filter(|name| !is_recorded(name)).collect()
}

fn is_recorded(action: &str) -> bool {
    let Some((service, name)) = action.split_once(':') else { return false };
    let service = Reference::get().service(&service.to_ascii_lowercase());
    service.is_some_and(|service| service.action(name).is_some())
}

/// The first asset of another tenant on which a principal may do it, if it exists.
fn met<'f>(facts: &'f Facts<'_, '_>, principal: &Principal, action: &str) -> Option<&'f Asset> {
    let mut others = facts
        .assets
        .iter()
        .filter(|asset| matches!(asset.owner, Owner::Tenant(_)) && asset.owner != principal.owner);
    others.find(|asset| {
        let request = Request {
            caller: principal.caller.clone(),
            action: action.to_owned(),
            resource: asset.target.arn.clone(),
            resource_account: asset.target.account.clone(),
            resource_tags: asset.target.tags.clone(),
            context: Context::hostile(),
        };
        let of_service = request.resource.segment(2);
        let (service, _) = action.split_once(':').unwrap_or_default();
        // What is of another service it does not act on, unless nothing is known of its own.
        let acts = of_service.as_ref().and_then(policy::Text::as_str) == Some(service)
            || Reference::get().service(&service.to_ascii_lowercase()).is_none();
        let way = || policy::find_witness(&request, &facts.policies(principal, asset));
        acts && !matches!(way(), Ok(None))
    })
}
