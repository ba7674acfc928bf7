//! Pairs of templates, named after what happens, with the whole plan as people, a pull request and a program see it.
#![allow(clippy::unwrap_used)]

use std::fs;

use serde_json::Value;
use tenantry_plan::cost::Load;
use tenantry_plan::{Place, Plan, State, compare, half_made, render};

fn plan(text: &str) -> Plan {
    let case: Value = serde_json::from_str(text).unwrap();
    let side = |name: &str| case.get(name).filter(|side| !side.is_null());
    let cell = compare("acme-cell-1-prod", side("running"), side("wanted"));
    Plan::new("acme".to_owned(), Place::Templates, vec![cell])
}

fn case(name: &str) -> String {
    fs::read_to_string(format!("{}/corpus/{name}.json", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

#[test]
fn every_pair_of_templates_has_its_plan() {
    insta::glob!("../corpus", "*.json", |path| {
        let plan = plan(&fs::read_to_string(path).unwrap());
        let at_stake: Vec<&str> = plan.at_stake().into_keys().collect();
        let human = render::human(&plan, Load::default(), &|_, text| text.to_owned());
        insta::assert_snapshot!(format!("at stake: {at_stake:?}\n\n{human}"));
    });
}

#[test]
fn a_pull_request_and_a_program_see_the_same() {
    let plan = plan(&case("tenant-goes"));
    insta::assert_snapshot!("tenant_goes_markdown", render::markdown(&plan, Load::default()));
    insta::assert_snapshot!(
        "tenant_goes_json",
        render::json(&plan, "proven", Load::default()).unwrap()
    );
}

#[test]
fn a_plan_that_was_kept_is_the_same_plan() {
    for entry in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/corpus")).unwrap() {
        let plan = plan(&fs::read_to_string(entry.unwrap().path()).unwrap());
        let text = serde_json::to_string(&plan).unwrap();
        assert_eq!(serde_json::from_str::<Plan>(&text).unwrap(), plan);
    }
}

#[test]
fn what_was_left_half_made_holds_data_only_if_it_had_served() {
    let case: Value = serde_json::from_str(&case("nothing-changes")).unwrap();
    let (running, wanted) = (&case["running"], &case["wanted"]);
    for (served, at_stake) in
        [(false, vec![]), (true, vec!["acme-cell-1-prod", "tenant-a", "tenant-b"])]
    {
        let cell = half_made("acme-cell-1-prod", running, wanted, served);
        assert_eq!(cell.state, State::HalfMade);
        let plan = Plan::new("acme".to_owned(), Place::Local, vec![cell]);
        assert_eq!(plan.at_stake().into_keys().collect::<Vec<_>>(), at_stake);
        assert_eq!(plan.only_creates(), !served);
    }
}

/// The steps of a preview as the engine's log has them.
#[test]
fn a_preview_of_the_engine_is_a_plan() {
    let step = |op: &str, kind: &str, name: &str, parent: &str, old: Value, new: Value| {
        let side = |inputs: Value| {
            if inputs.is_null() {
                Value::Null
            } else {
                serde_json::json!({ "inputs": inputs, "parent": format!("urn:pulumi:prod::acme::{parent}") })
            }
        };
        serde_json::json!({
            "op": op, "type": kind, "urn": format!("urn:pulumi:prod::acme::{kind}::{name}"),
            "old": side(old), "new": side(new), "keys": ["cidrBlock"],
        })
    };
    let (tenant, shared) = ("tenantry:index:Tenant::tenant-a", "tenantry:index:Api::api");
    let subnet =
        |block: &str| serde_json::json!({ "cidrBlock": block, "availabilityZone": "us-east-1a" });
    let body =
        |path: &str| serde_json::json!({ "body": format!("{{\"paths\":{{\"{path}\":{{}}}}}}") });
    let steps = [
        step(
            "same",
            "aws:ec2/vpc:Vpc",
            "Vpc",
            shared,
            subnet("10.0.0.0/16"),
            subnet("10.0.0.0/16"),
        ),
        step(
            "same",
            "aws:kms/key:Key",
            "TenantAKey",
            tenant,
            serde_json::json!({}),
            serde_json::json!({}),
        ),
        step(
            "delete",
            "aws:dynamodb/table:Table",
            "TenantAUsersTable",
            tenant,
            serde_json::json!({ "name": "tenant-a-users-prod" }),
            Value::Null,
        ),
        step(
            "replace",
            "aws:ec2/subnet:Subnet",
            "TenantASubnetA",
            tenant,
            subnet("10.0.2.0/24"),
            subnet("10.0.4.0/24"),
        ),
        step(
            "create-replacement",
            "aws:ec2/subnet:Subnet",
            "TenantASubnetA",
            tenant,
            subnet("10.0.2.0/24"),
            subnet("10.0.4.0/24"),
        ),
        step(
            "update",
            "aws:apigateway/restApi:RestApi",
            "Api",
            shared,
            body("/tenants/tenant-a/users"),
            body("/tenants/tenant-a/data"),
        ),
        step(
            "delete",
            "aws:apigateway/methodSettings:MethodSettings",
            "ApiStageUsersGet",
            shared,
            serde_json::json!({ "methodPath": "tenants/tenant-a/users/GET" }),
            Value::Null,
        ),
    ];
    assert_eq!(tenantry_plan::located(&steps)[0].subnets[0].2, "10.0.2.0/24");
    let cell =
        tenantry_plan::previewed("prod", &steps, Some(&serde_json::json!({ "Resources": {} })));
    let plan = Plan::new("acme".to_owned(), Place::Aws, vec![cell]);
    insta::assert_snapshot!(render::human(&plan, Load::default(), &|_, text| text.to_owned()));
}
