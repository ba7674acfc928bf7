use tenantry_policy::Statement;
use tenantry_resources::{Policy, Text};

use crate::platforms::{graph, of_kind, policies, read, resource, shown};

#[test]
fn a_tenants_key_is_used_by_the_tenant_through_dynamodb_alone() {
    let graph = graph(&["tenant-001"]);
    let key = resource!(&graph, "Tenant001Key", Key);
    insta::assert_snapshot!(read(&key.policy));
}

#[test]
fn the_shared_key_is_used_by_the_services_that_write_shared_logs_alarms_and_audit() {
    let graph = graph(&["tenant-001"]);
    let key = resource!(&graph, "SharedKey", Key);
    insta::assert_snapshot!(read(&key.policy));
}

#[test]
fn keys_go_as_soon_as_kms_allows() {
    let graph = graph(&["tenant-001"]);
    assert_eq!(resource!(&graph, "Tenant001Key", Key).pending_window_days, 7);
    assert_eq!(resource!(&graph, "SharedKey", Key).pending_window_days, 7);
}

#[test]
fn the_alias_carries_the_tenants_slug() {
    let graph = graph(&["tenant-acme-eu"]);
    let alias = resource!(&graph, "TenantAcmeEuKeyAlias", Alias);
    assert_eq!(alias.name, "alias/tenant/acme-eu/data-key-prod");
    assert_eq!(alias.key.logical_id().as_str(), "TenantAcmeEuKey");
}

const CRYPTOGRAPHY: [&str; 6] =
    ["Decrypt", "Encrypt", "GenerateDataKey", "ReEncrypt", "Sign", "GenerateMac"];

fn encrypts(action: &str) -> bool {
    CRYPTOGRAPHY.iter().any(|word| action.contains(word))
}

fn of_the_account(policy: &Policy) -> impl Iterator<Item = &Statement<Text>> {
    policy
        .statements
        .iter()
        .filter(|statement| format!("{:?}", statement.principals).contains(":root"))
}

fn conditions(statement: &Statement<Text>) -> Vec<String> {
    let conditions = statement.conditions.iter();
    let text = |values: &[Text]| values.iter().map(shown).collect::<Vec<_>>().join(" ");
    conditions
        .map(|test| format!("{} {} {}", test.operator, test.key, text(&test.values)))
        .collect()
}

#[test]
fn the_account_can_delete_every_key_and_decrypts_with_none_but_to_create_a_table() {
    let graph = graph(&["tenant-001", "tenant-002"]);
    let mut keys = 0;
    for (id, policy) in policies(&graph) {
        if !id.ends_with("Key") {
            continue;
        }
        keys += 1;
        let free: Vec<&str> = of_the_account(policy)
            .filter(|statement| statement.conditions.is_empty())
            .flat_map(|statement| statement.actions.iter().map(String::as_str))
            .collect();
        assert!(free.contains(&"kms:ScheduleKeyDeletion"), "{id}");
        assert!(free.contains(&"kms:PutKeyPolicy"), "{id}");
        for action in free {
            assert!(!encrypts(action) && action != "kms:CreateGrant", "{id}: {action}");
        }
        if id == "SharedKey" {
            assert!(of_the_account(policy).all(|statement| statement.conditions.is_empty()));
        }
    }
    assert_eq!(keys, 3);
}

/// What DynamoDB asks for on behalf of who creates an encrypted table.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html#dynamodb-customer-cmk-policy>
#[test]
fn who_creates_the_tables_may_do_what_dynamodb_needs_for_it_and_a_tenants_role_may_not() {
    const NEEDED: [&str; 8] = [
        "kms:CreateGrant",
        "kms:Decrypt",
        "kms:DescribeKey",
        "kms:Encrypt",
        "kms:GenerateDataKey",
        "kms:GenerateDataKeyWithoutPlaintext",
        "kms:ReEncryptFrom",
        "kms:ReEncryptTo",
    ];
    let graph = graph(&["tenant-001"]);
    let policy = &resource!(&graph, "Tenant001Key", Key).policy;
    for needed in NEEDED {
        let statement = of_the_account(policy)
            .find(|statement| statement.actions.iter().any(|action| action == needed))
            .unwrap_or_else(|| panic!("nobody may {needed}"));
        let mut expected = vec![
            "StringEquals kms:ViaService dynamodb.us-east-1.amazonaws.com",
            "Null aws:PrincipalTag/tenant_id true",
        ];
        // Requests for these carry no encryption context.
        // <https://docs.aws.amazon.com/kms/latest/developerguide/encrypt_context.html>
        match needed {
            "kms:DescribeKey" => expected.clear(),
            "kms:CreateGrant" => expected.push("Bool kms:GrantIsForAWSResource true"),
            _ => expected.push(
                "StringEquals kms:EncryptionContext:aws:dynamodb:tableName \
                 tenant-001-users-prod tenant-001-data-prod",
            ),
        }
        assert_eq!(conditions(statement), expected, "{needed}");
    }
    // What the condition stands on: each role of the platform carries the tag.
    let roles: Vec<_> = of_kind(&graph, "Role").collect();
    assert!(roles.len() > 3);
    for role in roles {
        assert!(role.component.tags.iter().any(|(key, _)| *key == "tenant_id"), "{}", role.id);
    }
}
