//! CloudWatch alarms.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{list, member, number, properties, text};
use crate::ask::{Input, ReadError};
use crate::calls::DESCRIBE_ALARMS;
use crate::read::{Properties, Reader};

pub(super) fn read(reader: &mut Reader<'_>) -> Result<(), ReadError> {
    let wanted = reader.of_kind("AWS::CloudWatch::Alarm");
    if wanted.is_empty() {
        return Ok(());
    }
    let token = ("NextToken", "NextToken");
    let all = reader.all(&DESCRIBE_ALARMS, "MetricAlarms", token, &Input::fields(&[]))?;
    let all: BTreeMap<&str, &Value> =
        all.iter().map(|alarm| (text(alarm, "AlarmName"), alarm)).collect();
    for id in wanted {
        let name = reader.text(&id, "AlarmName");
        let found = all.get(name.as_str()).map(|said| alarm(said));
        reader.note(&id, found);
    }
    Ok(())
}

/// What the service shows; a member that it does not is not compared.
fn alarm(said: &Value) -> Properties {
    let mut found = properties([("AlarmName", member(said, "AlarmName"))]);
    let texts = [
        "AlarmDescription",
        "ComparisonOperator",
        "ExtendedStatistic",
        "MetricName",
        "Namespace",
        "Statistic",
        "TreatMissingData",
    ];
    for name in texts {
        found.extend(said.get(name).map(|value| (name.to_owned(), value.clone())));
    }
    for name in ["EvaluationPeriods", "Period", "Threshold"] {
        found.extend(
            said.get(name)
                .map(|value| (name.to_owned(), number(value.as_str().unwrap_or_default()))),
        );
    }
    for name in ["AlarmActions", "Dimensions"] {
        if said.get(name).is_some() {
            found.insert(name.to_owned(), json!(list(said, name)));
        }
    }
    found
}
