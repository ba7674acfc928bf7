//! What a user sets aside: ways through, each accepted until a day, and what is not known, taken as
//! harmless.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;
use tenantry_template::Place;

use super::{Assumption, Counterexample, Identity, Notice, Reason, Verdict};

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
    /// The conditions under which the statements let it through.
    pub conditions: Vec<String>,
    /// Why it is acceptable.
    pub reason: String,
    /// The last day on which it counts.
    pub until: Date,
    /// Where the user wrote it.
    pub place: Option<Place>,
}

/// An assumption as the user wrote it: it sets one unknown aside, and no other.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Assume {
    /// A short name for it.
    pub id: String,
    /// What is taken as true, as a sentence.
    pub text: String,
    /// What is not known, as [`Reason::unknown`] says it.
    pub unknown: String,
    /// The ids of the claims that may lean on it; empty for every claim.
    pub claims: Vec<String>,
    /// Where the user wrote it.
    pub place: Option<Place>,
}

/// Something that is not known, and that an assumption of the user's covers.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Assumed {
    /// What is not known.
    pub reason: Reason,
    /// The assumption's id.
    pub assumption: String,
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
                let mut accepted = Vec::new();
                for list in answer.lists() {
                    let (covered, rest): (Vec<_>, Vec<_>) = std::mem::take(list)
                        .into_iter()
                        .partition(|example| exception.names(&example.identity()));
                    found |= !covered.is_empty();
                    *list = rest;
                    if exception.until < today {
                        list.extend(covered);
                        list.sort_by_cached_key(Counterexample::identity);
                    } else {
                        accepted.extend(covered);
                    }
                }
                answer.accepted.extend(accepted.into_iter().map(|counterexample| Accepted {
                    counterexample,
                    reason: exception.reason.clone(),
                    until: exception.until,
                }));
            }
            self.warnings.extend(exception.warning(found, today));
        }
    }

    /// Sets aside what is not known where the user takes it as harmless, and lists the assumptions
    /// with the claims that lean on them. One that nothing leans on is a warning.
    pub fn assume(&mut self, assumptions: &[Assume]) {
        for assumption in assumptions {
            let mut leaning = Vec::new();
            for answer in &mut self.claims {
                let may_lean = assumption.claims.is_empty()
                    || assumption.claims.iter().any(|id| id == answer.claim.id);
                if !may_lean {
                    continue;
                }
                let (covered, rest): (Vec<_>, Vec<_>) = std::mem::take(&mut answer.undecided)
                    .into_iter()
                    .partition(|reason| reason.unknown == assumption.unknown);
                answer.undecided = rest;
                if !covered.is_empty() {
                    leaning.push(answer.claim);
                }
                answer.assumed.extend(covered.into_iter().map(|reason| {
                    let assumption = assumption.id.clone();
                    Assumed { reason, assumption }
                }));
            }
            if leaning.is_empty() {
                self.warnings.push(Notice {
                    what: format!("nothing leans on the assumption `{}`", assumption.id),
                    help: Some("remove it, or copy `unknown` from the finding".into()),
                    place: assumption.place.clone(),
                });
            }
            let Assume { id, text, .. } = assumption.clone();
            self.assumptions.push(Assumption { id, text, added: true, claims: leaning });
        }
    }
}

impl Accept {
    fn names(&self, identity: &Identity) -> bool {
        self.resource == identity.resource
            && self.principal == identity.principal
            && self.action == identity.action
            && self.conditions == identity.conditions
    }

    fn warning(&self, found: bool, today: Date) -> Option<Notice> {
        let Self { claim, resource, until, place, .. } = self;
        let (what, help) = match (found, *until < today) {
            (true, false) => return None,
            (true, true) => (
                format!("the exception to `{claim}` for `{resource}` ran out on {until}"),
                "close the way through, or accept it again with a new day",
            ),
            (false, _) => (
                format!("the exception to `{claim}` for `{resource}` matches nothing"),
                "remove it, or copy it from what --suggest prints",
            ),
        };
        Some(Notice { what, help: Some(help.into()), place: place.clone() })
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

    /// The day that is so many days after 1970-01-01, up to the year 9999; in UTC that is a
    /// quotient of Unix time.
    pub fn from_unix_day(day: u64) -> Option<Self> {
        let mut left = day;
        for year in 1970..=9999 {
            for month in 1..=12 {
                let length = (28..=31).rev().find(|day| Self::new(year, month, *day).is_some())?;
                if left < u64::from(length) {
                    return Self::new(year, month, left as u8 + 1);
                }
                left -= u64::from(length);
            }
        }
        None
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
