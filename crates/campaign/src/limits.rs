//! What Meta lets a business send, and how long a campaign takes under it (facts section 6).

use std::{fmt, time::Duration};

/// How many people a business may write to, outside the customer service window, in any 24 hours.
/// Counted for the whole portfolio: all its numbers share it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Tier {
    /// 250 people.
    T250,
    /// 2,000 people.
    T2K,
    /// 10,000 people.
    T10K,
    /// 100,000 people.
    T100K,
    /// As many as there are.
    Unlimited,
}

impl Tier {
    /// Every tier, the lowest first.
    pub const ALL: [Self; 5] = [
        Self::T250,
        Self::T2K,
        Self::T10K,
        Self::T100K,
        Self::Unlimited,
    ];

    /// Meta's word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::T250 => "TIER_250",
            Self::T2K => "TIER_2K",
            Self::T10K => "TIER_10K",
            Self::T100K => "TIER_100K",
            Self::Unlimited => "TIER_UNLIMITED",
        }
    }

    /// Reads Meta's word, or the number that some of its webhooks have instead (-1 is unlimited). None for
    /// any other, so that what is not known is said to be not known.
    #[must_use]
    pub fn read(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tier| {
            tier.name() == word
                || match tier.limit() {
                    Some(limit) => word == limit.to_string(),
                    None => word == "-1",
                }
        })
    }

    /// People in any 24 hours; none when there is no limit.
    #[must_use]
    pub const fn limit(self) -> Option<u64> {
        match self {
            Self::T250 => Some(250),
            Self::T2K => Some(2000),
            Self::T10K => Some(10_000),
            Self::T100K => Some(100_000),
            Self::Unlimited => None,
        }
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::T250 => "250 people in 24 hours",
            Self::T2K => "2,000 people in 24 hours",
            Self::T10K => "10,000 people in 24 hours",
            Self::T100K => "100,000 people in 24 hours",
            Self::Unlimited => "any number of people",
        })
    }
}

/// How long `n` messages take at `per_second` (at least 1), when nothing else slows them.
#[must_use]
pub fn duration(n: u64, per_second: u32) -> Duration {
    let per_second = u64::from(per_second.max(1));
    let (seconds, over) = (n / per_second, n % per_second);
    Duration::from_secs(seconds) + Duration::from_millis((over * 1000).div_ceil(per_second))
}

/// On how many days `n` people are written to, when Meta lets a business write to `limit` in any 24 hours and it writes to nobody
/// else: 0 for nobody, 1 when all go today or there is no limit.
#[must_use]
pub const fn days(n: u64, limit: Option<u64>) -> u64 {
    match limit {
        _ if n == 0 => 0,
        None | Some(0) => 1,
        Some(limit) => n.div_ceil(limit),
    }
}

#[cfg(test)]
mod tests {
    use proptest::{prelude::*, sample::select};

    use super::*;

    #[test]
    fn a_tier_is_read_by_metas_word_or_number() {
        for tier in Tier::ALL {
            assert_eq!(Tier::read(tier.name()), Some(tier));
        }
        assert_eq!(Tier::read("2000"), Some(Tier::T2K));
        assert_eq!(Tier::read("-1"), Some(Tier::Unlimited));
        for word in ["TIER_1K", "TIER_NOT_SET", "tier_2k", "", "0"] {
            assert_eq!(Tier::read(word), None, "{word}");
        }
    }

    #[test]
    fn a_campaign_takes_as_long_as_its_pace_says() {
        for (n, per_second, ms) in [
            (0, 80, 0),
            (1, 80, 13),
            (80, 80, 1000),
            (10_000, 80, 125_000),
            (1_000_000, 1000, 1_000_000),
            (7, 0, 7000),
        ] {
            assert_eq!(duration(n, per_second), Duration::from_millis(ms), "{n}");
        }
        assert_eq!(duration(u64::MAX, 1), Duration::from_secs(u64::MAX));
    }

    #[test]
    fn what_does_not_fit_today_goes_on_the_days_after() {
        for (n, tier, want) in [
            (0, Tier::T250, 0),
            (250, Tier::T250, 1),
            (251, Tier::T250, 2),
            (10_000, Tier::T2K, 5),
            (u64::MAX, Tier::Unlimited, 1),
        ] {
            assert_eq!(days(n, tier.limit()), want, "{n} {tier}");
        }
        assert_eq!(days(7, Some(0)), 1, "nothing to divide by");
    }

    proptest! {
        #[test]
        fn the_days_are_enough_and_not_one_too_many(
            n in 1_u64..10_000_000,
            tier in select(vec![Tier::T250, Tier::T2K, Tier::T10K, Tier::T100K]),
        ) {
            let limit = tier.limit().unwrap();
            let days = days(n, Some(limit));
            prop_assert!(days * limit >= n);
            prop_assert!(days == 1 || (days - 1) * limit < n);
        }
    }
}
