//! `tenantry ledger`: what was deleted, and whether the record of it is whole.

use serde::Serialize;
use tenantry_archive::Ledger;

use crate::arguments;
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::output::{Output, table};
use crate::project::{LEDGER, Project};

#[derive(Serialize)]
struct Report<'a> {
    entries: usize,
    head: &'a str,
    /// The file ends in half a line, as an interrupted command leaves it.
    torn: bool,
}

pub(crate) fn run(
    project: &Project,
    command: &arguments::Ledger,
    output: &Output,
) -> Result<Outcome, Failure> {
    let path = project.folder.join(LEDGER);
    match command {
        arguments::Ledger::Verify { head } => {
            // A broken chain is what is looked for.
            let ledger = match Ledger::open(&path) {
                Err(error @ tenantry_archive::ArchiveError::Wrong { .. }) => {
                    output.failure(&error.into());
                    return Ok(Outcome::Findings);
                }
                other => other?,
            };
            if let Some(head) = head
                && !ledger.has(head)
            {
                output.failure(&Failure::with_hint(
                    format!("no entry of {} has the hash {head}", path.display()),
                    "entries were cut off at its end: restore it from version control",
                ));
                return Ok(Outcome::Findings);
            }
            let (entries, torn) = (ledger.entries().len(), ledger.is_torn());
            let report = Report { entries, head: ledger.head(), torn };
            output.data(&report, || {
                let torn = if torn {
                    "\nHalf a line at its end counts for nothing; the next entry takes its place."
                } else {
                    ""
                };
                format!("The chain is whole: {entries} entries, the last {}{torn}", ledger.head())
            })?;
        }
        arguments::Ledger::List => {
            let ledger = Ledger::open(&path)?;
            let entries: Vec<_> = ledger.entries().collect();
            output.data(&entries, || {
                let rows = entries.iter().map(|entry| {
                    let number = entry.number.to_string();
                    vec![number, entry.at.clone(), entry.kind.clone(), entry.tenant.clone()]
                });
                table(&["NUMBER", "TIME", "ENTRY", "TENANT"], rows)
            })?;
        }
    }
    Ok(Outcome::Done)
}
