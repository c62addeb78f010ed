//! Countries, and which of them a number belongs to.

use std::{str::FromStr, sync::LazyLock};

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumber, Region};

use super::Phone;

/// Calling codes have three digits at the most (ITU-T E.164, section 6.2.1).
const CODES: usize = 1_000;
/// Numbers of North America: a `1` and ten digits, handed out by ten thousand (NANP central office codes).
const NORTH_AMERICA: u64 = 10_000_000_000;
const NORTH_AMERICA_END: u64 = 20_000_000_000;
const NORTH_AMERICAN_BLOCK: u64 = 10_000;
/// Elsewhere numbers are handed out by a thousand at least.
const BLOCK: u64 = 1_000;
/// The first number of ten digits; of fewer, each digit may count.
const LONG: u64 = 1_000_000_000;

/// The countries that have a calling code for themselves, by that code. Looked up for each of very many people, where the
/// library would read each number anew.
static ALONE: LazyLock<Vec<Option<Country>>> = LazyLock::new(|| {
    let alone = |code| {
        let mut regions = PHONE_NUMBER_UTIL.get_regions_for_country_calling_code(code)?;
        let first = regions.next().map(Country).filter(Country::is_country);
        first.filter(|_| regions.next().is_none())
    };
    (0..).take(CODES).map(alone).collect()
});

impl Phone {
    /// The country of the number. Where several share a calling code and the digits tell none of them apart, the one
    /// that the code is known by; none for numbers that belong to no country.
    #[must_use]
    pub fn country(self) -> Option<Country> {
        self.country_alone().or_else(|| self.country_by_rules())
    }

    /// The country of the number, where its calling code is that of one country alone: the cheap half of
    /// [`Phone::country`].
    #[must_use]
    pub fn country_alone(self) -> Option<Country> {
        let mut code = self.get();
        while code >= CODES as u64 {
            code /= 10;
        }
        // No calling code is the beginning of another.
        [code, code / 10, code / 100]
            .into_iter()
            .find_map(|code| *ALONE.get(usize::try_from(code).ok()?)?)
    }

    /// The first number of the block that this one was handed out in: a block belongs to one country, so what was found for
    /// one of its numbers is true of all. Short numbers are each a block of their own.
    #[must_use]
    pub fn block(self) -> u64 {
        let number = self.get();
        let size = match number {
            ..LONG => 1,
            NORTH_AMERICA..NORTH_AMERICA_END => NORTH_AMERICAN_BLOCK,
            _ => BLOCK,
        };
        number - number % size
    }

    fn country_by_rules(self) -> Option<Country> {
        let number = PhoneNumber::parse(self.e164(), None).ok()?;
        let known_by = || PHONE_NUMBER_UTIL.get_region_for_country_code(number.country_code);
        let region = number.get_region_code().or_else(known_by);
        region.map(Country).filter(Country::is_country)
    }
}

/// A country that has telephone numbers, by its ISO code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Country(pub(super) Region);

impl Country {
    /// Freephone and satellite numbers have a "region" of digits.
    fn is_country(&self) -> bool {
        self.code().chars().all(char::is_alphabetic)
    }

    /// The two letters of its ISO code.
    #[must_use]
    pub fn code(self) -> String {
        self.0.as_region_str().as_str().to_owned()
    }
}

impl FromStr for Country {
    type Err = BadCountry;

    fn from_str(text: &str) -> Result<Self, BadCountry> {
        let region = text.to_ascii_uppercase().parse().ok();
        let has_numbers = |region: &Region| {
            PHONE_NUMBER_UTIL
                .get_country_code_for_region(*region)
                .is_some()
        };
        let country = region.filter(has_numbers).map(Self);
        country.ok_or_else(|| BadCountry(text.to_owned()))
    }
}

/// A text that was meant to be a country.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a country that has telephone numbers: want two letters, like GB")]
pub struct BadCountry(String);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_number_has_the_country_that_its_digits_say() {
        for (number, want) in [
            ("+4915112345678", Some("DE")),
            ("+33612345678", Some("FR")),
            ("+551187654321", Some("BR")),
            ("+525512345678", Some("MX")),
            ("+14165550123", Some("CA")),
            ("+12125550123", Some("US")),
            ("+77011234567", Some("KZ")),
            ("+79161234567", Some("RU")),
            ("+447400123456", Some("GB")),
            ("+447700900123", Some("GB")),
            ("+80012345678", None),
            ("+2101234567", None),
        ] {
            let country = number.parse::<Phone>().unwrap().country();
            assert_eq!(country.map(Country::code).as_deref(), want, "{number}");
        }
    }

    #[test]
    fn a_code_of_one_country_is_known_without_the_rules() {
        let alone = |number: &str| number.parse::<Phone>().unwrap().country_alone();
        assert_eq!(
            alone("+33612345678").map(Country::code).as_deref(),
            Some("FR")
        );
        for shared in [
            "+14165550123",
            "+77011234567",
            "+447400123456",
            "+80012345678",
        ] {
            assert_eq!(alone(shared), None, "{shared}");
        }
        assert!(
            ALONE.iter().flatten().count() > 150,
            "most countries have one"
        );
    }

    /// Numbers of calling codes that several countries share, and any other.
    fn numbers() -> impl Strategy<Value = u64> {
        let shared = prop::sample::select(vec![
            1, 7, 39, 44, 47, 61, 212, 262, 290, 358, 441_481, 441_534, 441_624, 447, 590, 599,
            6189, 6185,
        ]);
        let after = (shared, 4_u32..10, any::<u64>());
        let after = after.prop_map(|(code, digits, tail): (u64, u32, u64)| {
            code * 10_u64.pow(digits) + tail % 10_u64.pow(digits)
        });
        prop_oneof![3 => after, 1 => 1_000_000_u64..1_000_000_000_000_000]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn the_short_way_finds_the_same_country(number in numbers(), last in 0_u64..10_000) {
            let Some(phone) = Phone::from_number(number) else { return Ok(()) };
            prop_assert_eq!(phone.country(), phone.country_by_rules());
            let neighbour = Phone::from_number(number - number % 10_000 + last).unwrap_or(phone);
            if neighbour.block() == phone.block() {
                prop_assert_eq!(neighbour.country(), phone.country());
            }
        }
    }
}
