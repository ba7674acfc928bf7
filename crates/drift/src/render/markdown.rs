//! Drift for a pull request or a ticket.

use super::{name, owner, short, sum, words};
use crate::drift::Drift;
use crate::meaning::Meaning;

const MOST_PLACES: usize = 4;

/// Drift in Markdown.
#[must_use]
pub fn markdown(drift: &Drift) -> String {
    if drift.is_none() {
        return format!(
            "### Drift of {}: none\n\nIsolation as deployed: {}",
            drift.platform, drift.isolation
        );
    }
    let mut lines = vec![format!("### Drift of {}: {}", drift.platform, sum(drift))];
    if drift.worst() == Some(Meaning::Isolation) {
        lines.push("\n> [!CAUTION]\n> Isolation no longer holds.".to_owned());
    }
    lines.push(
        "\n| meaning | whose | resource | where | shown by |\n| --- | --- | --- | --- | --- |"
            .to_owned(),
    );
    for (_, found) in drift.differences() {
        let mut places: Vec<String> = found
            .resource
            .properties
            .iter()
            .take(MOST_PLACES)
            .map(|place| {
                let (is, ought) = (short(place.before.as_ref()), short(place.after.as_ref()));
                cell(&format!("`{}`: is `{is}`, ought to be `{ought}`", place.path))
            })
            .collect();
        if found.resource.properties.len() > MOST_PLACES {
            places.push(format!("and {} more", found.resource.properties.len() - MOST_PLACES));
        }
        let shown: Vec<String> = found
            .judgement
            .shown_by
            .iter()
            .map(|one| cell(&format!("`{}`: {}", one.claim, one.what)))
            .collect();
        lines.push(format!(
            "| {} | {} | `{}` {} {} | {} | {} |",
            found.judgement.meaning.words(),
            owner(found),
            found.resource.kind,
            cell(&name(found)),
            words(found.is),
            places.join("<br>"),
            shown.join("<br>"),
        ));
    }
    lines.push(format!("\nIsolation as deployed: {}", drift.isolation));
    lines.join("\n")
}

/// What may stand in a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
