//! What a policy's answer hangs on, and what is possible if it is so.

use tenantry_policy as policy;
use tenantry_template::ResourceId;
use tenantry_verdict::Reason;

use super::request::stranger;
use crate::facts::{Facts, reasons};
use crate::findings::unknown::Then;

/// Why an answer is not known, and what it comes to.
pub(super) fn reason(
    facts: &Facts<'_, '_>,
    on: &policy::Reason,
    then: &Then,
    at: ResourceId,
) -> Reason {
    reasons::reason(facts, on, &matters(facts, then), at)
}

fn matters(facts: &Facts<'_, '_>, then: &Then) -> String {
    let path = |at: &ResourceId| facts.path(*at);
    match then {
        Then::Does { by, action } => format!("`{}` may then do {action}", path(by)),
        Then::DoesTo { by, action, asset } => {
            format!("`{}` may then do {action} to `{}`", path(by), path(asset))
        }
        Then::StrangerDoesTo { by, action, asset } => {
            format!("{} may then do {action} to `{}`", stranger(facts, by), path(asset))
        }
        Then::SteeredDoesTo { by, action, asset } => format!(
            "`{}`, which tenants can steer, may then do {action} to `{}`",
            path(by),
            path(asset)
        ),
        Then::ActingForTenantsDoes { by, action } => {
            format!("`{}`, which acts for tenants, may then do {action}", path(by))
        }
        Then::ToOthersItems { by, action, table } => {
            format!("`{}` may then do {action} to others' items in `{}`", path(by), path(table))
        }
        Then::FeedsAnother { by, action, asset } => format!(
            "`{}` may then do {action} to `{}`, which feeds another tenant",
            path(by),
            path(asset)
        ),
        Then::Aims { by, action, function } => format!(
            "`{}` may then do {action} and aim the service at `{}`",
            path(by),
            path(function)
        ),
        Then::Becomes { from, action, to } => format!(
            "`{}` may then do {action} and become `{}`, which acts on tenants' assets",
            path(from),
            path(to)
        ),
        Then::Calls { by, route } => {
            format!("`{}` may then call `{route}`, which is another tenant's", path(by))
        }
        Then::WritesCode { by, store, runs } => format!(
            "`{}` may then write to `{store}`, where the code of `{}` lies",
            path(by),
            path(runs)
        ),
    }
}
