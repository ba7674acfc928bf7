use tenantry_blueprint::Emptying;

use crate::platforms::{code, graph, node, of_kind, platform, read, resource, shown};

#[test]
fn the_trail_keeps_data_events_of_all_tenants_tables() {
    let graph = graph(&["tenant-001"]);
    let trail = resource!(&graph, "Trail", Trail);
    let prefixes: Vec<String> = trail.table_arn_prefixes.iter().map(shown).collect();
    assert_eq!(prefixes, ["arn:aws:dynamodb:us-east-1:111122223333:table/tenant-"]);
    assert_eq!(shown(&trail.key.arn()), "{SharedKey.Arn}");
}

#[test]
fn the_bucket_takes_files_of_this_trail_alone() {
    let graph = graph(&["tenant-001"]);
    insta::assert_snapshot!(read(&resource!(&graph, "AuditBucketPolicy", BucketPolicy).policy));
}

#[test]
fn the_bucket_is_emptied_after_the_last_file_and_before_it_goes() {
    let graph = graph(&["tenant-001"]);
    let before = |earlier: &str, later: &str| {
        let requirements = node(&graph, later).requirements();
        assert!(requirements.iter().any(|id| id.as_str() == earlier), "{later} needs {earlier}");
    };
    before("AuditBucket", "EmptyBucket");
    before("EmptyBucketFunction", "EmptyBucket");
    before("EmptyBucketRolePolicy", "EmptyBucketFunction");
    before("EmptyBucket", "AuditBucketPolicy");
    before("AuditBucketPolicy", "Trail");
    insta::assert_snapshot!(read(&resource!(&graph, "EmptyBucketRolePolicy", RolePolicy).policy));
}

#[test]
fn an_engine_that_empties_buckets_needs_no_function_for_it() {
    let platform = platform(&["tenant-001"]);
    let graph =
        tenantry_blueprint::cell(&platform, &platform.cells[0], &code(), Emptying::ByEngine);
    assert!(resource!(&graph, "AuditBucket", Bucket).force_destroy);
    assert_eq!(of_kind(&graph, "BucketEmptier").count(), 0);
    assert!(!graph.nodes().iter().any(|node| node.id.as_str().starts_with("EmptyBucket")));
}

#[test]
fn the_buckets_name_is_the_accounts_own() {
    let graph = graph(&["tenant-001"]);
    assert_eq!(shown(&resource!(&graph, "AuditBucket", Bucket).name), "audit-111122223333-prod");
}
