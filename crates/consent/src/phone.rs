//! Telephone numbers: every spelling of one number is one value, and every number of one WhatsApp user one person.

use std::{fmt, str::FromStr};

use rlibphonenumber::PhoneNumber;

pub use self::country::{BadCountry, Country};
use crate::trunk;

mod country;

/// A telephone number in E.164: country code first, no `+`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Phone(u64); // INVARIANT: 7 to 15 decimal digits, the first not zero; fits in 50 bits.

const DIGITS_MIN: usize = 7;
const DIGITS_MAX: usize = 15;

impl Phone {
    /// Reads a number as people and programs write it. Without `+` or `00` the digits are taken as
    /// international, as Meta does with `to`; a national number needs `home`, the country to assume.
    ///
    /// # Errors
    /// [`BadPhone`] when there are not 7 to 15 digits, or something that is neither digit nor punctuation.
    pub fn read(text: &str, home: Option<Country>) -> Result<Self, BadPhone> {
        let bad = || BadPhone(text.to_owned());
        let cleaned = Cleaned::from(text).ok_or_else(bad)?;
        if let Some(phone) = Self::plain(&cleaned, home) {
            return Ok(phone);
        }
        let phone = match cleaned {
            Cleaned::International(digits) => international(&digits),
            Cleaned::National(digits) => library(&digits, home, is_possible),
            Cleaned::Unmarked(digits) => home
                .and_then(|_| {
                    library(&format!("+{digits}"), None, PhoneNumber::is_valid)
                        .or_else(|| library(&digits, home, PhoneNumber::is_valid))
                })
                .or_else(|| international(&digits)),
        };
        phone.map(settled).ok_or_else(bad)
    }

    /// From digits with the country code, nothing else.
    #[must_use]
    pub fn from_digits(digits: &str) -> Option<Self> {
        let fits = (DIGITS_MIN..=DIGITS_MAX).contains(&digits.len()) && !digits.starts_with('0');
        let all = digits.bytes().all(|b| b.is_ascii_digit());
        if fits && all {
            digits.parse().ok().map(Self)
        } else {
            None
        }
    }

    /// From the digits as one number, as [`Phone::get`] gives it.
    #[must_use]
    #[inline]
    pub const fn from_number(number: u64) -> Option<Self> {
        if number >= 1_000_000 && number < 1_000_000_000_000_000 {
            Some(Self(number))
        } else {
            None
        }
    }

    /// The digits as one number; below 2^50.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The digits, as Meta writes them: no `+`.
    #[must_use]
    pub fn digits(self) -> String {
        self.0.to_string()
    }

    /// `+` and the digits.
    #[must_use]
    pub fn e164(self) -> String {
        format!("+{}", self.0)
    }

    /// One number for all variants under which WhatsApp knows the same user: Brazil's ninth digit,
    /// Mexico's `1` and Argentina's `9` come and go between `input` and `wa_id` (facts section 3).
    #[must_use]
    #[inline]
    pub const fn person(self) -> u64 {
        const NINTH_DIGIT_FROM: u64 = 960_000_000;
        if self.0 < 1_000_000_000_000 || self.0 >= 10_000_000_000_000 {
            return self.0;
        }
        // Thirteen digits from here on.
        match (self.0 / 100_000_000_000, self.0 / 10_000_000_000 % 10) {
            (55, _) => {
                let local = self.0 % 1_000_000_000;
                if local >= NINTH_DIGIT_FROM {
                    self.0 / 1_000_000_000 * 100_000_000 + local % 100_000_000
                } else {
                    self.0
                }
            }
            (52, 1) | (54, 9) => {
                self.0 / 100_000_000_000 * 10_000_000_000 + self.0 % 10_000_000_000
            }
            _ => self.0,
        }
    }

    /// The number with the middle hidden: enough to recognise, too little to call.
    #[must_use]
    pub fn masked(self) -> String {
        let digits = self.digits();
        let head = digits.get(..2).unwrap_or_default();
        let tail = digits
            .get(digits.len().saturating_sub(2)..)
            .unwrap_or_default();
        format!("+{head}…{tail}")
    }

    /// The usual case, without the library: international digits that need no national rule.
    fn plain(cleaned: &Cleaned, home: Option<Country>) -> Option<Self> {
        let digits = match cleaned {
            Cleaned::International(digits) => digits,
            Cleaned::Unmarked(digits) if home.is_none() => digits,
            Cleaned::Unmarked(_) | Cleaned::National(_) => return None,
        };
        // A zero after the country code ("+44 0 7700…") is for the library, and what may stand there instead of one.
        let zero = digits.get(1..5).is_none_or(|early| early.contains('0'));
        let head = || digits.get(..4)?.parse().ok();
        if zero && head().is_none_or(trunk::may_follow) {
            None
        } else {
            Self::from_digits(digits)
        }
    }
}

impl FromStr for Phone {
    type Err = BadPhone;

    fn from_str(text: &str) -> Result<Self, BadPhone> {
        Self::read(text, None)
    }
}

/// Masked: a full number has no place in a log.
impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

/// A text that was meant to be a telephone number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a phone number: want 7 to 15 digits with the country code, like +5511987654321"
)]
pub struct BadPhone(String);

enum Cleaned {
    International(String),
    National(String),
    Unmarked(String),
}

impl Cleaned {
    fn from(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = ["tel:", "whatsapp:"]
            .iter()
            .find_map(|scheme| text.strip_prefix(scheme))
            .unwrap_or(text);
        let mut digits = String::with_capacity(text.len());
        let mut plus = false;
        for c in text.chars() {
            match c {
                '+' | '＋' if digits.is_empty() && !plus => plus = true,
                _ => match digit(c) {
                    Some(d) => digits.push(d),
                    None if is_punctuation(c) => {}
                    None => return None,
                },
            }
        }
        Some(match digits.strip_prefix("00") {
            Some(rest) => Self::International(rest.to_owned()),
            None if plus => Self::International(digits),
            None if digits.starts_with('0') => Self::National(digits),
            None => Self::Unmarked(digits),
        })
    }
}

/// A decimal digit of the scripts in which people type telephone numbers.
fn digit(c: char) -> Option<char> {
    const ZEROS: [char; 7] = ['0', '０', '٠', '۰', '०', '০', '௦'];
    let value = ZEROS.iter().find_map(|zero| {
        (c as u32)
            .checked_sub(*zero as u32)
            .filter(|value| *value < 10)
    })?;
    char::from_digit(value, 10)
}

fn is_punctuation(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            '-' | '.'
                | '('
                | ')'
                | '/'
                | '['
                | ']'
                | '–'
                | '—'
                | '‑'
                | '‐'
                | '‒'
                | '−'
                | '·'
                | '－'
                | '．'
                | '（'
                | '）'
                | '／'
                | '\u{ad}'
                | '\u{61c}'
        )
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

fn library(text: &str, home: Option<Country>, good: fn(&PhoneNumber) -> bool) -> Option<Phone> {
    let number = PhoneNumber::parse(text, home.map(|country| country.0)).ok()?;
    if good(&number) {
        Phone::from_digits(number.to_string().strip_prefix('+')?)
    } else {
        None
    }
}

/// Digits with the country code, normalised where the library knows how; it never refuses.
fn international(digits: &str) -> Option<Phone> {
    library(&format!("+{digits}"), None, is_possible).or_else(|| Phone::from_digits(digits))
}

/// Normalised until nothing changes any more, so that a number which is read back is the same number: the
/// library takes one trunk zero away at a time.
fn settled(phone: Phone) -> Phone {
    let once_more = |phone: &Phone| {
        let digits = phone.digits();
        let next = match Phone::plain(&Cleaned::International(digits.clone()), None) {
            Some(plain) => plain,
            None => international(&digits)?,
        };
        (next != *phone).then_some(next)
    };
    let steps = std::iter::successors(Some(phone), once_more);
    steps.take(DIGITS_MAX).last().unwrap_or(phone)
}

fn is_possible(number: &PhoneNumber) -> bool {
    number.is_possible_with_reason().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_number_is_one_value() {
        let want = Phone::from_digits("447700900123").unwrap();
        for text in [
            "+447700900123",
            "447700900123",
            "00447700900123",
            "+44 7700 900123",
            "+44 (0)7700 900123",
            "+44-7700-900-123",
            "＋４４７７００９００１２３",
            "tel:+447700900123",
            "whatsapp:+447700900123",
            "\u{202a}+44 7700 900123\u{202c}",
            "+٤٤٧٧٠٠٩٠٠١٢٣",
            "＋４４（０）７７００－９００１２３",
            "+0044 7700 900123",
        ] {
            assert_eq!(text.parse::<Phone>(), Ok(want), "{text}");
        }
        let home = Some("gb".parse().unwrap());
        for text in ["07700 900123", "447700900123", "+447700900123"] {
            assert_eq!(Phone::read(text, home), Ok(want), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused_with_what_was_wanted() {
        for text in [
            "",
            "+",
            "123456",
            "1234567890123456",
            "ana",
            "+44 7700 9O0123",
            "07700900123",
            "44+7700900123",
        ] {
            let error = text.parse::<Phone>().unwrap_err().to_string();
            assert!(error.contains("7 to 15 digits"), "{text}: {error}");
        }
        assert!("1234567".parse::<Phone>().is_ok() && "123456789012345".parse::<Phone>().is_ok());
    }

    #[test]
    fn variants_of_brazil_mexico_and_argentina_are_one_person() {
        for (long, short) in [
            ("5511987654321", "551187654321"),
            ("5215512345678", "525512345678"),
            ("5491123456789", "541123456789"),
        ] {
            let person = |text: &str| text.parse::<Phone>().unwrap().person();
            assert_eq!(person(long), person(short), "{long}");
        }
        // A landline of São Paulo has eight digits that start with 2 to 5, and no mobile twin.
        assert_ne!(
            "551133334444".parse::<Phone>().unwrap().person(),
            "5511933334444".parse::<Phone>().unwrap().person()
        );
        assert_ne!(
            "447700900123".parse::<Phone>().unwrap().person(),
            "447700900124".parse::<Phone>().unwrap().person()
        );
    }

    #[test]
    fn a_person_is_told_by_the_digits_alone() {
        let without = |digits: &str, at: usize| {
            let kept = digits.char_indices().filter(|(i, _)| *i != at);
            kept.map(|(_, c)| c).collect::<String>()
        };
        let slowly = |digits: &str| match (digits.len(), digits.as_bytes()) {
            (13, [b'5', b'5', _, _, b'9', b'6'..=b'9', ..]) => without(digits, 4),
            (13, [b'5', b'2', b'1', ..] | [b'5', b'4', b'9', ..]) => without(digits, 2),
            _ => digits.to_owned(),
        };
        let mut number: u64 = 7;
        for head in [
            "", "55", "5511", "55119", "551196", "52", "521", "54", "549",
        ] {
            for _ in 0..2_000 {
                number = number.wrapping_mul(6_364_136_223_846_793_005) | 1;
                let tail = (number >> 7).to_string();
                let length = 7 + usize::try_from(number >> 61).unwrap();
                let digits: String = head.chars().chain(tail.chars()).take(length).collect();
                let phone = Phone::from_digits(&digits).unwrap();
                assert_eq!(phone.person().to_string(), slowly(&digits), "{digits}");
                assert_eq!(Phone::from_number(phone.get()), Some(phone));
            }
        }
        assert_eq!(Phone::from_number(999_999), None);
        assert_eq!(Phone::from_number(1_000_000_000_000_000), None);
    }

    #[test]
    fn what_is_read_without_the_library_is_what_the_library_reads() {
        let mut random: u64 = 11;
        let mut some = move || {
            random = random.wrapping_mul(6_364_136_223_846_793_005) | 1;
            random >> 11
        };
        let mut plain = 0;
        // Every beginning that is looked at, and whatever may follow.
        for head in 1_000..10_000 {
            for _ in 0..8 {
                let length = 7 + usize::try_from(some() % 9).unwrap();
                let mut tail = some().to_string() + &some().to_string();
                tail.truncate(length - 4);
                if some() % 2 == 0 {
                    tail.replace_range(..1, "0");
                }
                let digits = format!("{head}{tail}");
                let zero = digits[1..5].contains('0');
                let Some(read) = Phone::plain(&Cleaned::International(digits.clone()), None) else {
                    assert!(zero, "{digits} has no zero that could be a trunk zero");
                    continue;
                };
                plain += usize::from(zero);
                let library = international(&digits).map(settled);
                assert!(!zero || Some(read) == library, "{digits}: {library:?}");
            }
        }
        assert!(plain > 5_000, "only {plain} were read here");
        for (digits, is_plain) in [
            ("13055550123", true),
            ("12025550123", true),
            ("447000900123", true),
            ("919000012345", true),
            ("5511987654321", true),
            ("5521087654321", true),
            ("5215012345678", true),
            ("5491023456789", true),
            ("4407700900123", false),
            ("390612345678", false),
            ("541101512345", false),
            ("559012345678", false),
            ("780012345678", false),
            ("110123456789", false),
        ] {
            let read = Phone::plain(&Cleaned::International(digits.to_owned()), None);
            assert_eq!(read.is_some(), is_plain, "{digits}");
        }
    }

    #[test]
    fn a_number_in_a_log_is_masked() {
        assert_eq!(
            "+5511987654321".parse::<Phone>().unwrap().to_string(),
            "+55…21"
        );
    }
}
