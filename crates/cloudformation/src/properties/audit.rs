use tenantry_resources::{Trail, Tree};

use super::{Properties, properties_of};

pub(super) fn trail(trail: &Trail) -> Properties {
    let field = |name: &'static str, comparison: &'static str, values: Tree| {
        Tree::map([("Field", name.into()), (comparison, values)])
    };
    let selector = |name: &'static str, fields: Vec<Tree>| {
        Tree::map([("FieldSelectors", fields.into()), ("Name", name.into())])
    };
    let management = vec![field("eventCategory", "Equals", Tree::list(["Management"]))];
    let tables = vec![
        field("eventCategory", "Equals", Tree::list(["Data"])),
        field("resources.type", "Equals", Tree::list(["AWS::DynamoDB::Table"])),
        field("resources.ARN", "EndsWith", Tree::list(trail.table_arn_ends.iter().cloned())),
    ];
    properties_of([
        (
            "AdvancedEventSelectors",
            Tree::list([selector("Management", management), selector("Tables", tables)]),
        ),
        ("EnableLogFileValidation", true.into()),
        ("IncludeGlobalServiceEvents", true.into()),
        ("IsLogging", true.into()),
        ("IsMultiRegionTrail", true.into()),
        ("KMSKeyId", trail.key.arn().into()),
        ("S3BucketName", trail.bucket.id().into()),
        ("TrailName", trail.name.clone().into()),
    ])
}
