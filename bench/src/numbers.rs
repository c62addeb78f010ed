//! The people of a run: telephone numbers made by arithmetic from an index, the same in every run and for every peer.

/// Where the numbers begin: a country and a mobile prefix; eight digits follow.
const PREFIXES: [u64; 4] = [4_475, 55_119, 9_198, 49_151];

const SPACE: u64 = 100_000_000;

/// Odd and no multiple of five: multiplying by it permutes the eight digits.
const STEP: u64 = 61_803_399;

/// Of ten contacts so many have agreed to marketing; the others have refused it.
pub const AGREED_OF_TEN: u64 = 7;

/// Of ten numbers on a list so many are contacts; the others nobody knows.
const KNOWN_OF_TEN: u64 = 8;

/// The number of a person.
#[must_use]
pub fn number(index: u64) -> u64 {
    let prefix = PREFIXES
        .get(usize::try_from(index % 4).unwrap_or(0))
        .copied()
        .unwrap_or(4_475);
    prefix * SPACE + (index / 4 * STEP + 12_345_678) % SPACE
}

/// Whether a contact has agreed to marketing.
#[must_use]
pub fn agreed(index: u64) -> bool {
    mix(index ^ 0x5eed) % 10 < AGREED_OF_TEN
}

/// A list of numbers to ask about, drawn with a seed.
pub struct List {
    contacts: u64,
    length: u64,
}

impl List {
    /// A list of `length` numbers for a database of `contacts`.
    #[must_use]
    pub const fn new(contacts: u64, length: u64) -> Self {
        Self { contacts, length }
    }

    /// How many numbers are on it.
    #[must_use]
    pub const fn len(&self) -> u64 {
        self.length
    }

    /// The persons on it, in order.
    pub fn indices(&self) -> impl Iterator<Item = u64> + '_ {
        (0..self.length).map(|line| {
            let draw = mix(line);
            if draw % 10 < KNOWN_OF_TEN {
                (draw >> 8) % self.contacts
            } else {
                self.contacts + (draw >> 8) % self.contacts
            }
        })
    }

    /// The numbers on it, in order.
    pub fn numbers(&self) -> impl Iterator<Item = u64> + '_ {
        self.indices().map(number)
    }

    /// What a right answer comes to.
    #[must_use]
    pub fn expected(&self) -> Answer {
        let mut answer = Answer::default();
        for index in self.indices() {
            if index < self.contacts && agreed(index) {
                answer.take(number(index));
            }
        }
        answer
    }

    /// The list as text, a number a line, with its `+`.
    #[must_use]
    pub fn text(&self) -> Vec<u8> {
        let mut text = Vec::with_capacity(usize::try_from(self.length * 15).unwrap_or(0));
        for number in self.numbers() {
            text.push(b'+');
            text.extend_from_slice(number.to_string().as_bytes());
            text.push(b'\n');
        }
        text
    }
}

/// Which numbers were allowed, as a count and a sum: two sides with the same answer have the same two.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Answer {
    /// How many.
    pub count: u64,
    /// The sum of a hash of each.
    pub sum: u64,
}

impl Answer {
    /// Counts one number in.
    pub fn take(&mut self, number: u64) {
        self.count += 1;
        self.sum = self.sum.wrapping_add(mix(number));
    }

    /// Reads an answer from text, a number a line.
    #[must_use]
    pub fn of_text(text: &[u8]) -> Self {
        let mut answer = Self::default();
        let mut number = 0_u64;
        for byte in text {
            match byte {
                b'\n' => {
                    answer.take(number);
                    number = 0;
                }
                b'0'..=b'9' => number = number * 10 + u64::from(byte - b'0'),
                _ => {}
            }
        }
        answer
    }
}

/// A good hash of a number (the finaliser of splitmix64).
#[must_use]
pub const fn mix(value: u64) -> u64 {
    let mut x = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_person_has_a_number_of_their_own_that_is_read_back_as_it_is() {
        let numbers: Vec<u64> = (0..100_000).map(number).collect();
        let different: HashSet<u64> = numbers.iter().copied().collect();
        assert_eq!(different.len(), numbers.len());
        for number in numbers.iter().take(1_000) {
            let read: consent::phone::Phone = format!("+{number}").parse().unwrap();
            assert_eq!(read.get(), *number);
        }
    }

    #[test]
    fn a_list_as_text_has_the_answer_that_was_expected() {
        let list = List::new(1_000, 5_000);
        let allowed: Vec<u8> = list
            .indices()
            .filter(|index| *index < 1_000 && agreed(*index))
            .flat_map(|index| format!("+{}\n", number(index)).into_bytes())
            .collect();
        assert_eq!(Answer::of_text(&allowed), list.expected());
        let share = list.expected().count * 100 / 5_000;
        assert!((50..62).contains(&share), "{share}");
        assert_eq!(
            list.text().iter().filter(|byte| **byte == b'\n').count(),
            5_000
        );
    }
}
