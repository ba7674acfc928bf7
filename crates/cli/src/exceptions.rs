//! What the user accepts and assumes: from platform.toml, or from a file beside anybody's templates.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use tenantry_config::Source;
use tenantry_template::Place;
use tenantry_verdict::{Accept, Assume, Date, claims};

use crate::failure::Failure;
use crate::project::Project;

/// What is to be set aside.
#[derive(Default)]
pub(crate) struct Exceptions {
    pub(crate) accept: Vec<Accept>,
    pub(crate) assume: Vec<Assume>,
}

impl Exceptions {
    /// Those of a platform.
    pub(crate) fn of(project: &Project) -> Result<Self, Failure> {
        let (name, text) = project.file();
        Self::parse(&name, text)
    }

    /// Those of a file of their own.
    pub(crate) fn read(file: &Path) -> Result<Self, Failure> {
        let name = file.display().to_string();
        let text = std::fs::read(file).map_err(|error| {
            Failure::with_hint(
                format!("cannot read {name}: {error}"),
                "`tenantry verify FILE --suggest` prints what such a file says",
            )
        })?;
        Self::parse(&name, &text)
    }

    fn parse(name: &str, bytes: &[u8]) -> Result<Self, Failure> {
        let claims: Vec<&str> = claims::all().map(|claim| claim.id).collect();
        let read = tenantry_config::exceptions(Source { name, text: bytes }, &claims)?;
        let text = String::from_utf8_lossy(bytes);
        let place = |span| Some(Place::new(name, &text, span));
        let accept = read.accept.into_iter().map(|one| {
            let until = Date::new(one.until.year, one.until.month, one.until.day);
            Ok(Accept {
                claim: one.claim,
                resource: one.resource,
                conditions: one.conditions,
                principal: one.principal,
                action: one.action,
                reason: one.reason,
                until: until.ok_or_else(|| Failure::new(format!("{} is no day", one.until)))?,
                place: place(one.span),
            })
        });
        let assume = read.assume.into_iter().map(|one| Assume {
            id: one.id,
            text: one.text,
            unknown: one.unknown,
            claims: one.claims,
            place: place(one.span),
        });
        Ok(Self { accept: accept.collect::<Result<_, Failure>>()?, assume: assume.collect() })
    }
}

/// The day and the minute, in UTC: `2026-11-29 00:10`.
pub(crate) fn now() -> Result<String, Failure> {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let minute = seconds / 60 % (24 * 60);
    Ok(format!("{} {:02}:{:02}", day(0)?, minute / 60, minute % 60))
}

/// The day, in UTC, that is so many days from now.
pub(crate) fn day(days_from_now: u64) -> Result<Date, Failure> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    const SECONDS_OF_A_DAY: u64 = 86_400;
    Date::from_unix_day(now / SECONDS_OF_A_DAY + days_from_now).ok_or_else(|| {
        Failure::with_hint("the clock is past the year 9999", "set this machine's clock")
    })
}
