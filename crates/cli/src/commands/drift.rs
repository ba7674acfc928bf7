//! `tenantry drift`: where what runs is not as the platform says. It changes nothing, here or elsewhere.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::json;
use tenantry_drift::{CellDrift, Drift, Meaning, NotCompared, compare, render};
use tenantry_local::Reading;

use super::{deployed, verify};
use crate::arguments::{DriftArguments, Format};
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::output::Output;
use crate::project::Project;

pub(crate) fn run(
    folder: Option<&Path>,
    arguments: &DriftArguments,
    output: &Output,
) -> Result<Outcome, Failure> {
    if arguments.policy {
        output.text(&format!("{:#}", policy()))?;
        return Ok(Outcome::Done);
    }
    let project = Project::open_with_code(folder)?;
    let found = deployed::read(&project)?;
    let whole = verify::judge_running(
        &project,
        &deployed::texts(&found)?,
        false,
        &deployed::options(),
        output,
    )?;
    let cells = found.iter().map(|reading| cell(&project, reading, output));
    let drift = Drift {
        version: Drift::VERSION,
        platform: project.platform().name.clone(),
        isolation: whole.outcome().name(),
        cells: cells.collect::<Result<_, _>>()?,
    };
    let cannot = |error: serde_json::Error| Failure::new(format!("cannot write JSON: {error}"));
    let text = match output.format() {
        Format::Human => {
            render::human(&drift, &|meaning, text| output.painted(colour(meaning), text))
        }
        Format::Json => render::json(&drift).map_err(cannot)?,
        Format::Markdown => render::markdown(&drift),
        _ => return Err(output.no_such_format()),
    };
    output.text(text.trim_end())?;
    Ok(if drift.is_none() { Outcome::Done } else { Outcome::Findings })
}

fn cell(project: &Project, reading: &Reading, output: &Output) -> Result<CellDrift, Failure> {
    let Some(found) = &reading.deployed else {
        return Ok(CellDrift {
            stack: reading.stack.clone(),
            deployed: false,
            compared: 0,
            differences: Vec::new(),
            not_compared: Vec::new(),
        });
    };
    let judge = |template: &serde_json::Value, barriers| {
        let text = (deployed::name(&reading.stack), format!("{template:#}").into_bytes());
        verify::judge_running(project, &[text], barriers, &deployed::options(), output)
    };
    let differences = compare(&reading.stack, &reading.wanted, &found.template, judge)?;
    let mut open: BTreeMap<(String, String), usize> = BTreeMap::new();
    for one in &found.not_compared {
        let what = match &one.property {
            Some(property) => format!("{} {property}", one.kind),
            None => one.kind.clone(),
        };
        *open.entry((what, one.why.clone())).or_default() += 1;
    }
    let not_compared = open
        .into_iter()
        .map(|((what, why), resources)| NotCompared { what, why, resources })
        .collect();
    Ok(CellDrift {
        stack: reading.stack.clone(),
        deployed: true,
        compared: found.compared,
        differences,
        not_compared,
    })
}

/// The policy of somebody who may make every call that reading can make, and no other.
fn policy() -> serde_json::Value {
    let mut actions: Vec<&str> =
        tenantry_deployed::calls().iter().map(|call| call.action).collect();
    actions.sort_unstable();
    actions.dedup();
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "LookAtWhatIsDeployed",
            "Effect": "Allow",
            "Action": actions,
            "Resource": "*",
        }],
    })
}

/// SGR parameters (ECMA-48) of a meaning.
const fn colour(meaning: Meaning) -> &'static str {
    match meaning {
        Meaning::Isolation => "31",
        Meaning::Undecided | Meaning::Barrier | Meaning::Convention => "33",
        Meaning::Harmless => "2",
    }
}
