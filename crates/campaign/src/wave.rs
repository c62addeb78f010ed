//! The first wave: a template that few people have seen goes to some before it goes to the rest.

use std::time::Duration;

/// When there is a first wave, how large it is, and when it has told enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// A template that was sent so often is known.
    pub known_after: u64,
    /// An audience of so many, or fewer, goes at once.
    pub small: u64,
    /// Fewest people in the wave.
    pub least: u64,
    /// Most people in the wave.
    pub most: u64,
    /// Percent of the audience in the wave, between the two.
    pub share: u8,
    /// Percent of the wave that must have a status before the rest may go.
    pub enough: u8,
    /// After this the rest may go with fewer: telephones are switched off, too.
    pub patience: Duration,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            known_after: 1000,
            small: 200,
            least: 100,
            most: 1000,
            share: 1,
            enough: 95,
            patience: Duration::from_secs(30 * 60),
        }
    }
}

/// How an audience is divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wave {
    /// How many go first; 0 when there is no first wave.
    pub size: u64,
    /// How many go after them.
    pub rest: u64,
}

impl Wave {
    /// Whether some go before the rest.
    #[must_use]
    pub const fn is_needed(&self) -> bool {
        self.size > 0
    }
}

/// Divides `total` people, for a template that was sent `template_sends_before` times.
#[must_use]
pub fn plan(total: u64, template_sends_before: u64, rules: &Rules) -> Wave {
    if total <= rules.small || template_sends_before >= rules.known_after {
        return Wave {
            size: 0,
            rest: total,
        };
    }
    let size = percent(total, rules.share)
        .max(rules.least)
        .min(rules.most)
        .min(total);
    Wave {
        size,
        rest: total - size,
    }
}

/// Whether the first wave has told enough for the rest to be judged.
///
/// `sent` counts whom Meta took a message for, once the whole wave has had its turn; `answered` those of
/// them who have a status beyond sent (delivered, read or failed); `waited` is the time since the last went.
#[must_use]
pub fn enough_known(sent: u64, answered: u64, waited: Duration, rules: &Rules) -> bool {
    answered >= percent(sent, rules.enough) || waited >= rules.patience
}

/// Rounded up.
fn percent(of: u64, share: u8) -> u64 {
    let part = (u128::from(of) * u128::from(share)).div_ceil(100);
    u64::try_from(part).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn size(total: u64, before: u64) -> u64 {
        plan(total, before, &Rules::default()).size
    }

    #[test]
    fn a_new_template_goes_to_a_hundred_or_a_hundredth_and_to_a_thousand_at_most() {
        for (total, want) in [
            (0, 0),
            (200, 0),
            (201, 100),
            (10_000, 100),
            (10_001, 101),
            (50_000, 500),
            (100_000, 1000),
            (10_000_000, 1000),
        ] {
            assert_eq!(size(total, 0), want, "{total}");
        }
    }

    #[test]
    fn a_known_template_goes_to_everybody_at_once() {
        assert_eq!(size(50_000, 999), 500);
        assert_eq!(size(50_000, 1000), 0);
        assert!(!plan(50_000, 1000, &Rules::default()).is_needed());
    }

    #[test]
    fn the_rest_waits_for_nineteen_of_twenty_or_half_an_hour() {
        let rules = Rules::default();
        let minutes = |n: u64| Duration::from_secs(n * 60);
        assert!(!enough_known(100, 94, minutes(29), &rules));
        assert!(enough_known(100, 95, minutes(0), &rules));
        assert!(enough_known(100, 0, minutes(30), &rules));
        assert!(!enough_known(1, 0, minutes(1), &rules));
    }

    #[test]
    fn a_wave_of_whom_nobody_was_sent_to_has_nothing_to_tell() {
        assert!(enough_known(0, 0, Duration::ZERO, &Rules::default()));
    }

    proptest! {
        #[test]
        fn nobody_is_lost_between_the_wave_and_the_rest(
            total in any::<u64>(),
            before in 0_u64..2000,
            share in 0_u8..=200,
            least in any::<u64>(),
            most in any::<u64>(),
        ) {
            let rules = Rules { share, least, most, ..Rules::default() };
            let wave = plan(total, before, &rules);
            prop_assert_eq!(wave.size.checked_add(wave.rest), Some(total));
            prop_assert!(wave.size <= most);
        }
    }
}
