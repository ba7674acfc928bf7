//! Statements that can never match.

use std::collections::BTreeSet;

use tenantry_policy::Dead;
use tenantry_verdict::Notice;

use crate::facts::Facts;

const NEVER: &str = "this statement never matches";

/// What to say of each place once.
pub(super) fn notices(facts: &Facts<'_, '_>, dead: Vec<Dead>) -> Vec<Notice> {
    let mut places = BTreeSet::new();
    let mut notices = Vec::new();
    for dead in dead {
        let (what, span) = match dead {
            Dead::Key { key, span } => {
                (format!("{NEVER}: no request has the condition key `{key}`"), span)
            }
            Dead::Values { key, span } => {
                (format!("{NEVER}: `{key}` is compared with nothing"), span)
            }
            Dead::Principals { span } => {
                (format!("{NEVER}: nobody is called what its principals are called"), span)
            }
            Dead::Source { span } => {
                (format!("{NEVER}: the source's ARN is of another account than asked for"), span)
            }
            // The list may be older than the service.
            Dead::Actions { span } => {
                ("no list has these actions: they are misspelt, or new".to_owned(), span)
            }
            Dead::Resources { span } => {
                (format!("{NEVER}: none of these actions acts on these resources"), span)
            }
        };
        let Some(span) = facts.reader.places.get(span) else { continue };
        if places.insert((span.file, span.start)) {
            notices.push(Notice {
                what,
                help: Some("correct or remove it: it is no grant and no barrier".to_owned()),
                place: facts.reader.model.place(span),
            });
        }
    }
    notices
}
