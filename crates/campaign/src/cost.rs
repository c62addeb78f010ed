//! What sending will cost at most, by country and category, from Meta's list prices.
//!
//! Meta bills each delivered message by the market of the person's number and the category of the message. Since 1 October
//! 2026 utility messages inside the customer service window and service messages are billed too; the first thousand service
//! messages of a number in a month are free, and so is everything inside a free entry point. Volume discounts, taxes and a
//! provider's fees are left out. A message that is not delivered costs nothing, so an estimate of what is sent is a ceiling.

use std::{collections::BTreeMap, fmt};

use consent::scope::Category;

use crate::{
    country::Iso,
    market::Markets,
    table::{self, BadTable, Row},
};

/// The prices that ship with the program; `docs/costs.md` says where they are from and how sure they are.
pub const BUILT_IN: &str = include_str!("../../../docs/prices/2026-10-01-USD.csv");

/// Service messages of one number that are free in a month. They do not roll over.
pub const FREE_SERVICE_MESSAGES: u64 = 1_000;

/// An amount in millionths of the unit of a currency. Never a float: a million small prices add up exactly.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Money(u64);

impl Money {
    /// From millionths.
    #[must_use]
    pub const fn from_millionths(millionths: u64) -> Self {
        Self(millionths)
    }

    /// In millionths.
    #[must_use]
    pub const fn millionths(self) -> u64 {
        self.0
    }

    /// Reads a decimal with a point and at most six places, like `0.0618`.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let (whole, places) = text.split_once('.').unwrap_or((text, ""));
        let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || places.len() > 6 || !digits(whole) || !digits(places) {
            return None;
        }
        let whole: u64 = whole.parse().ok()?;
        let places: u64 = format!("{places:0<6}").parse().ok()?;
        whole.checked_mul(1_000_000)?.checked_add(places).map(Self)
    }

    /// So many times this; stops at the largest amount there is.
    #[must_use]
    pub const fn times(self, count: u64) -> Self {
        Self(self.0.saturating_mul(count))
    }

    /// This and another; stops at the largest amount there is.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

/// A decimal with a point and as many places as it takes, at least two.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places = format!("{:06}", self.0 % 1_000_000);
        let (two, rest) = places.split_at_checked(2).unwrap_or((&places, ""));
        write!(
            f,
            "{}.{two}{}",
            self.0 / 1_000_000,
            rest.trim_end_matches('0')
        )
    }
}

/// The prices of one currency.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Prices {
    currency: String,
    markets: BTreeMap<String, BTreeMap<Category, Money>>,
}

impl Prices {
    /// Reads lines of `market,currency,marketing,utility,authentication,service` under such a heading, with decimals like
    /// `0.0618`. An empty price, or Meta's `n/a`, is one that is not known. Lines that start with `#` are skipped.
    ///
    /// # Errors
    /// [`BadTable`] with the line: a price that is no decimal, a second currency, a market that comes twice.
    pub fn read(text: &str) -> Result<Self, BadTable> {
        let words = Category::ALL.map(Category::word);
        let columns = [["market", "currency"].as_slice(), words.as_slice()].concat();
        let mut prices = Self::default();
        for row in table::rows(text, &columns)? {
            let (market, currency) = (row.filled("market")?, row.filled("currency")?);
            if prices.currency.is_empty() {
                currency.clone_into(&mut prices.currency);
            } else if prices.currency != currency {
                let first = &prices.currency;
                return Err(row.bad(&format!("`{currency}` after `{first}`: want one currency")));
            }
            let rates = rates(&row)?;
            if prices.markets.insert(market.to_owned(), rates).is_some() {
                return Err(row.bad(&format!("`{market}` comes twice")));
            }
        }
        Ok(prices)
    }

    /// The prices that ship with the program.
    #[must_use]
    pub fn built_in() -> Self {
        Self::read(BUILT_IN).unwrap_or_default()
    }

    /// The currency of every price, like `USD`; empty when there are none.
    #[must_use]
    pub fn currency(&self) -> &str {
        &self.currency
    }

    /// The price of one delivered message; none when it is not known.
    #[must_use]
    pub fn of(&self, market: &str, category: Category) -> Option<Money> {
        self.markets.get(market)?.get(&category).copied()
    }
}

fn rates(row: &Row) -> Result<BTreeMap<Category, Money>, BadTable> {
    let mut rates = BTreeMap::new();
    for category in Category::ALL {
        let text = row.field(category.word());
        if text.is_empty() || text.eq_ignore_ascii_case("n/a") {
            continue;
        }
        let what = || {
            row.bad(&format!(
                "`{text}` is not a price: want a decimal like 0.0618"
            ))
        };
        rates.insert(category, Money::read(text).ok_or_else(what)?);
    }
    Ok(rates)
}

/// What adds up to a bill: messages by country and category.
#[derive(Debug, Clone)]
pub struct Bill<'a> {
    prices: &'a Prices,
    markets: &'a Markets,
    free_service: u64,
    counted: BTreeMap<(Option<Iso>, Category), Counted>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Counted {
    messages: u64,
    free: u64,
}

/// One line of a bill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line<'a> {
    /// The country; none for people whose number is not known or belongs to no country.
    pub country: Option<Iso>,
    /// The market it is billed in; none without a country.
    pub market: Option<&'a str>,
    /// The category.
    pub category: Category,
    /// Messages, the free ones among them.
    pub messages: u64,
    /// Messages that cost nothing.
    pub free: u64,
    /// The price of one message; none when it is not known.
    pub price: Option<Money>,
    /// What the line costs; none when a price is needed and not known.
    pub amount: Option<Money>,
}

/// What everything costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Total<'a> {
    /// The sum of the lines whose price is known.
    pub amount: Money,
    /// Its currency.
    pub currency: &'a str,
    /// Every message.
    pub messages: u64,
    /// Messages whose price is not known, and which the sum lacks.
    pub unpriced: u64,
}

impl<'a> Bill<'a> {
    /// An empty bill. `free_service` is how many service messages are still free this month, of all numbers that send
    /// together: up to [`FREE_SERVICE_MESSAGES`] each, less those that went.
    #[must_use]
    pub const fn new(prices: &'a Prices, markets: &'a Markets, free_service: u64) -> Self {
        Self {
            prices,
            markets,
            free_service,
            counted: BTreeMap::new(),
        }
    }

    /// Adds messages to people of a country.
    pub fn add(&mut self, country: Option<Iso>, category: Category, messages: u64) {
        let counted = self.counted.entry((country, category)).or_default();
        counted.messages = counted.messages.saturating_add(messages);
    }

    /// Adds messages inside a free entry point: somebody came by an advertisement and was answered within a day.
    pub fn add_free(&mut self, country: Option<Iso>, category: Category, messages: u64) {
        self.add(country, category, messages);
        let counted = self.counted.entry((country, category)).or_default();
        counted.free = counted.free.saturating_add(messages);
    }

    /// The lines, by country and category. Free service messages are taken off the cheapest, since nobody knows which will
    /// be sent first: so the bill is never too low.
    #[must_use]
    pub fn lines(&self) -> Vec<Line<'a>> {
        let counted = self.counted.iter();
        let mut lines: Vec<Line<'a>> = counted
            .map(|((country, category), counted)| self.line(*country, *category, *counted))
            .collect();
        let service = lines
            .iter_mut()
            .filter(|line| line.category == Category::Service);
        let mut service: Vec<&mut Line<'a>> = service.collect();
        service.sort_by_key(|line| (line.price.is_none(), line.price));
        let mut left = self.free_service;
        for line in service {
            let off = left.min(line.messages - line.free);
            left -= off;
            line.free += off;
        }
        for line in &mut lines {
            let billed = line.messages - line.free;
            line.amount = match line.price {
                Some(price) => Some(price.times(billed)),
                None => (billed == 0).then(Money::default),
            };
        }
        lines
    }

    fn line(&self, country: Option<Iso>, category: Category, counted: Counted) -> Line<'a> {
        let market = country.map(|country| self.markets.of(country));
        Line {
            country,
            market,
            category,
            messages: counted.messages,
            free: counted.free,
            price: market.and_then(|market| self.prices.of(market, category)),
            amount: None,
        }
    }

    /// What the lines cost together.
    #[must_use]
    pub fn total(&self) -> Total<'a> {
        let mut total = Total {
            amount: Money::default(),
            currency: self.prices.currency(),
            messages: 0,
            unpriced: 0,
        };
        for line in self.lines() {
            total.messages = total.messages.saturating_add(line.messages);
            match line.amount {
                Some(amount) => total.amount = total.amount.plus(amount),
                None => total.unpriced = total.unpriced.saturating_add(line.messages - line.free),
            }
        }
        total
    }
}

#[cfg(test)]
mod tests;
