//! What a person is found by: a number in 50 bits, or a user id in 114, exactly. Nothing is hashed away, so nothing collides.

use consent::phone::Phone;

/// How many bits the last word of a key has.
pub(crate) const KEY_BITS: u32 = 50;

/// The last word of a key that is nobody's.
const NOBODY: u64 = (1 << KEY_BITS) - 1;

/// The key of an entry: the words before the last one whole, the last one below 2^50.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key<const W: usize>(pub(crate) [u64; W]); // INVARIANT: the first word is not zero; the last is below 2^50.

/// A telephone number.
pub type PhoneKey = Key<1>;

/// A business-scoped user id whose tail is digits.
pub type UserKey = Key<2>;

/// Digits that fit: `1` and these digits, as one number, stay below 2^104.
const USER_DIGITS_MAX: usize = 31;

/// What the key of an alias means here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// A telephone number.
    Phone(PhoneKey),
    /// A user id.
    User(UserKey),
    /// Something that is never indexed: the store knows.
    Neither,
}

impl PhoneKey {
    /// All the numbers of one WhatsApp user have one key.
    #[must_use]
    pub const fn of(phone: Phone) -> Self {
        Self([phone.person()])
    }

    /// From the number that [`PhoneKey::number`] gave.
    #[must_use]
    pub const fn from_number(number: u64) -> Option<Self> {
        if number > 0 && number < NOBODY {
            Some(Self([number]))
        } else {
            None
        }
    }

    /// The digits as one number.
    #[must_use]
    pub const fn number(self) -> u64 {
        let [number] = self.0;
        number
    }
}

impl UserKey {
    /// Two capital letters, a dot and 1 to 31 digits. Other user ids have no key.
    #[must_use]
    pub fn of(id: &str) -> Option<Self> {
        let (country, tail) = id.split_once('.')?;
        let [first, second] = *country.as_bytes() else {
            return None;
        };
        let fits = (1..=USER_DIGITS_MAX).contains(&tail.len());
        if !fits || !first.is_ascii_uppercase() || !second.is_ascii_uppercase() {
            return None;
        }
        // The leading 1 keeps the zeros that a tail may begin with.
        let digits = tail.bytes().try_fold(1_u128, |sum, byte| {
            byte.is_ascii_digit()
                .then(|| sum * 10 + u128::from(byte - b'0'))
        })?;
        let country = u128::from(first - b'A') * 26 + u128::from(second - b'A');
        let whole = (digits << 10) | country;
        let low = whole & ((1 << KEY_BITS) - 1);
        Some(Self([
            u64::try_from((whole >> KEY_BITS) + 1).ok()?,
            u64::try_from(low).ok()?,
        ]))
    }
}

impl Found {
    /// Reads the key of an alias, as [`consent::alias::Alias::key`] writes it.
    #[must_use]
    pub fn read(alias: &str) -> Self {
        if let Some(digits) = alias.strip_prefix("p:") {
            let key = digits.parse().ok().and_then(PhoneKey::from_number);
            return key.map_or(Self::Neither, Self::Phone);
        }
        let user = alias.strip_prefix("b:").and_then(UserKey::of);
        user.map_or(Self::Neither, Self::User)
    }
}

impl<const W: usize> Key<W> {
    /// What stands where somebody was taken out: no number and no user id has this key.
    pub(crate) fn nobody() -> Self {
        let mut words = [u64::MAX; W];
        if let Some(last) = words.last_mut() {
            *last = NOBODY;
        }
        Self(words)
    }

    /// Spreads keys over shards and lines: neighbours in the numbering plan end far apart.
    pub(crate) fn hash(self) -> u64 {
        self.0.iter().fold(SEED, |hash, word| fold(hash ^ word))
    }
}

const SEED: u64 = 0x9e37_79b9_7f4a_7c15;
const ODD: u64 = 0xd6e8_feb8_6659_fd93;

/// One multiplication to 128 bits, of which both halves count.
#[allow(
    clippy::cast_possible_truncation,
    reason = "the halves of a product are what is wanted"
)]
const fn fold(word: u64) -> u64 {
    let product = (word as u128) * (ODD as u128);
    (product >> 64) as u64 ^ product as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_user_id_has_a_key_of_its_own_or_none() {
        let tails = ["1", "01", "001", "70012345678901234567", "0", "00"];
        let long = "9".repeat(31);
        let mut seen = HashSet::new();
        for country in ["AA", "AB", "BA", "GB", "ZZ"] {
            for tail in tails.iter().copied().chain([long.as_str()]) {
                let id = format!("{country}.{tail}");
                let Key([high, low]) = UserKey::of(&id).unwrap();
                assert!(high > 0 && low >> KEY_BITS == 0, "{id}");
                assert!(seen.insert((high, low)), "{id}");
            }
        }
        let too_long = format!("GB.{}", "1".repeat(32));
        for id in [
            "GB.",
            "GB.12a",
            "GB.ENT.12",
            "gb.12",
            "GBR.12",
            "12",
            &too_long,
        ] {
            assert_eq!(UserKey::of(id), None, "{id}");
        }
    }

    #[test]
    fn the_key_of_an_alias_is_read_back() {
        let phone: Phone = "5511987654321".parse().unwrap();
        assert_eq!(
            Found::read("p:551187654321"),
            Found::Phone(PhoneKey::of(phone))
        );
        assert!(matches!(Found::read("b:GB.7001"), Found::User(_)));
        for other in ["e:ana@example.com", "b:GB.7001x", "p:", "p:x", "p:0", ""] {
            assert_eq!(Found::read(other), Found::Neither, "{other}");
        }
        assert_eq!(PhoneKey::from_number(1 << KEY_BITS), None);
        assert_eq!(PhoneKey::from_number(PhoneKey::nobody().number()), None);
        assert!(Phone::from_number(PhoneKey::nobody().number()).is_none());
    }
}
