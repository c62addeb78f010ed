//! Tests of zones and quiet hours.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;

static ATLAS: LazyLock<Atlas> = LazyLock::new(Atlas::built_in);

const NIGHT: QuietHours = QuietHours {
    from: 21 * 60,
    to: 8 * 60,
};

fn zones(digits: &str) -> Zones<'static> {
    let phone = Phone::from_digits(digits).unwrap();
    ATLAS.of(Iso::of(phone).unwrap(), phone).unwrap()
}

fn names(digits: &str) -> Vec<String> {
    zones(digits).names().map(str::to_owned).collect()
}

fn at(text: &str) -> Timestamp {
    Timestamp::from_millis(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
}

fn hours(from: &str, to: &str) -> QuietHours {
    let minute = |text: &str| {
        let (hour, minute) = text.split_once(':').unwrap();
        hour.parse::<u16>().unwrap() * 60 + minute.parse::<u16>().unwrap()
    };
    QuietHours {
        from: minute(from),
        to: minute(to),
    }
}

const BERLIN: &str = "4915112345678";
const KATHMANDU: &str = "9779841234567";
const MOSCOW_OR_ELSEWHERE: &str = "79161234567";

#[test]
fn every_country_and_area_of_the_tables_can_be_read() {
    let atlas = Atlas::read(COUNTRIES, AREAS).unwrap();
    assert!(atlas.countries.len() > 245 && atlas.areas.len() > 480);
    assert!(atlas.groups.iter().all(|zones| !zones.is_empty()));
    assert!(atlas.areas.keys().all(|beginning| *beginning < 100_000));
}

#[test]
fn a_number_tells_its_country_and_sometimes_the_area() {
    for (digits, want) in [
        (BERLIN, ["Europe/Berlin", "Europe/Busingen"].as_slice()),
        (KATHMANDU, &["Asia/Kathmandu"]),
        ("12125550123", &["America/New_York"]),
        ("18085550123", &["Pacific/Honolulu"]),
        ("14165550123", &["America/Toronto"]),
        ("5511987654321", &["America/Sao_Paulo"]),
        ("559281234567", &["America/Manaus", "America/Eirunepe"]),
        ("5215512345678", &["America/Mexico_City"]),
        ("525512345678", &["America/Mexico_City"]),
        ("529981234567", &["America/Cancun"]),
        (
            "61212345678",
            &["Australia/Sydney", "Australia/Broken_Hill"],
        ),
        ("38349123456", &["Europe/Belgrade"]),
    ] {
        assert_eq!(names(digits), want, "{digits}");
    }
    // A mobile number that names no area may be anywhere in the country.
    for (digits, at_least) in [
        (MOSCOW_OR_ELSEWHERE, 20),
        ("61412345678", 10),
        ("6281234567890", 4),
    ] {
        assert!(
            names(digits).len() >= at_least,
            "{digits}: {:?}",
            names(digits)
        );
    }
}

#[test]
fn zones_of_one_area_share_a_key() {
    assert_eq!(zones("12125550123").key(), zones("13055550123").key());
    assert_ne!(zones("12125550123").key(), zones("13125550123").key());
}

#[test]
fn at_night_it_is_quiet_until_the_morning_there() {
    assert_eq!(
        quiet(at("2026-11-23T12:00:00Z"), zones(BERLIN), NIGHT),
        Hush::Nowhere
    );
    for night in [
        "2026-11-23T20:00:00Z",
        "2026-11-24T01:23:45.678Z",
        "2026-11-24T06:59:59.999Z",
    ] {
        assert_eq!(
            quiet(at(night), zones(BERLIN), NIGHT),
            Hush::Until(at("2026-11-24T07:00:00Z")),
            "{night}"
        );
    }
    assert_eq!(
        quiet(at("2026-11-24T07:00:00Z"), zones(BERLIN), NIGHT),
        Hush::Nowhere
    );
}

#[test]
fn nepal_is_three_quarters_of_an_hour_off() {
    let morning = at("2026-11-24T02:15:00Z");
    assert_eq!(
        quiet(at("2026-11-24T02:14:00Z"), zones(KATHMANDU), NIGHT),
        Hush::Until(morning)
    );
    assert_eq!(quiet(morning, zones(KATHMANDU), NIGHT), Hush::Nowhere);
    assert_eq!(
        quiet(at("2026-11-24T15:14:59Z"), zones(KATHMANDU), NIGHT),
        Hush::Nowhere
    );
    assert_ne!(
        quiet(at("2026-11-24T15:15:00Z"), zones(KATHMANDU), NIGHT),
        Hush::Nowhere
    );
}

#[test]
fn a_night_on_which_the_clocks_change_is_an_hour_shorter_or_longer() {
    // 2026-03-29: from 02:00 to 03:00; 2026-10-25: from 03:00 back to 02:00.
    for (evening, morning) in [
        ("2026-03-28T20:00:00Z", "2026-03-29T06:00:00Z"),
        ("2026-10-24T19:00:00Z", "2026-10-25T07:00:00Z"),
    ] {
        assert_eq!(
            quiet(at(evening), zones(BERLIN), NIGHT),
            Hush::Until(at(morning)),
            "{evening}"
        );
    }
}

#[test]
fn an_end_that_the_clocks_jump_over_comes_with_the_jump() {
    let until_half_past_two = hours("22:00", "02:30");
    let jump = at("2026-03-29T01:00:00Z");
    assert_eq!(
        quiet(
            at("2026-03-29T00:30:00Z"),
            zones(BERLIN),
            until_half_past_two
        ),
        Hush::Until(jump)
    );
    let in_the_gap = hours("02:15", "02:45");
    assert_eq!(
        quiet(at("2026-03-29T00:59:00Z"), zones(BERLIN), in_the_gap),
        Hush::Nowhere
    );
    assert_eq!(quiet(jump, zones(BERLIN), in_the_gap), Hush::Nowhere);
}

#[test]
fn an_hour_that_comes_twice_is_quiet_twice() {
    let until_half_past_two = hours("22:00", "02:30");
    let sunday = |time: &str| at(&format!("2026-10-25T{time}:00Z"));
    let ask = |time| quiet(sunday(time), zones(BERLIN), until_half_past_two);
    // 02:15 summer time; 02:45 summer time; 02:15 winter time; 02:30 winter time.
    assert_eq!(ask("00:15"), Hush::Until(sunday("00:30")));
    assert_eq!(ask("00:45"), Hush::Nowhere);
    assert_eq!(ask("01:15"), Hush::Until(sunday("01:30")));
    assert_eq!(ask("01:30"), Hush::Nowhere);
    // The end falls on the first 02:00, and the change right after it starts the hour again.
    let until_three = hours("22:00", "03:00");
    assert_eq!(
        quiet(sunday("00:30"), zones(BERLIN), until_three),
        Hush::Until(sunday("02:00"))
    );
}

#[test]
fn it_is_quiet_while_it_is_quiet_in_any_possible_zone() {
    // Australia's mainland from Perth (UTC+8) to Sydney (UTC+11 in November).
    let anywhere = zones("61412345678");
    let perth_wakes = at("2026-11-24T00:00:00Z");
    assert_eq!(
        quiet(at("2026-11-23T22:00:00Z"), anywhere, NIGHT),
        Hush::Until(perth_wakes)
    );
    assert_eq!(quiet(perth_wakes, anywhere, NIGHT), Hush::Nowhere);
    let sydney_sleeps = at("2026-11-24T10:00:00Z");
    assert_ne!(quiet(sydney_sleeps, anywhere, NIGHT), Hush::Nowhere);
}

#[test]
fn hours_that_leave_no_gap_between_far_zones_are_always_quiet() {
    let russia = zones(MOSCOW_OR_ELSEWHERE);
    assert_eq!(
        quiet(at("2026-11-24T12:00:00Z"), russia, hours("18:00", "10:00")),
        Hush::Always
    );
    assert!(matches!(
        quiet(at("2026-11-24T20:00:00Z"), russia, hours("22:00", "08:00")),
        Hush::Until(_)
    ));
    let whole_day = QuietHours { from: 0, to: 1440 };
    assert_eq!(
        quiet(at("2026-11-24T12:00:00Z"), zones(BERLIN), whole_day),
        Hush::Always
    );
    assert_eq!(
        quiet(
            at("2026-11-24T12:00:00Z"),
            zones(BERLIN),
            hours("08:00", "08:00")
        ),
        Hush::Nowhere
    );
}

proptest! {
    #[test]
    fn when_the_named_moment_comes_it_is_quiet_nowhere_and_not_before(
        seconds in 1_700_000_000_i64..1_900_000_000, from in 0_u16..1440, to in 0_u16..1440,
        digits in prop::sample::select(vec![BERLIN, KATHMANDU, "61412345678", "56912345678", "201001234567", "12125550123"]),
    ) {
        let (now, hours) = (Timestamp::from_seconds(seconds), QuietHours { from, to });
        if let Hush::Until(until) = quiet(now, zones(digits), hours) {
            prop_assert!(until > now);
            prop_assert_eq!(quiet(until, zones(digits), hours), Hush::Nowhere);
            prop_assert_ne!(quiet(until.plus_millis(-1), zones(digits), hours), Hush::Nowhere);
        }
    }
}
