//! The order of the cells, with a `pulumi` that writes down how it is called.

use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::atomic::AtomicUsize;

use tempfile::TempDir;

use super::{Action, Deployment, Ended, Pulumi, Stack};

/// Works on three cells. What becomes of each, and the stacks in the order in which `pulumi` was called for them; for the
/// stack that is named it fails.
fn deploy(action: Action, failing: &str) -> (Vec<Ended>, Vec<String>) {
    let folder = TempDir::new().unwrap();
    let (program, calls) = (folder.path().join("pulumi"), folder.path().join("calls"));
    let script = r#"case "$1" in
  version) echo v3.255.0 ;;
  stack) echo '[]' ;;
  *)
    echo "$@" | sed 's/.*--stack \([^ ]*\) .*/\1/' >> "$CALLS"
    case "$*" in *"--stack $FAILING "*) echo 'error: on purpose' >&2; exit 1 ;; esac ;;
esac"#;
    tenantry_testing::script(&program, script).unwrap();
    let pulumi = Pulumi::find(Some(folder.path()), Path::new("tenantry"))
        .unwrap()
        .with_variable("CALLS", &calls)
        .with_variable("FAILING", failing);
    let stack = |cell| Stack { cell, name: format!("cell-{cell}"), resources: 0 };
    let stacks = [1, 2, 3].map(stack).to_vec();
    let deployment = Deployment { folder: folder.path(), action, stacks, jobs: NonZeroUsize::MIN };
    let ended = deployment.run(&pulumi, &AtomicUsize::new(0), &|_, _| {}).unwrap();
    let calls = fs::read_to_string(calls).unwrap().lines().map(ToOwned::to_owned).collect();
    (ended.into_iter().map(|(_, ended)| ended).collect(), calls)
}

#[test]
fn the_first_cell_goes_up_first_and_down_last() {
    assert_eq!(deploy(Action::Up, "none").1, ["cell-1", "cell-2", "cell-3"]);
    assert_eq!(deploy(Action::Destroy, "none").1, ["cell-2", "cell-3", "cell-1"]);
}

#[test]
fn no_cell_goes_up_without_the_first() {
    let (ended, calls) = deploy(Action::Up, "cell-1");
    assert_eq!(calls, ["cell-1"]);
    assert!(matches!(ended[0], Ended::Failed { .. }), "{ended:?}");
    assert!(ended[1..].iter().all(|end| matches!(end, Ended::Waiting { .. })), "{ended:?}");
}

#[test]
fn the_first_cell_does_not_go_down_while_another_lives() {
    let (ended, calls) = deploy(Action::Destroy, "cell-3");
    assert_eq!(calls, ["cell-2", "cell-3"]);
    let Ended::Waiting { reason } = &ended[0] else { panic!("{ended:?}") };
    assert!(reason.contains("goes when the others are gone"), "{reason}");
    assert!(matches!(ended[2], Ended::Failed { .. }), "{ended:?}");
}

#[test]
fn a_preview_looks_at_every_cell_whatever_becomes_of_the_first() {
    let (ended, calls) = deploy(Action::Preview, "cell-1");
    assert_eq!(calls, ["cell-1", "cell-2", "cell-3"]);
    assert!(matches!(ended[2], Ended::Done(_)), "{ended:?}");
}
