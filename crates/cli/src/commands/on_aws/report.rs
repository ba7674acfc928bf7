//! What became of the cells.

use std::collections::BTreeMap;

use serde::Serialize;
use tenantry_pulumi::deploy::{Ended, Stack};

use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::output::{Output, table};

pub(super) const fn is_done(ended: &Ended) -> bool {
    matches!(ended, Ended::Done(_))
}

/// Tells what became of each cell, and what to do where one is not done.
pub(super) fn told(ended: &[(Stack, Ended)], output: &Output) -> Result<Outcome, Failure> {
    output.data(&report(ended), || human(ended))?;
    let open = ended.iter().filter(|(_, one)| !is_done(one)).count();
    if open == 0 {
        return Ok(Outcome::Done);
    }
    output.note(&format!(
        "{open} of {} cells are not done: the same command again goes on with them, and leaves alone what is as wanted.",
        ended.len()
    ));
    Ok(Outcome::Undecided)
}

#[derive(Serialize)]
struct Report<'a> {
    stack: &'a str,
    cell: u32,
    result: &'static str,
    operations: BTreeMap<&'a str, u64>,
    reasons: &'a [String],
}

fn report(ended: &[(Stack, Ended)]) -> Vec<Report<'_>> {
    ended.iter().map(|(stack, ended)| report_of(stack, ended)).collect()
}

fn report_of<'a>(stack: &'a Stack, ended: &'a Ended) -> Report<'a> {
    let (result, operations, reasons): (_, _, &[String]) = match ended {
        Ended::Done(operations) => {
            let operations = operations.iter().map(|(name, count)| (name.as_str(), *count));
            ("done", operations.collect(), &[])
        }
        Ended::Failed { reasons, .. } => ("failed", BTreeMap::new(), reasons),
        Ended::Waiting { reason } => ("waiting", BTreeMap::new(), std::slice::from_ref(reason)),
        Ended::Cancelled => ("cancelled", BTreeMap::new(), &[]),
    };
    Report { stack: &stack.name, cell: stack.cell, result, operations, reasons }
}

fn human(ended: &[(Stack, Ended)]) -> String {
    table(
        &["STACK", "CELL", "RESULT"],
        ended.iter().map(|(stack, ended)| {
            vec![stack.name.clone(), stack.cell.to_string(), in_words(ended)]
        }),
    )
}

pub(super) fn in_words(ended: &Ended) -> String {
    match ended {
        Ended::Done(operations) => {
            let counts = operations.iter().filter(|(name, _)| *name != "same");
            let counts: Vec<String> =
                counts.map(|(name, count)| format!("{count} {name}")).collect();
            if counts.is_empty() { "no change".to_owned() } else { counts.join(", ") }
        }
        Ended::Failed { reasons, hint } => {
            let mut text = format!("failed: {}", reasons.join("; "));
            if let Some(hint) = hint {
                text.push_str(&format!(" ({hint})"));
            }
            text
        }
        Ended::Waiting { reason } => format!("not begun: {reason}"),
        Ended::Cancelled => "cancelled".to_owned(),
    }
}
