//! The doors of the API: keys, problems, checks, policy, topics, keys, messages, health.

use axum::{body::Body, http::Request};
use consent::time::Timestamp;
use serde_json::{Value, json};
use server::services::keys::Role;
use store::template::{TemplateLine, Told};

use crate::house::{House, NUMBER, START_MS};

const ANA: &str = "+447700900123";
const BIA: &str = "+447700900124";

pub fn problem(answer: &crate::house::Answer) -> Value {
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
        told: Told::default(),
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
