//! Campaigns that something speaks against: opt-outs, a template that nobody has seen, and what Meta answers.

use std::time::Duration;

use serde_json::json;
use server::services::campaigns::drive;

use crate::{
    campaigns::{Desk, phone, received, until},
    house::House,
};

async fn stops_and_asks_once(house: House) {
    let desk = Desk::of(&house, "marketing").await;
    let numbers: Vec<String> = (0..400).map(phone).collect();
    for number in &numbers {
        house.opt_in(number).await;
    }
    let path = desk
        .make(
            &house,
            json!({ "audience": { "numbers": numbers }, "pace": 20, "opt_out_limit": 1.0 }),
        )
        .await;
    desk.start(&house, &path).await;
    let mut left = 0;
    let stopped = loop {
        drive::step(&house.app).await.unwrap();
        let some = if left < 12 { 2 } else { 0 };
        for got in received(&house).await.keys().skip(left).take(some) {
            house.opt_out(got).await;
            left += 1;
        }
        let shown = desk.get(&house, &path).await;
        if shown["state"] != "running" {
            break shown;
        }
    };
    assert_eq!(stopped["state"], "paused", "{stopped}");
    let why = stopped["why"].as_str().unwrap();
    assert!(why.contains("opted out") && why.contains("% sure"), "{why}");
    let house = house.again().await;
    drive::step(&house.app).await.unwrap();
    let still = desk.get(&house, &path).await;
    assert_eq!(
        (&still["state"], &still["why"]),
        (&json!("paused"), &stopped["why"])
    );
    let resumed = desk.post(&house, &format!("{path}/resume")).await;
    assert_eq!(
        resumed.body["state"], "running",
        "whoever has seen it may go on"
    );
    // The recorder is read at the first step of a process, once the lease of the one before has run out.
    let house = house.again().await;
    let is_alone = house.app.store.file().is_some();
    for _ in 0..if is_alone { 1 } else { 600 } {
        drive::step(&house.app).await.unwrap();
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(
        desk.get(&house, &path).await["state"],
        "running",
        "and is not asked the same again, not after a restart either"
    );
    for got in received(&house).await.keys() {
        house.opt_out(got).await;
    }
    until(&house, &desk, &path, "paused").await;
}

#[tokio::test]
async fn the_flight_recorder_stops_it_and_says_how_sure() {
    stops_and_asks_once(House::open().await).await;
}

#[tokio::test]
async fn the_flight_recorder_stops_it_and_says_how_sure_on_postgres() {
    stops_and_asks_once(House::on_postgres().await).await;
}

#[tokio::test]
async fn a_template_that_few_have_seen_goes_to_some_first() {
    let house = House::open().await;
    let desk = Desk::of(&house, "marketing").await;
    let numbers: Vec<String> = (0..260).map(phone).collect();
    for number in &numbers {
        house.opt_in(number).await;
    }
    let path = desk
        .make(
            &house,
            json!({ "audience": { "numbers": numbers }, "pace": 1_000 }),
        )
        .await;
    desk.start(&house, &path).await;
    for _ in 0..80 {
        drive::step(&house.app).await.unwrap();
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let first = received(&house).await.len();
    assert_eq!(first, 100, "the others wait for what becomes of these");
    for line in house
        .app
        .store
        .messages(&store::message::MessageFilter {
            limit: 500,
            ..Default::default()
        })
        .await
        .unwrap()
    {
        let news = store::message::News {
            id: Some(line.id),
            wamid: None,
            state: store::message::State::Delivered,
            error_code: None,
            reason: None,
            at: house.app.clock.now(),
        };
        let mut tx = house.app.store.begin().await.unwrap();
        tx.take_news(&[news]).await.unwrap();
        tx.commit().await.unwrap();
    }
    until(&house, &desk, &path, "done").await;
    assert_eq!(received(&house).await.len(), 260);
}

#[tokio::test]
async fn what_meta_answers_ends_a_turn_or_puts_it_off() {
    let house = House::open().await;
    let desk = Desk::of(&house, "marketing").await;
    let numbers: Vec<String> = (0..4).map(phone).collect();
    for number in &numbers {
        house.opt_in(number).await;
    }
    let refuse = |code: i64| json!({ "count": 1, "code": code });
    for code in [131_026, 131_056, 131_049] {
        house.fault("error", &refuse(code)).await;
    }
    let path = desk
        .make(
            &house,
            json!({ "audience": { "numbers": numbers }, "flight_recorder": "off" }),
        )
        .await;
    desk.start(&house, &path).await;
    let counts = loop {
        drive::step(&house.app).await.unwrap();
        let counts = desk.get(&house, &path).await["counts"].clone();
        if counts["accepted"] == 2 && counts["sending"] == 0 {
            break counts;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert_eq!(
        counts["failed"], 1,
        "131026 is over for that person: {counts}"
    );
    assert_eq!(
        counts["waiting"], 1,
        "131049 comes again tomorrow: {counts}"
    );
    let waiting = desk
        .get(&house, &format!("{path}/recipients?state=waiting"))
        .await;
    let due = waiting["items"][0]["due_at"].as_str().unwrap();
    let due = server::clock::read_rfc3339(due).unwrap();
    let wait = due.millis_since(house.app.clock.now());
    assert!(
        (23 * 3_600_000..=24 * 3_600_000).contains(&wait),
        "{waiting}"
    );
    assert_eq!(waiting["items"][0]["code"], "131049");
    assert_eq!(
        desk.get(&house, &path).await["state"],
        "running",
        "it is not done before tomorrow"
    );
}
