//! Decides a statement's conditions for a request.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>

use crate::parsed::{ConditionTest, Item, Operator, Quantifier, Test};
use crate::pattern::{Pattern, Style};
use crate::request::{Request, Value};
use crate::scalar::{Range, date, number};
use crate::template::Filling;
use crate::text::Text;
use crate::truth::{Reason, Trilean, Truth};

/// Whether all of the conditions hold.
pub(crate) fn all_hold(tests: &[ConditionTest], request: &Request) -> Truth {
    let holds = tests.iter().map(|test| condition(test, request));
    holds.fold(Truth::fixed(true), Truth::and)
}

/// Whether one condition holds.
///
/// A key that the request does not have makes a comparison false, a negated one true, and any
/// with `IfExists` or `ForAllValues` true.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html>
pub(crate) fn condition(test: &ConditionTest, request: &Request) -> Truth {
    holds_of(test, request.value(&test.key), request)
}

/// Whether a condition holds where its key holds this.
fn holds_of(test: &ConditionTest, value: Value, request: &Request) -> Truth {
    let Operator { negated, if_exists, quantifier, .. } = test.operator;
    if let Value::OneOf(values) = value {
        let each = values.into_iter().map(|value| holds_of(test, value, request));
        let none = Truth { can_hold: Trilean::No, can_fail: Trilean::No };
        return each.fold(none, |all, one| Truth {
            can_hold: all.can_hold.or(one.can_hold),
            can_fail: all.can_fail.or(one.can_fail),
        });
    }
    if test.operator.test == Test::Null {
        return null(test, &value, request);
    }
    match value {
        Value::Absent => Truth::fixed(absent(negated, if_exists, quantifier)),
        Value::Unknown => Truth::fixed(Trilean::Maybe(vec![Reason::Key(test.key.clone())])),
        Value::Chosen | Value::OneOf(_) => chosen(test, request),
        Value::Present(values) => {
            let one = |value: &Text| value_passes(test, value, request).negated_if(negated);
            let mut each = values.iter().map(one);
            match quantifier {
                Some(Quantifier::All) => each.fold(Truth::fixed(true), Truth::and),
                Some(Quantifier::Any) => each.fold(Truth::fixed(false), Truth::or),
                // A negated operator without a set operator: none of the values may match.
                None if negated => each.fold(Truth::fixed(true), Truth::and),
                None => each.by_ref().fold(Truth::fixed(false), Truth::or),
            }
        }
    }
}

fn absent(negated: bool, if_exists: bool, quantifier: Option<Quantifier>) -> bool {
    match quantifier {
        Some(Quantifier::All) => true,
        Some(Quantifier::Any) => if_exists,
        None => negated || if_exists,
    }
}

/// A caller that chooses the value, or leaves it out, gets what it wants, unless no value does.
fn chosen(test: &ConditionTest, request: &Request) -> Truth {
    let Operator { negated, if_exists, quantifier, .. } = test.operator;
    let left_out = Truth::fixed(absent(negated, if_exists, quantifier));
    let mut can_match = Trilean::No;
    for item in &test.values {
        can_match = can_match.or(satisfiable(test.operator.test, item, request));
    }
    let can_differ = escapes(test, request);
    let (can_hold, can_fail) =
        if negated { (can_differ, can_match) } else { (can_match, can_differ) };
    Truth { can_hold: can_hold.or(left_out.can_hold), can_fail: can_fail.or(left_out.can_fail) }
}

fn satisfiable(test: Test, item: &Item, request: &Request) -> Trilean {
    let Some(pattern) = pattern(item, Style::Exact, request) else { return Trilean::No };
    let Some(text) = item.template.source().as_str() else { return Trilean::Yes };
    if item.template.variables().next().is_some() || pattern.elements().is_empty() {
        return Trilean::Yes;
    }
    match test {
        Test::Numeric(_) => number(text).is_some().into(),
        Test::Date(_) => date(text).is_some().into(),
        Test::IpAddress => Range::read(text).is_some().into(),
        Test::Bool => truth_value(text).is_some().into(),
        _ => Trilean::Yes,
    }
}

/// Whether some value is none of those listed: always, except where one takes everything.
fn escapes(test: &ConditionTest, request: &Request) -> Trilean {
    match test.operator.test {
        Test::StringLike => {
            let mut escapes = Trilean::Yes;
            for item in &test.values {
                let everything = pattern(item, Style::Glob, request)
                    .is_some_and(|pattern| pattern == Pattern::everything());
                if !everything {
                    continue;
                }
                // What the caller puts in the place of a variable need not be everything.
                let open = |key: &&str| request.value(key) == Value::Unknown;
                let free = |key: &str| is_chosen(&request.value(key));
                escapes = escapes.and(match item.template.variables().find(open) {
                    Some(key) => Trilean::Maybe(vec![Reason::Key(key.to_owned())]),
                    None => item.template.variables().any(free).into(),
                });
            }
            escapes
        }
        // Everything of IPv4 is not everything.
        Test::IpAddress => {
            let all = |family: char| {
                test.values
                    .iter()
                    .filter_map(|item| item.template.source().as_str())
                    .any(|text| text.ends_with("/0") && text.contains(family))
            };
            Trilean::from(!(all('.') && all(':')))
        }
        _ => Trilean::Yes,
    }
}

/// `Null`: `true` asks that the key be absent, `false` that it be present.
fn null(test: &ConditionTest, value: &Value, request: &Request) -> Truth {
    let is_absent = match value {
        Value::Absent => Truth::fixed(true),
        Value::Present(values) => Truth::fixed(values.is_empty()),
        Value::Chosen | Value::OneOf(_) => Truth::chosen(),
        Value::Unknown => Truth::fixed(Trilean::Maybe(vec![Reason::Key(test.key.clone())])),
    };
    let mut holds = Truth::fixed(false);
    for item in &test.values {
        let asked = item.template.text(|key| filling(key, request));
        let passes = match asked.as_ref().and_then(Text::as_str).and_then(truth_value) {
            Some(asked) => is_absent.clone().negated_if(!asked),
            None => unreadable(item, asked.as_ref()),
        };
        holds = holds.or(passes);
    }
    holds
}

/// Whether a value of the request matches one of the policy's, without regard to negation.
fn value_passes(test: &ConditionTest, value: &Text, request: &Request) -> Truth {
    let matches = test.values.iter().map(|item| compare(test.operator.test, value, item, request));
    matches.fold(Truth::fixed(false), Truth::or)
}

fn compare(test: Test, value: &Text, item: &Item, request: &Request) -> Truth {
    let by_pattern = |style, fold| text_matches(value, item, style, fold, request);
    match test {
        Test::StringEquals | Test::Binary => by_pattern(Style::Exact, false),
        Test::StringEqualsIgnoreCase | Test::Bool => by_pattern(Style::Exact, true),
        Test::StringLike => by_pattern(Style::Glob, false),
        Test::Arn => by_pattern(Style::Arn, false),
        Test::Numeric(order) => by_value(value, item, request, |value, limit| {
            Some(order.fits(number(value)?.partial_cmp(&number(limit)?)?))
        }),
        Test::Date(order) => by_value(value, item, request, |value, limit| {
            Some(order.fits(date(value)?.partial_cmp(&date(limit)?)?))
        }),
        Test::IpAddress => by_value(value, item, request, |value, range| {
            Some(Range::read(range)?.contains(Range::read(value)?))
        }),
        Test::Null => Truth::fixed(false),
    }
}

/// Whether a text is in the set for which a policy's text stands, with its variables filled.
pub(crate) fn text_matches(
    value: &Text,
    item: &Item,
    style: Style,
    fold: bool,
    request: &Request,
) -> Truth {
    let Some(mut pattern) = pattern(item, style, request) else { return Truth::fixed(false) };
    let answer = if fold {
        pattern = pattern.lowercase();
        pattern.matches(&value.clone().lowercase())
    } else {
        pattern.matches(value)
    };
    let answer = Trilean::from(answer);
    if answer == Trilean::No {
        return Truth::fixed(false);
    }
    let mut truth = Truth::fixed(answer);
    for key in item.template.variables() {
        match request.value(key) {
            Value::Chosen | Value::OneOf(_) => truth.can_fail = Trilean::Yes,
            Value::Unknown => {
                truth = truth.and(Truth::fixed(Trilean::Maybe(vec![Reason::Key(key.to_owned())])));
            }
            Value::Present(_) | Value::Absent => {}
        }
    }
    truth
}

/// Compares two texts that must be known; what cannot be read matches nothing.
fn by_value(
    value: &Text,
    item: &Item,
    request: &Request,
    fits: impl Fn(&str, &str) -> Option<bool>,
) -> Truth {
    if item.template.variables().any(|key| is_chosen(&request.value(key))) {
        return Truth::chosen();
    }
    if let Some(key) = item.template.variables().find(|key| request.value(key) == Value::Unknown) {
        return Truth::fixed(Trilean::Maybe(vec![Reason::Key(key.to_owned())]));
    }
    let asked = item.template.text(|key| filling(key, request));
    match (value.as_str(), asked.as_ref().and_then(Text::as_str)) {
        (Some(value), Some(asked)) => Truth::fixed(fits(value, asked).unwrap_or(false)),
        (None, Some(_)) => {
            Truth::fixed(Trilean::Maybe(value.symbols().map(Reason::Symbol).collect()))
        }
        (_, None) => unreadable(item, asked.as_ref()),
    }
}

fn unreadable(item: &Item, asked: Option<&Text>) -> Truth {
    let symbols: Vec<_> = asked.into_iter().flat_map(Text::symbols).map(Reason::Symbol).collect();
    if !symbols.is_empty() {
        return Truth::fixed(Trilean::Maybe(symbols));
    }
    match asked {
        // A variable that the request does not have.
        None => Truth::fixed(false),
        Some(_) => {
            Truth::fixed(Trilean::Maybe(vec![Reason::Value(item.template.source().to_string())]))
        }
    }
}

fn truth_value(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        return Some(true);
    }
    text.eq_ignore_ascii_case("false").then_some(false)
}

fn pattern(item: &Item, style: Style, request: &Request) -> Option<Pattern> {
    item.template.pattern(style, |key| filling(key, request))
}

/// What stands for a policy variable. A key of several values cannot be one.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>
pub(crate) fn filling(key: &str, request: &Request) -> Filling {
    match request.value(key) {
        Value::Present(values) => match values.as_slice() {
            [one] => Filling::Text(one.clone()),
            _ => Filling::Missing,
        },
        Value::Absent => Filling::Missing,
        Value::Chosen | Value::OneOf(_) | Value::Unknown => Filling::Anything,
    }
}

/// Whether the caller has a say in it.
pub(crate) fn is_chosen(value: &Value) -> bool {
    matches!(value, Value::Chosen | Value::OneOf(_))
}
