//! The customer service window: when free-form messages may be sent (facts section 6).

use crate::{
    register::Heard,
    time::{DAY_MS, HOUR_MS, Timestamp},
};

/// How long the window stays open after the person's message.
pub const WINDOW_MS: i64 = DAY_MS;

/// How long the free entry point stays open after our answer to somebody who came by an ad.
pub const ENTRY_POINT_MS: i64 = 72 * HOUR_MS;

/// Until when the window of one number is open; none when it never was.
#[must_use]
pub fn open_until(heard: &Heard) -> Option<Timestamp> {
    let by_message = heard.last.map(|at| at.plus_millis(WINDOW_MS));
    let by_ad = heard.answered_ad.map(|at| at.plus_millis(ENTRY_POINT_MS));
    by_message.max(by_ad)
}

/// Whether the window of one number is open.
#[must_use]
pub fn is_open(heard: &Heard, now: Timestamp) -> bool {
    open_until(heard).is_some_and(|until| now < until)
}

/// What an answer sent at `now` does: within a day of a message from an ad it opens the entry point.
#[must_use]
pub fn answered(heard: &Heard, now: Timestamp) -> Heard {
    let fresh = heard
        .from_ad
        .is_some_and(|ad| now.millis_since(ad) < WINDOW_MS && heard.answered_ad < heard.from_ad);
    Heard {
        answered_ad: fresh.then_some(now),
        ..Heard::default()
    }
}
