//! The cost of a plan in a few lines.

use std::collections::BTreeMap;

use crate::cost::{Cost, Sides};

const MOST: usize = 10;

/// The sum first, then what it is made of.
pub(super) fn lines(cost: &Cost) -> Vec<String> {
    let mut lines = vec![format!(
        "Cost a month: {} {} ({} list prices of {}; {} requests and {} GB a tenant)",
        sides(cost.total),
        cost.currency,
        cost.region,
        cost.prices_of,
        with_commas(&format!("{:.0}", cost.load.requests)),
        cost.load.stored_gb,
    )];
    lines.extend(by("by tenant", &cost.tenants));
    lines.extend(by("shared", &cost.shared));
    if !cost.not_priced.is_empty() {
        let not: Vec<&str> = cost.not_priced.iter().map(String::as_str).collect();
        lines.push(format!("not priced: {}", not.join(", ")));
    }
    lines
}

/// Whose changes, one by one; all others by what they cost.
fn by(what: &str, all: &BTreeMap<String, Sides>) -> Option<String> {
    let changes = |sides: &Sides| sides.now != sides.then;
    let changed = all.iter().filter(|(_, sides)| changes(sides));
    let count = changed.clone().count();
    let mut parts: Vec<String> =
        changed.take(MOST).map(|(name, amount)| format!("{name} {}", sides(*amount))).collect();
    if count > MOST {
        parts.push(format!("{} more that change", count - MOST));
    }
    let mut same: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (name, amount) in all.iter().filter(|(_, sides)| !changes(sides)) {
        same.entry(money(amount.then)).or_default().push(name);
    }
    let kinds = same.len();
    parts.extend(same.into_iter().take(MOST).map(|(amount, names)| match names.as_slice() {
        [name] => format!("{name} {amount}"),
        names => format!("{} at {amount} each", names.len()),
    }));
    if kinds > MOST {
        parts.push(format!("{} other amounts", kinds - MOST));
    }
    (!parts.is_empty()).then(|| format!("{what}: {}", parts.join(", ")))
}

fn sides(amount: Sides) -> String {
    let (now, then) = (money(amount.now), money(amount.then));
    if now == then { then } else { format!("{now} → {then}") }
}

fn money(amount: f64) -> String {
    with_commas(&format!("{amount:.2}"))
}

/// `1234567.50` as `1,234,567.50`.
fn with_commas(number: &str) -> String {
    let (whole, rest) = number.find('.').map_or((number, ""), |at| number.split_at(at));
    let mut text = String::with_capacity(number.len() + 4);
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text + rest
}
