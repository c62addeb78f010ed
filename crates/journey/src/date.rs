//! When a journey begins that begins by a day in an attribute, and when a time of the day comes next.

use consent::time::Timestamp;
use jiff::{
    ToSpan,
    civil::{Date, Time},
    tz::TimeZone,
};
use serde::Serialize;

use crate::span::DayTime;

/// A day that an attribute names, or one some days before or after it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DateRule {
    /// The attribute that holds the day, as `2026-11-22`.
    pub attribute: String,
    /// So many days after it; before it when negative.
    #[serde(skip_serializing_if = "is_zero")]
    pub days: i16,
    /// The time of the day, on the person's own clock.
    pub time: DayTime,
    /// Every year again, as for birthdays.
    #[serde(skip_serializing_if = "is_false")]
    pub yearly: bool,
}

/// A time zone by its IANA name; UTC where there is none of that name.
#[must_use]
pub fn zone(name: Option<&str>) -> TimeZone {
    name.and_then(|name| TimeZone::get(name).ok())
        .unwrap_or(TimeZone::UTC)
}

/// The first time after `after` at which a rule lets in somebody whose attribute has this value; none when there is no
/// such time, or the value is no day. Who was born on 29 February has 28 February in other years.
#[must_use]
pub fn due(value: &str, rule: &DateRule, zone: &TimeZone, after: Timestamp) -> Option<Timestamp> {
    let value = value.trim();
    let day: Date = value.parse().ok().filter(|_| value.len() == 10)?;
    let at = |day: Date| {
        let shifted = day.checked_add(i32::from(rule.days).days()).ok()?;
        moment(shifted, rule.time, zone).filter(|time| *time > after)
    };
    if !rule.yearly {
        return at(day);
    }
    let this = jiff::Timestamp::from_millisecond(after.millis()).ok()?;
    let year = this.to_zoned(zone.clone()).year();
    // Shifted by up to a year, the occurrence may belong to a year beside this one.
    let first = year.saturating_sub(2).max(day.year());
    (first..=first.saturating_add(4)).find_map(|year| at(in_year(day, year)?))
}

/// The next time at which a clock in this zone shows the time of the day; `now` itself where it shows it now.
#[must_use]
pub fn next(time: DayTime, zone: &TimeZone, now: Timestamp) -> Option<Timestamp> {
    let this = jiff::Timestamp::from_millisecond(now.millis()).ok()?;
    let local = this.to_zoned(zone.clone());
    if (local.hour(), local.minute()) == (time.hour(), time.minute()) {
        return Some(now);
    }
    let today = local.date();
    (0..=2_i32).find_map(|days| {
        let day = today.checked_add(days.days()).ok()?;
        moment(day, time, zone).filter(|time| *time > now)
    })
}

/// A time on a day in a zone. Where the clocks jump over it, it is as much later as they jump.
fn moment(day: Date, time: DayTime, zone: &TimeZone) -> Option<Timestamp> {
    let time = Time::new(time.hour(), time.minute(), 0, 0).ok()?;
    let there = day.to_datetime(time).to_zoned(zone.clone()).ok()?;
    Some(Timestamp::from_millis(there.timestamp().as_millisecond()))
}

fn in_year(day: Date, year: i16) -> Option<Date> {
    let same = Date::new(year, day.month(), day.day());
    same.or_else(|_| Date::new(year, day.month(), day.day() - 1))
        .ok()
}

fn is_zero(days: &i16) -> bool {
    *days == 0
}

fn is_false(flag: &bool) -> bool {
    !flag
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(days: i16, yearly: bool) -> DateRule {
        let time = DayTime::read("09:00").unwrap();
        DateRule {
            attribute: "born".to_owned(),
            days,
            time,
            yearly,
        }
    }

    fn at(text: &str) -> Timestamp {
        Timestamp::from_millis(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
    }

    fn due_in(place: &str, value: &str, rule: &DateRule, after: &str) -> Option<Timestamp> {
        due(value, rule, &zone(Some(place)), at(after))
    }

    #[test]
    fn a_day_comes_once_at_its_hour_there() {
        let now = "2026-11-20T00:00:00Z";
        let come = due_in("America/Sao_Paulo", "2026-11-23", &rule(0, false), now);
        assert_eq!(come, Some(at("2026-11-23T12:00:00Z")));
        let before = due_in("UTC", "2026-11-23", &rule(-3, false), now);
        assert_eq!(before, Some(at("2026-11-20T09:00:00Z")));
        assert_eq!(
            due_in("UTC", "2026-11-23", &rule(0, false), "2026-11-23T09:00:00Z"),
            None
        );
    }

    #[test]
    fn a_birthday_comes_every_year_from_the_first() {
        let yearly = rule(0, true);
        let next = |after| due_in("UTC", "1990-03-05", &yearly, after);
        assert_eq!(
            next("2026-11-23T00:00:00Z"),
            Some(at("2027-03-05T09:00:00Z"))
        );
        assert_eq!(
            next("2027-03-05T08:59:59Z"),
            Some(at("2027-03-05T09:00:00Z"))
        );
        assert_eq!(
            next("2027-03-05T09:00:00Z"),
            Some(at("2028-03-05T09:00:00Z"))
        );
        let first = due_in("UTC", "2040-03-05", &yearly, "2026-01-01T00:00:00Z");
        assert_eq!(
            first,
            Some(at("2040-03-05T09:00:00Z")),
            "nobody has a birthday before they are born"
        );
    }

    #[test]
    fn days_before_and_after_reach_into_other_years() {
        let before = due_in("UTC", "1990-01-02", &rule(-5, true), "2026-12-01T00:00:00Z");
        assert_eq!(before, Some(at("2026-12-28T09:00:00Z")));
        let after = due_in(
            "UTC",
            "1990-12-30",
            &rule(365, true),
            "2026-12-01T00:00:00Z",
        );
        assert_eq!(after, Some(at("2026-12-30T09:00:00Z")));
    }

    #[test]
    fn who_was_born_on_a_leap_day_has_a_birthday_every_year() {
        let next = |after| due_in("UTC", "2000-02-29", &rule(0, true), after);
        assert_eq!(
            next("2026-11-23T00:00:00Z"),
            Some(at("2027-02-28T09:00:00Z"))
        );
        assert_eq!(
            next("2027-11-23T00:00:00Z"),
            Some(at("2028-02-29T09:00:00Z"))
        );
    }

    #[test]
    fn a_time_that_the_clocks_jump_over_comes_an_hour_later() {
        let time = DayTime::read("02:30").unwrap();
        let berlin = zone(Some("Europe/Berlin"));
        assert_eq!(
            next(time, &berlin, at("2026-03-28T12:00:00Z")),
            Some(at("2026-03-29T01:30:00Z"))
        );
        assert_eq!(
            next(time, &berlin, at("2026-03-30T00:30:15Z")),
            Some(at("2026-03-30T00:30:15Z")),
            "it is that time now"
        );
    }

    #[test]
    fn what_is_no_day_never_comes() {
        for value in [
            "",
            "soon",
            "2026-02-30",
            "2026-11-23T00:00:00Z",
            "23.11.2026",
        ] {
            assert_eq!(
                due_in("UTC", value, &rule(0, true), "2026-01-01T00:00:00Z"),
                None,
                "{value}"
            );
        }
        let far = Timestamp::from_millis(i64::MAX);
        assert_eq!(due("2026-11-23", &rule(0, true), &TimeZone::UTC, far), None);
        assert_eq!(
            next(DayTime::read("09:00").unwrap(), &TimeZone::UTC, far),
            None
        );
    }
}
