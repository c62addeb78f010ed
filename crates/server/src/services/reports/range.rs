//! From and until, in the reader's time zone: a day is a day there, however long it is.

use consent::time::{DAY_MS, HOUR_MS, Timestamp};
use jiff::{civil::Date, tz::TimeZone};
use store::report::SLOT_MS;

use crate::error::Error;

/// The most steps that a report may have.
pub const STEPS_MAX: usize = 800;
/// Days that are shown when nobody says from when.
const DAYS_DEFAULT: i64 = 30;
/// Up to this length a report goes by the hour, when nobody says.
const HOURS_UP_TO_MS: i64 = 3 * DAY_MS;

/// How long a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// An hour.
    Hour,
    /// A day of the time zone: 23 to 25 hours.
    Day,
}

impl Step {
    /// The word used in JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }
}

/// A stretch of time in steps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    /// The zone's name.
    pub zone: String,
    /// How long a step is.
    pub step: Step,
    /// The steps, from and until, in milliseconds; each begins where the one before ends.
    pub steps: Vec<(i64, i64)>,
    /// What each is called there.
    pub labels: Vec<String>,
}

/// What somebody asked for. Empty fields ask for what is usual.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted<'a> {
    /// A day, or a moment.
    pub from: Option<&'a str>,
    /// The last day, or the moment before which.
    pub to: Option<&'a str>,
    /// `hour` or `day`.
    pub step: Option<&'a str>,
    /// The name of a time zone.
    pub zone: Option<&'a str>,
}

impl Range {
    /// Reads what was asked for.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the field that makes no sense.
    pub fn read(wanted: &Wanted<'_>, now: Timestamp) -> Result<Self, Error> {
        let name = wanted.zone.filter(|zone| !zone.is_empty()).unwrap_or("UTC");
        let zone = TimeZone::get(name).map_err(|_| {
            Error::field(
                "zone",
                format!("`{name}` is not a time zone: want a name like Europe/Madrid"),
            )
        })?;
        let today = moment(now)?.to_zoned(zone.clone()).date();
        let filled =
            |text: Option<&'_ str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
        let to = match filled(wanted.to) {
            Some(text) => edge("to", &text, &zone, Side::End)?,
            None => start_of(next(today)?, &zone)?,
        };
        let from = match filled(wanted.from) {
            Some(text) => edge("from", &text, &zone, Side::Start)?,
            None => {
                let last = moment(Timestamp::from_millis(to - 1))?.to_zoned(zone.clone());
                let days = jiff::Span::new().days(DAYS_DEFAULT - 1);
                let first = last.date().checked_sub(days).map_err(Error::internal)?;
                start_of(first, &zone)?
            }
        };
        if from >= to {
            return Err(Error::field("from", "it does not lie before `to`"));
        }
        let step = match filled(wanted.step).as_deref() {
            Some("hour") => Step::Hour,
            Some("day") => Step::Day,
            Some(other) => {
                return Err(Error::field(
                    "step",
                    format!("`{other}` is no step: want `hour` or `day`"),
                ));
            }
            None if to - from <= HOURS_UP_TO_MS => Step::Hour,
            None => Step::Day,
        };
        Self::of((from, to), step, name.to_owned(), &zone)
    }

    fn of(
        (from, to): (i64, i64),
        step: Step,
        name: String,
        zone: &TimeZone,
    ) -> Result<Self, Error> {
        let (mut steps, mut labels) = (Vec::new(), Vec::new());
        let mut at = from;
        while at < to {
            if steps.len() == STEPS_MAX {
                let message = format!(
                    "it would have more than {STEPS_MAX} steps: want a shorter time, or `day` as `step`"
                );
                return Err(Error::field("from", message));
            }
            let local = moment(Timestamp::from_millis(at))?.to_zoned(zone.clone());
            let (until, label) = match step {
                Step::Hour => (
                    at.saturating_add(HOUR_MS),
                    local.strftime("%Y-%m-%d %H:%M").to_string(),
                ),
                Step::Day => (
                    start_of(next(local.date())?, zone)?,
                    local.date().to_string(),
                ),
            };
            steps.push((at, until.min(to)));
            labels.push(label);
            at = until;
        }
        Ok(Self {
            zone: name,
            step,
            steps,
            labels,
        })
    }

    /// From when.
    #[must_use]
    pub fn from(&self) -> Timestamp {
        Timestamp::from_millis(self.steps.first().map_or(0, |step| step.0))
    }

    /// Until when.
    #[must_use]
    pub fn to(&self) -> Timestamp {
        Timestamp::from_millis(self.steps.last().map_or(0, |step| step.1))
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Start,
    End,
}

/// A day of the zone, as a whole; or a moment, to the quarter of an hour.
fn edge(field: &str, text: &str, zone: &TimeZone, side: Side) -> Result<i64, Error> {
    let bad = || {
        let message =
            format!("`{text}` is no day and no time: want 2026-11-22 or 2026-11-22T10:00:00Z");
        Error::field(field, message)
    };
    if let Ok(at) = text.parse::<jiff::Timestamp>() {
        let at = at.as_millisecond();
        let below = at.div_euclid(SLOT_MS) * SLOT_MS;
        let is_whole = below == at || side == Side::Start;
        return Ok(if is_whole { below } else { below + SLOT_MS });
    }
    let day: Date = text.parse().map_err(|_| bad())?;
    match side {
        Side::Start => start_of(day, zone),
        Side::End => start_of(next(day).map_err(|_| bad())?, zone),
    }
    .map_err(|_| bad())
}

fn next(day: Date) -> Result<Date, Error> {
    day.tomorrow().map_err(Error::internal)
}

/// The first moment of a day there. Tallies go by the quarter of an hour, and so do the zones of today.
fn start_of(day: Date, zone: &TimeZone) -> Result<i64, Error> {
    let start = day.to_zoned(zone.clone()).map_err(Error::internal)?;
    Ok(start.timestamp().as_millisecond().div_euclid(SLOT_MS) * SLOT_MS)
}

fn moment(at: Timestamp) -> Result<jiff::Timestamp, Error> {
    jiff::Timestamp::from_millisecond(at.millis()).map_err(Error::internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        Timestamp::from_millis(1_795_341_600_000)
    }

    fn read(from: &str, to: &str, step: &str, zone: &str) -> Result<Range, Error> {
        let wanted = Wanted {
            from: Some(from),
            to: Some(to),
            step: Some(step),
            zone: Some(zone),
        };
        Range::read(&wanted, now())
    }

    #[test]
    fn thirty_days_up_to_today_where_nobody_says() {
        let range = Range::read(&Wanted::default(), now()).unwrap();
        assert_eq!((range.step, range.labels.len()), (Step::Day, 30));
        assert_eq!(range.labels[0], "2026-10-24");
        assert_eq!(range.labels[29], "2026-11-22");
        let kolkata = Wanted {
            zone: Some("Asia/Kolkata"),
            ..Wanted::default()
        };
        let range = Range::read(&kolkata, now()).unwrap();
        assert_eq!(range.from().millis().rem_euclid(HOUR_MS), HOUR_MS / 2);
    }

    #[test]
    fn a_day_is_as_long_as_it_is_there() {
        let hours = |zone: &str, day: &str| {
            let range = read(day, day, "day", zone).unwrap();
            assert_eq!(range.steps.len(), 1);
            (range.to().millis() - range.from().millis()) / HOUR_MS
        };
        assert_eq!(hours("Europe/Madrid", "2026-03-29"), 23);
        assert_eq!(hours("Europe/Madrid", "2026-10-25"), 25);
        assert_eq!(hours("Asia/Kathmandu", "2026-10-25"), 24);
        let by_hour = read("2026-10-25", "2026-10-25", "hour", "Europe/Madrid").unwrap();
        assert_eq!(by_hour.steps.len(), 25);
    }

    #[test]
    fn steps_lie_end_to_end_and_on_quarters_of_an_hour() {
        for zone in [
            "UTC",
            "America/St_Johns",
            "Asia/Kathmandu",
            "Pacific/Chatham",
        ] {
            let range = read("2026-01-01", "2026-12-31", "day", zone).unwrap();
            assert_eq!(range.steps.len(), 365);
            for pair in range.steps.windows(2) {
                assert_eq!(pair[0].1, pair[1].0);
            }
            assert!(range.steps.iter().all(|step| step.0 % SLOT_MS == 0));
        }
    }

    #[test]
    fn what_makes_no_sense_is_told_by_its_field() {
        for (from, to, step, zone, field) in [
            ("2026-11-22", "2026-11-21", "day", "UTC", "from"),
            ("yesterday", "2026-11-21", "day", "UTC", "from"),
            ("2026-11-20", "2026-13-21", "day", "UTC", "to"),
            ("2026-11-20", "2026-11-21", "week", "UTC", "step"),
            ("2026-11-20", "2026-11-21", "day", "Mars/Olympus", "zone"),
            ("2020-01-01", "2026-11-21", "day", "UTC", "from"),
        ] {
            let Err(Error::Invalid { field: found, .. }) = read(from, to, step, zone) else {
                panic!("{from} {to} {step} {zone}");
            };
            assert_eq!(found.as_deref(), Some(field));
        }
    }

    #[test]
    fn moments_are_taken_to_the_quarter_of_an_hour() {
        let range = read(
            "2026-11-22T09:07:00Z",
            "2026-11-22T10:08:00Z",
            "hour",
            "UTC",
        )
        .unwrap();
        assert_eq!(range.labels, ["2026-11-22 09:00", "2026-11-22 10:00"]);
        assert_eq!(
            range.to().millis() - range.from().millis(),
            HOUR_MS + SLOT_MS
        );
    }
}
