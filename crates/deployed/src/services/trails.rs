//! CloudTrail.

use serde_json::{Value, json};

use super::{list, member, present, properties};
use crate::ask::{Input, ReadError};
use crate::calls::{GET_EVENT_SELECTORS, GET_TRAIL, GET_TRAIL_STATUS};
use crate::read::Reader;

pub(super) fn read(reader: &mut Reader<'_>) -> Result<(), ReadError> {
    for id in reader.of_kind("AWS::CloudTrail::Trail") {
        let name = reader.text(&id, "TrailName");
        let input = Input::Document(json!({ "Name": name }));
        let Some(said) = reader.once(&GET_TRAIL, &input)? else {
            reader.gone(&id);
            continue;
        };
        let said = member(&said, "Trail");
        let status = reader.once(&GET_TRAIL_STATUS, &input)?.unwrap_or_default();
        let input = Input::Document(json!({ "TrailName": name }));
        let selectors = reader.once(&GET_EVENT_SELECTORS, &input)?.unwrap_or_default();
        let found = properties([
            ("TrailName", member(&said, "Name")),
            ("S3BucketName", member(&said, "S3BucketName")),
            ("KMSKeyId", member(&said, "KmsKeyId")),
            ("IsMultiRegionTrail", member(&said, "IsMultiRegionTrail")),
            ("IncludeGlobalServiceEvents", member(&said, "IncludeGlobalServiceEvents")),
            ("EnableLogFileValidation", member(&said, "LogFileValidationEnabled")),
            ("IsLogging", member(&status, "IsLogging")),
            ("AdvancedEventSelectors", selecting(&selectors)),
        ]);
        reader.there(&id, found);
    }
    Ok(())
}

fn selecting(said: &Value) -> Value {
    let selectors = list(said, "AdvancedEventSelectors").iter().map(|selector| {
        present([
            ("Name", member(selector, "Name")),
            ("FieldSelectors", member(selector, "FieldSelectors")),
        ])
    });
    selectors.collect()
}
