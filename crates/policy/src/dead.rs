//! Statements that can never match: neither a grant nor a barrier.

use crate::keys::{Setter, key_fact};
use crate::parsed::{
    ConditionTest, ListElement, PolicyStatement, PrincipalItem, PrincipalKind, Quantifier, Span,
    Test,
};
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
    /// A condition with no value to be compared with, which holds for no request.
    Values {
        /// Where the condition stands.
        span: Span,
        /// The key.
        key: String,
    },
    /// Nobody is called what the principals are called.
    Principals {
        /// Where the principals stand.
        span: Span,
    },
    /// The source's ARN is of another account than the source must be of.
    Source {
        /// Where the condition on the ARN stands.
        span: Span,
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
    if let Some(test) = statement.conditions.iter().find(|test| compares_with_nothing(test)) {
        return Some(Dead::Values { span: test.span, key: test.key.clone() });
    }
    if let Some(principals) = &statement.principals
        && !principals.negated
        && !principals.items.is_empty()
        && principals.items.iter().all(names_nobody)
    {
        return Some(Dead::Principals { span: principals.span });
    }
    if let Some(span) = of_two_accounts(&statement.conditions) {
        return Some(Dead::Source { span });
    }
    if let Some(list) = statement.resources.as_ref().filter(|list| !list.negated)
        && !list.items.is_empty()
        && list.items.iter().all(|item| is_alias_as_key(item.template.source()))
    {
        return Some(Dead::Resources { span: list.span });
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

/// Whether no request at all can meet a statement, whatever actions and resources there are.
pub fn impossible(statement: &PolicyStatement) -> bool {
    matches!(
        dead(statement),
        Some(
            Dead::Key { .. } | Dead::Values { .. } | Dead::Principals { .. } | Dead::Source { .. }
        )
    )
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
    needs_its_key(test) && key_fact(&test.key).setter == Setter::Nobody
}

/// Whether a test fails where the request does not have its key.
fn needs_its_key(test: &ConditionTest) -> bool {
    let operator = test.operator;
    let passes_without = operator.if_exists
        || operator.quantifier == Some(Quantifier::All)
        || operator.negated && operator.quantifier.is_none()
        || operator.test == Test::Null;
    !passes_without
}

/// One of the values must match, and there is none.
fn compares_with_nothing(test: &ConditionTest) -> bool {
    test.values.is_empty() && !test.operator.negated && needs_its_key(test)
}

/// Whether a principal has no form that IAM knows: an account, an ARN, or an id that IAM makes up.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>
fn names_nobody(item: &PrincipalItem) -> bool {
    if item.kind != PrincipalKind::Aws {
        return false;
    }
    let Some(text) = item.text.as_str() else { return false };
    let account = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    let made_up = text.len() >= 16
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    text != "*" && !account && !made_up && !text.starts_with("arn:")
}

/// Where a source's ARN is compared that can be of no account that the source must be of.
fn of_two_accounts(conditions: &[ConditionTest]) -> Option<Span> {
    let of = |key: &'static str, tests: fn(Test) -> bool| {
        conditions.iter().find(move |test| {
            test.key.eq_ignore_ascii_case(key)
                && tests(test.operator.test)
                && !test.operator.negated
                && needs_its_key(test)
        })
    };
    let accounts =
        of("aws:SourceAccount", |test| matches!(test, Test::StringEquals | Test::StringLike))?;
    let arns = of("aws:SourceArn", |test| {
        matches!(test, Test::Arn | Test::StringEquals | Test::StringLike)
    })?;
    let plain = |account: &str| account.bytes().all(|byte| byte.is_ascii_digit());
    let allowed: Vec<&str> = accounts
        .values
        .iter()
        .map(|item| item.template.source().as_str().filter(|text| plain(text)))
        .collect::<Option<_>>()?;
    let mut of_others = arns.values.iter().map(|item| {
        let account = item.template.source().as_str()?.split(':').nth(4)?;
        (account.len() == 12 && plain(account)).then(|| !allowed.contains(&account))
    });
    let all = !arns.values.is_empty() && of_others.all(|other| other == Some(true));
    all.then_some(arns.span)
}

/// Whether an ARN is written as a key's and names an alias: ids of keys do not begin so.
/// <https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#key-id>
fn is_alias_as_key(arn: &Text) -> bool {
    let text = arn.to_string();
    let mut parts = text.splitn(6, ':').skip(2);
    parts.next() == Some("kms") && parts.nth(2).is_some_and(|id| id.starts_with("key/alias/"))
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
