//! Statements that can never match: neither a grant nor a barrier.

use crate::keys::{Setter, key_fact};
use crate::parsed::{ConditionTest, ListElement, PolicyStatement, Quantifier, Span, Test};
use crate::pattern::{Answer, Pattern, Style};
use crate::reference::{Action, Reference, Service};
use crate::template::{Filling, Template};

/// Why a statement can never match.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Dead {
    /// A condition that only a request with this key meets, and no request has it.
    Key {
        /// Where the condition stands.
        span: Span,
        /// The key.
        key: String,
    },
    /// No action of the services named is listed.
    Actions {
        /// Where the actions stand.
        span: Span,
    },
    /// No listed action acts on a listed resource.
    Resources {
        /// Where the resources stand.
        span: Span,
    },
}

/// Why a statement can never match, as far as the services that it names are recorded; `None`
/// when it may match.
pub fn dead(statement: &PolicyStatement) -> Option<Dead> {
    if let Some(test) = statement.conditions.iter().find(|test| needs_missing_key(test)) {
        return Some(Dead::Key { span: test.span, key: test.key.clone() });
    }
    let listed = listed_actions(&statement.actions)?;
    if listed.is_empty() {
        return Some(Dead::Actions { span: statement.actions.span });
    }
    let resources = statement.resources.as_ref().filter(|list| !list.negated)?;
    let patterns: Vec<Pattern> =
        resources.items.iter().filter_map(|item| widest(&item.template)).collect();
    let alive = |(service, action): &(&Service, &Action)| {
        patterns.iter().any(|pattern| may_act(service, action, pattern))
    };
    (!listed.iter().any(alive)).then_some(Dead::Resources { span: resources.span })
}

fn needs_missing_key(test: &ConditionTest) -> bool {
    let operator = test.operator;
    let passes_without = operator.if_exists
        || operator.quantifier == Some(Quantifier::All)
        || operator.negated && operator.quantifier.is_none()
        || operator.test == Test::Null;
    !passes_without && key_fact(&test.key).setter == Setter::Nobody
}

/// The recorded actions that are listed; `None` when one may be of a service that is not recorded.
fn listed_actions(element: &ListElement) -> Option<Vec<(&'static Service, &'static Action)>> {
    if element.negated {
        return None;
    }
    let mut found = Vec::new();
    for item in &element.items {
        let (prefix, _) = item.template.source().as_str()?.split_once(':')?;
        let service = Reference::get().service(prefix)?;
        let pattern = Pattern::read(item.template.source(), Style::Glob).lowercase();
        for (name, action) in &service.actions {
            let name = format!("{prefix}:{name}").to_ascii_lowercase();
            if pattern.matches(&name.into()) != Answer::No {
                found.push((service, action));
            }
        }
    }
    Some(found)
}

/// The set that a resource stands for when its variables are anything.
fn widest(template: &Template) -> Option<Pattern> {
    template.pattern(Style::Resource, |_| Filling::Anything)
}

fn may_act(service: &Service, action: &Action, resource: &Pattern) -> bool {
    let on_all = resource.matches(&"*".into()) != Answer::No;
    let mut types = action.on.keys().filter(|kind| !kind.is_empty()).peekable();
    if on_all || types.peek().is_none() {
        return on_all;
    }
    types.any(|kind| match service.resources.get(kind) {
        // Too large to compare, or a type of another service: it may.
        Some(kind) => kind.pattern().meets(resource).map_or(true, |answer| answer != Answer::No),
        None => true,
    })
}
