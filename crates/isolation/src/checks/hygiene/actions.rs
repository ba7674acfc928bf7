//! No wildcard in the actions of a statement that allows.

use tenantry_template::{Resource, Value, ValueKind};

use super::{Answers, Fault, Part, hygiene};

pub(super) fn check<'a>(answers: &mut Answers<'_, '_, '_>, resource: &Resource<'a>) {
    // Only policies have maps with these two keys.
    let mut statements = Vec::new();
    resource.properties.walk(&mut |value| {
        let acts = || value.get("Action").or_else(|| value.get("NotAction")).is_some();
        if value.get("Effect").is_some() && acts() {
            statements.push(value);
        }
    });
    for statement in statements {
        let effect = statement.get("Effect");
        if effect.and_then(Value::as_str) == Some("Deny") {
            continue;
        }
        answers.asked(hygiene::WILDCARD_ACTION);
        if let Some(inverse) = statement.get("NotAction") {
            let what = Fault::AllActionsBut;
            answers.broken(hygiene::WILDCARD_ACTION, what, inverse.span);
        }
        let actions = statement.get("Action").map(Value::items).unwrap_or_default();
        for action in actions {
            match (&action.kind, action.as_str()) {
                (_, Some(text)) if text.contains(['*', '?']) => {
                    let what = Fault::Allows(text.to_owned());
                    answers.broken(hygiene::WILDCARD_ACTION, what, action.span);
                }
                (_, Some(_)) | (ValueKind::Map(_), _) => {}
                _ => answers.undecided(hygiene::WILDCARD_ACTION, Part::Action, action),
            }
        }
    }
}
