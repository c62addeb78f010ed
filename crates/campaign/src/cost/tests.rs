//! Tests of prices and bills.

use proptest::prelude::*;

use super::*;
use crate::market;

const fn money(millionths: u64) -> Money {
    Money::from_millionths(millionths)
}

fn iso(code: &str) -> Option<Iso> {
    Iso::read(code)
}

#[test]
fn every_market_has_a_price_in_every_category() {
    let (prices, markets) = (Prices::built_in(), Markets::built_in());
    assert_eq!(prices.currency(), "USD");
    for name in markets.names().chain([market::OTHER]) {
        for category in Category::ALL {
            let price = prices.of(name, category);
            assert!(
                price.is_some_and(|price| price > Money::default()),
                "{name}: {category:?}"
            );
        }
    }
    assert_eq!(prices.markets.len(), markets.names().count() + 1);
    assert_eq!(
        prices.of("Germany", Category::Marketing),
        Some(money(136_500))
    );
}

#[test]
fn decimals_are_read_exactly_and_written_back() {
    for (text, millionths, written) in [
        ("0.0618", 61_800, "0.0618"),
        ("0.0008", 800, "0.0008"),
        ("2280.4", 2_280_400_000, "2280.40"),
        ("7", 7_000_000, "7.00"),
        ("0.000001", 1, "0.000001"),
    ] {
        let read = Money::read(text).unwrap();
        assert_eq!(
            (read, read.to_string().as_str()),
            (money(millionths), written),
            "{text}"
        );
    }
    for text in [
        "",
        ".5",
        "-1",
        "1e3",
        "0,06",
        "0.0000001",
        "1.2.3",
        "99999999999999999999",
    ] {
        assert_eq!(Money::read(text), None, "{text}");
    }
}

#[test]
fn a_table_that_makes_no_sense_is_refused_with_its_line() {
    const HEADING: &str = "market,currency,marketing,utility,authentication,service\n";
    for (lines, want) in [
        (
            "Germany,EUR,0.1x,0.1,0.1,0.1\n",
            "line 2: `0.1x` is not a price",
        ),
        (
            "A,EUR,1,1,1,1\nB,USD,1,1,1,1\n",
            "line 3: `USD` after `EUR`",
        ),
        ("A,EUR,1,1,1,1\nA,EUR,2,2,2,2\n", "line 3: `A` comes twice"),
        ("A,EUR,1,1,1\n", "line 2: it has more or fewer fields"),
        (",EUR,1,1,1,1\n", "line 2: `market` is empty"),
    ] {
        let error = Prices::read(&format!("{HEADING}{lines}"))
            .unwrap_err()
            .to_string();
        assert!(error.contains(want), "{lines}: {error}");
    }
    let error = Prices::read("market,currency,marketing\n")
        .unwrap_err()
        .to_string();
    assert!(error.contains("no column `utility`"), "{error}");
}

#[test]
fn the_columns_may_stand_in_any_order_and_prices_may_be_missing() {
    let text = "# a note\nService,Utility,Marketing,Authentication,Currency,Market\nn/a,,0.5,0.25,EUR,Germany\n";
    let prices = Prices::read(text).unwrap();
    assert_eq!(
        prices.of("Germany", Category::Marketing),
        Some(money(500_000))
    );
    assert_eq!(prices.of("Germany", Category::Utility), None);
    assert_eq!(prices.of("Germany", Category::Service), None);
    assert_eq!(prices.of("France", Category::Marketing), None);
}

#[test]
fn a_bill_adds_up_by_country_and_category() {
    let (prices, markets) = (Prices::built_in(), Markets::built_in());
    let mut bill = Bill::new(&prices, &markets, 0);
    bill.add(iso("DE"), Category::Marketing, 700);
    bill.add(iso("DE"), Category::Marketing, 300);
    bill.add(iso("EE"), Category::Utility, 10);
    bill.add(None, Category::Marketing, 5);
    let lines = bill.lines();
    let amounts: Vec<_> = lines
        .iter()
        .map(|line| (line.market, line.amount))
        .collect();
    assert_eq!(
        amounts,
        [
            (None, None),
            (Some("Germany"), Some(money(136_500_000))),
            (Some("Other"), Some(money(77_000))),
        ]
    );
    let total = bill.total();
    assert_eq!(
        (total.amount.to_string().as_str(), total.currency),
        ("136.577", "USD")
    );
    assert_eq!((total.messages, total.unpriced), (1_015, 5));
}

#[test]
fn free_service_messages_come_off_the_cheapest_line_first() {
    let (prices, markets) = (Prices::built_in(), Markets::built_in());
    let mut bill = Bill::new(&prices, &markets, FREE_SERVICE_MESSAGES);
    bill.add(iso("DE"), Category::Service, 600);
    bill.add(iso("IN"), Category::Service, 900);
    bill.add(iso("IN"), Category::Utility, 900);
    let free: Vec<_> = bill
        .lines()
        .iter()
        .map(|line| (line.category, line.free))
        .collect();
    assert_eq!(
        free,
        [
            (Category::Service, 100),
            (Category::Utility, 0),
            (Category::Service, 900)
        ]
    );
    assert_eq!(bill.total().amount, money(500 * 55_000 + 900 * 1_400));
}

#[test]
fn a_free_entry_point_costs_nothing_even_where_no_price_is_known() {
    let (prices, markets) = (Prices::built_in(), Markets::built_in());
    let mut bill = Bill::new(&prices, &markets, 0);
    bill.add_free(iso("DE"), Category::Marketing, 10);
    bill.add_free(None, Category::Service, 10);
    bill.add(iso("DE"), Category::Marketing, 2);
    let total = bill.total();
    assert_eq!(
        (total.amount, total.messages, total.unpriced),
        (money(273_000), 22, 0)
    );
}

proptest! {
    #[test]
    fn the_total_is_the_sum_of_the_lines_and_never_rises_with_what_is_free(
        counts in prop::collection::vec((0_usize..5, 0_usize..4, 0_u64..100_000, any::<bool>()), 0..20),
        free in 0_u64..10_000,
    ) {
        let (prices, markets) = (Prices::built_in(), Markets::built_in());
        let total = |free| {
            let mut bill = Bill::new(&prices, &markets, free);
            for (country, category, messages, entry) in &counts {
                let country = ["DE", "IN", "EE", "KZ", "no country"].get(*country).and_then(|code| Iso::read(code));
                let category = Category::ALL[*category];
                if *entry {
                    bill.add_free(country, category, *messages);
                } else {
                    bill.add(country, category, *messages);
                }
            }
            let sum = bill.lines().iter().filter_map(|line| line.amount).map(Money::millionths).sum::<u64>();
            let all = bill.lines().iter().map(|line| line.messages).sum::<u64>();
            (bill.total().amount.millionths(), sum, bill.total().messages, all)
        };
        let (amount, sum, messages, all) = total(free);
        prop_assert_eq!((amount, messages), (sum, all));
        prop_assert_eq!(messages, counts.iter().map(|(_, _, messages, _)| messages).sum::<u64>());
        prop_assert!(amount <= total(0).0);
        prop_assert!(total(0).0 - amount <= free * 55_000);
    }
}
