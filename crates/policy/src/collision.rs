//! For which values of two symbols two sets meet: examples instead of "it depends".

use crate::pattern::{Match, Pattern, TooLarge};
use crate::text::Symbol;

/// Two different values of which one relation holds, and what it is.
const PAIRS: &[(&str, &str, &str)] = &[
    ("acme", "globex", "any two"),
    ("7", "9", "any two"),
    ("acme", "acme-eu", "the first begins the second"),
    ("1", "10", "the first begins the second"),
    ("acme-eu", "acme", "the second begins the first"),
    ("10", "1", "the second begins the first"),
    ("eu", "acme-eu", "the first ends the second"),
    ("0", "10", "the first ends the second"),
    ("acme-eu", "eu", "the second ends the first"),
    ("10", "0", "the second ends the first"),
    ("acme", "globex-acme-eu", "the first is inside the second"),
    ("globex-acme-eu", "acme", "the second is inside the first"),
    ("acme", "ACME", "they differ only in case"),
];

/// Values of two symbols for which two sets meet.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Collision {
    /// What the first symbol stands for.
    pub first: &'static str,
    /// What the second stands for.
    pub second: &'static str,
    /// How the two values are related; any such pair collides, unless something else is between.
    pub relation: &'static str,
}

/// Different values of `first` and `second` for which the two patterns meet for certain. The
/// relations are tried from "any two" on, so the first that is found says most. `None` is no
/// proof that there are none.
///
/// # Errors
/// When the sets are too large to compare.
pub fn collision(
    one: &Pattern,
    other: &Pattern,
    first: Symbol,
    second: Symbol,
) -> Result<Option<Collision>, TooLarge> {
    let fits = |symbol: Symbol, value: &str| value.chars().all(|char| symbol.form.contains(char));
    for (of_first, of_second, relation) in PAIRS {
        if !fits(first, of_first) || !fits(second, of_second) {
            continue;
        }
        let filled = |pattern: &Pattern| {
            pattern.clone().with_value(first, of_first).with_value(second, of_second)
        };
        if filled(one).meets(&filled(other))? == Match::Yes {
            return Ok(Some(Collision { first: of_first, second: of_second, relation }));
        }
    }
    Ok(None)
}
