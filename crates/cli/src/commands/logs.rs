//! `tenantry logs`: what a tenant's functions on this machine wrote.

use std::collections::BTreeSet;
use std::thread;
use std::time::{Duration, SystemTime};

use serde::Serialize;
use tenantry_local::{Home, LogEvent, milliseconds};

use super::outputs;
use crate::arguments::{Format, Logs};
use crate::failure::Failure;
use crate::outcome::{Outcome, cancel_on_interrupt};
use crate::output::Output;
use crate::project::Project;

/// How often it is asked whether there is more.
const ASK_EVERY: Duration = Duration::from_millis(500);

#[derive(Serialize)]
struct Line<'a> {
    /// Milliseconds since 1970-01-01 in UTC.
    time: u64,
    group: &'a str,
    message: &'a str,
}

pub(crate) fn run(
    project: &Project,
    arguments: &Logs,
    output: &Output,
) -> Result<Outcome, Failure> {
    if !matches!(output.format(), Format::Human | Format::Json) {
        return Err(output.no_such_format());
    }
    let groups = groups(project, arguments)?;
    let home = Home::of_project(&project.folder);
    let read = |since| {
        let found = tenantry_local::logs(&home, &groups, since)
            .map_err(|error| Failure::with_hint(error.to_string(), error.hint()))?;
        found.ok_or_else(|| {
            Failure::with_hint("the emulator has ended", "`tenantry start` starts it again")
        })
    };
    let ago = Duration::from_secs(arguments.minutes.saturating_mul(60));
    let mut since = SystemTime::now().checked_sub(ago).map(milliseconds).unwrap_or_default();
    let cancel = if arguments.follow { Some(cancel_on_interrupt()?) } else { None };
    let mut shown: BTreeSet<LogEvent> = BTreeSet::new();
    loop {
        for event in read(since)? {
            if shown.contains(&event) {
                continue;
            }
            output.text(&line(&event, output)?)?;
            // The next question is for the same millisecond again: more may come in it.
            if event.time > since {
                since = event.time;
                shown.clear();
            }
            shown.insert(event);
        }
        match &cancel {
            Some(cancel) if !cancel.is_cancelled() => thread::sleep(ASK_EVERY),
            _ => return Ok(Outcome::Done),
        }
    }
}

/// A line for people; as JSON an object a line, so that it can be read while more comes.
fn line(event: &LogEvent, output: &Output) -> Result<String, Failure> {
    let LogEvent { time, group, message } = event;
    if output.format() == Format::Json {
        return serde_json::to_string(&Line { time: *time, group, message })
            .map_err(|error| Failure::new(format!("cannot write JSON: {error}")));
    }
    // What a function writes must not steer the terminal.
    let message: String = message.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let (seconds, thousandths) = (time / 1000, time % 1000);
    let (hours, minutes) = (seconds / 3600 % 24, seconds / 60 % 60);
    let time = format!("{hours:02}:{minutes:02}:{:02}.{thousandths:03}Z", seconds % 60);
    Ok(format!("{} {message}", output.painted("2", &time)))
}

fn groups(project: &Project, arguments: &Logs) -> Result<Vec<String>, Failure> {
    let id = &arguments.tenant;
    if !project.platform().tenants().any(|(_, tenant)| tenant.id.as_str() == id) {
        return Err(Failure::with_hint(
            format!("there is no tenant {id:?}"),
            "`tenantry tenant list` lists them",
        ));
    }
    let stacks = outputs::all(project)?;
    let Some(own) = stacks.iter().find_map(|stack| stack.tenants.get(id)) else {
        return Err(Failure::with_hint(
            format!("{id} is not deployed here"),
            "`tenantry up` deploys it",
        ));
    };
    let groups = outputs::log_groups(own);
    match &arguments.service {
        None => Ok(groups.into_values().collect()),
        Some(service) => match groups.get(service) {
            Some(group) => Ok(vec![group.clone()]),
            None => Err(Failure::with_hint(
                format!("{id} has no service {service:?}"),
                format!("it has {}", groups.into_keys().collect::<Vec<_>>().join(", ")),
            )),
        },
    }
}
