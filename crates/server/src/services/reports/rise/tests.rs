//! The test of a rise says what it promises: no more false alarms than stated, and real ones are seen.

use proptest::prelude::*;

use super::*;

/// A small generator of its own, so that every run sees the same dice.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^= bits >> 31;
        (bits >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn poisson(&mut self, mean: f64) -> u64 {
        let (limit, mut product, mut count) = ((-mean).exp(), self.next(), 0);
        while product > limit {
            product *= self.next();
            count += 1;
        }
        count
    }

    /// Twice as wide as Poisson: in half of the hours the rate is a third of what it is in the others.
    fn wide(&mut self, mean: f64) -> u64 {
        let factor = if self.next() < 0.5 { 0.5 } else { 1.5 };
        self.poisson(mean * factor)
    }
}

/// The shape of a week: nights are quiet, and Fridays are busy.
fn mean(hour: usize, base: f64) -> f64 {
    let day = if (hour / 24) % 7 == 4 { 2.0 } else { 1.0 };
    let night = if hour % 24 < 7 { 0.1 } else { 1.0 };
    base * day * night
}

fn history(dice: &mut Dice, base: f64, draw: fn(&mut Dice, f64) -> u64) -> Vec<u64> {
    (0..=HISTORY_HOURS)
        .map(|hour| draw(dice, mean(hour, base)))
        .collect()
}

/// The share of hours in which chance alone falls below a threshold.
fn false_alarms(base: f64, draw: fn(&mut Dice, f64) -> u64, threshold: f64) -> f64 {
    let mut dice = Dice(7);
    let mut line = history(&mut dice, base, draw);
    let (mut alarms, hours) = (0, 5_000);
    for hour in 0..hours {
        let series = Series {
            counts: line.clone(),
            messages: vec![],
        };
        alarms += usize::from(look(&series, Window::Hour, threshold).is_some());
        line.remove(0);
        line.push(draw(&mut dice, mean(HISTORY_HOURS + 1 + hour, base)));
    }
    alarms as f64 / hours as f64
}

#[test]
fn chance_alone_raises_no_more_alarms_than_stated() {
    for (base, draw) in [
        (2.0, Dice::poisson as fn(&mut Dice, f64) -> u64),
        (20.0, Dice::poisson),
        (10.0, Dice::wide),
    ] {
        let threshold = 0.01;
        let share = false_alarms(base, draw, threshold);
        // Three standard errors of a share of 5,000 tries.
        let slack = 3.0 * (threshold * (1.0 - threshold) / 5_000.0_f64).sqrt();
        assert!(share <= threshold + slack, "{base}: {share}");
    }
}

#[test]
fn counts_that_vary_more_would_raise_too_many_if_that_were_not_measured() {
    let mut dice = Dice(11);
    let narrow = spread(&history(&mut dice, 10.0, Dice::poisson));
    let wide = spread(&history(&mut dice, 10.0, Dice::wide));
    assert!(narrow < 1.15, "{narrow}");
    assert!(wide > 2.0, "{wide}");
}

#[test]
fn a_campaign_that_drives_people_away_is_seen_within_the_hour() {
    let mut dice = Dice(3);
    let mut series = Series {
        counts: history(&mut dice, 5.0, Dice::poisson),
        messages: vec![1_000; HISTORY_HOURS + 1],
    };
    assert_eq!(look(&series, Window::Hour, threshold(20)), None);
    *series.counts.last_mut().unwrap() = 60;
    let rise = look(&series, Window::Hour, threshold(20)).unwrap();
    assert_eq!(rise.count, 60);
    assert!(rise.expected < 15.0 && rise.chance < 1e-6, "{rise:?}");
}

#[test]
fn ten_times_the_messages_explain_ten_times_the_opt_outs() {
    let mut dice = Dice(5);
    let mut series = Series {
        counts: history(&mut dice, 5.0, Dice::poisson),
        messages: vec![1_000; HISTORY_HOURS + 1],
    };
    for (counts, messages) in series
        .counts
        .iter_mut()
        .zip(&mut series.messages)
        .rev()
        .take(4)
    {
        *counts = 50;
        *messages = 10_000;
    }
    assert_eq!(look(&series, Window::Hour, threshold(20)), None);
    // The same number that no messages explain.
    series
        .messages
        .iter_mut()
        .rev()
        .take(4)
        .for_each(|count| *count = 1_000);
    assert!(look(&series, Window::Hour, threshold(20)).is_some());
}

#[test]
fn little_history_and_small_numbers_say_nothing() {
    let mut counts = vec![0; HISTORY_HOURS_MIN];
    counts.push(40);
    let short = Series {
        counts: counts.clone(),
        messages: vec![],
    };
    assert!(look(&short, Window::Hour, threshold(1)).is_some());
    assert_eq!(
        look(
            &Series {
                counts: counts[1..].to_vec(),
                messages: vec![]
            },
            Window::Hour,
            threshold(1)
        ),
        None
    );
    *counts.last_mut().unwrap() = COUNT_MIN - 1;
    assert_eq!(
        look(
            &Series {
                counts,
                messages: vec![]
            },
            Window::Hour,
            0.5
        ),
        None
    );
    assert_eq!(look(&Series::default(), Window::Day, 0.5), None);
}

#[test]
fn a_template_is_compared_with_all_that_went_out() {
    let threshold = threshold(20);
    assert_eq!(
        compare((12, 10_000), (1_000, 1_000_000), 1.0, threshold),
        None
    );
    assert!(compare((60, 10_000), (1_000, 1_000_000), 1.0, threshold).is_some());
    assert_eq!(
        compare((60, 10_000), (1_000, 1_000_000), 40.0, threshold),
        None,
        "they always vary so"
    );
    assert_eq!(compare((60, 0), (1_000, 1_000_000), 1.0, threshold), None);
}

#[test]
fn the_threshold_is_shared_by_all_tests() {
    assert!((threshold(10) * 10.0 * 8_766.0 - FALSE_ALARMS_A_YEAR).abs() < 1e-12);
}

#[test]
fn the_beta_function_agrees_with_sums_of_the_binomial() {
    // P(Bin(n, x) >= k) = I_x(k, n - k + 1)
    for (n, k, x) in [
        (10_u32, 3_u32, 0.2_f64),
        (40, 25, 0.5),
        (200, 12, 0.03),
        (30, 30, 0.9),
    ] {
        let mut term = (1.0 - x).powi(n.try_into().unwrap());
        let mut tail = if k == 0 { term } else { 0.0 };
        for i in 1..=n {
            term *= f64::from(n - i + 1) / f64::from(i) * x / (1.0 - x);
            if i >= k {
                tail += term;
            }
        }
        let ours = beta(f64::from(k), f64::from(n - k + 1), x);
        assert!(
            (ours - tail).abs() < 1e-9 * tail.max(1e-3),
            "{n} {k} {x}: {ours} {tail}"
        );
    }
}

proptest! {
    #[test]
    fn a_chance_is_a_chance_and_falls_as_the_count_grows(
        count in 1_u64..5_000, before in 0_u64..50_000, here in 0.1_f64..1e6, there in 0.1_f64..1e7, spread in 1.0_f64..20.0,
    ) {
        let (chance, expected) = test(count, here, before, there, spread);
        let (more, _) = test(count + 1, here, before, there, spread);
        prop_assert!((0.0..=1.0).contains(&chance));
        prop_assert!(expected >= 0.0);
        prop_assert!(more <= chance + 1e-9);
    }

    #[test]
    fn more_history_of_the_same_kind_makes_nothing_more_likely(count in 5_u64..200, before in 0_u64..2_000, weeks in 1_u32..50) {
        let weeks = f64::from(weeks);
        let (chance, _) = test(count, 1.0, before, weeks, 1.0);
        let (more, _) = test(count, 1.0, before + 1, weeks, 1.0);
        prop_assert!(more + 1e-12 >= chance, "one more in the baseline: {chance} {more}");
    }

    #[test]
    fn a_spread_is_never_below_one(counts in prop::collection::vec(0_u64..100, 0..600)) {
        prop_assert!(spread(&counts) >= 1.0);
    }
}
