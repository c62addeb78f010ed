//! How webhooks travel: signed, escaped, again, doubled, shuffled, lost, together, elsewhere.

use hmac::{Hmac, KeyInit, Mac};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::house::{ADA, House, WABA, template};

#[tokio::test]
async fn the_exact_bytes_are_signed_and_hold_nothing_beyond_ascii() {
    let house = House::open().await;
    house
        .customer("ana", "say", json!({"text": "Olá 👍"}))
        .await;
    house.quiet().await;
    let (body, signature) = house.heard.posts().remove(0);
    assert!(body.is_ascii());
    let text = String::from_utf8(body.to_vec()).unwrap();
    assert!(text.contains(r"Ol\u00e1 \ud83d\udc4d"), "{text}");
    let mut mac = Hmac::<Sha256>::new_from_slice(house.meta.options.app_secret.as_bytes()).unwrap();
    mac.update(&body);
    assert_eq!(
        signature,
        format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
    );
}

#[tokio::test]
async fn anything_but_200_is_tried_again_until_the_gaps_are_used_up() {
    let house = House::open().await;
    house.heard.refuse_next(2);
    house.customer("ada", "say", json!({"text": "STOP"})).await;
    house.quiet().await;
    let posts = house.heard.posts();
    assert_eq!(posts.len(), 3);
    assert!(
        posts.iter().all(|post| *post == posts[0]),
        "the same bytes each time"
    );
    house.heard.refuse_next(100);
    house.customer("ada", "say", json!({"text": "again"})).await;
    house.quiet().await;
    assert_eq!(house.heard.posts().len(), 3 + 4);
    let (_, log) = house.control(Method::GET, "webhooks", Value::Null).await;
    let answers: Vec<&Value> = log["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| &line["status"])
        .collect();
    assert_eq!(answers, [500, 500, 200, 500, 500, 500, 500]);
    assert_eq!(
        house.control(Method::GET, "state", Value::Null).await.1["counts"]["webhooks_lost"],
        1
    );
}

#[tokio::test]
async fn duplicates_come_as_often_as_asked() {
    let house = House::open().await;
    house.set(json!({"webhooks": {"duplicate": 2}})).await;
    house.customer("ada", "say", json!({"text": "STOP"})).await;
    house.quiet().await;
    assert_eq!(house.heard.posts().len(), 3);
}

#[tokio::test]
async fn a_shuffle_keeps_every_update_and_not_the_order() {
    let house = House::open().await;
    house
        .set(json!({"webhooks": {"shuffle_ms": 60, "seed": 7}}))
        .await;
    for number in 0..12 {
        house
            .customer("ada", "say", json!({"text": number.to_string()}))
            .await;
    }
    let told = house.told("messages").await;
    let mut order: Vec<i32> = told
        .iter()
        .map(|value| {
            value["messages"][0]["text"]["body"]
                .as_str()
                .unwrap()
                .parse()
                .unwrap()
        })
        .collect();
    assert_ne!(order, (0..12).collect::<Vec<_>>());
    order.sort_unstable();
    assert_eq!(order, (0..12).collect::<Vec<_>>());
}

#[tokio::test]
async fn dropped_updates_are_lost_and_delayed_ones_late() {
    let house = House::open().await;
    house
        .set(json!({"webhooks": {"drop_next": 1, "delay_ms": 30}}))
        .await;
    house.customer("ada", "say", json!({"text": "lost"})).await;
    house.customer("ada", "say", json!({"text": "late"})).await;
    assert!(house.heard.posts().is_empty());
    let told = house.told("messages").await;
    assert_eq!(
        (told.len(), &told[0]["messages"][0]["text"]["body"]),
        (1, &json!("late"))
    );
}

#[tokio::test]
async fn a_batch_is_one_post() {
    let house = House::open().await;
    let actions = json!({"actions": [
        {"customer": "ada", "do": "say", "text": "STOP"},
        {"customer": "sam", "do": "offers", "on": false},
        {"customer": "noor", "do": "say", "text": "hello"},
    ]});
    let (status, answer) = house.control(Method::POST, "batch", actions).await;
    assert_eq!((status, &answer["updates"]), (200, &json!(3)));
    house.quiet().await;
    assert_eq!(house.heard.posts().len(), 1);
    let body: Value = serde_json::from_slice(&house.heard.posts()[0].0).unwrap();
    let fields: Vec<&Value> = body["entry"][0]["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| &change["field"])
        .collect();
    assert_eq!(fields, ["messages", "user_preferences", "messages"]);
}

#[tokio::test]
async fn updates_that_wait_share_a_post_when_batching_is_on() {
    let house = House::open().await;
    house
        .set(json!({"webhooks": {"batch_max": 100, "batch_ms": 50}}))
        .await;
    for to in [ADA, "447700900188", "447700900001"] {
        house.sent(template(to, "spring_sale", "")).await;
    }
    assert_eq!(house.statuses().await.len(), 9);
    assert!(house.heard.posts().len() < 9);
}

#[tokio::test]
async fn standby_and_unsubscribed_fields_are_what_a_careless_server_misses() {
    let house = House::open().await;
    house.set(json!({"standby": true})).await;
    house.customer("ada", "say", json!({"text": "STOP"})).await;
    assert_eq!(
        house.told("standby").await[0]["messages"][0]["text"]["body"],
        "STOP"
    );
    house
        .set(json!({"standby": false, "fields": ["messages"]}))
        .await;
    house.customer("ada", "offers", json!({"on": false})).await;
    assert!(house.told("user_preferences").await.is_empty());
    house
        .graph(
            Method::DELETE,
            &format!("{WABA}/subscribed_apps"),
            Value::Null,
        )
        .await;
    house.customer("ada", "say", json!({"text": "STOP"})).await;
    house.quiet().await;
    assert_eq!(house.heard.posts().len(), 1, "a silent account");
    house
        .graph(
            Method::POST,
            &format!("{WABA}/subscribed_apps"),
            Value::Null,
        )
        .await;
    house.customer("ada", "say", json!({"text": "STOP"})).await;
    assert_eq!(house.told("messages").await.len(), 1);
}

#[tokio::test]
async fn an_override_takes_messages_away_but_not_preferences() {
    let house = House::open().await;
    let other = House::open().await;
    let url = other.meta.options.callback.clone().unwrap();
    let mut body = json!({"override_callback_uri": url, "verify_token": "wrong"});
    let edge = format!("{WABA}/subscribed_apps");
    assert_eq!(house.graph(Method::POST, &edge, body.clone()).await.0, 400);
    body["verify_token"] = json!(other.meta.options.verify_token);
    assert_eq!(house.graph(Method::POST, &edge, body).await.0, 200);
    house.customer("ada", "say", json!({"text": "STOP"})).await;
    house.customer("ada", "offers", json!({"on": false})).await;
    house.quiet().await;
    assert_eq!(
        (
            other.heard.values("messages").len(),
            other.heard.values("user_preferences").len()
        ),
        (1, 0)
    );
    assert_eq!(
        (
            house.heard.values("messages").len(),
            house.heard.values("user_preferences").len()
        ),
        (0, 1)
    );
}

#[tokio::test]
async fn a_callback_proves_itself_and_gets_what_waited() {
    let house = House::open_with(|options| options.callback = None).await;
    house.customer("ada", "say", json!({"text": "STOP"})).await;
    let receiver = House::open().await;
    let url = receiver.meta.options.callback.clone().unwrap();
    let ask = |token: &str| json!({"url": url, "verify": true, "verify_token": token});
    assert_eq!(
        house
            .control(Method::POST, "callback", ask("wrong"))
            .await
            .0,
        502
    );
    let right = ask(&receiver.meta.options.verify_token);
    assert_eq!(house.control(Method::POST, "callback", right).await.0, 200);
    house.quiet().await;
    assert_eq!(receiver.heard.values("messages").len(), 1);
}

#[tokio::test]
async fn any_body_can_be_sent_signed() {
    let house = House::open().await;
    house
        .control(
            Method::POST,
            "webhooks/emit",
            json!({"body": "{\"object\": [}"}),
        )
        .await;
    let update = json!({"field": "account_update", "time": 1_795_341_600, "value": {"event": "ACCOUNT_DELETED"}});
    house
        .control(Method::POST, "webhooks/emit", json!({"updates": [update]}))
        .await;
    house.quiet().await;
    let posts = house.heard.posts();
    assert_eq!(&posts[0].0[..], b"{\"object\": [}");
    let body: Value = serde_json::from_slice(&posts[1].0).unwrap();
    assert_eq!(
        (&body["entry"][0]["id"], &body["entry"][0]["time"]),
        (&json!(WABA), &json!(1_795_341_600))
    );
}
