//! Campaigns, end to end: whoever may get it gets it once, and nobody else does.

use std::{collections::BTreeMap, time::Duration};

use axum::http::StatusCode;
use serde_json::{Value, json};
use server::services::{
    campaigns::{self, drive},
    keys::{self, Role},
};

use crate::house::{Answer, House, NUMBER};

/// Somebody of the staff at the API.
pub struct Desk {
    key: String,
}

impl Desk {
    pub async fn of(house: &House, name: &str) -> Self {
        let key = keys::create(&house.app, name, Role::Admin, "test")
            .await
            .unwrap()
            .key;
        Self { key }
    }

    pub async fn ask(&self, house: &House, method: &str, path: &str, body: &Value) -> Answer {
        let request = axum::http::Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {}", self.key))
            .header("content-type", "application/json")
            .body(
                if body.is_null() {
                    String::new()
                } else {
                    body.to_string()
                }
                .into(),
            )
            .unwrap();
        house.call(request).await
    }

    pub async fn post(&self, house: &House, path: &str) -> Answer {
        self.ask(house, "POST", path, &Value::Null).await
    }

    pub async fn get(&self, house: &House, path: &str) -> Value {
        let answer = self.ask(house, "GET", path, &Value::Null).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {answer:?}");
        answer.body
    }

    pub async fn make(&self, house: &House, more: Value) -> String {
        let answer = self
            .ask(house, "POST", "/api/v1/campaigns", &body(more))
            .await;
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
        format!("/api/v1/campaigns/{}", answer.body["id"].as_str().unwrap())
    }

    pub async fn start(&self, house: &House, path: &str) {
        let answer = self.post(house, &format!("{path}/start")).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    }
}

/// A campaign that is whole, but for what a test says otherwise.
pub fn body(more: Value) -> Value {
    let mut body = json!({ "name": "Autumn", "number": NUMBER, "basis": "consent",
        "template": { "name": "autumn_sale", "language": "en_US" },
        "variables": { "body": ["{{first_name|friend}}"] } });
    for (key, value) in more.as_object().unwrap() {
        body[key] = value.clone();
    }
    body
}

/// A number of somebody.
pub fn phone(n: usize) -> String {
    format!("+4477009{n:05}")
}

/// Lets the campaign go on until it says that it is in a state.
pub async fn until(house: &House, desk: &Desk, path: &str, state: &str) -> Value {
    for _ in 0..2_000 {
        drive::step(&house.app).await.unwrap();
        let shown = desk.get(house, path).await;
        if shown["state"] == state {
            return shown;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("never {state}: {}", desk.get(house, path).await);
}

/// How many messages arrived at Meta for each number.
pub async fn received(house: &House) -> BTreeMap<String, usize> {
    let mut count = BTreeMap::new();
    for line in house.arrived().await {
        let sent: Value = serde_json::from_str(line["body"].as_str().unwrap_or("null")).unwrap();
        if let Some(to) = sent["to"].as_str() {
            *count
                .entry(format!("+{}", to.trim_start_matches('+')))
                .or_default() += 1;
        }
    }
    count
}

async fn reaches_each_once(house: House) {
    let desk = Desk::of(&house, "marketing").await;
    for n in 0..40 {
        house.opt_in(&phone(n)).await;
    }
    house.opt_out(&phone(3)).await;
    let mut numbers: Vec<String> = (0..45).map(phone).collect();
    numbers.push(phone(7).replace("+44", "0044"));
    numbers.push("12".to_owned());
    let path = desk
        .make(
            &house,
            json!({ "audience": { "numbers": numbers }, "flight_recorder": "off" }),
        )
        .await;
    let look = desk.post(&house, &format!("{path}/preflight")).await;
    assert_eq!(look.status, StatusCode::OK, "{look:?}");
    assert_eq!(
        (&look.body["total"], &look.body["in"], &look.body["out"]),
        (&json!(46), &json!(39), &json!(7)),
        "{look:?}"
    );
    assert_eq!(
        look.body["reasons"],
        json!({ "no_consent": 5, "opted_out_category": 1, "invalid_recipient": 1 })
    );
    assert!(received(&house).await.is_empty(), "a look sends nothing");
    desk.start(&house, &path).await;
    let done = until(&house, &desk, &path, "done").await;
    let got = received(&house).await;
    assert_eq!(got.len(), 39);
    assert!(
        got.values().all(|count| *count == 1),
        "nobody twice: {got:?}"
    );
    assert!(!got.contains_key(&phone(3)) && !got.contains_key(&phone(42)));
    assert_eq!(done["counts"]["accepted"], 39, "{done}");
    assert_eq!(done["counts"]["denied"], 6, "{done}");
    assert_eq!(done["counts"]["waiting"], 0);
    let report = desk.get(&house, &format!("{path}/report")).await;
    assert_eq!(
        report["denied"],
        json!({ "no_consent": 5, "opted_out_category": 1 })
    );
    let page = desk
        .get(&house, &format!("{path}/recipients?state=denied&limit=2"))
        .await;
    assert_eq!(page["items"].as_array().unwrap().len(), 2);
    assert!(page["next"].is_string() && page["items"][0]["message"].is_string());
}

#[tokio::test]
async fn whoever_may_get_it_gets_it_once_on_sqlite() {
    reaches_each_once(House::open().await).await;
}

#[tokio::test]
async fn whoever_may_get_it_gets_it_once_on_postgres() {
    reaches_each_once(House::on_postgres().await).await;
}

/// A campaign to so many who agreed, slow enough to be looked at; it was started.
pub async fn begun(house: &House, desk: &Desk, people: usize, pace: u32) -> String {
    let numbers: Vec<String> = (0..people).map(phone).collect();
    for number in &numbers {
        house.opt_in(number).await;
    }
    let more =
        json!({ "audience": { "numbers": numbers }, "flight_recorder": "off", "pace": pace });
    let path = desk.make(house, more).await;
    desk.start(house, &path).await;
    path
}

#[tokio::test]
async fn a_pause_holds_and_a_cancel_ends_it() {
    let house = House::open().await;
    let desk = Desk::of(&house, "marketing").await;
    let path = begun(&house, &desk, 200, 40).await;
    while received(&house).await.len() < 5 {
        drive::step(&house.app).await.unwrap();
    }
    let paused = desk.post(&house, &format!("{path}/pause")).await;
    assert_eq!(paused.body["state"], "paused", "{paused:?}");
    house.app.drives.quiet(Duration::from_secs(5)).await;
    let then = received(&house).await.len();
    for _ in 0..20 {
        drive::step(&house.app).await.unwrap();
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(
        received(&house).await.len(),
        then,
        "nothing begins while it is paused"
    );
    let resumed = desk.post(&house, &format!("{path}/resume")).await;
    assert_eq!(resumed.body["state"], "running", "{resumed:?}");
    while received(&house).await.len() < then + 3 {
        drive::step(&house.app).await.unwrap();
    }
    let cancelled = desk.post(&house, &format!("{path}/cancel")).await;
    assert_eq!(cancelled.body["state"], "cancelled", "{cancelled:?}");
    let counts = desk.get(&house, &path).await["counts"].clone();
    assert_eq!(counts["waiting"], 0, "{counts}");
    assert!(counts["skipped"].as_u64().unwrap() > 100, "{counts}");
    let again = desk.post(&house, &format!("{path}/resume")).await;
    assert_eq!(again.status, StatusCode::CONFLICT, "{again:?}");
}

#[tokio::test]
async fn a_large_one_needs_a_second_person() {
    let house = House::with(|config| config.campaigns.approval_above = 3).await;
    let (maker, other) = (Desk::of(&house, "ana").await, Desk::of(&house, "bea").await);
    let numbers: Vec<String> = (0..4).map(phone).collect();
    let path = maker
        .make(&house, json!({ "audience": { "numbers": numbers } }))
        .await;
    let look = maker.post(&house, &format!("{path}/preflight")).await;
    assert_eq!(look.body["needs_approval"], true);
    let started = maker.post(&house, &format!("{path}/start")).await;
    assert_eq!(started.status, StatusCode::CONFLICT, "{started:?}");
    let own = maker.post(&house, &format!("{path}/approve")).await;
    assert_eq!(
        own.status,
        StatusCode::CONFLICT,
        "nobody approves their own"
    );
    let approved = other.post(&house, &format!("{path}/approve")).await;
    assert_eq!(approved.body["approved_by"], "bea", "{approved:?}");
    maker.start(&house, &path).await;
    until(&house, &maker, &path, "done").await;
}

#[tokio::test]
async fn without_a_basis_or_with_a_paused_template_it_does_not_start() {
    let house = House::open().await;
    let desk = Desk::of(&house, "marketing").await;
    let path = desk
        .make(
            &house,
            json!({ "audience": { "numbers": [phone(1)] }, "basis": null }),
        )
        .await;
    let look = desk.post(&house, &format!("{path}/preflight")).await;
    assert_eq!(
        look.body["blockers"].as_array().unwrap().len(),
        1,
        "{look:?}"
    );
    assert_eq!(
        desk.post(&house, &format!("{path}/start")).await.status,
        StatusCode::CONFLICT
    );
    for (more, field) in [
        (json!({ "audience": {} }), "audience"),
        (
            json!({ "audience": { "numbers": [], "tag": "x" } }),
            "audience",
        ),
        (
            json!({ "audience": { "numbers": [phone(1)] }, "number": "1" }),
            "number",
        ),
        (
            json!({ "audience": { "numbers": [phone(1)] }, "variables": { "body": [] } }),
            "variables.body",
        ),
        (
            json!({ "audience": { "segment": "none" } }),
            "audience.segment",
        ),
        (
            json!({ "audience": { "numbers": [phone(1)] }, "template": { "name": "nothing", "language": "en_US" } }),
            "template",
        ),
    ] {
        let refused = desk
            .ask(&house, "POST", "/api/v1/campaigns", &body(more))
            .await;
        assert_eq!(
            refused.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{refused:?}"
        );
        assert_eq!(
            refused.body["errors"][0]["field"]
                .as_str()
                .or(refused.body["field"].as_str()),
            Some(field),
            "{refused:?}"
        );
    }
}

#[tokio::test]
async fn a_template_that_meta_pauses_stops_it_and_nobody_is_refused_for_that() {
    let house = House::open().await;
    let desk = Desk::of(&house, "marketing").await;
    let path = begun(&house, &desk, 60, 40).await;
    while received(&house).await.len() < 5 {
        drive::step(&house.app).await.unwrap();
    }
    let change = store::template::TemplateChange {
        account: None,
        name: "autumn_sale".to_owned(),
        language: "en_US".to_owned(),
        category: None,
        status: Some("PAUSED".to_owned()),
        quality: None,
        told: store::template::Told::default(),
        at: house.app.clock.now(),
    };
    let mut tx = house.app.store.begin().await.unwrap();
    tx.change_template(&change).await.unwrap();
    tx.commit().await.unwrap();
    let stopped = until(&house, &desk, &path, "paused").await;
    assert!(
        stopped["why"].as_str().unwrap().contains("autumn_sale"),
        "{stopped}"
    );
    assert_eq!(stopped["counts"]["denied"], 0, "{stopped}");
}

#[tokio::test]
async fn what_fills_the_gaps_comes_from_the_list_the_person_or_the_fallback() {
    let house = House::open().await;
    let desk = Desk::of(&house, "marketing").await;
    for n in 1..=3 {
        house.opt_in(&phone(n)).await;
    }
    let csv = format!(
        "phone,first_name\n{},Ana\n{},\n{},\"Zoë, Ltd\"\n",
        phone(1),
        phone(2),
        phone(3)
    );
    let path = desk
        .make(&house, json!({ "audience": { "csv": csv } }))
        .await;
    let preview = desk.get(&house, &format!("{path}/preview")).await;
    let texts: Vec<&str> = preview["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["text"].as_str().unwrap())
        .collect();
    assert!(
        texts[0].contains("Ana") && texts[1].contains("friend") && texts[2].contains("Zoë, Ltd"),
        "{texts:?}"
    );
    desk.start(&house, &path).await;
    until(&house, &desk, &path, "done").await;
    let mut names = BTreeMap::new();
    for line in house.arrived().await {
        let sent: Value = serde_json::from_str(line["body"].as_str().unwrap()).unwrap();
        let name = &sent["template"]["components"][0]["parameters"][0]["text"];
        names.insert(
            sent["to"].to_string().replace(['"', '+'], ""),
            name.as_str().unwrap().to_owned(),
        );
    }
    let name = |n: usize| {
        names
            .get(phone(n).trim_start_matches('+'))
            .map(String::as_str)
    };
    assert_eq!(
        (name(1), name(2), name(3)),
        (Some("Ana"), Some("friend"), Some("Zoë, Ltd"))
    );
}

#[tokio::test]
async fn an_audience_is_frozen_when_it_is_drawn() {
    let house = House::open().await;
    let desk = Desk::of(&house, "marketing").await;
    for n in 0..5 {
        house.opt_in(&phone(n)).await;
    }
    let path = desk
        .make(&house, json!({ "audience": { "segment": "opted_in" } }))
        .await;
    let drawn = desk.post(&house, &format!("{path}/draw")).await;
    assert_eq!(drawn.body["counts"]["waiting"], 5, "{drawn:?}");
    house.opt_in(&phone(9)).await;
    house.opt_out(&phone(0)).await;
    let look = desk.post(&house, &format!("{path}/preflight")).await;
    assert_eq!(
        (&look.body["total"], &look.body["in"]),
        (&json!(5), &json!(4)),
        "{look:?}"
    );
    desk.start(&house, &path).await;
    let done = until(&house, &desk, &path, "done").await;
    assert_eq!(done["counts"]["accepted"], 4, "{done}");
    let got = received(&house).await;
    assert!(!got.contains_key(&phone(9)), "who came later is not in it");
    assert!(
        !got.contains_key(&phone(0)),
        "who left meanwhile gets nothing"
    );
    let id = path.rsplit('/').next().unwrap().parse().unwrap();
    let report = campaigns::report::report(&house.app, id).await.unwrap();
    assert_eq!(report.denied.get("opted_out_category"), Some(&1));
}
