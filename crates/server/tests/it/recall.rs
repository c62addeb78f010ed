//! One question: memory gives the very answer that the rows give, and where it knows all of it asks no database.

use std::time::{Duration, Instant};

use axum::body::Body;
use serde_json::{Value, json};
use server::{
    app::App,
    services::{
        check::{self, CheckBody},
        keys::{self, Role},
    },
};

use crate::house::{House, NUMBER};

const ANA: &str = "+447700900123";
const CAIO: &str = "+5511987654321";

/// Everybody of whom something is told, and some of whom nothing is.
fn person(n: usize) -> String {
    match n % 4 {
        0 => format!("+5511987{n:06}"),
        1 => format!("GB.7001234567890{n:04}"),
        _ => format!("+447711{n:06}"),
    }
}

fn question(to: &str, n: usize) -> Value {
    let category = ["marketing", "utility", "authentication", "service"][n % 4];
    match n / 4 % 3 {
        0 => json!({"to": to, "category": category}),
        1 => json!({"to": to, "category": category, "number": NUMBER}),
        _ => json!({"to": to, "category": category, "topic": "Offers"}),
    }
}

fn event(to: &str, what: usize, until: &str) -> Value {
    let evidence = json!({"source": "web_form", "wording": "Yes."});
    match what % 7 {
        0 | 1 => json!({"to": to, "kind": "opt_in", "evidence": evidence}),
        2 => json!({"to": to, "kind": "opt_out"}),
        3 => {
            json!({"to": to, "kind": "opt_in", "scope": {"topic": "Offers"}, "evidence": evidence})
        }
        4 => json!({"to": to, "kind": "opt_out", "scope": {"topic": "Offers"}}),
        5 => json!({"to": to, "kind": "hold", "until": until}),
        _ => json!({"to": to, "kind": "opt_out", "scope": {"category": "utility"}}),
    }
}

/// What the rows say.
async fn by_rows(app: &App, question: &Value) -> String {
    let body: CheckBody = serde_json::from_value(question.clone()).unwrap();
    let shelf = check::shelf(app, &[&body]).await.unwrap();
    let ask = check::read(app, &shelf, &body).unwrap();
    let mut answers = check::decide(app, &[ask]).await.unwrap();
    serde_json::to_string(&answers.pop().unwrap()).unwrap()
}

#[tokio::test]
async fn one_answer_from_memory_is_byte_for_byte_that_of_the_rows() {
    let house = House::open().await;
    let topic = json!({"name": "Offers", "category": "marketing"});
    house.post("/api/v1/topics", topic).await.expect(201);
    house.remember().await;
    let rows = house.beside().await;
    let mut random: usize = 7;
    let mut some = move |upto: usize| {
        random = random.wrapping_mul(6_364_136_223_846_793_005) | 1;
        (random >> 33) % upto
    };
    let mut yeses = 0;
    for round in 0..120 {
        if round % 40 == 39 {
            let policy = json!({"opt_in_needed": if round == 39 { json!([]) } else { json!(["marketing"]) },
                                "version": house.get("/api/v1/policy").await.json()["version"]});
            house
                .send("PUT", "/api/v1/policy", policy)
                .await
                .expect(200);
            house.remember().await;
        }
        if round == 70 {
            house.pass(Duration::from_secs(3 * 86_400));
        }
        if round % 10 == 9 {
            let gone = rows
                .store
                .find(&["p:447711000002".to_owned()])
                .await
                .unwrap();
            if let Some((_, id)) = gone.first() {
                house.delete(&format!("/api/v1/contacts/{id}")).await;
            }
        }
        let until = if round < 70 {
            "2026-11-23T10:00:00Z"
        } else {
            "2026-12-23T10:00:00Z"
        };
        let told = event(&person(some(24)), some(7), until);
        house.event(told).await;
        for _ in 0..6 {
            let question = question(&person(some(32)), some(12));
            let want = by_rows(&rows, &question).await;
            // The second time it may be remembered.
            for _ in 0..2 {
                let found = house.post("/api/v1/check", question.clone()).await;
                assert_eq!(found.expect(200).text(), want, "{question}");
            }
            yeses += usize::from(want.contains("\"allow\":true"));
        }
    }
    assert!(yeses > 100, "only {yeses} were a yes");
    rows.store.close().await;
}

#[tokio::test]
async fn a_yes_a_stranger_and_a_number_that_is_none_need_no_database() {
    let house = House::open().await;
    for who in [ANA, CAIO] {
        house.opt_in(who).await;
    }
    house.opt_out(CAIO).await;
    house.remember().await;
    let ask = |to: &str| json!({"to": to, "category": "marketing"});
    let asked = [ANA, "07700 900 123", "+447700900999", "no number"];
    let mut before = Vec::new();
    for to in asked {
        before.push(
            house
                .post("/api/v1/check", ask(to))
                .await
                .expect(200)
                .text(),
        );
    }
    let near = &house.app.memory.near;
    near.note_looked(Instant::now() + Duration::from_secs(600), near.log_size());
    // The key is remembered again, and from here on there is no database.
    house.post("/api/v1/check", ask(ANA)).await.expect(200);
    house.app.store.close().await;
    for (to, before) in asked.iter().zip(before) {
        let after = house
            .post("/api/v1/check", ask(to))
            .await
            .expect(200)
            .text();
        assert_eq!(after, before);
    }
    // The events of a no stand in the database only.
    house.post("/api/v1/check", ask(CAIO)).await.expect(503);
}

#[tokio::test]
async fn a_revoked_key_is_refused_at_once_and_beside_a_command_within_a_second() {
    let house = House::open().await;
    house.remember().await;
    let check = async |key: &str| {
        let body = json!({"to": ANA, "category": "marketing"}).to_string();
        let request = house
            .request("POST", "/api/v1/check", Some(key))
            .header("content-type", "application/json");
        let answer = house.raw(request.body(Body::from(body)).unwrap()).await;
        answer.status.as_u16()
    };
    let (own, other) = (
        house.key_for(Role::App).await,
        house.key_for(Role::App).await,
    );
    assert_eq!((check(&own).await, check(&other).await), (200, 200));
    let lines = keys::list(&house.app).await.unwrap();
    let [.., first, second] = lines.as_slice() else {
        panic!("there are keys");
    };
    house.delete(&format!("/api/v1/keys/{}", first.id)).await;
    assert_eq!((check(&own).await, check(&other).await), (401, 200));
    let command = house.beside().await;
    keys::revoke(&command, second.id, "cli").await.unwrap();
    let size = command.store.head().await.unwrap().size;
    command.store.close().await;
    tokio::time::sleep(Duration::from_millis(1_010)).await;
    assert_eq!(check(&other).await, 401);
    let body = json!({"to": ANA, "category": "marketing"});
    let answer = house.post("/api/v1/check", body).await.expect(200).json();
    assert_eq!(answer["as_of"], size);
}
