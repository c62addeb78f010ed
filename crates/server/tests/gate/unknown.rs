//! When Meta does not answer: nobody knows, and nothing is sent twice.

use axum::http::StatusCode;
use serde_json::json;
use store::message::{MessageFilter, State};

use crate::{
    ADA,
    house::{House, template},
};

/// What became of the messages, newest first. A permit that lapsed on a slow machine was asked for anew: not counted.
async fn states(house: &House) -> Vec<State> {
    let filter = MessageFilter {
        limit: 10,
        ..Default::default()
    };
    house
        .app
        .store
        .messages(&filter)
        .await
        .unwrap()
        .iter()
        .filter(|line| line.reason.as_deref() != Some("the permit lapsed before the first byte"))
        .map(|line| line.state)
        .collect()
}

async fn sends(house: &House) -> usize {
    house
        .arrived()
        .await
        .iter()
        .filter(|line| line["edge"] == "messages")
        .count()
}

#[tokio::test]
async fn a_time_out_is_unknown_and_the_same_body_gets_the_first_answer() {
    let house = House::open().await;
    house.opt_in(ADA).await;
    house.fault("hang", &json!({ "ms": 5_000 })).await;
    let first = house.send(&template(ADA, "autumn_sale")).await;
    assert_eq!(first.status, StatusCode::GATEWAY_TIMEOUT, "{first:?}");
    assert_eq!(states(&house).await, [State::Unknown]);
    let again = house.send(&template(ADA, "autumn_sale")).await;
    assert_eq!((again.status, again.code()), (first.status, first.code()));
    assert_eq!(sends(&house).await, 1, "nothing was sent twice");
    let mut other = template(ADA, "autumn_sale");
    other["template"]["components"][0]["parameters"][0]["text"] = json!("Ada!");
    assert_eq!(
        house.send(&other).await.status,
        StatusCode::OK,
        "another body is another message"
    );
}

#[tokio::test]
async fn a_reset_or_a_5xx_is_unknown() {
    for (kind, more, status) in [
        ("reset", json!({}), StatusCode::GATEWAY_TIMEOUT),
        ("http", json!({ "status": 502 }), StatusCode::BAD_GATEWAY),
        (
            "error",
            json!({ "code": 131_000, "status": 500 }),
            StatusCode::INTERNAL_SERVER_ERROR,
        ),
    ] {
        let house = House::open().await;
        house.fault(kind, &more).await;
        let answer = house.send(&template(ADA, "order_update")).await;
        assert_eq!(answer.status, status, "{kind}: {answer:?}");
        assert_eq!(states(&house).await, [State::Unknown], "{kind}");
        let again = house.send(&template(ADA, "order_update")).await;
        assert_eq!(again.status, status, "{kind}: the first answer again");
        assert_eq!(sends(&house).await, 1, "{kind}");
    }
}

#[tokio::test]
async fn a_definite_no_is_handed_on_untouched_and_may_be_tried_again() {
    for (code, status) in [(130_429, 400), (131_056, 400), (131_026, 400)] {
        let house = House::open().await;
        house
            .fault("error", &json!({ "code": code, "status": status }))
            .await;
        let answer = house.send(&template(ADA, "order_update")).await;
        assert_eq!(answer.code(), code, "{answer:?}");
        assert_eq!(states(&house).await, [State::Rejected]);
        assert_eq!(
            house.send(&template(ADA, "order_update")).await.status,
            StatusCode::OK
        );
    }
}

#[tokio::test]
async fn a_131050_in_the_answer_says_as_much_as_one_in_a_webhook() {
    let house = House::open().await;
    house.opt_in(ADA).await;
    house
        .fault("error", &json!({ "code": 131_050, "status": 400 }))
        .await;
    let answer = house.send(&template(ADA, "autumn_sale")).await;
    assert_eq!(answer.code(), 131_050);
    assert_eq!(answer.verdict(), "", "it was Meta who refused");
    let next = house.send(&template(ADA, "autumn_sale")).await;
    assert_eq!(next.verdict(), "deny; code=platform_opt_out");
    assert_eq!(sends(&house).await, 1);
}

#[tokio::test]
async fn when_meta_is_down_nothing_is_sent_and_the_caller_hears_it() {
    let mut house = House::open().await;
    house.opt_in(ADA).await;
    house.meta.stop().await;
    let answer = house.send(&template(ADA, "order_update")).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{answer:?}");
    assert!(
        answer.body["error"]["error_data"]["details"]
            .as_str()
            .unwrap()
            .contains("nothing was sent")
    );
    assert_eq!(states(&house).await, [State::Rejected]);
}

#[tokio::test]
async fn the_gate_is_the_same_on_postgresql() {
    let house = House::on_postgres().await;
    assert_eq!(
        house.send(&template(ADA, "order_update")).await.status,
        StatusCode::OK
    );
    assert_eq!(
        house.send(&template(ADA, "autumn_sale")).await.verdict(),
        "deny; code=no_consent"
    );
    house.opt_in(ADA).await;
    assert_eq!(
        house.send(&template(ADA, "autumn_sale")).await.status,
        StatusCode::OK
    );
    house.fault("hang", &json!({ "ms": 5_000 })).await;
    let mut body = template(ADA, "autumn_sale");
    body["template"]["components"][0]["parameters"][0]["text"] = json!("later");
    let first = house.send(&body).await;
    assert_eq!(first.status, StatusCode::GATEWAY_TIMEOUT);
    assert_eq!(house.send(&body).await.status, first.status);
    assert_eq!(sends(&house).await, 3, "nothing was sent twice");
    let states = states(&house).await;
    assert_eq!(
        states,
        [
            State::Unknown,
            State::Accepted,
            State::Denied,
            State::Accepted
        ]
    );
}

#[tokio::test]
async fn without_a_database_every_send_is_503() {
    let house = House::open().await;
    house.send(&template(ADA, "order_update")).await;
    house.app.store.close().await;
    let answer = house.send(&template(ADA, "order_update")).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{answer:?}");
    assert_eq!(sends(&house).await, 1);
}
