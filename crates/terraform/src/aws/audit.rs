use tenantry_resources::{Trail, Tree};

use super::Mapped;

pub(super) fn trail(trail: &Trail) -> Mapped {
    let field = |name: &'static str, comparison: &'static str, values: Tree| {
        Tree::map([("field", name.into()), (comparison, values)])
    };
    let selector = |name: &'static str, fields: Vec<Tree>| {
        Tree::map([("field_selector", fields.into()), ("name", name.into())])
    };
    let management = vec![field("eventCategory", "equals", Tree::list(["Management"]))];
    let tables = vec![
        field("eventCategory", "equals", Tree::list(["Data"])),
        field("resources.type", "equals", Tree::list(["AWS::DynamoDB::Table"])),
        field("resources.ARN", "ends_with", Tree::list(trail.table_arn_ends.iter().cloned())),
    ];
    Mapped::new(
        "aws_cloudtrail",
        [
            (
                "advanced_event_selector",
                Tree::list([selector("Management", management), selector("Tables", tables)]),
            ),
            ("enable_log_file_validation", true.into()),
            ("enable_logging", true.into()),
            ("include_global_service_events", true.into()),
            ("is_multi_region_trail", true.into()),
            ("kms_key_id", trail.key.arn().into()),
            ("name", trail.name.clone().into()),
            ("s3_bucket_name", trail.bucket.id().into()),
        ],
    )
}
