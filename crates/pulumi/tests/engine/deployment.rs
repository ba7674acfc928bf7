//! The driver: every cell of a platform, in parallel.

use std::collections::BTreeMap;
use std::fs;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use pulumi_resource_aws::Operation;
use tenantry_config::Platform;
use tenantry_pulumi::deploy::{Action, Deployment, Ended, Progress, Stack, stacks};
use tenantry_testing::{ids, platform_toml};

use crate::project::{Project, wait_for};

fn platform_of(cells: usize) -> Platform {
    tenantry_testing::read(&platform_toml("[cells]\nsize = 1", ids(1..=cells)))
}

/// Deploys every cell, two at once; returns what became of them and the most that were at work at the same time.
fn deploy(
    project: &Project,
    cells: usize,
    action: Action,
    interrupts: &AtomicUsize,
) -> (Vec<(Stack, Ended)>, usize) {
    let folder = project.path("project");
    let jobs = NonZeroUsize::new(2).unwrap();
    let stacks = stacks(&platform_of(cells));
    let deployment = Deployment { folder: &folder, action, stacks, jobs };
    let at_work = Mutex::new((0_usize, 0_usize));
    let progress = |cell, event| match event {
        Progress::Started => {
            {
                let mut at_work = at_work.lock().unwrap();
                at_work.0 += 1;
                at_work.1 = at_work.1.max(at_work.0);
            }
            // Of the later cells, the first does not end before the second has begun; the first cell is alone.
            if cell != 1 && cells > 2 {
                wait_for("a second cell at work", || at_work.lock().unwrap().1 >= 2);
            }
        }
        // A cell that was never begun ends too.
        Progress::Ended(_) => {
            let mut at_work = at_work.lock().unwrap();
            at_work.0 = at_work.0.saturating_sub(1);
        }
        _ => {}
    };
    let ended = deployment.run(&project.pulumi(), interrupts, &progress).unwrap();
    let most = at_work.lock().unwrap().1;
    (ended, most)
}

fn is_done(ended: &Ended) -> bool {
    matches!(ended, Ended::Done(_))
}

pub(crate) fn every_cell_goes_up_in_a_stack_of_its_own_and_down_again() {
    let project = Project::of_cells(3);
    let never = AtomicUsize::new(0);
    let (ended, most) = deploy(&project, 3, Action::Up, &never);
    let names: Vec<_> = ended.iter().map(|(stack, _)| stack.name.as_str()).collect();
    assert_eq!(names, ["prod", "prod-cell-2", "prod-cell-3"]);
    assert!(ended.iter().all(|(_, ended)| is_done(ended)), "{ended:?}");
    assert_eq!(most, 2, "no more than two at once");
    let mut cells: BTreeMap<&str, usize> = BTreeMap::new();
    let made = project.journalled(Operation::Create);
    for entry in &made {
        *cells.entry(entry.urn.split("::").next().unwrap()).or_default() += 1;
    }
    for (stack, _) in &ended {
        assert_eq!(cells[format!("urn:pulumi:{}", stack.name).as_str()], stack.resources);
    }

    let (ended, _) = deploy(&project, 3, Action::Up, &never);
    for (_, ended) in &ended {
        let Ended::Done(changes) = ended else { panic!("{ended:?}") };
        assert_eq!(changes.keys().collect::<Vec<_>>(), ["same"], "a second time nothing changes");
    }
    let (ended, _) = deploy(&project, 3, Action::Destroy, &never);
    assert!(ended.iter().all(|(_, ended)| is_done(ended)), "{ended:?}");
    for (stack, _) in &ended {
        assert!(project.state_of(&stack.name).is_empty());
    }
    assert!(project.locks().is_empty());
}

pub(crate) fn a_failure_in_one_cell_is_told_and_leaves_the_others_alone() {
    let mut project = Project::of_cells(2);
    let never = AtomicUsize::new(0);
    let (ended, _) = deploy(&project, 1, Action::Up, &never);
    assert!(is_done(&ended[0].1));
    // The first cell has nothing to make any more, so only the second one's fifth create fails.
    project.set("TENANTRY_PROVIDER_FAIL", "5");
    let (ended, _) = deploy(&project, 2, Action::Up, &never);
    assert!(is_done(&ended[0].1), "{ended:?}");
    let Ended::Failed { reasons, hint } = &ended[1].1 else { panic!("{ended:?}") };
    let [reason] = reasons.as_slice() else { panic!("{reasons:?}") };
    assert!(reason.ends_with("create number 5 fails on purpose"), "{reason}");
    assert_eq!(*hint, None);
}

pub(crate) fn the_first_cell_goes_up_before_the_others_and_down_after_them() {
    let mut project = Project::of_cells(2);
    let never = AtomicUsize::new(0);
    project.set("TENANTRY_PROVIDER_FAIL", "5");
    let (ended, _) = deploy(&project, 2, Action::Up, &never);
    assert!(matches!(ended[0].1, Ended::Failed { .. }), "{ended:?}");
    assert!(matches!(ended[1].1, Ended::Waiting { .. }), "{ended:?}");
    assert!(project.state_of("prod-cell-2").is_empty(), "the second was not begun");

    project.unset("TENANTRY_PROVIDER_FAIL");
    let (ended, _) = deploy(&project, 2, Action::Up, &never);
    assert!(ended.iter().all(|(_, ended)| is_done(ended)), "{ended:?}");
    let (ended, _) = deploy(&project, 2, Action::Destroy, &never);
    assert!(ended.iter().all(|(_, ended)| is_done(ended)), "{ended:?}");
    let deleted = project.journalled(Operation::Delete);
    let stack = |urn: &str| urn.split("::").next().unwrap().to_owned();
    assert_eq!(stack(&deleted.first().unwrap().urn), "urn:pulumi:prod-cell-2");
    assert_eq!(stack(&deleted.last().unwrap().urn), "urn:pulumi:prod");
}

pub(crate) fn a_first_wish_to_end_finishes_what_is_in_flight_and_leaves_no_lock() {
    let mut project = Project::of_cells(4);
    let (ended, _) = deploy(&project, 1, Action::Up, &AtomicUsize::new(0));
    assert!(is_done(&ended[0].1), "{ended:?}");
    let before = project.journalled(Operation::Create).len();
    project.set("TENANTRY_PROVIDER_HOLD", "6");
    let interrupts = AtomicUsize::new(0);
    let ended = std::thread::scope(|scope| {
        let deployed = scope.spawn(|| deploy(&project, 4, Action::Up, &interrupts).0);
        // Five of each of the two that are at work.
        project.wait_for_creates(before + 10);
        interrupts.store(1, Ordering::SeqCst);
        deployed.join().unwrap()
    });
    assert!(ended[1..].iter().all(|(_, ended)| *ended == Ended::Cancelled), "{ended:?}");
    assert!(project.state_of("prod-cell-4").is_empty(), "the fourth was never begun");
    assert!(project.locks().is_empty());
    project.wait_until_alone();

    project.unset("TENANTRY_PROVIDER_HOLD");
    let (ended, _) = deploy(&project, 4, Action::Up, &AtomicUsize::new(0));
    assert!(ended.iter().all(|(_, ended)| is_done(ended)), "{ended:?}");
    project.made_once();
}

pub(crate) fn an_interrupted_destroy_is_not_called_done_and_the_next_one_finishes() {
    let mut project = Project::of_cells(1);
    let (ended, _) = deploy(&project, 1, Action::Up, &AtomicUsize::new(0));
    assert!(is_done(&ended[0].1), "{ended:?}");
    project.set("TENANTRY_PROVIDER_HOLD", "1");
    let interrupts = AtomicUsize::new(0);
    let ended = std::thread::scope(|scope| {
        let deployed = scope.spawn(|| deploy(&project, 1, Action::Destroy, &interrupts).0);
        wait_for("a deletion", || !project.journalled(Operation::Delete).is_empty());
        interrupts.store(1, Ordering::SeqCst);
        deployed.join().unwrap()
    });
    assert_eq!(ended[0].1, Ended::Cancelled);
    assert!(!project.state().is_empty(), "it was interrupted in time");
    assert!(project.locks().is_empty());

    project.unset("TENANTRY_PROVIDER_HOLD");
    let (ended, _) = deploy(&project, 1, Action::Destroy, &AtomicUsize::new(0));
    assert!(is_done(&ended[0].1), "{ended:?}");
    assert!(project.state().is_empty());
}

pub(crate) fn a_second_wish_to_end_drops_what_hangs_and_leaves_no_lock() {
    let mut project = Project::of_cells(1);
    project.set("TENANTRY_PROVIDER_SLOW", "3600000");
    let interrupts = AtomicUsize::new(0);
    let ended = std::thread::scope(|scope| {
        let deployed = scope.spawn(|| deploy(&project, 1, Action::Up, &interrupts).0);
        wait_for("a provider at work", || !project.processes("pulumi-resource").is_empty());
        wait_for("a lock", || !project.locks().is_empty());
        interrupts.store(2, Ordering::SeqCst);
        deployed.join().unwrap()
    });
    assert_eq!(ended[0].1, Ended::Cancelled);
    assert!(project.locks().is_empty());
    project.wait_until_alone();
}

pub(crate) fn without_the_aws_plugin_the_hint_says_what_to_install() {
    let project = Project::of_cells(1);
    project.write("Pulumi.yaml", "name: acme\nruntime: tenantry\n");
    let (ended, _) = deploy(&project, 1, Action::Preview, &AtomicUsize::new(0));
    let Ended::Failed { hint, reasons } = &ended[0].1 else { panic!("{ended:?}") };
    assert_eq!(
        hint.as_deref(),
        Some("install the aws plugin: `pulumi plugin install resource aws 7.51.1`"),
        "{reasons:?}"
    );
}

pub(crate) fn a_state_that_cannot_be_read_is_told_with_the_way_back() {
    let project = Project::of_cells(1);
    let never = AtomicUsize::new(0);
    let up = || deploy(&project, 1, Action::Up, &never).0.remove(0).1;
    let folder = project.path("project");
    let stacks = stacks(&platform_of(1));
    let jobs = NonZeroUsize::MIN;
    let deployment = Deployment { folder: &folder, action: Action::Up, stacks, jobs };
    let hint = || deployment.run(&project.pulumi(), &never, &|_, _| {}).unwrap_err().hint();
    let ended = up();
    assert!(is_done(&ended), "{ended:?}");
    let made = project.journalled(Operation::Create).len();
    let state = project.path("state/.pulumi/stacks/acme/prod.json");
    let beside = |ending: &str| PathBuf::from(format!("{}{ending}", state.display()));

    // What a killed engine leaves now and then.
    fs::write(beside(".attrs"), "").unwrap();
    assert!(hint().contains(".attrs"));
    fs::remove_file(beside(".attrs")).unwrap();
    let ended = up();
    assert!(is_done(&ended), "{ended:?}");

    fs::write(&state, "").unwrap();
    assert!(hint().contains(".bak"));
    fs::copy(beside(".bak"), &state).unwrap();
    let ended = up();
    assert!(is_done(&ended), "{ended:?}");
    assert_eq!(project.journalled(Operation::Create).len(), made, "nothing is made again");
    assert!(project.locks().is_empty());
}
