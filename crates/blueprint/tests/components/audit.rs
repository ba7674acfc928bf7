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

/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html>
#[test]
fn cloudtrail_may_do_with_the_key_what_creating_a_trail_asks_for() {
    let graph = graph(&["tenant-001"]);
    let key = resource!(&graph, "SharedKey", Key);
    let (mut actions, mut sources) = (Vec::new(), Vec::new());
    for statement in &key.policy.statements {
        if !format!("{:?}", statement.principals).contains("cloudtrail") {
            continue;
        }
        actions.extend(statement.actions.iter().map(String::as_str));
        let source = statement.conditions.iter().find(|one| one.key == "aws:SourceArn").unwrap();
        sources.extend(source.values.iter().map(shown));
    }
    assert_eq!(actions, ["kms:GenerateDataKey", "kms:Decrypt", "kms:DescribeKey"]);
    let trail = "arn:aws:cloudtrail:us-east-1:111122223333:trail/audit-trail-prod";
    assert_eq!(sources, [trail, trail]);
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html>
#[test]
fn the_operator_reads_the_trail_and_nobody_does_anything_in_clear() {
    let graph = graph(&["tenant-001"]);
    let policy = &resource!(&graph, "AuditBucketPolicy", BucketPolicy).policy;
    let operator: Vec<&str> = policy
        .statements
        .iter()
        .filter(|statement| format!("{:?}", statement.principals).contains("OperatorRole"))
        .flat_map(|statement| statement.actions.iter().map(String::as_str))
        .collect();
    assert_eq!(operator, ["s3:ListBucket", "s3:GetObject"]);
    let in_clear = policy.statements.iter().find(|one| one.sid == "NothingInClear").unwrap();
    assert_eq!(in_clear.actions, ["s3:*"]);
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
