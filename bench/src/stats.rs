//! Medians of runs and percentiles of waits.

use std::time::Duration;

use anyhow::Result;
use hdrhistogram::Histogram;

/// One figure from each run.
#[derive(Debug, Clone, Default)]
pub struct Runs(Vec<f64>);

impl Runs {
    /// Keeps the figure of one more run.
    pub fn push(&mut self, figure: f64) {
        self.0.push(figure);
    }

    /// The middle one; of an even number the mean of the two in the middle.
    #[must_use]
    pub fn median(&self) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let at = |index: usize| sorted.get(index).copied().unwrap_or(f64::NAN);
        let half = sorted.len() / 2;
        if sorted.len() % 2 == 1 {
            at(half)
        } else {
            f64::midpoint(at(half.saturating_sub(1)), at(half))
        }
    }

    /// The smallest and the largest.
    #[must_use]
    pub fn range(&self) -> (f64, f64) {
        let low = self.0.iter().copied().fold(f64::INFINITY, f64::min);
        let high = self.0.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        (low, high)
    }

    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }
}

/// Waits, in nanoseconds, with three digits kept.
#[derive(Debug, Clone)]
pub struct Waits(Histogram<u64>);

/// The longest wait that is told apart from longer ones.
const LONGEST_NS: u64 = 60_000_000_000;

impl Waits {
    /// None yet.
    ///
    /// # Errors
    /// Never with these bounds; the library wants it said.
    pub fn new() -> Result<Self> {
        Ok(Self(Histogram::new_with_bounds(1, LONGEST_NS, 3)?))
    }

    /// Keeps one.
    pub fn record(&mut self, wait: Duration) {
        let ns = u64::try_from(wait.as_nanos()).unwrap_or(LONGEST_NS);
        self.0.saturating_record(ns.max(1));
    }

    /// Takes in those of another thread.
    ///
    /// # Errors
    /// Never with equal bounds.
    pub fn add(&mut self, other: &Self) -> Result<()> {
        self.0.add(&other.0)?;
        Ok(())
    }

    /// The wait that this share of all did not exceed, in microseconds.
    #[must_use]
    pub fn percentile_us(&self, percent: f64) -> f64 {
        #[allow(clippy::cast_precision_loss, reason = "a wait is far below 2^52 ns")]
        let ns = self.0.value_at_percentile(percent) as f64;
        ns / 1_000.0
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.0.len()
    }
}

/// A count as a float, for ratios.
#[must_use]
#[allow(clippy::cast_precision_loss, reason = "no count here comes near 2^52")]
pub const fn float(count: u64) -> f64 {
    count as f64
}

/// A figure with as many digits as mean something.
#[must_use]
pub fn figure(value: f64) -> String {
    let size = value.abs();
    if !value.is_finite() {
        "-".to_owned()
    } else if size >= 1_000_000.0 {
        format!("{:.2} M", value / 1_000_000.0)
    } else if size >= 10_000.0 {
        format!("{:.1} k", value / 1_000.0)
    } else if size >= 100.0 {
        format!("{value:.0}")
    } else if size >= 10.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_whatever_the_order() {
        let mut runs = Runs::default();
        for figure in [9.0, 1.0, 5.0] {
            runs.push(figure);
        }
        assert!((runs.median() - 5.0).abs() < f64::EPSILON);
        runs.push(7.0);
        assert!((runs.median() - 6.0).abs() < f64::EPSILON);
        assert!(Runs::default().median().is_nan());
    }

    #[test]
    fn percentiles_come_from_all_threads() {
        let (mut a, mut b) = (Waits::new().unwrap(), Waits::new().unwrap());
        for _ in 0..99 {
            a.record(Duration::from_micros(10));
        }
        b.record(Duration::from_millis(10));
        a.add(&b).unwrap();
        assert!((a.percentile_us(50.0) - 10.0).abs() < 0.1);
        assert!(a.percentile_us(99.9) > 9_900.0);
    }
}
