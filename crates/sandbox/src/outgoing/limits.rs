//! How fast one may send: to one person (131056) and from one number (130429).

use std::collections::HashMap;

const PAIR_EVERY_MS: i64 = 6_000;
const PAIR_BURST: i64 = 45;
const PAIRS_MAX: usize = 50_000;

#[derive(Default)]
pub struct Limits {
    /// When the debt of a pair would be paid off.
    pairs: HashMap<(String, String), i64>,
    seconds: HashMap<String, (i64, u32)>,
}

impl Limits {
    /// One message in 6 s, and up to 45 at once on credit.
    pub fn pair_allows(&mut self, number: &str, to: &str, now_ms: i64) -> bool {
        if self.pairs.len() >= PAIRS_MAX {
            self.pairs.retain(|_, paid| *paid > now_ms);
        }
        let paid = self
            .pairs
            .entry((number.to_owned(), to.to_owned()))
            .or_insert(now_ms);
        let from = (*paid).max(now_ms);
        if from - now_ms > PAIR_EVERY_MS * (PAIR_BURST - 1) {
            return false;
        }
        *paid = from + PAIR_EVERY_MS;
        true
    }

    pub fn throughput_allows(&mut self, number: &str, per_s: u32, now_ms: i64) -> bool {
        let second = now_ms.div_euclid(1_000);
        let seen = self.seconds.entry(number.to_owned()).or_insert((second, 0));
        if seen.0 != second {
            *seen = (second, 0);
        }
        seen.1 += 1;
        seen.1 <= per_s
    }
}

#[cfg(test)]
mod tests {
    use super::Limits;

    #[test]
    fn forty_five_at_once_and_then_one_in_six_seconds() {
        let mut limits = Limits::default();
        let burst = (0..50).filter(|_| limits.pair_allows("n", "p", 0)).count();
        assert_eq!(burst, 45);
        assert!(!limits.pair_allows("n", "p", 5_999));
        assert!(limits.pair_allows("n", "p", 6_000));
        assert!(!limits.pair_allows("n", "p", 6_001));
        assert!(limits.pair_allows("n", "someone else", 0));
    }

    #[test]
    fn a_number_sends_so_many_a_second() {
        let mut limits = Limits::default();
        assert_eq!(
            (0..5)
                .filter(|_| limits.throughput_allows("n", 3, 999))
                .count(),
            3
        );
        assert!(limits.throughput_allows("n", 3, 1_000));
    }
}
