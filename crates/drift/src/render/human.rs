//! Drift at a terminal.

use super::{name, owner, plain, short, sum, words};
use crate::drift::{CellDrift, Drift, Found};
use crate::meaning::Meaning;

/// Places of one resource that are told; there may be hundreds.
const MOST_PLACES: usize = 6;
/// What shows a meaning, a claim each.
const MOST_SHOWN: usize = 3;

/// Drift for people, the gravest first. `paint` colours a piece of text by what it means.
#[must_use]
pub fn human(drift: &Drift, paint: &dyn Fn(Meaning, &str) -> String) -> String {
    let mut lines = Vec::new();
    for cell in &drift.cells {
        if !cell.deployed {
            lines.push(format!("{}: nothing of it is deployed", cell.stack));
            continue;
        }
        for meaning in Meaning::ALL {
            let found: Vec<_> = cell
                .differences
                .iter()
                .filter(|found| found.judgement.meaning == meaning)
                .collect();
            if found.is_empty() {
                continue;
            }
            lines.push(format!("{}: {}", cell.stack, paint(meaning, meaning.words())));
            for found in found {
                one(found, &mut lines);
            }
            lines.push(String::new());
        }
    }
    not_compared(drift, &mut lines);
    let compared: usize = drift.cells.iter().map(|cell| cell.compared).sum();
    let sum = if drift.is_none() { "no drift".to_owned() } else { sum(drift) };
    lines.push(format!("{}: {sum} ({compared} properties compared)", drift.platform));
    lines.push(format!("Isolation as deployed: {}", drift.isolation));
    lines.join("\n")
}

fn one(found: &Found, lines: &mut Vec<String>) {
    let (kind, what) = (&found.resource.kind, words(found.is));
    lines.push(format!("  {}: {kind} {} {what}", owner(found), name(found)));
    let places = &found.resource.properties;
    for place in places.iter().take(MOST_PLACES) {
        let (is, ought) = (short(place.before.as_ref()), short(place.after.as_ref()));
        lines.push(format!("      {}", plain(&place.path)));
        lines.push(format!("        is       {is}"));
        lines.push(format!("        ought to {ought}"));
    }
    if places.len() > MOST_PLACES {
        lines.push(format!("      and {} more places", places.len() - MOST_PLACES));
    }
    let shown = &found.judgement.shown_by;
    for reached in shown.iter().take(MOST_SHOWN) {
        let more =
            if reached.more > 0 { format!(", and {} more", reached.more) } else { String::new() };
        lines.push(format!("      → {}: {}{more}", reached.claim, plain(&reached.what)));
    }
    if shown.len() > MOST_SHOWN {
        let claims: Vec<_> = shown.iter().skip(MOST_SHOWN).map(|one| one.claim.as_str()).collect();
        lines.push(format!("      → also against {}", claims.join(", ")));
    }
}

fn not_compared(drift: &Drift, lines: &mut Vec<String>) {
    let told = |cell: &CellDrift| !cell.not_compared.is_empty();
    if !drift.cells.iter().any(told) {
        return;
    }
    lines.push("Not compared:".to_owned());
    for cell in drift.cells.iter().filter(|cell| told(cell)) {
        for one in &cell.not_compared {
            let why = if one.why.is_empty() { "no call that is made shows it" } else { &one.why };
            lines.push(format!("  {} ({}): {why}", one.what, one.resources));
        }
    }
    lines.push(String::new());
}
