//! What a stack's deployment on a real emulator leaves out: set, read back, told, and taken away.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use support::Project;
use tenantry_local::{
    Cancel, Cell, Client, Earlier, Settings, Silent, compare_settings, deploy, down, settle,
};

const DROPPED: &str = include_str!("fixtures/dropped.json");

fn template() -> Value {
    serde_json::from_str(DROPPED).unwrap()
}

/// Deploys a template and sets what its stack left out.
fn brought_up(client: &Client, template: &Value) -> Settings {
    let cell = Cell {
        stack: "cell".to_owned(),
        template: template.to_string(),
        parameters: BTreeMap::new(),
    };
    deploy(client, &cell, Earlier::MayGoOn, &Silent, &Cancel::default()).unwrap();
    settle(client, "cell").unwrap()
}

fn told(settings: &Settings) -> String {
    let mut text = format!("{} held, {} written\n", settings.held, settings.written);
    for one in &settings.differences {
        let what = one.property.as_deref().map(|name| format!(".{name}")).unwrap_or_default();
        let _ = writeln!(
            text,
            "{}{what} ({}): {}: {}",
            one.logical_id, one.kind, one.reason, one.detail
        );
    }
    text
}

#[test]
fn what_a_stack_leaves_out_is_set_once_and_what_holds_neither_way_is_told() {
    let project = Project::new();
    project.start();
    let client = project.client();
    let first = brought_up(&client, &template());
    insta::assert_snapshot!(told(&first));
    assert!(first.written > 0);
    let second = brought_up(&client, &template());
    assert_eq!(second, Settings { written: 0, ..first.clone() });
    assert_eq!(compare_settings(&client, "cell").unwrap(), second);
    assert_eq!(compare_settings(&client, "no-such-stack").unwrap(), Settings::default());
}

#[test]
fn what_somebody_changed_is_seen_and_set_again() {
    let project = Project::new();
    project.start();
    let client = project.client();
    let first = brought_up(&client, &template());
    let mut other = template();
    *other.pointer_mut("/Resources/Deny/Properties/RuleAction").unwrap() = json!("allow");
    *other.pointer_mut("/Resources/Trail/Properties/IsLogging").unwrap() = json!(false);
    *other
        .pointer_mut("/Resources/Users/Properties/ResourcePolicy/PolicyDocument/Statement/0/Sid")
        .unwrap() = json!("Changed");
    *other
        .pointer_mut("/Resources/Bucket/Properties/LifecycleConfiguration/Rules/0/ExpirationInDays")
        .unwrap() = json!(30);
    *other.pointer_mut("/Resources/Topic/Properties/KmsMasterKeyId").unwrap() =
        json!("alias/aws/sns");
    let changed = brought_up(&client, &other);
    assert_eq!((changed.written, changed.held), (5, first.held), "{}", told(&changed));
    let again = brought_up(&client, &other);
    assert_eq!((again.written, again.held), (0, first.held), "{}", told(&again));
}

#[test]
fn what_the_template_has_no_more_goes_and_down_leaves_nothing() {
    let project = Project::new();
    project.start();
    let client = project.client();
    brought_up(&client, &template());
    let mut less = template();
    let resources = less.get_mut("Resources").and_then(Value::as_object_mut).unwrap();
    for gone in ["Allow", "FlowLog", "Trail"] {
        resources.remove(gone);
    }
    let second = brought_up(&client, &less);
    let made = |settings: &Settings| {
        let ids = settings.differences.iter().map(|one| one.logical_id.clone());
        ids.filter(|id| ["Allow", "Deny", "FlowLog", "Trail"].contains(&id.as_str()))
            .collect::<Vec<_>>()
    };
    assert_eq!(made(&second), ["Deny"]);
    // Were they still there, a template that has them again would not have to make them.
    let third = brought_up(&client, &template());
    assert!(third.written >= 3, "{}", told(&third));

    let done = down(&project.home, &Silent, &Cancel::default()).unwrap();
    assert_eq!(done.leftovers, []);
}
