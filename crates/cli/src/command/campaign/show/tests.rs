//! What people read about campaigns.

use server::services::campaigns::body::{CostLine, QuietBody, VariablesBody};

use super::*;

/// A draft to a tag, of one message.
pub fn campaign() -> CampaignAnswer {
    CampaignAnswer {
        id: "01936f3e-0000-7000-8000-000000000001".to_owned(),
        name: "Spring".to_owned(),
        state: "draft".to_owned(),
        why: None,
        numbers: vec!["109900000000001".to_owned()],
        variants: vec![variant("A", 0)],
        audience: AudienceAnswer {
            kind: "tag".to_owned(),
            name: Some("fair".to_owned()),
            listed: None,
        },
        basis: None,
        flight_recorder: "on",
        flight_recorder_reason: None,
        opt_out_limit: 2.0,
        quiet_hours: None,
        pace: None,
        winner_by: "reads".to_owned(),
        version: 1,
        changed_by: None,
        created_by: "Ana".to_owned(),
        created_at: "2026-11-22T10:00:00Z".to_owned(),
        approved_by: None,
        start_at: None,
        started_at: None,
        drawn_at: None,
        ended_at: None,
        counts: None,
    }
}

fn variant(name: &str, delay_minutes: u32) -> VariantAnswer {
    VariantAnswer {
        name: name.to_owned(),
        template: "spring_sale".to_owned(),
        language: "en_GB".to_owned(),
        variables: VariablesBody::default(),
        text: None,
        share: 50,
        delay_minutes,
    }
}

fn values<'a>(rows: &'a [(&'static str, String)], name: &str) -> Vec<&'a str> {
    let found = rows.iter().filter(|(other, _)| *other == name);
    found.map(|(_, value)| value.as_str()).collect()
}

#[test]
fn a_draft_says_what_it_would_do_and_what_it_lacks() {
    let rows = fields(&campaign());
    assert_eq!(values(&rows, "sends"), ["spring_sale (en_GB)"]);
    assert_eq!(values(&rows, "to"), ["tag fair"]);
    assert_eq!(values(&rows, "basis"), ["none is named"]);
    assert_eq!(
        values(&rows, "flight recorder"),
        ["on: it stops above 2 % of opt-outs"]
    );
    assert_eq!(values(&rows, "made"), ["2026-11-22T10:00:00Z by Ana"]);
    for absent in [
        "why",
        "quiet hours",
        "pace",
        "approved by",
        "started",
        "ended",
    ] {
        assert!(values(&rows, absent).is_empty(), "{absent}");
    }
}

#[test]
fn variants_quiet_hours_and_reasons_are_told_where_there_are_some() {
    let mut answer = campaign();
    let mut first = variant("A", 0);
    first.text = Some("Hi {{first_name|friend}}\nReply STOP to end this.".to_owned());
    answer.variants = vec![first, variant("B", 30)];
    answer.audience = AudienceAnswer {
        kind: "csv".to_owned(),
        name: None,
        listed: Some(12),
    };
    answer.flight_recorder = "off";
    answer.flight_recorder_reason = Some("a recall".to_owned());
    answer.quiet_hours = Some(QuietBody {
        from: "21:00".to_owned(),
        to: "08:00".to_owned(),
    });
    answer.why = Some("Too many opted out.".to_owned());
    let rows = fields(&answer);
    assert_eq!(
        values(&rows, "sends"),
        [
            "A: spring_sale (en_GB), share 50",
            "B: spring_sale (en_GB), share 50, 30 min later"
        ]
    );
    assert_eq!(
        values(&rows, "text"),
        ["Hi {{first_name|friend}} / Reply STOP to end this."]
    );
    assert_eq!(values(&rows, "to"), ["12 listed (csv)"]);
    assert_eq!(values(&rows, "flight recorder"), ["off: a recall"]);
    assert_eq!(
        values(&rows, "quiet hours"),
        ["21:00 to 08:00, where each person lives"]
    );
    assert_eq!(values(&rows, "why"), ["Too many opted out."]);
}

#[test]
fn codes_come_by_how_many_with_their_digits_below_each_other() {
    let codes = BTreeMap::from([
        ("131026".to_owned(), 9),
        ("131049".to_owned(), 120),
        ("131050".to_owned(), 1),
    ]);
    let wanted = [
        ["131049", "120", " 12.0 %"],
        ["131026", "  9", "  0.9 %"],
        ["131050", "  1", "  0.1 %"],
    ];
    assert_eq!(by_code(&codes, 1_000), wanted);
    assert_eq!(share(1, 3), "33.3 %");
    assert_eq!(
        share(999_999, 1_000_000),
        "99.9 %",
        "all but one is not all"
    );
    assert_eq!(share(0, 0), "-", "of nobody there is no share");
}

#[test]
fn a_report_counts_replies_and_opt_outs_after_reads() {
    let counts = Counts {
        total: 5,
        read: 3,
        denied: 2,
        ..Counts::default()
    };
    let words = |after| -> Vec<&str> {
        let rows = stands(&counts, after);
        rows.into_iter().map(|(word, _)| word).collect()
    };
    assert_eq!(words(None).len(), 11, "each of the API's counts");
    assert_eq!(
        words(Some((2, 1)))[6..10],
        ["read", "replied", "opted out", "denied"]
    );
    let rows = stands(&counts, Some((2, 1)));
    assert!(rows.contains(&("replied", 2)) && rows.contains(&("opted out", 1)));
}

#[test]
fn a_cost_names_those_for_whom_no_price_is_known() {
    let line = |country: &str, each: Option<&str>| CostLine {
        country: country.to_owned(),
        category: "marketing".to_owned(),
        people: 3,
        each: each.map(str::to_owned),
        together: each.map(|_| "0.15".to_owned()),
    };
    let mut answer = CostAnswer {
        currency: "USD".to_owned(),
        total: "0.15".to_owned(),
        lines: vec![line("GB", Some("0.05")), line("", None)],
        unpriced: 0,
    };
    assert_eq!(cost(&answer), "0.15 USD");
    answer.unpriced = 3;
    assert_eq!(
        cost(&answer),
        "0.15 USD, and 3 people where no price is known"
    );
    let wanted = [
        ["GB", "marketing", "3", "0.05", "0.15"],
        ["-", "marketing", "3", "-", "-"],
    ];
    assert_eq!(costs(&answer), wanted);
}

#[test]
fn a_time_is_told_in_its_two_largest_units() {
    let wanted = [
        (0, "0 s"),
        (59, "59 s"),
        (61, "1 min 1 s"),
        (3_599, "59 min 59 s"),
        (12_660, "3 h 31 min"),
    ];
    for (seconds, text) in wanted {
        assert_eq!(duration(seconds), text);
    }
}

#[test]
fn a_leader_is_a_winner_only_when_that_is_sure_enough() {
    let mut answer = WinnerAnswer {
        by: "reads".to_owned(),
        leader: None,
        confidence: 0.0,
        decided: false,
    };
    assert_eq!(
        winner(&answer),
        "By reads less opt-outs, no variant is ahead yet."
    );
    answer.leader = Some("B".to_owned());
    answer.confidence = 0.8;
    assert!(
        winner(&answer).ends_with("80.0 % sure: that is not sure enough to call it the winner.")
    );
    answer.confidence = 0.975;
    answer.decided = true;
    assert!(
        winner(&answer)
            .ends_with("B is ahead, 97.5 % sure: that is sure enough to call it the winner.")
    );
}

#[test]
fn what_customers_call_themselves_gives_the_terminal_no_orders() {
    let one = PreviewAnswer {
        contact: None,
        who: "Ana\u{1b}[2J".to_owned(),
        variant: "A".to_owned(),
        text: Some("Hi Ana\u{1b}[2J,\nspring is here.".to_owned()),
        footer: None,
        file: None,
        buttons: Vec::new(),
        fault: None,
    };
    assert_eq!(plain(&one.who), "Ana\u{fffd}[2J");
    assert_eq!(preview(&one), ["Hi Ana\u{fffd}[2J,", "spring is here."]);
    let faulty = PreviewAnswer {
        text: None,
        fault: Some("`first_name` is empty".to_owned()),
        ..one
    };
    assert_eq!(preview(&faulty), ["cannot be made: `first_name` is empty"]);
}
