//! Random platforms of two or three tenants with random policies: a platform that is proven has
//! no way that the simulation finds, each way is told or left open, and each counterexample is
//! allowed by the slow evaluator.
//!
//! `RANDOM_PLATFORMS=20000` asks for more of them, `RANDOM_SEED` for others.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod random;
mod simulation;

use std::cell::RefCell;
use std::collections::BTreeMap;

use proptest::test_runner::{Config, RngSeed, TestCaseError, TestError, TestRunner};

#[derive(Default)]
struct Counts {
    outcomes: BTreeMap<&'static str, usize>,
    ways: usize,
    replayed: usize,
}

#[test]
fn every_way_into_a_random_platform_is_told_and_every_way_that_is_told_is_one() {
    let number = |name: &str, default: u64| {
        std::env::var(name).map_or(default, |text| text.parse().unwrap())
    };
    let (cases, seed) = (number("RANDOM_PLATFORMS", 800), number("RANDOM_SEED", 1));
    let threads = std::thread::available_parallelism().map_or(1, usize::from) as u64;
    let runs: Vec<Counts> = std::thread::scope(|scope| {
        let run = |at: u64| move || run(cases.div_ceil(threads), seed + at);
        let running: Vec<_> = (0..threads).map(|at| scope.spawn(run(at))).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let mut all = Counts::default();
    for run in runs {
        all.ways += run.ways;
        all.replayed += run.replayed;
        for (outcome, count) in run.outcomes {
            *all.outcomes.entry(outcome).or_default() += count;
        }
    }
    let total: usize = all.outcomes.values().sum();
    println!(
        "{total} random platforms: {:?}; {} ways found by the simulation, {} counterexamples replayed",
        all.outcomes, all.ways, all.replayed
    );
    for outcome in ["proven", "breached"] {
        let share = all.outcomes.get(outcome).copied().unwrap_or_default();
        assert!(share * 10 >= total, "too few platforms are {outcome}: {:?}", all.outcomes);
    }
}

fn run(cases: u64, seed: u64) -> Counts {
    let counts = RefCell::new(Counts::default());
    let config = Config {
        cases: u32::try_from(cases).unwrap(),
        rng_seed: RngSeed::Fixed(seed),
        failure_persistence: None,
        max_shrink_iters: 4096,
        ..Config::default()
    };
    let result = TestRunner::new(config).run(&random::platforms(), |platform| {
        let checked = random::check::check(&platform).map_err(TestCaseError::fail)?;
        let mut counts = counts.borrow_mut();
        *counts.outcomes.entry(checked.outcome.name()).or_default() += 1;
        counts.ways += checked.ways;
        counts.replayed += checked.replayed;
        Ok(())
    });
    match result {
        Ok(()) => counts.into_inner(),
        Err(TestError::Fail(why, platform)) => panic!("{why}\n{platform:?}"),
        Err(TestError::Abort(why)) => panic!("{why}"),
    }
}
