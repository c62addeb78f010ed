//! What the gateway does not take: a Graph error that says why, and nothing forwarded.

use axum::http::{Request, StatusCode};
use serde_json::json;

use crate::{
    ADA,
    house::{House, NUMBER, template},
};

#[tokio::test]
async fn what_cannot_be_read_for_certain_is_refused_and_nothing_is_forwarded() {
    let house = House::open().await;
    let messages = format!("/v25.0/{NUMBER}/messages");
    let body = template(ADA, "order_update").to_string();
    let twice = body.replacen("\"to\"", "\"to\":\"447700900188\",\"to\"", 1);
    let cases: Vec<(String, String)> = vec![
        (messages.clone(), twice),
        (messages.clone(), format!("[{body}]")),
        (messages.clone(), "to=447700900123&type=text".to_owned()),
        (messages.clone(), "{".to_owned()),
        (
            messages.clone(),
            json!({ "messaging_product": "whatsapp", "to": "447700900123" }).to_string(),
        ),
        (
            messages.clone(),
            json!({ "to": "not a number", "text": { "body": "x" } }).to_string(),
        ),
        (
            messages.clone(),
            json!({ "to": ADA, "type": "text", "text": { "body": "x" }, "image": { "id": "1" } })
                .to_string(),
        ),
        (format!("{messages}?method=delete"), body.clone()),
        (format!("{messages}?batch=1"), body.clone()),
        ("/v25.0/109900000000009/messages".to_owned(), body.clone()),
        (format!("/v25.0/{NUMBER}/messages_encrypted"), body.clone()),
        (format!("/v25.0/{NUMBER}/register"), body.clone()),
        (
            format!("/v25.0/{NUMBER}"),
            json!({ "webhook_configuration": { "override_callback_uri": "https://x.example" } })
                .to_string(),
        ),
        ("/v25.0/209900000000001".to_owned(), body.clone()),
        (
            "/v25.0/209900000000001/subscribed_apps".to_owned(),
            body.clone(),
        ),
        ("/v25.0".to_owned(), body.clone()),
        ("/".to_owned(), body.clone()),
    ];
    for (path, body) in cases {
        let answer = house.post(&path, body.clone()).await;
        assert_eq!(
            answer.status,
            StatusCode::BAD_REQUEST,
            "{path} {body}: {answer:?}"
        );
        let error = &answer.body["error"];
        assert!(
            error["error_data"]["details"]
                .as_str()
                .is_some_and(|text| text.len() > 10),
            "{path}: {answer:?}"
        );
        assert!(
            error["fbtrace_id"]
                .as_str()
                .unwrap()
                .starts_with("consentry-")
        );
    }
    assert!(house.arrived().await.is_empty());
}

#[tokio::test]
async fn two_recipients_who_are_different_people_are_a_conflict() {
    let house = House::open().await;
    house.opt_in(ADA).await;
    house.opt_in("447700900188").await;
    let mut body = template(ADA, "autumn_sale");
    body["recipient"] = json!("GB.70012345678901234567");
    assert_eq!(
        house.send(&body).await.status,
        StatusCode::OK,
        "an id that nobody has yet is no conflict"
    );
    let answer = house
        .send(&json!({ "to": "12", "text": { "body": "x" } }))
        .await;
    assert_eq!(
        (answer.code(), answer.verdict()),
        (131_009, "deny; code=invalid_recipient")
    );
}

#[tokio::test]
async fn a_group_is_refused_unless_policy_allows() {
    let house = House::open().await;
    let body = json!({ "messaging_product": "whatsapp", "recipient_type": "group", "to": "Y2FwaQ==", "type": "text",
        "text": { "body": "hello" } });
    let answer = house.send(&body).await;
    assert_eq!(
        (answer.code(), answer.verdict()),
        (131_009, "deny; code=invalid_recipient")
    );
}

#[tokio::test]
async fn without_a_good_key_nothing_goes() {
    let house = House::open().await;
    for authorization in [
        None,
        Some("Bearer csk_nonsense"),
        Some("Bearer EAAmeta"),
        Some(""),
    ] {
        let mut request = Request::post(format!("/v25.0/{NUMBER}/messages"));
        if let Some(value) = authorization {
            request = request.header("authorization", value);
        }
        let body = template(ADA, "order_update").to_string();
        let answer = house.call(request.body(body.into()).unwrap()).await;
        assert_eq!(
            (answer.status, answer.code()),
            (StatusCode::UNAUTHORIZED, 190),
            "{authorization:?}"
        );
    }
    assert!(house.arrived().await.is_empty());
}

#[tokio::test]
async fn in_passthrough_mode_a_token_is_good_once_meta_says_so() {
    let house = House::with(|config| config.gateway.auth = server::config::Auth::Passthrough).await;
    let send = async |token: &str| {
        let request = Request::post(format!("/v25.0/{NUMBER}/messages"))
            .header("authorization", format!("Bearer {token}"));
        house
            .call(
                request
                    .body(template(ADA, "order_update").to_string().into())
                    .unwrap(),
            )
            .await
    };
    let token = house.meta.options.access_tokens[0].clone();
    assert_eq!(send(&token).await.status, StatusCode::OK);
    assert_eq!(send("EAAforged").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(
        house
            .arrived()
            .await
            .iter()
            .filter(|line| line["edge"] == "messages")
            .count(),
        1
    );
}
