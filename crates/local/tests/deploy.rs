//! Deployments to a real emulator, and the faults that may come between.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::collections::BTreeMap;
use std::process::Command;
use std::thread;
use std::time::Duration;
use support::Project;
use tenantry_local::{
    Cancel, Cell, Change, Client, DeployError, Deployed, Earlier, Progress, Silent, Step, deploy,
    down, self_test, status, stop,
};

const SMALL: &str = include_str!("fixtures/small.json");

fn cell(template: &str) -> Cell {
    Cell { stack: "cell".to_owned(), template: template.to_owned(), parameters: BTreeMap::new() }
}

fn deploy_to(client: &Client, template: &str, earlier: Earlier) -> Result<Deployed, DeployError> {
    deploy(client, &cell(template), earlier, &Silent, &Cancel::default())
}

/// The small template, with a resource that keeps CloudFormation waiting for a signal that nobody sends.
fn that_waits(seconds: u32) -> String {
    let waits = format!(
        r#""Resources": {{
        "Handle": {{ "Type": "AWS::CloudFormation::WaitConditionHandle" }},
        "Wait": {{ "Type": "AWS::CloudFormation::WaitCondition", "DependsOn": ["Users", "Log"],
                   "Properties": {{ "Handle": {{ "Ref": "Handle" }}, "Timeout": "{seconds}", "Count": 1 }} }},"#
    );
    SMALL.replacen(r#""Resources": {"#, &waits, 1)
}

fn wait_until_in_progress(project: &Project) {
    loop {
        let stacks = status(&project.home).unwrap().map(|status| status.stacks).unwrap_or_default();
        if stacks.iter().any(|stack| stack.status == "CREATE_IN_PROGRESS") {
            return;
        }
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_second_deployment_without_changes_touches_nothing_and_what_cannot_be_made_is_named() {
    let project = Project::new();
    project.start();
    let client = project.client();
    let first = deploy_to(&client, SMALL, Earlier::MayGoOn).unwrap();
    insta::assert_debug_snapshot!("first_deployment", first);
    let second = deploy_to(&client, SMALL, Earlier::MayGoOn).unwrap();
    assert_eq!(second, Deployed { change: Change::Unchanged, ..first });
    let changed = SMALL.replace("\"RetentionInDays\": 30", "\"RetentionInDays\": 14");
    assert_eq!(deploy_to(&client, &changed, Earlier::MayGoOn).unwrap().change, Change::Updated);
}

#[test]
fn what_was_deployed_is_there_after_a_restart() {
    let project = Project::new();
    project.start();
    let first = deploy_to(&project.client(), SMALL, Earlier::MayGoOn).unwrap();
    assert!(stop(&project.home).unwrap());
    assert_eq!(status(&project.home).unwrap(), None);
    project.start();
    let second = deploy_to(&project.client(), SMALL, Earlier::IsOver).unwrap();
    assert_eq!(second, Deployed { change: Change::Unchanged, ..first });
}

#[test]
fn a_resource_that_fails_is_named_with_its_reason_and_the_next_deployment_mends_it() {
    let project = Project::new();
    project.start();
    let client = project.client();
    let bad =
        SMALL.replace(r#"{ "CidrBlock": "10.0.0.0/16" }"#, r#"{ "CidrBlock": "no address" }"#);
    let bad = bad.replacen(
        r#""Resources": {"#,
        r#""Resources": { "Alias": { "Type": "AWS::KMS::Alias",
            "Properties": { "AliasName": "alias/x", "TargetKeyId": { "Fn::GetAtt": ["Users", "NoSuchThing"] } } },"#,
        1,
    );
    let error = deploy_to(&client, &bad, Earlier::MayGoOn).unwrap_err();
    let DeployError::Failed { status, resources, .. } = error else { panic!("{error}") };
    assert_eq!(status, "ROLLBACK_COMPLETE");
    assert!(
        !resources.is_empty() && resources.iter().all(|failure| !failure.reason.is_empty()),
        "{resources:?}"
    );
    assert_eq!(deploy_to(&client, SMALL, Earlier::MayGoOn).unwrap().change, Change::Recreated);
}

#[test]
fn an_emulator_killed_in_mid_deploy_is_an_error_and_the_next_deployment_is_whole() {
    let project = Project::new();
    let emulator = project.start();
    let client = project.client();
    let error = thread::scope(|scope| {
        let deploying = scope.spawn(|| deploy_to(&client, &that_waits(300), Earlier::MayGoOn));
        wait_until_in_progress(&project);
        Command::new("kill").args(["-9", &emulator.pid().to_string()]).status().unwrap();
        deploying.join().unwrap().unwrap_err()
    });
    assert!(error.to_string().contains("does not answer"), "{error}");
    assert!(error.hint().contains("emulator.log"));
    project.start();
    // Each start has a key of its own.
    let client = project.client();
    assert_eq!(deploy_to(&client, SMALL, Earlier::IsOver).unwrap().change, Change::Created);
}

#[test]
fn an_emulator_stopped_in_mid_deploy_keeps_a_half_made_stack_that_the_next_deployment_mends() {
    let project = Project::new();
    project.start();
    let client = project.client();
    thread::scope(|scope| {
        let deploying = scope.spawn(|| deploy_to(&client, &that_waits(2), Earlier::MayGoOn));
        wait_until_in_progress(&project);
        stop(&project.home).unwrap();
        deploying.join().unwrap().unwrap_err()
    });
    project.start();
    let client = project.client();
    let mended = deploy_to(&client, SMALL, Earlier::IsOver).unwrap();
    assert!(matches!(mended.change, Change::Recreated | Change::Created), "{mended:?}");
    assert_eq!(deploy_to(&client, SMALL, Earlier::MayGoOn).unwrap().change, Change::Unchanged);
}

/// Asks to stop when it hears that the stack has come further.
struct CancelsAtOnce(Cancel);

impl Progress for CancelsAtOnce {
    fn started(&self, _: &Step) {}
    fn advanced(&self, _: &Step, _: usize, _: usize, _: &str) {
        self.0.cancel();
    }
    fn finished(&self, _: &Step, _: Duration, _: &str) {}
}

#[test]
fn a_deployment_that_is_cancelled_says_how_far_it_came_and_the_next_one_mends_it() {
    let project = Project::new();
    project.start();
    let client = project.client();
    let cancel = Cancel::default();
    // It asks again at once, long before the condition's time is up.
    let waiting = cell(&that_waits(10));
    let progress = CancelsAtOnce(cancel.clone());
    let error = deploy(&client, &waiting, Earlier::MayGoOn, &progress, &cancel).unwrap_err();
    insta::assert_snapshot!("cancelled", support::told(&error.to_string(), &error.hint(), &[]));
    assert_eq!(deploy_to(&client, SMALL, Earlier::MayGoOn).unwrap().change, Change::Recreated);
}

#[test]
fn the_emulator_passes_the_self_test_again_and_again() {
    let project = Project::new();
    project.start();
    self_test(&project.client(), &Cancel::default()).unwrap();
    self_test(&project.client(), &Cancel::default()).unwrap();
}

#[test]
fn an_emulator_that_lets_everything_through_is_not_trusted() {
    let port = support::free_port();
    let folder = tempfile::tempdir().unwrap();
    let mut open = Command::new(support::installed_python())
        .args(["-m", "ministack"])
        .env("BIND_HOST", "127.0.0.1")
        .env("GATEWAY_PORT", port.to_string())
        .env("TMPDIR", folder.path())
        .env("AUTH", "false")
        .env("IOT_MTLS_ENABLED", "0")
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        thread::sleep(Duration::from_millis(20));
    }
    let error = self_test(&Client::with_key(port, "test", "test"), &Cancel::default()).unwrap_err();
    open.kill().unwrap();
    open.wait().unwrap();
    insta::assert_snapshot!("not_trusted", support::told(&error.to_string(), &error.hint(), &[]));
}

#[test]
fn down_takes_everything_away_and_names_what_stays() {
    let project = Project::new();
    project.start();
    let retained = SMALL.replace(
        r#""Type": "AWS::DynamoDB::Table","#,
        r#""Type": "AWS::DynamoDB::Table", "DeletionPolicy": "Retain","#,
    );
    deploy_to(&project.client(), &retained, Earlier::MayGoOn).unwrap();
    let done = down(&project.home, &Silent, &Cancel::default()).unwrap();
    insta::assert_debug_snapshot!("down_with_a_leftover", done);
    assert!(!project.home.path().join("state").exists());

    project.start();
    deploy_to(&project.client(), SMALL, Earlier::IsOver).unwrap();
    let done = down(&project.home, &Silent, &Cancel::default()).unwrap();
    assert_eq!(done.leftovers, []);
    assert_eq!(status(&project.home).unwrap(), None);
}
