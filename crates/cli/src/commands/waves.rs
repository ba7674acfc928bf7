//! `--waves`: a few cells first, and the others when those have been looked at.

use std::str::FromStr;
use std::time::{Duration, Instant};

use tenantry_local::{Cancel, CellUp, Client, Home, Kept, Search, Tools};
use tenantry_template::ReadOptions;
use tenantry_verdict::Outcome as Answer;

use super::{probe, verify};
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::output::Output;
use crate::project::Project;

/// How many cells each wave has.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Waves(Vec<usize>);

impl Waves {
    /// The waves of so many cells, none of them empty: what no wave was named for is a last one.
    pub(crate) fn sizes(&self, cells: usize) -> Vec<usize> {
        let mut left = cells;
        let mut sizes = Vec::with_capacity(self.0.len() + 1);
        for size in self.0.iter().copied().chain([usize::MAX]) {
            sizes.push(size.min(left));
            left -= size.min(left);
        }
        sizes.retain(|size| *size > 0);
        sizes
    }
}

impl FromStr for Waves {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let named = text.strip_suffix(",rest").unwrap_or(text);
        let size = |part: &str| match part.parse::<usize>() {
            Ok(size) if size > 0 => Ok(size),
            _ => Err(format!("{part:?} is no number of cells; write it as 1,5,rest")),
        };
        named.split(',').map(size).collect::<Result<_, _>>().map(Self)
    }
}

/// Why a wave on this machine is not clean.
pub(super) struct NotClean {
    /// In a few words.
    pub(super) why: String,
    /// How the command ends because of it.
    pub(super) outcome: Outcome,
}

impl From<Failure> for NotClean {
    fn from(failure: Failure) -> Self {
        let why = match failure {
            Failure::Other { message, .. } => message,
            Failure::Configuration(faults) => faults.to_string(),
        };
        Self { why, outcome: Outcome::Undecided }
    }
}

/// Whether the cells that came up last are clean: their tenants' own calls went as they must, all that runs now is verified
/// together, and no attack of their tenants on each other gets through.
pub(super) fn look(
    project: &Project,
    home: &Home,
    wave: &[CellUp],
    output: &Output,
    cancel: &Cancel,
) -> Result<(), NotClean> {
    let wrong = wave.iter().flat_map(|cell| &cell.attempts).filter(|one| !one.is_ok()).count();
    if wrong > 0 {
        let why = format!("{wrong} calls did not go as they must");
        return Err(NotClean { why, outcome: Outcome::Findings });
    }
    verified(project, home, output)?;
    probed(project, home, wave, output, cancel)
}

fn verified(project: &Project, home: &Home, output: &Output) -> Result<(), NotClean> {
    let began = Instant::now();
    let failed =
        |error: tenantry_local::StatusError| Failure::with_hint(error.to_string(), error.hint());
    let Kept::Running(beside) = tenantry_local::kept(home, &[]).map_err(failed)? else {
        return Err(Failure::new("the emulator does not run any more").into());
    };
    let running: Vec<(String, Vec<u8>)> = beside
        .into_iter()
        .filter_map(|one| Some((one.stack, one.running?.to_string().into_bytes())))
        .collect();
    let verdict = verify::judge_running(project, &running, false, &ReadOptions::default(), output)?;
    let answer = match verdict.outcome() {
        Answer::Breached => "breached",
        Answer::Undecided => "no way through, not all is decided",
        _ => "no way through",
    };
    let (count, pairs) = (running.len(), verdict.pairs);
    line(
        output,
        "verify what runs",
        began.elapsed(),
        &format!("{count} cells, {pairs} pairs: {answer}"),
    );
    if verdict.outcome() == Answer::Breached {
        output.note(verify::human(&verdict, output).trim_end());
        let why = "what runs now is breached".to_owned();
        return Err(NotClean { why, outcome: Outcome::Findings });
    }
    Ok(())
}

fn probed(
    project: &Project,
    home: &Home,
    wave: &[CellUp],
    output: &Output,
    cancel: &Cancel,
) -> Result<(), NotClean> {
    const LIMIT: Duration = Duration::from_secs(600);
    let status = tenantry_local::status(home)
        .map_err(|error| Failure::with_hint(error.to_string(), error.hint()))?
        .ok_or_else(|| Failure::new("the emulator does not run any more"))?;
    let of_wave = |stack: &str| wave.iter().any(|cell| cell.deployed.stack == stack);
    let targets = probe::targets(project.platform(), &status, of_wave)?;
    let tools = Tools::find(&Search::from_environment())
        .map_err(|error| Failure::with_hint(error.to_string(), error.hint()))?;
    let probed = Client::administrator(home)
        .and_then(|client| tenantry_local::probe(&client, &tools.node, &targets, LIMIT, cancel))
        .map_err(|error| Failure::with_hint(error.to_string(), error.hint()))?;
    let outcome = probe::decide(&probed)?;
    let mark = if outcome == Outcome::Done { "refused" } else { "not all refused" };
    let note = format!("{} attacks over {} pairs: {mark}", probed.attacks.len(), probed.pairs);
    line(output, "probe the wave", probed.elapsed, &note);
    if outcome == Outcome::Done {
        return Ok(());
    }
    output.note(&probe::human(&probed, false));
    Err(NotClean { why: "an attack got through".to_owned(), outcome })
}

fn line(output: &Output, what: &str, took: Duration, note: &str) {
    output.note(&format!("✓ {what:<34} {:>5.1} s  {note}", took.as_secs_f64()));
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn waves_take_all_cells_in_order_and_the_rest_is_the_last_one() {
        let sizes = |text: &str, cells| text.parse::<Waves>().unwrap().sizes(cells);
        assert_eq!(sizes("1,5,rest", 10), [1, 5, 4]);
        assert_eq!(sizes("1,5", 10), [1, 5, 4]);
        assert_eq!(sizes("1,5,rest", 3), [1, 2]);
        assert_eq!(sizes("3", 3), [3]);
    }

    #[test]
    fn what_is_no_number_of_cells_is_refused() {
        for text in ["", "rest", "0", "1,,2", "1,rest,2", "-1", "1;2"] {
            assert!(text.parse::<Waves>().is_err(), "{text}");
        }
    }
}
