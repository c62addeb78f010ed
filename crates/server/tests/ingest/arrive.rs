//! The door: signatures, limits, repeats, poison, and a database that is gone.

use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use graph::signature::{AppSecret, sign};
use serde_json::{Value, json};
use server::services::{keys, quarantine};

use crate::house::{Here, SECRET, body, golden, text};

const ANA: (&str, &str) = ("447700900123", "GB.70012345678901234567");

#[tokio::test]
async fn only_whoever_knows_our_word_gets_the_challenge() {
    let here = Here::open().await;
    for (query, want) in [
        (
            "hub.mode=subscribe&hub.verify_token=our%20word&hub.challenge=1158201444",
            StatusCode::OK,
        ),
        (
            "hub.mode=subscribe&hub.verify_token=our&hub.challenge=1158201444",
            StatusCode::FORBIDDEN,
        ),
        (
            "hub.mode=subscribe&hub.challenge=1158201444",
            StatusCode::FORBIDDEN,
        ),
        (
            "hub.mode=other&hub.verify_token=our%20word&hub.challenge=1",
            StatusCode::FORBIDDEN,
        ),
        ("", StatusCode::FORBIDDEN),
    ] {
        let request = Request::get(format!("/webhooks/whatsapp?{query}"))
            .body(Body::empty())
            .unwrap();
        let (status, text) = here.call(request).await;
        assert_eq!(status, want, "{query}");
        assert_eq!(text == "1158201444", want == StatusCode::OK, "{query}");
    }
    here.close().await;
}

#[tokio::test]
async fn a_body_that_meta_did_not_sign_leaves_no_trace() {
    let here = Here::open().await;
    let raw = golden("01");
    let good = sign(&AppSecret::new(SECRET).unwrap(), &raw);
    let upper = format!(
        "sha256={}",
        good.trim_start_matches("sha256=").to_uppercase()
    );
    let longer = format!("{good}0");
    let other = sign(&AppSecret::new("another").unwrap(), &raw);
    for bad in [
        None,
        Some(""),
        Some(&good[..70]),
        Some(&longer),
        Some(&upper),
        Some(&other),
    ] {
        assert_eq!(
            here.post(&raw, bad).await,
            StatusCode::UNAUTHORIZED,
            "{bad:?}"
        );
    }
    let mut bent = raw.clone();
    bent.push(b' ');
    assert_eq!(
        here.post(&bent, Some(&good)).await,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(here.app.store.count_contacts().await.unwrap(), 0);
    assert_eq!(here.app.store.count_quarantine().await.unwrap(), 0);
    let large = vec![b' '; 4 * 1024 * 1024 + 1];
    assert_eq!(here.signed(&large).await, StatusCode::PAYLOAD_TOO_LARGE);
    here.close().await;
}

#[tokio::test]
async fn every_golden_body_is_taken_and_taken_again_without_effect() {
    let here = Here::open().await;
    let names: Vec<String> = (1..=37).map(|number| format!("{number:02}_")).collect();
    for name in &names {
        assert_eq!(here.signed(&golden(name)).await, StatusCode::OK, "{name}");
    }
    let size = here.app.store.head().await.unwrap().size;
    let contacts = here.app.store.count_contacts().await.unwrap();
    assert_eq!(here.app.store.count_quarantine().await.unwrap(), 0);
    // The same once more, also when the raw bodies were forgotten long ago.
    for forget in [false, true] {
        if forget {
            let mut tx = here.app.store.begin().await.unwrap();
            tx.forget_webhooks(here.app.clock.now().plus_millis(1))
                .await
                .unwrap();
            tx.commit().await.unwrap();
        }
        for name in names.iter().rev() {
            assert_eq!(here.signed(&golden(name)).await, StatusCode::OK, "{name}");
        }
        assert_eq!(
            here.app.store.head().await.unwrap().size,
            size,
            "forgotten: {forget}"
        );
        assert_eq!(here.app.store.count_contacts().await.unwrap(), contacts);
    }
    here.close().await;
}

#[tokio::test]
async fn what_cannot_be_understood_is_kept_and_costs_nothing_else() {
    let here = Here::open().await;
    assert_eq!(here.signed(b"{ not json").await, StatusCode::OK);
    let mut messages: Vec<Value> = (0..999)
        .map(|n| {
            text(
                (&format!("4477009{n:05}"), ""),
                &format!("wamid.{n}"),
                n,
                "stop",
            )
        })
        .collect();
    messages.insert(500, json!({ "id": "wamid.bad", "from": "447700900999", "timestamp": "1795341600", "type": "text", "text": 7 }));
    here.hears("messages", json!({ "messages": messages }))
        .await;
    assert_eq!(here.app.store.count_contacts().await.unwrap(), 999);
    assert_eq!(here.contact("447700900998").await.consent, "opted_out");
    let kept = quarantine::list(&here.app, None, 10).await.unwrap();
    assert_eq!(kept.len(), 2);
    assert_eq!(kept[0].path, "entry[0].changes[0].value.messages[500]");
    let part = quarantine::one(&here.app, kept[0].id).await.unwrap();
    assert!(
        part.text.contains("wamid.bad")
            && part.text.contains("109900000000001")
            && !part.text.contains("wamid.499")
    );
    assert_eq!(
        quarantine::one(&here.app, kept[1].id).await.unwrap().text,
        "{ not json"
    );
    assert!(quarantine::retry(&here.app, kept[0].id).await.is_err());
    here.close().await;
}

#[tokio::test]
async fn an_item_that_cannot_be_applied_waits_alone_and_is_applied_later() {
    let here = Here::open().await;
    let poor = here.someone("447700900123").await;
    let good = here
        .app
        .store
        .persons(&[poor])
        .await
        .unwrap()
        .pop()
        .unwrap()
        .sealing_key
        .unwrap();
    set_key(&here, poor, &[1, 2, 3]).await;
    let messages: Vec<Value> = (0..50)
        .map(|n| {
            text(
                (&format!("4477009001{n:02}"), ""),
                &format!("wamid.{n}"),
                n,
                "stop",
            )
        })
        .collect();
    here.hears("messages", json!({ "messages": messages }))
        .await;
    assert_eq!(here.contact("447700900122").await.consent, "opted_out");
    assert_eq!(here.contact("447700900149").await.consent, "opted_out");
    assert_eq!(here.contact("447700900123").await.consent, "none");
    let kept = quarantine::list(&here.app, None, 10).await.unwrap();
    assert_eq!(kept.len(), 1, "{kept:?}");
    set_key(&here, poor, &good).await;
    let key = keys::create(&here.app, "ops", keys::Role::Admin, "test")
        .await
        .unwrap()
        .key;
    let path = format!("/api/v1/quarantine/{}/retry", kept[0].id);
    let request = |key: &str| {
        Request::post(&path)
            .header("Authorization", format!("Bearer {key}"))
            .body(Body::empty())
            .unwrap()
    };
    assert_eq!(
        here.call(request("csk_wrong")).await.0,
        StatusCode::UNAUTHORIZED
    );
    let (status, text) = here.call(request(&key)).await;
    assert_eq!(
        (status, text.contains("\"done\"")),
        (StatusCode::OK, true),
        "{text}"
    );
    assert_eq!(here.contact("447700900123").await.consent, "opted_out");
    here.close().await;
}

async fn set_key(here: &Here, id: consent::id::ContactId, key: &[u8]) {
    here.app.store.set_sealing_key(id, key).await.unwrap();
}

#[tokio::test]
async fn without_a_database_meta_is_told_to_ask_again() {
    let here = Here::open().await;
    here.app.store.close().await;
    let raw = body(
        "messages",
        json!({ "messages": [text(ANA, "wamid.1", 0, "stop")] }),
    )
    .to_string();
    assert_eq!(
        here.signed(raw.as_bytes()).await,
        StatusCode::SERVICE_UNAVAILABLE
    );
}
