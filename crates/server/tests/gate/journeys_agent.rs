//! A journey hands a conversation to somebody: who that is, and that nobody overlooks it.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::journey_stage::{Stage, definition};

const ADA: &str = "447700900123";
const BEN: &str = "447700900188";
const EVA: &str = "447700900155";

async fn invite(stage: &Stage, email: &str, role: &str) -> String {
    let body = json!({"email": email, "name": "Ana", "role": role});
    let made = stage.desk.post("/users", body).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    made.body["id"].as_str().unwrap().to_owned()
}

fn on(word: &str) -> Value {
    json!({"kind": "keyword", "words": [word]})
}

fn hand(agent: Option<&str>) -> Value {
    match agent {
        Some(agent) => {
            json!([{"id": "s1", "kind": "hand_to_agent", "agent": agent, "note": "They want a visit."}])
        }
        None => json!([{"id": "s1", "kind": "hand_to_agent", "note": "They want a visit."}]),
    }
}

/// Their conversation, as the list has it.
async fn talk(stage: &Stage, name: &str) -> Value {
    let page = stage.desk.get("/conversations").await;
    let items = page["items"].as_array().unwrap();
    let theirs = items
        .iter()
        .find(|one| one["address"] == format!("+{name}"));
    theirs.cloned().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_conversation_is_handed_to_whom_the_step_names_and_waits_unread_for_everybody_else() {
    for stage in Stage::both().await {
        let ana = invite(&stage, "ana@shop.example", "agent").await;
        stage
            .publish(on("visit"), hand(Some("Ana@shop.example")))
            .await;
        stage.publish(on("assist"), hand(None)).await;
        stage.desk.hear(ADA, "1", "Visit").await;
        stage.desk.hear(BEN, "2", "Assist").await;
        stage.go().await;
        let given = talk(&stage, ADA).await;
        assert_eq!(
            (&given["assigned_to"], &given["state"]),
            (&json!(ana), &json!("open"))
        );
        assert_eq!(
            given["unread"], 2,
            "what they wrote, and what the journey says"
        );
        let free = talk(&stage, BEN).await;
        assert_eq!(
            (&free["assigned_to"], &free["unread"]),
            (&Value::Null, &json!(2))
        );
        let store = &stage.desk.house.app.store;
        let waits = async |who: &str| store.waiting(who.parse().unwrap(), 9).await.unwrap().unread;
        let somebody = uuid::Uuid::now_v7().to_string();
        assert_eq!((waits(&ana).await, waits(&somebody).await), (2, 1));
        let path = format!(
            "/conversations/{}/{}",
            given["contact"].as_str().unwrap(),
            given["number"].as_str().unwrap()
        );
        let said = stage.desk.said(&path).await;
        assert!(
            said.contains(&("note".to_owned(), "They want a visit.".to_owned())),
            "{said:?}"
        );
        // Who has left takes nothing over: it waits for everybody, and says whom it was for.
        let gone = stage
            .desk
            .call("DELETE", &format!("/users/{ana}"), &Value::Null)
            .await;
        assert!(gone.status.is_success(), "{}", gone.body);
        stage.desk.hear(EVA, "3", "Visit").await;
        stage.go().await;
        let free = talk(&stage, EVA).await;
        assert_eq!(
            (&free["assigned_to"], &free["unread"]),
            (&Value::Null, &json!(2))
        );
        let path = format!(
            "/conversations/{}/{}",
            free["contact"].as_str().unwrap(),
            free["number"].as_str().unwrap()
        );
        let said = stage.desk.said(&path).await;
        assert!(said.iter().any(|(kind, text)| kind == "note"
            && text.contains("ana@shop.example")
            || text.contains("Ana@shop.example")));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_journey_is_not_published_that_hands_over_to_somebody_who_answers_nobody() {
    let stage = Stage::open().await;
    invite(&stage, "max@shop.example", "marketer").await;
    for agent in ["nobody@shop.example", "max@shop.example"] {
        let handed = definition(on("visit"), hand(Some(agent)));
        let refused = stage.unpublished(handed).await;
        assert_eq!(refused["faults"][0]["place"], "/steps/0/agent", "{refused}");
    }
}
