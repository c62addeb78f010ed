//! Templates: what Meta tells of them takes effect at once and is shown, and one is made and handed to Meta.

use std::time::Duration;

use axum::http::StatusCode;
use consent::id::ContactId;
use serde_json::{Value, json};
use server::services::templates;

use crate::house::{ADA, House};

const PATIENCE: Duration = Duration::from_secs(10);

/// A template as the API shows it.
async fn seen(house: &House, name: &str) -> Value {
    let (status, list) = house.api("GET", "/api/v1/templates?limit=200", None).await;
    assert_eq!(status, StatusCode::OK, "{list}");
    let items = list["items"].as_array().unwrap();
    let found = items.iter().find(|item| item["name"] == name);
    found.cloned().unwrap_or_default()
}

/// Waits until a template shows this.
async fn shows(house: &House, name: &str, pointer: &str, wanted: Value) -> Value {
    house
        .until(|| async { seen(house, name).await.pointer(pointer) == Some(&wanted) })
        .await;
    seen(house, name).await
}

/// What a stranger would get of it: `allow`, or why not.
async fn verdict(house: &House, template: &Value) -> String {
    let template = json!({"name": template["name"], "language": template["language"]});
    let body = json!({"to": ADA, "category": "utility", "number": crate::house::NUMBER, "template": template});
    let (_, answer) = house.api("POST", "/api/v1/check", Some(body)).await;
    answer["code"].as_str().unwrap_or("allow").to_owned()
}

/// What became of a template, oldest first.
async fn life(house: &House, template: &Value) -> Vec<Value> {
    let path = format!("/api/v1/templates/{}", template["id"].as_str().unwrap());
    let (status, one) = house.api("GET", &path, None).await;
    assert_eq!(status, StatusCode::OK, "{one}");
    let mut turns = one["history"].as_array().unwrap().clone();
    turns.reverse();
    turns
}

#[tokio::test]
async fn an_announced_category_is_shown_and_counts_only_when_it_is_done() {
    let house = House::open().await;
    let name = "order_update";
    let announced = json!({"to": "MARKETING", "when": "announced"});
    house.meta_changes(name, "category", announced).await;
    let template = shows(&house, name, "/coming/category", json!("marketing")).await;
    assert_eq!(template["category"], "utility", "today's category counts");
    assert!(template["coming"]["at"].is_string());
    assert_eq!(template["warnings"][0]["code"], "no_opt_out", "{template}");
    assert_eq!(verdict(&house, &template).await, "allow");
    // A listing at Meta says the same, and forgets no date.
    templates::refresh(&house.app).await.unwrap();
    assert_eq!(seen(&house, name).await["coming"], template["coming"]);

    let done = json!({"to": "MARKETING", "when": "done"});
    house.meta_changes(name, "category", done).await;
    let template = shows(&house, name, "/category", json!("marketing")).await;
    assert_eq!(template["coming"], Value::Null);
    assert_eq!(verdict(&house, &template).await, "no_consent");
    let kinds: Vec<Value> = life(&house, &template).await;
    let kinds = kinds.iter().map(|turn| turn["kind"].as_str().unwrap());
    assert_eq!(
        kinds.collect::<Vec<_>>(),
        ["category_announced", "category"]
    );
}

#[tokio::test]
async fn a_pause_counts_at_once_and_says_why_and_since_when() {
    let house = House::open().await;
    let name = "order_update";
    let paused = json!({"status": "PAUSED", "disable_info": {"disable_date": "Nov 23, 2026"}});
    house.meta_changes(name, "status", paused).await;
    let template = shows(&house, name, "/status", json!("PAUSED")).await;
    assert_eq!(template["status_reason"], "FIRST_PAUSE");
    assert_eq!(template["status_day"], "Nov 23, 2026");
    let note = template["status_note"].as_str().unwrap();
    assert!(note.contains("negative feedback"), "{note}");
    assert!(template["status_since"].is_string());
    assert_eq!(template["usable"], false);
    assert_eq!(verdict(&house, &template).await, "template_unavailable");
    let red = json!({"score": "RED"});
    house.meta_changes(name, "quality", red).await;
    let low = shows(&house, name, "/quality", json!("RED")).await;
    assert_eq!(low["warnings"][0]["code"], "low_quality");
    assert_eq!(low["status_since"], template["status_since"]);

    let again = json!({"status": "APPROVED"});
    house.meta_changes(name, "status", again).await;
    let template = shows(&house, name, "/status", json!("APPROVED")).await;
    assert_eq!(template["status_reason"], Value::Null);
    assert_eq!(verdict(&house, &template).await, "allow");
    let refused = json!({"status": "REJECTED", "reason": "INVALID_FORMAT",
        "rejection_info": {"reason": "A gap has no example.", "recommendation": "Add one."}});
    house.meta_changes(name, "status", refused).await;
    let template = shows(&house, name, "/status", json!("REJECTED")).await;
    assert_eq!(template["status_reason"], "INVALID_FORMAT");
    assert_eq!(template["status_note"], "A gap has no example. Add one.");
    let turns = life(&house, &template).await;
    assert_eq!(turns.len(), 4, "{turns:?}");
    assert_eq!(turns[0]["became"], "PAUSED");
    assert_eq!(
        (&turns[1]["was"], &turns[1]["became"]),
        (&json!("UNKNOWN"), &json!("RED"))
    );
}

#[tokio::test]
async fn changed_parts_are_read_again_with_their_quick_replies() {
    let house = House::open().await;
    let parts = json!([{"type": "BODY", "text": "Your order has left."},
        {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "Stop promotions"}]}]);
    let change = json!({"components": parts});
    house
        .meta_changes("order_update", "components", change)
        .await;
    let rung = house.app.bell.templates.notified();
    tokio::time::timeout(PATIENCE, rung).await.unwrap();
    templates::refresh(&house.app).await.unwrap();
    let template = seen(&house, "order_update").await;
    assert_eq!(template["preview"]["body"], "Your order has left.");
    let button = json!({"type": "quick_reply", "text": "Stop promotions", "to": null});
    assert_eq!(template["preview"]["buttons"], json!([button]));
}

fn winter() -> Value {
    json!({"name": "winter_sale", "language": "en_US", "category": "marketing",
        "header": "News, {{1}}", "header_example": "Ana",
        "body": "Hello {{1}}, {{2}} off until Sunday.", "examples": {"1": "Ana", "2": "10 %"},
        "buttons": [{"type": "quick_reply", "text": "Tell me more"},
                    {"type": "phone", "text": "Call", "to": "+44 20 7946 0000"}]})
}

#[tokio::test]
async fn a_template_is_made_with_a_way_out_and_approved_by_meta() {
    let house = House::open().await;
    let (status, made) = house.api("POST", "/api/v1/templates", Some(winter())).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    assert_eq!(
        (&made["status"], &made["usable"]),
        (&json!("PENDING"), &json!(false))
    );
    let labels: Vec<&str> = made["preview"]["buttons"]
        .as_array()
        .unwrap()
        .iter()
        .map(|button| button["text"].as_str().unwrap())
        .collect();
    assert_eq!(labels, ["Call", "Tell me more", "Stop promotions"]);
    assert_eq!(made["warnings"], json!([]));
    let template = seen(&house, "winter_sale").await;
    let rung = house.app.bell.templates.notified();
    tokio::time::timeout(PATIENCE, rung).await.unwrap();
    // Meta's decision may come before we have written down what was made, or after: the bell is for that.
    house
        .until(|| async {
            templates::refresh(&house.app).await.unwrap();
            seen(&house, "winter_sale").await["status"] == "APPROVED"
        })
        .await;
    let read = seen(&house, "winter_sale").await;
    assert_eq!(
        read["preview"], template["preview"],
        "Meta lists what was handed in"
    );
    let turns = life(&house, &template).await;
    let created = turns.iter().find(|turn| turn["kind"] == "created");
    assert_eq!(created.unwrap()["note"], "Mia");
    let log = house.app.store.history(ContactId::HOUSE).await.unwrap();
    let acts = log.iter().filter(|line| line.kind == "template_created");
    assert_eq!(acts.count(), 1);

    let (status, refused) = house.api("POST", "/api/v1/templates", Some(winter())).await;
    assert_eq!(status, StatusCode::CONFLICT);
    let words = refused["detail"].as_str().unwrap();
    assert!(
        words.contains("Meta refused the template: there is already a template"),
        "{refused}"
    );
}

#[tokio::test]
async fn the_way_out_is_a_line_or_none_and_none_is_warned_of() {
    let house = House::open().await;
    let with = |name: &str, more: Value| {
        let mut body = winter();
        body["name"] = json!(name);
        for (key, value) in more.as_object().unwrap() {
            body[key] = value.clone();
        }
        body
    };
    let make = async |body: Value| house.api("POST", "/api/v1/templates", Some(body)).await;
    let (_, footer) = make(with(
        "one",
        json!({"opt_out": "footer", "language": "pt_BR"}),
    ))
    .await;
    let line = footer["preview"]["footer"].as_str().unwrap();
    assert!(line.contains("STOP") && line.contains("ofertas"), "{line}");
    assert_eq!(footer["warnings"], json!([]));
    let (_, none) = make(with("two", json!({"opt_out": "none"}))).await;
    assert_eq!(none["warnings"][0]["code"], "no_opt_out", "{none}");
    let (_, own) = make(with("three", json!({"footer": "Reply STOP and we stop."}))).await;
    assert_eq!(
        own["preview"]["buttons"].as_array().unwrap().len(),
        2,
        "it has one already"
    );
    let utility = json!({"category": "utility", "buttons": []});
    let (status, utility) = make(with("four", utility)).await;
    assert_eq!(
        (status, &utility["warnings"]),
        (StatusCode::CREATED, &json!([]))
    );
    assert_eq!(utility["preview"]["buttons"], json!([]));
    for (more, field) in [
        (json!({"name": "Winter Sale"}), "name"),
        (
            json!({"body": "Hello {{1}}", "examples": {"1": "Ana"}}),
            "body",
        ),
        (json!({"examples": {"1": "Ana"}}), "body"),
        (json!({"category": "service"}), "category"),
        (json!({"opt_out": "maybe"}), "opt_out"),
        (
            json!({"footer": "Example Shop", "opt_out": "footer"}),
            "opt_out",
        ),
        (
            json!({"buttons": [{"type": "catalog", "text": "All"}]}),
            "buttons",
        ),
        (json!({"account": "1"}), "account"),
    ] {
        let (status, problem) = make(with("five", more)).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{problem}");
        assert_eq!(problem["field"], field, "{problem}");
    }
}
