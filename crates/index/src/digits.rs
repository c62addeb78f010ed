//! Reading a telephone number of plain digits, sixteen bytes at a time.
//!
//! What is read here is just what `consent` would read; everything else is left to it.

use consent::{phone::Phone, trunk};

/// The bytes that are looked at: a number of 15 digits and what ends it.
pub(crate) const WINDOW: usize = 16;

const ZEROS: u128 = 0x3030_3030_3030_3030_3030_3030_3030_3030;
const LOW_SEVEN: u128 = 0x7f7f_7f7f_7f7f_7f7f_7f7f_7f7f_7f7f_7f7f;
const SIX_MORE: u128 = 0x7676_7676_7676_7676_7676_7676_7676_7676;
const HIGH: u128 = 0x8080_8080_8080_8080_8080_8080_8080_8080;

/// Digits at the beginning of a window.
#[derive(Clone, Copy)]
pub(crate) struct Digits {
    /// How many.
    pub(crate) count: usize,
    values: u128,
}

impl Digits {
    /// The digits that a window begins with.
    #[inline(always)]
    pub(crate) fn of(window: [u8; WINDOW]) -> Self {
        let values = u128::from_le_bytes(window) ^ ZEROS;
        let others = (((values & LOW_SEVEN) + SIX_MORE) | values) & HIGH;
        Self {
            count: (others.trailing_zeros() / 8) as usize,
            values,
        }
    }

    /// The number that they are, where nothing but the digits decides it: 7 to 15 of them, the first not zero, and no
    /// zero among the next four, unless what follows the country code is no trunk zero.
    #[inline(always)]
    pub(crate) fn phone(self) -> Option<Phone> {
        // A byte of the first five that is zero borrows from its highest bit.
        const FIRST_FIVE: u64 = 0xff_ffff_ffff;
        let [start, _] = halves(self.values);
        let early = (start & FIRST_FIVE) | !FIRST_FIVE;
        let zero = early.wrapping_sub(0x0101_0101_0101_0101) & !early & 0x8080_8080_8080_8080;
        if !(7..=15).contains(&self.count) || (zero != 0 && in_doubt(start)) {
            return None;
        }
        let unused = WINDOW - self.count;
        let [first, second] = halves(self.values << (unused * 8));
        Phone::from_number(eight(first) * 100_000_000 + eight(second))
    }
}

/// Whether the first digits leave open whether some of them are for dialling only.
#[inline(always)]
#[allow(
    clippy::cast_possible_truncation,
    reason = "four digits are a number below 10,000"
)]
fn in_doubt(start: u64) -> bool {
    // The four digits, the first not in its place when it is zero: then it is no number.
    let four = eight(start << 32);
    four < 1_000 || trunk::may_follow(four as u16)
}

/// The first and the second eight bytes.
#[inline(always)]
#[allow(
    clippy::cast_possible_truncation,
    reason = "the halves are what is wanted"
)]
const fn halves(bytes: u128) -> [u64; 2] {
    [bytes as u64, (bytes >> 64) as u64]
}

/// Eight values of a digit each, the first in the lowest byte, as one number.
#[inline(always)]
const fn eight(values: u64) -> u64 {
    let pairs = (values * 10 + (values >> 8)) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs * 100 + (pairs >> 16)) & 0x0000_ffff_0000_ffff;
    (fours * 10_000 + (fours >> 32)) & 0xffff_ffff
}

/// A whole text of nothing but a number in plain digits, with or without `+`. Without, and where national numbers are
/// expected, it is left to the rules.
pub(crate) fn plain(text: &[u8], national: bool) -> Option<Phone> {
    let (digits, marked) = match text {
        [b'+', digits @ ..] => (digits, true),
        digits => (digits, false),
    };
    let mut window = [0; WINDOW];
    window.get_mut(..digits.len())?.copy_from_slice(digits);
    let read = Digits::of(window);
    let whole = read.count == digits.len() && (marked || !national);
    if whole { read.phone() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_read_is_what_the_rules_read(
            text in "[+]{0,1}[0-9]{0,3}[0-9]{5,13}|[1-9][0-9]{2}0[0-9]{4,8}|[+0-9a-z ]{0,20}|[1-9]{7,15}|\\+[1-9]{5}[0-9]{2,11}"
        ) {
            if let Some(phone) = plain(text.as_bytes(), false) {
                prop_assert_eq!(Phone::read(&text, None), Ok(phone));
            }
            if let Some(phone) = plain(text.as_bytes(), true) {
                let home = Some("GB".parse().unwrap());
                prop_assert_eq!(Phone::read(&text, home), Ok(phone));
            }
        }
    }

    #[test]
    fn the_usual_spellings_are_read_here() {
        for (text, national, read) in [
            ("+447711900123", true, true),
            ("447711900123", false, true),
            ("447711900123", true, false),
            ("1234567", false, true),
            ("123456789012345", false, true),
            ("1234567890123456", false, false),
            ("123456", false, false),
            ("07711900123", false, false),
            ("440771190012", false, false),
            ("447000900123", false, true),
            ("+13055550123", true, true),
            ("390612345678", false, false),
            ("+", false, false),
            ("", false, false),
            ("44771190012x", false, false),
            ("++447711900123", false, false),
        ] {
            assert_eq!(plain(text.as_bytes(), national).is_some(), read, "{text}");
        }
    }
}
