//! The time zones a person may live in, by their number, and whether it is quiet there.
//!
//! A number tells its country, and in some countries the area. Where more than one zone is possible it is quiet as soon as it
//! is quiet in any of them: a message at an hour too early somewhere is worse than one that waits. A number does not tell
//! where its owner is: people travel, and keep an area code when they move.

use std::collections::BTreeMap;

use consent::{
    phone::Phone,
    policy::QuietHours,
    time::{DAY_MS, MINUTE_MS, Timestamp},
};
use jiff::tz::TimeZone;

use crate::{
    country::Iso,
    table::{self, BadTable},
};

const COUNTRIES: &str = include_str!("../data/zones.csv");
const AREAS: &str = include_str!("../data/areas.csv");

/// The longest beginning of a number that is in the table.
const BEGINNING_MAX: usize = 5;

/// How far ahead an hour is looked for that is quiet nowhere.
const HORIZON_MS: i64 = 2 * DAY_MS;

/// Zones by country and by the beginnings of numbers. Read it once: it loads every zone there is.
#[derive(Debug, Clone, Default)]
pub struct Atlas {
    groups: Vec<Vec<TimeZone>>,
    countries: BTreeMap<Iso, usize>,
    areas: BTreeMap<u64, usize>,
}

/// The zones that a person may live in, one or more.
#[derive(Debug, Clone, Copy)]
pub struct Zones<'a> {
    group: usize,
    zones: &'a [TimeZone],
}

/// Whether it is quiet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hush {
    /// Nowhere: a message may go.
    Nowhere,
    /// Somewhere; from this moment on it is quiet nowhere.
    Until(Timestamp),
    /// It is always quiet somewhere: the quiet hours are so long, or the zones so far apart, that no hour fits.
    Always,
}

impl Atlas {
    /// The zones that ship with the program.
    #[must_use]
    pub fn built_in() -> Self {
        Self::read(COUNTRIES, AREAS).unwrap_or_default()
    }

    fn read(countries: &str, areas: &str) -> Result<Self, BadTable> {
        let mut atlas = Self::default();
        for row in table::rows(countries, &["country", "zones"])? {
            let country = Iso::read(row.field("country"));
            let country = country.ok_or_else(|| row.bad("it has no country"))?;
            let group = atlas.group(&row)?;
            atlas.countries.insert(country, group);
        }
        for row in table::rows(areas, &["zones", "beginnings"])? {
            let group = atlas.group(&row)?;
            for beginning in row.field("beginnings").split_whitespace() {
                let beginning = beginning.parse();
                let beginning = beginning.map_err(|_| row.bad("a beginning has no digits"))?;
                atlas.areas.insert(beginning, group);
            }
        }
        Ok(atlas)
    }

    fn group(&mut self, row: &table::Row) -> Result<usize, BadTable> {
        let names = row.filled("zones")?.split_whitespace();
        let zone = |name| {
            TimeZone::get(name).map_err(|_| row.bad(&format!("`{name}` is not a time zone")))
        };
        self.groups.push(names.map(zone).collect::<Result<_, _>>()?);
        Ok(self.groups.len() - 1)
    }

    /// The zones that the owner of a number of this country may live in; none for a country without any.
    #[must_use]
    pub fn of(&self, country: Iso, phone: Phone) -> Option<Zones<'_>> {
        let group = self.area(country, phone);
        let group = group.or_else(|| self.countries.get(&country).copied())?;
        let zones = self.groups.get(group)?;
        Some(Zones { group, zones })
    }

    fn area(&self, country: Iso, phone: Phone) -> Option<usize> {
        const WITH_AREAS: [&str; 5] = ["US", "CA", "BR", "AU", "MX"];
        if !WITH_AREAS.contains(&country.as_str()) {
            return None;
        }
        // As WhatsApp knows the person: without Mexico's extra `1`, which would hide the area code.
        let mut beginning = phone.person();
        while beginning >= 10_u64.pow(BEGINNING_MAX as u32) {
            beginning /= 10;
        }
        let beginnings = std::iter::successors(Some(beginning), |long| Some(long / 10));
        let mut beginnings = beginnings.take(BEGINNING_MAX);
        beginnings.find_map(|beginning| self.areas.get(&beginning).copied())
    }
}

impl Zones<'_> {
    /// Equal for the same zones of one [`Atlas`], so that an answer about them can be kept for the next person.
    #[must_use]
    pub const fn key(&self) -> usize {
        self.group
    }

    /// The names of the zones, like `Europe/Berlin`.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.zones.iter().filter_map(TimeZone::iana_name)
    }
}

/// Whether it is quiet in any of the zones, and until when.
#[must_use]
pub fn quiet(now: Timestamp, zones: Zones<'_>, hours: QuietHours) -> Hush {
    let mut at = now;
    while at.millis_since(now) <= HORIZON_MS {
        let ends = zones.zones.iter().filter_map(|zone| step(at, zone, hours));
        match ends.max() {
            Some(end) => at = end,
            None if at == now => return Hush::Nowhere,
            None => return Hush::Until(at),
        }
    }
    Hush::Always
}

/// When to look again, if it is quiet in this zone: at the end of the quiet hours or when the clocks change, whichever
/// comes first. Always later than `at`.
fn step(at: Timestamp, zone: &TimeZone, hours: QuietHours) -> Option<Timestamp> {
    let moment = jiff::Timestamp::from_millisecond(at.millis()).ok()?;
    let there = zone.to_datetime(moment);
    let minute = i64::from(there.hour()) * 60 + i64::from(there.minute());
    let left = hours.left(u16::try_from(minute).ok()?)?.max(1);
    let into_minute = i64::from(there.second()) * 1000 + i64::from(there.millisecond());
    let end = at.plus_millis(i64::from(left) * MINUTE_MS - into_minute);
    let change = zone.following(moment).next();
    let change = change.map(|change| Timestamp::from_millis(change.timestamp().as_millisecond()));
    Some(change.map_or(end, |change| end.min(change)))
}

#[cfg(test)]
mod tests;
