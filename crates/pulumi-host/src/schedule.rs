//! Work that is done as early as what it needs allows.

use std::future::Future;

use tokio::task::JoinSet;

use crate::context::Failure;

/// Does one piece of work for every entry of `needs`, each after the entries that it names, as many at once as that
/// allows, and returns the results in the order of the entries.
///
/// `start` gets an entry's index and the results so far (those that it needs are there); what it returns runs beside
/// the rest. After a failure nothing new is started; what is running ends first. After [`Failure::NotMade`] only what needs
/// that entry is not started. Dropping the returned future ends all of the work.
///
/// # Errors
/// The first failure; or entries that wait for one another.
pub async fn in_order<T, F>(
    needs: &[Vec<usize>],
    mut start: impl FnMut(usize, &[Option<T>]) -> Result<F, Failure>,
) -> Result<Vec<T>, Failure>
where
    T: Send + 'static,
    F: Future<Output = Result<T, Failure>> + Send + 'static,
{
    let mut waiting: Vec<usize> = needs.iter().map(Vec::len).collect();
    let waiters = waiters(needs)?;
    let mut results: Vec<Option<T>> = needs.iter().map(|_| None).collect();
    let mut ready: Vec<usize> =
        waiting.iter().enumerate().filter(|(_, n)| **n == 0).map(|(index, _)| index).collect();
    let mut running = JoinSet::new();
    let (mut failure, mut left_out) = (None, false);
    loop {
        for index in std::mem::take(&mut ready) {
            if failure.is_some() {
                break;
            }
            match start(index, &results) {
                Ok(work) => {
                    running.spawn(async move { (index, work.await) });
                }
                Err(refused) => failure = Some(refused),
            }
        }
        let Some(done) = running.join_next().await else { break };
        match done {
            Ok((index, Ok(result))) => {
                if let Some(slot) = results.get_mut(index) {
                    *slot = Some(result);
                }
                for &waiter in waiters.get(index).into_iter().flatten() {
                    if let Some(left) = waiting.get_mut(waiter) {
                        *left -= 1;
                        if *left == 0 {
                            ready.push(waiter);
                        }
                    }
                }
            }
            Ok((_, Err(Failure::NotMade))) => left_out = true,
            Ok((_, Err(failed))) => failure = Some(more_telling(failure, failed)),
            Err(panicked) => match panicked.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => failure = Some(more_telling(failure, Failure::Ended)),
            },
        }
    }
    if let Some(failure) = failure {
        return Err(failure);
    }
    if left_out { Err(Failure::NotMade) } else { complete(results) }
}

/// For each entry those that wait for it.
fn waiters(needs: &[Vec<usize>]) -> Result<Vec<Vec<usize>>, Failure> {
    let mut waiters: Vec<Vec<usize>> = needs.iter().map(|_| Vec::new()).collect();
    for (index, needed) in needs.iter().enumerate() {
        for &need in needed {
            let missing =
                || Failure::new(format!("entry {index} needs {need}, which is not there"));
            waiters.get_mut(need).ok_or_else(missing)?.push(index);
        }
    }
    Ok(waiters)
}

/// Without a failure a result is missing only where entries wait in a circle.
fn complete<T>(results: Vec<Option<T>>) -> Result<Vec<T>, Failure> {
    let all: Option<Vec<T>> = results.into_iter().collect();
    all.ok_or_else(|| Failure::new("the resources wait for one another"))
}

/// A failure that says why counts more than one that only says that the run has ended.
fn more_telling(first: Option<Failure>, second: Failure) -> Failure {
    match first {
        None | Some(Failure::Ended) => second,
        Some(first) => first,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use proptest::prelude::*;
    use tokio::sync::Barrier;

    use super::*;

    /// Entries that need only earlier ones.
    fn graphs() -> impl Strategy<Value = Vec<Vec<usize>>> {
        prop::collection::vec(prop::collection::btree_set(0_usize..20, 0..4), 1..20).prop_map(
            |sets| {
                let sets = sets.into_iter().enumerate();
                sets.map(|(index, set)| set.into_iter().filter(|need| *need < index).collect())
                    .collect()
            },
        )
    }

    proptest! {
        #[test]
        fn every_entry_starts_after_those_it_needs_and_once(needs in graphs()) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let started = AtomicUsize::new(0);
            let results = runtime.block_on(in_order(&needs, |index, results| {
                started.fetch_add(1, Ordering::Relaxed);
                assert!(needs[index].iter().all(|need| results[*need] == Some(*need)));
                Ok(async move { Ok(index) })
            }));
            prop_assert_eq!(results.unwrap(), (0..needs.len()).collect::<Vec<_>>());
            prop_assert_eq!(started.into_inner(), needs.len());
        }
    }

    #[tokio::test]
    async fn entries_that_need_nothing_run_at_the_same_time() {
        let barrier = Arc::new(Barrier::new(3));
        let needs = vec![vec![]; 3];
        let meet = |_, _: &[Option<()>]| {
            let barrier = Arc::clone(&barrier);
            Ok(async move {
                barrier.wait().await;
                Ok(())
            })
        };
        assert_eq!(in_order(&needs, meet).await.unwrap().len(), 3);
    }

    #[tokio::test]
    async fn after_a_failure_nothing_new_starts_and_the_first_reason_is_told() {
        let needs = vec![vec![], vec![0], vec![1]];
        let failure = in_order(&needs, |index, _: &[Option<()>]| {
            assert!(index < 2, "the last entry must not start");
            Ok(async move { if index == 1 { Err(Failure::new("no")) } else { Ok(()) } })
        })
        .await
        .unwrap_err();
        assert_eq!(failure.to_string(), "no");
    }

    #[tokio::test]
    async fn what_needs_an_entry_that_was_not_made_is_left_out_and_the_rest_goes_on() {
        let needs = vec![vec![], vec![0], vec![1], vec![], vec![3], vec![0, 4]];
        let mut started = Vec::new();
        let failure = in_order(&needs, |index, _: &[Option<()>]| {
            started.push(index);
            Ok(async move { if index == 0 { Err(Failure::NotMade) } else { Ok(()) } })
        })
        .await
        .unwrap_err();
        assert!(matches!(failure, Failure::NotMade), "{failure}");
        assert_eq!(started, [0, 3, 4]);
    }

    #[tokio::test]
    async fn entries_that_wait_for_one_another_are_refused() {
        let needs = vec![vec![1], vec![0]];
        let failure =
            in_order(&needs, |_, _: &[Option<()>]| Ok(async { Ok(()) })).await.unwrap_err();
        assert_eq!(failure.to_string(), "the resources wait for one another");
    }
}
