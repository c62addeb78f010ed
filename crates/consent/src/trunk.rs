//! Which digits after a country code may be there for dialling only, so that they are no part of the number.
//!
//! In most countries that is a zero; in some it is another digit or a longer beginning. What begins otherwise is what
//! it says, and need not be shown to the library.

/// A number below 10,000 for each beginning of four digits, a bit each.
const WORDS: usize = 10_000_usize.div_ceil(64);

/// Country codes of one digit, beside which every other code has two or three (ITU E.164).
const ONE_DIGIT: [usize; 2] = [1, 7];

/// Country codes of two digits.
const TWO_DIGITS: [usize; 44] = [
    20, 27, 30, 31, 32, 33, 34, 36, 39, 40, 41, 43, 44, 45, 46, 47, 48, 49, 51, 52, 53, 54, 55, 56,
    57, 58, 60, 61, 62, 63, 64, 65, 66, 81, 82, 84, 86, 90, 91, 92, 93, 94, 95, 98,
];

/// Beginnings after which the library may take digits away or put others there, apart from a zero after the country
/// code: dialling prefixes, codes of carriers, Argentina's 15, and numbers that are written without their area.
const OTHERS: [usize; 42] = [
    11, 78, 4418, 5411, 5422, 5423, 5424, 5426, 5428, 5429, 5433, 5434, 5435, 5436, 5437, 5438,
    5590, 6118, 8611, 8612, 8617, 2612, 2614, 2615, 2616, 2617, 2618, 2619, 2981, 3521, 3708, 3758,
    3788, 3789, 4231, 5061, 6721, 6722, 6725, 6728, 6921, 9938,
];

static DOUBTFUL: [u64; WORDS] = doubtful();

/// Whether a number that begins with these four digits may hold digits that are there for dialling only.
#[must_use]
#[inline(always)]
pub fn may_follow(head: u16) -> bool {
    let (word, bit) = (usize::from(head / 64), head % 64);
    DOUBTFUL.get(word).is_none_or(|word| word >> bit & 1 == 1)
}

#[allow(
    clippy::indexing_slicing,
    reason = "evaluated by the compiler, where an index out of bounds does not compile"
)]
const fn doubtful() -> [u64; WORDS] {
    // How many digits the country code has, by the first two digits.
    let mut lengths = [3; 100];
    let mut at = 0;
    while at < 100 {
        if at / 10 == ONE_DIGIT[0] || at / 10 == ONE_DIGIT[1] {
            lengths[at] = 1;
        }
        at += 1;
    }
    at = 0;
    while at < TWO_DIGITS.len() {
        lengths[TWO_DIGITS[at]] = 2;
        at += 1;
    }
    let mut bits = [0; WORDS];
    let mut head = 0;
    while head < 10_000 {
        let after = match lengths[head / 100] {
            1 => head / 100 % 10,
            2 => head / 10 % 10,
            _ => head % 10,
        };
        if after == 0 {
            bits[head / 64] |= 1 << (head % 64);
        }
        head += 1;
    }
    at = 0;
    while at < OTHERS.len() {
        let (from, many) = if OTHERS[at] < 100 {
            (OTHERS[at] * 100, 100)
        } else {
            (OTHERS[at], 1)
        };
        head = from;
        while head < from + many {
            bits[head / 64] |= 1 << (head % 64);
            head += 1;
        }
        at += 1;
    }
    bits
}
