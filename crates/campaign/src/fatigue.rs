//! How weary of us a person may be: an estimate, and what it may do, which is to slow sending down and nothing else.
//!
//! WhatsApp lets people say "not interested" and does not tell us; nor that they muted or archived us. What can be seen are
//! signs: messages that nobody read, messages that WhatsApp held back (131049), silence, and on the other side a reply. The
//! estimate is Bayes' rule with one question, "is this person weary of us?": it starts at [`PRIOR`] and each sign multiplies
//! the odds by what it weighs.
//!
//! | sign | weighs | at most | why so little |
//! |---|---|---|---|
//! | a message nobody read | × 1.2 each | × 3 | read receipts may be switched off |
//! | a message read | × 0.9 each | × 0.3 | |
//! | a 131049 | × 1.4 each | × 8 | the limit counts the messages of every business |
//! | days without a sign of life | × 1 to × 3 at ninety | × 3 | no reason to write is no weariness |
//! | a reply since our last few messages | × 0.3 | | |
//!
//! The weights are our judgement, not Meta's; no outcome is known that they could be learned from. So nothing slows below
//! even odds, [`SLOWS_FROM`], and unread messages alone, or silence alone, never get there; six or more 131049 do.

/// The chance that a person about whom nothing is known is weary.
pub const PRIOR: f64 = 0.15;

/// The weariness above which sending slows down.
pub const SLOWS_FROM: f64 = 0.5;

/// The share of a cap that is left to a person who is surely weary.
const LEAST_SHARE: f64 = 0.25;

/// How many messages it takes to know half of what messages can tell.
const HALF_KNOWN: f64 = 8.0;

/// What is known of a person, from the last months.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Signs {
    /// Messages that were delivered to them.
    pub delivered: u32,
    /// Of these, how many they never read. With read receipts off that is all of them.
    pub unread: u32,
    /// How often WhatsApp held a message back with 131049.
    pub caps: u32,
    /// Days since they last wrote, tapped or read something; none when that is not known.
    pub days_silent: Option<u32>,
    /// Whether they replied to one of our last few messages.
    pub replied: bool,
}

/// How weary a person may be. An estimate: it is shown as one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The chance that the person is weary of us, 0 to 1.
    pub weariness: f64,
    /// How much there was to judge by, 0 (nothing) to 1.
    pub confidence: f64,
}

impl Signs {
    /// How weary the person may be.
    #[must_use]
    pub fn estimate(&self) -> Estimate {
        let unread = self.unread.min(self.delivered);
        let read = self.delivered - unread;
        let silence = f64::from(self.days_silent.unwrap_or(0).min(90)) / 90.0;
        let weights = [
            1.2_f64.powf(f64::from(unread)).min(3.0),
            0.9_f64.powf(f64::from(read)).max(0.3),
            1.4_f64.powf(f64::from(self.caps)).min(8.0),
            1.0 + 2.0 * silence,
            if self.replied { 0.3 } else { 1.0 },
        ];
        let odds = PRIOR / (1.0 - PRIOR) * weights.iter().product::<f64>();
        Estimate {
            weariness: odds / (1.0 + odds),
            confidence: self.known(read),
        }
    }

    /// How much there is to judge by. Where nothing was ever read, receipts may be off, and messages tell half as much.
    fn known(&self, read: u32) -> f64 {
        let telling = if read > 0 || self.replied { 1.0 } else { 0.5 };
        let messages = f64::from(self.delivered) * telling;
        let others = f64::from(self.caps)
            + f64::from(u8::from(self.replied))
            + f64::from(u8::from(self.days_silent.is_some()));
        let all = messages + 2.0 * others;
        all / (all + HALF_KNOWN)
    }
}

/// How many messages may go in a period in which `cap` may go to anybody: never more, and never none where there was one.
#[must_use]
pub fn slowed(cap: u32, estimate: Estimate) -> u32 {
    let left = (f64::from(cap) * share(estimate)).floor();
    // The share is at most 1; a cast of a float stops at the ends of the range.
    (left as u32).max(1).min(cap)
}

/// The share of what is usual that is left, [`LEAST_SHARE`] to 1.
fn share(estimate: Estimate) -> f64 {
    // A weariness that is no number slows nothing.
    if estimate.weariness > SLOWS_FROM {
        let above = (estimate.weariness.min(1.0) - SLOWS_FROM) / (1.0 - SLOWS_FROM);
        1.0 - above * (1.0 - LEAST_SHARE)
    } else {
        1.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOTHING: Signs = Signs {
        delivered: 0,
        unread: 0,
        caps: 0,
        days_silent: None,
        replied: false,
    };

    #[test]
    fn of_a_person_without_signs_only_the_prior_is_known() {
        let estimate = NOTHING.estimate();
        assert!((estimate.weariness - PRIOR).abs() < 1e-12);
        assert!(estimate.confidence.abs() < 1e-12);
        assert_eq!(slowed(4, estimate), 4);
    }

    #[test]
    fn unread_messages_alone_never_slow_since_receipts_may_be_off() {
        let receipts_off = Signs {
            delivered: 1_000,
            unread: 1_000,
            ..NOTHING
        };
        let estimate = receipts_off.estimate();
        assert!(estimate.weariness < SLOWS_FROM, "{estimate:?}");
        assert_eq!(slowed(7, estimate), 7);
    }

    #[test]
    fn silence_alone_never_slows() {
        let silent = Signs {
            days_silent: Some(u32::MAX),
            ..NOTHING
        };
        assert_eq!(slowed(7, silent.estimate()), 7);
    }

    #[test]
    fn many_messages_that_whatsapp_held_back_slow_alone() {
        let held = |caps| Signs { caps, ..NOTHING }.estimate();
        assert_eq!(slowed(8, held(2)), 8);
        assert_eq!(slowed(8, held(6)), 7);
    }

    #[test]
    fn several_kinds_of_signs_slow_and_a_reply_outweighs_them() {
        let weary = Signs {
            delivered: 12,
            unread: 12,
            caps: 3,
            days_silent: Some(120),
            replied: false,
        };
        let slow = weary.estimate();
        assert!(slow.weariness > 0.8 && slow.confidence > 0.5, "{slow:?}");
        assert_eq!(slowed(4, slow), 2);
        let answers = Signs {
            replied: true,
            ..weary
        };
        assert_eq!(slowed(4, answers.estimate()), 3);
        let reads_all = Signs { unread: 0, ..weary };
        assert_eq!(slowed(4, reads_all.estimate()), 4);
    }

    #[test]
    fn less_is_known_where_nothing_was_ever_read() {
        let with = |unread| {
            Signs {
                delivered: 10,
                unread,
                ..NOTHING
            }
            .estimate()
            .confidence
        };
        assert!(with(10) < with(9));
    }

    #[test]
    fn a_weariness_that_is_no_number_slows_nothing() {
        let broken = Estimate {
            weariness: f64::NAN,
            confidence: f64::NAN,
        };
        assert_eq!(slowed(5, broken), 5);
    }

    prop_compose! {
        fn signs()(
            delivered in 0_u32..200, unread in 0_u32..200, caps in 0_u32..50,
            days_silent in prop::option::of(0_u32..400), replied: bool,
        ) -> Signs {
            Signs { delivered, unread, caps, days_silent, replied }
        }
    }

    proptest! {
        #[test]
        fn sending_only_ever_slows_down(weariness: f64, cap: u32) {
            let estimate = Estimate { weariness, confidence: 1.0 };
            let left = slowed(cap, estimate);
            prop_assert!(left <= cap && (left > 0 || cap == 0));
        }

        #[test]
        fn an_estimate_stays_in_its_bounds(signs in signs()) {
            let estimate = signs.estimate();
            prop_assert!((0.0..=1.0).contains(&estimate.weariness));
            prop_assert!((0.0..=1.0).contains(&estimate.confidence));
        }

        #[test]
        fn every_worse_sign_means_as_few_messages_or_fewer(signs in signs(), more in 1_u32..20, cap in 0_u32..1_000) {
            let silent = signs.days_silent.unwrap_or(0) + more;
            for worse in [
                Signs { unread: signs.unread + more, ..signs },
                Signs { delivered: signs.delivered + more, unread: signs.unread.min(signs.delivered) + more, ..signs },
                Signs { caps: signs.caps + more, ..signs },
                Signs { days_silent: Some(silent), ..signs },
                Signs { replied: false, ..signs },
            ] {
                prop_assert!(worse.estimate().weariness >= signs.estimate().weariness - 1e-12);
                prop_assert!(slowed(cap, worse.estimate()) <= slowed(cap, signs.estimate()));
            }
        }
    }
}
