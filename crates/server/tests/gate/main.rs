//! The gate, end to end: an app on one side, a simulated Meta on the other.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on says where"
)]

mod campaign_form;
mod campaign_lists;
mod campaign_nodes;
mod campaign_pages;
mod campaigns;
mod campaigns_watched;
mod code;
mod drafts;
mod house;
mod inbox;
mod inbox_desk;
mod journey_stage;
mod journeys;
mod journeys_agent;
mod journeys_doors;
mod journeys_faults;
mod journeys_no;
mod journeys_trial;
mod kept;
#[path = "../desk/member.rs"]
mod member;
mod preflight;
mod promise;
mod refusals;
mod unknown;
mod weary;

use axum::http::StatusCode;
use consent::{event::Fact, scope::Scope};
use serde_json::json;

use house::{House, NUMBER, template};

const ADA: &str = "447700900123";

#[tokio::test]
async fn an_order_update_goes_to_a_stranger_and_an_offer_does_not() {
    let house = House::open().await;
    let order = house.send(&template(ADA, "order_update")).await;
    assert_eq!(order.status, StatusCode::OK, "{order:?}");
    assert_eq!(order.verdict(), "allow");
    assert!(
        order.body["messages"][0]["id"]
            .as_str()
            .unwrap()
            .starts_with("wamid.")
    );
    let offer = house.send(&template(ADA, "autumn_sale")).await;
    assert_eq!(
        (offer.status, offer.code()),
        (StatusCode::BAD_REQUEST, 131_050)
    );
    assert_eq!(offer.verdict(), "deny; code=no_consent");
    let error = &offer.body["error"];
    assert!(
        error["fbtrace_id"]
            .as_str()
            .unwrap()
            .starts_with("consentry-")
    );
    assert!(
        error["error_data"]["details"]
            .as_str()
            .unwrap()
            .contains("has not agreed")
    );
    assert_eq!(
        house.arrived().await.len(),
        1,
        "nothing but the order update reached Meta"
    );
}

#[tokio::test]
async fn what_was_checked_is_what_is_sent_with_only_the_callback_data_changed() {
    let house = House::open().await;
    house.send(&template(ADA, "order_update")).await;
    let arrived = house.arrived().await;
    let mut body: serde_json::Value =
        serde_json::from_str(arrived[0]["body"].as_str().unwrap()).unwrap();
    assert!(
        body["biz_opaque_callback_data"]
            .as_str()
            .unwrap()
            .starts_with("cg1.")
    );
    body["biz_opaque_callback_data"] = json!("mine");
    assert_eq!(body, template(ADA, "order_update"));
}

#[tokio::test]
async fn an_offer_goes_after_an_opt_in_and_not_after_an_opt_out() {
    let house = House::open().await;
    house.opt_in(ADA).await;
    assert_eq!(
        house.send(&template(ADA, "autumn_sale")).await.status,
        StatusCode::OK
    );
    house.opt_out(ADA).await;
    let refused = house.send(&template(ADA, "autumn_sale")).await;
    assert_eq!(refused.verdict(), "deny; code=opted_out_category");
    assert_eq!(
        house.send(&template(ADA, "order_update")).await.status,
        StatusCode::OK
    );
    house.record(ADA, Fact::OptOut(Scope::ALL)).await;
    let refused = house.send(&template(ADA, "order_update")).await;
    assert_eq!(refused.verdict(), "deny; code=opted_out_all");
}

#[tokio::test]
async fn every_spelling_of_a_number_is_the_same_person() {
    let house = House::open().await;
    house.opt_in("+447700900123").await;
    for to in [
        "447700900123",
        "+447700900123",
        "+44 7700 900123",
        "0044 7700-900-123",
        "+44 (0)7700 900123",
    ] {
        let answer = house.send(&template(to, "autumn_sale")).await;
        assert_eq!(answer.status, StatusCode::OK, "{to}: {answer:?}");
    }
    house.opt_in("5511987654321").await;
    house.opt_out("551187654321").await;
    let refused = house.send(&template("5511987654321", "autumn_sale")).await;
    assert_eq!(refused.verdict(), "deny; code=opted_out_category");
}

#[tokio::test]
async fn a_template_that_nobody_knows_counts_as_marketing() {
    let house = House::open().await;
    let refused = house.send(&template(ADA, "no_such_template")).await;
    assert_eq!(refused.verdict(), "deny; code=no_consent");
}

#[tokio::test]
async fn a_template_made_a_moment_ago_is_asked_for_once() {
    let house = House::open().await;
    let url = format!(
        "{}/v25.0/209900000000001/message_templates",
        house.meta.base_url()
    );
    let body = json!({ "name": "fresh_note", "language": "en_US", "category": "UTILITY",
        "components": [{ "type": "BODY", "text": "A note: {{1}}", "example": { "body_text": [["x"]] } }] });
    let token = house.meta.options.access_tokens[0].clone();
    let made = reqwest::Client::new()
        .post(url)
        .bearer_auth(token)
        .json(&body)
        .send()
        .await
        .unwrap();
    assert!(made.status().is_success());
    house
        .control(
            "/sandbox/templates/fresh_note/status",
            &json!({ "status": "APPROVED" }),
        )
        .await;
    let answer = house.send(&template(ADA, "fresh_note")).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
}

#[tokio::test]
async fn free_text_needs_an_open_window() {
    let house = House::open().await;
    let text = json!({ "messaging_product": "whatsapp", "to": ADA, "text": { "body": "hello" } });
    let refused = house.send(&text).await;
    assert_eq!(
        (refused.verdict(), refused.code()),
        ("deny; code=window_closed", 131_047)
    );
}

#[tokio::test]
async fn receipts_media_and_lists_are_handed_through() {
    let house = House::open().await;
    let receipt = json!({ "messaging_product": "whatsapp", "status": "read", "message_id": "wamid.ZGVtbzp4" });
    let answer = house.send(&receipt).await;
    assert_eq!(
        answer.code(),
        answer.code(),
        "whatever Meta says of it, it is Meta who says it"
    );
    let trace = answer.body["error"]["fbtrace_id"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    assert!(!trace.starts_with("consentry-"), "{answer:?}");
    for path in [
        "/v25.0/209900000000001/message_templates?limit=2",
        &format!("/v25.0/{NUMBER}"),
    ] {
        let request =
            axum::http::Request::get(path).header("authorization", format!("Bearer {}", house.key));
        let answer = house
            .call(request.body(axum::body::Body::empty()).unwrap())
            .await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {answer:?}");
    }
    let form = "--x\r\ncontent-disposition: form-data; name=\"messaging_product\"\r\n\r\nwhatsapp\r\n\
                --x\r\ncontent-disposition: form-data; name=\"type\"\r\n\r\nimage/png\r\n\
                --x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\
                content-type: image/png\r\n\r\nPNG\r\n--x--\r\n";
    let request = axum::http::Request::post(format!("/v25.0/{NUMBER}/media"))
        .header("authorization", format!("Bearer {}", house.key))
        .header("content-type", "multipart/form-data; boundary=x");
    let answer = house
        .call(request.body(axum::body::Body::from(form)).unwrap())
        .await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
}

#[tokio::test]
async fn every_verdict_can_be_looked_up() {
    let house = House::open().await;
    let contact = house.opt_out(ADA).await;
    house.send(&template(ADA, "autumn_sale")).await;
    house.send(&template(ADA, "order_update")).await;
    let filter = store::message::MessageFilter {
        contact: Some(contact),
        limit: 10,
        ..Default::default()
    };
    let lines = house.app.store.messages(&filter).await.unwrap();
    let states: Vec<&str> = lines.iter().map(|line| line.state.word()).collect();
    assert_eq!(states, ["accepted", "denied"]);
    assert_eq!(lines[1].code.as_deref(), Some("opted_out_category"));
    assert_eq!(
        lines[1].because.len(),
        1,
        "the refusal names the event that it rests on"
    );
}
