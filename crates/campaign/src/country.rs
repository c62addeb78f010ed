//! The country of a person, by their number, as two letters that can be a key.

use std::fmt;

use consent::phone::{Country, Phone};

/// The two letters of a country's ISO code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Iso([u8; 2]); // INVARIANT: two capital letters of ASCII.

impl Iso {
    /// Reads two letters in any case; whether there is such a country is not asked.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        match text.as_bytes() {
            [one, two] if one.is_ascii_alphabetic() && two.is_ascii_alphabetic() => {
                Some(Self([one.to_ascii_uppercase(), two.to_ascii_uppercase()]))
            }
            _ => None,
        }
    }

    /// The two letters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The country of a number; none for numbers that belong to no country.
    #[must_use]
    pub fn of(phone: Phone) -> Option<Self> {
        phone
            .country()
            .and_then(|country| Self::try_from(country).ok())
    }
}

/// A country without two letters. There is none: numbers without a country have no [`Country`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not the code of a country: want two letters, like GB")]
pub struct BadIso(String);

impl TryFrom<Country> for Iso {
    type Error = BadIso;

    fn try_from(country: Country) -> Result<Self, BadIso> {
        let code = country.code();
        Self::read(&code).ok_or(BadIso(code))
    }
}

impl fmt::Display for Iso {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_tell_the_country_or_that_there_is_none() {
        for (digits, want) in [
            ("4915112345678", Some("DE")),
            ("77011234567", Some("KZ")),
            ("14165550123", Some("CA")),
            ("80012345678", None),
            ("not digits", None),
        ] {
            assert_eq!(
                Phone::from_digits(digits)
                    .and_then(Iso::of)
                    .map(|iso| iso.to_string())
                    .as_deref(),
                want,
                "{digits}"
            );
        }
    }

    #[test]
    fn two_letters_are_read_in_any_case_and_nothing_else() {
        assert_eq!(Iso::read("de"), Iso::read("DE"));
        assert_eq!(
            Iso::read("dE").map(|iso| iso.to_string()),
            Some("DE".to_owned())
        );
        for text in ["", "D", "DEU", "D1", "ÄÖ", "ß"] {
            assert_eq!(Iso::read(text), None, "{text}");
        }
    }
}
