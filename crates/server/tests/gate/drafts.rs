//! Drafts: changed by whoever may, approved as they are, and never changed once somebody is drawn.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::{
    campaigns::{Desk, body, phone, until},
    house::House,
};

fn people(count: usize) -> Vec<String> {
    (0..count).map(phone).collect()
}

async fn change(house: &House, desk: &Desk, path: &str, more: Value) -> (StatusCode, Value) {
    let answer = desk.ask(house, "PUT", path, &body(more)).await;
    (answer.status, answer.body)
}

async fn total(house: &House, desk: &Desk, path: &str) -> Value {
    let look = desk.post(house, &format!("{path}/preflight")).await;
    look.body["total"].clone()
}

async fn changes_until_it_begins(house: House) {
    let (ana, bea) = (Desk::of(&house, "ana").await, Desk::of(&house, "bea").await);
    for number in people(6) {
        house.opt_in(&number).await;
    }
    let path = ana
        .make(&house, json!({ "audience": { "numbers": people(4) } }))
        .await;
    bea.post(&house, &format!("{path}/approve")).await;
    let seen = ana.get(&house, &path).await;
    assert_eq!(seen["approved_by"], "bea", "{seen}");
    let wider = json!({ "name": "Winter", "audience": { "numbers": people(5) }, "pace": 7 });
    let (status, changed) = change(&house, &ana, &path, wider).await;
    assert_eq!(status, StatusCode::OK, "{changed}");
    assert_eq!(changed["approved_by"], Value::Null, "it was of four people");
    assert_eq!(
        (&changed["name"], &changed["pace"]),
        (&json!("Winter"), &json!(7))
    );
    assert_eq!(total(&house, &ana, &path).await, 5);
    let stale = format!("{path}?version={}", seen["version"]);
    let same_list = json!({ "audience": { "list_of": seen["id"] } });
    let (status, told) = change(&house, &ana, &stale, same_list.clone()).await;
    assert_eq!(status, StatusCode::CONFLICT, "{told}");
    let (status, changed) = change(&house, &bea, &path, same_list).await;
    assert_eq!(status, StatusCode::OK, "{changed}");
    assert_eq!(
        (&changed["name"], &changed["changed_by"]),
        (&json!("Autumn"), &json!("bea"))
    );
    assert_eq!(
        total(&house, &ana, &path).await,
        5,
        "the list stays as it is"
    );
    let own = bea.post(&house, &format!("{path}/approve")).await;
    assert_eq!(own.status, StatusCode::CONFLICT, "it is hers now: {own:?}");
    let stale = format!("{path}/approve?version={}", seen["version"]);
    let other = ana.post(&house, &stale).await;
    assert_eq!(
        other.status,
        StatusCode::CONFLICT,
        "not what ana saw: {other:?}"
    );
    let unapproved = ana.post(&house, &format!("{path}/start")).await;
    assert_eq!(unapproved.status, StatusCode::CONFLICT, "{unapproved:?}");
    ana.post(&house, &format!("{path}/approve")).await;
    let stale = format!("{path}/start?version={}", seen["version"]);
    assert_eq!(ana.post(&house, &stale).await.status, StatusCode::CONFLICT);
    ana.start(&house, &path).await;
    let numbers = json!({ "audience": { "numbers": people(6) } });
    let (status, told) = change(&house, &ana, &path, numbers).await;
    assert_eq!(status, StatusCode::CONFLICT, "{told}");
    assert!(
        told["detail"].as_str().unwrap().contains("only a draft"),
        "{told}"
    );
    let done = until(&house, &ana, &path, "done").await;
    assert_eq!(done["counts"]["accepted"], 5, "{done}");
    let events = ana.get(&house, "/api/v1/events?limit=500").await;
    let changes = events["items"].as_array().unwrap().iter().filter(|event| {
        event["kind"] == "campaign_changed" && event.to_string().contains(" changed")
    });
    assert_eq!(changes.count(), 2, "each change is an event: {events}");
}

#[tokio::test]
async fn a_draft_is_changed_until_it_begins_on_sqlite() {
    changes_until_it_begins(House::with(|config| config.campaigns.approval_above = 3).await).await;
}

#[tokio::test]
async fn a_draft_is_changed_until_it_begins_on_postgres() {
    let house = House::on_postgres_with(|config| config.campaigns.approval_above = 3).await;
    changes_until_it_begins(house).await;
}

#[tokio::test]
async fn a_list_is_copied_until_its_audience_is_drawn_and_then_nothing_changes() {
    let house = House::open().await;
    let desk = Desk::of(&house, "ana").await;
    let path = desk
        .make(&house, json!({ "audience": { "csv": "phone,first_name\n+447700900001,Ana\n+447700900002,\n" } }))
        .await;
    let id = path.rsplit('/').next().unwrap();
    let like = json!({ "audience": { "list_of": id } });
    let copy = desk.make(&house, like.clone()).await;
    let shown = desk.get(&house, &format!("{copy}/preview")).await;
    assert!(
        shown["items"][0]["text"].as_str().unwrap().contains("Ana"),
        "{shown}"
    );
    assert_eq!(total(&house, &desk, &copy).await, 2);
    let drawn = desk.post(&house, &format!("{path}/draw")).await;
    assert_eq!(drawn.status, StatusCode::OK, "{drawn:?}");
    let (status, told) = change(&house, &desk, &path, like.clone()).await;
    assert_eq!(status, StatusCode::CONFLICT, "{told}");
    let refused = desk
        .ask(&house, "POST", "/api/v1/campaigns", &body(like))
        .await;
    assert_eq!(
        refused.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "{refused:?}"
    );
    assert!(
        refused.body.to_string().contains("audience.list_of"),
        "{refused:?}"
    );
    let after = desk.get(&house, &path).await;
    assert_eq!(
        (&after["name"], &after["version"]),
        (&json!("Autumn"), &json!(2))
    );
}
