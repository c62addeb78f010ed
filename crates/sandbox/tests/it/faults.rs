//! Faults on request, and the log that tells what really came in.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use crate::house::{ADA, House, NUMBER, template};

fn send(house: &House) -> reqwest::RequestBuilder {
    let request = house.request(Method::POST, &format!("/v25.0/{NUMBER}/messages"));
    request
        .bearer_auth(house.token())
        .json(&template(ADA, "spring_sale", ""))
}

#[tokio::test]
async fn graph_errors_and_bare_statuses_hit_as_many_sends_as_asked() {
    let house = House::open().await;
    house
        .fault(json!({"kind": "error", "code": 130_429, "status": 429, "count": 2}))
        .await;
    house.fault(json!({"kind": "http", "status": 503})).await;
    for status in [429, 429, 503, 200] {
        assert_eq!(send(&house).send().await.unwrap().status(), status);
    }
    assert_eq!(house.chat("ada").await.len(), 1);
    let (status, _) = house
        .control(Method::POST, "faults", json!({"kind": "http"}))
        .await;
    assert_eq!(status, 422);
}

#[tokio::test]
async fn a_reset_may_hide_a_message_that_was_taken() {
    let house = House::open().await;
    house
        .fault(json!({"kind": "reset", "accepted": true}))
        .await;
    assert!(send(&house).send().await.is_err());
    assert_eq!(house.chat("ada").await.len(), 1);
    house
        .fault(json!({"kind": "reset", "after_bytes": 20}))
        .await;
    let broken = match send(&house).send().await {
        Ok(response) => response.bytes().await.is_err(),
        Err(_) => true,
    };
    assert!(broken);
    assert_eq!(house.chat("ada").await.len(), 1);
    let log = house.log().await;
    assert_eq!(
        (&log[0]["fault"], log[0]["wamid"].is_string()),
        (&json!("reset"), true)
    );
    assert_eq!(
        (&log[1]["fault"], &log[1]["wamid"]),
        (&json!("reset"), &Value::Null)
    );
}

#[tokio::test]
async fn a_hang_outlasts_the_caller_and_a_slow_answer_is_right() {
    let house = House::open().await;
    house.fault(json!({"kind": "hang"})).await;
    let answer = send(&house)
        .timeout(Duration::from_millis(100))
        .send()
        .await;
    assert!(answer.unwrap_err().is_timeout());
    assert_eq!(house.log().await[0]["status"], Value::Null);
    house.fault(json!({"kind": "slow", "ms": 80})).await;
    let before = Instant::now();
    assert_eq!(send(&house).send().await.unwrap().status(), 200);
    assert!(before.elapsed() >= Duration::from_millis(80));
}

#[tokio::test]
async fn a_fault_can_wait_for_one_person_and_fail_by_webhook() {
    let house = House::open().await;
    house
        .fault(json!({"kind": "fail", "code": 131_049, "to": ADA}))
        .await;
    house
        .sent(template("447700900188", "spring_sale", ""))
        .await;
    house.sent(template(ADA, "spring_sale", "")).await;
    let statuses = house.statuses().await;
    let failed: Vec<&Value> = statuses
        .iter()
        .filter(|status| status["status"] == "failed")
        .collect();
    assert_eq!((failed.len(), &failed[0]["recipient_id"]), (1, &json!(ADA)));
    assert_eq!(failed[0]["errors"][0]["code"], 131_049);
}

#[tokio::test]
async fn pair_rate_and_throughput_hold_when_switched_on() {
    let house = House::open().await;
    house.set(json!({"pair_rate": true})).await;
    for _ in 0..45 {
        house.sent(template(ADA, "spring_sale", "")).await;
    }
    assert_eq!(
        house.send(template(ADA, "spring_sale", "")).await.1["error"]["code"],
        131_056
    );
    house
        .set(json!({"pair_rate": false, "throughput_per_s": 1}))
        .await;
    let mut codes = Vec::new();
    for _ in 0..4 {
        codes.push(house.send(template(ADA, "spring_sale", "")).await.1["error"]["code"].clone());
    }
    assert!(codes.contains(&json!(130_429)), "{codes:?}");
}

#[tokio::test]
async fn the_log_holds_every_post_with_its_times_token_and_body() {
    let house = House::open().await;
    house.sent(template(ADA, "spring_sale", "")).await;
    house.send(template(ADA, "nope", "")).await;
    let log = house.log().await;
    let (good, bad) = (&log[0], &log[1]);
    assert_eq!(
        (&good["verdict"], &bad["verdict"], &bad["code"]),
        (&json!("accepted"), &json!("refused"), &json!(132_001))
    );
    assert_eq!(
        (&good["edge"], &good["token"]),
        (&json!("messages"), &json!(house.token()))
    );
    let sent: Value = serde_json::from_str(good["body"].as_str().unwrap()).unwrap();
    assert_eq!(sent, template(ADA, "spring_sale", ""));
    let time = |line: &Value, what: &str| line[what]["mono_ns"].as_u64().unwrap();
    assert!(time(good, "first_byte") <= time(good, "complete"));
    assert!(time(good, "complete") <= time(good, "answered"));
    assert!(time(good, "answered") <= time(bad, "first_byte"));
    let (_, narrowed) = house
        .control(Method::GET, "sent?verdict=refused&after=0", Value::Null)
        .await;
    assert_eq!(narrowed["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn the_first_byte_is_noted_before_the_rest_arrives() {
    use tokio::io::AsyncWriteExt;
    let house = House::open().await;
    let body = template(ADA, "spring_sale", "").to_string();
    let head = format!(
        "POST /v25.0/{NUMBER}/messages HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Length: {}\r\n\r\n",
        house.meta.addr,
        house.token(),
        body.len()
    );
    let mut wire = tokio::net::TcpStream::connect(house.meta.addr)
        .await
        .unwrap();
    wire.write_all(head.as_bytes()).await.unwrap();
    while house.log().await.is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!(
        house.log().await[0]["complete"],
        Value::Null,
        "the log shows it before it is whole"
    );
    tokio::time::sleep(Duration::from_millis(60)).await;
    wire.write_all(body.as_bytes()).await.unwrap();
    while house.log().await[0]["answered"].is_null() {
        tokio::task::yield_now().await;
    }
    let line = house.log().await.remove(0);
    let time = |what: &str| line[what]["mono_ns"].as_u64().unwrap();
    assert!(time("complete") - time("first_byte") >= 50_000_000);
    assert_eq!(line["status"], 200);
}
