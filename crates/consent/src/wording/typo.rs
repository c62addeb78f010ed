//! Typing errors: one letter too many, too few, another, or two swapped.

use std::{
    collections::{HashMap, HashSet},
    hash::{BuildHasherDefault, Hasher},
};

/// Words in their typos. Each word is kept under itself and under itself without any one letter; so is what is
/// looked up, and what meets is compared.
#[derive(Debug, Default)]
pub(super) struct Typos {
    words: Vec<(String, u32)>,
    shorter: HashMap<u64, Vec<u32>, BuildHasherDefault<Hashed>>,
    keywords: HashSet<String>,
}

/// Shorter words are too near to others.
const WORD_MIN: usize = 6;
/// Shorter keywords are too near to others; what is often made of STOP stands in the lexicon.
const KEYWORD_MIN: usize = 6;
/// Longer ones are no words.
const WORD_MAX: usize = 20;

/// The number of a word that is a keyword only.
pub(super) const KEYWORD: u32 = u32::MAX;

impl Typos {
    pub(super) fn add(&mut self, word: &str, pattern: u32) {
        if word.chars().count() >= WORD_MIN && !word.contains(' ') && !word.contains('*') {
            self.insert(word, pattern);
        }
    }

    pub(super) fn add_keyword(&mut self, word: &str) {
        if word.chars().count() >= KEYWORD_MIN && self.keywords.insert(word.to_owned()) {
            self.insert(word, KEYWORD);
        }
    }

    fn insert(&mut self, word: &str, pattern: u32) {
        let number = u32::try_from(self.words.len()).unwrap_or(u32::MAX);
        self.words.push((word.to_owned(), pattern));
        let letters: Vec<char> = word.chars().collect();
        for key in keys(&letters) {
            let numbers = self.shorter.entry(key).or_default();
            if numbers.last() != Some(&number) {
                numbers.push(number);
            }
        }
    }

    /// The words of which `typed` is a typo, by the number that they were added with.
    pub(super) fn of(&self, typed: &str) -> Option<(&str, u32)> {
        self.look(typed, |pattern| pattern != KEYWORD)
    }

    /// The keyword of which a whole message is a typo.
    pub(super) fn of_keyword(&self, typed: &str) -> Option<&str> {
        if typed.contains(char::is_numeric) {
            return None;
        }
        self.look(typed, |pattern| pattern == KEYWORD)
            .map(|(word, _)| word)
    }

    fn look(&self, typed: &str, wanted: fn(u32) -> bool) -> Option<(&str, u32)> {
        let mut letters = ['\0'; WORD_MAX];
        let mut count = 0;
        for c in typed.chars() {
            *letters.get_mut(count)? = c;
            count += 1;
        }
        let letters = letters.get(..count)?;
        if count + 1 < KEYWORD_MIN {
            return None;
        }
        keys(letters).find_map(|key| {
            let near = self.shorter.get(&key)?.iter();
            near.filter_map(|number| self.words.get(*number as usize))
                .find(|(word, pattern)| wanted(*pattern) && is_near(letters, word))
                .map(|(word, pattern)| (word.as_str(), *pattern))
        })
    }
}

/// The word, and the word without each of its letters, as hashes.
fn keys(letters: &[char]) -> impl Iterator<Item = u64> {
    (0..=letters.len()).map(move |without| {
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        for (at, c) in letters.iter().enumerate() {
            if at != without {
                hash = (hash ^ u64::from(*c)).wrapping_mul(0x0000_0100_0000_01b3);
            }
        }
        hash ^ (hash >> 29)
    })
}

/// A hash of a hash is itself.
#[derive(Debug, Default)]
struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 << 8) | u64::from(*byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

/// Whether one slip makes `typed` of `word`. The first letter is rarely the wrong one.
fn is_near(typed: &[char], word: &str) -> bool {
    let word: Vec<char> = word.chars().collect();
    let same_start = typed.iter().zip(&word).take_while(|(a, b)| a == b).count();
    let typed = typed.get(same_start..).unwrap_or_default();
    let word = word.get(same_start..).unwrap_or_default();
    let tails = typed.iter().rev().zip(word.iter().rev());
    let same_end = tails.take_while(|(a, b)| a == b).count();
    let typed = typed
        .get(..typed.len().saturating_sub(same_end))
        .unwrap_or_default();
    let word = word
        .get(..word.len().saturating_sub(same_end))
        .unwrap_or_default();
    match (typed, word) {
        ([], [_]) | ([_], []) => true,
        ([_], [_]) => same_start > 0,
        ([a, b], [c, d]) => a == d && b == c,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_slip_is_forgiven_and_two_are_not() {
        let mut typos = Typos::default();
        typos.add("messages", 7);
        typos.add_keyword("unsubscribe");
        for typed in ["mesages", "messagess", "mesasges", "messagds"] {
            assert_eq!(typos.of(typed), Some(("messages", 7)), "{typed}");
        }
        for typed in [
            "massage",
            "mssgs",
            "bessages",
            "messagesmessagesmessages",
            "",
        ] {
            assert_eq!(typos.of(typed), None, "{typed}");
        }
        assert_eq!(typos.of_keyword("unsuscribe"), Some("unsubscribe"));
        assert_eq!(typos.of("unsuscribe"), None);
    }
}
