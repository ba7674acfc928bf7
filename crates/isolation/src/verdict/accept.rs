//! Exceptions that a user accepts, each bound to one counterexample and to a day.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use super::{Counterexample, Identity, Notice, Verdict};

/// An exception as the user wrote it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Accept {
    /// The claim's id.
    pub claim: String,
    /// The counterexample's resource.
    pub resource: String,
    /// Who acts.
    pub principal: String,
    /// What it does.
    pub action: String,
    /// Why it is acceptable.
    pub reason: String,
    /// The last day on which it counts.
    pub until: Date,
}

/// A counterexample that an exception covers.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Accepted {
    /// The counterexample.
    pub counterexample: Counterexample,
    /// Why it is acceptable.
    pub reason: String,
    /// The last day on which it is.
    pub until: Date,
}

/// A day of the calendar, `2026-11-24`.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Verdict {
    /// Sets the counterexamples aside that an exception covers on the day `today`. One that ran
    /// out covers nothing, and one that matches nothing is a warning.
    pub fn accept(&mut self, exceptions: &[Accept], today: Date) {
        for exception in exceptions {
            let mut found = false;
            for answer in &mut self.claims {
                if answer.claim.id != exception.claim {
                    continue;
                }
                let (covered, rest): (Vec<_>, Vec<_>) = std::mem::take(&mut answer.counterexamples)
                    .into_iter()
                    .partition(|example| exception.names(&example.identity()));
                found |= !covered.is_empty();
                answer.counterexamples = rest;
                if exception.until < today {
                    answer.counterexamples.extend(covered);
                    answer.counterexamples.sort_by_cached_key(Counterexample::identity);
                } else {
                    answer.accepted.extend(covered.into_iter().map(|counterexample| Accepted {
                        counterexample,
                        reason: exception.reason.clone(),
                        until: exception.until,
                    }));
                }
            }
            self.warnings.extend(exception.warning(found, today));
        }
    }
}

impl Accept {
    fn names(&self, identity: &Identity) -> bool {
        self.resource == identity.resource
            && self.principal == identity.principal
            && self.action == identity.action
    }

    fn warning(&self, found: bool, today: Date) -> Option<Notice> {
        let Self { claim, resource, until, .. } = self;
        let (what, help) = match (found, *until < today) {
            (true, false) => return None,
            (true, true) => (
                format!("the exception to `{claim}` for `{resource}` ran out on {until}"),
                "close the way through, or accept it again with a new day",
            ),
            (false, _) => (
                format!("the exception to `{claim}` for `{resource}` matches nothing"),
                "remove it, or copy claim, resource, principal and action from the finding",
            ),
        };
        Some(Notice { what, help: Some(help.into()), place: None })
    }
}

impl Date {
    /// A day, if there is such a day.
    pub fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let leap =
            year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days = match month {
            2 if leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        (1..=days).contains(&day).then_some(Self { year, month, day })
    }
}

impl FromStr for Date {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.splitn(3, '-');
        let mut part = |length| {
            let digits = parts.next().filter(|part| part.len() == length)?;
            digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok())?
        };
        let date = match (part(4), part(2), part(2)) {
            (Some(year), Some(month), Some(day)) => Self::new(year, month as u8, day as u8),
            _ => None,
        };
        date.ok_or_else(|| format!("`{text}` is no day; write it as 2026-11-24"))
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl Serialize for Date {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
