//! Where people live, as far as their numbers say: for quiet hours and for prices.

use std::{
    collections::{BTreeMap, HashMap},
    sync::LazyLock,
};

use campaign::{
    cost::Prices,
    country::Iso,
    market::Markets,
    zone::{self, Atlas, Hush, Zones},
};
use consent::{
    phone::Phone,
    policy::QuietHours,
    time::{DAY_MS, Timestamp},
};

/// The zones of every country. Read once: there are many.
static ATLAS: LazyLock<Atlas> = LazyLock::new(Atlas::built_in);
/// What Meta charges.
pub static PRICES: LazyLock<Prices> = LazyLock::new(Prices::built_in);
/// The markets that it charges by.
pub static MARKETS: LazyLock<Markets> = LazyLock::new(Markets::built_in);

/// The time zone of whoever has this number, by its IANA name: the first one, where there are several.
#[must_use]
pub fn zone_of(phone: Phone) -> Option<String> {
    let zones = ATLAS.of(Iso::of(phone)?, phone)?;
    zones.names().next().map(str::to_owned)
}

/// Until when nobody with this number is to be disturbed; none when a message may go. Without a number, or where no zone is known,
/// UTC counts.
#[must_use]
pub fn quiet_until(
    hours: Option<(u16, u16)>,
    phone: Option<Phone>,
    now: Timestamp,
) -> Option<Timestamp> {
    let zones = phone.and_then(|phone| ATLAS.of(Iso::of(phone)?, phone));
    quiet_in(hours?, zones, now)
}

fn quiet_in((from, to): (u16, u16), zones: Option<Zones<'_>>, now: Timestamp) -> Option<Timestamp> {
    let hours = QuietHours { from, to };
    let Some(zones) = zones else {
        let minute = now.seconds().rem_euclid(86_400) / 60;
        let left = hours.left(u16::try_from(minute).unwrap_or(0))?;
        return Some(now.plus_millis(i64::from(left) * consent::time::MINUTE_MS));
    };
    match zone::quiet(now, zones, hours) {
        Hush::Nowhere => None,
        Hush::Until(until) => Some(until),
        // No hour fits: tomorrow is no better, but the clocks may have changed.
        Hush::Always => Some(now.plus_millis(DAY_MS)),
    }
}

/// A moment as a sentence names it, like `2026-11-22 14:00`.
fn minute(at: Timestamp) -> String {
    let text = crate::clock::rfc3339(at).replace('T', " ");
    text.get(..16).map_or(text.clone(), str::to_owned)
}

/// Very many people, counted by country, and for how many it is quiet at one moment. What was found for one of them is kept for
/// those whom it holds for as well.
#[derive(Debug)]
pub struct Census {
    hours: Option<(u16, u16)>,
    now: Timestamp,
    countries: BTreeMap<Option<Iso>, u64>,
    quiet: u64,
    /// When it is over for the first and for the last of them.
    over: Option<(Timestamp, Timestamp)>,
    /// Of numbers whose calling code several countries share: the country of each block.
    blocks: HashMap<u64, Option<Iso>>,
    /// Until when it is quiet, by the key of the zones.
    hushed: HashMap<Option<usize>, Option<Timestamp>>,
}

impl Census {
    /// Nobody is counted yet.
    #[must_use]
    pub fn new(hours: Option<(u16, u16)>, now: Timestamp) -> Self {
        Self {
            hours,
            now,
            countries: BTreeMap::new(),
            quiet: 0,
            over: None,
            blocks: HashMap::new(),
            hushed: HashMap::new(),
        }
    }

    /// How many there are of each country; of none, those whose address is no number.
    #[must_use]
    pub const fn countries(&self) -> &BTreeMap<Option<Iso>, u64> {
        &self.countries
    }

    /// For how many it is quiet.
    #[must_use]
    pub const fn quiet(&self) -> u64 {
        self.quiet
    }

    /// Counts somebody by their address.
    pub fn add(&mut self, address: &str) {
        let phone = Phone::from_digits(address.trim_start_matches('+'));
        let country = phone.and_then(|phone| self.country(phone));
        *self.countries.entry(country).or_default() += 1;
        let Some(hours) = self.hours else { return };
        let zones = phone.zip(country);
        let zones = zones.and_then(|(phone, country)| ATLAS.of(country, phone));
        let now = self.now;
        let key = zones.map(|zones| zones.key());
        let hushed = self.hushed.entry(key);
        if let Some(until) = *hushed.or_insert_with(|| quiet_in(hours, zones, now)) {
            self.quiet += 1;
            let (first, last) = self.over.unwrap_or((until, until));
            self.over = Some((first.min(until), last.max(until)));
        }
    }

    /// Who waits for the end of their night, and until when, in a sentence.
    #[must_use]
    pub fn hush(&self, within: u64) -> Option<String> {
        let (first, last) = self.over?;
        let (quiet, first, last) = (self.quiet, minute(first), minute(last));
        Some(format!(
            "It is quiet now for {quiet} of {within} people: the first get it at {first} UTC, the last at {last} UTC."
        ))
    }

    fn country(&mut self, phone: Phone) -> Option<Iso> {
        match phone.country_alone() {
            Some(country) => Iso::try_from(country).ok(),
            None => *self
                .blocks
                .entry(phone.block())
                .or_insert_with(|| Iso::of(phone)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_census_says_of_many_what_is_said_of_each() {
        let hours = Some((22 * 60, 8 * 60));
        let numbers = [
            "14165550123",
            "14165550124",
            "12125550123",
            "13105550123",
            "18765550123",
            "447700900123",
            "447624123456",
            "4915112345678",
            "5511987654321",
            "5568987654321",
            "61812345678",
            "77011234567",
            "79161234567",
            "80012345678",
            "9779812345678",
            "no number",
        ];
        for hour in 0..24 {
            let now = Timestamp::from_millis(1_763_856_000_000 + hour * consent::time::HOUR_MS);
            let mut census = Census::new(hours, now);
            let mut countries = BTreeMap::new();
            let mut quiet = 0;
            for number in numbers.iter().cycle().take(40) {
                census.add(number);
                let phone = Phone::from_digits(number);
                *countries.entry(phone.and_then(Iso::of)).or_default() += 1;
                quiet += u64::from(quiet_until(hours, phone, now).is_some());
            }
            assert_eq!(census.countries(), &countries);
            assert_eq!(census.quiet(), quiet, "at {hour}");
            assert_eq!(census.hush(40).is_some(), quiet > 0);
        }
    }
}
