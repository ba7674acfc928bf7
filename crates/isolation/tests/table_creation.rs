//! What the tenants' keys hold back although DynamoDB has to be let at them when a table is created.
//!
//! Whoever creates a table lends DynamoDB the right to use the key, so a key's policy admits the
//! account for that: <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html>.
//! It leaves out whoever carries `tenant_id`. Here a tenant's own role is given all of it on every
//! key, and the key alone has to stop it.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod support;

use serde_json::{Value, json};
use support::{platform, verdict};
use tenantry_verdict::Outcome;

/// The platform's template, in which the first tenant's role may use every key: all that creating a
/// table needs but `kms:DescribeKey`, which the account has as the keys' administrator.
fn with_a_wide_role() -> Value {
    let mut template: Value = serde_json::from_str(&platform(2)).unwrap();
    let policy = &mut template["Resources"]["Tenant001RolePolicy"]["Properties"]["PolicyDocument"];
    policy["Statement"].as_array_mut().unwrap().push(json!({
        "Effect": "Allow",
        "Action": [
            "kms:CreateGrant",
            "kms:Decrypt",
            "kms:Encrypt",
            "kms:GenerateDataKey",
            "kms:GenerateDataKeyWithoutPlaintext",
            "kms:ReEncryptFrom",
            "kms:ReEncryptTo",
        ],
        "Resource": "*",
    }));
    template
}

/// The claims that are breached.
fn breached(template: &Value) -> Vec<String> {
    let verdict = verdict("platform.json", &template.to_string());
    let breached = verdict.claims.iter().filter(|claim| claim.outcome() == Outcome::Breached);
    breached.map(|claim| claim.claim.to_string()).collect()
}

/// Takes a condition out of both statements for who creates the tables of the second tenant.
fn without(template: &mut Value, operator: &str, key: &str) {
    let policy = &mut template["Resources"]["Tenant002Key"]["Properties"]["KeyPolicy"];
    let mut changed = 0;
    for statement in policy["Statement"].as_array_mut().unwrap() {
        if let Some(conditions) = statement.pointer_mut("/Condition")
            && conditions.get("Null").is_some()
        {
            changed +=
                usize::from(conditions[operator].as_object_mut().unwrap().remove(key).is_some());
        }
    }
    assert_eq!(changed, 2);
}

#[test]
fn a_role_that_may_use_every_key_is_stopped_by_the_other_tenants_key() {
    assert_eq!(breached(&with_a_wide_role()), Vec::<String>::new());
}

#[test]
fn without_the_condition_on_the_tag_the_keys_are_open_to_it() {
    let mut template = with_a_wide_role();
    without(&mut template, "Null", "aws:PrincipalTag/tenant_id");
    let breached = breached(&template);
    for claim in ["identity/other-tenants-asset", "key/use", "key/administer"] {
        assert!(breached.iter().any(|found| found == claim), "{claim}: {breached:?}");
    }
}

#[test]
fn the_tag_keeps_the_role_out_even_where_the_key_is_used_without_dynamodb() {
    let mut template = with_a_wide_role();
    without(&mut template, "StringEquals", "kms:ViaService");
    assert_eq!(breached(&template), Vec::<String>::new());
}
