//! The flight recorder's test: is the rate of opt-outs worse than allowed? It may be asked after every single message.
//!
//! It bets against "the rate is at most what is allowed": for each of several worse rates, the likelihood of what was seen
//! under that rate over its likelihood under the allowed rate; the stake is their mean. As long as the rate is in truth at
//! most the allowed one, such a stake never grows on average, so that it ever reaches `1 / alpha` has at most the chance
//! `alpha`, however often one looks and whenever one stops (Ville's inequality). A test of fixed size would not survive that.
//!
//! People who have a message but have not answered yet count as people who stay, so an early look is too mild, never too
//! strict.

/// Worse rates that are bet on, as multiples of the odds of the allowed rate.
const WORSE: [f64; 14] = [
    1.3, 1.6, 2.0, 2.5, 3.0, 3.7, 4.5, 5.6, 7.0, 9.0, 12.0, 16.0, 22.0, 30.0,
];

/// What was sent so far, and how many of these people opted out afterwards.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Messages sent, one to a person.
    pub sent: u64,
    /// People who opted out after theirs. More than were sent to count as all of them.
    pub opt_outs: u64,
}

/// The test with its limits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Watch {
    allowed: f64, // INVARIANT: above 0 and below 1.
    alpha: f64,   // INVARIANT: above 0 and below 1.
}

/// What one look shows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Look {
    /// Opt-outs per message so far, 0 to 1; 0 when nothing was sent.
    pub rate: f64,
    /// How sure it is that the true rate is above the allowed one, 0 to 1. True at every look, however many there were.
    pub confidence: f64,
    /// Whether that is sure enough to stop.
    pub alarm: bool,
}

/// A rate or a risk that makes no test.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error(
    "`{0}` is no share to test with: want more than 0 and less than 1, like 0.02 for two in a hundred"
)]
pub struct BadShare(f64);

impl Watch {
    /// A test whether opt-outs are more than `allowed` per message, with the risk `alpha` of ever stopping a campaign wrongly.
    ///
    /// # Errors
    /// [`BadShare`] when one of them is not above 0 and below 1.
    pub fn new(allowed: f64, alpha: f64) -> Result<Self, BadShare> {
        let is_share = |share: &f64| *share > 0.0 && *share < 1.0;
        match [allowed, alpha].into_iter().find(|share| !is_share(share)) {
            Some(bad) => Err(BadShare(bad)),
            None => Ok(Self { allowed, alpha }),
        }
    }

    /// What the numbers show so far.
    #[must_use]
    pub fn look(&self, tally: Tally) -> Look {
        let stake = self.ln_stake(tally);
        let out = tally.opt_outs.min(tally.sent);
        Look {
            rate: if tally.sent == 0 {
                0.0
            } else {
                out as f64 / tally.sent as f64
            },
            confidence: (1.0 - (-stake).exp()).max(0.0),
            alarm: stake >= -self.alpha.ln(),
        }
    }

    /// Whether the campaign has to stop.
    #[must_use]
    pub fn alarms(&self, tally: Tally) -> bool {
        self.look(tally).alarm
    }

    /// The logarithm of the mean of the bets.
    fn ln_stake(&self, tally: Tally) -> f64 {
        let out = tally.opt_outs.min(tally.sent);
        let stay = tally.sent - out;
        let odds = self.allowed / (1.0 - self.allowed);
        let bets = WORSE.map(|times| {
            let worse = times * odds / (1.0 + times * odds);
            let of_out = (worse / self.allowed).ln();
            let of_stay = ((1.0 - worse) / (1.0 - self.allowed)).ln();
            out as f64 * of_out + stay as f64 * of_stay
        });
        let best = bets.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = bets.iter().map(|bet| (bet - best).exp()).sum();
        best + (sum / WORSE.len() as f64).ln()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn watch() -> Watch {
        Watch::new(0.02, 0.01).unwrap()
    }

    /// A small generator, so that a run is the same every time.
    struct Dice(u64);

    impl Dice {
        fn share(&mut self) -> f64 {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            (self.0 >> 11) as f64 / (1_u64 << 53) as f64
        }
    }

    /// After how many messages it stops, when it is asked after each.
    fn stops_after(rate: f64, most: u64, dice: &mut Dice) -> Option<u64> {
        let watch = watch();
        let mut tally = Tally::default();
        (1..=most).find(|_| {
            tally.sent += 1;
            let out = dice.share() < rate;
            tally.opt_outs += u64::from(out);
            // The stake grows with an opt-out only, so that these are the looks that matter.
            out && watch.alarms(tally)
        })
    }

    #[test]
    fn at_the_allowed_rate_looking_after_every_message_rarely_stops_a_campaign() {
        const RUNS: u32 = 4_000;
        let mut dice = Dice(0x2545_F491_4F6C_DD1D);
        let stopped = (0..RUNS).filter(|_| stops_after(0.02, 5_000, &mut dice).is_some());
        let share = f64::from(u32::try_from(stopped.count()).unwrap()) / f64::from(RUNS);
        assert!(share <= 0.01, "{share} of the runs were stopped wrongly");
        assert!(
            share > 0.0005,
            "{share}: so mild that it may see nothing at all"
        );
    }

    #[test]
    fn three_times_the_allowed_rate_is_found_within_a_few_hundred_messages() {
        let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
        let mut found: Vec<u64> = (0..500)
            .map(|_| stops_after(0.06, 10_000, &mut dice).unwrap_or(10_000))
            .collect();
        found.sort_unstable();
        assert!(found[250] <= 300, "half need more than {}", found[250]);
        assert!(
            found[475] <= 800,
            "one in twenty needs more than {}",
            found[475]
        );
    }

    #[test]
    fn an_alarm_is_a_confidence_of_one_less_the_risk() {
        let tally = |opt_outs| Tally {
            sent: 200,
            opt_outs,
        };
        for opt_outs in 0..=200 {
            let look = watch().look(tally(opt_outs));
            assert_eq!(look.alarm, look.confidence >= 0.99, "{opt_outs}: {look:?}");
        }
        assert!(!watch().alarms(tally(4)) && watch().alarms(tally(20)));
        assert!((watch().look(tally(4)).rate - 0.02).abs() < 1e-12);
    }

    #[test]
    fn before_the_first_message_nothing_is_known() {
        let look = watch().look(Tally::default());
        assert_eq!((look.rate, look.confidence, look.alarm), (0.0, 0.0, false));
    }

    #[test]
    fn a_share_outside_of_zero_to_one_is_refused_with_what_was_wanted() {
        for (allowed, alpha) in [
            (0.0, 0.01),
            (1.0, 0.01),
            (0.02, 0.0),
            (f64::NAN, 0.01),
            (0.02, 5.0),
        ] {
            let error = Watch::new(allowed, alpha).unwrap_err().to_string();
            assert!(error.contains("more than 0"), "{error}");
        }
    }

    proptest! {
        #[test]
        fn more_opt_outs_alarm_more_and_more_people_who_stay_alarm_less(
            sent in 0_u64..100_000, out in 0_u64..100_000, more in 0_u64..1_000,
        ) {
            let confidence = |sent, opt_outs| watch().look(Tally { sent, opt_outs }).confidence;
            let out = out.min(sent);
            prop_assert!(confidence(sent, out + more) >= confidence(sent, out) - 1e-9);
            prop_assert!(confidence(sent + more, out) <= confidence(sent, out) + 1e-9);
        }

        #[test]
        fn a_look_stays_in_its_bounds(
            sent: u64, opt_outs: u64, allowed in 1e-6..0.999_f64, alpha in 1e-6..0.999_f64,
        ) {
            let look = Watch::new(allowed, alpha).unwrap().look(Tally { sent, opt_outs });
            prop_assert!((0.0..=1.0).contains(&look.rate));
            prop_assert!((0.0..=1.0).contains(&look.confidence));
        }
    }
}
