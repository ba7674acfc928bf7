//! Shared principals that act for tenants and may write policies: they can give themselves, or
//! whom they serve, everything.

use std::collections::{BTreeMap, BTreeSet};

use tenantry_policy as policy;
use tenantry_policy::Context;
use tenantry_template::TenantIndex;
use tenantry_verdict::claims::Barrier;
use tenantry_verdict::{Counterexample, Party, Reason, Step};

use super::super::{Findings, escalation};
use super::is_a_tenants;
use super::outside::Controlled;
use crate::explain;
use crate::facts::principals::{Principal, PrincipalId};
use crate::facts::{Facts, assets, reasons, steps};

/// Asks of every shared principal that tenants steer whether it may widen what somebody may do.
pub(super) fn decide(
    facts: &Facts<'_, '_>,
    controllers: &BTreeMap<PrincipalId, BTreeSet<TenantIndex>>,
    might_steer: &BTreeMap<PrincipalId, BTreeSet<TenantIndex>>,
    outside: &BTreeMap<PrincipalId, Controlled>,
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
                found.record(
                    escalation::POLICY,
                    principal.doubt(),
                    example(facts, principal, &way, how),
                );
            } else {
                found.undecided(escalation::POLICY, reason(facts, principal, action, how));
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
                let matters = format!(
                    "`{}`, which acts for tenants, may then do {action}",
                    facts.path(principal.at)
                );
                for reason in &reasons {
                    let reason = reasons::reason(facts, reason, &matters, principal.at);
                    found.undecided(escalation::POLICY, reason);
                }
            }
        }
    }
    None
}

/// How many of the roles, users and policies of a model are asked about by name; the first name of
/// all is one that nothing has.
const MOST: usize = 200;

fn example(
    facts: &Facts<'_, '_>,
    principal: &Principal,
    way: &policy::Witness,
    how: Option<&Controlled>,
) -> Counterexample {
    let claim = escalation::POLICY;
    let (anybody, barrier) = (Party::AnyOtherTenant, Barrier::IdentityPolicy);
    let mut example = Counterexample::new(*claim, anybody.clone(), anybody, barrier);
    example.principal = facts.path(principal.at);
    explain::fill_request_on(
        facts,
        way,
        &way.request.resource,
        Some(principal),
        None,
        &mut example,
    );
    let what = how.map_or("a tenant's principal can become it", |how| how.how.as_str());
    let place = how.and_then(|how| how.span).and_then(|span| facts.reader.model.place(span));
    example.steps.push(Step { what: what.to_owned(), place });
    claim.fix.clone_into(&mut example.fix);
    example
}

fn reason(
    facts: &Facts<'_, '_>,
    principal: &Principal,
    action: &str,
    how: Option<&Controlled>,
) -> Reason {
    let how = how.map_or("a tenant may become it", |how| how.how.as_str());
    Reason {
        unknown: format!(
            "whether tenants can have `{}` do {action} as they like: {how}",
            facts.path(principal.at)
        ),
        matters: "whoever writes policies gives out every right".to_owned(),
        help:
            "leave the action to the deployment's role, or bind it by a permissions boundary that \
               keeps tenants apart"
                .to_owned(),
        place: facts.reader.model.place(facts.span(principal.at)),
    }
}
