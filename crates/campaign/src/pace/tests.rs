//! What a pace grants, what it learns, and what it never does.

use proptest::{collection::vec, prelude::*};

use super::*;

const fn at(ms: i64) -> Timestamp {
    Timestamp::from_millis(1_795_341_600_000 + ms)
}

/// Takes all that it gets, each `every_ms` from `from_ms` on, for `for_ms`.
fn drain(pace: &mut Pace, from_ms: i64, for_ms: i64, every_ms: usize) -> u32 {
    (from_ms..from_ms + for_ms)
        .step_by(every_ms)
        .map(|ms| pace.take(u32::MAX, at(ms)))
        .sum()
}

#[test]
fn it_sends_at_its_rate_and_a_small_burst_at_first() {
    let mut pace = Pace::new(80, 80);
    assert_eq!(pace.take(100, at(0)), 4);
    assert_eq!(pace.take(100, at(0)), 0);
    assert_eq!(drain(&mut pace, 0, 10_000, 1), 799);
    let mut fast = Pace::new(2000, 2000);
    assert_eq!(fast.take(70, at(0)), 70);
    assert_eq!(fast.take(70, at(0)), 30);
    assert_eq!(drain(&mut fast, 50, 10_000, 50), 20_000);
}

#[test]
fn a_slow_number_sends_one_a_second_and_no_fewer() {
    let mut pace = Pace::new(1, 1);
    assert_eq!(drain(&mut pace, 0, 60_000, 10), 60);
    let nothing = Pace::new(0, 0);
    assert_eq!((nothing.rate(), nothing.ceiling()), (1, 1));
}

#[test]
fn what_was_not_sent_can_be_taken_again_but_never_more_than_a_burst() {
    let mut pace = Pace::new(80, 80);
    assert_eq!(pace.take(4, at(0)), 4);
    pace.give_back(3);
    assert_eq!(pace.take(9, at(0)), 3);
    pace.give_back(1_000_000);
    assert_eq!(pace.take(9, at(0)), 4);
}

#[test]
fn a_complaint_sinks_the_rate_once_a_second_and_stops_the_burst() {
    let mut pace = Pace::new(100, 100);
    for ms in 0..900 {
        pace.slow_down(at(ms));
    }
    assert_eq!(pace.rate(), 70);
    assert_eq!(pace.take(10, at(899)), 0);
    pace.slow_down(at(1000));
    assert_eq!(pace.rate(), 49);
    for second in 2..200 {
        pace.slow_down(at(second * 1000));
    }
    assert_eq!(pace.rate(), 1);
}

#[test]
fn without_complaints_the_rate_comes_back_step_by_step() {
    let mut pace = Pace::new(80, 80);
    pace.slow_down(at(0));
    assert_eq!(pace.rate(), 56);
    drain(&mut pace, 0, 4990, 10);
    assert_eq!(pace.rate(), 56);
    drain(&mut pace, 5000, 10, 10);
    let after_the_calm = pace.rate();
    assert!(after_the_calm > 56 && after_the_calm < 70);
    drain(&mut pace, 5010, 60_000, 10);
    assert_eq!(pace.rate(), 80);
}

#[test]
fn a_new_ceiling_is_obeyed_at_once_when_lower_and_reached_slowly_when_higher() {
    let mut pace = Pace::new(80, 80);
    pace.set_ceiling(20);
    assert_eq!((pace.rate(), pace.take(9, at(0))), (20, 1));
    pace.set_ceiling(1000);
    assert_eq!(pace.rate(), 20);
    drain(&mut pace, 0, 1001, 10);
    assert!(pace.rate() <= 30);
    drain(&mut pace, 1001, 120_000, 10);
    assert_eq!(pace.rate(), 1000);
}

#[test]
fn what_others_send_comes_off_and_a_tenth_is_left() {
    let mut pace = Pace::new(80, 80);
    assert_eq!(drain(&mut pace, 0, 1000, 10), 83);
    for second in 1..11 {
        pace.spend(30);
        assert_eq!(drain(&mut pace, second * 1000, 1000, 10), 50);
    }
    for second in 11..21 {
        pace.spend(1_000);
        assert_eq!(drain(&mut pace, second * 1000, 1000, 10), 8);
    }
    drain(&mut pace, 21_000, 1_200, 10);
    assert_eq!(drain(&mut pace, 22_200, 1000, 10), 80, "it is soon over");
}

#[test]
fn a_clock_set_back_by_an_hour_stops_nothing_for_an_hour() {
    let mut pace = Pace::new(80, 80);
    drain(&mut pace, 0, 1000, 10);
    assert_eq!(pace.take(9, at(-3_600_000)), 0);
    assert_eq!(drain(&mut pace, -3_600_000, 1000, 10), 79);
    pace.slow_down(at(-3_599_000));
    assert_eq!(pace.rate(), 56);
    drain(&mut pace, -3_599_000, 60_000, 10);
    assert_eq!(pace.rate(), 80);
}

#[derive(Debug, Clone)]
enum Step {
    /// The clock moves, mostly on.
    Clock(i64),
    Take(u32),
    SlowDown,
    Others(u32),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0_i64..400).prop_map(Step::Clock),
        1 => (-9000_i64..0).prop_map(Step::Clock),
        1 => (-100_000_i64..30_000).prop_map(Step::Clock),
        8 => (0_u32..3000).prop_map(Step::Take),
        1 => Just(Step::SlowDown),
        1 => (0_u32..3000).prop_map(Step::Others),
    ]
}

/// How far a clock ran on beyond where it had been; after it was set back, from there.
#[derive(Debug, Default)]
struct Run {
    furthest: Option<i64>,
    total: i64,
}

impl Run {
    fn seen(&mut self, now: i64) {
        let furthest = self.furthest.unwrap_or(now);
        self.total += (now - furthest).max(0);
        let was_set = furthest - now > CLOCK_SET_MS;
        self.furthest = Some(if was_set { now } else { furthest.max(now) });
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn over_any_stretch_it_grants_no_more_than_the_ceiling_and_a_burst(
        ceiling in 1_u32..3000,
        first in 1_u32..3000,
        steps in vec(step(), 1..120),
    ) {
        let mut pace = Pace::new(first, ceiling);
        let burst = u64::from((ceiling / BURSTS_PER_SECOND).max(1));
        let (mut now, mut run) = (0_i64, Run::default());
        let mut granted: Vec<(i64, u64)> = Vec::new();
        for step in steps {
            match step {
                Step::Clock(by) => now += by,
                Step::Take(want) => {
                    let got = pace.take(want, at(now));
                    prop_assert!(got <= want);
                    run.seen(now);
                    granted.push((run.total, u64::from(got)));
                }
                Step::SlowDown => {
                    pace.slow_down(at(now));
                    run.seen(now);
                }
                Step::Others(sent) => pace.spend(sent),
            }
            prop_assert!((1..=ceiling).contains(&pace.rate()));
        }
        for (i, (from, _)) in granted.iter().enumerate() {
            let mut sum = 0;
            for (until, got) in granted.iter().skip(i) {
                sum += got;
                let passed = (until - from).unsigned_abs();
                let most = burst + (passed * u64::from(ceiling)) / TOKEN;
                prop_assert!(sum <= most, "{sum} in {passed} ms at {ceiling}");
            }
        }
    }
}
