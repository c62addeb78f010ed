//! Two contacts that turn out to be one person: what waited for the one waits for the other.

use axum::http::StatusCode;
use consent::{alias::Alias, id::ContactId, scope::Category};
use serde_json::{Value, json};
use server::services::flows::ticket::{Choice, Ticket};
use uuid::Uuid;

use crate::house::{ADA, House};

/// Ada under the id that WhatsApp gave her, before we know that it is she.
const ID: &str = "GB.1001";
const OTHER: &str = "GB.1002";

/// What somebody with a number, an id, or both sends.
fn message(house: &House, (phone, id): (&str, &str), content: Value) -> Value {
    let mut message =
        json!({ "id": format!("wamid.{}", Uuid::now_v7()), "timestamp": house.seconds_ago(0) });
    let parts = message.as_object_mut().unwrap();
    parts.extend(content.as_object().unwrap().clone());
    if !phone.is_empty() {
        message["from"] = json!(phone);
    }
    if !id.is_empty() {
        message["from_user_id"] = json!(id);
    }
    message
}

fn words(words: &str) -> Value {
    json!({ "type": "text", "text": { "body": words } })
}

/// A word that is in doubt, for it answers something.
fn doubt() -> Value {
    json!({ "type": "text", "text": { "body": "cancel" }, "context": { "id": "wamid.ours" } })
}

/// A tap on a button whose label says nothing by itself.
fn tap(ticket: &str) -> Value {
    json!({ "type": "interactive", "interactive": { "type": "button_reply",
        "button_reply": { "id": ticket, "title": "Ja, genau" } } })
}

async fn send(house: &House, who: (&str, &str), content: Value) {
    let message = message(house, who, content);
    assert_eq!(house.posts(json!([message])).await, StatusCode::OK);
}

async fn agree(house: &House) {
    let told = json!({ "to": format!("+{ADA}"), "kind": "opt_in", "scope": { "category": "marketing" },
        "evidence": { "source": "web_form", "wording": "Yes" } });
    let (status, answer) = house.api("POST", "/api/v1/events", Some(told)).await;
    assert_eq!(status, StatusCode::CREATED, "{answer}");
}

async fn known_by(house: &House, id: &str) -> ContactId {
    let key = Alias::Bsuid(id.parse().unwrap()).key();
    house.app.store.find(&[key]).await.unwrap()[0].1
}

async fn reviews(house: &House, state: &str) -> Vec<Value> {
    let path = format!("/api/v1/reviews?state={state}");
    let (_, page) = house.api("GET", &path, None).await;
    page["items"].as_array().unwrap().clone()
}

async fn decide(house: &House, item: &Value, verdict: &str) {
    let path = format!("/api/v1/reviews/{}/decide", item["id"].as_str().unwrap());
    let body = json!({ "verdict": verdict, "reason": "I read it." });
    let (status, answer) = house.api("POST", &path, Some(body)).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
}

/// The ticket of a choice in the newest question that was put to a contact.
async fn ticket(house: &House, contact: ContactId, choice: Choice) -> String {
    let asked = house.app.store.replies_to(contact, 1).await.unwrap();
    let question = asked[0].id;
    Ticket { question, choice }.write(&house.app.vault, contact)
}

#[tokio::test]
async fn a_doubt_that_waits_is_decided_for_the_one_person() {
    for (verdict, want) in [("none", "allow"), ("stop", "opted_out_category")] {
        let house = House::open().await;
        agree(&house).await;
        send(&house, ("", ID), doubt()).await;
        let before = known_by(&house, ID).await;
        send(&house, (ADA, ID), words("hello")).await;
        let ada = house.contact(ADA).await;
        assert_ne!(before, ada, "they were two");
        assert_eq!(known_by(&house, ID).await, ada);
        assert_eq!(house.may(ADA, Category::Marketing).await, "held");
        let open = reviews(&house, "open").await;
        assert_eq!(open.len(), 1, "{open:?}");
        assert_eq!(open[0]["contact"], json!(ada.to_string()));
        assert_eq!(open[0]["text"], json!("cancel"), "{open:?}");
        decide(&house, &open[0], verdict).await;
        assert_eq!(house.may(ADA, Category::Marketing).await, want);
    }
}

#[tokio::test]
async fn their_own_start_settles_what_waited_for_the_other_contact() {
    for in_one_body in [false, true] {
        let house = House::open().await;
        agree(&house).await;
        let doubtful = message(&house, ("", ID), doubt());
        let start = message(&house, (ADA, ID), words("START"));
        let bodies = if in_one_body {
            vec![json!([doubtful, start])]
        } else {
            vec![json!([doubtful]), json!([start])]
        };
        for body in bodies {
            assert_eq!(house.posts(body).await, StatusCode::OK);
        }
        assert_eq!(house.may(ADA, Category::Marketing).await, "allow");
        assert!(reviews(&house, "open").await.is_empty());
        let decided = reviews(&house, "decided").await;
        assert_eq!(decided[0]["decided_by"], json!("customer"), "{decided:?}");
        let ada = house.contact(ADA).await;
        assert_eq!(decided[0]["contact"], json!(ada.to_string()));
        let replies = house.replies(ADA).await;
        assert_eq!(replies.len(), 2, "the question too: {replies:?}");
    }
}

#[tokio::test]
async fn a_stop_that_was_read_wrongly_is_taken_back_for_the_one_person() {
    let house = House::open().await;
    agree(&house).await;
    let stop = words("please don't send me any more offers");
    send(&house, ("", ID), stop).await;
    send(&house, (ADA, ID), words("hello")).await;
    assert_eq!(
        house.may(ADA, Category::Marketing).await,
        "opted_out_category"
    );
    // The confirmation that waits speaks of the stop as it stands now.
    let ada = house.contact(ADA).await;
    let history = house.app.store.history(ada).await.unwrap();
    let reply = house.replies(ADA).await.pop().unwrap();
    let detail: Value = serde_json::from_str(&reply.detail).unwrap();
    let confirmed = detail["confirms"][0].as_str().unwrap();
    let stops = history.iter().filter(|line| line.kind == "opt_out");
    let stops: Vec<String> = stops.map(|line| line.id.to_string()).collect();
    assert_eq!(stops, [confirmed]);
    let acted = reviews(&house, "acted").await;
    decide(&house, &acted[0], "none").await;
    assert_eq!(house.may(ADA, Category::Marketing).await, "allow");
}

#[tokio::test]
async fn a_button_that_was_made_for_the_one_contact_is_the_persons() {
    for with_the_tap in [false, true] {
        let house = House::open().await;
        agree(&house).await;
        send(&house, ("", ID), words("menu")).await;
        let before = known_by(&house, ID).await;
        let ticket = ticket(&house, before, Choice::StopAll).await;
        if !with_the_tap {
            send(&house, (ADA, ID), words("hello")).await;
        }
        send(&house, (ADA, ID), tap(&ticket)).await;
        assert_eq!(house.may(ADA, Category::Marketing).await, "opted_out_all");
        assert_eq!(house.may(ADA, Category::Utility).await, "opted_out_all");
    }
}

#[tokio::test]
async fn a_yes_to_the_question_that_the_one_contact_was_asked_counts_for_the_person() {
    for (refuses, want) in [(false, "allow"), (true, "opted_out_category")] {
        let house = House::open().await;
        send(&house, (ADA, ""), words("hello")).await;
        send(&house, ("", ID), words("START")).await;
        let before = known_by(&house, ID).await;
        let yes = ticket(&house, before, Choice::Yes).await;
        if refuses {
            send(&house, (ADA, ""), words("stop")).await;
        }
        send(&house, (ADA, ID), words("hello")).await;
        assert_ne!(house.may(ADA, Category::Marketing).await, "allow");
        send(&house, (ADA, ID), tap(&yes)).await;
        assert_eq!(house.may(ADA, Category::Marketing).await, want);
    }
}

#[tokio::test]
async fn whoever_was_asked_as_one_contact_is_not_asked_as_the_other() {
    let house = House::open().await;
    agree(&house).await;
    send(&house, ("", ID), words("hello")).await;
    let before = known_by(&house, ID).await;
    let now = house.app.clock.now();
    let mut tx = house.app.store.begin().await.unwrap();
    let since = now.plus_millis(-1_000);
    tx.nudge(&[before], "ask", (since, now)).await.unwrap();
    tx.commit().await.unwrap();
    send(&house, (ADA, ID), words("hello")).await;
    let ada = house.contact(ADA).await;
    assert_ne!(before, ada);
    let nudged = house.app.store.nudged(ada, "ask").await.unwrap();
    assert_eq!(nudged, Some(now));
}

/// They are two people: what waited for the one is none of the other's business.
#[tokio::test]
async fn the_next_holder_of_a_number_cannot_use_the_buttons_of_the_last_one() {
    let house = House::open().await;
    send(&house, (ADA, ID), words("menu")).await;
    let last = house.contact(ADA).await;
    let ticket = ticket(&house, last, Choice::StopAll).await;
    send(&house, (ADA, OTHER), tap(&ticket)).await;
    assert_ne!(house.contact(ADA).await, last);
    let kinds = house.kinds(ADA).await;
    assert!(
        kinds.iter().all(|kind| !kind.starts_with("opt_out")),
        "{kinds:?}"
    );
    assert_eq!(house.app.store.replies_to(last, 9).await.unwrap().len(), 1);
}
