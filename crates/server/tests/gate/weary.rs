//! Somebody who may be weary of marketing gets less of it from campaigns, and from every other door what they always got.

use axum::{
    body::{Body, to_bytes},
    http::{Request, StatusCode, header},
};
use consent::{
    id::{AttemptId, ContactId},
    policy::{Cap, Policy},
    scope::Category,
    time::DAY_MS,
};
use serde_json::{Value, json};
use server::services::{policy, staff::Role};
use store::message::{Direction, MessageLine, News, State};
use tower::ServiceExt;
use uuid::Uuid;

use crate::{
    ADA,
    campaigns::{Desk, received, until},
    house::{House, NUMBER, template},
    member,
};

const BEN: &str = "447700900124";

/// WhatsApp held so many offers to them back, days ago.
async fn held_back(house: &House, contact: ContactId, times: usize) {
    let at = house.app.clock.now().plus_millis(-9 * DAY_MS);
    let mut tx = house.app.store.begin().await.unwrap();
    for _ in 0..times {
        let line = MessageLine {
            id: AttemptId::new(Uuid::now_v7()),
            contact,
            direction: Direction::Out,
            number: NUMBER.to_owned(),
            recipient: format!("+{ADA}"),
            category: "marketing".to_owned(),
            topic: None,
            template: Some(("autumn_sale".to_owned(), "en_US".to_owned())),
            state: State::Accepted,
            code: None,
            reason: None,
            because: Vec::new(),
            basis: Some("opt_in".to_owned()),
            policy_version: 1,
            as_of: 0,
            at,
            outcome: None,
            unknown: None,
            wamid: None,
            error_code: None,
            fingerprint: None,
            sealed: None,
        };
        let news = News {
            id: Some(line.id),
            wamid: None,
            state: State::Failed,
            error_code: Some(131_049),
            reason: None,
            at,
        };
        tx.keep_messages(&[line]).await.unwrap();
        tx.take_news(&[news]).await.unwrap();
    }
    tx.commit().await.unwrap();
}

async fn page(house: &House, contact: ContactId) -> String {
    let cookie = member::cookie(&house.app, Role::Viewer).await;
    let request = Request::get(format!("/customers/{contact}"))
        .header(header::COOKIE, cookie)
        .body(Body::empty())
        .unwrap();
    let answer = house.router.clone().oneshot(request).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let bytes = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test]
async fn campaigns_slow_down_for_whoever_may_be_weary_and_other_doors_do_not() {
    let house = House::open().await;
    let [ada, ben] = [house.opt_in(ADA).await, house.opt_in(BEN).await];
    held_back(&house, ada, 6).await;
    let rules = Policy {
        caps: vec![Cap {
            category: Category::Marketing,
            topic: None,
            max: 4,
            days: 7,
        }],
        ..Policy::default()
    };
    policy::replace(&house.app, rules, "test").await.unwrap();
    let desk = Desk::of(&house, "marketing").await;
    let numbers = [format!("+{ADA}"), format!("+{BEN}")];
    for _ in 0..5 {
        let audience = json!({ "audience": { "numbers": numbers }, "flight_recorder": "off" });
        let path = desk.make(&house, audience).await;
        desk.start(&house, &path).await;
        until(&house, &desk, &path, "done").await;
    }
    let got = received(&house).await;
    assert_eq!(
        numbers.map(|number| got.get(&number).copied()),
        [Some(3), Some(4)],
        "three fourths of the cap for the one, all of it for the other"
    );
    let offer = template(ADA, "autumn_sale");
    assert_eq!(
        house.send(&offer).await.verdict(),
        "allow",
        "the gateway keeps to the cap as it is"
    );
    let fifth = house.send(&offer).await;
    assert_eq!(fifth.verdict(), "deny; code=frequency_capped");
    let fatigue = async |id| {
        desk.get(&house, &format!("/api/v1/contacts/{id}/fatigue"))
            .await
    };
    let weary = fatigue(ada).await;
    assert_eq!(
        (&weary["slows"], &weary["held_back"], &weary["sent"]),
        (&json!(true), &json!(6), &json!(4)),
        "{weary}"
    );
    assert!(
        weary["weariness"].as_f64() > Some(0.5) && weary["confidence"].as_f64() > Some(0.5),
        "{weary}"
    );
    assert!(weary["note"].as_str().unwrap().starts_with("an estimate"));
    let fresh = fatigue(ben).await;
    assert_eq!(
        (&fresh["slows"], &fresh["held_back"], &fresh["days_silent"]),
        (&json!(false), &json!(0), &Value::Null),
        "{fresh}"
    );
}

#[tokio::test]
async fn the_page_of_a_customer_shows_the_estimate_where_there_is_something_to_tell_it_from() {
    let house = House::open().await;
    let [ada, ben] = [house.opt_in(ADA).await, house.opt_in(BEN).await];
    held_back(&house, ada, 6).await;
    let shown = page(&house, ada).await;
    assert!(
        shown.contains("Tired of marketing: about") && shown.contains("an estimate"),
        "{shown}"
    );
    let nothing = page(&house, ben).await;
    assert!(nothing.contains("What may be sent") && !nothing.contains("Tired of marketing"));
    let desk = Desk::of(&house, "marketing").await;
    let path = format!("/api/v1/contacts/{}/fatigue", Uuid::now_v7());
    let unknown = desk.ask(&house, "GET", &path, &Value::Null).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
}
