//! Lengths of time, and times of the day.

use std::fmt;

use consent::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use serde::Serialize;

use crate::limits::WAIT_DAYS_MAX;

/// A length of time, in the unit that somebody chose: a minute to 365 days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Span {
    /// So many minutes.
    Minutes(u32),
    /// So many hours.
    Hours(u32),
    /// So many days of 24 hours.
    Days(u32),
}

impl Span {
    /// A day: how long a question waits unless it says otherwise.
    pub const DAY: Self = Self::Days(1);
    /// The units, as JSON names them.
    pub const UNITS: [&str; 3] = ["minutes", "hours", "days"];

    /// So many of a unit of [`Span::UNITS`]; none when that is no such unit, nothing, or more than a year.
    #[must_use]
    pub fn read(unit: &str, count: u32) -> Option<Self> {
        let (span, max) = match unit {
            "minutes" => (Self::Minutes(count), WAIT_DAYS_MAX * 24 * 60),
            "hours" => (Self::Hours(count), WAIT_DAYS_MAX * 24),
            "days" => (Self::Days(count), WAIT_DAYS_MAX),
            _ => return None,
        };
        (1..=max).contains(&count).then_some(span)
    }

    /// How long it is, in milliseconds.
    #[must_use]
    pub fn millis(self) -> i64 {
        let (count, unit) = match self {
            Self::Minutes(count) => (count, MINUTE_MS),
            Self::Hours(count) => (count, HOUR_MS),
            Self::Days(count) => (count, DAY_MS),
        };
        i64::from(count).saturating_mul(unit)
    }

    /// How many, and the unit of [`Span::UNITS`].
    #[must_use]
    pub const fn parts(self) -> (u32, &'static str) {
        match self {
            Self::Minutes(count) => (count, "minutes"),
            Self::Hours(count) => (count, "hours"),
            Self::Days(count) => (count, "days"),
        }
    }
}

/// A time of the day, to the minute, on the person's own clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct DayTime {
    hour: i8,   // INVARIANT: 0 to 23.
    minute: i8, // INVARIANT: 0 to 59.
}

impl DayTime {
    /// Reads `09:30`; none when it is no time of the day.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let (hour, minute) = text.split_once(':')?;
        let two = |part: &str| {
            let plain = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
            part.parse::<i8>().ok().filter(|_| plain)
        };
        let (hour, minute) = (two(hour)?, two(minute)?);
        (hour < 24 && minute < 60).then_some(Self { hour, minute })
    }

    /// The hour, 0 to 23.
    #[must_use]
    pub const fn hour(self) -> i8 {
        self.hour
    }

    /// The minute, 0 to 59.
    #[must_use]
    pub const fn minute(self) -> i8 {
        self.minute
    }
}

impl fmt::Display for DayTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.hour, self.minute)
    }
}

impl Serialize for DayTime {
    fn serialize<S: serde::Serializer>(&self, writer: S) -> Result<S::Ok, S::Error> {
        writer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_a_minute_to_a_year() {
        assert_eq!(Span::read("minutes", 1).unwrap().millis(), 60_000);
        assert_eq!(Span::read("days", 365).unwrap().millis(), 365 * DAY_MS);
        for (unit, count) in [
            ("minutes", 0),
            ("minutes", 525_601),
            ("hours", 8_761),
            ("days", 366),
            ("weeks", 1),
        ] {
            assert_eq!(Span::read(unit, count), None, "{count} {unit}");
        }
    }

    #[test]
    fn a_time_of_the_day_is_two_digits_and_two() {
        assert_eq!(DayTime::read("09:05").unwrap().to_string(), "09:05");
        for bad in [
            "9:05", "24:00", "12:60", "-1:00", "+1:00", "12", "12:00:00", "",
        ] {
            assert_eq!(DayTime::read(bad), None, "{bad}");
        }
    }
}
