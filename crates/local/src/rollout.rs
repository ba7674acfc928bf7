//! In which order cells are brought up, and how many at once.
//!
//! The first cell comes before all others: it has what an account has once. A cell that fails stops nothing but itself; a wave
//! that is not clean stops the waves after it.

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

use crate::progress::Cancel;
use crate::up::{CellFailure, CellUp, NotBegun, UpError, WantedCell};

/// Whether a wave that is up is clean, else what is wrong with it.
pub type WaveCheck<'a> = dyn Fn(&[CellUp]) -> Result<(), String> + 'a;

/// How cells are brought up.
pub struct Rollout<'a> {
    /// How many cells are worked on at once.
    pub jobs: NonZeroUsize,
    /// How many cells each wave has; all that are left come in a last one. Without any, all cells are one wave.
    pub waves: Vec<usize>,
    /// What has to hold of a wave before the next one begins; looked at only where there are waves.
    pub check: &'a WaveCheck<'a>,
}

/// What became of the cells.
#[derive(Debug, Default)]
pub(crate) struct Ended {
    pub(crate) up: Vec<CellUp>,
    pub(crate) failed: Vec<CellFailure>,
    pub(crate) not_begun: Vec<NotBegun>,
}

const FIRST_FAILED: &str =
    "the first cell has what the others rely on, so they come when it is there";

impl Rollout<'_> {
    /// All cells in one wave.
    #[must_use]
    pub fn at_once(jobs: NonZeroUsize) -> Self {
        Self { jobs, waves: Vec::new(), check: &|_| Ok(()) }
    }

    /// Works on all cells, wave by wave; `work` brings up one.
    pub(crate) fn run(
        &self,
        wanted: &[WantedCell],
        cancel: &Cancel,
        work: &(dyn Fn(&WantedCell) -> Result<CellUp, UpError> + Sync),
    ) -> Ended {
        let mut ended = Ended::default();
        let mut stopped: Option<String> = None;
        let mut is_first = true;
        for wave in split(wanted, &self.waves) {
            let begun = ended.up.len();
            let alone = usize::from(is_first).min(wave.len());
            let (first, others) = wave.split_at(alone);
            is_first = false;
            for turn in [first, others] {
                match &stopped {
                    Some(reason) => ended.leave(turn, reason),
                    None => self.turn(turn, cancel, work, &mut ended),
                }
                if stopped.is_none() && ended.up.is_empty() && !ended.failed.is_empty() {
                    stopped = Some(FIRST_FAILED.to_owned());
                }
            }
            if stopped.is_none() && !self.waves.is_empty() && !cancel.is_cancelled() {
                stopped = self.not_clean(&ended, begun);
            }
        }
        ended
    }

    /// Why the wave that ended last is not clean.
    fn not_clean(&self, ended: &Ended, begun: usize) -> Option<String> {
        if let Some(failed) = ended.failed.first() {
            return Some(format!("{} of the wave before failed", failed.stack));
        }
        let up = ended.up.get(begun..).unwrap_or_default();
        (self.check)(up).err().map(|why| format!("the wave before is not clean: {why}"))
    }

    fn turn(
        &self,
        turn: &[WantedCell],
        cancel: &Cancel,
        work: &(dyn Fn(&WantedCell) -> Result<CellUp, UpError> + Sync),
        ended: &mut Ended,
    ) {
        let waiting: Mutex<VecDeque<(usize, &WantedCell)>> =
            Mutex::new(turn.iter().enumerate().collect());
        let results = Mutex::new(Vec::with_capacity(turn.len()));
        let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        std::thread::scope(|scope| {
            for _ in 0..self.jobs.get().min(turn.len()) {
                scope.spawn(|| {
                    while let Some((place, wanted)) = next() {
                        let result = (!cancel.is_cancelled()).then(|| work(wanted));
                        let mut results = results.lock().unwrap_or_else(PoisonError::into_inner);
                        results.push((place, wanted, result));
                    }
                });
            }
        });
        let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
        results.sort_by_key(|(place, _, _)| *place);
        for (_, wanted, result) in results {
            let stack = wanted.cell.stack.clone();
            match result {
                Some(Ok(up)) => ended.up.push(up),
                Some(Err(error)) => {
                    ended.failed.push(CellFailure { stack, error: Box::new(error) })
                }
                None => ended.not_begun.push(NotBegun { stack, reason: "stopped as asked".into() }),
            }
        }
    }
}

impl Ended {
    fn leave(&mut self, turn: &[WantedCell], reason: &str) {
        self.not_begun.extend(
            turn.iter()
                .map(|one| NotBegun { stack: one.cell.stack.clone(), reason: reason.to_owned() }),
        );
    }
}

/// The cells wave by wave; what no wave has room for comes last.
fn split<'w>(wanted: &'w [WantedCell], waves: &[usize]) -> Vec<&'w [WantedCell]> {
    let mut rest = wanted;
    let mut found = Vec::with_capacity(waves.len() + 1);
    for size in waves {
        let (wave, after) = rest.split_at((*size).min(rest.len()));
        found.push(wave);
        rest = after;
    }
    found.push(rest);
    found.retain(|wave| !wave.is_empty());
    found
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::deploy::{Cell, Change, Deployed};
    use crate::settings::Settings;
    use crate::status::Endpoint;
    use std::collections::BTreeMap;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn wanted(count: usize) -> Vec<WantedCell> {
        let cell = |number| Cell {
            stack: format!("cell-{number}"),
            template: String::new(),
            parameters: BTreeMap::new(),
        };
        (1..=count).map(|number| WantedCell { cell: cell(number), tenants: Vec::new() }).collect()
    }

    fn up(wanted: &WantedCell) -> CellUp {
        CellUp {
            deployed: Deployed {
                stack: wanted.cell.stack.clone(),
                change: Change::Created,
                left_out: Vec::new(),
                resources: 0,
                outputs: BTreeMap::new(),
            },
            settings: Settings::default(),
            endpoint: Endpoint {
                api: String::new(),
                stage: String::new(),
                user_pool: String::new(),
                app_client: String::new(),
            },
            tenants: Vec::new(),
            attempts: Vec::new(),
        }
    }

    /// What becomes of five cells of which some fail, by a line each.
    fn told(waves: &[usize], fail: &[&str], check: &WaveCheck<'_>) -> Vec<String> {
        let jobs = NonZeroUsize::new(3).unwrap();
        let rollout = Rollout { jobs, waves: waves.to_vec(), check };
        let ended = rollout.run(&wanted(5), &Cancel::default(), &|wanted| {
            let fails = fail.contains(&wanted.cell.stack.as_str());
            if fails { Err(UpError::NothingKept) } else { Ok(up(wanted)) }
        });
        let mut lines: Vec<String> =
            ended.up.iter().map(|one| format!("{}: up", one.deployed.stack)).collect();
        lines.extend(ended.failed.iter().map(|one| format!("{}: failed", one.stack)));
        lines.extend(ended.not_begun.iter().map(|one| format!("{}: {}", one.stack, one.reason)));
        lines.sort();
        lines
    }

    #[test]
    fn a_cell_that_fails_stops_nothing_but_itself() {
        let clean = |_: &[CellUp]| Ok(());
        insta::assert_debug_snapshot!(told(&[], &["cell-3"], &clean), @r#"
        [
            "cell-1: up",
            "cell-2: up",
            "cell-3: failed",
            "cell-4: up",
            "cell-5: up",
        ]
        "#);
    }

    #[test]
    fn nothing_begins_before_the_first_cell_is_there() {
        let clean = |_: &[CellUp]| Ok(());
        insta::assert_debug_snapshot!(told(&[], &["cell-1"], &clean), @r#"
        [
            "cell-1: failed",
            "cell-2: the first cell has what the others rely on, so they come when it is there",
            "cell-3: the first cell has what the others rely on, so they come when it is there",
            "cell-4: the first cell has what the others rely on, so they come when it is there",
            "cell-5: the first cell has what the others rely on, so they come when it is there",
        ]
        "#);
    }

    #[test]
    fn a_wave_begins_when_the_one_before_is_clean() {
        let looked_at = Mutex::new(Vec::new());
        let check = |wave: &[CellUp]| {
            let names: Vec<String> = wave.iter().map(|one| one.deployed.stack.clone()).collect();
            looked_at.lock().unwrap().push(names);
            if wave.len() == 2 { Err("something crosses".to_owned()) } else { Ok(()) }
        };
        insta::assert_debug_snapshot!(told(&[1, 2], &[], &check), @r#"
        [
            "cell-1: up",
            "cell-2: up",
            "cell-3: up",
            "cell-4: the wave before is not clean: something crosses",
            "cell-5: the wave before is not clean: something crosses",
        ]
        "#);
        assert_eq!(looked_at.into_inner().unwrap(), [vec!["cell-1"], vec!["cell-2", "cell-3"]]);
        let failed = told(&[1, 2], &["cell-2"], &|_: &[CellUp]| Ok(()));
        assert!(failed.contains(&"cell-4: cell-2 of the wave before failed".to_owned()));
        assert!(failed.contains(&"cell-3: up".to_owned()));
    }

    #[test]
    fn no_more_cells_are_worked_on_at_once_than_was_said() {
        let (now, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let rollout = Rollout::at_once(NonZeroUsize::new(2).unwrap());
        let ended = rollout.run(&wanted(9), &Cancel::default(), &|wanted| {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            std::thread::sleep(std::time::Duration::from_millis(5));
            now.fetch_sub(1, Ordering::SeqCst);
            Ok(up(wanted))
        });
        assert_eq!(ended.up.len(), 9);
        assert!(most.into_inner() <= 2);
    }

    #[test]
    fn what_is_not_begun_when_somebody_stops_is_told() {
        let cancel = Cancel::default();
        let ended = Rollout::at_once(NonZeroUsize::MIN).run(&wanted(3), &cancel, &|wanted| {
            cancel.cancel();
            Ok(up(wanted))
        });
        assert_eq!((ended.up.len(), ended.not_begun.len()), (1, 2));
    }
}
