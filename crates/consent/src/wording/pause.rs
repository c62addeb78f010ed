//! How long a pause lasts: "until Monday", "for two weeks".

use crate::time::{DAY_MS, HOUR_MS, MINUTE_MS, Timestamp};

/// When a pause ends, as the person said it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// When the next such day begins: 1 is Monday, 7 is Sunday.
    Weekday(u8),
    /// When the next such month begins, 1 to 12.
    Month(u8),
    /// When the next such date begins.
    Date {
        /// The day of the month.
        day: u8,
        /// The month, 1 to 12.
        month: u8,
    },
    /// After so many hours.
    Hours(u32),
    /// When so many days are over, at the beginning of a day.
    Days(u32),
    /// When so many months are over, at the beginning of a day.
    Months(u32),
    /// When the next month begins.
    NextMonth,
    /// When the next year begins.
    NextYear,
    /// They did not say, or said what no calendar knows.
    Unsaid,
}

impl End {
    /// The moment at which the pause is over, for somebody whose clock is `offset_minutes` ahead of UTC. None
    /// where they did not say.
    #[must_use]
    pub fn after(self, now: Timestamp, offset_minutes: i32) -> Option<Timestamp> {
        let offset = i64::from(offset_minutes) * MINUTE_MS;
        let local = now.millis().saturating_add(offset);
        let today = local.div_euclid(DAY_MS);
        let (year, month, day) = civil(today);
        let midnight = |day: i64| Some(Timestamp::from_millis(day * DAY_MS - offset));
        match self {
            Self::Weekday(wanted) => {
                // The first of January 1970 was a Thursday.
                let weekday = (today + 3).rem_euclid(7) + 1;
                let ahead = (i64::from(wanted) - weekday).rem_euclid(7);
                midnight(today + if ahead == 0 { 7 } else { ahead })
            }
            Self::Month(wanted) => {
                let wanted = i64::from(wanted);
                midnight(days(year + i64::from(wanted <= month), wanted, 1))
            }
            Self::Date {
                day: wanted,
                month: in_month,
            } => {
                let (wanted, in_month) = (i64::from(wanted), i64::from(in_month));
                let later = year + i64::from((in_month, wanted) <= (month, day));
                midnight(days(later, in_month, wanted.min(days_in(later, in_month))))
            }
            Self::Hours(hours) => Some(now.plus_millis(i64::from(hours) * HOUR_MS)),
            Self::Days(count) => midnight(today + i64::from(count)),
            Self::Months(count) => {
                let months = year * 12 + month - 1 + i64::from(count);
                let (year, month) = (months.div_euclid(12), months.rem_euclid(12) + 1);
                midnight(days(year, month, day.min(days_in(year, month))))
            }
            Self::NextMonth => midnight(days(year + month / 12, month % 12 + 1, 1)),
            Self::NextYear => midnight(days(year + 1, 1, 1)),
            Self::Unsaid => None,
        }
    }
}

fn days_in(year: i64, month: i64) -> i64 {
    days(year + month / 12, month % 12 + 1, 1) - days(year, month, 1)
}

/// Days from 1970-01-01 to a date of the Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> i64 {
    // Years begin in March here, so that the leap day is the last.
    let year = year - i64::from(month <= 2);
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The date so many days after 1970-01-01: year, month, day.
fn civil(day: i64) -> (i64, i64, i64) {
    let shifted = day + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-22, a Sunday, at 10:00 UTC.
    const NOW: Timestamp = Timestamp::from_seconds(1_795_341_600);

    fn date(end: End, offset: i32) -> Option<(i64, i64, i64)> {
        let at = end.after(NOW, offset)?.millis() + i64::from(offset) * MINUTE_MS;
        Some(civil(at.div_euclid(DAY_MS)))
    }

    #[test]
    fn a_pause_ends_when_they_said() {
        for (end, want) in [
            (End::Weekday(1), (2026, 11, 23)),
            (End::Weekday(7), (2026, 11, 29)),
            (End::Month(12), (2026, 12, 1)),
            (End::Month(11), (2027, 11, 1)),
            (End::Date { day: 22, month: 11 }, (2027, 11, 22)),
            (End::Date { day: 31, month: 2 }, (2027, 2, 28)),
            (End::Days(14), (2026, 12, 6)),
            (End::Months(3), (2027, 2, 22)),
            (End::NextMonth, (2026, 12, 1)),
            (End::NextYear, (2027, 1, 1)),
        ] {
            assert_eq!(date(end, 0), Some(want), "{end:?}");
        }
        assert_eq!(End::Unsaid.after(NOW, 0), None);
        assert_eq!(
            End::Hours(2).after(NOW, 0),
            Some(NOW.plus_millis(2 * HOUR_MS))
        );
    }

    #[test]
    fn their_own_midnight_counts() {
        let monday = |offset| End::Weekday(1).after(NOW, offset).map(Timestamp::seconds);
        assert_eq!(monday(0), Some(1_795_392_000));
        assert_eq!(monday(330), Some(1_795_392_000 - 330 * 60));
        // In Auckland it is Sunday still, in Kiribati Monday came already: a week to go.
        assert_eq!(
            monday(14 * 60),
            Some(1_795_392_000 + 7 * 86_400 - 14 * 3_600)
        );
    }

    #[test]
    fn every_day_has_its_date() {
        for day in (-200_000..200_000).step_by(13) {
            let (year, month, of_month) = civil(day);
            assert_eq!(days(year, month, of_month), day);
        }
    }
}
