//! Requests that Twilio did not sign, or that cannot be read: they say nothing, and change nothing.

use std::sync::Arc;

use axum::{
    body::Body,
    http::{Request, header},
};
use server::{app::House as Opened, clock::Clock, config::Config, http};
use sms::signature::HEADER;
use tower::ServiceExt;

use crate::{
    house::{House, PUBLIC},
    sms::{ANA, PATH, SETTINGS, TOKEN, events, post, signature, status, text, verdicts},
};

fn url() -> String {
    format!("{PUBLIC}{PATH}")
}

#[tokio::test]
async fn what_twilio_did_not_sign_changes_nothing_and_learns_nothing() {
    let house = House::open_with(SETTINGS).await;
    house.opt_in(ANA).await;
    let before = events(&house, ANA).await;
    let stop = text("SM01", ANA, "STOP", &[]);
    let good = signature(TOKEN, &url(), &stop);
    let start = stop.replace("Body=STOP", "Body=START");
    let upper = good.to_uppercase();
    let other = signature("somebody else's", &url(), &stop);
    let elsewhere = signature(TOKEN, "https://other.example/webhooks/sms", &stop);
    let held = status("SM01", ANA, "21610");
    for (path, body, signature) in [
        (PATH, &stop, None),
        (PATH, &stop, Some("")),
        (PATH, &stop, Some("AAAA")),
        (PATH, &stop, Some(upper.as_str())),
        (PATH, &stop, Some(other.as_str())),
        (PATH, &stop, Some(elsewhere.as_str())),
        (PATH, &start, Some(good.as_str())),
        (PATH, &held, Some(good.as_str())),
        ("/webhooks/sms?a=1", &stop, Some(good.as_str())),
    ] {
        let answer = post(&house, path, body, signature).await.expect(403);
        assert_eq!(answer.text(), "forbidden\n", "{path} {signature:?}");
    }
    assert_eq!(events(&house, ANA).await, before);
    assert_eq!(verdicts(&house, ANA).await, ["allow", "allow"]);
    let counted = house.get("/metrics").await.expect(200).text();
    assert!(
        counted.contains("consentry_sms_total{outcome=\"forged\"}"),
        "{counted}"
    );
    post(&house, PATH, &stop, Some(&good)).await.expect(200);
}

#[tokio::test]
async fn each_of_several_tokens_is_believed() {
    let house = House::open_with(SETTINGS).await;
    for (sid, token) in [("SM01", TOKEN), ("SM02", "old-token")] {
        let hello = text(sid, ANA, "hello", &[]);
        let good = signature(token, &url(), &hello);
        post(&house, PATH, &hello, Some(&good)).await.expect(200);
    }
}

#[tokio::test]
async fn the_address_that_is_signed_is_the_one_that_twilio_was_told_with_the_query_that_came() {
    let settings =
        format!("{SETTINGS}url = \"https://hooks.example.com:8443/in?who=twilio#rc=3\"\n");
    let house = House::open_with(&settings).await;
    let stop = text("SM01", ANA, "hello", &[]);
    for (query, told, want) in [
        (
            "?who=twilio",
            "https://hooks.example.com:8443/in?who=twilio",
            200,
        ),
        (
            "?who=twilio",
            "https://hooks.example.com/in?who=twilio",
            200,
        ),
        ("", "https://hooks.example.com/in", 200),
        (
            "?who=a%20b&x",
            "https://hooks.example.com/in?who=a%20b&x",
            200,
        ),
        (
            "?who=a%20b&x",
            "https://hooks.example.com/in?who=a+b&x",
            403,
        ),
        ("", "https://hooks.example.com/in?who=twilio", 403),
        ("?who=twilio", &url(), 403),
    ] {
        let good = signature(TOKEN, told, &stop);
        let path = format!("{PATH}{query}");
        post(&house, &path, &stop, Some(&good)).await.expect(want);
    }
}

#[tokio::test]
async fn what_was_signed_and_cannot_be_read_says_what_was_wanted() {
    let house = House::open_with(SETTINGS).await;
    let stop = text("SM01", ANA, "STOP", &[]);
    for (body, want) in [
        (
            text("SM01", "", "STOP", &[]),
            "the parameter `From` is missing or empty: Twilio sends it with every message and status\n",
        ),
        (
            text("SM 01", ANA, "STOP", &[]),
            "`SM 01` is not the SID of a message: want `SM` or `MM` and 32 hex digits\n",
        ),
        (
            format!("{stop}&Body=START"),
            "the parameter `Body` stands there more than once with different values: want one\n",
        ),
        (
            stop.replace("STOP", "%FF"),
            "the parameter `Body` is not UTF-8: want text\n",
        ),
    ] {
        let good = signature(TOKEN, &url(), &body);
        let answer = post(&house, PATH, &body, Some(&good)).await.expect(400);
        assert_eq!(answer.text(), want, "{body}");
    }
    let long = text("SM01", ANA, &"a".repeat(64 * 1024), &[]);
    post(&house, PATH, &long, None).await.expect(413);
    assert_eq!(events(&house, ANA).await.len(), 0);
}

#[tokio::test]
async fn a_body_that_is_no_form_is_believed_by_its_hash_and_says_nothing() {
    let house = House::open_with(SETTINGS).await;
    let body = "{}";
    let sha = hex::encode(server::vault::sha256(body.as_bytes()));
    for (query, want) in [(format!("?bodySHA256={sha}"), 400), (String::new(), 403)] {
        let good = signature(TOKEN, &format!("{}{query}", url()), "");
        let request = Request::post(format!("{PATH}{query}"))
            .header(header::CONTENT_TYPE, "application/json")
            .header(HEADER, good)
            .body(Body::from(body));
        house.raw(request.unwrap()).await.expect(want);
    }
}

#[tokio::test]
async fn without_a_token_there_is_no_such_door() {
    let house = House::open().await;
    let stop = text("SM01", ANA, "STOP", &[]);
    let good = signature(TOKEN, &url(), &stop);
    let answer = post(&house, PATH, &stop, Some(&good)).await.expect(404);
    assert_eq!(answer.text(), "");
}

#[tokio::test]
async fn the_public_address_has_this_door_as_well() {
    let house = House::open_with(SETTINGS).await;
    let stop = text("SM01", ANA, "STOP", &[]);
    let request = Request::post(PATH)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(HEADER, signature(TOKEN, &url(), &stop))
        .body(Body::from(stop));
    let router = http::public_router(Arc::clone(&house.app));
    let answer = router.oneshot(request.unwrap()).await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(house.marketing(ANA).await, "opted_out_category");
}

#[tokio::test]
async fn without_a_database_twilio_is_told_to_ask_again() {
    let house = House::open_with(SETTINGS).await;
    house.app.store.close().await;
    let stop = text("SM01", ANA, "STOP", &[]);
    let good = signature(TOKEN, &url(), &stop);
    post(&house, PATH, &stop, Some(&good)).await.expect(503);
}

#[tokio::test]
async fn a_token_or_an_address_that_cannot_be_right_is_refused_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("consentry.toml");
    for (settings, want) in [
        (
            "auth_tokens = [\"\"]",
            "sms.auth_tokens: the auth token is empty",
        ),
        ("url = \"gate.example.com\"", "sms.url: `gate.example.com`"),
    ] {
        std::fs::write(&file, format!("[sms]\n{settings}\n")).unwrap();
        let said = match Config::load(Some(&file), Some(folder.path())) {
            Err(error) => error.to_string(),
            Ok(config) => match Opened::open(config, Clock::Real).await {
                Err(error) => error.to_string(),
                Ok(_) => String::new(),
            },
        };
        assert!(said.contains(want), "{said}");
    }
}
