use tenantry_blueprint::{Emptying, check_first_cell};
use tenantry_config::AccountLogRole;

use crate::platforms::{build, graph, node, of_kind, platform, read, resource, shown};

/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/filtering-data-events.html>
#[test]
fn the_trail_keeps_data_events_of_this_environments_tables_and_of_no_others() {
    let ids = ["tenant-001", "tenant-eu"];
    let graph = graph(&ids);
    let trail = resource!(&graph, "Trail", Trail);
    assert_eq!(trail.table_arn_ends, ["-users-prod", "-data-prod"]);
    assert_eq!(shown(&trail.key.arn()), "{SharedKey.Arn}");
    let kept = |name: &str| trail.table_arn_ends.iter().any(|end| name.ends_with(end));
    for table in of_kind(&graph, "Table") {
        assert!(kept(&shown(&table.resource.name().unwrap())), "{}", table.id);
    }
    for suffix in ["eu-prod", "prod-eu", "stage"] {
        let mut other = platform(&ids);
        other.environment_suffix = suffix.to_owned();
        for table in of_kind(&build(&other, &other.cells[0]), "Table") {
            assert!(!kept(&shown(&table.resource.name().unwrap())), "{suffix}: {}", table.id);
        }
    }
}

/// A region takes five trails, and that cannot be raised:
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/WhatIsCloudTrail-Limits.html>
#[test]
fn the_first_cell_makes_one_trail_for_all() {
    let ids: Vec<String> = (1..=41).map(|number| format!("tenant-{number:03}")).collect();
    let platform = platform(&ids.iter().map(String::as_str).collect::<Vec<_>>());
    let trails: Vec<usize> = platform
        .cells
        .iter()
        .map(|cell| of_kind(&build(&platform, cell), "Trail").count())
        .collect();
    assert_eq!(trails, [1, 0, 0]);
    let second = build(&platform, &platform.cells[1]);
    for kind in ["Bucket", "BucketPolicy", "BucketEmptier"] {
        assert_eq!(of_kind(&second, kind).count(), 0, "{kind}");
    }
    let key = read(&resource!(&second, "SharedKey", Key).policy);
    assert!(!key.contains("cloudtrail"), "{key}");
}

#[test]
fn a_platform_whose_organisation_has_a_trail_makes_none() {
    let mut platform = platform(&["tenant-001"]);
    platform.options.audit_trail = false;
    let graph = build(&platform, &platform.cells[0]);
    let audit: Vec<&str> = graph
        .nodes()
        .iter()
        .filter(|node| node.component.kind == "Audit")
        .map(|node| node.id.as_str())
        .collect();
    assert_eq!(audit, Vec::<&str>::new());
    assert!(!read(&resource!(&graph, "SharedKey", Key).policy).contains("cloudtrail"));
}

#[test]
fn without_its_first_cell_a_platform_is_told_what_the_others_would_miss() {
    let ids: Vec<String> = (1..=21).map(|number| format!("tenant-{number:03}")).collect();
    let mut platform = platform(&ids.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(check_first_cell(&platform), Ok(()));
    platform.cells.remove(0);
    let gone = check_first_cell(&platform).unwrap_err();
    assert_eq!(
        gone.to_string(),
        "cell 1 has no tenants any more, but other cells have, and it holds the platform's audit trail and the role \
         by which all cells write access logs"
    );
    platform.options.audit_trail = false;
    let gone = check_first_cell(&platform).unwrap_err();
    assert_eq!(gone.holds, ["the role by which all cells write access logs"]);
    platform.options.account_log_role = AccountLogRole::Keep;
    assert_eq!(check_first_cell(&platform), Ok(()));
    platform.cells.clear();
    assert_eq!(check_first_cell(&platform), Ok(()));
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
    let graph = tenantry_testing::graph(&platform, &platform.cells[0], Emptying::ByEngine);
    assert!(resource!(&graph, "AuditBucket", Bucket).force_destroy);
    assert_eq!(of_kind(&graph, "BucketEmptier").count(), 0);
    assert!(!graph.nodes().iter().any(|node| node.id.as_str().starts_with("EmptyBucket")));
}

#[test]
fn the_buckets_name_is_the_accounts_own() {
    let graph = graph(&["tenant-001"]);
    assert_eq!(shown(&resource!(&graph, "AuditBucket", Bucket).name), "audit-111122223333-prod");
}
