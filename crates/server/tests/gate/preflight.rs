//! What a pre-flight says before anything is sent: everybody who will get nothing is told, and why.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::{
    campaigns::{Desk, body, phone, until},
    house::House,
};

/// A pre-flight, after what it says of the same people one by one was found to agree.
async fn look(house: &House, desk: &Desk, path: &str) -> Value {
    let answer = desk.post(house, &format!("{path}/preflight")).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    let out = desk.get(house, &format!("{path}/preflight/out")).await;
    let mut told: std::collections::BTreeMap<String, u64> = std::collections::BTreeMap::new();
    for one in out["items"].as_array().unwrap() {
        *told
            .entry(one["code"].as_str().unwrap().to_owned())
            .or_default() += 1;
    }
    assert_eq!(json!(told), answer.body["reasons"], "{out}");
    answer.body
}

/// People who agreed, some with a first name.
async fn people(house: &House, desk: &Desk, names: &[Option<&str>]) {
    for (n, name) in names.iter().enumerate() {
        let id = house.opt_in(&phone(n)).await;
        if let Some(name) = name {
            let body = json!({ "attributes": { "first_name": name } });
            let path = format!("/api/v1/contacts/{id}");
            let answer = desk.ask(house, "PATCH", &path, &body).await;
            assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        }
    }
}

async fn whoever_lacks_what_the_message_says(house: House) {
    let desk = Desk::of(&house, "marketing").await;
    people(&house, &desk, &[Some("Ana"), None, Some("Cleo")]).await;
    let csv = format!(
        "phone,first_name\n{},\n{},Ben\n{},\n{},Dora\n",
        phone(0),
        phone(1),
        phone(9),
        "12"
    );
    let audiences = [
        (
            json!({ "segment": "opted_in" }),
            2,
            json!({ "variable_missing": 1 }),
        ),
        (
            json!({ "csv": csv }),
            2,
            json!({ "no_consent": 1, "invalid_recipient": 1 }),
        ),
        (
            json!({ "numbers": [phone(1), phone(2)] }),
            1,
            json!({ "variable_missing": 1 }),
        ),
    ];
    for (audience, within, reasons) in audiences {
        let wants = json!({ "audience": audience, "variables": { "body": ["{{first_name}}"] } });
        let path = desk.make(&house, wants.clone()).await;
        let seen = look(&house, &desk, &path).await;
        assert_eq!(
            (&seen["in"], &seen["reasons"]),
            (&json!(within), &reasons),
            "{wants}"
        );
        let priced: u64 = seen["cost"]["lines"]
            .as_array()
            .unwrap()
            .iter()
            .map(|line| line["people"].as_u64().unwrap())
            .sum();
        assert_eq!(priced, within, "who gets nothing costs nothing");
        desk.start(&house, &path).await;
        let done = until(&house, &desk, &path, "done").await;
        assert_eq!(done["counts"]["accepted"], within, "{done}");
        assert_eq!(done["counts"]["total"], seen["total"], "nobody vanishes");
    }
}

#[tokio::test]
async fn who_lacks_what_the_message_says_is_out_beforehand_on_sqlite() {
    whoever_lacks_what_the_message_says(House::open().await).await;
}

#[tokio::test]
async fn who_lacks_what_the_message_says_is_out_beforehand_on_postgres() {
    whoever_lacks_what_the_message_says(House::on_postgres().await).await;
}

#[tokio::test]
async fn a_listed_text_that_is_no_number_is_left_out_and_counted() {
    let house = House::open().await;
    let desk = Desk::of(&house, "marketing").await;
    people(&house, &desk, &[None]).await;
    let numbers = json!([phone(0), "12", "nonsense", "ana@example.com"]);
    let path = desk
        .make(&house, json!({ "audience": { "numbers": numbers } }))
        .await;
    desk.start(&house, &path).await;
    let done = until(&house, &desk, &path, "done").await;
    let counts = &done["counts"];
    assert_eq!(
        (&counts["total"], &counts["accepted"], &counts["skipped"]),
        (&json!(4), &json!(1), &json!(3)),
        "{done}"
    );
    let report = desk.get(&house, &format!("{path}/report")).await;
    assert_eq!(report["skipped"]["no_address"], 3, "{report}");
}

#[tokio::test]
async fn numbers_without_a_plus_are_told() {
    let house = House::open().await;
    let desk = Desk::of(&house, "marketing").await;
    let numbers = json!([
        phone(0),
        "(202) 555-0142",
        "0044 7700 900 777",
        "\u{ff0b}447700900778"
    ]);
    let path = desk
        .make(&house, json!({ "audience": { "numbers": numbers } }))
        .await;
    let seen = look(&house, &desk, &path).await;
    let said = seen["warnings"].to_string();
    assert!(
        said.contains("1 of 4 numbers were written without `+`"),
        "{said}"
    );
}

#[tokio::test]
async fn a_list_knows_who_was_written_to_lately_and_for_whom_it_is_night() {
    let house = House::open().await;
    let desk = Desk::of(&house, "marketing").await;
    people(&house, &desk, &[None, None]).await;
    let everybody = json!({ "numbers": [phone(0), phone(1)] });
    let first = desk.make(&house, json!({ "audience": everybody })).await;
    assert_eq!(look(&house, &desk, &first).await["recently_written"], 0);
    desk.start(&house, &first).await;
    until(&house, &desk, &first, "done").await;
    // All day but for one minute, twelve hours from now by the clock of one country.
    let now = house.app.clock.now().seconds().rem_euclid(86_400) / 60;
    let clock = |minute: i64| {
        format!(
            "{:02}:{:02}",
            minute.rem_euclid(1_440) / 60,
            minute.rem_euclid(60)
        )
    };
    let hours = json!({ "from": clock(now + 721), "to": clock(now + 720) });
    let wants = body(json!({ "audience": everybody, "quiet_hours": hours }));
    let answer = desk.ask(&house, "POST", "/api/v1/campaigns", &wants).await;
    let path = format!("/api/v1/campaigns/{}", answer.body["id"].as_str().unwrap());
    let seen = look(&house, &desk, &path).await;
    assert_eq!(
        (&seen["recently_written"], &seen["quiet_now"]),
        (&json!(2), &json!(2))
    );
    let said = seen["warnings"].to_string();
    assert!(
        said.contains("It is quiet now for 2 of 2 people: the first get it at "),
        "{said}"
    );
}
