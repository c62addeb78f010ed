//! The doors of the API: keys, problems, checks, policy, topics, keys, messages, health.

use axum::{body::Body, http::Request};
use consent::{
    id::{AttemptId, ContactId},
    time::Timestamp,
};
use serde_json::{Value, json};
use server::services::keys::Role;
use store::{
    message::{Direction, MessageLine, State},
    template::TemplateLine,
};

use crate::house::{House, NUMBER, START_MS};

const ANA: &str = "+447700900123";
const BIA: &str = "+447700900124";

fn problem(answer: &crate::house::Answer) -> Value {
    assert_eq!(
        answer.headers["content-type"],
        "application/problem+json",
        "{}",
        answer.text()
    );
    let body = answer.json();
    assert_eq!(body["status"], answer.status.as_u16());
    assert!(
        body["type"]
            .as_str()
            .unwrap()
            .starts_with("urn:consentry:problem:")
    );
    assert!(body["title"].is_string() && body["detail"].is_string());
    body
}

#[tokio::test]
async fn nobody_gets_in_without_a_key_and_each_key_only_where_it_may() {
    let house = House::open().await;
    let bare = Request::get("/api/v1/contacts")
        .body(Body::empty())
        .unwrap();
    let answer = house.raw(bare).await.expect(401);
    assert_eq!(answer.headers["www-authenticate"], "Bearer");
    problem(&answer);
    let read = house.key_for(Role::Read).await;
    let app = house.key_for(Role::App).await;
    let asked = json!({"to": ANA, "category": "marketing"}).to_string();
    let cases = [
        ("GET", "/api/v1/contacts", &read, 200),
        ("GET", "/api/v1/contacts", &app, 403),
        ("GET", "/api/v1/keys", &read, 403),
        ("POST", "/api/v1/check", &app, 200),
        ("POST", "/api/v1/check", &read, 200),
        ("POST", "/api/v1/events", &read, 403),
        ("POST", "/api/v1/events", &app, 403),
        ("PUT", "/api/v1/policy", &read, 403),
        ("GET", "/api/v1/policy", &read, 200),
    ];
    for (method, path, key, status) in cases {
        let request = house
            .request(method, path, Some(key))
            .header("content-type", "application/json");
        let answer = house
            .raw(request.body(Body::from(asked.clone())).unwrap())
            .await;
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.text());
    }
}

#[tokio::test]
async fn a_revoked_key_is_refused_at_once_and_is_shown_only_once() {
    let house = House::open().await;
    let body = json!({"name": "shop", "role": "app"});
    let new = house.post("/api/v1/keys", body).await.expect(201).json();
    assert!(new["key"].as_str().unwrap().starts_with("csk_"));
    let list = house.get("/api/v1/keys").await.expect(200);
    assert!(!list.text().contains(new["key"].as_str().unwrap()));
    assert_eq!(list.json()["items"].as_array().unwrap().len(), 2);
    let id = new["id"].as_str().unwrap();
    house
        .delete(&format!("/api/v1/keys/{id}"))
        .await
        .expect(204);
    house
        .delete(&format!("/api/v1/keys/{id}"))
        .await
        .expect(404);
    let request = house.request("POST", "/api/v1/check", new["key"].as_str());
    house
        .raw(request.body(Body::empty()).unwrap())
        .await
        .expect(401);
    let bad = json!({"name": "x", "role": "owner"});
    let answer = house.post("/api/v1/keys", bad).await.expect(422);
    assert_eq!(problem(&answer)["field"], "role");
}

#[tokio::test]
async fn what_is_wrong_with_a_body_is_said_with_the_field() {
    let house = House::open().await;
    let path = "/api/v1/check";
    let cases = [
        (json!({"to": ANA, "categry": "marketing"}), "categry"),
        (json!({"to": ANA, "category": "offers"}), "category"),
        (json!({"to": ANA}), "category"),
        (json!({"category": "marketing"}), "to"),
        (json!({"to": 7, "category": "marketing"}), "to"),
        (
            json!({"to": ANA, "category": "marketing", "number": "abc"}),
            "number",
        ),
        (
            json!({"to": ANA, "category": "marketing", "channel": "fax"}),
            "channel",
        ),
        (json!({"to": ANA, "topic": "nothing"}), "topic"),
        (
            json!({"to": ANA, "template": {"name": "x", "lang": "en"}}),
            "template.lang",
        ),
    ];
    for (body, field) in cases {
        let answer = house.post(path, body.clone()).await.expect(422);
        assert_eq!(problem(&answer)["field"], field, "{body}");
    }
    let answer = house.post_as(path, "application/json", "{\"to\":").await;
    problem(&answer.expect(400));
    let answer = house.post_as(path, "text/plain", "{}").await;
    problem(&answer.expect(415));
    let large = format!("{{\"to\":\"{}\"}}", "x".repeat(5 << 20));
    let answer = house.post_as(path, "application/json", large).await;
    problem(&answer.expect(413));
    problem(&house.get("/api/v1/nothing").await.expect(404));
    problem(&house.get("/api/v1/check").await.expect(405));
    problem(&house.get("/api/v1/contacts/not-an-id").await.expect(404));
    let answer = house.get("/api/v1/contacts?colour=red").await.expect(400);
    assert_eq!(problem(&answer)["field"], "colour");
}

#[tokio::test]
async fn a_check_says_what_the_verdict_rests_on() {
    for house in [House::open().await, House::open_postgres().await] {
        assert_eq!(house.marketing(ANA).await, "no_consent");
        let event = house.opt_in(ANA).await;
        let body = json!({"to": "07700 900123", "category": "marketing"});
        let answer = house.post("/api/v1/check", body).await.expect(200).json();
        assert_eq!(answer["allow"], true);
        assert_eq!(answer["because"], json!([event["id"]]));
        assert_eq!(answer["contact"], event["contact"]);
        assert_eq!(
            (&answer["basis"], &answer["policy_version"]),
            (&json!("opt_in"), &json!(1))
        );
        assert!(answer["code"].is_null() && answer["as_of"].is_u64());
        house.pass(std::time::Duration::from_secs(1));
        let event = house.opt_out(ANA).await;
        let body = json!({"to": ANA, "category": "marketing"});
        let answer = house.post("/api/v1/check", body).await.expect(200).json();
        assert_eq!(answer["code"], "opted_out_category");
        assert_eq!(answer["because"], json!([event["id"]]));
        assert!(answer["reason"].as_str().unwrap().contains("opted out"));
        let body = json!({"to": ANA, "category": "utility"});
        let answer = house.post("/api/v1/check", body).await.expect(200).json();
        assert_eq!(
            (&answer["allow"], &answer["basis"]),
            (&json!(true), &json!("no_opt_in_needed"))
        );
        house.close().await;
    }
}

#[tokio::test]
async fn a_malformed_address_is_a_verdict_and_two_people_are_a_conflict() {
    let house = House::open().await;
    assert_eq!(house.marketing("12ab").await, "invalid_recipient");
    assert_eq!(house.marketing("123").await, "invalid_recipient");
    house.opt_in(ANA).await;
    house.opt_in("GB.70012345678901234567").await;
    let body = json!({"to": ANA, "recipient": "GB.70012345678901234567", "category": "utility"});
    let answer = house.post("/api/v1/check", body).await.expect(200).json();
    assert_eq!(answer["code"], "identity_conflict");
}

#[tokio::test]
async fn a_template_has_its_own_category_and_an_unknown_one_is_marketing() {
    let house = House::open().await;
    let line = |name: &str, category: &str, status: &str| TemplateLine {
        account: "209900000000001".to_owned(),
        name: name.to_owned(),
        language: "en_US".to_owned(),
        id: format!("id-{name}"),
        category: category.to_owned(),
        status: status.to_owned(),
        quality: None,
        topic: None,
        components: "[]".to_owned(),
        changed: Timestamp::from_millis(START_MS),
    };
    let lines = [
        line("receipt", "utility", "APPROVED"),
        line("gone", "utility", "PAUSED"),
    ];
    let mut tx = house.app.store.begin().await.unwrap();
    tx.put_templates(&lines).await.unwrap();
    tx.commit().await.unwrap();
    let ask = async |name: &str| {
        let template = json!({"name": name, "language": "en_US"});
        let body =
            json!({"to": ANA, "category": "utility", "number": NUMBER, "template": template});
        house.post("/api/v1/check", body).await.expect(200).json()["code"].clone()
    };
    assert_eq!(ask("receipt").await, Value::Null);
    assert_eq!(ask("gone").await, "template_unavailable");
    assert_eq!(ask("unheard_of").await, "no_consent");
    let topic = json!({"name": "Order updates", "category": "utility"});
    let topic = house.post("/api/v1/topics", topic).await.expect(201).json();
    let bound = json!({"topic": topic["id"]});
    let bound = house
        .send("PATCH", "/api/v1/templates/id-receipt", bound)
        .await
        .expect(200)
        .json();
    assert_eq!(bound["topic"], topic["id"]);
    let scope = json!({"topic": "order updates"});
    house
        .event(json!({"to": ANA, "kind": "opt_out", "scope": scope}))
        .await;
    assert_eq!(ask("receipt").await, "opted_out_topic");
    house
        .send("PATCH", "/api/v1/templates/id-receipt", json!({}))
        .await
        .expect(422);
    house
        .send("PATCH", "/api/v1/templates/none", json!({"topic": null}))
        .await
        .expect(404);
    let again = json!({"name": "Order updates", "category": "utility"});
    house.post("/api/v1/topics", again).await.expect(409);
    let items = house.get("/api/v1/templates").await.expect(200).json();
    assert_eq!(items["items"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_list_of_numbers_gives_back_those_that_may_be_written_to_in_order() {
    let house = House::open().await;
    let numbers: Vec<String> = (0..2_500).map(|n| format!("+4477009{n:05}")).collect();
    let events: Vec<String> = numbers
        .iter()
        .step_by(3)
        .map(|to| {
            let evidence = json!({"source": "web_form", "wording": "Yes."});
            json!({"to": to, "kind": "opt_in", "evidence": evidence}).to_string()
        })
        .collect();
    let told = house
        .post_as(
            "/api/v1/events/batch",
            "application/x-ndjson",
            events.join("\n"),
        )
        .await
        .expect(200);
    assert!(told.lines().iter().all(|line| line["status"] == 201));
    let mut text = numbers.join("\r\n");
    text.push_str("\nnonsense\n\n");
    let path = "/api/v1/check/batch?category=marketing";
    let answer = house.post_as(path, "text/plain", text).await.expect(200);
    let want: Vec<&String> = numbers.iter().step_by(3).collect();
    assert_eq!(answer.text().lines().collect::<Vec<_>>(), want);
    let answer = house
        .post_as("/api/v1/check/batch", "text/plain", "+4477")
        .await;
    assert_eq!(problem(&answer.expect(422))["field"], "category");
    let path = "/api/v1/check/batch?category=x";
    problem(&house.post_as(path, "text/plain", "").await.expect(422));
    problem(&house.post_as(path, "image/png", "").await.expect(415));
}

#[tokio::test]
async fn questions_by_lines_get_a_verdict_or_a_problem_each() {
    let house = House::open().await;
    house.opt_in(ANA).await;
    let text = format!(
        "{}\nnot json\n{}\n{}\n",
        json!({"to": ANA, "category": "marketing"}),
        json!({"to": BIA, "category": "sale"}),
        json!({"to": BIA, "category": "marketing"}),
    );
    let path = "/api/v1/check/batch";
    let answer = house
        .post_as(path, "application/x-ndjson", text)
        .await
        .expect(200);
    let lines = answer.lines();
    assert_eq!(lines.len(), 4);
    assert_eq!(lines[0]["allow"], true);
    assert_eq!(lines[1]["status"], 400);
    assert_eq!(
        (&lines[2]["status"], &lines[2]["field"]),
        (&json!(422), &json!("category"))
    );
    assert_eq!(lines[3]["code"], "no_consent");
}

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
