//! The audit trail: who did what to the account, and to the tenants' tables.

use tenantry_policy::{Principal, Statement};
use tenantry_resources::{
    Bucket, BucketEmptier, BucketPolicy, Function, Key, LogicalId, NodeOptions, Policy, Pseudo,
    Ref, Role, RolePolicy, Text, Trail, Waiver,
};

use crate::arns::{SharedLog, trail_arn, trail_name};
use crate::builder::Builder;
use crate::compute::{FUNCTION_WAIVERS, RUNTIME};
use crate::service_role::service_trust;
use crate::{Emptying, logging};

/// Days that the log files are kept.
const EXPIRATION_DAYS: u16 = 365;

const BUCKET_WAIVERS: [Waiver; 1] = [Waiver {
    rule: "CKV_AWS_18",
    reason: "access to the audit bucket is in the trail; a log of it would need a bucket again",
}];

pub(crate) fn trail(b: &mut Builder<'_>, key: &Ref<Key>, operator: &Ref<Role>, emptying: Emptying) {
    let component = b.shared("Audit");
    let bucket = Bucket {
        name: bucket_name(b),
        key: key.clone(),
        expiration_days: EXPIRATION_DAYS,
        force_destroy: emptying == Emptying::ByEngine && !component.protected,
    };
    let options = NodeOptions { waivers: BUCKET_WAIVERS.to_vec(), ..NodeOptions::default() };
    let bucket = b.graph.add_with(&component, "AuditBucket", bucket, options);
    let emptier = match emptying {
        Emptying::ByFunction => Some(emptier(b, key, &bucket)),
        Emptying::ByEngine => None,
    };
    // Deletion goes backwards: the trail ends, the policy goes (so that no late file can come in),
    // the bucket is emptied, the bucket goes.
    let policy = b.graph.add_with(
        &component,
        "AuditBucketPolicy",
        BucketPolicy { bucket: bucket.clone(), policy: bucket_policy(b, operator) },
        NodeOptions { depends_on: emptier.into_iter().collect(), ..NodeOptions::default() },
    );
    let trail = Trail {
        name: trail_name(b),
        bucket,
        key: key.clone(),
        table_arn_ends: b
            .application
            .tables
            .iter()
            .map(|table| table_arn_end(b, &table.name))
            .collect(),
    };
    let options = NodeOptions {
        depends_on: vec![policy.logical_id().clone()],
        waivers: vec![
            Waiver {
                rule: "CKV_AWS_252",
                reason: "alarms come from metrics; a notice a log file would be noise",
            },
            Waiver {
                rule: "CKV2_AWS_10",
                reason: "tenants' logs stay in log groups of their own; the trail is for auditors",
            },
        ],
    };
    b.graph.add_with(&component, "Trail", trail, options);
}

/// How the ARNs of a kind of table end in this environment. With the kind in it, the end of `prod`
/// is not that of `eu-prod` too.
///
/// `StartsWith` beside it would not narrow it: of several such operators on a field, one is enough.
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/filtering-data-events.html>
fn table_arn_end(b: &Builder<'_>, table: &str) -> String {
    format!("-{table}-{}", b.platform.environment_suffix)
}

/// Bucket names are unique in the world, so the account's id is in this one.
fn bucket_name(b: &Builder<'_>) -> Text {
    Text::from("audit-").then(Pseudo::AccountId).then(b.name(""))
}

fn bucket_arn(b: &Builder<'_>) -> Text {
    Text::from("arn:").then(Pseudo::Partition).then(":s3:::").then(bucket_name(b))
}

/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html>
fn bucket_policy(b: &Builder<'_>, operator: &Ref<Role>) -> Policy {
    let cloudtrail = || vec![Principal::Service(Text::from("cloudtrail.amazonaws.com"))];
    let files = bucket_arn(b).then("/AWSLogs/").then(Pseudo::AccountId).then("/*");
    Policy::new(vec![
        Statement::allow("TrailLooksAtTheBucket", &["s3:GetBucketAcl"])
            .to(cloudtrail())
            .on(vec![bucket_arn(b)])
            .when("StringEquals", "aws:SourceArn", vec![trail_arn(b)]),
        Statement::allow("TrailWritesItsFiles", &["s3:PutObject"])
            .to(cloudtrail())
            .on(vec![files.clone()])
            .when("StringEquals", "aws:SourceArn", vec![trail_arn(b)])
            .when("StringEquals", "s3:x-amz-acl", vec!["bucket-owner-full-control".into()]),
        Statement::allow("OperatorFindsTheFiles", &["s3:ListBucket"])
            .to(vec![Principal::Aws(operator.arn())])
            .on(vec![bucket_arn(b)]),
        Statement::allow("OperatorReadsTheFiles", &["s3:GetObject"])
            .to(vec![Principal::Aws(operator.arn())])
            .on(vec![files]),
        // A refusal may be as wide as it can: a list of actions would miss those that S3 gets later.
        // https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html
        Statement::deny("NothingInClear", &["s3:*"])
            .to_everyone()
            .on(vec![bucket_arn(b), bucket_arn(b).then("/*")])
            .when("Bool", "aws:SecureTransport", vec!["false".into()]),
    ])
}

/// A function that CloudFormation calls before it deletes the bucket.
fn emptier(b: &mut Builder<'_>, key: &Ref<Key>, bucket: &Ref<Bucket>) -> LogicalId {
    let component = b.shared("Audit");
    let role = Role {
        name: b.name("empty-bucket-role"),
        description: "Empties the audit bucket when the platform goes down".to_owned(),
        trust: Policy::new(vec![service_trust("lambda.amazonaws.com")]),
        managed_policies: Vec::new(),
    };
    let role = b.graph.add(&component, "EmptyBucketRole", role);
    let log_group = logging::shared(b, SharedLog::EmptyBucket, key);
    let policy = RolePolicy {
        name: b.name("empty-bucket-policy"),
        role: role.clone(),
        policy: Policy::new(vec![
            Statement::allow("ListTheBucket", &["s3:ListBucketVersions"]).on(vec![bucket_arn(b)]),
            Statement::allow("DeleteItsObjects", &["s3:DeleteObject", "s3:DeleteObjectVersion"])
                .on(vec![bucket_arn(b).then("/*")]),
            logging::writes_to(&SharedLog::EmptyBucket.name(b)),
        ]),
    };
    let policy = b.graph.add(&component, "EmptyBucketRolePolicy", policy);
    let function = Function {
        name: b.name("empty-bucket"),
        description: "Empties the audit bucket when the platform goes down".to_owned(),
        code: b.code.empty_bucket.clone(),
        runtime: RUNTIME.into(),
        handler: "index.handler".into(),
        architecture: "arm64",
        memory_mib: 256,
        timeout_seconds: 900,
        role,
        environment: Vec::new(),
        network: None,
        log_group,
    };
    let mut waivers = FUNCTION_WAIVERS.to_vec();
    waivers.push(Waiver {
        rule: "CKV_AWS_117",
        reason: "it talks to S3 and CloudFormation alone and has no tenant's data",
    });
    let options = NodeOptions { depends_on: vec![policy.logical_id().clone()], waivers };
    let function = b.graph.add_with(&component, "EmptyBucketFunction", function, options);
    let emptier = BucketEmptier { function, bucket: bucket.clone() };
    b.graph.add(&component, "EmptyBucket", emptier).logical_id().clone()
}
