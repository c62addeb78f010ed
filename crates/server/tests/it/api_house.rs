//! The doors of the API: policy, messages, health and its description.

use axum::{body::Body, http::Request};
use consent::{
    id::{AttemptId, ContactId},
    time::Timestamp,
};
use serde_json::{Value, json};
use store::message::{Direction, MessageLine, State};

use crate::{
    api::problem,
    house::{House, NUMBER, START_MS},
};

const ANA: &str = "+447700900123";
const BIA: &str = "+447700900124";

#[tokio::test]
async fn a_policy_is_replaced_whole_and_only_by_who_saw_the_last_one() {
    for house in [House::open().await, House::open_postgres().await] {
        let first = house.get("/api/v1/policy").await.expect(200).json();
        assert_eq!(first["version"], 1);
        let body = json!({"version": 1, "opt_in_needed": []});
        let second = house
            .send("PUT", "/api/v1/policy", body.clone())
            .await
            .expect(200)
            .json();
        assert_eq!(second["version"], 2);
        assert_eq!(house.marketing(ANA).await, "allow");
        problem(&house.send("PUT", "/api/v1/policy", body).await.expect(409));
        let third = house
            .send("PUT", "/api/v1/policy", json!({}))
            .await
            .expect(200)
            .json();
        assert_eq!(
            (&third["version"], &third["opt_in_needed"]),
            (&json!(3), &json!(["marketing"]))
        );
        let bad = json!({"window": "open"});
        let answer = house.send("PUT", "/api/v1/policy", bad).await.expect(422);
        assert_eq!(problem(&answer)["field"], "window");
        house.close().await;
    }
}

#[tokio::test]
async fn a_dry_run_counts_what_would_change_and_changes_nothing() {
    let house = House::open().await;
    house.opt_in(ANA).await;
    house.opt_out(BIA).await;
    house
        .event(json!({"to": "+447700900125", "kind": "opt_in_requested"}))
        .await;
    let body = json!({"opt_in_needed": []});
    let run = house
        .post("/api/v1/policy/dry-run", body)
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&run["checked"], &run["newly_allowed"]),
        (&json!(3), &json!(1))
    );
    assert_eq!(run["newly_blocked"], 0);
    assert_eq!(run["samples"][0]["before"], "consent_pending");
    assert_eq!(house.get("/api/v1/policy").await.json()["version"], 1);
}

#[tokio::test]
async fn caps_and_quiet_hours_are_asked_with_what_was_sent_and_the_hour_there() {
    let house = House::open().await;
    let contact = house.opt_in(ANA).await["contact"]
        .as_str()
        .unwrap()
        .to_owned();
    let body = json!({"caps": [{"category": "marketing", "max": 1, "days": 1}]});
    house.send("PUT", "/api/v1/policy", body).await.expect(200);
    assert_eq!(house.marketing(ANA).await, "allow");
    let sent = message(contact.parse().unwrap(), State::Delivered, START_MS - 1000);
    let mut tx = house.app.store.begin().await.unwrap();
    tx.keep_messages(&[sent]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(house.marketing(ANA).await, "frequency_capped");
    let quiet = json!({"from": "09:00", "to": "11:00", "zone": "UTC"});
    house
        .send("PUT", "/api/v1/policy", json!({"quiet_hours": quiet}))
        .await
        .expect(200);
    let body = json!({"to": ANA, "category": "marketing"});
    let answer = house.post("/api/v1/check", body).await.expect(200).json();
    assert_eq!(answer["code"], "quiet_hours");
    assert_eq!(answer["until"], "2026-11-22T11:00:00Z");
}

#[tokio::test]
async fn messages_are_found_by_person_code_and_state() {
    let house = House::open().await;
    let contact = house.opt_in(ANA).await["contact"]
        .as_str()
        .unwrap()
        .to_owned();
    let id: ContactId = contact.parse().unwrap();
    let mut lines: Vec<MessageLine> = (0..3)
        .map(|n| message(id, State::Sent, START_MS + n))
        .collect();
    let mut denied = message(ContactId::HOUSE, State::Denied, START_MS);
    denied.code = Some("no_consent".to_owned());
    denied.recipient = "447700900199".to_owned();
    lines.push(denied);
    let mut tx = house.app.store.begin().await.unwrap();
    tx.keep_messages(&lines).await.unwrap();
    tx.commit().await.unwrap();
    let page = house
        .get("/api/v1/messages?to=%2B447700900123&limit=2")
        .await
        .expect(200)
        .json();
    assert_eq!(page["items"].as_array().unwrap().len(), 2);
    let next = page["next"].as_str().unwrap();
    let path = format!("/api/v1/messages?to=%2B447700900123&limit=2&cursor={next}");
    let page = house.get(&path).await.expect(200).json();
    assert_eq!(
        (page["items"].as_array().unwrap().len(), &page["next"]),
        (1, &Value::Null)
    );
    assert_eq!(page["items"][0]["to"], ANA);
    let page = house
        .get("/api/v1/messages?code=no_consent")
        .await
        .expect(200)
        .json();
    assert_eq!(page["items"][0]["to"], "+447700900199");
    assert_eq!(page["items"][0]["contact"], Value::Null);
    assert_eq!(page["items"][0]["state"], "denied");
    problem(&house.get("/api/v1/messages?state=lost").await.expect(422));
    problem(&house.get("/api/v1/messages?cursor=7").await.expect(400));
    problem(&house.get("/api/v1/messages?limit=501").await.expect(400));
    let none = house
        .get("/api/v1/messages?to=%2B15550001111")
        .await
        .expect(200)
        .json();
    assert_eq!(none, json!({"items": [], "next": null}));
}

#[tokio::test]
async fn the_house_says_whether_it_is_alive_and_ready_and_what_it_counted() {
    let house = House::open().await;
    house.get("/healthz").await.expect(200);
    let answer = house.get("/readyz").await.expect(503).json();
    assert!(answer["reasons"][0].as_str().unwrap().contains("templates"));
    let tried = &house.app.templates_tried;
    tried.store(true, std::sync::atomic::Ordering::Release);
    house.get("/readyz").await.expect(200);
    house.marketing(ANA).await;
    let text = house.get("/metrics").await.expect(200).text();
    for name in [
        "consentry_contacts",
        "consentry_log_size",
        "consentry_webhook_signature_failures_total 0",
        "consentry_verdicts_total{door=\"check\",code=\"no_consent\"}",
        "route=\"/api/v1/check\"",
    ] {
        assert!(text.contains(name), "{name} is not in {text}");
    }
}

#[tokio::test]
async fn the_description_names_every_route_and_can_be_read_on_a_page() {
    let house = House::open().await;
    let bare = Request::get("/api/openapi.json")
        .body(Body::empty())
        .unwrap();
    let api = house.raw(bare).await.expect(200).json();
    let paths = api["paths"].as_object().unwrap();
    for (path, method) in [
        ("/api/v1/check", "post"),
        ("/api/v1/check/batch", "post"),
        ("/api/v1/events", "post"),
        ("/api/v1/events/batch", "post"),
        ("/api/v1/contacts", "get"),
        ("/api/v1/contacts/{id}", "patch"),
        ("/api/v1/contacts/{id}/timeline", "get"),
        ("/api/v1/contacts/{id}/explain", "get"),
        ("/api/v1/policy", "put"),
        ("/api/v1/policy/dry-run", "post"),
        ("/api/v1/messages", "get"),
        ("/api/v1/topics", "post"),
        ("/api/v1/templates/{id}", "patch"),
        ("/api/v1/keys/{id}", "delete"),
        ("/api/v1/ledger/checkpoint", "get"),
        ("/api/v1/ledger/proof/{event}", "get"),
    ] {
        let responses = &paths[path][method]["responses"];
        let reference =
            &responses["default"]["content"]["application/problem+json"]["schema"]["$ref"];
        assert_eq!(reference, "#/components/schemas/Problem", "{method} {path}");
    }
    assert_eq!(
        api["components"]["securitySchemes"]["key"]["scheme"],
        "bearer"
    );
    for reference in references(&api) {
        let name = reference.trim_start_matches("#/components/schemas/");
        assert!(
            api["components"]["schemas"][name].is_object(),
            "{reference} leads nowhere"
        );
    }
    house.get("/api/docs/").await.expect(200);
}

fn references(value: &Value) -> Vec<String> {
    match value {
        Value::Object(members) => members
            .iter()
            .flat_map(|(name, value)| match value {
                Value::String(text) if name == "$ref" => vec![text.clone()],
                other => references(other),
            })
            .collect(),
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

fn message(contact: ContactId, state: State, at: i64) -> MessageLine {
    MessageLine {
        id: AttemptId::new(uuid::Uuid::now_v7()),
        contact,
        direction: Direction::Out,
        number: NUMBER.to_owned(),
        recipient: ANA.trim_start_matches('+').to_owned(),
        category: "marketing".to_owned(),
        topic: None,
        template: None,
        state,
        code: None,
        reason: None,
        because: Vec::new(),
        basis: None,
        policy_version: 1,
        as_of: 0,
        at: Timestamp::from_millis(at),
        outcome: None,
        unknown: None,
        wamid: None,
        error_code: None,
        fingerprint: None,
        sealed: None,
    }
}
