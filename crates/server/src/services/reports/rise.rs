//! Whether a rise is more than chance explains: a test whose rate of false alarms is known.
//!
//! The counts of an hour are taken as Poisson with a rate that nobody knows. What was seen in the baseline makes the rate Gamma
//! distributed, so the number expected next is negative binomial, and the tail of that is an incomplete beta function. With this prior
//! it is at the same time the exact conditional test of two Poisson counts: for Poisson counts it errs no more often than it says.
//! Where counts vary more than Poisson counts do, they are first divided by how much more (a quasi-Poisson test).
//!
//! A rise must beat two explanations at once: that more messages went out, and that this hour of the week is always busy.

/// Hours of history that are looked at: eight weeks.
pub const HISTORY_HOURS: usize = 8 * WEEK;
/// Less history than this, and nothing is said.
pub const HISTORY_HOURS_MIN: usize = 2 * WEEK;
/// Fewer than this, and nothing is said.
pub const COUNT_MIN: u64 = 5;
/// False alarms in a year, on average, at the most.
pub const FALSE_ALARMS_A_YEAR: f64 = 1.0;
/// The tests are taken once an hour.
const HOURS_A_YEAR: f64 = 8_766.0;

const WEEK: usize = 7 * 24;
/// Answers to a message come within this many hours, mostly.
const ANSWER_HOURS: usize = 4;

/// A window that is tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// The last hour.
    Hour,
    /// The last twenty-four.
    Day,
}

impl Window {
    /// Its length, in hours.
    #[must_use]
    pub const fn hours(self) -> usize {
        match self {
            Self::Hour => 1,
            Self::Day => 24,
        }
    }

    /// The hours whose messages may have been answered in it.
    const fn exposure(self) -> usize {
        match self {
            Self::Hour => ANSWER_HOURS,
            Self::Day => 24,
        }
    }
}

/// One line of counts, hour by hour; the last hour is the one that just ended.
#[derive(Debug, Clone, Default)]
pub struct Series {
    /// What may have risen.
    pub counts: Vec<u64>,
    /// The messages that it may answer; empty where it answers none.
    pub messages: Vec<u64>,
}

/// A rise that chance does not explain.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rise {
    /// How many there were.
    pub count: u64,
    /// How many were to be expected: the larger of both explanations.
    pub expected: f64,
    /// How likely chance alone makes as many or more.
    pub chance: f64,
}

/// The chance below which a rise is told, when so many tests are taken every hour: then all of them together raise a false alarm
/// no more often than stated, however they hang together.
#[must_use]
#[allow(clippy::cast_precision_loss, reason = "a number of tests is small")]
pub fn threshold(tests: usize) -> f64 {
    FALSE_ALARMS_A_YEAR / (HOURS_A_YEAR * tests.max(1) as f64)
}

/// Tests the last window of a series. None where nothing is to be said: too few, too little history, or no rise.
#[must_use]
pub fn look(series: &Series, window: Window, threshold: f64) -> Option<Rise> {
    let counts = &series.counts;
    let hours = window.hours();
    let began = counts.len().checked_sub(hours)?;
    if began < HISTORY_HOURS_MIN {
        return None;
    }
    let (history, now) = counts.split_at(began);
    let count: u64 = now.iter().sum();
    if count < COUNT_MIN {
        return None;
    }
    let same = same_hours(counts, window);
    let spread = spread(history);
    let weeks = to_f64(u64::try_from(same.len()).unwrap_or(0));
    let by_time = test(count, 1.0, same.iter().sum(), weeks, spread);
    let by_messages = by_messages(series, window, count, spread);
    let (chance, expected) = match by_messages {
        Some(other) => (by_time.0.max(other.0), by_time.1.max(other.1)),
        None => by_time,
    };
    let rise = Rise {
        count,
        expected,
        chance,
    };
    (chance < threshold && to_f64(count) > expected).then_some(rise)
}

/// Tests one part against the rate of the whole: a template that is newer than any history of its own.
#[must_use]
pub fn compare(part: (u64, u64), whole: (u64, u64), spread: f64, threshold: f64) -> Option<Rise> {
    let ((count, messages), (counts, all)) = (part, whole);
    if count < COUNT_MIN || messages == 0 || all == 0 {
        return None;
    }
    let (chance, expected) = test(count, to_f64(messages), counts, to_f64(all), spread);
    let rise = Rise {
        count,
        expected,
        chance,
    };
    (chance < threshold && to_f64(count) > expected).then_some(rise)
}

/// How much more than Poisson counts these vary: Pearson's statistic over the hours of a week, each compared with its own mean.
#[must_use]
pub fn spread(history: &[u64]) -> f64 {
    let (mut sum, mut free) = (0.0, 0.0);
    for hour in 0..WEEK {
        let same: Vec<f64> = history
            .iter()
            .rev()
            .skip(hour)
            .step_by(WEEK)
            .map(|count| to_f64(*count))
            .collect();
        let mean = same.iter().sum::<f64>() / to_f64(same.len() as u64).max(1.0);
        if mean > 0.0 && same.len() > 1 {
            let squares = same.iter().map(|count| (count - mean).powi(2) / mean);
            sum += squares.sum::<f64>();
            free += to_f64(same.len() as u64) - 1.0;
        }
    }
    if free < 1.0 {
        1.0
    } else {
        (sum / free).max(1.0)
    }
}

/// The same window in each week before.
fn same_hours(counts: &[u64], window: Window) -> Vec<u64> {
    let weeks = 1..=HISTORY_HOURS / WEEK;
    let window_of = |week: usize| {
        let end = counts.len().checked_sub(week * WEEK)?;
        let from = end.checked_sub(window.hours())?;
        Some(counts.get(from..end)?.iter().sum())
    };
    weeks.filter_map(window_of).collect()
}

/// The same test against the rate at which messages were answered in all of the history.
fn by_messages(series: &Series, window: Window, count: u64, spread: f64) -> Option<(f64, f64)> {
    let messages = &series.messages;
    let all: u64 = messages.iter().sum();
    if all == 0 {
        return None;
    }
    let exposure = window.exposure();
    let recent: u64 = messages.iter().rev().take(exposure).sum();
    let rest = series.counts.len().checked_sub(window.hours())?;
    let before: u64 = series.counts.iter().take(rest).sum();
    let earlier: u64 = messages.iter().take(rest).sum();
    // Each message is asked about in as many windows as it may be answered in.
    let times = u64::try_from(exposure / window.hours()).unwrap_or(1);
    Some(test(
        count,
        to_f64(recent),
        before,
        to_f64(earlier.saturating_mul(times)),
        spread,
    ))
}

/// How likely `count` or more is, in `here` of something, when `before` were seen in `there` of it; and how many were to be expected.
fn test(count: u64, here: f64, before: u64, there: f64, spread: f64) -> (f64, f64) {
    if here <= 0.0 {
        // Nothing went out that it could answer: that explanation expects none.
        return (0.0, 0.0);
    }
    if there <= 0.0 {
        // There is nothing to compare with.
        return (1.0, f64::INFINITY);
    }
    let spread = spread.max(1.0);
    let share = here / (here + there);
    let chance = beta(to_f64(count) / spread, to_f64(before) / spread + 1.0, share);
    (chance, to_f64(before) * here / there)
}

#[allow(
    clippy::cast_precision_loss,
    reason = "nobody counts to 2^52 in eight weeks"
)]
const fn to_f64(count: u64) -> f64 {
    count as f64
}

/// The regularised incomplete beta function, by its continued fraction (Lentz's way).
#[must_use]
pub fn beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    let front = ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.ln() + b * (-x).ln_1p();
    if x < (a + 1.0) / (a + b + 2.0) {
        (front.exp() * fraction(a, b, x) / a).min(1.0)
    } else {
        (1.0 - front.exp() * fraction(b, a, 1.0 - x) / b).max(0.0)
    }
}

fn fraction(a: f64, b: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    const STEPS: u32 = 10_000;
    let solid = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / solid(1.0 - (a + b) * x / (a + 1.0));
    let mut value = d;
    for step in 1..STEPS {
        let m = f64::from(step);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / solid(1.0 + even * d);
        c = solid(1.0 + even / c);
        value *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / solid(1.0 + odd * d);
        c = solid(1.0 + odd / c);
        let change = d * c;
        value *= change;
        if (change - 1.0).abs() < 1e-14 {
            break;
        }
    }
    value
}

/// The logarithm of the gamma function of a positive number, by Stirling's series above ten.
fn ln_gamma(value: f64) -> f64 {
    const ABOVE: f64 = 10.0;
    let (mut x, mut shift) = (value, 0.0);
    while x < ABOVE {
        shift += x.ln();
        x += 1.0;
    }
    let square = 1.0 / (x * x);
    let series = (1.0 / 12.0
        - square
            * (1.0 / 360.0
                - square * (1.0 / 1_260.0 - square * (1.0 / 1_680.0 - square / 1_188.0))))
        / x;
    (x - 0.5) * x.ln() - x + 0.5 * std::f64::consts::TAU.ln() + series - shift
}

#[cfg(test)]
mod tests;
