use crate::platforms::{build, graph, platform, read, resource, shown};

#[test]
fn a_tenant_has_two_tables_under_its_key() {
    let graph = graph(&["tenant-001"]);
    for (id, name, expiry) in [
        ("Tenant001UsersTable", "tenant-001-users-prod", Some("expires_at")),
        ("Tenant001DataTable", "tenant-001-data-prod", None),
    ] {
        let table = resource!(&graph, id, Table);
        assert_eq!(table.name, name);
        assert_eq!(shown(&table.key.arn()), "{Tenant001Key.Arn}");
        assert_eq!(table.time_to_live.as_deref(), expiry);
        let keys = (table.partition_key.as_ref(), table.sort_key.as_deref());
        assert_eq!(keys, ("pk", Some("sk")));
    }
}

#[test]
fn a_tables_policy_keeps_everyone_but_the_tenant_and_the_operator_from_its_data() {
    let graph = graph(&["tenant-001"]);
    let table = resource!(&graph, "Tenant001UsersTable", Table);
    insta::assert_snapshot!(read(&table.policy));
}

#[test]
fn a_tables_policy_never_stands_in_the_way_of_its_deletion() {
    let graph = graph(&["tenant-001"]);
    for id in ["Tenant001UsersTable", "Tenant001DataTable"] {
        for statement in &resource!(&graph, id, Table).policy.statements {
            for action in &statement.actions {
                let verb = action.strip_prefix("dynamodb:").unwrap();
                let control = ["Create", "DeleteTable", "Describe", "List", "Tag", "Untag"];
                let policy = ["PutResourcePolicy", "DeleteResourcePolicy", "GetResourcePolicy"];
                assert!(!control.iter().any(|word| verb.starts_with(word)), "{action}");
                assert!(!policy.contains(&verb), "{action}");
                assert!(!["UpdateTable", "UpdateTimeToLive"].contains(&verb), "{action}");
            }
        }
    }
}

/// A table that is deleted while it can be restored leaves a system backup for 35 days:
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/PointInTimeRecovery_Howitworks.html>
#[test]
fn tables_can_be_restored_unless_the_platform_is_to_leave_no_backup() {
    let mut platform = platform(&["tenant-001"]);
    for wanted in [true, false] {
        platform.options.point_in_time_recovery = wanted;
        let graph = build(&platform, &platform.cells[0]);
        for id in ["Tenant001UsersTable", "Tenant001DataTable"] {
            assert_eq!(resource!(&graph, id, Table).point_in_time_recovery, wanted, "{id}");
        }
    }
}
