//! What functions on this machine wrote into their logs.

use crate::client::{Client, ClientError};
use crate::emulator::Emulator;
use crate::home::Home;
use crate::status::StatusError;
use serde_json::{Value, json};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// One event of a log.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LogEvent {
    /// Milliseconds since 1970-01-01 in UTC.
    pub time: u64,
    /// The log group.
    pub group: String,
    /// What was written.
    pub message: String,
}

/// What a tenant's functions did in a while, by the lines that they write about each request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Activity {
    /// Requests that were answered.
    pub requests: usize,
    /// Those of them that were answered with a status of 500 or above.
    pub errors: usize,
}

/// Reads the events of log groups since a time in milliseconds, the earliest first; `None` when no emulator runs. A group
/// into which nothing was written yet has none.
///
/// # Errors
/// [`StatusError`].
pub fn logs(
    home: &Home,
    groups: &[String],
    since: u64,
) -> Result<Option<Vec<LogEvent>>, StatusError> {
    if Emulator::find(home)?.is_none() {
        return Ok(None);
    }
    let client = Client::administrator(home)?;
    let mut found = Vec::new();
    for group in groups {
        found.extend(events(&client, group, since)?);
    }
    found.sort_by_key(|event| event.time);
    Ok(Some(found))
}

/// Counts what the functions that write into these log groups did in the time before now; `None` when no emulator runs.
///
/// # Errors
/// [`StatusError`].
pub fn activity(
    home: &Home,
    groups: &[String],
    within: Duration,
) -> Result<Option<Activity>, StatusError> {
    let since = milliseconds(SystemTime::now() - within);
    Ok(logs(home, groups, since)?.map(|events| counted(&events)))
}

/// Now, in milliseconds since 1970-01-01 in UTC.
#[must_use]
pub fn milliseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// The functions write a line for each request that they answer.
fn counted(events: &[LogEvent]) -> Activity {
    let mut activity = Activity::default();
    for event in events {
        let Ok(line) = serde_json::from_str::<Value>(&event.message) else { continue };
        if line.get("event").and_then(Value::as_str) == Some("request") {
            activity.requests += 1;
            let status = line.get("status").and_then(Value::as_u64).unwrap_or_default();
            activity.errors += usize::from(status >= 500);
        }
    }
    activity
}

/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html>
fn events(client: &Client, group: &str, since: u64) -> Result<Vec<LogEvent>, ClientError> {
    let mut found = Vec::new();
    let mut token: Option<String> = None;
    loop {
        let mut body = json!({ "logGroupName": group, "startTime": since });
        if let (Some(token), Some(body)) = (&token, body.as_object_mut()) {
            body.insert("nextToken".to_owned(), json!(token));
        }
        let answer = match client.json("logs", "Logs_20140328.FilterLogEvents", &body) {
            Err(error) if error.code() == Some("ResourceNotFoundException") => return Ok(found),
            answer => answer?,
        };
        let page = answer.get("events").and_then(Value::as_array);
        found.extend(page.into_iter().flatten().map(|event| {
            LogEvent {
                time: event.get("timestamp").and_then(Value::as_u64).unwrap_or_default(),
                group: group.to_owned(),
                message: event
                    .get("message")
                    .and_then(Value::as_str)
                    .unwrap_or_default()
                    .trim_end()
                    .to_owned(),
            }
        }));
        let next = answer.get("nextToken").and_then(Value::as_str).map(ToOwned::to_owned);
        if next.is_none() || next == token {
            return Ok(found);
        }
        token = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lines_about_requests_are_requests_and_only_500_and_above_are_errors() {
        let lines = [
            "START RequestId: 1",
            r#"{"event":"request","status":201}"#,
            r#"{"event":"request","status":403}"#,
            r#"{"event":"request","status":500}"#,
            r#"{"event":"isolation_violation","status":500}"#,
        ];
        let events = lines.map(|message| LogEvent {
            time: 0,
            group: String::new(),
            message: message.to_owned(),
        });
        assert_eq!(counted(&events), Activity { requests: 3, errors: 1 });
    }
}
