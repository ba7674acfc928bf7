//! Patterns against a brute-force matcher over a small alphabet.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use proptest::prelude::*;
use tenantry_policy::{
    Class, Element, Form, Match, Pattern, Style, Symbol, Text, TooLarge, collision,
};

const ALPHABET: [char; 3] = ['a', 'b', ':'];
/// Those of the patterns, and one that stands for all others.
const LETTERS: [char; 4] = ['a', 'b', ':', 'x'];

fn symbol(id: u32) -> Symbol {
    Symbol { id, form: Form::over(|char| char == 'a' || char == 'b') }
}

/// What the symbols may stand for: up to two characters suffice to tell lengths apart.
const VALUES: [&str; 6] = ["a", "b", "aa", "ab", "ba", "bb"];

fn element() -> impl Strategy<Value = Element> {
    let class = || prop_oneof![Just(Class::Any), Just(Class::InSegment)];
    prop_oneof![
        4 => proptest::sample::select(&ALPHABET[..]).prop_map(Element::Char),
        1 => class().prop_map(Element::One),
        2 => class().prop_map(Element::Many),
    ]
}

fn with_symbols() -> impl Strategy<Value = Element> {
    prop_oneof![4 => element(), 1 => (0..2u32).prop_map(|id| Element::Symbol(symbol(id)))]
}

fn pattern() -> impl Strategy<Value = Pattern> {
    proptest::collection::vec(element(), 0..6).prop_map(Pattern::new)
}

fn symbolic() -> impl Strategy<Value = Pattern> {
    proptest::collection::vec(with_symbols(), 0..5).prop_map(Pattern::new)
}

fn text() -> impl Strategy<Value = Text> {
    let char =
        proptest::sample::select(&ALPHABET[..]).prop_map(|char| Text::from(char.to_string()));
    let part = prop_oneof![3 => char, 1 => (0..2u32).prop_map(|id| Text::symbol(symbol(id)))];
    proptest::collection::vec(part, 0..5).prop_map(|parts| {
        let mut text = Text::default();
        parts.iter().for_each(|part| text.push(part));
        text
    })
}

/// The definition, word by word.
fn holds(elements: &[Element], text: &[char], values: [&str; 2]) -> bool {
    let Some((first, rest)) = elements.split_first() else { return text.is_empty() };
    let fits = |class: Class, char: char| class == Class::Any || char != ':';
    match *first {
        Element::Char(char) => text.first() == Some(&char) && holds(rest, &text[1..], values),
        Element::One(class) => {
            text.first().is_some_and(|char| fits(class, *char)) && holds(rest, &text[1..], values)
        }
        Element::Many(class) => {
            holds(rest, text, values)
                || text.first().is_some_and(|char| fits(class, *char))
                    && holds(elements, &text[1..], values)
        }
        Element::Symbol(symbol) => {
            let value: Vec<char> = values[symbol.id as usize].chars().collect();
            text.starts_with(&value) && holds(rest, &text[value.len()..], values)
        }
    }
}

fn filled(text: &Text, values: [&str; 2]) -> Vec<char> {
    let mut all = String::new();
    for part in text.parts() {
        match part {
            tenantry_policy::Part::Literal(literal) => all.push_str(literal),
            tenantry_policy::Part::Symbol(symbol) => all.push_str(values[symbol.id as usize]),
        }
    }
    all.chars().collect()
}

fn every_text(length: usize) -> Vec<Vec<char>> {
    let mut all = vec![Vec::new()];
    let mut last = all.clone();
    for _ in 0..length {
        last = last
            .iter()
            .flat_map(|text: &Vec<char>| {
                LETTERS.iter().map(|char| [text.as_slice(), &[*char]].concat())
            })
            .collect();
        all.extend(last.clone());
    }
    all
}

fn assignments() -> impl Iterator<Item = [&'static str; 2]> {
    VALUES.iter().flat_map(|one| VALUES.iter().map(move |other| [*one, *other]))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn matching_agrees_with_the_definition_for_every_value_of_the_symbols(
        pattern in symbolic(), text in text()
    ) {
        let mut results = assignments()
            .map(|values| holds(pattern.elements(), &filled(&text, values), values));
        match pattern.matches(&text) {
            Match::Yes => prop_assert!(results.all(|yes| yes)),
            Match::No => prop_assert!(!results.any(|yes| yes)),
            Match::Depends(symbols) => prop_assert!(!symbols.is_empty()),
        }
    }

    #[test]
    fn patterns_without_symbols_are_compared_exactly(one in pattern(), other in pattern()) {
        let texts = every_text(5);
        let in_one = |text: &[char]| holds(one.elements(), text, ["", ""]);
        let in_other = |text: &[char]| holds(other.elements(), text, ["", ""]);
        match one.meets(&other).unwrap() {
            Match::Yes => {
                let witness = one.witness(&other, &[]).unwrap().unwrap();
                let witness = filled(&witness, ["", ""]);
                prop_assert!(in_one(&witness) && in_other(&witness));
                let shorter = texts.iter().filter(|text| text.len() < witness.len());
                for text in shorter {
                    prop_assert!(!(in_one(text) && in_other(text)));
                }
            }
            Match::No => for text in &texts {
                prop_assert!(!(in_one(text) && in_other(text)));
            },
            Match::Depends(_) => prop_assert!(false),
        }
        match one.within(std::slice::from_ref(&other)).unwrap() {
            Match::Yes => for text in &texts {
                prop_assert!(!in_one(text) || in_other(text));
            },
            Match::No => {
                let except = [other.clone()];
                let witness = one.witness(&Pattern::everything(), &except).unwrap().unwrap();
                let witness = filled(&witness, ["", ""]);
                prop_assert!(in_one(&witness) && !in_other(&witness));
            }
            Match::Depends(_) => prop_assert!(false),
        }
    }

    #[test]
    fn a_union_holds_what_one_of_its_patterns_holds(
        inner in pattern(), one in pattern(), other in pattern()
    ) {
        let union = [one.clone(), other.clone()];
        let answer = inner.within(&union).unwrap();
        let escape = every_text(5).into_iter().find(|text| {
            let holds = |pattern: &Pattern| holds(pattern.elements(), text, ["", ""]);
            holds(&inner) && !holds(&one) && !holds(&other)
        });
        if escape.is_some() {
            prop_assert_eq!(answer, Match::No);
        } else if answer == Match::No {
            let witness = inner.witness(&Pattern::everything(), &union).unwrap().unwrap();
            prop_assert!(filled(&witness, ["", ""]).len() > 5);
        }
    }

    #[test]
    fn answers_on_symbolic_sets_hold_for_every_value_of_the_symbols(
        one in symbolic(), other in symbolic()
    ) {
        let texts = every_text(3);
        let meets = one.meets(&other).unwrap();
        let within = one.within(std::slice::from_ref(&other)).unwrap();
        for values in assignments() {
            let in_one = |text: &[char]| holds(one.elements(), text, values);
            let in_other = |text: &[char]| holds(other.elements(), text, values);
            if let Some(witness) = one.witness(&other, &[]).unwrap() {
                let witness = filled(&witness, values);
                prop_assert!(in_one(&witness) && in_other(&witness));
            }
            for text in &texts {
                prop_assert!(meets != Match::No || !(in_one(text) && in_other(text)));
                prop_assert!(within != Match::Yes || !in_one(text) || in_other(text));
            }
            if within == Match::No {
                let except = [other.clone()];
                let witness = one.witness(&Pattern::everything(), &except).unwrap().unwrap();
                let witness = filled(&witness, values);
                prop_assert!(in_one(&witness) && !in_other(&witness));
            }
        }
    }
}

fn read(text: &str, style: Style) -> Pattern {
    Pattern::read(&text.into(), style)
}

#[test]
fn a_prefix_wildcard_also_takes_the_tenant_whose_id_begins_alike() {
    let pattern = read("arn:aws:s3:::tenant-1*", Style::Resource);
    assert_eq!(pattern.matches(&"arn:aws:s3:::tenant-10".into()), Match::Yes);
}

#[test]
fn a_wildcard_inside_a_segment_stays_there_and_one_at_its_end_runs_on() {
    let arn = Text::from("arn:aws:sqs:us-east-1:111122223333:queue");
    assert_eq!(read("arn:aws:sqs:*:queue", Style::Resource).matches(&arn), Match::Yes);
    assert_eq!(read("arn:aws:sqs:us*e", Style::Resource).matches(&arn), Match::No);
    assert_eq!(read("arn:aws:sqs:*:queue", Style::Arn).matches(&arn), Match::No);
    assert_eq!(read("arn:aws:sqs:*", Style::Resource).matches(&arn), Match::Yes);
}

#[test]
fn the_examples_of_the_resource_page_match_as_it_says() {
    let pattern = read("arn:aws:s3:::amzn-s3-demo-bucket/*/test/*", Style::Resource);
    for (key, expected) in [
        ("1/test/object.jpg", true),
        ("1/2/test/object.jpg", true),
        ("1/2/test/3/object.jpg", true),
        ("1///test///object.jpg", true),
        ("/test/object.jpg", true),
        ("1/test/", true),
        ("1-test/object.jpg", false),
        ("test/object.jpg", false),
        ("1/2/test.jpg", false),
    ] {
        let arn = Text::from(format!("arn:aws:s3:::amzn-s3-demo-bucket/{key}"));
        let answer = if expected { Match::Yes } else { Match::No };
        assert_eq!(pattern.matches(&arn), answer, "{key}");
    }
}

#[test]
fn a_symbol_is_equal_only_to_itself_and_says_so_when_it_matters() {
    let id = Symbol { id: 7, form: Form::name() };
    let mut table = Text::from("table/");
    table.push_symbol(id);
    let exact = Pattern::exactly(&table);
    assert_eq!(exact.matches(&table), Match::Yes);
    assert_eq!(exact.matches(&"table/acme".into()), Match::Depends(vec![id]));
    assert_eq!(exact.matches(&"bucket/acme".into()), Match::No);
    assert_eq!(read("table/*", Style::Glob).matches(&table), Match::Yes);
}

#[test]
fn patterns_that_would_need_too_many_states_are_an_error_and_not_a_hang() {
    let wild = |last: &str| read(&format!("*{last}{}", "?".repeat(40)), Style::Glob);
    assert_eq!(wild("a").within(&[wild("b")]), Err(TooLarge));
}

#[test]
fn an_answer_that_depends_is_explained_by_two_ids_that_collide() {
    let form = Form::name();
    let (ours, theirs) = (Symbol { id: 1, form }, Symbol { id: 2, form });
    let named = |symbol: Symbol, before: &str, after: &str| {
        let mut text = Text::from(before);
        text.push_symbol(symbol);
        text.push_str(after);
        text
    };
    let first = |pattern: &str, text: Text| {
        let (before, after) = pattern.split_once('#').unwrap();
        let pattern = Pattern::read(&named(ours, before, after), Style::Glob);
        let found = collision(&pattern, &Pattern::exactly(&text), ours, theirs).unwrap();
        found.map(|found| (found.first, found.second))
    };
    assert_eq!(first("t-#*", named(theirs, "t-", "")), Some(("acme", "acme-eu")));
    assert_eq!(first("t-#-users", named(theirs, "t-", "-users")), None);
    assert_eq!(first("*#-users", named(theirs, "t-", "-users")), Some(("eu", "acme-eu")));
    assert_eq!(first("t-*#*", named(theirs, "t-", "-acme")), Some(("acme", "globex")));
    let digits = |id| Symbol { id, form: Form::digits() };
    let pattern = Pattern::read(&named(digits(1), "t", "*"), Style::Glob);
    let text = Pattern::exactly(&named(digits(2), "t", ""));
    let found = collision(&pattern, &text, digits(1), digits(2)).unwrap().unwrap();
    assert_eq!((found.first, found.second), ("1", "10"));
}
