//! How fast a number may send: a bucket of tokens, and a rate learned from Meta's answers.

use consent::time::Timestamp;

/// Messages a second that Meta allows a number at first (facts section 6).
pub const USUAL_PER_SECOND: u32 = 80;

/// A burst is what comes together in this part of a second. Whoever takes less often than this loses speed.
const BURSTS_PER_SECOND: u32 = 20;
/// What one message costs: the bucket counts thousandths, so that a rate per second fills it by the millisecond.
const TOKEN: u64 = 1000;
/// Answers that came together tell of one excess, so the rate sinks once for them.
const SLOW_DOWN_EVERY_MS: u64 = 1000;
/// How long no answer may complain before the rate rises.
const CALM_MS: i64 = 5000;
/// How often it rises then.
const RISE_EVERY_MS: i64 = 1000;
/// A clock that goes back further than this was set, and is believed.
const CLOCK_SET_MS: i64 = 10_000;

/// The pace of one number.
///
/// INVARIANT: over any stretch of time it grants no more than the ceiling times that time and one
/// burst, which is a 20th of a second's worth of the ceiling and at least one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Messages a second now: 1 to the ceiling.
    rate: u32,
    /// Messages a second at the most.
    ceiling: u32,
    /// Thousandths of a message that may go at once.
    tokens: u64,
    /// Thousandths of a message that others sent and that are still to be taken off.
    owed: u64,
    /// Until when the bucket was filled; none before the first call.
    filled: Option<Timestamp>,
    /// When the rate was last changed, or when the first call came.
    changed: Option<Timestamp>,
    /// When the rate last sank.
    slowed: Option<Timestamp>,
}

impl Pace {
    /// A number that sends `per_second` at first and is allowed up to `ceiling` when nobody complains.
    /// Both are at least 1, and the first is at most the second.
    #[must_use]
    pub fn new(per_second: u32, ceiling: u32) -> Self {
        let ceiling = ceiling.max(1);
        let empty = Self {
            rate: per_second.clamp(1, ceiling),
            ceiling,
            tokens: 0,
            owed: 0,
            filled: None,
            changed: None,
            slowed: None,
        };
        Self {
            tokens: empty.bucket(),
            ..empty
        }
    }

    /// How many of `want` may go now. They are taken; what is not sent goes [back](Self::give_back).
    pub fn take(&mut self, want: u32, now: Timestamp) -> u32 {
        self.fill(now);
        let granted = u64::from(want).min(self.tokens / TOKEN);
        self.tokens -= granted * TOKEN;
        u32::try_from(granted).unwrap_or(want)
    }

    /// `n` that were taken and not sent.
    pub fn give_back(&mut self, n: u32) {
        let back = u64::from(n) * TOKEN;
        self.tokens = self.tokens.saturating_add(back).min(self.bucket());
    }

    /// `n` that others sent from the same number: they come off what is granted from now on. A tenth of the rate is left whatever others
    /// do, and of more than they could send in a second nothing is remembered.
    pub fn spend(&mut self, n: u32) {
        let second = u64::from(self.rate) * TOKEN;
        self.owed = (self.owed + u64::from(n) * TOKEN).min(second);
    }

    /// Meta says that the number is too fast: the rate sinks by three tenths, at most once a second,
    /// and nothing goes until the bucket fills anew.
    pub fn slow_down(&mut self, now: Timestamp) {
        self.fill(now);
        self.tokens = 0;
        let is_same_excess = self
            .slowed
            .is_some_and(|at| now.millis_since(at).unsigned_abs() < SLOW_DOWN_EVERY_MS);
        if is_same_excess {
            return;
        }
        self.rate -= (self.rate / 10 * 3).max(1).min(self.rate - 1);
        self.slowed = Some(now);
        self.changed = Some(now);
    }

    /// Meta allows the number more or less than before. Less is obeyed at once; more is reached step by step.
    pub fn set_ceiling(&mut self, ceiling: u32) {
        self.ceiling = ceiling.max(1);
        self.rate = self.rate.min(self.ceiling);
        self.tokens = self.tokens.min(self.bucket());
    }

    /// Messages a second now.
    #[must_use]
    pub const fn rate(&self) -> u32 {
        self.rate
    }

    /// Messages a second at the most.
    #[must_use]
    pub const fn ceiling(&self) -> u32 {
        self.ceiling
    }

    /// How many may go together: a 20th of a second's worth, at least one.
    #[must_use]
    pub fn burst(&self) -> u32 {
        (self.rate / BURSTS_PER_SECOND).max(1)
    }

    fn bucket(&self) -> u64 {
        u64::from(self.burst()) * TOKEN
    }

    /// Fills the bucket for the time that has passed, at the rate of that time, and then lets the rate rise.
    fn fill(&mut self, now: Timestamp) {
        let Some(filled) = self.filled else {
            self.filled = Some(now);
            self.changed = self.changed.or(Some(now));
            return;
        };
        let passed = now.millis_since(filled);
        if passed < -CLOCK_SET_MS {
            self.filled = Some(now);
            self.changed = Some(now);
            return;
        }
        if passed <= 0 {
            return;
        }
        let gained = passed.unsigned_abs().saturating_mul(u64::from(self.rate));
        let paid = self.owed.min(gained / 10 * 9);
        self.owed -= paid;
        self.tokens = self.tokens.saturating_add(gained - paid).min(self.bucket());
        self.filled = Some(now);
        self.rise(now);
    }

    /// A hundredth of the ceiling more for every calm second.
    fn rise(&mut self, now: Timestamp) {
        let Some(changed) = self.changed else { return };
        let calm = self.slowed.is_none_or(|at| {
            let since = now.millis_since(at);
            // A complaint from the future was noted before the clock was set back: it counts for nothing.
            !(-CLOCK_SET_MS..CALM_MS).contains(&since)
        });
        let steps = now.millis_since(changed) / RISE_EVERY_MS;
        if !calm || steps <= 0 {
            return;
        }
        let step = i64::from((self.ceiling / 100).max(1));
        let risen = i64::from(self.rate).saturating_add(steps.saturating_mul(step));
        self.rate = u32::try_from(risen).map_or(self.ceiling, |rate| rate.min(self.ceiling));
        self.changed = Some(changed.plus_millis(steps.saturating_mul(RISE_EVERY_MS)));
    }
}

#[cfg(test)]
mod tests;
