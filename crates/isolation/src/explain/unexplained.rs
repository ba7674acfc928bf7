//! What no list explains: actions, types, principals that a property names.

use tenantry_template::{ResourceId, Span};
use tenantry_verdict::Reason;

use crate::facts::Facts;
use crate::findings::unknown::Unexplained;

/// Why a claim is undecided, in words.
pub(super) fn reason(facts: &Facts<'_, '_>, what: &Unexplained) -> Reason {
    let path = |at: &ResourceId| facts.path(*at);
    let kind = |at: &ResourceId| facts.reader.model.resources[*at].kind.clone();
    let told = |unknown: String, matters: &str, help: &str, span: Span| Reason {
        unknown,
        matters: matters.to_owned(),
        help: help.to_owned(),
        place: facts.reader.model.place(span),
    };
    match what {
        Unexplained::Action { principal, action, more, of, itself } => {
            let more = if *more { ", and more," } else { "" };
            let (who, what) = (path(principal), path(of));
            told(
                match itself {
                    true => format!(
                        "what comes of it that `{who}` may do {action}{more} to `{what}`, which \
                         tenants share"
                    ),
                    false => format!(
                        "what comes of it that `{who}` may do {action}{more} to more than its own, \
                         where `{what}` is not its own"
                    ),
                },
                "no rule says that this leaves what is other tenants' as it is",
                "leave the action to the deployment's role, tie it to what is the tenant's own, or \
                 give each tenant a thing of its own",
                facts.span(*of),
            )
        }
        Unexplained::Stack { principal, action, holds } => told(
            format!(
                "what `{}` makes of the stack that `{}` is in, on which it may do {action}",
                path(principal),
                path(holds)
            ),
            "a stack's template makes all that is in it, and this is not its tenant's alone",
            "leave the action to the deployment's role, or name the stacks that are the tenant's own",
            facts.span(*principal),
        ),
        Unexplained::Type { resource, more } => {
            let more = match more {
                0 => String::new(),
                more => format!(", and of {more} more of its type,"),
            };
            told(
                format!("what becomes of `{}`{more} of type {}", path(resource), kind(resource)),
                "no list of types has it, so that no rule says what it opens and to whom",
                "correct the type's name, or show by other means that it is harmless and accept it",
                facts.span(*resource),
            )
        }
        Unexplained::Grantees { resource, path: place, span } => told(
            format!(
                "whom `{place}` of `{}`, of type {}, lets in, and into what",
                path(resource),
                kind(resource)
            ),
            "it names a principal, and no rule says what such a resource gives it",
            "name a principal of the tenant whose things these are",
            *span,
        ),
        Unexplained::Devices { policy, span } => told(
            format!("whose things devices under `{}` reach", path(policy)),
            "it allows them more than what is named after their tenant or after themselves",
            "end a topic before the wildcard, as in `topic/acme/*`, or name the device by a policy \
             variable",
            *span,
        ),
    }
}
