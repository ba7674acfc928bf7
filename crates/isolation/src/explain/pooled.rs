//! What nothing but code keeps apart, where tenants share their stores.

use tenantry_template::{ResourceId, Span};
use tenantry_verdict::{Reason, some};

use super::request::stranger;
use super::shown::controlled;
use crate::facts::Facts;
use crate::findings::breach::Stranger;
use crate::findings::unknown::ByCode;

/// A shared principal acts on what tenants share.
pub(super) fn acts(facts: &Facts<'_, '_>, by: &ByCode) -> Reason {
    let principal = facts.path(by.principal);
    told(facts, by, format!("for which tenant `{principal}` acts on {}", stores(facts, by)))
}

/// A shared principal starts sessions that act on what tenants share.
pub(super) fn starts(facts: &Facts<'_, '_>, role: ResourceId, by: &ByCode) -> Reason {
    let (principal, role) = (facts.path(by.principal), facts.path(role));
    let stores = stores(facts, by);
    let unknown = format!(
        "for which tenant `{principal}` starts sessions of `{role}`, which act on {stores}"
    );
    told(facts, by, unknown)
}

/// A shared principal acts on stores that no template here makes.
pub(super) fn elsewhere(facts: &Facts<'_, '_>, names: &[String], by: &ByCode) -> Reason {
    let principal = facts.path(by.principal);
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    let names = some(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let unknown =
        format!("for which tenant `{principal}` acts on {names}, which no template here makes");
    told(facts, by, unknown)
}

/// What acts for tenants runs as a role that no template here makes.
pub(super) fn as_whom(facts: &Facts<'_, '_>, runs: ResourceId, span: Span) -> Reason {
    Reason {
        unknown: format!("as whom `{}` acts", facts.path(runs)),
        matters: "tenants make it act, and no template here makes its role".to_owned(),
        help: "verify the template that makes the role together with this one".to_owned(),
        place: facts.reader.model.place(span),
    }
}

/// A shared store lets somebody outside in.
pub(super) fn open(facts: &Facts<'_, '_>, store: ResourceId, by: &Stranger) -> Reason {
    Reason {
        unknown: format!("whether what lies in `{}` is a tenant's", facts.path(store)),
        matters: format!("its own policy lets {} in", stranger(facts, by)),
        help: "let nobody in by the store's policy, or keep what is for everybody elsewhere"
            .to_owned(),
        place: facts.reader.model.place(facts.span(store)),
    }
}

/// No policy keeps tenants apart inside a database.
pub(super) fn rows(facts: &Facts<'_, '_>, database: ResourceId) -> Reason {
    Reason {
        unknown: format!("whose rows of `{}` a tenant's request reads", facts.path(database)),
        matters: "what asks it does so for every tenant, and its code alone keeps them apart"
            .to_owned(),
        help: "give each tenant a database and a secret of its own, or take the code as right: \
               [[assume]]"
            .to_owned(),
        place: facts.reader.model.place(facts.span(database)),
    }
}

fn stores(facts: &Facts<'_, '_>, by: &ByCode) -> String {
    let names: Vec<String> = by.stores.iter().map(|at| format!("`{}`", facts.path(*at))).collect();
    some(&names.iter().map(String::as_str).collect::<Vec<_>>())
}

fn told(facts: &Facts<'_, '_>, by: &ByCode, unknown: String) -> Reason {
    let how = controlled(facts, &by.how);
    Reason {
        unknown,
        matters: format!("{how}, and its code alone keeps tenants apart there"),
        help:
            "let it act as a session whose tag the caller's token says, or take its code as right: \
               [[assume]]"
                .to_owned(),
        place: facts.reader.model.place(by.span.unwrap_or_else(|| facts.span(by.principal))),
    }
}
