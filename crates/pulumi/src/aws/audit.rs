use tenantry_resources::Trail;

use super::{Mapped, Token};
use crate::input::{Input, list, map};

pub(super) fn trail(trail: &Trail) -> Mapped {
    let field = |name: &str, comparison: &'static str, values: Input| {
        map([("field", name.into()), (comparison, values)])
    };
    let selector = |name: &str, fields: Vec<Input>| {
        map([("fieldSelectors", list(fields)), ("name", name.into())])
    };
    let management = vec![field("eventCategory", "equals", list(["Management"]))];
    let tables = vec![
        field("eventCategory", "equals", list(["Data"])),
        field("resources.type", "equals", list(["AWS::DynamoDB::Table"])),
        field("resources.ARN", "endsWiths", list(trail.table_arn_ends.iter().map(String::as_str))),
    ];
    Mapped::new(
        Token::Trail,
        [
            (
                "advancedEventSelectors",
                list([selector("Management", management), selector("Tables", tables)]),
            ),
            ("enableLogFileValidation", true.into()),
            ("enableLogging", true.into()),
            ("includeGlobalServiceEvents", true.into()),
            ("isMultiRegionTrail", true.into()),
            ("kmsKeyId", trail.key.arn().into()),
            ("name", trail.name.as_str().into()),
            ("s3BucketName", trail.bucket.id().into()),
        ],
    )
}
