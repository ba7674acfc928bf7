//! The values that conditions compare: numbers, dates, addresses.

use std::cmp::Ordering;
use std::net::IpAddr;

use crate::parsed::Order;

impl Order {
    /// Whether a value that stands so to the policy's fits.
    pub(crate) fn fits(self, found: Ordering) -> bool {
        match self {
            Self::Equals => found == Ordering::Equal,
            Self::LessThan => found == Ordering::Less,
            Self::LessThanEquals => found != Ordering::Greater,
            Self::GreaterThan => found == Ordering::Greater,
            Self::GreaterThanEquals => found != Ordering::Less,
        }
    }
}

/// A decimal number.
pub(crate) fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|number: &f64| number.is_finite())
}

/// Seconds since 1970 from a W3C date (`2024-01-31`, `2024-01-31T12:30:00Z`, with an offset too)
/// or from such a number itself.
pub(crate) fn date(text: &str) -> Option<f64> {
    if let Some(seconds) = number(text) {
        // A bare year is a date, and no policy means the year 2024 as 34 minutes after 1970.
        return if text.len() == 4 { date_time(&format!("{text}-01-01")) } else { Some(seconds) };
    }
    date_time(text)
}

fn date_time(text: &str) -> Option<f64> {
    let (day, time) = match text.split_once(['T', 't']) {
        Some((day, time)) => (day, Some(time)),
        None => (text, None),
    };
    let mut parts = day.split('-').map(|part| part.parse::<i64>().ok());
    let (year, month) = (parts.next()??, parts.next()??);
    let of_month = parts.next().unwrap_or(Some(1))?;
    let in_range = (0..=9999).contains(&year) && (1..=12).contains(&month);
    if !in_range || !(1..=31).contains(&of_month) || parts.next().is_some() {
        return None;
    }
    let seconds = match time {
        Some(time) => time_of_day(time)?,
        None => 0.0,
    };
    #[expect(clippy::cast_precision_loss, reason = "days since 1970 are few")]
    Some(days(year, month, of_month) as f64 * 86_400.0 + seconds)
}

fn time_of_day(text: &str) -> Option<f64> {
    let (clock, offset) = if let Some(clock) = text.strip_suffix(['Z', 'z']) {
        (clock, 0.0)
    } else if let Some((clock, offset)) = text.split_once('+') {
        (clock, seconds_of(offset)?)
    } else if let Some((clock, offset)) = text.split_once('-') {
        (clock, -seconds_of(offset)?)
    } else {
        (text, 0.0)
    };
    Some(seconds_of(clock)? - offset)
}

/// Of `HH:MM` or `HH:MM:SS.sss`.
fn seconds_of(clock: &str) -> Option<f64> {
    let mut parts = clock.split(':').map(number);
    let (hours, minutes) = (parts.next()??, parts.next()??);
    let seconds = parts.next().unwrap_or(Some(0.0))?;
    let in_range = (0.0..=24.0).contains(&hours) && (0.0..60.0).contains(&minutes);
    (in_range && (0.0..61.0).contains(&seconds) && parts.next().is_none())
        .then_some(hours * 3600.0 + minutes * 60.0 + seconds)
}

/// Days since 1970-01-01 in the Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> i64 {
    // Years begin in March, so that the leap day is the last.
    let year = if month <= 2 { year - 1 } else { year };
    let (era, month) = (year.div_euclid(400), (month + 9) % 12);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * month + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// A range of addresses, of either family.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Range {
    address: IpAddr,
    prefix: u32,
}

impl Range {
    /// Reads `10.0.0.0/8`, or one address.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix.parse::<u32>().ok()?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let width = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.unwrap_or(width);
        (prefix <= width).then_some(Self { address, prefix })
    }

    /// Whether every address of `other` is in it.
    pub(crate) fn contains(self, other: Self) -> bool {
        let (own, others, width) = match (self.address, other.address) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                (u128::from(own.to_bits()), u128::from(other.to_bits()), 32)
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => (own.to_bits(), other.to_bits(), 128),
            _ => return false,
        };
        let shift = width - self.prefix;
        other.prefix >= self.prefix && own.checked_shr(shift) == others.checked_shr(shift)
    }
}
