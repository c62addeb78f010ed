//! What happens at one time, or right after another thing: one question, and no word of a stop before it is so.

use std::sync::{Arc, atomic::AtomicI64};

use axum::http::StatusCode;
use consent::{
    permit::{PERMIT_LIFE, Recipient},
    scope::Category,
};
use serde_json::json;
use server::{
    clock::Clock,
    services::{
        flows::pump,
        gate::{self, Answer, Ask},
    },
};
use store::reply::ReplyState;

use crate::house::{ADA, House, NUMBER, text};

async fn shoes(house: &House) {
    let topic = json!({ "name": "Shoes", "category": "marketing" });
    let (status, topic) = house.api("POST", "/api/v1/topics", Some(topic)).await;
    assert_eq!(status, StatusCode::CREATED, "{topic}");
}

/// How many of our messages ask whether a topic is wanted all the same.
async fn questions(house: &House) -> usize {
    let phone = house.phone(ADA).await;
    let asks = |bubble: &&serde_json::Value| {
        let buttons = bubble["buttons"].as_array();
        buttons.is_some_and(|buttons| !buttons.is_empty())
    };
    phone.iter().filter(asks).count()
}

#[tokio::test]
async fn two_stops_at_one_time_bring_one_question() {
    let house = House::open().await;
    shoes(&house).await;
    house.says(ADA, "hello there").await;
    let at = house.seconds_ago(0);
    let stops = ["stop", "no more offers please", "unsubscribe"];
    let stops: Vec<_> = stops
        .iter()
        .enumerate()
        .map(|(count, words)| text(ADA, &format!("wamid.stop{count}"), &at, words))
        .collect();
    assert_eq!(house.posts(json!(stops)).await, 200);
    pump::step(&house.app).await.unwrap();
    assert_eq!(house.phone(ADA).await.len(), 3);
    assert_eq!(questions(&house).await, 1);
    house.says(ADA, "stop").await;
    assert_eq!(questions(&house).await, 1);
}

#[tokio::test]
async fn a_question_that_could_not_go_out_is_put_with_the_next_try() {
    let house = House::open().await;
    shoes(&house).await;
    house.says(ADA, "hello there").await;
    house
        .fault(json!({ "kind": "error", "status": 400, "code": 131_056 }))
        .await;
    house.says(ADA, "stop").await;
    assert_eq!(
        house.states(ADA).await,
        [("stopped".to_owned(), ReplyState::Waiting)]
    );
    house.tries_again(ADA).await;
    assert_eq!(questions(&house).await, 1);
}

#[tokio::test]
async fn no_confirmation_leaves_while_a_permit_could_still_start() {
    let house = House::open().await;
    let agreed = json!({ "to": ADA, "kind": "opt_in", "scope": { "category": "marketing" },
        "evidence": { "source": "web_form", "wording": "Yes" } });
    house.api("POST", "/api/v1/events", Some(agreed)).await;
    house.says(ADA, "hello there").await;
    let ask = Ask {
        recipients: vec![Recipient::Phone(ADA.parse().unwrap())],
        number: NUMBER.parse().unwrap(),
        category: Category::Marketing,
        topic: None,
        template: consent::request::Template::None,
        named: None,
        fingerprint: [9; 32],
        callback: None,
        said: None,
        tie: None,
    };
    let Answer::Admitted(live) = gate::enter(&house.app, &ask).await.unwrap() else {
        panic!("marketing was refused");
    };
    // The sender took its permit, and was not heard of again.
    let attempt = live.attempt;
    let stop = text(ADA, "wamid.stop", &house.seconds_ago(0), "stop");
    let (status, ()) = tokio::join!(house.posts(json!([stop])), async {
        house
            .until(|| async { !house.replies(ADA).await.is_empty() })
            .await;
        pump::step(&house.app).await.unwrap();
    });
    assert_eq!(status, StatusCode::OK);
    assert_eq!(house.phone(ADA).await.len(), 1);
    let sent = house.newest(ADA).await;
    let wamid = sent["id"].as_str().unwrap().to_owned();
    let store = &house.app.store;
    let marketing = store
        .find_messages(&[attempt], &[])
        .await
        .unwrap()
        .remove(0);
    let confirmation = store.find_messages(&[], &[wamid]).await.unwrap().remove(0);
    let between = confirmation.at.millis_since(marketing.at);
    let life = i64::try_from(PERMIT_LIFE.as_millis()).unwrap();
    assert!(between >= life, "only {between} ms later");
    drop(live);
}

#[tokio::test]
async fn whoever_was_erased_and_writes_again_is_answered() {
    for (words, kind) in [("HELP", "help"), ("STOP", "stopped"), ("START", "question")] {
        let now = Clock::Real.now().millis();
        let hand = Arc::new(AtomicI64::new(now));
        let house = House::open_at(Clock::Stepped(Arc::clone(&hand))).await;
        house.says(ADA, "hello there").await;
        let contact = house.contact(ADA).await;
        let path = format!("/api/v1/contacts/{contact}");
        let (status, _) = house.api("DELETE", &path, None).await;
        assert_eq!(status, StatusCode::OK);
        // Meta's clock and ours need not agree to the second.
        hand.fetch_add(20_000, std::sync::atomic::Ordering::SeqCst);
        house.later(18).await;
        house.says(ADA, words).await;
        assert_ne!(house.contact(ADA).await, contact);
        assert_eq!(
            house.states(ADA).await,
            [(kind.to_owned(), ReplyState::Sent)],
            "{words}"
        );
        assert_ne!(house.may(ADA, Category::Marketing).await, "allow");
        assert_eq!(house.may(ADA, Category::Utility).await, "opted_out_all");
        if words == "START" {
            house
                .hears(ADA, "tap", json!({ "button": "Yes, please" }))
                .await;
            assert_eq!(house.may(ADA, Category::Marketing).await, "allow");
        }
    }
}
