//! Every row of the table, and the bounds of trying again.

use consent::time::HOUR_MS;
use proptest::prelude::*;

use super::*;

const fn hold(why: HoldAll) -> Meaning {
    Meaning::HoldAll { why }
}

const fn again(wait: Wait) -> Meaning {
    Meaning::Again { wait }
}

use Meaning::{NextDay, OptedOut, Over, SlowDown, Unknown};

/// Codes with the status that Meta gives them, what that means at once, and what the code means in a failed status.
#[rustfmt::skip]
const TABLE: [(i64, u16, Meaning, Meaning); 69] = [
    (0, 401, hold(HoldAll::Token), hold(HoldAll::Token)),
    (190, 401, hold(HoldAll::Token), hold(HoldAll::Token)),
    (3, 500, Unknown, hold(HoldAll::Permission)),
    (10, 403, hold(HoldAll::Permission), hold(HoldAll::Permission)),
    (200, 403, hold(HoldAll::Permission), hold(HoldAll::Permission)),
    (250, 403, hold(HoldAll::Permission), hold(HoldAll::Permission)),
    (299, 403, hold(HoldAll::Permission), hold(HoldAll::Permission)),
    (131_005, 403, hold(HoldAll::Permission), hold(HoldAll::Permission)),
    (1, 400, again(Wait::Once), again(Wait::Once)),
    (2, 503, Unknown, again(Wait::Soon)),
    (4, 400, SlowDown, again(Wait::Soon)),
    (80_007, 400, SlowDown, again(Wait::Soon)),
    (33, 400, hold(HoldAll::Number), hold(HoldAll::Number)),
    (100, 400, Over, Over),
    (368, 403, hold(HoldAll::Account), hold(HoldAll::Account)),
    (130_497, 403, Over, Over),
    (131_031, 403, hold(HoldAll::Account), hold(HoldAll::Account)),
    (130_403, 400, Over, Over),
    (130_429, 400, SlowDown, again(Wait::Soon)),
    (130_472, 400, Over, Over),
    (131_000, 500, Unknown, again(Wait::Soon)),
    (131_008, 400, Over, Over),
    (131_009, 400, Over, Over),
    (131_016, 500, Unknown, again(Wait::Soon)),
    (131_021, 400, Over, Over),
    (131_026, 400, Over, Over),
    (131_037, 400, hold(HoldAll::DisplayName), hold(HoldAll::DisplayName)),
    (131_042, 400, hold(HoldAll::Payment), hold(HoldAll::Payment)),
    (131_045, 500, Unknown, hold(HoldAll::Number)),
    (131_047, 400, Over, Over),
    (131_048, 400, hold(HoldAll::Spam), hold(HoldAll::Spam)),
    (131_049, 400, NextDay, NextDay),
    (131_050, 400, OptedOut, OptedOut),
    (131_051, 400, Over, Over),
    (131_052, 400, hold(HoldAll::Media), hold(HoldAll::Media)),
    (131_053, 400, hold(HoldAll::Media), hold(HoldAll::Media)),
    (131_055, 400, hold(HoldAll::Door), hold(HoldAll::Door)),
    (131_056, 400, again(Wait::Pair), again(Wait::Pair)),
    (131_057, 500, Unknown, again(Wait::Minutes)),
    (131_061, 400, hold(HoldAll::Door), hold(HoldAll::Door)),
    (131_062, 400, Over, Over),
    (131_063, 400, hold(HoldAll::Door), hold(HoldAll::Door)),
    (131_064, 400, hold(HoldAll::Categories), hold(HoldAll::Categories)),
    (132_000, 400, hold(HoldAll::Template), hold(HoldAll::Template)),
    (132_001, 404, hold(HoldAll::Template), hold(HoldAll::Template)),
    (132_005, 400, Over, Over),
    (132_007, 400, Over, Over),
    (132_012, 400, Over, Over),
    (132_015, 400, hold(HoldAll::TemplatePaused), hold(HoldAll::TemplatePaused)),
    (132_016, 400, hold(HoldAll::TemplateDisabled), hold(HoldAll::TemplateDisabled)),
    (132_018, 400, hold(HoldAll::Template), hold(HoldAll::Template)),
    (132_068, 400, hold(HoldAll::Flow), hold(HoldAll::Flow)),
    (132_069, 400, again(Wait::Minutes), again(Wait::Minutes)),
    (133_004, 503, Unknown, again(Wait::Soon)),
    (133_010, 400, hold(HoldAll::Number), hold(HoldAll::Number)),
    (133_016, 400, hold(HoldAll::Number), hold(HoldAll::Number)),
    (134_100, 400, hold(HoldAll::Door), hold(HoldAll::Door)),
    (134_101, 400, again(Wait::Minutes), again(Wait::Minutes)),
    (134_102, 500, Unknown, hold(HoldAll::Door)),
    (135_000, 400, Over, Over),
    (137_000, 400, Over, Over),
    (139_100, 400, Over, Over),
    (139_101, 400, Over, Over),
    (139_102, 400, Over, Over),
    (139_103, 400, Over, Over),
    (139_200, 400, hold(HoldAll::Account), hold(HoldAll::Account)),
    (2_388_019, 400, Over, Over),
    (999_999, 400, Over, Over),
    (-1, 400, Over, Over),
];

const fn rejected(status: u16, code: i64) -> Answer {
    Answer::Rejected {
        status,
        code: Some(code),
    }
}

#[test]
fn every_code_means_what_the_table_says() {
    for (code, status, at_once, later) in TABLE {
        assert_eq!(read(rejected(status, code)), at_once, "{code}");
        assert_eq!(late(code), later, "{code} late");
    }
}

#[test]
fn the_table_holds_each_code_once() {
    let mut codes: Vec<i64> = TABLE.iter().map(|row| row.0).collect();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), TABLE.len());
}

#[test]
fn a_5xx_is_unknown_whatever_it_says_but_for_the_two_limits() {
    for (code, _, _, _) in TABLE {
        for status in [500, 502, 503, 504, 599] {
            let want = match code {
                130_429 => SlowDown,
                131_056 => again(Wait::Pair),
                _ => Unknown,
            };
            assert_eq!(read(rejected(status, code)), want, "{status} {code}");
        }
    }
}

#[test]
fn an_answer_without_a_code_is_unknown_unless_it_is_429() {
    let bare = |status| read(Answer::Rejected { status, code: None });
    assert_eq!(bare(429), SlowDown);
    for status in [200, 302, 400, 403, 408, 499, 500, 503] {
        assert_eq!(bare(status), Unknown, "{status}");
    }
    assert_eq!(read(Answer::Unknown), Unknown);
    assert_eq!(read(Answer::Accepted), Meaning::Accepted);
    assert_eq!(read(Answer::NotSent), again(Wait::Reach));
}

#[test]
fn a_fault_of_the_account_holds_everybody_even_when_it_comes_as_a_500() {
    assert_eq!(holds(rejected(500, 131_045)), Some(HoldAll::Number));
    assert_eq!(holds(rejected(500, 3)), Some(HoldAll::Permission));
    assert_eq!(holds(rejected(401, 190)), Some(HoldAll::Token));
    for answer in [
        rejected(500, 131_000),
        rejected(400, 131_026),
        rejected(400, 130_429),
        Answer::Accepted,
        Answer::Unknown,
        Answer::NotSent,
    ] {
        assert_eq!(holds(answer), None, "{answer:?}");
    }
}

#[test]
fn whatever_reads_as_a_hold_also_holds() {
    for (code, status, at_once, _) in TABLE {
        if let Meaning::HoldAll { why } = at_once {
            assert_eq!(holds(rejected(status, code)), Some(why), "{code}");
        }
    }
}

const NOW: Timestamp = Timestamp::from_seconds(1_795_341_600);

/// The waits in seconds after the first try, the second, and so on, until there are no more.
fn waits(meaning: Meaning) -> Vec<i64> {
    (1..1000)
        .map_while(|tries| meaning.next(tries, NOW))
        .map(|at| at.millis_since(NOW) / 1000)
        .collect()
}

#[test]
fn the_waits_grow_and_end() {
    assert_eq!(waits(again(Wait::Pair)), [1, 4, 16, 64]);
    assert_eq!(waits(SlowDown), [1, 2, 4, 8, 16, 32, 60, 60, 60]);
    assert_eq!(waits(again(Wait::Soon)), waits(SlowDown));
    assert_eq!(waits(again(Wait::Once)), [1]);
    assert_eq!(waits(again(Wait::Minutes)), [600; 5]);
    assert_eq!(waits(NextDay), [86_400, 86_400]);
    let reach = waits(again(Wait::Reach));
    assert_eq!(reach.len(), 63);
    let total: i64 = reach.iter().sum();
    assert!((HOUR_MS / 1000 - 120..HOUR_MS / 1000 + 120).contains(&total));
}

#[test]
fn what_is_over_is_not_tried_again() {
    for meaning in [OptedOut, Over, Unknown, Meaning::Accepted] {
        assert_eq!(meaning.next(1, NOW), None, "{meaning:?}");
    }
}

#[test]
fn whoever_waits_for_the_campaign_goes_when_it_goes() {
    for tries in [1, 50] {
        assert_eq!(hold(HoldAll::Token).next(tries, NOW), Some(NOW));
    }
}

#[test]
fn a_reason_to_hold_is_read_by_its_name_and_has_its_own_sentence() {
    for why in HoldAll::ALL {
        assert_eq!(HoldAll::read(why.name()), Some(why));
        let same = HoldAll::ALL
            .iter()
            .filter(|other| other.to_string() == why.to_string())
            .count();
        assert_eq!(same, 1, "{why}");
    }
    assert_eq!(HoldAll::read("nothing"), None);
}

proptest! {
    #[test]
    fn nobody_is_tried_without_end_and_never_before_now(
        status in 100_u16..=599,
        code in prop_oneof![any::<i64>(), 130_000_i64..140_000, 0_i64..400],
        tries in any::<u32>(),
        now in any::<i64>(),
    ) {
        let now = Timestamp::from_millis(now);
        for meaning in [read(rejected(status, code)), late(code)] {
            let at = meaning.next(tries, now);
            prop_assert!(at.is_none_or(|at| at >= now));
            let held = matches!(meaning, Meaning::HoldAll { .. });
            prop_assert!(held || tries < Wait::Reach.tries_max() || at.is_none());
        }
    }

    #[test]
    fn a_5xx_is_never_sent_again_but_for_the_two_limits(
        status in 500_u16..=599,
        code in proptest::option::of(any::<i64>()),
    ) {
        prop_assume!(!matches!(code, Some(130_429 | 131_056)));
        let meaning = read(Answer::Rejected { status, code });
        prop_assert_eq!(meaning, Unknown);
        prop_assert_eq!(meaning.next(1, NOW), None);
    }
}
