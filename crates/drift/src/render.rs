//! Drift as text: for people at a terminal, for a pull request, and as JSON.

mod human;
mod markdown;

pub use human::human;
pub use markdown::markdown;

use serde_json::Value;

use crate::drift::{Drift, Found, Ought};
use crate::meaning::Meaning;

/// Drift as JSON, indented, as `schema/drift.schema.json` describes it.
///
/// # Errors
/// None that data can cause.
pub fn json(drift: &Drift) -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(drift)
}

/// `2 isolation no longer holds, 1 harmless`.
fn sum(drift: &Drift) -> String {
    let counts = Meaning::ALL.iter().filter_map(|meaning| {
        let all = drift.differences().filter(|(_, found)| found.judgement.meaning == *meaning);
        let count = all.count();
        (count > 0).then(|| format!("{count} {}", meaning.words()))
    });
    counts.collect::<Vec<_>>().join("; ")
}

const fn words(ought: Ought) -> &'static str {
    match ought {
        Ought::Missing => "is not there",
        Ought::Otherwise => "is otherwise",
        Ought::Unknown => "is in no template",
    }
}

fn name(found: &Found) -> String {
    let id = &found.resource.id;
    match &found.resource.name {
        Some(name) if name != id => plain(&format!("{name} ({id})")),
        _ => plain(id),
    }
}

/// What a service says must not steer the terminal.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn owner(found: &Found) -> &str {
    found.resource.tenant.as_deref().unwrap_or("shared")
}

/// A value in few characters.
fn short(value: Option<&Value>) -> String {
    const LONGEST: usize = 100;
    let Some(value) = value else { return "nothing".to_owned() };
    let text = match value {
        Value::String(text) => format!("{text:?}"),
        other => other.to_string(),
    };
    let text = plain(&text);
    if text.chars().count() <= LONGEST {
        return text;
    }
    let begin: String = text.chars().take(LONGEST).collect();
    format!("{begin}…")
}
