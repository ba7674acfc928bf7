//! Why something could not be decided, and who an owner is, for people.

use tenantry_policy as policy;
use tenantry_template::{Owner, ResourceId, Span};
use tenantry_verdict::{Party, Reason};

use super::{Facts, names};

/// Why something could not be decided.
pub(crate) fn reason(
    facts: &Facts<'_, '_>,
    reason: &policy::Reason,
    matters: &str,
    at: ResourceId,
) -> Reason {
    let model = facts.reader.model;
    let own = Some(facts.span(at));
    let (unknown, help, span): (String, &str, Option<Span>) = match reason {
        policy::Reason::Symbol(symbol) if names::is_part(symbol) => (
            "which part of it is asked for".to_owned(),
            "let no part of another tenant's asset in: name the tenant's own ARNs",
            own,
        ),
        policy::Reason::Symbol(symbol) => (
            format!("`{}`", names::symbol_name(model, *symbol)),
            "give it a value: --parameter NAME=VALUE, --account, --region or --tenant",
            names::symbol_span(model, *symbol),
        ),
        policy::Reason::Key(key) => (
            format!("the context key `{key}`"),
            "tie the statement to exact ARNs, or to a key that is known",
            own,
        ),
        policy::Reason::Value(value) => {
            (format!("the condition's value `{value}`"), "write what the operator compares", own)
        }
    };
    Reason {
        unknown,
        matters: matters.to_owned(),
        help: help.to_owned(),
        place: span.or(own).and_then(|span| model.place(span)),
    }
}

/// Who an owner is.
pub(crate) fn party(facts: &Facts<'_, '_>, owner: Owner) -> Party {
    let model = facts.reader.model;
    match owner {
        Owner::Tenant(at) => Party::Tenant(model.symbols.readable(&model.tenants[at])),
        Owner::Shared | Owner::Undecided => Party::Shared,
    }
}
