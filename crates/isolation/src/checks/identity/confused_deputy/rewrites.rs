//! Shared principals that act for tenants and may write policies: they can give themselves, or
//! whom they serve, everything.

use std::collections::{BTreeMap, BTreeSet};

use tenantry_policy as policy;
use tenantry_policy::Context;
use tenantry_template::TenantIndex;
use tenantry_verdict::claims::Barrier;

use super::super::{Findings, escalation};
use super::is_a_tenants;
use super::outside::Door;
use crate::facts::principals::{Principal, PrincipalId};
use crate::facts::{Facts, assets, steps};
use crate::findings::breach::{Controlled, Granted, Next, Side, Step};
use crate::findings::unknown::{Then, Unknown};

/// Asks of every shared principal that tenants steer whether it may widen what somebody may do.
pub(super) fn decide(
    facts: &Facts<'_, '_>,
    controllers: &BTreeMap<PrincipalId, BTreeSet<TenantIndex>>,
    might_steer: &BTreeMap<PrincipalId, BTreeSet<TenantIndex>>,
    outside: &BTreeMap<PrincipalId, Door>,
    found: &mut Findings,
) {
    for (at, principal) in facts.principals.entries() {
        let how = outside.get(&at);
        let steered = might_steer.contains_key(&at) || how.is_some();
        if is_a_tenants(principal) || !steered || !principal.names("iam") {
            continue;
        }
        found.ask(escalation::POLICY);
        for (action, holds) in steps::WIDEN {
            let Some(way) = widens(facts, principal, action, holds, found) else { continue };
            if controllers.contains_key(&at) {
                let granted = granted((at, principal), way, how);
                found.record(escalation::POLICY, principal.doubt(), granted);
            } else {
                let how = how.map_or(Controlled::MayBecomeIt, |door| door.how.clone());
                let unknown = Unknown::WritesPolicies { principal: principal.at, action, how };
                found.undecided(escalation::POLICY, unknown);
            }
            break;
        }
    }
}

/// A request by which a principal widens what somebody may do, itself or another.
fn widens(
    facts: &Facts<'_, '_>,
    principal: &Principal,
    action: &str,
    holds: &str,
    found: &mut Findings,
) -> Option<policy::Witness> {
    let account = assets::account(facts.reader.model);
    let mut any = policy::Text::from("arn:aws:iam::");
    any.push(&account);
    any.push_str(&format!("{holds}<any>"));
    let of_kind = |asset: &&assets::Asset| {
        let arn = asset.target.arn.to_string();
        arn.starts_with("arn:aws:iam:") && arn.contains(holds)
    };
    let known = facts.assets.iter().filter(of_kind).take(MOST).map(|each| each.target.arn.clone());
    let own = Some(principal.arn.clone()).filter(|arn| arn.to_string().contains(holds));
    for arn in own.into_iter().chain([any]).chain(known) {
        match principal.may(action, arn, account.clone(), Context::hostile()) {
            Ok(Some(way)) => return Some(way),
            Ok(None) => {}
            Err(reasons) => {
                let (by, action) = (principal.at, action.to_owned());
                let then = Then::ActingForTenantsDoes { by, action };
                for unknown in Unknown::each(reasons, then, by) {
                    found.undecided(escalation::POLICY, unknown);
                }
            }
        }
    }
    None
}

/// How many of the roles, users and policies of a model are asked about by name; the first name of
/// all is one that nothing has.
const MOST: usize = 200;

fn granted(by: (PrincipalId, &Principal), way: policy::Witness, how: Option<&Door>) -> Granted {
    let what = how.map_or(Controlled::CanBecomeIt, |door| door.how.clone());
    let step = Step { what: Next::Acts(what), span: how.and_then(|door| door.span) };
    let (anybody, arn) = (Side::AnyOtherTenant, way.request.resource.clone());
    Granted {
        attacker: anybody,
        steps: vec![step],
        ..Granted::on_arn(Barrier::IdentityPolicy, by, anybody, arn, way)
    }
}
