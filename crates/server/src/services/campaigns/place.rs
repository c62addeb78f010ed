//! Where people live, as far as their numbers say: for quiet hours and for prices.

use std::sync::LazyLock;

use campaign::{
    cost::Prices,
    country::Iso,
    market::Markets,
    zone::{self, Atlas, Hush},
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
    let (from, to) = hours?;
    let hours = QuietHours { from, to };
    let zones = phone.and_then(|phone| ATLAS.of(Iso::of(phone)?, phone));
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
