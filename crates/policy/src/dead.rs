//! Statements that can never match: neither a grant nor a barrier.

use crate::keys::{Setter, key_fact};
use crate::parsed::{ConditionTest, ListElement, PolicyStatement, Quantifier, Span, Test};
use crate::pattern::{Element, Match, Pattern, Style};
use crate::reference::{Action, Reference, ResourceType, Service};
use crate::template::{Filling, Template};
use crate::text::Text;

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
    if plainly_alive(statement) {
        return None;
    }
    let listed = listed_actions(&statement.actions)?;
    if listed.is_empty() {
        return Some(Dead::Actions { span: statement.actions.span });
    }
    let resources = statement.resources.as_ref().filter(|list| !list.negated)?;
    let sets: Vec<Set> =
        resources.items.iter().filter_map(|item| Set::of(&item.template)).collect();
    let alive = |meets: fn(&Set, &ResourceType) -> bool| {
        let acts = |(service, action): &(&Service, &Action)| {
            sets.iter().any(|set| may_act(service, action, set, meets))
        };
        listed.iter().any(acts)
    };
    let alive = alive(Set::plainly_meets) || alive(Set::may_meet);
    (!alive).then_some(Dead::Resources { span: resources.span })
}

/// Whether the first action is known to act on the first resource, which is soon asked.
fn plainly_alive(statement: &PolicyStatement) -> bool {
    let Some(list) = &statement.resources else { return false };
    let (Some(action), Some(resource)) = (statement.actions.items.first(), list.items.first())
    else {
        return false;
    };
    let Some(name) = action.template.source().as_str() else { return false };
    let arn = resource.template.source();
    let Some(known) = Reference::get().action(name) else { return false };
    if statement.actions.negated || list.negated {
        return false;
    }
    match arn.as_str() {
        Some("*") => true,
        Some(arn) if arn.contains(['*', '?', '$']) => false,
        _ => {
            let on = Reference::get().actions_on(arn);
            on.iter().any(|(_, action)| std::ptr::eq(*action, known))
        }
    }
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
        let source = item.template.source();
        if let Some((_, name)) = source.as_str().and_then(|text| text.split_once(':'))
            && !name.contains(['*', '?'])
        {
            found.extend(service.action(name).map(|action| (service, action)));
            continue;
        }
        let pattern = Pattern::read(source, Style::Glob).lowercase();
        for (name, action) in &service.actions {
            let name = format!("{prefix}:{name}").to_ascii_lowercase();
            if pattern.matches(&name.into()) != Match::No {
                found.push((service, action));
            }
        }
    }
    Some(found)
}

/// The set that a resource stands for when its variables are anything.
enum Set {
    /// This ARN alone.
    One(Text),
    /// More.
    Many {
        pattern: Pattern,
        /// One of them.
        one: Text,
        /// What comes before a wildcard at the end.
        start: Option<Text>,
    },
}

impl Set {
    fn of(template: &Template) -> Option<Self> {
        let pattern = template.pattern(Style::Resource, |_| Filling::Anything)?;
        let mut one = Text::default();
        let mut start = None;
        let mut wild = false;
        for element in pattern.elements() {
            start = None;
            match element {
                Element::Char(char) => one.push_str(char.encode_utf8(&mut [0; 4])),
                Element::Symbol(symbol) => one.push_symbol(*symbol),
                Element::One(_) | Element::Many(_) => {
                    if matches!(element, Element::Many(_)) {
                        start = Some(one.clone());
                    }
                    one.push_str("x");
                    wild = true;
                }
            }
        }
        Some(if wild { Self::Many { pattern, one, start } } else { Self::One(one) })
    }

    fn holds_all(&self) -> bool {
        match self {
            Self::One(text) => match text.as_str() {
                Some(text) => text == "*",
                None => text.literal_start().is_empty(),
            },
            Self::Many { pattern, .. } => pattern.matches(&"*".into()) != Match::No,
        }
    }

    /// What is soon answered, and mostly so.
    fn plainly_meets(&self, kind: &ResourceType) -> bool {
        let is = |text: &Text| kind.pattern().matches(text) == Match::Yes;
        match self {
            Self::One(text) => is(text),
            Self::Many { one, start, .. } => {
                is(one) || start.as_ref().is_some_and(|start| is(&kind.ended(start)))
            }
        }
    }

    fn may_meet(&self, kind: &ResourceType) -> bool {
        let kind = kind.pattern();
        match self {
            Self::One(text) => kind.matches(text) != Match::No,
            // Too large to compare: it may.
            Self::Many { pattern, .. } => {
                kind.meets(pattern).map_or(true, |answer| answer != Match::No)
            }
        }
    }
}

fn may_act(
    service: &Service,
    action: &Action,
    resource: &Set,
    meets: fn(&Set, &ResourceType) -> bool,
) -> bool {
    let on_all = resource.holds_all();
    let mut types = action.on.keys().filter(|kind| !kind.is_empty()).peekable();
    if on_all || types.peek().is_none() {
        return on_all;
    }
    // A type of another service: it may.
    types.any(|kind| service.resources.get(kind).is_none_or(|kind| meets(resource, kind)))
}
