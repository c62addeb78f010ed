//! Which variant is better: reads or replies per person, less the opt-outs. It may be asked as often as one likes.
//!
//! Each variant has a score per person: 1 for somebody who read (or replied), less 1 for somebody who opted out. Two scores
//! are compared by the difference and its error, with a test that stays true when it is asked again and again while the
//! messages go out: a bet on "there is a difference of some points" against "there is none", averaged over the size of the
//! difference (a normal mixture; the p-value is one over the stake). The difference between the leader and each of the others
//! has to be sure, and the risk is multiplied by the number of variants, since any of them could have led by chance.
//!
//! How reading and opting out go together in one person is not asked for, so the error is taken as large as it can be.

/// What happened with one variant.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Arm {
    /// People it was sent to.
    pub sent: u64,
    /// People who read it.
    pub read: u64,
    /// People who replied.
    pub replied: u64,
    /// People who opted out afterwards.
    pub opted_out: u64,
}

/// What a variant is to achieve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// That it is read. People without read receipts are missing from every variant alike.
    Reads,
    /// That it is answered.
    Replies,
}

impl Measure {
    /// Every measure.
    pub const ALL: [Self; 2] = [Self::Reads, Self::Replies];

    /// The word used in JSON, tables and on screens.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Reads => "reads",
            Self::Replies => "replies",
        }
    }

    /// Reads [`Measure::word`].
    #[must_use]
    pub fn read(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|measure| measure.word() == word)
    }
}

/// How the variants stand.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The variant with the best score so far, by its place in the list; none while two share it or nothing was sent.
    pub leader: Option<usize>,
    /// How sure it is that the leader is better than each of the others, 0 to 1; 0 while there is no leader.
    pub confidence: f64,
    /// The score of each variant: hits less opt-outs per person, -1 to 1; none where nothing was sent.
    pub scores: Vec<Option<f64>>,
    /// Whether that is enough to call it: at least [`ENOUGH`] people each, and as sure as [`SURE`].
    pub decided: bool,
}

impl Outcome {
    /// The variant that won; none while it is not yet known.
    #[must_use]
    pub fn winner(&self) -> Option<usize> {
        self.leader.filter(|_| self.decided)
    }
}

/// People that each variant must have been sent to before a winner is called: with fewer the errors are not to be trusted.
pub const ENOUGH: u64 = 100;

/// How sure a winner must be, 0 to 1.
pub const SURE: f64 = 0.95;

/// The difference of scores that the test is sharpest for: five people in a hundred.
const DIFFERENCE: f64 = 0.05;

/// How the variants stand by what they are to achieve.
#[must_use]
pub fn standing(arms: &[Arm], measure: Measure) -> Outcome {
    let scored: Vec<Option<Score>> = arms.iter().map(|arm| Score::of(arm, measure)).collect();
    let scores = scored.iter().map(|score| score.map(|score| score.mean));
    let leader = first_alone(&scored);
    let confidence = leader.map_or(0.0, |leader| confidence(&scored, leader));
    Outcome {
        leader,
        confidence,
        scores: scores.collect(),
        decided: arms.len() > 1 && arms.iter().all(|arm| arm.sent >= ENOUGH) && confidence >= SURE,
    }
}

/// A score with its error.
#[derive(Debug, Clone, Copy)]
struct Score {
    mean: f64,
    /// The square of the error of the mean, at its largest.
    error: f64,
}

impl Score {
    fn of(arm: &Arm, measure: Measure) -> Option<Self> {
        let hits = match measure {
            Measure::Reads => arm.read,
            Measure::Replies => arm.replied,
        };
        let people = arm.sent as f64;
        // One person more on either side: with no hit at all, or nothing but hits, the error is still not nought.
        let share = |count: u64| (count.min(arm.sent) as f64 + 0.5) / (people + 1.0);
        let (hit, out) = (share(hits), share(arm.opted_out));
        let mean = hit - out;
        // A person counts when exactly one of the two happened; at most so many can be such.
        let counted = (hit + out).min(2.0 - hit - out);
        (arm.sent > 0).then(|| Self {
            mean,
            error: (counted - mean * mean).max(0.0) / people,
        })
    }
}

/// The best, when it is alone.
fn first_alone(scored: &[Option<Score>]) -> Option<usize> {
    let known = || scored.iter().enumerate();
    let means = known().filter_map(|(at, score)| Some((at, (*score)?.mean)));
    let (leader, best) = means.max_by(|(_, one), (_, other)| one.total_cmp(other))?;
    let as_good = known().filter(|(_, score)| score.is_some_and(|score| score.mean >= best));
    (as_good.count() == 1).then_some(leader)
}

/// How sure it is that the leader is better than each of the others.
fn confidence(scored: &[Option<Score>], leader: usize) -> f64 {
    let Some(best) = scored.get(leader).copied().flatten() else {
        return 0.0;
    };
    let others = scored.iter().enumerate().filter(|(at, _)| *at != leader);
    let risks = others.map(|(_, other)| other.map_or(1.0, |other| risk(best, other)));
    let worst = risks.fold(0.0, f64::max) * scored.len() as f64;
    (1.0 - worst).max(0.0)
}

/// The chance of ever seeing such a difference where there is none: one over the stake of the bet.
fn risk(one: Score, other: Score) -> f64 {
    let error = one.error + other.error;
    if error <= 0.0 {
        return 1.0;
    }
    let squared = (one.mean - other.mean).powi(2) / error;
    let sharp = DIFFERENCE * DIFFERENCE / error;
    let ln_stake = squared * sharp / (2.0 * (1.0 + sharp)) - sharp.ln_1p() / 2.0;
    (-ln_stake).exp().min(1.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const fn arm(sent: u64, read: u64, opted_out: u64) -> Arm {
        Arm {
            sent,
            read,
            replied: read / 10,
            opted_out,
        }
    }

    #[test]
    fn a_clear_difference_has_a_winner_and_a_small_one_is_not_yet_known() {
        let clear = standing(&[arm(1_000, 400, 10), arm(1_000, 520, 10)], Measure::Reads);
        assert_eq!(clear.winner(), Some(1), "{clear:?}");
        let small = standing(&[arm(1_000, 500, 10), arm(1_000, 520, 10)], Measure::Reads);
        assert_eq!((small.leader, small.winner()), (Some(1), None), "{small:?}");
        assert!(small.confidence < 0.5, "{small:?}");
    }

    #[test]
    fn opt_outs_are_taken_off() {
        let loud = standing(
            &[arm(2_000, 1_100, 300), arm(2_000, 1_000, 10)],
            Measure::Reads,
        );
        assert_eq!(loud.winner(), Some(1), "{loud:?}");
    }

    #[test]
    fn the_measure_says_what_counts() {
        let read_more = Arm {
            sent: 1_000,
            read: 900,
            replied: 50,
            opted_out: 0,
        };
        let answered_more = Arm {
            sent: 1_000,
            read: 500,
            replied: 250,
            opted_out: 0,
        };
        let arms = [read_more, answered_more];
        assert_eq!(standing(&arms, Measure::Reads).winner(), Some(0));
        assert_eq!(standing(&arms, Measure::Replies).winner(), Some(1));
        assert!(
            Measure::ALL
                .into_iter()
                .all(|measure| Measure::read(measure.word()) == Some(measure))
        );
    }

    #[test]
    fn fewer_than_a_hundred_each_decide_nothing() {
        let few = standing(&[arm(99, 1, 0), arm(1_000, 990, 0)], Measure::Reads);
        assert_eq!((few.leader, few.winner()), (Some(1), None));
        assert!(few.confidence > SURE, "{few:?}");
    }

    #[test]
    fn what_is_alone_or_equal_or_unsent_has_no_winner() {
        for arms in [
            vec![],
            vec![arm(1_000, 900, 0)],
            vec![arm(1_000, 500, 0); 2],
            vec![Arm::default(); 3],
            vec![arm(1_000, 900, 0), Arm::default()],
        ] {
            let outcome = standing(&arms, Measure::Reads);
            assert_eq!(outcome.winner(), None, "{outcome:?}");
            assert_eq!(outcome.scores.len(), arms.len());
        }
    }

    #[test]
    fn three_equal_variants_watched_all_the_time_rarely_have_a_winner() {
        const RUNS: u32 = 600;
        let mut state = 0x2545_F491_4F6C_DD1D_u64;
        let mut share = move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 11) as f64 / (1_u64 << 53) as f64
        };
        let mut wrong = 0;
        for _ in 0..RUNS {
            let mut arms = [Arm::default(); 3];
            let won = (0..2_000).any(|sent| {
                for arm in &mut arms {
                    arm.sent += 1;
                    arm.read += u64::from(share() < 0.4);
                    arm.opted_out += u64::from(share() < 0.02);
                }
                sent % 10 == 0 && standing(&arms, Measure::Reads).winner().is_some()
            });
            wrong += u32::from(won);
        }
        assert!(
            wrong <= RUNS / 20,
            "{wrong} of {RUNS} runs called a winner of equals"
        );
    }

    proptest! {
        #[test]
        fn what_comes_out_stays_in_its_bounds(arms in prop::collection::vec((any::<u64>(), any::<u64>(), any::<u64>()), 0..5)) {
            let arms: Vec<Arm> = arms
                .into_iter()
                .map(|(sent, read, opted_out)| Arm { sent, read, replied: read, opted_out })
                .collect();
            let outcome = standing(&arms, Measure::Replies);
            prop_assert!((0.0..=1.0).contains(&outcome.confidence));
            prop_assert!(outcome.scores.iter().flatten().all(|score| (-1.0..=1.0).contains(score)));
            prop_assert!(outcome.leader.is_none_or(|leader| leader < arms.len()));
        }

        #[test]
        fn the_order_of_the_variants_changes_nothing(one in 0_u64..2_000, other in 0_u64..2_000) {
            let (one, other) = (arm(2_000, one, 5), arm(2_000, other, 5));
            let there = standing(&[one, other], Measure::Reads);
            let back = standing(&[other, one], Measure::Reads);
            prop_assert_eq!(there.winner(), back.winner().map(|at| 1 - at));
            prop_assert_eq!(there.confidence, back.confidence);
        }

        #[test]
        fn more_hits_of_the_leader_make_it_surer(read in 1_000_u64..1_900, more in 0_u64..100) {
            let against = arm(2_000, 900, 20);
            let sure = |read| standing(&[arm(2_000, read, 20), against], Measure::Reads).confidence;
            prop_assert!(sure(read + more) >= sure(read) - 1e-9);
        }
    }
}
