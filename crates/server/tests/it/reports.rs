//! Reports: what happened is counted once, however late it is told, and counted anew it comes to the same.

use std::time::Duration;

use axum::{
    body::Body,
    http::{Request, header},
};
use consent::{
    id::{AttemptId, ContactId},
    time::{HOUR_MS, Timestamp},
};
use graph::signature::{AppSecret, sign};
use serde_json::{Value, json};
use server::services::{
    keys::Role,
    reports::{alerts, numbers, tally},
};
use store::{
    message::{Direction, MessageLine, News, State},
    report::{TallyRow, slot_of},
};
use uuid::Uuid;

use crate::house::{House, NUMBER};

/// The same story on either database.
macro_rules! both {
    ($($name:ident),+ $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test] async fn $name() { super::$name(super::House::open().await).await; })+
        }
        mod on_postgres {
            $(#[tokio::test] async fn $name() { super::$name(super::House::open_postgres().await).await; })+
        }
    };
}

both![
    a_stop_is_counted_by_its_word_its_template_and_its_time,
    counted_anew_it_is_the_same_and_an_erasure_changes_nothing,
    what_meta_tells_late_is_counted_for_three_days,
    a_rise_is_told_once_and_somebody_settles_it,
];

/// Counts everything that is there to be counted.
pub async fn count(house: &House) {
    house.number().await;
    while tally::step(&house.app).await.unwrap() {}
}

/// A webhook as Meta signs it.
async fn hook(house: &House, body: Value) {
    let body = body.to_string();
    let secret = AppSecret::new("example-app-secret").unwrap();
    let request = Request::post("/webhooks/whatsapp")
        .header("X-Hub-Signature-256", sign(&secret, body.as_bytes()))
        .body(Body::from(body));
    house.raw(request.unwrap()).await.expect(200);
}

fn change(field: &str, value: Value) -> Value {
    json!({"object": "whatsapp_business_account", "entry": [{"id": "209900000000001", "time": 1_795_341_600,
           "changes": [{"field": field, "value": value}]}]})
}

async fn says(house: &House, from: &str, text: &str) {
    let seconds = house.app.clock.now().seconds().to_string();
    let value = json!({"messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "12025550100", "phone_number_id": NUMBER},
        "contacts": [{"wa_id": from, "profile": {"name": "Somebody"}}],
        "messages": [{"from": from, "id": format!("wamid.{from}.{text}"), "timestamp": seconds, "type": "text",
                      "text": {"body": text}}]});
    hook(house, change("messages", value)).await;
}

/// A marketing message that went out at a moment.
pub fn sent(contact: ContactId, at: Timestamp, template: &str, state: State) -> MessageLine {
    let random = u128::from(Uuid::now_v7().as_u64_pair().1);
    let id = Uuid::from_u128((u128::try_from(at.millis()).unwrap() << 80) | random);
    MessageLine {
        id: AttemptId::new(id),
        contact,
        direction: Direction::Out,
        number: NUMBER.to_owned(),
        recipient: "+447700900123".to_owned(),
        category: "marketing".to_owned(),
        topic: None,
        template: Some((template.to_owned(), "en_US".to_owned())),
        state,
        code: None,
        reason: None,
        because: vec![],
        basis: None,
        policy_version: 0,
        as_of: 0,
        at,
        outcome: None,
        unknown: None,
        wamid: None,
        error_code: None,
        fingerprint: None,
        sealed: None,
    }
}

pub async fn keep(house: &House, lines: &[MessageLine]) {
    let mut tx = house.app.store.begin().await.unwrap();
    tx.keep_messages(lines).await.unwrap();
    tx.commit().await.unwrap();
}

async fn report(house: &House, path: &str) -> Value {
    house
        .get(&format!("/api/v1/reports/{path}"))
        .await
        .expect(200)
        .json()
}

/// The total of a line; none where there is no such line.
fn total(report: &Value, what: &str, value: &str) -> Option<f64> {
    let lines = report["lines"].as_array().unwrap().iter();
    let mut own = lines.filter(|line| line["what"] == what && line["value"] == value);
    own.next().and_then(|line| line["total"].as_f64())
}

/// Three who agreed; one got a message and said STOP in so many words.
pub async fn story(house: &House) -> ContactId {
    for to in ["+447700900123", "+447700900124", "+447700900125"] {
        house.opt_in(to).await;
    }
    house.pass(Duration::from_secs(1));
    let ana = house.opt_in("+447700900123").await;
    let ana: ContactId = ana["contact"].as_str().unwrap().parse().unwrap();
    let now = house.app.clock.now();
    let lines: Vec<_> = (0..4)
        .map(|_| sent(ana, now, "spring_sale", State::Delivered))
        .collect();
    keep(house, &lines).await;
    house.pass(Duration::from_secs(60));
    says(house, "447700900123", "Stop!").await;
    house.pass(Duration::from_secs(600));
    count(house).await;
    ana
}

async fn a_stop_is_counted_by_its_word_its_template_and_its_time(house: House) {
    story(&house).await;
    let all = report(&house, "consent").await;
    assert_eq!(
        (all["step"].as_str(), all["zone"].as_str()),
        (Some("day"), Some("UTC"))
    );
    assert_eq!(all["steps"].as_array().unwrap().len(), 30);
    for (what, want) in [
        ("opt_in", 4.0),
        ("opt_out", 1.0),
        ("own_opt_out", 1.0),
        ("platform_stop", 0.0),
    ] {
        assert_eq!(total(&all, what, ""), Some(want), "{what}");
    }
    for (by, value) in [
        ("keyword", "STOP"),
        ("template", "spring_sale"),
        ("source", "keyword"),
        ("number", NUMBER),
        ("topic", "marketing"),
    ] {
        let parted = report(&house, &format!("consent?by={by}")).await;
        assert_eq!(total(&parted, "opt_out", value), Some(1.0), "by {by}");
    }
    let sources = report(&house, "consent?by=source").await;
    assert_eq!(total(&sources, "opt_in", "web_form"), Some(4.0));
    for path in ["opt_out_rate", "opt_out_rate?by=template"] {
        let rate = report(&house, path).await;
        let value = if path.contains("by") {
            "spring_sale"
        } else {
            ""
        };
        assert_eq!(total(&rate, "opt_outs_per_1000", value), Some(250.0));
        assert_eq!(total(&rate, "platform_stops_per_1000", value), Some(0.0));
    }
    let time = report(&house, "time_to_force?step=hour&from=2026-11-22").await;
    assert_eq!(total(&time, "count", ""), Some(1.0));
    let (median, worst) = (
        total(&time, "median", "").unwrap(),
        total(&time, "worst", "").unwrap(),
    );
    assert!(
        median > 0.0 && median <= worst && worst < 60_000.0,
        "{median} {worst}"
    );
    let hours = report(
        &house,
        "consent?step=hour&from=2026-11-22&to=2026-11-22&zone=Asia/Kolkata",
    )
    .await;
    let line = &hours["lines"].as_array().unwrap()[1];
    assert_eq!(
        (line["what"].as_str(), line["points"][15].as_f64()),
        (Some("opt_out"), Some(1.0)),
        "15:30 there"
    );
    house.close().await;
}

async fn counted_anew_it_is_the_same_and_an_erasure_changes_nothing(house: House) {
    let ana = story(&house).await;
    let paths = [
        "consent",
        "consent?by=keyword",
        "consent?by=template",
        "messages?by=template",
        "opt_out_rate",
    ];
    let all = async || {
        let mut all = Vec::new();
        for path in paths {
            all.push(report(&house, path).await);
        }
        all
    };
    let before = all().await;
    assert_eq!(
        house
            .post("/api/v1/reports/rebuild", json!({}))
            .await
            .expect(200)
            .json(),
        json!({"begun": true})
    );
    assert_eq!(
        total(&report(&house, "consent").await, "opt_in", ""),
        Some(0.0)
    );
    count(&house).await;
    assert_eq!(all().await, before);
    house
        .delete(&format!("/api/v1/contacts/{ana}"))
        .await
        .expect(200);
    house
        .post("/api/v1/reports/rebuild", json!({}))
        .await
        .expect(200);
    count(&house).await;
    assert_eq!(
        all().await,
        before,
        "what was counted of somebody who is gone stays counted"
    );
    for path in paths {
        let text = house.get(&format!("/api/v1/reports/{path}")).await.text();
        assert!(
            !text.contains("7700900123") && !text.contains("Stop!"),
            "{text}"
        );
    }
    count(&house).await;
    assert_eq!(all().await, before);
    house.close().await;
}

async fn what_meta_tells_late_is_counted_for_three_days(house: House) {
    let ana = house.opt_in("+447700900123").await;
    let ana: ContactId = ana["contact"].as_str().unwrap().parse().unwrap();
    let now = house.app.clock.now();
    let denied = MessageLine {
        code: Some("no_consent".to_owned()),
        ..sent(ana, now, "spring_sale", State::Denied)
    };
    let lines = [
        sent(ana, now, "spring_sale", State::Accepted),
        sent(ana, now, "=cmd()", State::Accepted),
        denied,
    ];
    keep(&house, &lines).await;
    count(&house).await;
    let sum =
        async |path: &str, what: &str, value: &str| total(&report(&house, path).await, what, value);
    assert_eq!(sum("messages", "sent", "").await, Some(2.0));
    assert_eq!(sum("saved", "denied", "no_consent").await, Some(1.0));
    let news = |at: usize, state, error_code| News {
        id: Some(lines[at].id),
        wamid: None,
        state,
        error_code,
        reason: None,
        at: now,
    };
    let tell = async |news: News| {
        let mut tx = house.app.store.begin().await.unwrap();
        tx.take_news(&[news]).await.unwrap();
        tx.commit().await.unwrap();
    };
    house.pass(Duration::from_secs(71 * 3_600));
    count(&house).await;
    tell(news(0, State::Failed, Some(131_049))).await;
    house.pass(Duration::from_secs(2 * 3_600));
    count(&house).await;
    assert_eq!(
        sum("messages", "sent", "").await,
        Some(1.0),
        "the last count saw it"
    );
    let failures = report(&house, "failures").await;
    assert_eq!(total(&failures, "failed", "131049"), Some(1.0));
    let note = failures["lines"][0]["note"].as_str().unwrap();
    assert!(note.starts_with("Meta held it back"), "{note}");
    tell(news(1, State::Failed, Some(131_026))).await;
    house.pass(Duration::from_secs(24 * 3_600));
    count(&house).await;
    assert_eq!(
        sum("messages", "failed", "").await,
        Some(1.0),
        "older hours are final"
    );
    no_cell_is_a_formula(&house).await;
    house.close().await;
}

async fn no_cell_is_a_formula(house: &House) {
    let csv = house
        .get("/api/v1/reports/messages.csv?by=template")
        .await
        .expect(200);
    assert_eq!(csv.headers[header::CONTENT_TYPE], "text/csv; charset=utf-8");
    let head = csv.text();
    assert!(
        head.starts_with("day,") && head.contains("sent: =cmd()"),
        "{head}"
    );
    assert!(
        !head
            .lines()
            .next()
            .unwrap()
            .split(',')
            .any(|cell| cell.starts_with('='))
    );
}

/// History by the hour, as if it had been counted.
pub async fn counted(house: &House, hours: i64, last: i64) {
    let until = slot_of(house.app.clock.now()) / HOUR_MS * HOUR_MS;
    let row = |count| TallyRow {
        what: "own_opt_out".to_owned(),
        dimension: String::new(),
        value: String::new(),
        count,
    };
    let mut tx = house.app.store.begin().await.unwrap();
    for hour in 1..=hours {
        let count = if hour == 1 { last } else { 2 };
        tx.put_tallies(until - hour * HOUR_MS, &[], &[row(count)])
            .await
            .unwrap();
    }
    tx.commit().await.unwrap();
}

async fn a_rise_is_told_once_and_somebody_settles_it(house: House) {
    house.pass(Duration::from_secs(600));
    count(&house).await;
    counted(&house, 24 * 7 * 4, 60).await;
    for _ in 0..2 {
        alerts::step(&house.app).await.unwrap();
    }
    let open = house.get("/api/v1/alerts").await.expect(200).json();
    let items = open["items"].as_array().unwrap();
    assert_eq!(items.len(), 1, "the hour and the day say the same: {open}");
    let alert = &items[0];
    assert_eq!(
        (alert["what"].as_str(), alert["count"].as_u64()),
        (Some("own_opt_out"), Some(60))
    );
    assert!(alert["expected"].as_f64().unwrap() < 3.0);
    assert!(
        alert["sentence"]
            .as_str()
            .unwrap()
            .starts_with("60 people opted out in the hour before")
    );
    assert!(
        alert["confidence"]
            .as_str()
            .unwrap()
            .contains("false alarm comes about once a year")
    );
    let path = format!("/api/v1/alerts/{}/settle", alert["id"].as_str().unwrap());
    for _ in 0..2 {
        let settled = house.post(&path, json!({})).await.expect(200).json();
        assert_eq!(settled["settled_by"], "test");
    }
    assert_eq!(house.get("/api/v1/alerts").await.json()["items"], json!([]));
    let settled = house.get("/api/v1/alerts?state=settled").await.json();
    assert_eq!(settled["items"].as_array().unwrap().len(), 1);
    let history = house.app.store.history(ContactId::HOUSE).await.unwrap();
    let acts = history.iter().filter(|line| line.kind == "alert_settled");
    assert_eq!(acts.count(), 1, "who settled it stands in the log, once");
    let unknown = format!("/api/v1/alerts/{}/settle", Uuid::now_v7());
    house.post(&unknown, json!({})).await.expect(404);
    house.get("/api/v1/alerts?state=old").await.expect(422);
    house.close().await;
}

#[tokio::test]
async fn a_report_is_a_table_a_picture_or_a_problem() {
    let house = House::open().await;
    story(&house).await;
    let svg = house.get("/api/v1/reports/consent.svg").await.expect(200);
    assert_eq!(svg.headers[header::CONTENT_TYPE], "image/svg+xml");
    assert!(svg.text().starts_with("<svg xmlns=") && svg.text().contains("<title"));
    let png = house
        .get("/api/v1/reports/saved.png?step=hour&from=2026-11-22")
        .await
        .expect(200);
    assert!(png.bytes.starts_with(b"\x89PNG"));
    let name = png.headers[header::CONTENT_DISPOSITION].to_str().unwrap();
    assert_eq!(name, "attachment; filename=\"saved.png\"");
    let csv = house
        .get("/api/v1/reports/time_to_force.csv")
        .await
        .expect(200)
        .text();
    assert!(csv.lines().last().unwrap().starts_with("total,"));
    for (path, status) in [
        ("nothing", 404),
        ("consent.pdf", 404),
        ("consent?by=campaign", 422),
        ("time_to_force?by=number", 422),
        ("consent?zone=Nowhere", 422),
        ("consent?from=2026-11-23&to=2026-11-22", 422),
        ("consent?step=hour&from=2026-01-01", 422),
        ("consent?sort=up", 400),
    ] {
        house
            .get(&format!("/api/v1/reports/{path}"))
            .await
            .expect(status);
    }
    let app = house.key_for(Role::App).await;
    let read = house.key_for(Role::Read).await;
    for (key, method, path, status) in [
        (&app, "GET", "/api/v1/reports/consent", 403),
        (&read, "GET", "/api/v1/reports/consent", 200),
        (&read, "GET", "/api/v1/alerts", 200),
        (&read, "POST", "/api/v1/reports/rebuild", 403),
    ] {
        let request = house.request(method, path, Some(key)).body(Body::empty());
        house.raw(request.unwrap()).await.expect(status);
    }
    house.close().await;
}

#[tokio::test]
async fn each_number_has_its_card_and_its_news() {
    let house = House::open().await;
    let mut tx = house.app.store.begin().await.unwrap();
    let body = r#"{"display":"+1 202-555-0100","quality":"GREEN","limit":"TIER_10K"}"#;
    tx.note_number(NUMBER, body, Timestamp::from_millis(1))
        .await
        .unwrap();
    let worse = body.replace("GREEN", "RED");
    tx.note_number(NUMBER, &worse, Timestamp::from_millis(2))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let value = json!({"display_phone_number": "12025550100", "event": "DOWNGRADE", "old_limit": "TIER_100K", "current_limit": "TIER_10K"});
    hook(&house, change("phone_number_quality_update", value)).await;
    numbers::step(&house.app).await.unwrap();
    let all = report(&house, "numbers").await;
    assert_eq!(
        all["numbers"].as_array().unwrap().len(),
        2,
        "those of the settings"
    );
    let card = &all["numbers"][0];
    assert_eq!(
        (card["quality"].as_str(), card["quality_before"].as_str()),
        (Some("RED"), Some("GREEN"))
    );
    assert_eq!(all["numbers"][1]["quality"], Value::Null);
    let news = &all["news"][0];
    assert_eq!(
        [&news["event"], &news["before"], &news["now"]],
        ["DOWNGRADE", "TIER_100K", "TIER_10K"]
    );
    let csv = house
        .get("/api/v1/reports/numbers.csv")
        .await
        .expect(200)
        .text();
    assert!(csv.contains("\"'+1 202-555-0100\""), "{csv}");
    house.close().await;
}
