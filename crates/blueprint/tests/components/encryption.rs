use crate::platforms::{graph, policies, read, resource};

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

#[test]
fn the_account_can_delete_every_key_and_decrypt_with_none() {
    const CRYPTOGRAPHY: [&str; 6] =
        ["Decrypt", "Encrypt", "GenerateDataKey", "ReEncrypt", "Sign", "GenerateMac"];
    let graph = graph(&["tenant-001", "tenant-002"]);
    let mut keys = 0;
    for (id, policy) in policies(&graph) {
        if !id.ends_with("Key") {
            continue;
        }
        keys += 1;
        let account: Vec<&str> = policy
            .statements
            .iter()
            .filter(|statement| format!("{:?}", statement.principals).contains(":root"))
            .flat_map(|statement| statement.actions.iter().map(String::as_str))
            .collect();
        assert!(account.contains(&"kms:ScheduleKeyDeletion"), "{id}");
        assert!(account.contains(&"kms:PutKeyPolicy"), "{id}");
        for action in account {
            assert!(!CRYPTOGRAPHY.iter().any(|word| action.contains(word)), "{id}: {action}");
        }
    }
    assert_eq!(keys, 3);
}
