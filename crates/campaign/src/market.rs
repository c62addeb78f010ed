//! Meta's price markets: which countries are billed alike.

use std::collections::BTreeMap;

use crate::{
    country::Iso,
    table::{self, BadTable},
};

/// The markets that ship with the program; `docs/costs.md` says where they are from.
pub const BUILT_IN: &str = include_str!("../../../docs/prices/2026-10-01-markets.csv");

/// The market of every country that is named nowhere.
pub const OTHER: &str = "Other";

/// The market of each country.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Markets(BTreeMap<Iso, String>);

impl Markets {
    /// Reads lines of `country,market` under such a heading; lines that start with `#` are skipped.
    ///
    /// # Errors
    /// [`BadTable`] with the line, when a country is no two letters, comes twice, or has no market.
    pub fn read(text: &str) -> Result<Self, BadTable> {
        let mut markets = BTreeMap::new();
        for row in table::rows(text, &["country", "market"])? {
            let code = row.field("country");
            let country = Iso::read(code)
                .ok_or_else(|| row.bad(&format!("`{code}` is not a country: want two letters")))?;
            if markets
                .insert(country, row.filled("market")?.to_owned())
                .is_some()
            {
                return Err(row.bad(&format!("`{code}` comes twice")));
            }
        }
        Ok(Self(markets))
    }

    /// The markets that ship with the program.
    #[must_use]
    pub fn built_in() -> Self {
        Self::read(BUILT_IN).unwrap_or_default()
    }

    /// The market of a country, [`OTHER`] when it is named nowhere.
    #[must_use]
    pub fn of(&self, country: Iso) -> &str {
        self.0.get(&country).map_or(OTHER, String::as_str)
    }

    /// Every market that has a country of its own, each once.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let names: std::collections::BTreeSet<&str> = self.0.values().map(String::as_str).collect();
        names.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn countries_have_the_market_that_meta_names() {
        let markets = Markets::built_in();
        for (country, want) in [
            ("DE", "Germany"),
            ("AT", "Rest of Western Europe"),
            ("PL", "Poland"),
            ("CZ", "Rest of Central & Eastern Europe"),
            ("US", "North America"),
            ("CA", "North America"),
            ("DO", "Rest of Latin America"),
            ("KZ", "Kazakhstan"),
            ("MA", "Morocco"),
            ("JE", "United Kingdom"),
            ("EE", OTHER),
            ("CD", OTHER),
        ] {
            assert_eq!(markets.of(Iso::read(country).unwrap()), want, "{country}");
        }
        assert_eq!(markets.names().count(), 46);
    }

    #[test]
    fn a_table_that_makes_no_sense_is_refused_with_its_line() {
        for (text, want) in [
            (
                "country,market\nDE,Germany\nde,France\n",
                "line 3: `de` comes twice",
            ),
            (
                "country,market\nGermany,Germany\n",
                "line 2: `Germany` is not a country",
            ),
            (
                "# a note\ncountry,market\nDE,\n",
                "line 3: `market` is empty",
            ),
            ("land,market\nDE,Germany\n", "no column `country`"),
            ("", "no column `country`"),
        ] {
            let error = Markets::read(text).unwrap_err().to_string();
            assert!(error.contains(want), "{text:?}: {error}");
        }
    }
}
