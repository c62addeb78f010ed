//! Bodies that come in at one time: they share a transaction, and no body costs another.

use axum::{body::Body, http::Request, http::StatusCode};
use futures::future::join_all;
use graph::signature::{AppSecret, sign};
use serde_json::json;
use server::services::quarantine;
use tower::ServiceExt;

use crate::house::{Here, SECRET, body, failed, text};

/// Posts bodies all at once; gives the answers in order.
async fn at_once(here: &Here, bodies: &[String]) -> Vec<StatusCode> {
    let secret = AppSecret::new(SECRET).unwrap();
    let posts = bodies.iter().map(|raw| {
        let request = Request::post("/webhooks/whatsapp")
            .header("X-Hub-Signature-256", sign(&secret, raw.as_bytes()))
            .header("Content-Length", raw.len())
            .body(Body::from(raw.clone()))
            .unwrap();
        here.router.clone().oneshot(request)
    });
    let answers = join_all(posts).await;
    answers
        .into_iter()
        .map(|answer| answer.unwrap().status())
        .collect()
}

fn says(who: usize, id: &str, seconds: i64, words: &str) -> String {
    let from = format!("4477009{who:05}");
    body(
        "messages",
        json!({ "messages": [text((&from, ""), id, seconds, words)] }),
    )
    .to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_bodies_at_one_time_are_each_in_force_when_they_are_answered() {
    let here = Here::open().await;
    // Nobody can write meanwhile, so that those who wait share a transaction.
    let busy = match here.app.store.numbers_at_once() {
        true => Some(here.app.store.begin().await.unwrap()),
        false => None,
    };
    let mut bodies: Vec<String> = (0..60)
        .map(|who| says(who, &format!("wamid.{who}"), 0, "STOP"))
        .collect();
    // The same body three times more, and the same message in another body.
    bodies.extend(vec![bodies[7].clone(); 3]);
    bodies.push(bodies[7].replace("wamid.7\"", "wamid.7\",\"extra\":1"));
    // Somebody who says yes and no, a minute apart.
    bodies.push(says(70, "wamid.yes", 120, "START"));
    bodies.push(says(70, "wamid.no", 60, "STOP"));
    let answers = {
        let posting = at_once(&here, &bodies);
        let releasing = async {
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
            drop(busy);
        };
        tokio::join!(posting, releasing).0
    };
    assert_eq!(answers, vec![StatusCode::OK; bodies.len()]);
    for who in 0..60 {
        let name = format!("4477009{who:05}");
        assert_eq!(here.contact(&name).await.consent, "opted_out", "{who}");
        assert_eq!(here.history(&name).await.len(), 1, "{who}: one event each");
    }
    here.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_body_that_cannot_be_applied_costs_the_others_of_its_group_nothing() {
    let here = Here::open().await;
    let poor = here.someone("447700900005").await;
    here.app
        .store
        .set_sealing_key(poor, &[1, 2, 3])
        .await
        .unwrap();
    let busy = match here.app.store.numbers_at_once() {
        true => Some(here.app.store.begin().await.unwrap()),
        false => None,
    };
    let mut bodies: Vec<String> = (0..12)
        .map(|who| says(who, &format!("wamid.{who}"), 0, "STOP"))
        .collect();
    bodies.push("{\"object\":".to_owned());
    bodies.push(body("messages", failed("wamid.none", 131_026, None, None)).to_string());
    let answers = {
        let releasing = async {
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
            drop(busy);
        };
        tokio::join!(at_once(&here, &bodies), releasing).0
    };
    assert_eq!(answers, vec![StatusCode::OK; bodies.len()]);
    for who in (0..12).filter(|who| *who != 5) {
        let name = format!("4477009{who:05}");
        assert_eq!(here.contact(&name).await.consent, "opted_out", "{who}");
    }
    let kept = quarantine::list(&here.app, None, 10).await.unwrap();
    assert_eq!(kept.len(), 2, "the poisoned item and the broken body");
    assert_eq!(here.contact("447700900005").await.consent, "none");
}

#[tokio::test]
async fn a_full_waiting_room_turns_bodies_away_and_opens_again() {
    let here = Here::open().await;
    let mut held = Vec::new();
    while let Ok(place) = here.app.intake.enter(1 << 20) {
        held.push(place);
    }
    let stop = vec![says(1, "wamid.1", 0, "STOP")];
    // What is left may be less than a piece of a megabyte, and is enough for one small body: an opt-out gets in.
    while let Ok(place) = here.app.intake.enter(1) {
        held.push(place);
    }
    assert_eq!(
        at_once(&here, &stop).await,
        [StatusCode::SERVICE_UNAVAILABLE]
    );
    held.truncate(40);
    let status = body(
        "messages",
        json!({ "statuses": [{ "id": "wamid.9", "status": "sent", "timestamp": "1795341600", "recipient_id": "447700900123" }] }),
    );
    let bodies = vec![status.to_string(), stop[0].clone()];
    assert_eq!(
        at_once(&here, &bodies).await,
        [StatusCode::SERVICE_UNAVAILABLE, StatusCode::OK],
        "less than half is left: statuses wait, opt-outs do not"
    );
    drop(held);
    assert_eq!(at_once(&here, &bodies).await, [StatusCode::OK; 2]);
    here.close().await;
}
