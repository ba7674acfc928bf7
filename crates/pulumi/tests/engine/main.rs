//! The platform on the real engine, with a stand-in for the aws provider.
//!
//! The engine is looked for in the folder that `TENANTRY_PULUMI` names (default `target/engine`, where `engine/build` puts
//! it). Without it these tests are ignored, and the last line says how to have them run; in CI they fail. The host and the
//! provider are this crate's examples, which `cargo test` builds, but `cargo test --test engine` alone does not.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout
)]

mod deletion;
mod deployment;
mod failures;
mod interruptions;
mod lifecycle;
mod project;
mod secrets;
mod yaml;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

/// Each test is a function that panics when it fails; its name is its path.
macro_rules! trials {
    ($($module:ident::$test:ident),+ $(,)?) => {
        vec![$(Trial::test(concat!(stringify!($module), "::", stringify!($test)), || {
            $module::$test();
            Ok(())
        })),+]
    };
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let missing = project::engine().is_none() && std::env::var_os("CI").is_none();
    let trials: Vec<Trial> =
        all().into_iter().map(|trial| trial.with_ignored_flag(missing)).collect();
    let count = trials.len();
    let conclusion = libtest_mimic::run(&arguments, trials);
    if !arguments.list {
        tell_what_was_left_out(missing, conclusion.num_ignored, count);
    }
    conclusion.exit_code()
}

/// Says it here, and leaves it in a file for whoever prints last: what `cargo test` runs next hides these lines.
fn tell_what_was_left_out(missing: bool, ignored: u64, of: usize) {
    let file = concat!(env!("CARGO_TARGET_TMPDIR"), "/left-out.txt");
    if missing && ignored > 0 {
        let said = format!(
            "{ignored} of {of} tests of the Pulumi engine were left out: `engine/build \
             target/engine` builds it (Go, some 5 minutes); then `cargo test` runs them.\n"
        );
        println!("{said}");
        std::fs::write(file, said).unwrap();
    } else {
        let _ = std::fs::remove_file(file);
    }
}

fn all() -> Vec<Trial> {
    trials![
        deletion::nothing_is_deleted_before_what_depends_on_it,
        deployment::every_cell_goes_up_in_a_stack_of_its_own_and_down_again,
        deployment::a_failure_in_one_cell_is_told_and_leaves_the_others_alone,
        deployment::the_first_cell_goes_up_before_the_others_and_down_after_them,
        deployment::a_first_wish_to_end_finishes_what_is_in_flight_and_leaves_no_lock,
        deployment::an_interrupted_destroy_is_not_called_done_and_the_next_one_finishes,
        deployment::a_second_wish_to_end_drops_what_hangs_and_leaves_no_lock,
        deployment::without_the_aws_plugin_the_hint_says_what_to_install,
        deployment::a_state_that_cannot_be_read_is_told_with_the_way_back,
        failures::the_seventh_create_fails_and_the_next_up_finishes,
        failures::the_fortieth_create_fails_and_the_next_up_finishes,
        failures::the_last_create_fails_and_the_next_up_finishes,
        failures::with_continue_on_error_all_is_made_that_does_not_need_the_seventh_create,
        failures::with_continue_on_error_all_is_made_that_does_not_need_the_fortieth_create,
        failures::with_continue_on_error_nothing_is_deleted_after_a_failure,
        failures::the_provider_dies_in_mid_create_and_the_next_up_finishes,
        failures::a_resource_whose_answer_was_lost_is_not_made_a_second_time,
        interruptions::a_hanging_create_is_cancelled_and_the_next_up_finishes,
        interruptions::the_host_is_killed_and_the_next_up_finishes,
        interruptions::the_engine_is_killed_and_after_cancel_the_next_up_finishes,
        interruptions::the_engine_is_killed_and_what_it_had_not_heard_of_is_imported_before_the_next_up_finishes,
        lifecycle::a_preview_shows_the_tree_and_makes_nothing,
        lifecycle::a_platform_goes_up_stays_as_it_is_grows_and_goes_down,
        lifecycle::a_targeted_update_touches_that_tenant_alone,
        lifecycle::a_fault_of_the_platform_file_is_shown_with_its_place,
        lifecycle::a_stack_of_a_cell_without_tenants_says_which_cells_have_some,
        secrets::a_secret_of_the_configuration_is_in_clear_in_no_file_and_no_message,
        yaml::the_yaml_program_makes_what_the_native_one_makes,
    ]
}
