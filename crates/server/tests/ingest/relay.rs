//! The app behind us gets every body, in order, byte for byte.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU16, Ordering},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use graph::signature::{AppSecret, sign, verify};
use serde_json::json;
use server::services::relay;

use crate::house::{Here, body, failed, golden, text};

/// A body and its signature.
type Got = (Vec<u8>, String);

#[derive(Clone, Default)]
struct Behind {
    got: Arc<Mutex<Vec<Got>>>,
    answer: Arc<AtomicU16>,
}

async fn take(State(behind): State<Behind>, headers: HeaderMap, raw: Bytes) -> StatusCode {
    let status = StatusCode::from_u16(behind.answer.load(Ordering::SeqCst)).unwrap();
    if status.is_success() {
        let signature = headers["X-Hub-Signature-256"].to_str().unwrap().to_owned();
        behind.got.lock().unwrap().push((raw.to_vec(), signature));
    }
    status
}

async fn behind() -> (Behind, Here) {
    let behind = Behind::default();
    behind.answer.store(200, Ordering::SeqCst);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let router = Router::new()
        .route("/hook", post(take))
        .with_state(behind.clone());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let here = Here::open_with(&format!("[relay]\nurl = \"{url}\"\ngive_up_hours = 1\n")).await;
    (behind, here)
}

#[tokio::test]
async fn a_body_is_handed_on_byte_for_byte_even_one_that_we_do_not_understand() {
    let (behind, here) = behind().await;
    let raw = golden("01");
    for raw in [raw.as_slice(), raw.as_slice(), b"{ odd"] {
        assert_eq!(here.signed(raw).await, 200);
    }
    while relay::step(&here.app).await.unwrap() > 0 {}
    let got = behind.got.lock().unwrap().clone();
    assert_eq!(
        got.iter()
            .map(|(raw, _)| raw.as_slice())
            .collect::<Vec<_>>(),
        [raw.as_slice(), b"{ odd"]
    );
    assert_eq!(
        got[0].1,
        sign(&AppSecret::new("example-app-secret").unwrap(), &raw)
    );
    here.close().await;
}

#[tokio::test]
async fn our_token_is_replaced_by_the_caller_s_value_and_the_body_signed_anew() {
    let (behind, here) = behind().await;
    let (_, token) = here.sent("447700900131", "wamid.a", None).await;
    here.hears("messages", failed("wamid.a", 131_050, None, Some(&token)))
        .await;
    relay::step(&here.app).await.unwrap();
    let (raw, signature) = behind.got.lock().unwrap()[0].clone();
    let want = body(
        "messages",
        failed("wamid.a", 131_050, None, Some("theirs \"1\"")),
    )
    .to_string();
    assert_eq!(String::from_utf8(raw.clone()).unwrap(), want);
    verify(
        &[AppSecret::new("old-secret").unwrap()],
        Some(signature.as_bytes()),
        &raw,
    )
    .unwrap();
    here.close().await;
}

#[tokio::test]
async fn what_is_refused_is_tried_again_later_in_order_and_given_up_at_last() {
    let (behind, here) = behind().await;
    behind.answer.store(500, Ordering::SeqCst);
    for n in 0..3 {
        let message = text(("447700900123", ""), &format!("wamid.{n}"), n, "hello");
        here.hears("messages", json!({ "messages": [message] }))
            .await;
    }
    assert_eq!(relay::step(&here.app).await.unwrap(), 1);
    assert_eq!(relay::step(&here.app).await.unwrap(), 0, "the gap");
    here.step(1_000);
    behind.answer.store(200, Ordering::SeqCst);
    while relay::step(&here.app).await.unwrap() > 0 {}
    let got: Vec<String> = behind
        .got
        .lock()
        .unwrap()
        .iter()
        .map(|(raw, _)| String::from_utf8(raw.clone()).unwrap())
        .collect();
    let order: Vec<bool> = (0..3)
        .map(|n| got[n].contains(&format!("wamid.{n}")))
        .collect();
    assert_eq!((got.len(), order), (3, vec![true; 3]));
    behind.answer.store(503, Ordering::SeqCst);
    assert_eq!(here.signed(&golden("03")).await, 200);
    here.step(3_600_001);
    relay::step(&here.app).await.unwrap();
    assert_eq!(here.app.store.count_relays().await.unwrap(), 0);
    assert_eq!(
        here.app.store.notices(5).await.unwrap()[0].kind,
        "relay_given_up"
    );
    here.close().await;
}
