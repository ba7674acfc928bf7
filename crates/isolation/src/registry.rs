//! The lists that say what is understood, entry by entry, so that a test can take each out in turn: the
//! answer to something must then change, and nothing that was breached may be called proven.
//!
//! This decides nothing: a list asks here, of an entry that fits, whether it stands.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// A list of entries, with how many it may have.
#[derive(Clone, Copy, Debug)]
#[repr(usize)]
pub(crate) enum List {
    /// References between owners that are explained.
    References = 0,
    /// Actions on what is shared that are explained.
    Actions = 100,
    /// Services whose reading actions are explained.
    HoldNothing = 200,
    /// Types by which somebody outside makes what they name act.
    Doors = 300,
    /// Actions on what is shared that are told by name.
    Rows = 400,
    /// Actions by which who may do something controls what a thing runs as.
    Steps = 450,
}

const MOST: usize = 500;
const NONE: usize = usize::MAX;

static REMOVED: AtomicUsize = AtomicUsize::new(NONE);
static WATCHED: AtomicBool = AtomicBool::new(false);
static USED: [AtomicBool; MOST] = [const { AtomicBool::new(false) }; MOST];

/// Whether an entry that fits is there.
pub(crate) fn stands(list: List, at: usize) -> bool {
    let number = list as usize + at;
    if WATCHED.load(Ordering::Relaxed)
        && let Some(used) = USED.get(number)
    {
        used.store(true, Ordering::Relaxed);
    }
    REMOVED.load(Ordering::Relaxed) != number
}

/// The numbers of the entries that fitted something while a question was asked, and its answer. Only one
/// thread may ask this at a time.
#[doc(hidden)]
pub fn used<T>(ask: impl FnOnce() -> T) -> (T, Vec<usize>) {
    USED.iter().for_each(|used| used.store(false, Ordering::Relaxed));
    WATCHED.store(true, Ordering::SeqCst);
    let answer = ask();
    WATCHED.store(false, Ordering::SeqCst);
    let numbers = USED.iter().enumerate().filter(|(_, used)| used.load(Ordering::Relaxed));
    (answer, numbers.map(|(number, _)| number).collect())
}

/// The answer to a question without one of the entries. Only one thread may ask this at a time.
#[doc(hidden)]
pub fn without<T>(number: usize, ask: impl FnOnce() -> T) -> T {
    REMOVED.store(number, Ordering::SeqCst);
    let answer = ask();
    REMOVED.store(NONE, Ordering::SeqCst);
    answer
}

/// The entries by number, each as one line.
#[doc(hidden)]
pub fn entries() -> Vec<(usize, String)> {
    use crate::checks::{foreign_references, shared_assets};
    use crate::facts::{doors, steps};
    let lists: [(List, Vec<String>); 6] = [
        (List::References, foreign_references::explained_references()),
        (List::Actions, shared_assets::explained_actions()),
        (List::HoldNothing, shared_assets::services_that_hold_nothing()),
        (List::Doors, doors::lines()),
        (List::Rows, shared_assets::lines()),
        (List::Steps, steps::lines()),
    ];
    let numbered = lists.into_iter().flat_map(|(list, lines)| {
        lines.into_iter().enumerate().map(move |(at, line)| (list as usize + at, line))
    });
    numbered.collect()
}

/// A type of which something is asked about the actions of a service.
#[doc(hidden)]
pub fn type_of_service(service: &str) -> Option<String> {
    let named =
        crate::facts::types::all().map(|(namespace, name)| format!("AWS::{namespace}::{name}"));
    let mut of_service = named.filter(|kind| {
        let services = crate::facts::services::of(kind);
        let asked =
            crate::facts::services::exempt(kind).is_none() && !kind.starts_with("AWS::IAM::");
        asked && services.is_some_and(|all| all.contains(&service))
    });
    match service {
        "ec2" | "ssmmessages" => Some("AWS::EC2::Instance".to_owned()),
        _ => of_service.next(),
    }
}
