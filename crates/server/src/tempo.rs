//! How long a no took from the moment it came in to the moment it was in force, kept in memory until somebody writes it down.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use consent::time::Timestamp;
use store::report::{InForce, slot_of};

/// The bounds within a decade (Renard's ten): a median is never further than a quarter from the truth.
const BOUNDS: [i64; 10] = [100, 125, 160, 200, 250, 315, 400, 500, 630, 800];
/// The first bound, in microseconds, is the first of these; the last is a hundred seconds.
const DECADES: u32 = 6;

/// What was measured since it was last taken.
#[derive(Debug, Default)]
pub struct Tempo {
    waiting: Mutex<BTreeMap<(i64, i64), (i64, i64)>>,
}

impl Tempo {
    /// Notes that a no is in force now, so long after it came in.
    pub fn note(&self, now: Timestamp, took: Duration) {
        let us = i64::try_from(took.as_micros()).unwrap_or(i64::MAX);
        self.add(InForce {
            slot: slot_of(now),
            upto_us: bound(us),
            count: 1,
            worst_us: us,
        });
    }

    /// Takes everything out, to be written down.
    #[must_use]
    pub fn take(&self) -> Vec<InForce> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = std::mem::take(&mut *waiting).into_iter();
        let line = |((slot, upto_us), (count, worst_us))| InForce {
            slot,
            upto_us,
            count,
            worst_us,
        };
        taken.map(line).collect()
    }

    /// Puts back what could not be written down.
    pub fn give_back(&self, times: Vec<InForce>) {
        for time in times {
            self.add(time);
        }
    }

    fn add(&self, time: InForce) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let (count, worst) = waiting.entry((time.slot, time.upto_us)).or_default();
        *count += time.count;
        *worst = (*worst).max(time.worst_us);
    }
}

/// The smallest bound that holds a time.
fn bound(us: i64) -> i64 {
    let decades = (0..DECADES).map(|decade| 10_i64.pow(decade));
    let mut bounds = decades.flat_map(|decade| BOUNDS.map(|bound| bound * decade));
    bounds.find(|bound| us <= *bound).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_measured_is_kept_by_bounds_and_the_worst_of_each() {
        let tempo = Tempo::default();
        let now = Timestamp::from_millis(1_795_341_600_000);
        for us in [90, 900, 950, 7_000_000] {
            tempo.note(now, Duration::from_micros(us));
        }
        let taken = tempo.take();
        let seen: Vec<_> = taken
            .iter()
            .map(|time| (time.upto_us, time.count, time.worst_us))
            .collect();
        assert_eq!(
            seen,
            [(100, 1, 90), (1_000, 2, 950), (8_000_000, 1, 7_000_000)]
        );
        assert!(tempo.take().is_empty());
        tempo.give_back(taken.clone());
        tempo.give_back(taken);
        assert_eq!(tempo.take()[1].count, 4);
    }

    #[test]
    fn every_time_has_a_bound_no_further_than_a_quarter() {
        for us in [1, 100, 101, 126, 999, 123_456, 79_000_000] {
            let bound = bound(us);
            assert!(
                us <= bound && (us <= 100 || bound * 100 <= us * 128),
                "{us}: {bound}"
            );
        }
        assert_eq!(bound(3_600_000_000), i64::MAX);
    }
}
